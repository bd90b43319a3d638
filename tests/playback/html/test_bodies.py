"""Bodies side by side: what differs is marked, what does not is folded."""

from __future__ import annotations

import re
from typing import Any

from scimmock.playback.html.bodies import messages
from tests.playback.made_reports import body, status, told


def marked(*differences: dict[str, Any], expected: Any, got: Any) -> list[str]:
    """Return the lines that are marked, from both sides."""
    found = messages(told(1, *differences, expected=expected, got=got))
    return [line.strip().replace("&quot;", "'") for line in re.findall(r"<mark>(.*?)</mark>", found)]


def test_the_lines_that_differ_are_marked() -> None:
    one, other = {"userName": "a", "title": "x"}, {"title": "y", "userName": "a"}
    found = marked(body("title", expected="x", got="y"), expected=one, got=other)
    # The names of the new answer stand in the order of the recorded one.
    assert found == ["'title': 'x'", "'title': 'y'"]


def test_an_object_that_is_missing_is_marked_as_a_whole() -> None:
    email = {"type": "work", "value": "a"}
    found = marked(
        body('emails[value eq "a"]', expected=email), expected={"emails": [email]}, got={"emails": []}
    )
    assert found == ["{", "'type': 'work',", "'value': 'a'", "}"]


def test_another_status_and_a_header_are_marked() -> None:
    header = {"what": "header", "path": "content-type", "expected": "a", "got": "b"}
    found = marked(status(), header, expected=None, got=None)
    assert found == ["200", "content-type: application/scim+json"] * 2


def test_of_a_long_body_what_differs_is_shown_with_what_it_is_in() -> None:
    users = [{"userName": f"user-{n}", "active": True, "more": list(range(9))} for n in range(100)]
    others = [dict(user) for user in users]
    others[70] = {**users[70], "active": False}
    path = 'Resources[userName eq "user-70"].active'
    found = messages(
        told(
            1, body(path, expected=True, got=False), expected={"Resources": users}, got={"Resources": others}
        )
    )
    assert found.count("&quot;user-70&quot;") == 2 and "user-7&" not in found
    assert re.search(r"<i>… \d{3} lines</i>\n", found)
    assert len(found) < 5_000


def test_a_body_of_any_depth_and_width_can_be_shown() -> None:
    deep: Any = "end"
    for _ in range(300):
        deep = {"a": [deep]}
    found = messages(told(1, body("x", expected=1, got=2), expected=deep, got="x" * 100_000))
    assert len(found) < 20_000


def test_a_body_in_the_place_of_none_is_marked() -> None:
    found = messages(told(1, body("", expected="JSON", got="no body"), expected=[], got=None))
    assert "<pre><mark>[]</mark>" in found and "no body" in found
