"""The SCIM standard as pure functions on plain dicts (RFC 7643, 7644, 9865).

Nothing here knows HTTP, TinyDB, a clock or randomness; they are passed in.
"""
