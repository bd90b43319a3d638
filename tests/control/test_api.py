"""The control API: what each call answers, and the form of its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(autouse=True)
def no_traceback(shared_server: Any) -> Iterator[None]:
    """No test of this file makes the server log a traceback."""
    before = shared_server.log.stat().st_size
    yield
    with shared_server.log.open() as log:
        log.seek(before)
        said = log.read()
    assert "Traceback" not in said, said[-2000:]


@pytest.fixture
def control(shared_server: Any) -> Iterator[httpx.Client]:
    """A client of the server's control API."""
    with httpx.Client(base_url=f"{shared_server.url}/_scimmock", timeout=20, verify=False) as client:
        yield client


@pytest.fixture
def own(scim: httpx.Client) -> Iterator[httpx.Client]:
    """A client of the control API of the tenant that ``scim`` speaks to."""
    with httpx.Client(
        base_url=str(scim.base_url).replace("/scim/v2/", "/_scimmock"), timeout=20, verify=False
    ) as client:
        yield client


def error(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Assert the form of an error and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert list(document) == ["error"]
    found: dict[str, Any] = document["error"]
    assert {"field", "message"} <= found.keys() <= {"field", "message", "did_you_mean"}
    assert isinstance(found["message"], str) and found["message"]
    return found


# ---- health, info


@pytest.mark.parametrize("name", ["healthz", "readyz"])
def test_health(control: httpx.Client, name: str) -> None:
    """healthz and readyz answer {"status": "ok"} for everybody, also for HEAD."""
    for headers in ({}, {"Host": "elsewhere.example"}, {"Origin": "https://elsewhere.example"}):
        answer = control.get(f"/{name}", headers=headers)
        assert answer.status_code == 200 and answer.json() == {"status": "ok"}
    assert control.head(f"/{name}").status_code == 200


def test_info(launch: Any) -> None:
    """info tells fixture, layers, seed, limits, version and tenants."""
    server = launch("--fixture", "okta", "--users", "3", "--groups", "1", "--seed", "42")
    httpx.get(f"{server.url}/t/seen/scim/v2/Users", headers={"Authorization": "Bearer scimmock"})
    info = httpx.get(f"{server.url}/_scimmock/info").json()
    assert info["fixture"] == "okta" and info["seed"] == 42 and info["version"] == server.ready["version"]
    assert info["layers"]["people"] == "okta"
    assert info["limits"]["body_bytes"] == 10 * 1024 * 1024
    assert info["limits"]["tenants"] == 10_000
    assert info["tenants"] == ["seen"]
    assert info["resources"] == {"Users": 3, "Groups": 1}
    assert info["server"] == {"fixtures": ["okta"], "seed": 42, "users": 3, "groups": 1}
    httpx.put(f"{server.url}/_scimmock/tenants/own", json={"fixture": "slack", "users": 1, "groups": 0})
    info = httpx.get(f"{server.url}/t/own/_scimmock/info").json()
    assert info["resources"] == {"Users": 1, "Groups": 0}
    assert info["server"] == {"fixtures": ["slack"], "seed": 42, "users": 1, "groups": 0}


def test_the_api_is_where_the_ready_file_says(launch: Any) -> None:
    """control_url of the ready file and of a new tenant lead to the control API."""
    server = launch("--users", "1", "--groups", "0")
    assert server.ready["control_url"] == f"{server.url}/_scimmock"
    assert httpx.get(f"{server.ready['control_url']}/info").status_code == 200
    made = httpx.put(f"{server.ready['control_url']}/tenants/mine", json={"users": 2}).json()
    assert made["control_url"] == f"{server.url}/t/mine/_scimmock"
    assert len(httpx.get(f"{made['control_url']}/state").json()["Users"]) == 2


# ---- tenants


def test_a_tenant_is_made_and_deleted(control: httpx.Client, shared_server: Any) -> None:
    """PUT answers 201 with where it is and its token, once more 409; DELETE answers 204, once more 404."""
    answer = control.put("/tenants/api-1", json={"fixture": "okta", "users": 2, "groups": 1, "seed": 9})
    assert answer.status_code == 201
    url = f"{shared_server.url}/t/api-1"
    assert answer.json() == {
        "name": "api-1",
        "url": url,
        "base_url": f"{url}/scim/v2",
        "control_url": f"{url}/_scimmock",
        "token": shared_server.ready["token"],
    }
    users = httpx.get(
        f"{answer.json()['base_url']}/Users", headers={"Authorization": f"Bearer {answer.json()['token']}"}
    )
    assert users.json()["totalResults"] == 2
    error(control.put("/tenants/api-1", json={}), 409)
    assert control.delete("/tenants/api-1").status_code == 204
    assert error(control.delete("/tenants/api-1"), 404)["field"] == "name"


def test_everything_about_a_tenant_is_optional(control: httpx.Client) -> None:
    """An empty object makes a tenant like the server's own; so does an empty body."""
    for content in (b"{}", b""):
        answer = control.put("/tenants/api-2", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 201
        assert control.delete("/tenants/api-2").status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"users": -1}', "users"),
        ('{"groups": -1}', "groups"),
        ('{"users": "5"}', "users"),
        ('{"users": 1.5}', "users"),
        ('{"users": true}', "users"),
        ('{"seed": "x"}', "seed"),
        ('{"fixture": 5}', "fixture"),
        ('{"fixture": "nothing-like-it"}', "fixture"),
        ('{"fixture": "../okta"}', "fixture"),
        ('{"fixture": "/etc"}', "fixture"),
        ('{"fixture": "."}', "fixture"),
        ('{"fixture": "fixture.yaml"}', "fixture"),
        ('{"fixture": ["okta", "nothing-like-it"]}', "fixture"),
        ('{"fixture": ""}', "fixture"),
        ("[]", None),
        ("{", None),
        ('"x"', None),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), None),
    ],
)
def test_wrong_options_of_a_tenant(control: httpx.Client, body: str, field: str | None) -> None:
    """What is wrong is 400 naming the field, and no tenant is made."""
    content = body.encode("latin-1")
    answer = control.put("/tenants/api-3", content=content, headers={"Content-Type": "application/json"})
    try:
        assert error(answer, 400)["field"] == field
    finally:
        made = control.delete("/tenants/api-3").status_code
    assert made == 404


