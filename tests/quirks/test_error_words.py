"""Errors in the words of a service, whatever they are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scimmock.errors import InvalidFilter, ScimError
from scimmock.quirks.catalogue.error_words import ErrorWords, Word

from ..conftest import GROUP, PATCH_OP, USER

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Switch = Callable[..., None]

SLACK = {
    "quirk": "error-words",
    "words": [
        {"status": 401, "word": "invalid_authentication"},
        {"status": 429, "word": "too_many_requests"},
        {"status": 404, "about": "User", "word": "no_such_user"},
        {"status": 404, "about": "Group", "word": "no_such_group"},
        {"status": 404, "about": "endpoint", "word": "bad_endpoint"},
        {"status": 409, "about": "userName", "word": "username_taken", "as_type": ""},
        {"about": "filter", "word": "invalid_query"},
        {"about": "schemas", "word": "missing_schema_element"},
        {"about": "members", "word": "unknown_user", "answer": 404},
        {"about": "userName", "scim_type": ["invalidValue", "mutability"], "word": "username_empty"},
        {"about": ["name.sort", "body"], "word": "odd_body", "as_type": "invalidSyntax"},
        {"about": "emails", "word": "email_invalid"},
    ],
}
NAMED = {"schemas": [USER], "userName": "ada"}
REMOVE = {"schemas": [PATCH_OP], "Operations": [{"op": "remove", "path": "userName"}]}

CASES: list[tuple[str, str, Any, tuple[int, str, str | None]]] = [
    ("GET", "/Users/nobody", None, (404, "no_such_user", None)),
    ("DELETE", "/Groups/nobody", None, (404, "no_such_group", None)),
    ("POST", "/Bulk", None, (404, "bad_endpoint", None)),
    ("POST", "/Users", NAMED, (409, "username_taken", None)),
    ("GET", "/Users?filter=userName eq", None, (400, "invalid_query", "invalidFilter")),
    ("GET", "/Users?filter=nonsense eq 1", None, (400, "invalid_query", "invalidFilter")),
    ("POST", "/Users", {"userName": "eva"}, (400, "missing_schema_element", "invalidSyntax")),
    ("POST", "/Users", {"schemas": "x", "userName": "eva"}, (400, "missing_schema_element", "invalidValue")),
    ("POST", "/Users", {"schemas": [GROUP]}, (400, "missing_schema_element", "invalidValue")),
    (
        "POST",
        "/Groups",
        {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": "x"}]},
        (404, "unknown_user", "invalidValue"),
    ),
    ("POST", "/Users", {"schemas": [USER]}, (400, "username_empty", "invalidValue")),
    ("POST", "/Users", {**NAMED, "userName": 5}, (400, "username_empty", "invalidValue")),
    ("PATCH", "/Users/{ada}", REMOVE, (400, "username_empty", "mutability")),
    ("PATCH", "/Users/{ada}", {"Operations": []}, (400, "missing_schema_element", "invalidSyntax")),
    ("POST", "/Users", [NAMED], (400, "odd_body", "invalidSyntax")),
    ("POST", "/Users", {**NAMED, "emails": "a@x"}, (400, "email_invalid", "invalidValue")),
]


@pytest.mark.parametrize(("method", "path", "body", "wanted"), CASES, ids=lambda item: str(item)[:50])
def test_errors_have_their_words(
    both: Both,
    new_user: Make,
    method: str,
    path: str,
    body: Any,
    wanted: tuple[int, str, str | None],
) -> None:
    strict, quirky = both(SLACK, "no-endpoints")
    answers = [
        client.request(method, path.replace("{ada}", new_user(client, "ada")), json=body)
        for client in (strict, quirky)
    ]
    documents = [answer.json() for answer in answers]
    assert (answers[1].status_code, documents[1]["detail"], documents[1].get("scimType")) == wanted
    assert documents[1]["status"] == str(wanted[0])
    words = [word["word"] for word in SLACK["words"] if isinstance(word, dict)]
    assert documents[0]["detail"] not in words


def test_errors_of_credentials_and_faults_have_their_words(both: Both, add_fault: Switch) -> None:
    clients = both(SLACK)
    for client in clients:
        add_fault(client, {"match": {"path": "/Groups"}, "do": {"status": 429, "retry_after": 7}})
        add_fault(client, {"match": {"path": "/Users"}, "do": {"rate_limit": 1, "window": "1h"}})
        client.get("/Users")
    found = [[client.get(path) for path in ("/Groups", "/Users")] for client in clients]
    assert [[answer.status_code for answer in answers] for answers in found] == [[429, 429], [429, 429]]
    assert [answer.json()["detail"] for answer in found[1]] == ["too_many_requests"] * 2
    assert "too_many_requests" not in [answer.json()["detail"] for answer in found[0]]
    assert found[1][0].headers["retry-after"] == "7"
    for client in clients:
        del client.headers["authorization"]
    answers = [client.get("/Users/nobody") for client in clients]
    assert [answer.json()["detail"] == "invalid_authentication" for answer in answers] == [False, True]
    assert "www-authenticate" in answers[1].headers


def test_all_others_have_one_word(both: Both, new_user: Make) -> None:
    quirk = {"quirk": "error-words", "words": [{"status": 409, "answer": 400}], "otherwise": "unknown"}
    found = []
    for client in both(quirk):
        new_user(client, "ada")
        nobody, taken = client.get("/Users/nobody"), client.post("/Users", json=NAMED)
        found.append((nobody.json()["detail"], taken.status_code, taken.json()["detail"]))
    told = "A User with userName 'ada' exists already"
    assert found == [("Resource nobody not found", 409, told), ("unknown", 400, told)]


@pytest.mark.parametrize("first", [True, False])
def test_words_go_with_other_quirks_of_errors(
    tenant: Callable[..., httpx.Client], switch: Switch, new_user: Make, first: bool
) -> None:
    client = tenant()
    others = ["409-no-scimtype", "error-status-int"]
    switch(client, *([SLACK, *others] if first else [*others, SLACK]))
    new_user(client, "ada")
    error = client.post("/Users", json=NAMED).json()
    assert (error["detail"], error["status"], error.get("scimType")) == ("username_taken", 409, None)


@pytest.mark.parametrize(
    ("word", "path", "says"),
    [
        ({"worb": "x"}, "words[0].worb", "word"),
        ({"answer": 200}, "words[0]", "400 to 599"),
        ({"status": "x"}, "words[0].status", "type"),
    ],
)
def test_wrong_words_are_refused(
    tenant: Callable[..., httpx.Client], word: dict[str, Any], path: str, says: str
) -> None:
    client = tenant()
    control = str(client.base_url).rpartition("/scim/v2")[0] + "/_scimmock"
    answer = client.put(f"{control}/quirks", json={"quirks": [{"quirk": "error-words", "words": [word]}]})
    assert answer.status_code == 400
    assert path in answer.text and says in answer.text


def test_an_error_in_other_words() -> None:
    error = ScimError(400, "x", "invalidValue", (("A", "b"),), about="emails")
    other = error.worded(409, "y")
    assert (other.status, other.detail, other.scim_type) == (409, "y", "invalidValue")
    assert (other.headers, other.about) == (error.headers, "emails")
    assert error.worded(scim_type="").scim_type is None
    assert InvalidFilter("x", 3).about == "filter"
    quirk = ErrorWords(words=(Word(scim_type="", word="plain"), Word(about="emails", word="mail")))
    assert quirk.refuse(error).detail == "mail"
    assert quirk.refuse(error.worded(scim_type="")).detail == "plain"
    assert quirk.refuse(ScimError(500, "x", "odd")).detail == "x"
