"""The kinds of values in rules that JSON has no type for: durations, spans of time, shares of a body."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import msgspec

from ..clock import parse_duration
from ..errors import did_you_mean

_NORMAL = NormalDist()


LONGEST = 100 * 365 * 86_400.0  # seconds; an HTTP date has four digits for the year


class Duration(float):
    """Seconds, written ``200ms``, ``7s``, ``40m``, ``2h`` or as a number."""

    @classmethod
    def read(cls, value: Any) -> Duration:
        """Raise ValueError for what is no duration, or longer than numbers go."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("a duration such as 200ms, 7s, 40m or 2h is wanted")
        try:
            seconds = parse_duration(value)
        except OverflowError:
            seconds = math.inf
        if seconds > LONGEST:
            raise ValueError("a duration is at most a century")
        return cls(seconds)


class Delay:
    """A duration, fixed or drawn from a distribution.

    ``at(share)`` gives the seconds for a draw from 0 to 1: the quantile function of the distribution.
    """

    FORMS = (
        "200ms, {uniform: [1s, 2s]}, {normal: {mean: 1s, sd: 200ms}}, "
        "{lognormal: {median: 200ms, sigma: 0.4}} or {percentiles: {50: 100ms, 99: 2s}}"
    )

    def __init__(self, at: Callable[[float], float], longest: float | None) -> None:
        self.at = at
        self.longest = longest

    @classmethod
    def read(cls, value: Any) -> Delay:
        """Read one of the forms; raises ValueError saying what would be right."""
        if isinstance(value, str | int | float):
            fixed = Duration.read(value)
            return cls(lambda share: fixed, fixed)
        if not isinstance(value, dict) or len(value) != 1:
            raise ValueError(f"a delay is one of {cls.FORMS}")
        ((kind, given),) = value.items()
        reader = _DISTRIBUTIONS.get(kind)
        if reader is None:
            near = did_you_mean(str(kind), _DISTRIBUTIONS)
            hint = f"did you mean {near!r}?" if near else f"a delay is one of {cls.FORMS}"
            raise ValueError(f"unknown distribution {kind!r}, {hint}")
        return reader(given)


def _uniform(given: Any) -> Delay:
    if not isinstance(given, list) or len(given) != 2:
        raise ValueError("uniform has two durations: [1s, 2s]")
    low, high = (Duration.read(item) for item in given)
    if low > high:
        raise ValueError(f"uniform goes from the shorter to the longer duration, not {given}")
    return Delay(lambda share: low + (high - low) * share, high)


def _fields(given: Any, kind: str, wanted: tuple[str, ...]) -> list[Any]:
    if not isinstance(given, dict) or set(given) != set(wanted):
        raise ValueError(f"{kind} has {' and '.join(wanted)}")
    return [given[name] for name in wanted]


def _normal(given: Any) -> Delay:
    mean, deviation = (Duration.read(item) for item in _fields(given, "normal", ("mean", "sd")))
    return Delay(lambda share: max(0.0, mean + deviation * _deviate(share)), None)


def _lognormal(given: Any) -> Delay:
    first, sigma = _fields(given, "lognormal", ("median", "sigma"))
    median = Duration.read(first)
    if isinstance(sigma, bool) or not isinstance(sigma, int | float) or not 0 <= sigma <= 10:
        raise ValueError(f"sigma is a number from 0 to 10, not {sigma!r}")
    return Delay(lambda share: median * math.exp(sigma * _deviate(share)), None)


def _deviate(share: float) -> float:
    return _NORMAL.inv_cdf(min(max(share, 1e-9), 1 - 1e-9))