def test_a_near_miss_is_suggested(control: httpx.Client) -> None:
    """An unknown key and an unknown fixture come with what was probably meant."""
    assert error(control.put("/tenants/api-4", json={"user": 5}), 400)["did_you_mean"] == "users"
    assert error(control.put("/tenants/api-4", json={"user": 5}), 400)["field"] == "user"
    found = error(control.put("/tenants/api-4", json={"fixture": "okt"}), 400)
    assert "okta" in found["message"] + found.get("did_you_mean", "")


@pytest.mark.parametrize("name", ["a b", "-x", ".x", "a" * 101, "ä"])
def test_wrong_names_of_a_tenant(control: httpx.Client, name: str) -> None:
    """A bad name is 400 in the control API's own form."""
    error(control.put(f"/tenants/{name}", json={}), 400)


# ---- state


def test_a_dump_can_be_restored(scim: httpx.Client, own: httpx.Client) -> None:
    """GET gives every resource by endpoint, PUT of the same brings back ids, order, membership and dates."""
    ids = [scim.post("/Users", json={"schemas": [USER], "userName": f"u{n}"}).json()["id"] for n in range(3)]
    group = {"schemas": [GROUP], "displayName": "g", "members": [{"value": ids[1]}]}
    group_id = scim.post("/Groups", json=group).json()["id"]
    before = [scim.get(f"/Users/{id}").json() for id in ids]
    state = own.get("/state").json()
    assert [user["id"] for user in state["Users"]] == ids and len(state["Groups"]) == 1
    scim.delete(f"/Users/{ids[1]}")
    scim.delete(f"/Groups/{group_id}")
    scim.post("/Users", json={"schemas": [USER], "userName": "other"})
    answer = own.put("/state", json=state)
    assert answer.status_code == 200 and answer.json() == {"Users": 3, "Groups": 1}
    assert [user["id"] for user in scim.get("/Users").json()["Resources"]] == ids
    after = [scim.get(f"/Users/{id}").json() for id in ids]
    for old, new in zip(before, after, strict=True):
        assert new["meta"].pop("version") and old["meta"].pop("version")
        assert new == old
    assert scim.get(f"/Groups/{group_id}").json()["members"][0]["value"] == ids[1]


