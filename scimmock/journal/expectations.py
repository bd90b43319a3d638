"""What a test expects of the journal: from JSON to checked expectations."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ..clock import parse_duration
from ..errors import ScimmockError, did_you_mean
from .criteria import Criterion, WrongCriterion, criterion

OPERATIONS = (
    "create", "read", "list", "replace", "patch", "delete", "bulk", "search", "discovery", "token",
)  # fmt: skip
CRITERIA = (
    "operation", "resource", "method", "path", "id", "filter", "query", "header", "status", "client",
    "token", "rule",
)  # fmt: skip
COUNTS = ("times", "at_least", "at_most", "never")
_KEYS = ("expect", "order", "within", "no_others", "since")
_MAX_EXPECTATIONS = 1000
_MAX_WITHIN = 600.0


class ExpectationError(ScimmockError):
    """An expectation that makes no sense; ``field`` is where (``expect[0].operaton``)."""

    def __init__(self, field: str | None, message: str, did_you_mean: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.did_you_mean = did_you_mean


@dataclass(frozen=True, slots=True)
class Expectation:
    """Criteria that an exchange must meet, and how many exchanges shall: from ``least`` to ``most``.

    ``source`` is the expectation as it was given, ``most`` None for any number.
    """

    source: dict[str, Any]
    criteria: tuple[Criterion, ...]
    least: int = 1
    most: int | None = None

    @property
    def label(self) -> str:
        """The criteria in a few words: ``create Users, filter userName eq "a"``."""
        words = [str(self.source[key]) for key in ("operation", "resource") if key in self.source]
        rest = [f"{one.name} {one.wanted}" for one in self.criteria if one.name not in _LEADING]
        return ", ".join(filter(None, (" ".join(words), *rest))) or "any exchange"

    @property
    def wanted(self) -> str:
        """How many are wanted, in words."""
        if self.most is None:
            return f"at least {self.least}"
        if self.most == self.least:
            return str(self.least) if self.least else "none"
        return f"at most {self.most}" if not self.least else f"{self.least} to {self.most}"

    @property
    def needs_the_end(self) -> bool:
        """Whether only the end of the time can tell that it is met: it sets an upper bound alone."""
        return self.least == 0


_LEADING = ("operation", "resource")


@dataclass(slots=True)
class Expectations:
    """A whole verification.  ``within`` in seconds, ``since`` the number of an exchange."""

    expect: list[Expectation] = field(default_factory=list)
    order: bool = False
    within: float = 0.0
    no_others: bool = False
    since: int = 0

    @property
    def needs_the_end(self) -> bool:
        return self.no_others or any(one.needs_the_end for one in self.expect)


def read_expectations(document: Any, resources: Collection[str] = ()) -> Expectations:
    """Return what a document of the form of ``POST verify`` expects; raises ExpectationError.

    ``resources`` are the names that ``resource`` may have; empty means any.
    """
    if not isinstance(document, dict):
        raise ExpectationError(None, 'a verification is an object such as {"expect": [{...}]}')
    _check_keys(document, _KEYS, "")
    expect = document.get("expect")
    if not isinstance(expect, list) or (not expect and not document.get("no_others")):
        raise ExpectationError("expect", "a list of expectations is wanted")
    if len(expect) > _MAX_EXPECTATIONS:
        raise ExpectationError("expect", f"there are at most {_MAX_EXPECTATIONS} expectations")
    return Expectations(
        [_expectation(one, f"expect[{index}]", resources) for index, one in enumerate(expect)],
        _flag(document, "order"),
        _duration(document.get("within", 0)),
        _flag(document, "no_others"),
        _number(document.get("since", 0), "since"),
    )


def _check_keys(document: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in document:
        if key not in known:
            path = f"{where}.{key}" if where else key
            raise ExpectationError(
                path, f"unknown key, known are {', '.join(known)}", did_you_mean(key, known)
            )


def _flag(document: dict[str, Any], key: str) -> bool:
    value = document.get(key, False)
    if not isinstance(value, bool):
        raise ExpectationError(key, "true or false would be right")
    return value


def _number(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ExpectationError(path, "a whole number from 0 would be right")
    return value


def _duration(value: Any) -> float:
    try:
        seconds = parse_duration(value if isinstance(value, str | int | float) else str(value))
    except ValueError as error:
        raise ExpectationError("within", str(error)) from None
    if seconds > _MAX_WITHIN:
        raise ExpectationError("within", f"at most {_MAX_WITHIN:g} seconds can be waited")
    return seconds


def _expectation(source: Any, path: str, resources: Collection[str]) -> Expectation:
    if not isinstance(source, dict):
        raise ExpectationError(path, 'an expectation is an object such as {"operation": "create"}')
    _check_keys(source, (*CRITERIA, *COUNTS), path)
    _check_word(source, "operation", OPERATIONS, path)
    if resources:
        _check_word(source, "resource", resources, path)
    least, most = _bounds(source, path)
    criteria = []
    for name in CRITERIA:
        if name in source:
            try:
                criteria += criterion(name, source[name])
            except WrongCriterion as error:
                inner = f"{path}.{error.name}"
                raise ExpectationError(inner, error.message) from None
    return Expectation(source, tuple(criteria), least, most)


def _check_word(source: dict[str, Any], key: str, known: Collection[str], path: str) -> None:
    value = source.get(key)
    if isinstance(value, str) and value not in known:
        listed = ", ".join(known)
        near = did_you_mean(value, known)
        raise ExpectationError(f"{path}.{key}", f"there is no {key} {value!r}, there are {listed}", near)


def _bounds(source: dict[str, Any], path: str) -> tuple[int, int | None]:
    given = [key for key in COUNTS if key in source]
    alone = [key for key in given if key in ("times", "never")]
    if alone and len(given) > 1:
        others = ", ".join(key for key in given if key != alone[0])
        raise ExpectationError(f"{path}.{alone[0]}", f"it does not go together with {others}")
    if "never" in source:
        if source["never"] is not True:
            raise ExpectationError(f"{path}.never", "true would be right")
        return 0, 0
    numbers = {key: _number(source[key], f"{path}.{key}") for key in given}
    if "times" in numbers:
        return numbers["times"], numbers["times"]
    least, most = numbers.get("at_least"), numbers.get("at_most")
    if most is None:
        return 1 if least is None else least, None
    if least is not None and least > most:
        raise ExpectationError(f"{path}.at_least", "it is larger than at_most")
    return least or 0, most
