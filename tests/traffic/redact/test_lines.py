"""The lines of a session stay the same bytes, and short ways lead where the long ones do."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

import pytest

from scimmock.traffic.recording import encode_line, make_header
from scimmock.traffic.redact import filters
from scimmock.traffic.redact.headers import _ADDRESSES, _FORMS
from scimmock.traffic.redact.redactor import Redactor
from scimmock.traffic.redact.session import redact_session
from scimmock.traffic.secrets import is_secret_header

from .sessions import ENTERPRISE, ID, USER, error, exchange, patch

KEY = b"a key of the tests, 32 bytes lon"
HEADER = make_header("addon", "https://acme.idp.example.org/scim/v2", 0.0)
LOCATION = f"https://acme.idp.example.org/scim/v2/Users/{ID}"
HEADERS = [["Host", "acme.idp.example.org"], ["Authorization", "Bearer x"], ["User-Agent", "AcmeSync/2.1"]]
PERSON: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "00u1a2b3C4d5e6F7g8h9",
    "userName": "Barbara.Jensen@acme.org",
    "name": {"formatted": "Ms. Bärbel Jensen", "familyName": "Jensen"},
    "active": True,
    "emails": [{"value": "bjensen@acme.org", "type": "work", "primary": True}],
    "phoneNumbers": [{"value": "+1-555-1234567", "type": "work"}],
    "addresses": [{"locality": "Oslo", "country": "NO", "postalCode": "04711"}],
    "birthday": "1984-02-29",
    "password": "hunter2",
    "favourite colour": "blue",
    f"{ENTERPRISE}:employeeNumber": "12345",
}
STORED = {
    **{name: value for name, value in PERSON.items() if name != "password"},
    "id": ID,
    "meta": {
        "resourceType": "User",
        "created": "2026-01-05T08:00:00Z",
        "version": 'W/"7"',
        "location": LOCATION,
    },
}


def session() -> list[dict[str, Any]]:
    """Return what a client says when it provisions somebody."""
    asked = quote('userName eq "Barbara.Jensen@acme.org"', safe="")
    created = exchange("POST", body=PERSON, status=201, answer=STORED, headers=HEADERS)
    created["response"]["headers"] = [["Location", LOCATION], ["ETag", 'W/"7"'], ["Content-Length", "700"]]
    changes = (
        {"op": "replace", "path": "title", "value": "Chief"},
        {"op": "add", "value": {"nickName": "Babs"}},
    )
    return [
        exchange(query=f"filter={asked}", answer={"totalResults": 0, "Resources": []}, headers=HEADERS),
        created,
        exchange("PATCH", f"/Users/{ID}", body=patch(*changes), answer=STORED, headers=HEADERS),
        exchange("POST", body=PERSON, status=409, answer=error("Barbara.Jensen@acme.org exists already")),
        exchange(
            query="filter=displayName+sw+%22Bar%22&startIndex=1", answer={"Resources": [STORED, STORED]}
        ),
        exchange("POST", body='{"userName": "bjensen", "userName"', status=400, answer="<p>bjensen</p>"),
    ]


@pytest.mark.parametrize(
    ("mode", "fields", "digest"),
    [
        ("pseudonyms", (), "e8d6a9fef53e3067"),
        ("pseudonyms", ("id", "title=drop"), "7f97d202f173bb31"),
        ("secrets", (), "9fcb78234589327a"),
    ],
)
def test_the_lines_of_a_session_stay_the_same(mode: Any, fields: tuple[str, ...], digest: str) -> None:
    own = Redactor(mode, KEY, fields)
    lines = [own.header(HEADER), *map(own.exchange, session() + session())]
    assert hashlib.sha256(b"".join(map(encode_line, lines))).hexdigest()[:16] == digest


def test_what_is_given_stays_as_it_is() -> None:
    given = session()
    own = Redactor("pseudonyms", KEY)
    first = list(map(own.exchange, given))
    assert given == session()
    assert list(map(own.exchange, given))[:3] == first[:3]


@pytest.mark.parametrize("space", ["%20", "+"])
@pytest.mark.parametrize(
    "name", ["userName", "id", "emails.value", "active", "password", "x.y.z", "userType", "meta.created"]
)
@pytest.mark.parametrize(
    "value",
    [
        "bjensen",
        "b.jensen%40acme.org",
        "10.1.2.3",
        "2026-01-05",
        "12345",
        "true",
        "Employee",
        ID,
        "token",
        "a-b_c~d",
    ],
)
def test_what_most_ask_is_redacted_like_any_filter(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, space: str
) -> None:
    query = f"filter={name}{space}eq{space}%22{value}%22"
    shown = []
    for short in (True, False):
        own = Redactor("pseudonyms", KEY)
        own.header(HEADER)
        if not short:
            monkeypatch.setattr(filters.Filters, "asked", lambda self, query: None)
        shown.append((own.exchange(exchange(query=query))["request"]["query"], own.counts))
    assert shown[0] == shown[1]


def test_numbers_do_not_become_booleans_nor_keys_the_keys_of_others() -> None:
    own = Redactor("pseudonyms", KEY)
    for document in ({"active": True, "x": "a"}, {"active": 1, "x": "a"}, {"x": "a", "active": True}):
        shown = own.exchange(exchange("POST", body=document))["request"]["body"]["json"]
        assert list(shown) == list(document)
        assert isinstance(shown["active"], bool) == isinstance(document["active"], bool)


def test_what_becomes_a_secret_is_one_in_objects_that_were_seen_before() -> None:
    own = Redactor("pseudonyms", KEY)
    sent = exchange("POST", body={"pets": [{"petName": "Rex", "kind": {"a": "dog"}}]})
    own.exchange(sent)
    own.never_returned([{"name": "petName", "returned": "never"}, {"name": "kind", "returned": "never"}])
    shown = own.exchange(sent)["request"]["body"]["json"]
    assert shown == {"pets": [{"petName": "***", "kind": {"a": "***"}}]}


def test_a_host_is_called_in_the_second_pass_what_its_words_are_called() -> None:
    sent = [
        exchange(headers=[["Host", "makoto.example"]], answer={"Resources": [{"userName": "makoto"}]}),
        exchange(query="filter=userName+sw+%22mak%22"),
    ]
    header, again = redact_session(HEADER, lambda: sent, Redactor("pseudonyms", KEY))
    shown = next(iter(again()))
    name = shown["response"]["body"]["json"]["Resources"][0]["userName"]
    assert shown["request"]["headers"] == [["Host", f"{name}.example"]]
    assert header["redaction"]["counts"]["header host"] == 1


def test_headers_that_are_not_looked_at_for_credentials_hold_none_by_their_names() -> None:
    assert [name for name in (*_FORMS, *_ADDRESSES) if is_secret_header(name)] == []