def _percentiles(given: Any) -> Delay:
    if not isinstance(given, dict) or not given:
        raise ValueError("percentiles has durations by percentile: {50: 100ms, 95: 1s, 99: 4s}")
    points = []
    for name, value in given.items():
        try:
            percent = float(str(name).lower().removeprefix("p"))
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 100:
            raise ValueError(f"{name!r} is no percentile from 0 to 100")
        points.append((percent / 100, float(Duration.read(value))))
    points.sort()
    if any(before[1] > after[1] for before, after in pairwise(points)):
        raise ValueError("durations grow with the percentiles")
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1] / 2 if len(points) > 1 else points[0][1]))
    if points[-1][0] < 1:
        points.append((1.0, points[-1][1]))

    def at(share: float) -> float:
        for (low, start), (high, end) in pairwise(points):
            if share <= high:
                return start + (end - start) * ((share - low) / (high - low) if high > low else 1.0)
        return points[-1][1]

    return Delay(at, points[-1][1])


_DISTRIBUTIONS: dict[str, Callable[[Any], Delay]] = {
    "uniform": _uniform,
    "normal": _normal,
    "lognormal": _lognormal,
    "percentiles": _percentiles,
}


class Lag:
    """How far something lags behind: ``seconds``, or a ``count`` of reads or requests (the other is 0)."""

    UNITS = ("reads", "requests")

    def __init__(self, seconds: float, count: int) -> None:
        self.seconds = seconds
        self.count = count

    @classmethod
    def read(cls, value: Any) -> Lag:
        """Read a duration, ``{reads: n}``, ``{requests: n}`` or true for one; raises ValueError."""
        if value is True:
            return cls(0.0, 1)
        if isinstance(value, dict):
            ((unit, count),) = value.items() if len(value) == 1 else (("", 0),)
            if unit not in cls.UNITS or type(count) is not int or not 1 <= count <= 10_000:
                raise ValueError("a lag is a duration, or a number of reads such as {reads: 3}")
            return cls(0.0, count)
        return cls(Duration.read(value), 0)


class Part:
    """A number of bytes, or a share of them: ``100``, ``0.5`` or ``50%``."""

    def __init__(self, amount: float, is_share: bool) -> None:
        self.amount = amount
        self.is_share = is_share

    @classmethod
    def read(cls, value: Any) -> Part:
        """Raise ValueError for what is neither."""
        if isinstance(value, str) and value.endswith("%"):
            try:
                value = float(value[:-1]) / 100
            except ValueError:
                value = None
        # Not "below 0": what is no number is neither.
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ValueError("a number of bytes, or a share such as 0.5 or 50%, is wanted")
        if isinstance(value, float):
            if value > 1:
                raise ValueError(f"a share is at most 1, bytes are a whole number; {value} is neither")
            return cls(value, True)
        return cls(value, False)

    def of(self, size: int) -> int:
        """Return the number of bytes of a body of that size; a share is rounded down."""
        if not self.is_share:
            return min(size, int(self.amount))
        # 0.29 of 100 bytes are 29, though the product of the floats lies just below.
        return min(size, int(size * self.amount + 1e-6))


_KINDS: dict[Any, Callable[[Any], Any]] = {
    Duration: Duration.read,
    Delay: Delay.read,
    Lag: Lag.read,
    Part: Part.read,
}


def read_kind(kind: type, value: Any) -> Any:
    """The hook for msgspec: read a value of one of the kinds above; raises ValueError."""
    return _KINDS[kind](value)


def describe_kind(kind: type) -> dict[str, Any]:
    """The hook for JSON Schema: what the kinds above look like."""
    number, text = {"type": "number", "minimum": 0}, {"type": "string"}
    duration = {"anyOf": [{**text, "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)?$"}, number]}
    if kind is Duration:
        return duration
    if kind is Part:
        return {"anyOf": [number, {**text, "pattern": r"^\d+(\.\d+)?%$"}]}
    if kind is Lag:
        count = {"type": "integer", "minimum": 1, "maximum": 10_000}
        counts = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": False}
        counts["properties"] = dict.fromkeys(Lag.UNITS, count)
        return {"anyOf": [*duration["anyOf"], counts, {"const": True}]}
    return {"anyOf": [*duration["anyOf"], {"type": "object", "minProperties": 1, "maxProperties": 1}]}


def convert(value: Any, kind: type[Any]) -> Any:
    """Convert plain data to a msgspec type with these kinds in it; raises msgspec.ValidationError."""
    return msgspec.convert(value, kind, dec_hook=read_kind)
