"""What was worked out before, and is found again without a call."""

from __future__ import annotations

from collections.abc import Callable


class Known(dict[str, str]):
    """What texts became: one that is not there is worked out by ``find`` when it is asked for by index.

    No more than ``most`` of them are remembered: from time to time all are forgotten that have not been
    asked for since the last time, so that those stay which come again and again.
    """

    __slots__ = ("_before", "_find", "_half")

    def __init__(self, find: Callable[[str], str], most: int) -> None:
        super().__init__()
        self._find = find
        self._half = most // 2
        self._before: dict[str, str] = {}

    def __missing__(self, text: str) -> str:
        found = self._before.get(text)
        if found is None:
            found = self._find(text)
        if len(self) >= self._half:
            self._before = dict(self)
            super().clear()
        self[text] = found
        return found

    def clear(self) -> None:
        """Forget all: they have become others."""
        self._before.clear()
        super().clear()
