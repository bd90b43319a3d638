"""Fixtures learned from sessions: what the answers of a service show of how it is.

`look` prepares the exchanges, each module in `seen` recognises one matter and says what it saw in which
exchange, `portrait` collects that, and `write` makes a folder of it.
"""