def test_versions_never_return(scim: httpx.Client, own: httpx.Client) -> None:
    """After a restore and a reset no resource has an ETag that it had with other content before."""
    seen: dict[str, Any] = {}

    def note() -> None:
        for user in scim.get("/Users").json()["Resources"]:
            version = user["meta"].pop("version")
            user.pop("meta")
            assert seen.setdefault(f"{user['id']} {version}", user) == user

    state = {"Users": [{"schemas": [USER], "id": "fixed", "userName": "a"}]}
    for number in range(4):
        own.put("/state", json=state)
        note()
        operation = {"op": "replace", "path": "title", "value": f"title {number}"}
        scim.patch("/Users/fixed", json={"schemas": [PATCH_OP], "Operations": [operation]})
        note()
        own.delete("/state")
        note()


@pytest.mark.parametrize(
    "state",
    [
        {"Users": [{"schemas": [USER], "userName": "new"}, {"schemas": [USER], "userName": "NEW"}]},
        {"Users": [{"id": "1", "userName": "new"}, {"id": "1", "userName": "newer"}]},
        {"Users": [{"id": "1", "userName": "new"}], "Groups": [{"id": "1", "displayName": "x"}]},
        {"Users": [{"userName": "new"}, 5]},
        {"Users": [{"userName": "new"}, None]},
        {"Users": {"userName": "new"}},
        {"Users": [{"userName": "new"}], "Devices": [{"id": "1"}]},
        {"Users": [{"userName": "new"}], "Groups": "none"},
        [],
        "x",
        5,
    ],
)
def test_a_restore_is_all_or_nothing(scim: httpx.Client, own: httpx.Client, state: Any) -> None:
    """A state with one wrong resource is 400 saying which, and the directory stays as it was."""
    id = scim.post("/Users", json={"schemas": [USER], "userName": "old"}).json()["id"]
    etag = scim.get(f"/Users/{id}").headers["etag"]
    found = error(own.put("/state", json=state), 400)
    if isinstance(state, dict) and isinstance(state["Users"], list) and len(state["Users"]) > 1:
        assert "Users[1]" in found["message"]
    users = scim.get("/Users").json()["Resources"]
    assert [user["userName"] for user in users] == ["old"]
    assert scim.get(f"/Users/{id}").headers["etag"] == etag


def test_wrong_data_is_held_as_it_came(scim: httpx.Client, own: httpx.Client) -> None:
    """A state may hold what no client could create; it is served exactly so."""
    odd = {
        "schemas": [USER],
        "id": "odd",
        "userName": "odd",
        "active": "False",
        "x": [1, None, {"y": 1.5}],
        "emails": "e",
    }
    assert own.put("/state", json={"Users": [odd]}).status_code == 200
    shown = scim.get("/Users/odd").json()
    assert {name: shown[name] for name in odd} == odd


def test_a_reset_brings_back_the_fixture(tenant: Any) -> None:
    """DELETE puts the people of the fixture back, with their ids."""
    scim = tenant(users=4, groups=1)
    control = str(scim.base_url).replace("/scim/v2/", "/_scimmock/state")
    before = [user["id"] for user in scim.get("/Users").json()["Resources"]]
    scim.delete(f"/Users/{before[0]}")
    scim.post("/Users", json={"schemas": [USER], "userName": "new"})
    assert httpx.delete(control).status_code == 204
    assert [user["id"] for user in scim.get("/Users").json()["Resources"]] == before


@pytest.mark.parametrize("depth", [33, 300, 900, 5000])
def test_a_deeply_nested_state(scim: httpx.Client, own: httpx.Client, depth: int) -> None:
    """A state nested without end is refused or served, never an error of the server."""
    content = f'{{"Users": [{{"userName": "deep", "x": {"[" * depth}{"]" * depth}}}]}}'
    answer = own.put("/state", content=content, headers={"Content-Type": "application/json"})
    if answer.status_code != 200:
        error(answer, 400)
    assert scim.get("/Users").status_code == 200
    assert own.get("/state").status_code == 200


def test_a_path_with_a_slash_at_its_end_stays_in_its_tenant(
    scim: httpx.Client, own: httpx.Client, tenant: Any, shared_server: Any
) -> None:
    """A trailing slash never turns a call for one tenant into one for the whole server."""
    with shared_server.client() as default:
        id = default.post("/Users", json={"schemas": [USER], "userName": "bystander"}).json()["id"]
        try:
            answer = httpx.delete(f"{own.base_url}state/", follow_redirects=True)
            assert default.get(f"/Users/{id}").status_code == 200, "the default tenant was reset"
            assert answer.status_code in (204, 404), answer.text
        finally:
            default.delete(f"/Users/{id}")


