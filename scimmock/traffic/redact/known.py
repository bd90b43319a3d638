"""What was worked out before, and is found again without a call."""

from __future__ import annotations

from collections.abc import Callable


class Known(dict[str, str]):
    """What texts became: one that is not there is worked out by ``find`` when it is asked for by index.

    With more than ``most`` of them all are forgotten, so that it takes no memory that grows.
    """

    __slots__ = ("_find", "_most")

    def __init__(self, find: Callable[[str], str], most: int) -> None:
        super().__init__()
        self._find = find
        self._most = most

    def __missing__(self, text: str) -> str:
        if len(self) >= self._most:
            self.clear()
        found = self[text] = self._find(text)
        return found
