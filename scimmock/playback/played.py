"""What became of one exchange when it was played again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..traffic.alike import Difference
from ..traffic.routes import Aim

Document = dict[str, Any]

WRITES = ("create", "replace", "patch", "delete", "bulk")


@dataclass(slots=True)
class Played:
    """One exchange that was played, or one resource of the directory that was looked at in the end (``n`` 0).

    ``expected`` and ``got`` are the answers as a recording has them, None where there was none;
    ``expected_end`` and ``got_end`` say how the recorded and the new exchange ended then.  ``keys`` are the
    recorded ids and natural keys of all resources that the request mentions, ``own`` of that which it is
    for.  ``cause`` is the number of the exchange whose difference this one's follow from, ``like`` of an
    earlier one with the same difference; both None: it is a cause itself.
    ``skipped`` says why it was not compared.
    """

    n: int
    aim: Aim
    method: str
    path: str
    expected: Document | None = None
    got: Document | None = None
    expected_end: str | None = None
    got_end: str | None = None
    differences: list[Difference] = field(default_factory=list)
    keys: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    cause: int | None = None
    like: int | None = None
    milliseconds: float = 0.0
    recorded_milliseconds: float = 0.0
    begin: float = 0.0
    skipped: str = ""
    notes: tuple[str, ...] = ()
    request: Document | None = None

    @property
    def is_cause(self) -> bool:
        """Whether it differs, and no earlier exchange explains that."""
        return bool(self.differences) and self.cause is None and self.like is None

    @property
    def is_write(self) -> bool:
        """Whether it is to change the directory."""
        return self.aim.operation in WRITES
