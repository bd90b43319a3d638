"""Fixtures: what a wrong one is told, how layers combine, resource types of one's own served for real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.errors import FileError
from scimmock.fixture import Fixture, combine, load_fixture, shipped_names

HEAD = "fixture: mine\ntitle: Mine\nkind: service\n"
DEVICE = "urn:example:schemas:Device"
NETWORK = "urn:example:schemas:extension:Network"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a fixture, named by the relative path "mine"."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine"
    path.mkdir()
    return path


def load(folder: Path, text: str) -> Fixture:
    (folder / "fixture.yaml").write_text(text, "utf-8")
    return load_fixture("./mine")


def said(folder: Path, text: str) -> str:
    with pytest.raises(FileError) as caught:
        load(folder, text)
    return str(caught.value)


def test_only_shipped_fixtures_are_read_once(folder: Path) -> None:
    """A file of one's own may change while a server runs."""
    assert load_fixture("slack@v1") is load_fixture("slack@v1") is not load_fixture("slack")
    head = "fixture: mine\nkind: service\ntitle: "
    assert [load(folder, head + title).title for title in ("One", "Two")] == ["One", "Two"]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "1:1", "mapping"),
        ("[]", "1:1", "mapping"),
        ("just words", "1:1", "mapping"),
        ("fixture: mine\nkind: service\n", "1:1", "'title' is missing"),
        ("fixture: mine\ntitle: 5\nkind: service\n", "2:1", "str"),
        ("fixture: mine\ntitle: x\nkind: servic\n", "3:1", "standard"),
        (HEAD + "behavior: {}\n", "4:1", "'behaviour'"),
        (HEAD + "behaviour:\n  base_pth: /x\n", "5:3", "'base_path'"),
        (HEAD + "behaviour:\n  bulk: {suported: true}\n", "5:10", "'supported'"),
        (HEAD + "behaviour:\n  bulk: {max_operations: 0}\n", "5:10", "1"),
        (HEAD + "behaviour:\n  paging: {default_method: page}\n", "5:12", "cursor"),
        (HEAD + "behaviour:\n  limits: {nesting: deep}\n", "5:12", "int"),
        (HEAD + "behaviour:\n  etag: NO\n", "5:3", "bool"),
        (HEAD + "behaviour:\n  patch_answers: {User: 201}\n", "5:", "200"),
        (HEAD + "behaviour:\n  patch_answers: {Usr: 200}\n", "5:19", "User"),
        (HEAD + "behaviour:\n  ids: guid\n", "5:3", "uuid"),
        (HEAD + "behaviour:\n  base_path: scim\n", "5:3", "begins with '/'"),
        (HEAD + "behaviour:\n  base_path: /scim/\n", "5:3", "end"),
        (HEAD + "behaviour:\n  base_path: /_scimmock/x\n", "5:3", "own"),
        (HEAD + "behaviour:\n  base_path: /t/x\n", "5:3", "own"),
        (HEAD + "behaviour:\n  leniency: [bolean-strings]\n", "5:14", "'boolean-strings'"),
        (HEAD + "behaviour:\n  leniency:\n    - boolean-strings\n    - switch: zzz\n", "7:7", "known are"),
        (HEAD + "behaviour:\n  leniency:\n    - {switch: boolean-strings, wy: x}\n", "6:33", "'why'"),
        (
            HEAD + "behaviour:\n  leniency:\n    - {switch: boolean-strings, confidence: sure}\n",
            "6:33",
            "documented",
        ),
        (HEAD + "people: {users: -1}\n", "4:10", "0"),
        (HEAD + "people: {users: many}\n", "4:10", "int"),
        (HEAD + "people: {external_id: entra}\n", "4:10", "okta"),
        (HEAD + "auth: {schemes: [digest]}\n", "4:18", "basic"),
        (HEAD + "auth: {schemes: bearer}\n", "4:8", "array"),
        (HEAD + "auth: {basic: [{username: a, password: b}]}\n", "4:", "basic"),
        (HEAD + "auth:\n  tokens:\n    - {name: a}\n    - {name: a}\n", "7:8", "stands twice"),
        (HEAD + "title: again\n", "4:1", "stands twice"),
        (HEAD + "behaviour: {\n", "5:1", "YAML"),
        (HEAD + "\tpeople: {}\n", "4:1", "YAML"),
        (
            HEAD + "behaviour:\n  resource_types:\n    - {name: D, endpoint: Devices, schema: user}\n",
            "6:17",
            "/Devices",
        ),
        (
            HEAD + "behaviour:\n  resource_types:\n    - {name: D, endpoint: /a/b, schema: user}\n",
            "6:17",
            "segment",
        ),
        (
            HEAD + "behaviour:\n  resource_types:\n    - {name: D, endpoint: /D, schema: usr}\n",
            "6:31",
            "'user'",
        ),
        (
            HEAD + "behaviour:\n  resource_types:\n    - {name: D, endpoint: /D, schema: d.json}\n",
            "6:31",
            "JSON file",
        ),
        (
            HEAD + "behaviour:\n  resource_types:\n    - {name: D, endpoint: /D}\n",
            "6:7",
            "'schema' is missing",
        ),
        (
            HEAD + "behaviour:\n  resource_types:\n    - {name: User, endpoint: /Users, schema: user}\n"
            "    - {name: Other, endpoint: /users, schema: user}\n",
            "7:7",
            "stands twice",
        ),
        (
            HEAD + "behaviour:\n  resource_types:\n"
            "    - {name: U, endpoint: /U, schema: user, extensions: [{schema: nothing}]}\n",
            "6:59",
            "nothing",
        ),
    ],
)
def test_a_wrong_fixture(folder: Path, text: str, where: str, what: str) -> None:
    """What is wrong is said with file, line and column, and what would be right."""
    found = said(folder, text)
    assert found.startswith(f"mine/fixture.yaml:{where}"), found
    assert what in found, found
    assert "\n" not in found


