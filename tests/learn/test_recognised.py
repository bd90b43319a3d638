"""Each matter that can be recognised, in exchanges that show little else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from scimmock.learn.learn import learn_service
from scimmock.learn.look import Source
from scimmock.learn.portrait import Portrait
from scimmock.learn.seen.ids import form_of

from .script import ENTERPRISE, GROUP, PATCH_OP, USER

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
A, B, C = (f"0000000{n}-0000-4000-8000-000000000000" for n in (1, 2, 3))
Exchange = dict[str, Any]
_SCIM = "application/scim+json"


def said(
    asked: str,
    status: int,
    body: Any = None,
    sent: Any = None,
    *,
    t: float = 0.0,
    accept: str = "*/*",
    token: bool = True,
    media: str = _SCIM,
    **headers: str,
) -> Exchange:
    """Return an exchange: "GET /Users?count=1", what was sent, and what was answered."""
    method, _, target = asked.partition(" ")
    path, _, query = target.partition("?")
    form = {"text": body} if isinstance(body, str) else {"json": body} if body is not None else {}
    credentials = [["Authorization", "Bearer ***"]] if token else []
    answered = [["Content-Type", media]] if body is not None else []
    return {
        "at": f"2026-01-05T08:00:{t:06.3f}Z",
        "t": t,
        "request": {
            "method": method,
            "path": path,
            "query": query,
            "headers": [["Accept", accept], *credentials],
            "body": {"json": sent} if sent is not None else {},
        },
        "response": {
            "status": status,
            "headers": [*answered, *([name.replace("_", "-"), text] for name, text in headers.items())],
            "body": form,
        },
    }


def learn(*exchanges: Exchange, **header: Any) -> Portrait:
    numbers = itertools.count(1)
    numbered = [{"n": next(numbers), **exchange} for exchange in exchanges]
    return learn_service(
        [Source("S", "s.jsonl", {"base_url": "https://a.example/scim/v2", **header}, numbered)]
    )


def user(id: str | int = A, **more: Any) -> dict[str, Any]:
    meta = {"resourceType": "User", "created": "2026-01-01T00:00:00.000Z", "location": "/"}
    return {"schemas": [USER], "id": id, "userName": f"u{str(id)[7:8]}", "meta": meta, **more}


def name_of(user: dict[str, Any]) -> str:
    return str(user["userName"])


def group(id: str = C, **more: Any) -> dict[str, Any]:
    return {"schemas": [GROUP], "id": id, "displayName": f"g{id[7]}", **more}


def page(*resources: Any, total: int | None = None, **more: Any) -> dict[str, Any]:
    count = len(resources)
    told = {"totalResults": count if total is None else total, "startIndex": 1, "itemsPerPage": count}
    return {"schemas": [LIST], **told, "Resources": list(resources), **more}


def error(status: int, detail: str = "it went wrong", **more: Any) -> dict[str, Any]:
    return {"schemas": [ERROR], "status": str(status), "detail": detail, **more}


def patch(*operations: Any) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


NAMED = [user(f"0000000{n}", userName=f"u{(n * 2) % 5}") for n in range(5)]
TITLE = {"op": "replace", "path": "title", "value": "x"}
READ = said(f"GET /Users/{A}", 200, user())
MADE = said("POST /Users", 201, user(), {"schemas": [USER], "userName": "u1"})


@pytest.mark.parametrize(
    ("exchanges", "path", "value"),
    [
        ([READ], "behaviour.base_path", "/scim/v2"),
        ([READ], "behaviour.media_type", _SCIM),
        (
            [said("GET /Users/1", 200, user(), media="application/json")],
            "behaviour.media_type",
            "application/json",
        ),
        ([READ, said(f"PATCH /Users/{A}", 204, None, patch(TITLE))], "behaviour.patch_answers.User", 204),
        ([said(f"PATCH /Groups/{C}", 200, group(), patch(TITLE))], "behaviour.patch_answers.Group", 200),
        ([READ], "behaviour.etag", False),
        ([said(f"GET /Users/{A}", 200, user(), ETag='W/"1"')], "behaviour.etag", True),
        ([READ], "behaviour.ids.User", "uuid"),
        ([said("GET /Users?", 200, page(user(), user(B), total=9))], "behaviour.paging.default_page_size", 2),
        (
            [said("GET /Users?count=50", 200, page(user(), user(B), total=9))],
            "behaviour.paging.max_page_size",
            2,
        ),
        ([said("GET /Users?count=1", 200, page(user(), nextCursor="c"))], "behaviour.paging.cursor", True),
        ([said("POST /Bulk", 501, error(501), {})], "behaviour.bulk.supported", False),
        ([READ], "auth.schemes", ["bearer"]),
        ([said("GET /Users?sortBy=userName", 200, page(*NAMED))], "behaviour.sort", False),
        (
            [said("GET /Users?sortBy=userName", 200, page(*sorted(NAMED, key=name_of)))],
            "behaviour.sort",
            True,
        ),
        (
            [said("GET /Users", 200, page(user(), itemsPerPage=40))],
            "behaviour.paging.default_page_size",
            40,
        ),
        ([said("GET /Schemas", 200, page(), token=False)], "behaviour.open", ["Schemas"]),
        ([said("GET /Schemas", 401, error(401), token=False)], "behaviour.open", []),
    ],
)
def test_settings(exchanges: list[Exchange], path: str, value: Any) -> None:
    piece = learn(*exchanges).settings[path]
    assert piece.value == value
    assert f"(s.jsonl exchange {len(exchanges)})" in piece.why


def test_what_the_configuration_says() -> None:
    config = {
        "patch": {"supported": True},
        "bulk": {"supported": True, "maxOperations": 7, "maxPayloadSize": 800},
        "filter": {"supported": True, "maxResults": 40},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "changePassword": {"supported": False},
        "authenticationSchemes": [{"type": "oauth2"}, {"type": "httpbasic"}],
        "documentationUri": "https://a.example/docs",
    }
    portrait = learn(said("GET /ServiceProviderConfig", 200, config, token=False))
    assert {path: piece.value for path, piece in portrait.settings.items()} == {
        "behaviour.base_path": "/scim/v2",
        "behaviour.media_type": _SCIM,
        "behaviour.patch": True,
        "behaviour.bulk.supported": True,
        "behaviour.bulk.max_operations": 7,
        "behaviour.bulk.max_payload_size": 800,
        "behaviour.filter": True,
        "behaviour.sort": False,
        "behaviour.etag": False,
        "behaviour.change_password": False,
        "behaviour.paging.max_page_size": 40,
        "behaviour.paging.cursor": False,
        "behaviour.documentation_uri": "https://a.example/docs",
        "behaviour.open": ["ServiceProviderConfig"],
        "auth.schemes": ["oauth2", "basic"],
    }


def test_what_was_seen_counts_more_than_what_is_said() -> None:
    config = said(
        "GET /ServiceProviderConfig", 200, {"etag": {"supported": False}, "filter": {"maxResults": 9}}
    )
    portrait = learn(
        config,
        said(f"GET /Users/{A}", 200, user(), ETag='W/"1"'),
        said("GET /Users?count=50", 200, page(user(), user(B), total=9)),
    )
    assert portrait.settings["behaviour.etag"].value is True
    assert portrait.settings["behaviour.paging.max_page_size"].value == 2


@pytest.mark.parametrize(
    ("ids", "form"),
    [
        ([A, B], "uuid"),
        (["0123456789abcdef" * 2], "hex"),
        (["1234567890", "2234567890"], "number"),
        (["12345", "90817", "55555"], None),
        (["1234567", "9081726", "5555555"], "[0-9]{7}"),
        (["U0AB12CD34", "U9ZZ1B6Q8R", "UA1B2C3D4E"], "U[0-9A-Z]{9}"),
        ([f"a-{A}", f"b-{B}"], "[a-z]-<uuid>"),
        (["short", "longer-one"], None),
    ],
)
def test_forms_of_ids(ids: list[str], form: str | None) -> None:
    assert form_of(ids) == form


DELETED = said(f"DELETE /Users/{A}", 204)
OFF = said(f"PATCH /Users/{A}", 204, None, patch({"op": "replace", "path": "active", "value": False}))
ON = said(f"PATCH /Users/{A}", 204, None, patch({"op": "replace", "value": {"active": True}}))
GONE = said(f"GET /Users/{A}", 404, error(404))
FOUND = said('GET /Users?filter=userName eq "u1"', 200, page(user()))
HTML = said(f"GET /Users/{B}", 502, "<html><h1>502</h1></html>", media="text/html")
EMAILS = [{"value": "a@a.example", "type": "work"}, {"value": "b@a.example", "type": "home"}]


@pytest.mark.parametrize(
    ("exchanges", "quirk"),
    [
        (
            [said("POST /Users", 201, None, {"schemas": [USER], "userName": "u1"})],
            {"quirk": "create-empty-body"},
        ),
        ([said(f"GET /Users/{A}", 200, user(id=7))], {"quirk": "ids-as-int"}),
        (
            [said("POST /Users", 201, user(B), {"schemas": [USER], "userName": "u1", "externalId": B})],
            {"quirk": "id-is-external-id"},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(meta={"created": "2026-01-01T00:00:00Z"}))],
            {"quirk": "dates-nonstandard", "format": "seconds"},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(meta={"created": "2026-01-01T02:00:00+02:00"}))],
            {"quirk": "dates-nonstandard", "format": "local-offset", "offset": 2.0},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(meta={"Created": "2026-01-01T00:00:00.123456Z"}))],
            {"quirk": "dates-nonstandard", "format": "microseconds", "capital_keys": True},
        ),
        ([said("GET /Users?count=1", 200, page(user(), user(B)))], {"quirk": "no-paging"}),
        (
            [said("GET /Users", 200, {"resources": [user()], "totalresults": 1})],
            {"quirk": "lowercase-envelope"},
        ),
        (
            [said("GET /Users", 200, {"resources": [user()], "totalResults": 1})],
            {"quirk": "envelope-keys", "names": {"Resources": "resources", "startIndex": None}},
        ),
        ([said("GET /Users", 200, page(totalResults="0"))], {"quirk": "total-results-string"}),
        ([said("GET /Users", 200, page(startIndex=0))], {"quirk": "startindex-zero"}),
        (
            [said("GET /Users", 200, {"Resources": [], "totalResults": 0, "startIndex": 1})],
            {"quirk": "items-per-page-missing"},
        ),
        (
            [said('GET /Users?filter=userName eq "x"', 404, error(404))],
            {"quirk": "lookup-404-instead-of-empty"},
        ),
        ([said("GET /Me", 404, error(404))], {"quirk": "no-endpoints", "endpoints": ["Me"]}),
        (
            [said(f"PATCH /Users/{A}", 501, error(501), patch(TITLE))],
            {"quirk": "no-patch", "status": 501},
        ),
        (
            [READ, said(f"PUT /Users/{A}", 404, "<html>", user(), media="text/html")],
            {"quirk": "no-put", "shape": "html"},
        ),
        (
            [MADE, said("POST /Groups", 405, error(405), group())],
            {"quirk": "no-methods", "methods": {"Groups": ["POST"]}, "status": 405},
        ),
        (
            [FOUND, said('GET /Users?filter=userName sw "u"', 400, error(400))],
            {"quirk": "filter-only-eq", "operators": ["eq"], "joins": []},
        ),
        (
            [FOUND, said('GET /Users?filter=title eq "u"', 400, error(400))],
            {"quirk": "filter-only-eq", "operators": ["eq"], "joins": [], "attributes": ["userName"]},
        ),
        ([FOUND, said("GET /Users", 400, error(400))], {"quirk": "filter-required", "resources": ["Users"]}),
        (
            [said('GET /Users?filter=userName eq "u9"', 200, page(user()))],
            {"quirk": "ignores-filter"},
        ),
        ([said("GET /ServiceProviderConfigs", 200, {"patch": {}})], {"quirk": "spc-plural-path"}),
        (
            [
                READ,
                said(f"PATCH /Users/{A}", 204, None, patch(TITLE)),
                said(f"PATCH /Users/{A}", 400, error(400), patch({"op": "replace", "value": {"title": "x"}})),
            ],
            {"quirk": "patch-path-required"},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(active="true"))],
            {"quirk": "booleans-as-strings-out"},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(title=None))],
            {"quirk": "nulls-emitted", "top_level": True},
        ),
        ([said(f"GET /Users/{A}", 200, user(name={"formatted": None}))], {"quirk": "nulls-emitted"}),
        (
            [said(f"GET /Groups/{C}", 200, group(members=[]))],
            {"quirk": "empty-lists-emitted", "attributes": ["members"]},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(emails=EMAILS[0]))],
            {"quirk": "object-for-list", "attributes": ["emails"]},
        ),
        (
            [said(f"GET /Users/{A}", 200, user(**{"name.formatted": "x"}))],
            {"quirk": "flat-dotted-keys", "attributes": ["name"]},
        ),
        (
            [said(f"GET /Groups/{C}", 200, group(external_id="x"))],
            {"quirk": "snake-case-key", "attributes": ["externalId"], "resources": ["Groups"]},
        ),
        (
            [said("POST /Groups", 201, group(), group(members=[{"value": A}]))],
            {"quirk": "members-omitted"},
        ),
        (
            [said("POST /Groups", 201, group(members=[]), group(members=[{"value": A}]))],
            {"quirk": "members-empty"},
        ),
        (
            [said(f"PUT /Users/{A}", 200, user(), user(active=False))],
            {"quirk": "active-missing-when-false"},
        ),
        (
            [READ],
            {"quirk": "attributes-left-out", "attributes": ["meta.lastModified", "meta.version"]},
        ),
        (
            [said("POST /Users", 201, user(active=True), {"schemas": [USER], "userName": "u1"})],
            {"quirk": "attribute-defaults", "resources": {"Users": {"active": True}}},
        ),
        (
            [said("POST /Users", 201, user(displayName="u1"), {"schemas": [USER], "userName": "u1"})],
            {"quirk": "attribute-fallbacks", "names": {"displayName": "userName"}},
        ),
        (
            [said("POST /Users", 201, user(), {"schemas": [USER], "userName": "U1"})],
            {"quirk": "username-normalized", "username": "lowercase"},
        ),
        (
            [said("POST /Users", 201, user(emails=EMAILS[:1]), user(emails=EMAILS))],
            {"quirk": "single-valued-multivalue", "most": {"emails": 1}},
        ),
        (
            [
                said(f"GET /Users/{A}", 200, user(title="x")),
                said(f"PUT /Users/{A}", 200, user(title="x"), user()),
            ],
            {"quirk": "put-is-partial"},
        ),
        (
            [
                said(f"GET /Users/{A}", 200, user(active=True)),
                said(f"PUT /Users/{A}", 200, user(active=True), user()),
            ],
            {"quirk": "put-keeps", "resources": {"Users": ["active"]}},
        ),
        (
            [READ, DELETED, said(f"GET /Users/{A}", 200, user(active=False))],
            {"quirk": "delete-is-soft", "types": ["User"]},
        ),
        ([READ, DELETED, GONE, DELETED], {"quirk": "delete-idempotent", "resources": ["Users"]}),
        ([READ, OFF, GONE], {"quirk": "deactivate-deletes"}),
        ([READ, OFF, GONE, ON], {"quirk": "deactivated-hidden"}),
        ([said("POST /Users", 200, user(), user())], {"quirk": "post-upsert-200"}),
        ([said("GET /Users", 200, page(user("a&b")))], {"quirk": "url-unsafe-ids"}),
        ([said("GET /Users", 200, page(user(), itemsPerPage=40))], {"quirk": "items-per-page-size"}),
        (
            [
                said("GET /Schemas", 200, page({"id": GROUP, "attributes": []})),
                *(said("POST /Groups", status, group(), group()) for status in (201, 409)),
            ],
            {"quirk": "unique-attributes", "attributes": {"Groups": ["displayName"]}},
        ),
        ([said("GET /Users/x", 400, error(400))], {"quirk": "bad-id-400"}),
        ([said("GET /users", 404, error(404))], {"quirk": "case-sensitive-path"}),
        (
            [said(f"GET /Users/{B}", 404, error(404) | {"status": 404})],
            {"quirk": "error-status-int"},
        ),
        (
            [
                said("POST /Users", 409, error(409)),
                said("POST /Users", 400, error(400, scimType="invalidValue")),
            ],
            {"quirk": "409-no-scimtype"},
        ),
        ([HTML], {"quirk": "error-not-scim", "shape": "html"}),
        (
            [GONE, HTML],
            {"quirk": "error-not-scim", "statuses": [502], "shape": "html"},
        ),
        (
            [said(f"GET /Users/{B}", 404, "gone away", media="text/plain")],
            {"quirk": "error-not-scim", "shape": "text"},
        ),
        (
            [said(f"GET /Users/{B}", 404, {"ok": False, "code": 404, "text": "not found here"})],
            {
                "quirk": "error-not-scim",
                "template": {"ok": False, "code": "{status}", "text": "{detail}"},
            },
        ),
        ([said(f"GET /Users/{B}", 404)], {"quirk": "error-empty-body", "statuses": []}),
        (
            [said(f"GET /Users/{B}", 404, {"status": "404", "response": error(404)})],
            {"quirk": "error-nested"},
        ),
        (
            [said(f"GET /Users/{B}", 404, {"message": "no", "documentation_url": "https://a.example/d"})],
            {"quirk": "error-message-url", "statuses": [], "url": "https://a.example/d"},
        ),
        (
            [said(f"GET /Users/{B}", 404, error(404, "no_such_user"))],
            {"quirk": "error-words", "words": [{"status": 404, "word": "no_such_user"}]},
        ),
        (
            [READ, said("POST /Users", 400, error(400, scimType="invalidValue"), {"userName": "u1"})],
            {"quirk": "error-words", "words": [{"status": 409, "answer": 400}]},
        ),
    ],
    ids=lambda value: value["quirk"] if isinstance(value, dict) else "",
)
def test_quirks(exchanges: list[Exchange], quirk: dict[str, Any]) -> None:
    portrait = learn(*exchanges)
    assert quirk["quirk"] in portrait.quirks, list(portrait.quirks)
    piece = portrait.quirks[quirk["quirk"]]
    assert piece.value == quirk
    assert "(s.jsonl exchange " in piece.why


def test_a_service_by_the_book_has_no_quirks() -> None:
    meta = {"resourceType": "User", "created": "2026-01-01T00:00:00.000Z"}
    whole = meta | {"lastModified": meta["created"], "location": "/", "version": 'W/"1"'}
    shown = user(meta=whole, title="x", emails=EMAILS, active=True)
    sent = {name: value for name, value in shown.items() if name not in ("id", "meta")}
    portrait = learn(
        said("POST /Users", 201, shown, sent, Location="/", ETag='W/"1"'),
        said(f"GET /Users/{A}", 200, shown, ETag='W/"1"'),
        said(f"PATCH /Users/{A}", 200, shown, patch(TITLE)),
        said("GET /Users?count=1", 200, page(shown, total=2)),
        said("POST /Users", 409, error(409, scimType="uniqueness"), sent),
        DELETED,
        GONE,
    )
    assert (portrait.quirks, portrait.switches, portrait.types, portrait.gaps) == ({}, {}, {}, [])


@pytest.mark.parametrize(
    ("exchanges", "switch"),
    [
        ([said("POST /Users", 201, user(), {"userName": "u1"})], "schemas-optional"),
        (
            [
                said(
                    "POST /Users",
                    201,
                    user(active=True),
                    {"schemas": [USER], "userName": "u1", "active": "True"},
                )
            ],
            "boolean-strings",
        ),
        (
            [said("POST /Users", 201, user(), {"schemas": [USER], "userName": "u1", "shoe": 42})],
            "drop-unknown-attributes",
        ),
        (
            [said("POST /Users", 201, user(), {"schemas": [USER, "urn:x:y"], "userName": "u1"})],
            "unknown-schemas",
        ),
        (
            [
                READ,
                said(f"PATCH /Users/{A}", 204, None, patch({"op": "add", "value": {"name.givenName": "x"}})),
            ],
            "dotted-keys",
        ),
        (
            [
                READ,
                said(
                    f"PATCH /Users/{A}",
                    204,
                    None,
                    patch({"op": "add", "path": f"{ENTERPRISE}:manager", "value": "4"}),
                ),
            ],
            "complex-from-string",
        ),
        (
            [READ, said(f"PATCH /Users/{A}", 200, user(), patch({"op": "add", "path": "name", "value": ""}))],
            "empty-string-removes",
        ),
        ([said("GET /Users?filter=userName eq u1", 200, page(user()))], "unquoted-filter-values"),
        ([said("GET /Users?filter=userName eq 'u1'", 200, page(user()))], "single-quoted-filter-values"),
        ([said('GET /Users?filter=shoe eq "42"', 200, page())], "unknown-filter-attributes"),
        ([said("GET /users", 200, page(user()))], "case-insensitive-path"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_leniency(exchanges: list[Exchange], switch: str) -> None:
    assert list(learn(*exchanges).switches) == [switch]


def test_attributes_that_are_shown_are_declared() -> None:
    extension = {"number": 7, "issued": "2026-01-01T00:00:00Z", "doors": [{"name": "north"}]}
    shown = user(shoe=42, **{"urn:example:badge:2.0:User": extension})
    portrait = learn(said(f"GET /Users/{A}", 200, shown))
    assert portrait.types["User"]["schema"] == "user.json"
    assert {"schema": "example-badge-user.json"} in portrait.types["User"]["extensions"]
    assert '"name": "shoe",\n      "type": "integer"' in portrait.files["user.json"]
    assert '"type": "dateTime"' in portrait.files["example-badge-user.json"]
    assert '"multiValued": true' in portrait.files["example-badge-user.json"]


def test_attributes_that_are_accepted_and_never_shown_are_not_there() -> None:
    sent = {"schemas": [USER], "userName": "u1", "title": "x", "name": {"givenName": "a", "familyName": "b"}}
    portrait = learn(said("POST /Users", 201, user(name={"givenName": "a"}), sent))
    assert portrait.types["User"]["without"] == ["title", "name.familyName"]
    assert "drop-unknown-attributes" in portrait.switches


def test_the_groups_of_users_may_not_be_shown() -> None:
    team = said("GET /Groups", 200, page(group(members=[{"value": A, "type": "User", "$ref": "/"}])))
    portrait = learn(said("GET /Users", 200, page(user())), team)
    assert "groups" in portrait.quirks["attributes-left-out"].value["attributes"]
    shown = user(groups=[{"value": C, "type": "direct", "$ref": "/", "display": "g"}])
    portrait = learn(said("GET /Users", 200, page(shown)), team)
    assert "groups" not in portrait.quirks["attributes-left-out"].value["attributes"]


def test_names_of_groups_may_be_unique() -> None:
    first = said("POST /Groups", 201, group(), {"schemas": [GROUP], "displayName": "g3"})
    twice = said("POST /Groups", 409, error(409), {"schemas": [GROUP], "displayName": "g3"})
    portrait = learn(first, twice)
    assert portrait.types["Group"]["attributes"] == {"displayName": {"uniqueness": "server"}}


def test_a_kind_of_resource_may_not_be_there() -> None:
    portrait = learn(READ, said("GET /Groups", 404, error(404)))
    assert list(portrait.types) == ["User"]


def test_scim_1_1() -> None:
    old = {"schemas": ["urn:scim:schemas:core:1.0"], "id": A, "userName": "u1"}
    portrait = learn(said(f"GET /Users/{A}", 200, old))
    assert portrait.settings["behaviour.protocol"].value == "1.1"


@pytest.mark.parametrize(
    ("headers", "action"),
    [
        (
            {"X_RateLimit_Limit": "50", "X_RateLimit_Remaining": "49", "X_RateLimit_Reset": "30"},
            {"rate_limit": 50, "window": "30s", "headers": ["retry-after", "x-ratelimit-relative"]},
        ),
        (
            {"X_Rate_Limit_Limit": "50", "X_Rate_Limit_Reset": "1767600060"},
            {"rate_limit": 50, "window": "60s", "headers": ["retry-after", "x-rate-limit"]},
        ),
        (
            {"RateLimit_Policy": '"burst";q=100;w=60'},
            {"rate_limit": 100, "window": "60s", "headers": ["retry-after", "ratelimit-policy"]},
        ),
    ],
)
def test_limits_in_headers(headers: dict[str, str], action: dict[str, Any]) -> None:
    (piece,) = learn(said("GET /Users", 200, page(), **headers)).rules
    assert piece.value == {"name": "limit", "do": action}


@pytest.mark.parametrize(
    ("retry_after", "more"),
    [
        ({"Retry_After": "8"}, {"window": "10s"}),
        (
            {"Retry_After": "Mon, 05 Jan 2026 08:00:12 GMT"},
            {"window": "10s", "retry_after_as": "date"},
        ),
        ({}, {"window": "60s", "headers": "none"}),
    ],
)
def test_limits_of_which_only_a_429_tells(retry_after: dict[str, str], more: dict[str, Any]) -> None:
    creates = [said("POST /Users", 201, user(), user(), t=1.0 + n) for n in range(3)]
    refused = said("POST /Users", 429, error(429), user(), t=4.0, **retry_after)
    (piece,) = learn(*creates, READ, refused).rules
    assert piece.value == {
        "name": "limit",
        "match": {"operation": ["create"]},
        "do": {"rate_limit": 3, **more},
    }
    assert not piece.is_sure


def test_what_a_fault_rule_answered_says_nothing_of_the_service() -> None:
    trace = {"operation": "read", "resource": "Users", "id": B, "rule": "busy"}
    portrait = learn(READ, HTML | {"trace": trace})
    assert "error-not-scim" not in portrait.quirks


def test_people_are_those_whom_nobody_had_made_as_they_were() -> None:
    change = said(f"PATCH /Users/{B}", 200, user(B, title="x"), patch(TITLE))
    there = said("GET /Users", 200, page(user(B), user(C)))
    team = said("GET /Groups/9", 200, group("9" * 8, members=[{"value": B}, {"value": A}]))
    portrait = learn(MADE, there, change, said(f"DELETE /Users/{C}", 204), team)
    people = portrait.files["people.json"]
    assert f'"id": "{A}"' not in people
    assert people.count(f'"id": "{B}"') == people.count(f'"id": "{C}"') == 1
    assert '"title"' not in people
    assert f'"members": [{{"value": "{B}"}}]' in people


def test_what_is_not_seen_is_said() -> None:
    unseen = learn(READ).unseen
    assert {"lists", "errors", "limits", "filters", "the largest page", "what a PATCH answers"} <= set(unseen)
    assert "the form of ids" not in unseen
