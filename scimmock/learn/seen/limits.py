"""Limits: the headers that tell them, and answers 429."""

from __future__ import annotations

import re
from contextlib import suppress
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

from ..look import Look, View
from ..portrait import Portrait

_WINDOWS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)
_FAMILIES = {
    "x-ratelimit": "x-ratelimit-limit",
    "x-rate-limit": "x-rate-limit-limit",
    "ratelimit": "ratelimit-limit",
}
_POLICY = re.compile(r'"?[^";]*"?\s*;.*?q=(\d+)(?:.*?w=(\d+))?')
_EPOCH = 1e9  # a reset that is larger is a moment, not a number of seconds


class Limits:
    """How many requests come in, in which time, and how clients are told."""

    def __init__(self) -> None:
        self._limit: dict[str, tuple[int, Look]] = {}
        self._reset: dict[str, float] = {}
        self._relative: dict[str, bool] = {}
        self._policy: tuple[int, float, Look] | None = None
        self._refused = False
        # Refusals that the limit in the headers does not explain: the first one, and how many requests
        # were answered by then; the operations of all.
        self._other: tuple[Look, int] | None = None
        self._others: set[str | None] = set()
        self._waits: list[tuple[float, bool]] = []
        self._times: list[tuple[float, str | None, int]] = []  # when, operation, status
        self._for_all = False
        self._left: dict[str, list[tuple[float, int]]] = {}  # when, how many were left

    def see(self, look: Look, view: View) -> None:
        """Look at the headers of an answer."""
        if not look.status:
            return
        self._times.append((look.at, look.operation, look.status))
        if look.status == 429:
            self._for_all = self._for_all or not look.asked_headers.get("authorization")
            self._refused = True
            remaining = [look.headers.get(f"{family}-remaining") for family in _FAMILIES]
            if "0" not in remaining and "ratelimit-policy" not in look.headers:
                self._others.add(look.operation)
                self._other = self._other or (look, len(self._times))
            self._note_wait(look)
        for family, name in _FAMILIES.items():
            if look.headers.get(name, "").isdigit():
                self._limit.setdefault(family, (int(look.headers[name]), look))
                self._note_reset(family, look.headers.get(name.removesuffix("limit") + "reset", ""), look)
                left = look.headers.get(name.removesuffix("limit") + "remaining", "")
                if left.isdigit():
                    self._left.setdefault(family, []).append((look.at, int(left)))
        told = _POLICY.match(look.headers.get("ratelimit-policy", ""))
        if told and told[2] and self._policy is None:
            self._policy = int(told[1]), float(told[2]), look

    def _note_reset(self, family: str, text: str, look: Look) -> None:
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            return
        value = float(text)
        seconds = value - _date(look) if value > _EPOCH else value
        self._relative.setdefault(family, value <= _EPOCH)
        self._reset[family] = max(self._reset.get(family, 0.0), seconds)

    def _note_wait(self, look: Look) -> None:
        text = look.headers.get("retry-after", "")
        if text.isdigit():
            self._waits.append((float(text), False))
            return
        with suppress(TypeError, ValueError):
            self._waits.append((parsedate_to_datetime(text).timestamp() - _date(look), True))

    def tell(self, portrait: Portrait) -> None:
        """Note rules that do the same."""
        if not self._limit and not self._policy and not self._refused:
            portrait.unseen.append("limits")
            return
        told = self._told_by_headers()
        if told is not None:
            do, says, look, is_sure = told
            portrait.rule({"name": "limit", "do": self._worded(do)}, says, look, is_sure)
        if self._other is not None:
            self._tell_refusals(portrait, "limit" if told is None else "other-limit")

    def _told_by_headers(self) -> tuple[dict[str, Any], str, Look, bool] | None:
        """Return the limit that headers tell, in words, and whether that is sure."""
        if self._policy is not None:
            most, window, look = self._policy
            headers = ["retry-after", "ratelimit-policy"]
            do = {"rate_limit": most, "window": f"{window:g}s", "headers": headers}
            return do, "RateLimit-Policy says so", look, True
        if not self._limit:
            return None
        family, (most, look) = next(iter(self._limit.items()))
        name = "x-ratelimit-relative" if family == "x-ratelimit" and self._relative.get(family) else family
        do = {"headers": ["retry-after", name]}
        refill = _refill(self._left.get(family, []), most)
        if refill is not None:
            says = f"{_FAMILIES[family]} is {most}, and about {refill} come back in a minute, one by one"
            return {"rate_limit": {"tokens": most, "refill": refill, "every": "1m"}, **do}, says, look, True
        window = _window(self._reset.get(family, 60.0))
        says = f"{_FAMILIES[family]} is {most}, and the longest time to its reset fits this window"
        return {"rate_limit": most, "window": f"{window:g}s", **do}, says, look, family in self._reset

    def _tell_refusals(self, portrait: Portrait, name: str) -> None:
        """Note a limit of which only 429 tells: the number and the window are the least that fit."""
        assert self._other is not None
        look = self._other[0]
        window = _window(max((wait for wait, _ in self._waits), default=60.0))
        match = self._match()
        most = self._admitted(look, window, match)
        do = self._worded({"rate_limit": most, "window": f"{window:g}s"})
        says = f"a 429 came after {most} requests; window and number are the least that fit"
        spec = {"name": name, **({"match": {"operation": match}} if match else {}), "do": do}
        portrait.rule(spec, says, look, False)

    def _worded(self, do: dict[str, Any]) -> dict[str, Any]:
        """Return an action with what refusals say, and for whom they are counted."""
        if self._for_all:
            do["by"] = "all"
        if any(as_date for _, as_date in self._waits):
            do["retry_after_as"] = "date"
        if self._refused and not self._waits:
            do["headers"] = [name for name in do.get("headers", []) if name != "retry-after"] or "none"
        return do

    def _match(self) -> list[str]:
        """Return the operations that are limited, if others went on; [] is all of them."""
        refused = self._others
        others = {operation for _, operation, status in self._times if status != 429} - refused
        return sorted(filter(None, refused)) if others and None not in refused else []

    def _admitted(self, look: Look, window: float, match: list[str]) -> int:
        """Return how many requests came in within a window before the first one that did not."""
        counted = (
            look.at - window < at <= look.at
            and (not match or operation in match)
            and status != 429
            and (status != 401 or self._for_all)
            for at, operation, status in self._times[: self._other[1] if self._other else 0]
        )
        return max(1, sum(counted))


def _refill(left: list[tuple[float, int]], most: int) -> int | None:
    """Return how many requests come back in a minute, None where they come back all at once."""
    regained, passed, times = 0, 0.0, 0
    for (before, few), (after, more) in pairwise(left):
        back = more - few + 1
        if after - before >= 0.5 and more < most - 1:
            regained, passed = regained + max(0, back), passed + after - before
            times += back > 0
    return _round_number(regained * 60 / passed) if times >= 2 else None


def _round_number(number: float) -> int:
    """Return a number that somebody may have chosen: the roundest that differs by less than a tenth."""
    found = (step * max(1, round(number / step)) for step in (600, 300, 100, 60, 10, 5, 1))
    return next((one for one in found if abs(one - number) < number / 10), max(1, round(number)))


def _date(look: Look) -> float:
    """Return when an answer was given: by its Date, else by the recording."""
    try:
        return parsedate_to_datetime(look.headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        return look.at


def _window(seconds: float) -> float:
    """Return the usual length of a window that is not shorter than a time."""
    return float(next((window for window in _WINDOWS if window >= seconds - 0.5), seconds))