@pytest.mark.parametrize(
    "endpoint", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Bulk", "/Me", "/.search"]
)
def test_endpoints_of_the_protocol_are_taken(folder: Path, endpoint: str) -> None:
    """A resource type cannot be where the protocol itself is: it would hide it."""
    types = f"behaviour:\n  resource_types:\n    - {{name: D, endpoint: {endpoint}, schema: user}}\n"
    assert said(folder, HEAD + types).startswith("mine/fixture.yaml:6:")


@pytest.mark.parametrize("base", ["/t", "/_scimmock", "/a b", "/a?b", "/", "//"])
def test_base_paths_that_cannot_be_served(folder: Path, base: str) -> None:
    """A base path that is scimmock's own, or no path of a URL, is refused."""
    assert "mine/fixture.yaml:5:3" in said(folder, HEAD + f"behaviour:\n  base_path: '{base}'\n")


def test_a_file_of_people_that_is_not_there(folder: Path) -> None:
    """A fixture that names a file of people which does not exist is wrong, and a check says so."""
    assert said(folder, HEAD + "people: {file: nobody.csv}\n").startswith("mine/fixture.yaml:4:")


@pytest.mark.parametrize("name", ["nothing", "okat", "./nothing", "/nothing/at/all", "", "fixture.yaml"])
def test_fixtures_that_are_not_there(folder: Path, name: str) -> None:
    """A name or a path without a fixture is an error that names it."""
    with pytest.raises(FileError) as caught:
        load_fixture(name)
    assert name in str(caught.value)


def test_names_are_suggested() -> None:
    """A near miss of a shipped name is suggested, else all are listed."""
    with pytest.raises(FileError, match="did you mean 'okta'"):
        load_fixture("okat")
    with pytest.raises(FileError, match=", ".join(shipped_names())):
        load_fixture("qqqqqqq")


