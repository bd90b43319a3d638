"""Where resources are kept: TinyDB tables with indexes, behind the protocol that the engine knows."""
