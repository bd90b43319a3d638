"""Answers requests from a recorded session: which exchange a request is, and how its answer reads now."""