TYPES = "behaviour:\n  resource_types:\n    - {name: Device, endpoint: /Devices, schema: device.json}\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "device.json:1:"),
        ('{\n  "id": "x",\n  oops\n}', "device.json:3:3"),
        ("", "device.json"),
        ("[]", "device.json"),
        ("5", "device.json"),
        ('"x"', "device.json"),
        ("\xff", "device.json"),
        ("[" * 100_000, "device.json"),
        ('{"attributes": [{"name": "a"}]}', "id"),
        ('{"id": 5, "attributes": [{"name": "a"}]}', "id"),
        ('{"id": "urn:x"}', "attributes"),
        ('{"id": "urn:x", "attributes": []}', "attributes"),
        ('{"id": "urn:x", "attributes": {}}', "attributes"),
        ('{"id": "urn:x", "attributes": [5]}', "name"),
        ('{"id": "urn:x", "attributes": [{"type": "string"}]}', "name"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "type": "text"}]}', "'text'"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "type": ["string"]}]}', "type"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "mutability": "readwrite"}]}', "readWrite"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "returned": "sometimes"}]}', "returned"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "uniqueness": true}]}', "uniqueness"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "type": "complex"}]}', "subAttributes"),
        ('{"id": "urn:x", "attributes": [{"name": "a", "subAttributes": [{"name": "b"}]}]}', "subAttributes"),
        (
            '{"id": "urn:x", "attributes": [{"name": "a", "type": "complex", "subAttributes": 5}]}',
            "subAttributes",
        ),
        ('{"id": "urn:x", "attributes": [{"name": "a", "canonicalValues": 5}]}', "canonicalValues"),
        ('{"id": "urn:x", "attributes": [{"name": "a"}, {"name": "A"}]}', "twice"),
        (
            '{"id": "urn:x", "attributes": [{"name": "a", "type": "complex", "subAttributes": '
            '[{"name": "b", "type": "complex", "subAttributes": [{"name": "c"}]}]}]}',
            "complex",
        ),
    ],
)
def test_a_wrong_schema(folder: Path, content: str, what: str) -> None:
    """A schema that cannot be used is said with its file, and where in it where that is known."""
    (folder / "device.json").write_bytes(content.encode("latin-1"))
    found = said(folder, HEAD + TYPES)
    assert "device.json" in found and what in found, found


@pytest.mark.parametrize(
    ("names", "behaviour", "people"),
    [
        ((), "rfc", "rfc"),
        (("rfc",), "rfc", "rfc"),
        (("okta",), "okta", "okta"),
        (("okta", "rfc"), "rfc", "rfc"),
        (("okta", "./mine"), "okta", "mine"),
        (("./mine", "okta"), "okta", "okta"),
        (("./mine",), "rfc", "mine"),
    ],
)
def test_layers(folder: Path, names: tuple[str, ...], behaviour: str, people: str) -> None:
    """Later fixtures win slot by slot, what nobody fills is as in rfc."""
    (folder / "fixture.yaml").write_text(HEAD.replace("service", "idp") + "people: {users: 1}\n")
    layers = combine(names)
    assert (layers.behaviour.name, layers.people.name) == (behaviour, people)


