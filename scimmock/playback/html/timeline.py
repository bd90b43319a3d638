"""How long each exchange took, now and when it was recorded, as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .markup import Html, element, joined, number, text
from .verdicts import VERDICTS, count, elapsed, shown_path

__all__ = ["timeline"]

Line = dict[str, Any]

_MOST = 2_000  # exchanges with a bar each; of more, several share one
_BARS = 1_000  # bars where they do
_LEFT, _WIDTH = 60, 940  # of the bars, in units of the picture
_HALF = 110  # height of each half
_MIDDLE = 120
_HEIGHT = 262
_LEAST = 0.1  # milliseconds at which a bar begins to be seen
_TICKS = 6
_WIDEST = 14.0


@dataclass(frozen=True, slots=True)
class _Bar:
    """One exchange or several that follow one another; times are those of the slowest."""

    lines: list[Line]

    @property
    def verdict(self) -> str:
        there = {line["verdict"] for line in self.lines}
        return next(name for name in VERDICTS if name in there)

    def slowest(self, name: str) -> float:
        return max(float(line[name]) for line in self.lines)

    @property
    def target(self) -> str:
        """Where a link leads: to the first exchange with the verdict of the bar."""
        line = next(line for line in self.lines if line["verdict"] == self.verdict)
        return f"#{'r' if self.verdict in ('same', 'skipped') else 'x'}{line['n']}"

    def title(self) -> str:
        now, then = number(self.slowest("milliseconds")), number(self.slowest("recorded_milliseconds"))
        first = self.lines[0]
        if len(self.lines) == 1:
            what = f"{first['n']} {first['method']} {shown_path(first['path'], 120)}"
            return f"{what}: {VERDICTS[self.verdict]}; {now} ms, recorded {then} ms"
        verdicts = [line["verdict"] for line in self.lines]
        parts = [f"{verdicts.count(name)} {told}" for name, told in VERDICTS.items() if name in verdicts]
        span = f"{first['n']} to {self.lines[-1]['n']}"
        return f"{span}: {', '.join(parts)}; the slowest {now} ms, recorded {then} ms"


def timeline(lines: list[Line]) -> Html:
    """Return the picture of all exchanges in their order, above how long they take now, below then."""
    size = 1 if len(lines) <= _MOST else math.ceil(len(lines) / _BARS)
    bars = [_Bar(lines[start : start + size]) for start in range(0, len(lines), size)]
    names = ("milliseconds", "recorded_milliseconds")
    longest = max([10 * _LEAST, *(bar.slowest(name) for bar in bars for name in names)])
    step = min(_WIDTH / len(bars), _WIDEST)
    middles = [_LEFT + (index + 0.5) * step for index in range(len(bars))]
    wide = f"{max(step * 0.8, 0.5):.2f}"
    then = "".join(
        f"M{x:.1f} {_MIDDLE + 1}V{_MIDDLE + 1 + _height(bar.slowest(names[1]), longest):.1f}"
        for x, bar in zip(middles, bars, strict=True)
    )
    picture = element(
        "svg",
        *_scale(longest),
        element("path", class_="then", d=then, stroke_width=wide),
        element(
            "g", *(_bar(x, bar, longest) for x, bar in zip(middles, bars, strict=True)), stroke_width=wide
        ),
        *_times(middles, bars),
        viewBox=f"0 0 1000 {_HEIGHT}",
        role="group",
        aria_label="How long each exchange took, now and when it was recorded",
    )
    each = "A bar is an exchange" if size == 1 else f"A bar is {count(size, 'exchange')}, with the slowest"
    caption = f"{each}, in their order: above how long it takes now, below how long it took then."
    return element("figure", picture, element("figcaption", caption, " ", _legend(lines)))


def _height(milliseconds: float, longest: float) -> float:
    """Return the height of a bar; each tenfold has the same."""
    share = math.log(max(milliseconds, _LEAST) / _LEAST) / math.log(longest / _LEAST)
    return max(1.0, share * _HALF)


def _bar(x: float, bar: _Bar, longest: float) -> Html:
    top = _MIDDLE - 1 - _height(bar.slowest("milliseconds"), longest)
    path = element(
        "path", element("title", bar.title()), class_=bar.verdict, d=f"M{x:.1f} {_MIDDLE - 1}V{top:.1f}"
    )
    return element("a", path, href=bar.target, tabindex=-1)


def _scale(longest: float) -> list[Html]:
    """Return a line and its number for each tenfold of a millisecond, and what the halves are."""
    found = []
    for power in range(0, 8):
        milliseconds = 10.0**power
        if milliseconds > longest:
            break
        height = _height(milliseconds, longest)
        told = f"{milliseconds:g} ms" if milliseconds < 1000 else f"{milliseconds / 1000:g} s"
        for y in (_MIDDLE - 1 - height, _MIDDLE + 1 + height):
            found.append(element("path", class_="grid", d=f"M{_LEFT} {y:.1f}H{_LEFT + _WIDTH}"))
            found.append(element("text", told, x=_LEFT - 8, y=f"{y + 3:.1f}", text_anchor="end"))
    found.append(element("text", "now", x=2, y=_MIDDLE - 8))
    found.append(element("text", "then", x=2, y=_MIDDLE + 16))
    return found


def _times(middles: list[float], bars: list[_Bar]) -> list[Html]:
    """Return when some of the exchanges were recorded."""
    found = []
    most = max(1, min(_TICKS, int((middles[-1] - _LEFT) / 120)))
    for place in range(most):
        index = place * len(bars) // most
        line = bars[index].lines[0]
        told = f"{line['n']} at {elapsed(line['begin'])}"
        found.append(element("text", told, x=f"{middles[index]:.1f}", y=_HEIGHT - 6))
        tick = f"M{middles[index]:.1f} {_HEIGHT - 22}v5"
        found.append(element("path", class_="tick", d=tick))
    return found


def _legend(lines: list[Line]) -> Html:
    there = {line["verdict"] for line in lines}
    items = [element("span", told, class_=f"key {name}") for name, told in VERDICTS.items() if name in there]
    return element("span", *(joined((text(" "), item)) for item in items), class_="legend")
