"""The report of a run: what is counted, what is told and in which words, and the exit code."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from scimmock.idps.differences import Comparison, Difference
from scimmock.idps.events import (
    Deviated,
    Event,
    Finished,
    LeftOut,
    Quarantined,
    Retried,
    Sent,
    Settled,
    Started,
)
from scimmock.idps.report import About, Report, Times

ADA, BOB = "user ada@example.com", "user bob@example.com"
MISSING = Difference("missing", ADA, "has no account", key=ADA)
URL = "http://127.0.0.1:9000/scim/v2"


def sent(method: str = "POST", path: str = "/Users", status: int | None = 201, **more: Any) -> Sent:
    body = {"size": 0}
    response = None if status is None else {"status": status, "headers": [["Location", "/x"]], "body": body}
    exchange = {
        "request": {"method": method, "path": path, "query": "", "headers": [], "body": body},
        "response": response,
    }
    return Sent("onboard", ADA, "create-user", exchange, more.pop("milliseconds", 4.0), status, **more)


def failing(what: str = "400", reaction: str = "fail", **more: Any) -> Deviated:
    return Deviated("onboard", more.pop("object", ADA), "create-user", what, reaction, **more)


def report_of(*events: Event, comparison: Comparison | None = None, idp: str = "entra@legacy") -> Report:
    report = Report(About(idp, URL, ("onboard",), 7, 25, 1))
    for event in events:
        report.note(event)
    if comparison is not None:
        report.compared(comparison)
    return report


def differing(*differences: Difference) -> Comparison:
    comparison = Comparison(users=2, groups=1)
    for one in differences:
        comparison.add(one)
    return comparison


def text_of(report: Report) -> str:
    return "\n".join(report.text())


# ---- what is told


def test_the_whole_report() -> None:
    report = report_of(
        Started("onboard", "users", 2),
        sent(),
        sent(status=400, milliseconds=8.0),
        failing(shown="The request was not valid", detail="userName is wrong", final=True),
        Settled("onboard", ADA, False),
        sent("PATCH", "/Users/1", 204, milliseconds=2.0),
        Settled("onboard", BOB, True),
        LeftOut("offboard", "set-password", "How passwords are set is not known.", 2),
        Finished({}, 1.25),
        comparison=differing(
            Difference("missing", ADA, "has no account", key=ADA),
            Difference("stale", BOB, 'title is nothing, not "Poet"', "2", "title", "Poet"),
        ),
    )
    assert report.text() == [
        "entra@legacy provisioned http://127.0.0.1:9000/scim/v2",
        "people      25 users, 1 group, seed 7",
        "",
        "scenarios   onboard  1 task well, 1 failed",
        "",
        "requests    3 sent in 1.2 s, answered within 4.1 ms (half), 8.0 ms (95 %), 8.0 ms (all)",
        "                 2  POST /Users        1 x 201, 1 x 400",
        "                 1  PATCH /Users/{id}  1 x 204",
        "",
        "deviations       1  create-user answered 400: it fails until a person acts",
        '                    the server says "userName is wrong"',
        '                    entra shows "The request was not valid"',
        "",
        "failed           1  create-user was answered 400 (userName is wrong)",
        "                    user ada@example.com",
        "",
        "left out    set-password (for 2): How passwords are set is not known.",
        "",
        "directory   2 accounts and 1 group compared",
        "",
        "missing     user ada@example.com: has no account; create-user was answered 400",
        "",
        'stale       user bob@example.com: title is nothing, not "Poet"; no request failed',
        "",
        "1 task failed; the directories differ in 2 places (1 missing, 1 stale)",
    ]
    assert report.exit_code == 1


def test_a_run_in_which_all_is_well() -> None:
    report = report_of(sent(), Settled("onboard", ADA, True), Finished(), comparison=Comparison(users=1))
    assert report.exit_code == 0
    assert report.text()[-1] == "the directories are equal"


def test_a_quarantine_is_told_as_the_provider_would() -> None:
    report = report_of(
        sent(status=401),
        Quarantined("test", "find-user", "401", "EncounteredQuarantineException", "the token is wrong"),
    )
    assert (
        "STOPPED     entra would quarantine this application, because find-user was answered 401: "
        'the token is wrong; its administrator sees "EncounteredQuarantineException"'
    ) in report.text()
    assert report.exit_code == 1


def test_a_refused_connection_test_is_told() -> None:
    report = report_of(sent(status=404), Quarantined("test", "probe", "404", "", "", refused=True))
    assert "would refuse this configuration, because probe was answered 404" in text_of(report)


def test_what_the_client_does_is_said_to_be_unknown_where_it_is() -> None:
    assert "what the client does is not known" in text_of(report_of(failing(standard=True)))


def test_oddities_of_the_server_have_their_section() -> None:
    text = text_of(report_of(sent(status=200)))
    assert "     1  error   a create is answered 200, not 201 [RFC 7644 section 3.3]" in text


def test_retries_and_what_is_put_off_are_counted() -> None:
    again = Retried("onboard", ADA, "create-user", 1, 90.0)
    later = Retried("onboard", ADA, "create-user", 1, 2400.0, cycle=2)
    text = text_of(report_of(sent(), again, again, later))
    assert "2 sent again, after 3 min of waiting in all" in text
    assert "1 task put off to a later cycle" in text


def test_requests_without_answer_are_told_apart() -> None:
    text = text_of(report_of(sent(), sent(status=None, error="reset"), sent(status=None, error="timeout")))
    assert "3  POST /Users  1 x 201, 2 x no answer" in text
    assert "without answer: 1 reset, 1 timeout" in text


def test_what_the_client_leaves_so_is_no_difference() -> None:
    known = Difference("stale", ADA, "...", "1", "title", explained="entra has no request for it")
    report = report_of(comparison=differing(known, known))
    assert report.exit_code == 0
    assert "explained   2 with another title than intended: entra has no request for it" in text_of(report)
    assert report.text()[-1] == "the directories are equal, but for 2 places that the client leaves so"


def test_long_lists_are_cut_in_the_text_alone() -> None:
    many = [Difference("missing", f"user u{number}", "has no account") for number in range(30)]
    report = report_of(comparison=differing(*many))
    assert "            ... and 20 more" in report.text()
    assert len(report.as_dict()["comparison"]["differences"]) == 30


def test_words_of_a_server_cannot_steer_a_terminal() -> None:
    report = report_of(failing(detail="\x1b[2Jboo\nsecond line", shown="\x1b]0;x"))
    assert "\x1b" not in text_of(report) and all("\n" not in line for line in report.text())


# ---- what is counted


def test_what_succeeds_in_a_later_cycle_has_not_failed() -> None:
    report = report_of(
        Started("onboard", "provision-user", 1),
        failing("503", "next-cycle"),
        Settled("onboard", ADA, False),
        Started("onboard", "provision-user", 1, cycle=2),
        Settled("onboard", ADA, True),
    )
    assert (report.failed, report.exit_code, report.trouble_behind(MISSING)) == (0, 0, None)
    assert "scenarios   onboard  1 task well" in report.text()


def test_what_a_later_step_does_is_mended() -> None:
    report = report_of(
        Started("onboard", "users", 1),
        failing("503", "next-cycle", key="p1"),
        Settled("onboard", ADA, False, "p1"),
        Started("update", "users", 1),
        Settled("update", "user ada.new@example.com", True, "p1"),
    )
    assert (report.failed, report.trouble_behind(MISSING), list(report.failures())) == (0, None, [])
    assert "scenarios   onboard  1 put right by a later step" in report.text()


def test_another_kind_of_task_does_not_mend_it() -> None:
    report = report_of(
        Started("onboard", "users", 1),
        failing(),
        Settled("onboard", ADA, False),
        Started("onboard", "managers", 1),
        Settled("onboard", ADA, True),
    )
    assert report.trouble_behind(MISSING) is not None
    assert [(failure.step, failure.object) for failure in report.failures()] == [("onboard", ADA)]


def test_what_failed_for_good_is_not_mended_by_something_else() -> None:
    report = report_of(
        Started("onboard", "members", 1),
        failing(final=True, object="group Staff", key="t1"),
        Settled("onboard", "group Staff", False, "t1"),
        Settled("onboard", "group Staff", True, "t1"),
        comparison=differing(
            Difference("membership", "group Staff", "bob is not in it", attribute="members", key="t1"),
            Difference("stale", "group Staff", "displayName is another", attribute="displayName", key="t1"),
        ),
    )
    assert report.failed == 1
    assert "members     group Staff: bob is not in it; create-user was answered 400" in report.text()
    assert "stale       group Staff: displayName is another; no request failed" in report.text()


def test_a_task_that_fails_again_and_again_is_one() -> None:
    report = report_of(
        *(event for _ in range(3) for event in (failing("503"), Settled("onboard", ADA, False))),
        Settled("update", ADA, False),
    )
    assert (report.failed, [failure.step for failure in report.failures()]) == (1, ["update"])


def test_memory_does_not_grow_with_requests() -> None:
    report = report_of()
    for number in range(20_000):
        report.note(sent("PATCH", f"/Users/{number}", 204))
        report.note(failing("429", "wait", object=f"user {number}", detail=f"wait {number}"))
        report.note(Settled("onboard", f"user {number}", True))
    (tally,) = report.deviations.values()
    assert (tally.count, len(tally.objects), len(tally.details)) == (20_000, 3, 3)
    assert report.requests == {("PATCH", "/Users/{id}"): {"204": 20_000}}
    assert (report.steps["onboard"].failing, report._troubles) == ({}, {})


def test_quantiles_are_near() -> None:
    times = Times()
    for number in range(1, 1001):
        times.add(float(number))
    assert 475 < times.quantile(0.5) < 525 and 902 < times.quantile(0.95) < 1000
    assert times.longest == 1000


@pytest.mark.parametrize(
    ("events", "comparison", "code"),
    [
        ([], None, 0),
        ([Settled("a", ADA, False)], None, 1),
        ([sent(status=None, error="refused")], None, 5),
        ([sent(status=None, error="refused"), sent()], None, 0),
        ([sent(status=None, error="refused"), Finished(interrupted=True)], None, 130),
        ([sent()], Comparison(unreadable="GET /Users is answered 401"), 1),
        ([sent()], differing(Difference("orphaned", ADA, "...")), 1),
    ],
)
def test_the_exit_code(events: list[Event], comparison: Comparison | None, code: int) -> None:
    assert report_of(*events, comparison=comparison).exit_code == code


# ---- other forms


def test_json_has_everything() -> None:
    report = report_of(
        sent(status=400),
        failing(shown="No", final=True),
        Settled("onboard", ADA, False),
        LeftOut("onboard", "set-password", "It is not known."),
        Quarantined("onboard", "find-user", "401", "Stop", ""),
        Finished({"adopted": 1}, 0.5),
        comparison=differing(Difference("stale", BOB, "...", "2", "title", "Poet", None)),
    )
    document = json.loads(json.dumps(report.as_dict()))
    assert (document["idp"], document["target"], document["seed"]) == ("entra@legacy", URL, 7)
    assert (document["ok"], document["exit_code"], document["counts"]) == (False, 1, {"adopted": 1})
    assert document["requests"]["by_endpoint"] == [
        {"method": "POST", "endpoint": "/Users", "count": 1, "statuses": {"400": 1}}
    ]
    assert document["failed"][0] == {
        "step": "onboard",
        "object": ADA,
        "request": "create-user",
        "what": "400",
        "detail": "",
        "shown": "No",
    }
    assert document["quarantine"][0]["message"].startswith("entra would quarantine this application")
    assert document["left_out"] == [{"intent": "set-password", "why": "It is not known.", "objects": 1}]
    (difference,) = document["comparison"]["differences"]
    assert (difference["kind"], difference["attribute"], difference["wanted"]) == ("stale", "title", "Poet")


def test_junit_has_a_case_for_each_step_and_each_kind_of_difference() -> None:
    report = report_of(
        failing(detail="a \x00 & <b>"),
        Settled("onboard", ADA, False),
        Settled("update", BOB, True),
        LeftOut("onboard", "set-password", "It is not known."),
        comparison=differing(Difference("missing", ADA, "has no account")),
    )
    suite = ElementTree.fromstring(report.junit())
    failed = {case.get("name") for case in suite if case.find("failure") is not None}
    assert failed == {"onboard", "no account or group is missing"}
    assert {case.get("name") for case in suite if case.find("skipped") is not None} == {"set-password"}
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("11", "2", "1")
    told = suite.find("testcase[@name='onboard']/failure")
    assert told is not None and told.text == f"{ADA}: create-user was answered 400 (a \ufffd & <b>)"


def test_junit_tells_of_a_target_that_does_not_answer() -> None:
    suite = ElementTree.fromstring(report_of(sent(status=None, error="refused")).junit())
    failure = suite.find("testcase/failure")
    assert failure is not None and failure.get("message") == f"nobody answers at {URL}"
