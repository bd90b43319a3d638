"""The directory in the end, at services that number their resources or keep references to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.noting import Answer, listening
from tests.playback.test_player import play, request

Document = dict[str, Any]


def session() -> list[Document]:
    """User 1 joins group 1 and is deleted; the user who is made then is number 2."""
    user = {"userName": "a"}
    group = {"displayName": "g", "members": [{"value": "1"}]}
    return [
        request(1, "POST", "/Users", sent=user, status=201, told={"id": "1", **user}),
        request(2, "POST", "/Groups", sent=group, status=201, told={"id": "1", **group}),
        request(3, "DELETE", "/Users/1", status=204),
        request(4, "POST", "/Users", sent=user, status=201, told={"id": "2", **user}),
    ]


@pytest.mark.parametrize("left", [[], [{"value": "7"}]], ids=["removed", "kept"])
def test_members_that_were_deleted(left: list[Document]) -> None:
    ids = iter(["7", "3", "8"])

    def answer(method: str, path: str) -> Answer:
        if method == "POST":
            id = next(ids)
            more = {"displayName": "g", "members": [{"value": "7"}]} if id == "3" else {"userName": "a"}
            return 201, {"id": id, **more}, {}
        if method == "DELETE" or path.endswith("/7"):
            return (204, None, {}) if method == "DELETE" else (404, {}, {})
        found = {"displayName": "g", "members": left} if "Groups" in path else {"userName": "a"}
        return 200, {"id": path.rpartition("/")[2], **found}, {}

    with listening() as noting:
        noting.answer = answer
        outcome = play(noting, session(), look_at_the_end=True)
        asked = noting.paths()[4:]
    assert outcome.is_same, (outcome.differing, outcome.closing)
    assert asked == ["GET /app/Users/7", "GET /app/Groups/3", "GET /app/Users/8"]
