"""What is known of a session before anything is sent."""

from __future__ import annotations

from typing import Any

from scimmock.playback.survey import Survey, survey

Document = dict[str, Any]


def exchange(
    n: int, method: str, path: str, sent: Any = None, status: int = 200, told: Any = None, **more: Any
) -> Document:
    """An exchange as far as a survey looks at it."""

    def body(value: Any) -> Document:
        return {"json": value, "size": 2} if value is not None else {"size": 0}

    request = {"method": method, "path": path, "query": "", "headers": [], "body": body(sent)}
    response = {"status": status, "headers": [], "body": body(told)}
    return {"n": n, "t": float(n), "request": request, "response": response, **more}


def looked(exchanges: list[Document], first: int = 0) -> Survey:
    return survey(exchanges, lambda one: one["n"] >= first, with_documents=True)


def found(survey: Survey) -> dict[str, tuple[str, tuple[str, str] | None, int]]:
    return {id: (one.resource, one.key, one.n) for id, one in survey.before.items()}


def test_what_was_created_was_not_there_before() -> None:
    session = [
        exchange(1, "POST", "/Users", {"userName": "a"}, 201, {"id": "u1", "userName": "a"}),
        exchange(2, "GET", "/Users/u1", told={"id": "u1", "userName": "a"}),
    ]
    assert looked(session).before == {} and looked(session).known == {"u1"}
    assert (looked(session).count, looked(session).span) == (2, 1.0)


def test_what_was_there_is_known_by_how_it_was_seen() -> None:
    session = [
        exchange(1, "PATCH", "/Users/u1", {"Operations": []}, 204),
        exchange(
            2, "GET", "/Users", told={"Resources": [{"id": "u1", "userName": "a"}, {"id": "u2", "x": 1}]}
        ),
        exchange(
            3,
            "PATCH",
            "/Groups/g1",
            {"Operations": [{"op": "add", "path": "members", "value": [{"value": "u3"}]}]},
            204,
        ),
        exchange(4, "DELETE", "/Users/u2", None, 204),
    ]
    survey = looked(session)
    assert found(survey) == {
        "u1": ("Users", ("userName", "a"), 1),
        "u2": ("Users", None, 4),
        "g1": ("Groups", None, 3),
        "u3": ("", None, 3),
    }
    assert [one.id for one in survey.unbindable] == ["g1", "u3", "u2"]


def test_a_lost_create_is_no_resource_from_before() -> None:
    session = [
        exchange(1, "POST", "/Users", {"userName": "A"}) | {"response": None, "error": {"kind": "reset"}},
        exchange(2, "GET", "/Users", told={"Resources": [{"id": "u1", "userName": "a"}]}),
        exchange(3, "PUT", "/Users/u1", {"userName": "a"}),
    ]
    assert looked(session).before == {}


def test_what_is_not_played_was_there_before() -> None:
    session = [
        exchange(1, "POST", "/Users", {"userName": "a"}, 201, {"id": "u1", "userName": "a"}),
        exchange(2, "POST", "/Users", {"userName": "b"}, 201, {"id": "u2", "userName": "b"}),
        exchange(3, "PUT", "/Users/u1", {"userName": "a", "manager": {"value": "u2"}}),
    ]
    assert found(looked(session, 2)) == {"u1": ("Users", ("userName", "a"), 3)}
    assert set(found(looked(session, 3))) == {"u1", "u2"}


def test_what_the_service_did_not_know_either_is_no_trouble() -> None:
    session = [exchange(1, "GET", "/Users/nobody", None, 404, {"status": "404"})]
    assert looked(session).before == {} and looked(session).unbindable == []


def test_requests_for_tokens_are_left_out() -> None:
    token = exchange(1, "POST", "/oauth/token", trace={"operation": "token"})
    assert looked([token]).token_requests == 1 and looked([token]).count == 0


def test_documents_are_kept_only_for_seeding() -> None:
    session = [exchange(1, "GET", "/Users/u1", told={"id": "u1", "userName": "a"})]
    assert survey(session, lambda one: True).before["u1"].document is None
    assert looked(session).before["u1"].document == {"id": "u1", "userName": "a"}
