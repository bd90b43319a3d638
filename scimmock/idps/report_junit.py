"""The report of a run as JUnit XML, for what shows the results of tests."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING

from ..journal.plain import plain
from .differences import KINDS
from .report_text import count_of, quarantine_words, trouble_words

if TYPE_CHECKING:
    from .report import Report

__all__ = ["xml"]

_SHOWN = 50  # of one case
_CLASS = "scimmock.provision"
_CASES = {
    "missing": "no account or group is missing",
    "orphaned": "nobody who left can still get in",
    "leftover": "what was deleted is gone",
    "unlinked": "every account is known to the client",
    "duplicate": "there is nothing twice",
    "stale": "attributes are as intended",
    "membership": "memberships are as intended",
}


def xml(report: Report) -> str:
    """Return a suite: a case for each step, one for the job as a whole, one for each kind of difference."""
    suite = ElementTree.Element("testsuite", {"name": f"provision {report.about.idp}"})
    _job(suite, report)
    troubles = {(failure.step, failure.object): failure.trouble for failure in report.failures()}
    for name, step in report.steps.items():
        case = _case(suite, name)
        if step.failing:
            told = []
            for object in step.failing.values():
                trouble = troubles.get((name, object))
                told.append(f"{object}: {trouble_words(trouble)}" if trouble is not None else object)
            _fail(case, f"{count_of(len(step.failing), 'task')} failed", told)
    for (intent, why), _ in report.left_out.items():
        case = _case(suite, intent)
        ElementTree.SubElement(case, "skipped", {"message": plain(why)})
    _differences(suite, report)
    oddities = [
        f"{one.count} x {one.check.severity}: {one.message} [{one.check.section}]"
        for one in report.answers.oddities()
    ]
    if oddities:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(map(plain, oddities))
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("errors", "0")
    if report.finished is not None:
        suite.set("time", f"{report.finished.seconds:.3f}")
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _job(suite: ElementTree.Element, report: Report) -> None:
    case = _case(suite, "the job runs to its end")
    if report.interrupted:
        _fail(case, "interrupted", [])
    elif report.exit_code == 5:
        _fail(case, f"nobody answers at {report.about.target}", [])
    elif report.quarantined:
        told = [quarantine_words(report, index) for index in range(len(report.quarantined))]
        _fail(case, told[0], told)


def _differences(suite: ElementTree.Element, report: Report) -> None:
    comparison = report.comparison
    if comparison is None:
        return
    if comparison.unreadable:
        _fail(_case(suite, "the directory can be compared"), comparison.unreadable, [])
        return
    for kind in KINDS:
        case = _case(suite, _CASES[kind])
        found = [f"{one.object}: {one.message}" for one in comparison.differences if one.kind == kind]
        if comparison.counts[kind]:
            _fail(case, count_of(comparison.counts[kind], "difference"), found)


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", {"classname": _CLASS, "name": plain(name)})


def _fail(case: ElementTree.Element, message: str, told: list[str]) -> None:
    failure = ElementTree.SubElement(case, "failure", {"message": plain(message)})
    more = [f"... and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    failure.text = "\n".join([*map(plain, told[:_SHOWN]), *more])
