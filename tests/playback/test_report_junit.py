"""The report as JUnit XML: one failure for one cause, and none for what follows from it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

from scimmock.playback.report_junit import junit
from tests.playback.made_reports import body, line, report_of, told


def cases(report: dict[str, Any]) -> dict[str, tuple[str, str] | None]:
    """Return what became of each case by its name: ("failure" or "skipped", message), None when well."""
    suite = ElementTree.fromstring(junit(report).encode("utf-8"))
    found: dict[str, tuple[str, str] | None] = {}
    for case in suite.iter("testcase"):
        inner = next(iter(case), None)
        found[str(case.get("name"))] = (inner.tag, str(inner.get("message"))) if inner is not None else None
    kinds = [inner[0] for inner in found.values() if inner is not None]
    assert suite.get("tests") == str(len(found))
    assert (suite.get("failures"), suite.get("skipped")) == (
        str(kinds.count("failure")),
        str(kinds.count("skipped")),
    )
    return found


def test_each_exchange_is_a_case() -> None:
    report = report_of(told(1, consequences=[3]), told(2, like=1), told(3, cause=1), same=1)
    report["exchanges"].append(line(5, "skipped"))
    assert cases(report) == {
        "1 GET User 1": ("failure", "status: 201 expected, 409 here"),
        "2 GET User 2": ("failure", "status: 201 expected, 409 here (as in exchange 1)"),
        "3 GET User 3": ("skipped", "follows from exchange 1: status: 201 expected, 409 here"),
        "4 GET /Users/4": None,
        "5 GET /Users/5": ("skipped", "not compared"),
        "the session is played to its end": None,
        "the directory in the end": None,
    }
    assert "from it follow 3" in junit(report)


def test_the_directory_fails_for_what_nothing_explains() -> None:
    own, after = told(1, body("active", expected=True), what="/Users/1"), told(2, cause=7)
    name = "the directory in the end"
    assert cases(report_of(directory=[own, after]))[name] == (
        "failure",
        "not as the recording implies: /Users/1",
    )
    many = cases(report_of(directory=[own] * 5))[name]
    assert many == ("failure", "not as the recording implies: /Users/1, /Users/1, /Users/1 and 2 more")
    assert cases(report_of(directory=[after]))[name] == ("skipped", "what differs follows from exchange 7")
    report = report_of()
    report["counts"]["looked_at"] = 0
    assert cases(report)[name] == ("skipped", "nothing was looked at")


def test_an_end_before_the_end_is_a_failure() -> None:
    name = "the session is played to its end"
    assert cases(report_of(interrupted=True))[name] == ("failure", "interrupted")
    told_ = cases(report_of(unreachable=True))[name]
    assert told_ == ("failure", "nobody answers at http://127.0.0.1:9000/scim/v2")


def test_what_is_no_character_of_xml_is_replaced() -> None:
    report = report_of(told(1, body("a\x00", expected="\x1b", got="\ud800"), what="\x0b<x>"), notes=["\x08"])
    assert "1 \ufffd<x>" in cases(report)


def test_many_that_are_the_same_are_left_out_and_differences_never() -> None:
    found = cases(report_of(told(1), same=6_000))
    assert len(found) == 5_003 and "1 GET User 1" in found
