"""The picture of a session: a bar for each exchange, or for several where there are many."""

from __future__ import annotations

import re

from scimmock.playback.html.timeline import timeline
from tests.playback.made_reports import line


def bars(picture: str) -> list[tuple[str, str, str]]:
    """Return (where it leads, verdict, title) of each bar."""
    return re.findall(r'<a href="(.*?)".*?class="(\w+)".*?<title>(.*?)</title>', picture)


def test_each_exchange_has_a_bar() -> None:
    lines = [line(1), line(2, "cause"), line(3, "skipped", path="/Users?filter=a+eq+%22b%22")]
    found = bars(timeline(lines))
    assert [bar[:2] for bar in found] == [("#r1", "same"), ("#x2", "cause"), ("#r3", "skipped")]
    assert found[2][2] == "3 GET /Users?filter=a eq &quot;b&quot;: not compared; 1.5 ms, recorded 3.0 ms"


def test_many_share_bars_and_none_of_them_hides_a_difference() -> None:
    lines = [line(n, begin=n * 60.0) for n in range(1, 20_001)]
    lines[12_344] = line(12_345, "follows", milliseconds=900.0)
    lines[12_346] = line(12_347, "cause")
    found = bars(timeline(lines))
    assert 500 <= len(found) <= 1_000
    (worst,) = [bar for bar in found if bar[1] != "same"]
    assert worst[:2] == ("#x12347", "cause")
    assert worst[2].endswith(
        "1 differs, 1 follows from another, 18 the same; the slowest 900 ms, recorded 3.0 ms"
    )


def test_a_slower_answer_has_a_higher_bar() -> None:
    lines = [line(1, milliseconds=0.0), line(2, milliseconds=5.0), line(3, milliseconds=5_000.0)]
    tops = [float(top) for top in re.findall(r'd="M[\d.]+ 119V([\d.]+)"', timeline(lines))]
    assert tops == sorted(tops, reverse=True) and len(set(tops)) == 3
    assert ">1 s<" in timeline(lines)


def test_one_exchange_without_times() -> None:
    found = timeline([line(1, begin=0.0, milliseconds=0.0, recorded_milliseconds=0.0)])
    assert len(bars(found)) == 1
