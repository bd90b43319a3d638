"""Reads beside writes: what is left open by that is no difference, everything else is."""

from __future__ import annotations

from typing import Any

from tests.noting import Noting, listening
from tests.playback.test_player import play, request

Document = dict[str, Any]


def beside(one: Document, *others: Document) -> list[Document]:
    """Return exchanges that all overlapped, each on its own connection."""
    timing = {"t": 0.0, "timing": {"wait_ms": 100.0}}
    return [exchange | timing | {"connection": n} for n, exchange in enumerate((one, *others), 1)]


def differing(session: list[Document], answers: dict[str, tuple[int, Any]]) -> list[int]:
    with listening() as noting:
        return _differing(noting, session, answers)


def _differing(noting: Noting, session: list[Document], answers: dict[str, tuple[int, Any]]) -> list[int]:
    noting.answer = lambda method, path: (*answers[f"{method} {path.removeprefix('/app')}"], {})
    return sorted(one.n for one in play(noting, session).differing)


def listed(*names: str, **more: Any) -> Document:
    return {"totalResults": len(names), "Resources": [{"id": f"u-{n}", "userName": n, **more} for n in names]}


ADA = {"id": "u-ada", "userName": "ada"}
CREATE = request(1, "POST", "/Users", sent={"userName": "ada"}, status=201, told=ADA)
LIST = request(2, "GET", "/Users", told=listed("bob"))


def test_a_list_beside_a_create() -> None:
    answers = {"POST /Users": (201, ADA), "GET /Users": (200, listed("ada", "bob"))}
    assert differing(beside(CREATE, LIST), answers) == []
    assert differing([CREATE, LIST], answers) == [2]
    answers["GET /Users"] = (200, listed("ada", "carl"))
    assert differing(beside(CREATE, LIST), answers) == [2]


def test_a_read_beside_a_delete() -> None:
    delete = request(1, "DELETE", "/Users/u-ada", status=204)
    read = request(2, "GET", "/Users/u-ada", told=ADA)
    answers: dict[str, tuple[int, Any]] = {"DELETE /Users/u-ada": (204, None)}
    assert differing(beside(delete, read), answers | {"GET /Users/u-ada": (404, {})}) == []
    other = request(2, "GET", "/Users/u-bob", told=ADA)
    assert differing(beside(delete, other), answers | {"GET /Users/u-bob": (404, {})}) == [2]


def test_groups_of_a_user_beside_a_change_of_members() -> None:
    patch = request(1, "PATCH", "/Groups/g1", sent={"Operations": []}, status=204)
    read = request(2, "GET", "/Users/u-ada", told=ADA)
    answers: dict[str, tuple[int, Any]] = {"PATCH /Groups/g1": (204, None)}
    answers["GET /Users/u-ada"] = (200, ADA | {"groups": [{"value": "g1"}]})
    assert differing(beside(patch, read), answers) == []
    answers["GET /Users/u-ada"] = (200, ADA | {"title": "new"})
    assert differing(beside(patch, read), answers) == [2]


def test_the_status_of_a_write_is_compared_beside_others() -> None:
    other = request(2, "POST", "/Users", sent={"userName": "bob"}, status=409)
    assert differing(beside(CREATE, other), {"POST /Users": (201, ADA)}) == [2]
