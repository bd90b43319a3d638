"""The page of a replay: whole by itself, nothing of a session is markup in it, everything is linked."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from scimmock.playback.report_html import page
from tests.playback.made_reports import body, line, message, report_of, status, told
from tests.playback.pages import Page

EVIL = "</pre></script><script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;"


def test_what_is_said_when_nothing_differs() -> None:
    found = Page(page(report_of(same=3)))
    assert "Nothing differs" in found.text
    assert "3 resources looked at, as the recording implies." in found.text
    assert "causes" not in found.ids


def test_every_difference_is_told_and_linked() -> None:
    report = report_of(
        told(1),
        told(2, like=1),
        told(3, cause=2),
        told(4, cause=1),
        told(5, body("title", expected="a", got="b")),
        same=2,
        directory=[told(5, body("active", expected=True)), told(4, cause=1)],
    )
    found = Page(page(report))
    assert {"x1", "x2", "x3", "x4", "x5"} <= found.ids & found.linked
    assert found.linked <= found.ids
    assert {"r5", "x1"} <= found.linked  # from the directory
    assert "2 causes of differences, 2 resources not as implied" in found.text
    assert "title: a expected, b here" in found.text
    assert "active: true expected, nothing here" in found.text


def test_many_that_follow_are_linked_and_folded() -> None:
    report = report_of(told(1), *(told(n, cause=1) for n in range(2, 70)))
    found = Page(page(report))
    assert {f"x{n}" for n in range(1, 70)} <= found.ids & found.linked
    assert "all 68" in found.texts["summary"]


def test_nothing_of_a_session_is_markup() -> None:
    one = told(
        1,
        body(f'emails[value eq "{EVIL}"].{EVIL}', expected=EVIL, got={EVIL: [EVIL]}),
        {"what": "header", "path": EVIL, "expected": EVIL, "got": EVIL},
        what=EVIL,
        says=EVIL,
        notes=[EVIL],
        expected={EVIL: EVIL},
        got=EVIL,
        request=message({EVIL: EVIL}, method=EVIL, path=EVIL, query=EVIL),
    )
    one["got"]["headers"] = [[EVIL, EVIL]]
    report = report_of(
        one,
        directory=[told(1, what=EVIL)],
        notes=[EVIL],
        unbindable=[{"id": EVIL, "resource": EVIL, "n": 1}],
        **{name: EVIL for name in ("file", "target", "by", "idp", "fixture", "started", "pace")},
    )
    report["exchanges"] = [line(1, "cause", method=EVIL, path=EVIL, expected=EVIL, got=EVIL)]
    found = Page(page(report))
    assert len(found.attributes["script"]) == 1 and "img" not in found.attributes
    assert found.text.count(EVIL) >= 25


def test_only_its_own_script_and_style_are_used() -> None:
    text = page(report_of(told(1)))
    found = Page(text)
    (policy,) = [given["content"] for given in found.attributes["meta"] if "http-equiv" in given]
    assert policy is not None and policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        content = "".join(found.texts[tag])
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"https?://(?!127\.0\.0\.1)|url\(|@import", text)


def test_control_characters_and_halves_of_pairs_are_shown_as_such() -> None:
    found = page(report_of(told(1, what="a\x00b\x1b[31m\ud83d")))
    assert "a\ufffdb\ufffd[31m\ufffd" in found
    found.encode()


def test_a_run_without_exchanges_says_so() -> None:
    found = Page(page(report_of(unreachable=True, ok=False)))
    assert "The service does not answer" in found.text
    assert not {"timeline", "exchanges"} & found.ids
    assert "interrupted" in Page(page(report_of(same=1, interrupted=True, ok=False))).text


def test_bodies_that_were_not_kept_are_told() -> None:
    one = told(1)
    for name in ("request", "expected", "got"):
        del one[name]
    assert "the bodies of this one were not kept" in page(report_of(one))


def test_an_answer_that_did_not_come() -> None:
    one = told(1, {"what": "answer", "path": "", "expected": 200, "got": "no answer in time"})
    one["got"] = None
    found = Page(page(report_of(one)))
    assert "answer: 200 expected, no answer in time here" in found.text
    assert "no answer" in found.text


@pytest.mark.parametrize("count", [20_000])
def test_a_long_session_stays_small(count: int) -> None:
    differing: list[Any] = [told(n, status(), like=1 if n > 1 else None) for n in range(1, 301)]
    text = page(report_of(*differing, same=count - 300))
    assert len(text) < 8_000_000
    found = Page(text)
    assert len(found.attributes["tr"]) > count
    assert len(found.attributes["path"]) < 2_000
