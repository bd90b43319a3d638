"""What is odd about a target's answers: each check has an answer that it finds, and one that it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scimmock.idps.answers import CHECKS, Answers
from scimmock.idps.template import Rendered
from scimmock.idps.wire import Wire

Tenant = Callable[..., httpx.Client]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
RESOURCE = {
    "schemas": [USER],
    "id": "1",
    "userName": "ada",
    "meta": {"resourceType": "User", "location": "http://x/Users/1"},
}
CREATE = ("POST", "/Users", "", {"userName": "ada"})
LOOKUP = ("GET", "/Users", "filter=userName%20eq%20%22ada%22", None)
SCIM = {"Content-Type": "application/scim+json"}


def body_of(document: Any) -> dict[str, Any]:
    if document is None:
        return {"size": 0}
    if isinstance(document, str):
        return {"text": document, "size": len(document)}
    return {"json": document, "size": len(json.dumps(document))}


def exchange(
    request: tuple[str, str, str, Any], status: int, document: Any, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    method, path, query, sent = request
    given = SCIM if headers is None else headers
    return {
        "request": {"method": method, "path": path, "query": query, "headers": [], "body": body_of(sent)},
        "response": {
            "status": status,
            "headers": [[name, value] for name, value in given.items()],
            "body": body_of(document),
        },
    }


def without(name: str, document: dict[str, Any] = RESOURCE) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def listing(*resources: Any, **more: Any) -> dict[str, Any]:
    total = len(resources)
    return {"schemas": [LIST], "totalResults": total, "Resources": list(resources), **more}


def error(status: int, **more: Any) -> dict[str, Any]:
    return {"schemas": [ERROR], "status": str(status), **more}


LOCATED = {**SCIM, "Location": "http://x/Users/1"}
Request = tuple[str, str, str, Any]
PATCH: Request = ("PATCH", "/Users/1", "", {})
READ: Request = ("GET", "/Users/1", "", None)
Exchange = tuple[Request, int, Any, dict[str, str] | None]

# By the name of the check: an exchange that it finds, one that is well.
CASES: dict[str, tuple[Exchange, Exchange]] = {
    "answer-not-json": ((READ, 200, "<html>", {"Content-Type": "text/html"}), (READ, 200, RESOURCE, None)),
    "answer-media-type": (
        (READ, 200, RESOURCE, {"Content-Type": "application/json; charset=utf-8"}),
        (READ, 200, RESOURCE, {"content-type": "application/scim+json; charset=utf-8"}),
    ),
    "redirect": ((READ, 302, None, {"Location": "/other"}), (READ, 304, None, None)),
    "body-on-204": ((PATCH, 204, RESOURCE, None), (PATCH, 204, None, {})),
    "unauthorized-without-scheme": (
        (READ, 401, error(401), None),
        (READ, 401, error(401), {**SCIM, "WWW-Authenticate": "Bearer"}),
    ),
    "throttled-without-retry-after": (
        (READ, 429, error(429), None),
        (READ, 429, error(429), {**SCIM, "Retry-After": "1"}),
    ),
    "error-no-scim": ((READ, 500, {"message": "no"}, None), (READ, 500, error(500), None)),
    "conflict-without-type": (
        (CREATE, 409, error(409), None),
        (CREATE, 409, error(409, scimType="uniqueness"), None),
    ),
    "nothing-found-404": ((LOOKUP, 404, error(404), None), (READ, 404, error(404), None)),
    "create-status": ((CREATE, 200, RESOURCE, None), (CREATE, 201, RESOURCE, LOCATED)),
    "create-location": ((CREATE, 201, RESOURCE, None), (CREATE, 201, RESOURCE, LOCATED)),
    "replace-answer": (
        (("PUT", "/Users/1", "", {}), 204, None, {}),
        (("PUT", "/Users/1", "", {}), 200, RESOURCE, None),
    ),
    "patch-answer": ((PATCH, 200, None, {}), (PATCH, 200, RESOURCE, None)),
    "delete-status": (
        (("DELETE", "/Users/1", "", None), 200, None, {}),
        (("DELETE", "/Users/1", "", None), 204, None, {}),
    ),
    "not-kept": ((CREATE, 201, without("userName"), LOCATED), (CREATE, 201, RESOURCE, LOCATED)),
    "id-missing": ((READ, 200, without("id"), None), (READ, 200, RESOURCE, None)),
    "resource-schemas": ((READ, 200, without("schemas"), None), (READ, 200, RESOURCE, None)),
    "resource-meta": (
        (READ, 200, without("meta"), None),
        (("GET", "/Users/1", "attributes=userName", None), 200, without("meta"), None),
    ),
    "password-returned": (
        (LOOKUP, 200, listing({**RESOURCE, "password": "x"}), None),
        (LOOKUP, 200, listing(RESOURCE), None),
    ),
    "boolean-as-text": (
        (READ, 200, {**RESOURCE, "active": "True"}, None),
        (READ, 200, {**RESOURCE, "active": True}, None),
    ),
    "list-schemas": ((LOOKUP, 200, listing(schemas=[]), None), (LOOKUP, 200, listing(), None)),
    "list-counters": ((LOOKUP, 200, listing(totalResults="0"), None), (LOOKUP, 200, listing(), None)),
    "filter-ignored": (
        (LOOKUP, 200, listing(RESOURCE, {**RESOURCE, "userName": "eve"}), None),
        (LOOKUP, 200, listing({**RESOURCE, "userName": "ADA"}), None),
    ),
}


def found(case: Exchange, protocol: str = "2.0") -> list[str]:
    answers = Answers(protocol)
    answers.look(exchange(*case))
    return [one.check.name for one in answers.oddities()]


def test_every_check_has_a_case() -> None:
    assert [check.name for check in CHECKS] == list(CASES)
    assert all(check.section.startswith("RFC ") for check in CHECKS)


@pytest.mark.parametrize("name", CASES)
def test_what_is_odd_is_found(name: str) -> None:
    odd, well = CASES[name]
    assert name in found(odd)
    assert name not in found(well)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ((CREATE, 204, None, {}), "a create is answered 204, not 201"),
        (
            (READ, 400, {**error(400), "status": 400}, None),
            'the status in the body of a 400 is not the text "400"',
        ),
        ((READ, 200, {**RESOURCE, "id": 7}, None), "an id that is no string"),
        (
            (LOOKUP, 200, listing(RESOURCE, totalResults=0), None),
            "a list with more resources than its totalResults says",
        ),
        ((LOOKUP, 200, listing(startIndex="1"), None), "startIndex is no number"),
        (
            (CREATE, 201, {**RESOURCE, "userName": "eve"}, LOCATED),
            "userName is another one in the answer than was sent",
        ),
    ],
)
def test_it_is_told_in_words(case: Exchange, message: str) -> None:
    answers = Answers()
    answers.look(exchange(*case))
    assert message in [one.message for one in answers.oddities()]


def test_scim_1_has_its_own_rules() -> None:
    case: Exchange = (READ, 200, without("schemas"), {"Content-Type": "application/json"})
    assert found(case)
    assert found(case, "1.1") == []
    assert found((READ, 200, {**RESOURCE, "password": "x"}, None), "1.1") == ["password-returned"]


def test_the_worst_and_the_most_frequent_come_first() -> None:
    answers = Answers()
    for _ in range(5):
        answers.look(exchange(READ, 200, without("meta")))
    for number in range(4):
        answers.look(exchange(("GET", f"/Users/{number}", "", None), 200, without("id")))
    first, second = answers.oddities()
    assert (first.check.name, first.count, second.check.name, second.count) == (
        "id-missing",
        4,
        "resource-meta",
        5,
    )
    assert first.examples == ["GET /Users/0", "GET /Users/1", "GET /Users/2"]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        7,
        "x",
        {"schemas": 7},
        {"Resources": 7},
        {"Resources": [None]},
        {"meta": [], "id": {}, "status": []},
    ],
)
@pytest.mark.parametrize("status", [200, 201, 204, 404, 500])
def test_no_answer_is_too_odd(document: Any, status: int) -> None:
    requests: list[Request] = [
        CREATE,
        LOOKUP,
        READ,
        PATCH,
        ("GET", "/Groups", "", None),
        ("POST", "/Bulk", "", []),
    ]
    for request in requests:
        found((request, status, document, None))


def test_an_exchange_without_answer_has_none_to_look_at() -> None:
    answers = Answers()
    answers.look({**exchange(READ, 200, None), "response": None})
    assert answers.oddities() == []


def test_a_service_by_the_standard_has_nothing_odd(scim: httpx.Client) -> None:
    wire = Wire(str(scim.base_url), scim.headers["Authorization"])
    answers = Answers()

    def ask(method: str, target: str, body: Any = None) -> Any:
        answer = wire.send(Rendered(method, target, [], body))
        answers.look(answer.exchange)
        return answer

    id = ask("POST", "/Users", {"schemas": [USER], "userName": "ada", "title": "Poet"}).json["id"]
    ask("POST", "/Users", {"schemas": [USER], "userName": "ada"})
    ask("GET", "/Users?filter=userName%20eq%20%22ADA%22")
    ask("GET", "/Users?filter=userName%20eq%20%22nobody%22")
    ask("PUT", f"/Users/{id}", {"schemas": [USER], "userName": "ada"})
    ask("GET", "/Users/none")
    ask("DELETE", f"/Users/{id}")
    wire.close()
    assert [(one.check.name, one.message) for one in answers.oddities()] == []
