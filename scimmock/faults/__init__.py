"""Faults: scheduled events that happen to an exchange (rules of `match`, `when` and `do`)."""
