"""HTTP around SCIM (RFC 7644 sections 3.1, 3.2, 3.8, 3.12; RFC 9110)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ADA = json.dumps({"schemas": [USER], "userName": "ada"})
Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/scim+json",
        "application/json",
        "application/scim+json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        'application/json; charset="utf-8"',
        None,
    ],
)
def test_accepted_content_types(scim: httpx.Client, content_type: str | None) -> None:
    """Section 3.8: application/scim+json or application/json; judgement: none at all is fine too."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = scim.post("/Users", content=ADA, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("application/scim+json")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "json",
        "application/json; charset=latin-1",
    ],
)
def test_refused_content_types(scim: httpx.Client, fails: Fails, content_type: str) -> None:
    fails(scim.post("/Users", content=ADA, headers={"Content-Type": content_type}), 415)
    assert scim.get("/Users").json()["totalResults"] == 0


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/scim+json", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("APPLICATION/JSON", 200),
        ("text/html, application/scim+json;q=0.5", 200),
        ("text/html", 406),
        ("application/xml", 406),
    ],
)
def test_accept(scim: httpx.Client, accept: str, status: int) -> None:
    """RFC 9110 section 12.5.1; media types ignore case (section 8.3.1)."""
    answer = scim.get("/Users", headers={"Accept": accept})
    assert answer.status_code == status
    assert "json" in answer.headers["content-type"]


def test_head(scim: httpx.Client, user: Make) -> None:
    """RFC 9110 section 9.3.2: the headers of GET without the body."""
    ada = user(scim)
    for path in ("/Users", f"/Users/{ada['id']}", "/Schemas", "/Users/nobody"):
        get, head = scim.get(path), scim.head(path)
        assert head.content == b""
        assert head.status_code == get.status_code
        for name in ("content-type", "content-length", "etag", "location"):
            assert head.headers.get(name) == get.headers.get(name)


def test_trailing_slash(scim: httpx.Client, user: Make) -> None:
    ada = user(scim)
    assert scim.get("/Users/").json()["totalResults"] == 1
    assert scim.get(f"/Users/{ada['id']}/").json() == ada
    assert scim.get(f"{scim.base_url}").json()["totalResults"] == 1
    assert scim.post("/Users/", content=ADA).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/Users", "GET POST"),
        ("PATCH", "/Users", "GET POST"),
        ("DELETE", "/Users", "GET POST"),
        ("POST", "/Users/x", "GET PUT PATCH DELETE"),
        ("GET", "/Bulk", "POST"),
        ("DELETE", "/.search", "POST"),
        ("LOCK", "/Users", "GET"),
        ("POST", "/", "GET"),
    ],
)
def test_method_not_allowed(scim: httpx.Client, fails: Fails, method: str, path: str, allowed: str) -> None:
    """RFC 9110 section 15.5.6: 405 with Allow."""
    answer = scim.request(method, path, json={})
    fails(answer, 405)
    assert set(allowed.split()) <= {name.strip() for name in answer.headers["allow"].split(",")}


def test_not_found(scim: httpx.Client, fails: Fails) -> None:
    for path in ("/Robots", "/users", "/Users/x/y", "/Me/x", "/Bulk/x"):
        fails(scim.get(path), 404)
    root = str(scim.base_url).partition("/t/")[0]
    fails(scim.get(f"{root}/elsewhere"), 404)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b'{"userName": "\xff"}',
        b'{"a":"\\ud800"}',
        b"[" * 100000,
        b'{"a":' * 5000,
        b"{}{}",
        b'{"a": NaN}',
        b"\x00",
        b"null",
        b'"x"',
        b"1e999999",
    ],
)
def test_malformed_bodies(scim: httpx.Client, fails: Fails, content: bytes) -> None:
    """Section 3.12: 400 invalidSyntax, and the server goes on."""
    for method, path in (("POST", "/Users"), ("POST", "/Bulk"), ("POST", "/.search")):
        fails(scim.request(method, path, content=content), 400, "invalidSyntax")
    assert scim.get("/Users").status_code == 200


def test_a_nul_character_is_refused(scim: httpx.Client, fails: Fails) -> None:
    """Judgement: valid JSON that no directory stores."""
    fails(scim.post("/Users", content=ADA.replace("ada", "a\\u0000a")), 400, "invalidValue")


def test_a_broken_string_takes_no_long_time(scim: httpx.Client, fails: Fails) -> None:
    """A string without an end costs in proportion to its length: at its square the client would give up."""
    content = b"[" + b"[]," * 40 + b'"' + b'\\"' * 200_000
    fails(scim.post("/Users", content=content), 400, "invalidSyntax")


@pytest.mark.parametrize(
    "query",
    [
        "filter=%ff",
        "filter=%",
        "=",
        "&&&",
        "attributes",
        "startIndex",
        "count=",
        "%00=1",
        "filter=userName+eq+%22%00%22",
    ],
)
def test_odd_queries(scim: httpx.Client, query: str) -> None:
    """A query of any bytes is answered by a success or a 400."""
    answer = scim.get(f"{scim.base_url}Users?{query}")
    assert answer.status_code in (200, 400), answer.text


def test_the_address_is_the_one_that_the_client_used(scim: httpx.Client, user: Make) -> None:
    """Judgement: any name of this machine is repeated, anything else is not."""
    ada = user(scim)
    path = f"{scim.base_url}Users/{ada['id']}"
    port = scim.base_url.port
    for host, repeated in (
        ("localhost:9", True),
        (f"127.0.0.1:{port}", True),
        ("evil.example", False),
        ("a b<>", False),
    ):
        location = scim.get(path, headers={"Host": host}).json()["meta"]["location"]
        assert location.startswith(f"http://{host}/") is repeated
        if not repeated:
            assert location == ada["meta"]["location"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the port through /proc")
def test_public_url(launch: Callable[..., Any]) -> None:
    """--public-url stands in every address, whatever the Host header says."""
    server = launch("--users", "2", "--groups", "1", "--public-url", "https://scim.example.com/prefix/")
    listening = _listening(server)
    headers = {"Authorization": f"Bearer {server.ready['token']}", "Host": "localhost"}
    with httpx.Client(base_url=f"{listening}/scim/v2", headers=headers) as client:
        base = "https://scim.example.com/prefix/scim/v2"
        for entry in client.get("/Users").json()["Resources"]:
            assert entry["meta"]["location"] == f"{base}/Users/{entry['id']}"
        member = client.get("/Groups").json()["Resources"][0]["members"][0]
        assert member["$ref"] == f"{base}/Users/{member['value']}"
        assert (
            client.get("/ServiceProviderConfig").json()["meta"]["location"] == f"{base}/ServiceProviderConfig"
        )
        created = client.post("/Users", content=ADA)
        assert created.headers["location"] == f"{base}/Users/{created.json()['id']}"


def _listening(server: Any) -> str:
    """Return the address that a server process listens on, which its public URL hides."""
    inodes = {
        link.readlink().name.removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{server.process.pid}/fd").iterdir()
        if link.readlink().name.startswith("socket:[")
    }
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return f"http://127.0.0.1:{int(fields[1].split(':')[1], 16)}"
    raise AssertionError("the server listens nowhere")


def test_if_match_holds_for_reading_too(scim: httpx.Client) -> None:
    """RFC 9110 section 13.1.1: a GET under a condition that is false is not done: 412."""
    created = scim.post("/Users", json={"schemas": [USER], "userName": "ann"})
    url = created.headers["location"]
    assert scim.get(url, headers={"If-Match": created.headers["etag"]}).status_code == 200
    assert scim.get(url, headers={"If-Match": 'W/"0"'}).status_code == 412