# ---- a fixture of one's own, served


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A fixture with a resource type of its own and an extension of it, and its own people file."""
    folder = tmp_path / "devices"
    folder.mkdir()
    device = {
        "id": DEVICE,
        "name": "Device",
        "description": "A machine.",
        "attributes": [
            {"name": "serial", "required": True, "uniqueness": "server", "caseExact": True},
            {"name": "label", "uniqueness": "server"},
            {"name": "ports", "type": "integer", "multiValued": True},
            {"name": "bought", "type": "dateTime", "mutability": "immutable"},
            {"name": "pin", "mutability": "writeOnly", "returned": "never"},
        ],
    }
    network = {
        "id": NETWORK,
        "name": "Network",
        "attributes": [
            {"name": "mac", "required": True, "uniqueness": "server"},
            {"name": "key", "mutability": "writeOnly", "returned": "never"},
        ],
    }
    (folder / "device.json").write_text(json.dumps(device))
    (folder / "network.json").write_text(json.dumps(network))
    (folder / "people.csv").write_text("userName\nann\nbob\n")
    (folder / "fixture.yaml").write_text(
        "fixture: devices\ntitle: Devices\nkind: service\n"
        "behaviour:\n"
        "  base_path: /api/scim\n"
        "  ids: number\n"
        "  patch_answers: {Device: 204}\n"
        "  resource_types:\n"
        "    - {name: User, endpoint: /Users, schema: user}\n"
        "    - name: Device\n"
        "      endpoint: /Devices\n"
        "      schema: device.json\n"
        "      description: Machines\n"
        "      extensions: [{schema: network.json, required: true}]\n"
        "people: {users: 3, file: people.csv}\n"
        "auth: {schemes: [bearer], tokens: [{name: mine, value: fixture-token, user: ann}]}\n"
    )
    return folder


def test_a_resource_type_of_ones_own(launch: Any, devices: Path, tmp_path: Path) -> None:
    """Schemas, discovery, uniqueness, ids, PATCH, filters,
    /Me and secrets hold for a type that is only data.
    """
    db = tmp_path / "d.json"
    server = launch("--fixture", str(devices), "--db", str(db))
    assert server.base_url.endswith("/api/scim")
    headers = {"Authorization": "Bearer fixture-token"}
    with httpx.Client(base_url=server.base_url, headers=headers) as client:
        assert client.get("/Users").json()["totalResults"] == 5, "three made up and two of the file"
        assert client.get("/Me").json()["userName"] == "ann"
        types = {item["name"]: item for item in client.get("/ResourceTypes").json()["Resources"]}
        assert set(types) == {"User", "Device"}
        assert types["Device"]["schema"] == DEVICE and types["Device"]["endpoint"] == "/Devices"
        assert types["Device"]["schemaExtensions"] == [{"schema": NETWORK, "required": True}]
        schema = client.get(f"/Schemas/{DEVICE}").json()
        assert [item["name"] for item in schema["attributes"]] == [
            "serial",
            "label",
            "ports",
            "bought",
            "pin",
        ]
        assert client.get(f"/Schemas/{NETWORK}").status_code == 200
        assert client.get("/Groups").status_code == 404

        body = {
            "schemas": [DEVICE, NETWORK],
            "serial": "S1",
            "label": "One",
            "ports": [80, 443],
            "pin": "p1n-code",
        }
        body |= {"bought": "2026-01-01T00:00:00Z", NETWORK: {"mac": "00:aa", "key": "k3y-code"}}
        made = client.post("/Devices", json=body)
        assert made.status_code == 201, made.text
        device = made.json()
        assert device["id"].isdigit() and device["meta"]["resourceType"] == "Device"
        assert (
            device["meta"]["location"]
            == made.headers["location"]
            == f"{server.base_url}/Devices/{device['id']}"
        )
        assert "pin" not in device and "key" not in device[NETWORK]
        assert device["ports"] == [80, 443] and device[NETWORK]["mac"] == "00:aa"

        for change, status in (
            ({"serial": "S1", "label": "x", NETWORK: {"mac": "1"}}, 409),
            ({"serial": "s1", "label": "ONE", NETWORK: {"mac": "1"}}, 409),
            ({"serial": "S2", "label": "x", NETWORK: {"mac": "00:AA"}}, 409),
            ({"serial": "S2", "label": "x", NETWORK: {}}, 400),
            ({"label": "x", NETWORK: {"mac": "1"}}, 400),
            ({"serial": "S2", "ports": ["80"], NETWORK: {"mac": "1"}}, 400),
            ({"serial": "S2", "bought": "yesterday", NETWORK: {"mac": "1"}}, 400),
            ({"serial": "s1", "label": "Two", NETWORK: {"mac": "1"}}, 201),
        ):
            answer = client.post("/Devices", json={"schemas": [DEVICE, NETWORK], **change})
            assert answer.status_code == status, (change, answer.text)

        for query, count in (
            ('serial eq "S1"', 1),
            ('serial eq "s1"', 1),
            ('label eq "oNe"', 1),
            (f'{NETWORK}:mac eq "00:AA"', 1),
            ("ports eq 443", 1),
            ('bought lt "2026-06-01T00:00:00Z"', 1),
            ('meta.resourceType eq "Device"', 2),
        ):
            found = client.get("/Devices", params={"filter": query})
            assert found.status_code == 200 and found.json()["totalResults"] == count, (query, found.text)

        operations = [
            {"op": "add", "path": "ports", "value": [8080]},
            {"op": "replace", "path": f"{NETWORK}:mac", "value": "00:bb"},
        ]
        patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        path = f"/Devices/{device['id']}"
        assert client.patch(path, json=patch).status_code == 204
        changed = client.get(path).json()
        assert changed["ports"] == [80, 443, 8080] and changed[NETWORK]["mac"] == "00:bb"
        put = {**body, "bought": "2027-01-01T00:00:00Z", "schemas": [DEVICE, NETWORK]}
        refused = client.put(path, json=put)
        assert refused.status_code == 400 and refused.json()["scimType"] == "mutability"
        before = client.get("/Devices").text
        state = httpx.get(f"{server.url}/_scimmock/state").text
        assert "p1n-code" not in state and "k3y-code" not in state
    assert server.stop() == 0
    stored = db.read_text()
    assert "p1n-code" not in stored
    assert "k3y-code" not in stored, "a secret in an extension is a secret too"
    again = launch("--fixture", str(devices), "--db", str(db))
    after = httpx.get(f"{again.base_url}/Devices", headers=headers).text
    assert after.replace(again.url, "") == before.replace(server.url, "")
