"""One value at one place: which kind of handling it gets."""

from __future__ import annotations

from typing import Any

from ..secrets import MASK
from .kinds import Kind
from .places import Place
from .values import Values


class Atoms:
    """Redacts strings and numbers by the kind of their place; free text, addresses and filters aside."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def string(self, value: str, place: Place) -> str:
        """Return a string, as it is where it has the form of what is harmless at its place."""
        if place.shown is not None:
            found = place.shown[value]
        elif place.kind is Kind.SECRET:
            found = MASK
        elif place.kind is Kind.FORCED:
            found = self.values.forced(value)
        else:
            found = self.values.person(value)
        if found != value:
            place.count += 1
        return found

    def number(self, value: int | float, place: Place) -> Any:
        """Return a number; those of an envelope stay."""
        if place.kind in (Kind.NUMBER, Kind.LITERAL, Kind.VERSION, Kind.NAME):
            return value
        place.count += 1
        return MASK if place.kind is Kind.SECRET else self.values.number(value)