# ---- journal


def entries(own: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    answer = own.get("/journal", params={"limit": 1000, **parameters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["exchanges"]
    return found


def test_an_exchange_in_the_journal(scim: httpx.Client, own: httpx.Client) -> None:
    """An exchange has the form of a recording: request, answer, timing, connection and trace."""
    body = {"schemas": [USER], "userName": "j"}
    created = scim.post("/Users?attributes=userName", json=body)
    (entry,) = entries(own)
    assert {"n", "at", "t", "request", "response", "timing", "connection", "error", "trace"} <= entry.keys()
    request, response, trace = entry["request"], entry["response"], entry["trace"]
    assert (request["method"], request["path"], request["query"]) == ("POST", "/Users", "attributes=userName")
    assert request["http"] == "1.1"
    assert request["body"] == {"json": body, "size": int(created.request.headers["content-length"])}
    assert response["status"] == 201 and response["body"]["json"] == created.json()
    assert response["body"]["size"] == len(created.content)
    assert ["content-type", "application/scim+json"] in response["headers"]
    assert (
        trace["operation"] == "create"
        and trace["resource"] == "Users"
        and trace["id"] == created.json()["id"]
    )
    assert trace["rule"] is None and trace["quirks"] == [] and isinstance(trace["findings"], list)
    assert entry["n"] == 1 and entry["t"] >= 0 and entry["error"] is None and entry["connection"]


def test_operations_are_told_apart(scim: httpx.Client, own: httpx.Client) -> None:
    """Every request is entered, failed ones too, with operation, resource and id."""
    id = scim.post("/Users", json={"schemas": [USER], "userName": "k"}).json()["id"]
    scim.get(f"/Users/{id}")
    scim.get("/Users")
    scim.put(f"/Users/{id}", json={"schemas": [USER], "userName": "k"})
    scim.patch(f"/Users/{id}", json={})
    scim.post("/.search", json={})
    scim.post("/Bulk", json={})
    scim.get("/Schemas")
    scim.delete(f"/Users/{id}")
    scim.get("/Nothing")
    scim.get("/Users", headers={"Authorization": "Bearer x"})
    found = entries(own)
    assert [entry["n"] for entry in found] == list(range(1, 12))
    assert [entry["trace"]["operation"] for entry in found] == [
        "create", "read", "list", "replace", "patch", "search", "bulk", "discovery", "delete", None, "list",
    ]  # fmt: skip
    assert [entry["response"]["status"] for entry in found] == [
        201,
        200,
        200,
        200,
        400,
        400,
        400,
        200,
        204,
        404,
        401,
    ]
    assert found[1]["trace"]["id"] == found[8]["trace"]["id"] == id


def test_the_journal_in_parts(scim: httpx.Client, own: httpx.Client) -> None:
    """since and limit walk through the journal: next continues where the last part ended."""
    for number in range(7):
        scim.get(f"/Users?startIndex={number + 1}")
    seen, since = [], 0
    for _ in range(4):
        part = own.get("/journal", params={"since": since, "limit": 3}).json()
        seen += [entry["n"] for entry in part["exchanges"]]
        since = part["next"]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert own.get("/journal", params={"since": since}).json()["exchanges"] == []
    scim.get("/Users")
    assert [entry["n"] for entry in entries(own, since=since)] == [8]
    assert own.get("/journal", params={"limit": 0, "since": 2}).json()["next"] == 2, "nothing was read"


@pytest.mark.parametrize(
    "parameters",
    [{"since": "x"}, {"limit": "many"}, {"since": "1.5"}, {"limit": "-1"}, {"status": "6xx"}, {"rule": ""}],
)
def test_wrong_parameters_of_the_journal(own: httpx.Client, parameters: dict[str, str]) -> None:
    """Numbers that are none are 400."""
    error(own.get("/journal", params=parameters), 400)


def test_unknown_parameters_of_the_journal(own: httpx.Client) -> None:
    """A misspelt parameter is 400 with what was meant: it must not look as if it had narrowed anything."""
    found = error(own.get("/journal", params={"operaton": "create"}), 400)
    assert found["field"] == "operaton" and found["did_you_mean"] == "operation"
    assert error(own.get("/journal?limit=1&limit=2"), 400)["field"] == "limit"
    assert error(own.get("/journal", params={"last": 1, "limit": 1}), 400)["field"] == "last"


def test_the_journal_is_narrowed_down(scim: httpx.Client, own: httpx.Client) -> None:
    """By operation, method, path, status and client; last takes the newest of what is left."""
    id = scim.post("/Users", json={"schemas": [USER], "userName": "n"}).json()["id"]
    scim.get(f"/Users/{id}", headers={"User-Agent": "Okta SCIM Client 1.0.0"})
    scim.get("/Users/nobody")
    scim.get("/Groups")

    def numbers(**parameters: Any) -> list[int]:
        return [entry["n"] for entry in entries(own, **parameters)]

    assert numbers(operation="create") == [1] and numbers(method="get") == [2, 3, 4]
    assert numbers(path="/Users/*") == [2, 3] and numbers(path="*o*s") == [4]
    assert numbers(status="4xx") == [3] and numbers(status="404") == [3] and numbers(status="0") == []
    assert numbers(client="okta") == [2] and numbers(rule="*") == [] and numbers(finding="none-such") == []
    assert [entry["n"] for entry in own.get("/journal", params={"last": 2}).json()["exchanges"]] == [3, 4]


def test_every_exchange_has_a_summary(scim: httpx.Client, own: httpx.Client) -> None:
    """A readable line of what happened stands beside the data."""
    scim.post("/Users", json={"schemas": [USER], "userName": "bjensen"})
    scim.get("/Users", params={"filter": 'userName eq "bjensen"'})
    assert [entry["summary"] for entry in entries(own)] == [
        "POST User bjensen -> 201",
        'GET Users where userName eq "bjensen" -> 1 found',
    ]


def test_the_journal_is_cleared(scim: httpx.Client, own: httpx.Client) -> None:
    """DELETE forgets all exchanges; numbers go on."""
    scim.get("/Users")
    assert own.delete("/journal").status_code == 204
    assert own.get("/journal").json()["exchanges"] == []
    scim.get("/Users")
    assert [entry["n"] for entry in entries(own)] == [2]


def test_control_calls_are_not_in_the_journal(scim: httpx.Client, own: httpx.Client) -> None:
    """The journal is about SCIM, not about who looks at it."""
    own.get("/state")
    own.get("/journal")
    assert entries(own) == []


def test_dropped_exchanges_are_counted() -> None:
    """The ring keeps the newest ten thousand and says how many it dropped."""
    from scimmock.journal.ring import Journal
    from scimmock.traffic.exchange import Exchange

    journal = Journal()
    for _ in range(10_010):
        journal.add(Exchange(0.0, 0.0, "", "HEAD", "/Users", b"", [], "1.1"))
    numbers = [entry.n for entry in journal.since()]
    assert numbers == list(range(11, 10_011)) and journal.dropped == 10 and journal.last == 10_010


PASSWORD = "t0p-s3cret"


@pytest.mark.parametrize(
    "content",
    [
        f'{{"schemas": ["{USER}"], "userName": "p", "password": "{PASSWORD}"}}',
        f'{{"schemas": ["{USER}"], "userName": "p", "PassWord": "{PASSWORD}"}}',
        f'{{"schemas": ["{USER}"], "userName": "p", "pass\\u0077ord": "{PASSWORD}"}}',
        f'{{"userName": "p", "password": "{PASSWORD}"',
        f'{{"userName": "p", "pass\\u0077ord": "{PASSWORD}"',
        f'{{"userName": "p", "password": "{PASSWORD}", "password": "{PASSWORD}"}}',
        f'{{"userName": "p", "x": {{"password": ["{PASSWORD}"]}}}}',
    ],
)
def test_passwords_are_masked(scim: httpx.Client, own: httpx.Client, content: str) -> None:
    """A password stands nowhere in the journal, however its name is spelled."""
    scim.post("/Users", content=content)
    (entry,) = entries(own)
    assert PASSWORD not in json.dumps(entry)
    assert "***" in json.dumps(entry["request"]["body"])


def test_passwords_in_operations_are_masked(scim: httpx.Client, own: httpx.Client) -> None:
    """A password in a PATCH by path, in a pathless one and inside Bulk is masked, other values are not."""
    id = scim.post("/Users", json={"schemas": [USER], "userName": "p"}).json()["id"]
    for path in ("password", "Password", f"{USER}:password"):
        operations = [
            {"op": "replace", "path": path, "value": PASSWORD},
            {"op": "replace", "value": {"password": PASSWORD, f"{USER}:password": PASSWORD}},
            {"op": "replace", "path": "title", "value": "visible"},
        ]
        scim.patch(f"/Users/{id}", json={"schemas": [PATCH_OP], "Operations": operations})
    bulk = {
        "method": "POST",
        "bulkId": "1",
        "path": "/Users",
        "data": {"userName": "q", "password": PASSWORD},
    }
    scim.post(
        "/Bulk", json={"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [bulk]}
    )
    text = own.get("/journal").text
    assert PASSWORD not in text and text.count('"visible"') >= 3


def test_passwords_in_error_details_are_masked(scim: httpx.Client, own: httpx.Client) -> None:
    """An error about a password does not repeat it."""
    answer = scim.post("/Users", json={"schemas": [USER], "userName": "p", "password": [PASSWORD]})
    assert answer.status_code == 400
    assert PASSWORD not in answer.text
    assert PASSWORD not in own.get("/journal").text


@pytest.mark.parametrize(
    "value", ["Bearer scimmock", "bearer  scimmock", "Basic c2NpbW1vY2s6eA==", "scimmock"]
)
def test_credentials_are_masked(scim: httpx.Client, own: httpx.Client, value: str) -> None:
    """Authorization, cookies and keys are masked in the journal; the scheme stays."""
    headers = {"Authorization": value, "Cookie": "session=scimmock", "X-Api-Key": "scimmock"}
    scim.get("/Users", headers=headers)
    shown = {name.lower(): text for name, text in entries(own)[0]["request"]["headers"]}
    for name in ("authorization", "cookie", "x-api-key"):
        assert "***" in shown[name]
        assert "scimmock" not in shown[name] and "c2NpbW1vY2s6eA" not in shown[name]


@pytest.mark.parametrize(
    "content",
    [
        b'{"userName": "a", "userName": "b"}',
        b'{"userName": 1e400}',
        b'{"userName": 1.0}',
        b'{"userName": 1E5}',
        b'{"userName": 0.10}',
        b'{"userName": NaN}',
        b'{"userName": -Infinity}',
        b'{"userName": -0}',
        b'{"userName": 123456789012345678901234567890}',
        b'{"userName": "\\ud800"}',
        b'{"\\ud800": "x"}',
        b'{"userName": "\\u0000"}',
        b'{"userName": "\xff"}',
        b"not json",
        b'{"x": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"x": ' + b"7" * 5000 + b"}",
        b'{"password": "x", "y": ' + b"[" * 900 + b"]" * 900 + b"}",
    ],
    ids=range(18),
)
def test_bodies_keep_their_form_in_the_journal(scim: httpx.Client, own: httpx.Client, content: bytes) -> None:
    """A body is shown as JSON only where that is the same document, else as text or base64;
    the journal can be read.
    """
    scim.post("/Users", content=content)
    body = entries(own)[0]["request"]["body"]
    assert body["size"] == len(content)
    if "json" in body:
        again = json.dumps(body["json"], ensure_ascii=False).encode("utf-8", "surrogatepass")
        assert (
            again.replace(b" ", b"") == content.replace(b" ", b"")
            or b"\\u" in content
            or b"password" in content
        )
        assert b"NaN" not in content and b"Infinity" not in content
    elif "text" in body:
        assert body["text"].encode() == content or body["text"] == "***"
    else:
        import base64

        assert base64.b64decode(body["base64"]) == content


def test_unknown_calls(control: httpx.Client) -> None:
    """Unknown calls are 404 and wrong methods 405, in the form of the control API."""
    error(control.get("/nothing"), 404)
    error(control.get("/"), 404)
    error(control.post("/state", json={}), 405)
    error(control.delete("/info"), 405)
    error(control.get("/tenants/x/y"), 404)


def test_any_path_can_be_shown(scim: httpx.Client, own: httpx.Client) -> None:
    """Escaped slashes are in the journal as they were meant."""
    paths = ("/Users/a%2Fb", "/%2F", "/Users/%00")
    for path in paths:
        assert scim.get(path).status_code == 404
    found = [entry["request"]["path"] for entry in entries(own)]
    assert found[0] == "/Users/a%2Fb" and len(found) == len(paths)
