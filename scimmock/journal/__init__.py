"""The journal: the last exchanges, bounded in number and in bytes."""
