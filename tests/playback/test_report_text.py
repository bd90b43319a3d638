"""The report as text: causes with their differences, what follows in numbers, and one line in the end."""

from __future__ import annotations

from typing import Any

from scimmock.playback.played import Played
from scimmock.playback.report_text import lines, preface
from scimmock.playback.run import Line, Outcome
from scimmock.playback.survey import Before, Survey
from scimmock.traffic.alike import ABSENT, Difference
from scimmock.traffic.routes import Aim

STATUS = Difference("status", "", 201, 409)


def played(n: int, *differences: Difference, **more: Any) -> Played:
    return Played(
        n, Aim("read", "Users", str(n)), "GET", f"/Users/{n}", differences=list(differences), **more
    )


def text(*differing: Played, **more: Any) -> list[str]:
    kinds = ["follows" if one.cause else "like" if one.like else "cause" for one in differing]
    shown = [
        Line(one.n, 0.0, "GET", one.path, 200, 200, kind, 1.0, 1.0)
        for one, kind in zip(differing, kinds, strict=True)
    ]
    return list(lines(Outcome(Survey(), lines=shown, differing=list(differing), seconds=1.0, **more)))


def test_causes_and_what_follows_from_them() -> None:
    found = text(
        played(1, STATUS), played(2, STATUS, like=1), *(played(n, STATUS, cause=1) for n in range(3, 15))
    )
    assert found == [
        "    1  GET /Users/1",
        "       status: 201 expected, 409 here",
        "       the same again in 2",
        "       from it follow 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more",
        "",
        "14 exchanges in 1.0 s: 0 the same, 1 differ, 1 differ like them, 12 follow",
    ]


def test_what_is_missing_and_what_is_long() -> None:
    attributes = [Difference("body", f"a{n}", ABSENT, "x" * 500) for n in range(8)]
    found = text(played(1, *attributes))
    assert found[1].startswith("       a0: nothing expected, xxx") and len(found[1]) < 130
    assert found[7] == "       ... and 2 more differences"


def test_many_causes_are_cut() -> None:
    found = text(*(played(n, STATUS) for n in range(1, 21)))
    assert "... and 8 more causes, see --json or --html" in found


def test_no_line_has_control_characters_or_secrets() -> None:
    secret = Difference("body", "password", "hunter2", "hunter3")
    header = Difference("header", "set-cookie", ABSENT, "session=abc")
    found = "\n".join(text(played(1, secret, header, Difference("body", "x\x1b[2J\ny", "a\rb", 1))))
    assert not {"\x1b", "\r"} & set(found)
    assert not [word for word in ("hunter", "abc") if word in found]
    assert found.count("***") == 3


def test_the_directory_in_short() -> None:
    own = played(7, Difference("resource", "", 'userName eq "a"', ABSENT))
    after = [played(n, STATUS, cause=2) for n in range(1, 6)]
    found = text(closing=[own, *after], looked_at=9, notes=["a note"])
    assert found == [
        "the directory is not as the recording implies:",
        "  GET /Users/7, last written by 7",
        '      resource: userName eq "a" expected, nothing here',
        "  from 2 follow GET /Users/1, GET /Users/2, GET /Users/3 and 2 more",
        "",
        "note: a note",
        "0 exchanges in 1.0 s: 0 the same; 9 resources looked at in the end, 6 differ",
    ]


def test_what_cannot_be_bound_is_told_before() -> None:
    unbindable = [Before(f"id-{n}", "Users" if n % 2 else "", n) for n in range(12)]
    found = list(preface(Survey(unbindable=unbindable, token_requests=2)))
    assert found[1].startswith("exchange 1 uses /Users/id-1, which was there before")
    assert found[10:] == [
        "... and 2 more ids that cannot be bound",
        "2 requests for access tokens are left out, --token gives the credentials",
    ]
