"""Quirks: lasting traits of a service that differ from the standard, each a small class with a name."""
