"""The table of all exchanges, and what can be chosen of it."""

from __future__ import annotations

import re
from pathlib import Path

import scimmock.playback.html.sequence as module
from scimmock.playback.html.sequence import sequence
from scimmock.playback.html.verdicts import VERDICTS, elapsed
from tests.playback.made_reports import line, report_of, told


def test_a_row_says_what_became_of_an_exchange() -> None:
    report = report_of(told(1), told(2, like=1), told(3, cause=1), same=1)
    rows = re.findall(r'<tr class="(\w+)" id="r(\d)">(.*?)</tr>', sequence(report))
    assert [row[:2] for row in rows] == [("cause", "1"), ("like", "2"), ("follows", "3"), ("same", "4")]
    assert [re.sub("<.*?>", "", row[2].rpartition("<td>")[2]) for row in rows] == [
        "differs",
        "like 1",
        "follows 1",
        "the same",
    ]


def test_only_what_is_there_and_not_all_can_be_chosen() -> None:
    labels = re.findall(r"<label.*?>(.*?)</label>", sequence(report_of(told(1), same=2)))
    assert labels == ["all (3)", "what differs (1)", "causes (1)", "the same (2)"]
    assert re.findall(r"<label.*?>(.*?)</label>", sequence(report_of(same=2))) == ["all (2)"]


def test_the_style_sheet_knows_every_choice() -> None:
    style = Path(module.__file__).with_name("page.css").read_text("utf-8")
    for name in VERDICTS:
        assert f"#only-{name}:checked ~ .rows tbody tr:not(.{name})" in style
    assert "#only-differ:checked ~ .rows tbody tr:is(.same, .skipped)" in style


def test_a_long_session_is_in_several_tables_and_paths_are_cut() -> None:
    report = report_of(same=1_200)
    report["exchanges"][0] = line(1, path="/Users?" + "x" * 5_000)
    found = sequence(report)
    assert found.count("<table>") == 3
    assert "…" in found and "x" * 200 not in found


def test_when_it_was_is_counted_from_the_beginning() -> None:
    assert [elapsed(seconds) for seconds in (0.04, 59.0, 61.0, 3_700.0, 90_000.0)] == [
        "0.0 s",
        "59.0 s",
        "0:01:01",
        "1:01:40",
        "1 d 1:00",
    ]
