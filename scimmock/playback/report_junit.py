"""The outcome of a replay as JUnit XML: a case for each exchange, one for the directory in the end."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

from ..journal.plain import plain

__all__ = ["junit"]

_CLASS = "scimmock.replay"
_SHOWN = 50  # of one case
_NAMES = 3
_MOST = 5_000  # exchanges that are the same and get a case each


def junit(report: dict[str, Any]) -> str:
    """Return the suite for the document of `report.document`.

    What follows from another difference counts as skipped: there is one failure for one cause.
    """
    suite = ElementTree.Element("testsuite", {"name": f"replay {report['file']}"})
    told = {one["n"]: one for one in report["differences"]}
    shown = 0
    for line in report["exchanges"]:
        one = told.get(line["n"])
        if one is None and line["verdict"] == "same":
            shown += 1
            if shown > _MOST:
                continue
        name = one["what"] if one is not None else f"{line['method']} {line['path']}"
        case = _case(suite, f"{line['n']} {name}")
        case.set("time", f"{line['milliseconds'] / 1000:.3f}")
        if one is not None:
            _judge(case, one)
        elif line["verdict"] == "skipped":
            ElementTree.SubElement(case, "skipped", {"message": "not compared"})
    _end(suite, report)
    _directory(suite, report)
    if report["notes"]:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(map(plain, report["notes"]))
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("errors", "0")
    suite.set("time", f"{report['seconds']:.3f}")
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _end(suite: ElementTree.Element, report: dict[str, Any]) -> None:
    case = _case(suite, "the session is played to its end")
    if report["unreachable"]:
        _fail(case, f"nobody answers at {report['target']}", [])
    elif report["interrupted"]:
        _fail(case, "interrupted", [])


def _directory(suite: ElementTree.Element, report: dict[str, Any]) -> None:
    case = _case(suite, "the directory in the end")
    own = [one for one in report["directory"] if one["cause"] is None]
    if own:
        found = [f"{one['what']}: {_difference(diff)}" for one in own for diff in one["differences"]]
        more = f" and {len(own) - _NAMES} more" if len(own) > _NAMES else ""
        names = ", ".join(one["what"] for one in own[:_NAMES])
        _fail(case, f"not as the recording implies: {names}{more}", found)
    elif report["directory"]:
        causes = sorted({one["cause"] for one in report["directory"]})
        message = f"what differs follows from exchange {', '.join(map(str, causes[:_SHOWN]))}"
        ElementTree.SubElement(case, "skipped", {"message": message})
    elif not report["counts"]["looked_at"]:
        ElementTree.SubElement(case, "skipped", {"message": "nothing was looked at"})


def _judge(case: ElementTree.Element, one: dict[str, Any]) -> None:
    differences = [_difference(diff) for diff in one["differences"]]
    if one["cause"] is not None:
        message = f"follows from exchange {one['cause']}: {differences[0]}"
        ElementTree.SubElement(case, "skipped", {"message": plain(message)})
        return
    again = f" (as in exchange {one['like']})" if one["like"] is not None else ""
    after = one.get("consequences") or []
    more = [f"from it follow {', '.join(map(str, after))}"] if after else []
    _fail(case, f"{differences[0]}{again}", differences + more)


def _difference(diff: dict[str, Any]) -> str:
    where = f"{diff['what']} {diff['path']}".strip()
    return f"{where}: {_value(diff, 'expected')} expected, {_value(diff, 'got')} here"


def _value(diff: dict[str, Any], name: str) -> str:
    return json.dumps(diff[name], ensure_ascii=False) if name in diff else "nothing"


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", {"classname": _CLASS, "name": plain(name)})


def _fail(case: ElementTree.Element, message: str, told: list[str]) -> None:
    failure = ElementTree.SubElement(case, "failure", {"message": plain(message)})
    more = [f"... and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    failure.text = "\n".join([*map(plain, told[:_SHOWN]), *more])
