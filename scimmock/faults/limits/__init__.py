"""Limits: how many requests come in, counted by key on a clock that is handed in; nothing of HTTP."""
