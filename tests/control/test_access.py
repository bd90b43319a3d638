"""Who may use the control API: this machine by a loopback name, or whoever has the admin token."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest

CALLS = [
    ("GET", "/info"),
    ("GET", "/state"),
    ("GET", "/journal"),
    ("DELETE", "/journal"),
    ("DELETE", "/state"),
    ("PUT", "/state"),
    ("PUT", "/tenants/intruder"),
    ("DELETE", "/tenants/intruder"),
]


@cache
def client() -> httpx.Client:
    return httpx.Client(timeout=20)


@pytest.fixture(autouse=True, scope="module")
def end_of_client() -> Iterator[None]:
    yield
    client().close()


def call(server: Any, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    content = b"{}" if method == "PUT" else None
    kind = {"Content-Type": "application/json"} if method == "PUT" else {}
    tenant = "" if "/tenants" in path else "/t/access"
    return client().request(
        method, f"{server.url}{tenant}/_scimmock{path}", content=content, headers=kind | headers
    )


@pytest.fixture(autouse=True)
def tidy(shared_server: Any) -> Iterator[None]:
    yield
    for name in ("access", "intruder"):
        client().delete(f"{shared_server.url}/_scimmock/tenants/{name}")


def refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"] and "field" in answer.json()["error"]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "10.0.0.1", "127.0.0.1@evil"],
)
def test_a_foreign_host_is_refused(shared_server: Any, method: str, path: str, host: str) -> None:
    """A web page whose name was made to resolve to this machine gets nothing,
    even without changing anything.
    """
    refused(call(shared_server, method, path, {"Host": host}), 401)
    assert "intruder" not in client().get(f"{shared_server.url}/_scimmock/info").json()["tenants"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:80", "[::1]:8080", "127.1.2.3"]
)
def test_loopback_names_are_welcome(shared_server: Any, host: str) -> None:
    """Every name of loopback is this machine, whatever the port."""
    assert call(shared_server, "GET", "/info", {"Host": host}).status_code == 200


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_the_admin_token_opens_from_anywhere(shared_server: Any, method: str, path: str) -> None:
    """With the admin token the Host does not matter."""
    token = shared_server.ready["admin_token"]
    answer = call(shared_server, method, path, {"Host": "tunnel.example", "Authorization": f"Bearer {token}"})
    assert answer.status_code in (200, 201, 204) or (method, path) == ("DELETE", "/tenants/intruder")
    assert answer.status_code != 401


@pytest.mark.parametrize("token", ["x", "", "scimmock", "\xe9"])
def test_other_tokens_do_not_open(shared_server: Any, token: str) -> None:
    """The SCIM token and wrong ones are no admin token."""
    headers = {"Host": "tunnel.example", "Authorization": f"Bearer {token}".strip().encode("latin-1")}
    refused(call(shared_server, "GET", "/info", headers), 401)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path"), [item for item in CALLS if item[0] != "GET"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"])
def test_a_foreign_origin_cannot_change_anything(
    shared_server: Any, method: str, path: str, origin: str
) -> None:
    """A web page of another origin is refused, even one on this machine at another port."""
    refused(call(shared_server, method, path, {"Origin": origin}), 403)


def test_the_own_origin_may(shared_server: Any) -> None:
    """A page of this server itself may change things, and reading is not bound to an origin."""
    assert call(shared_server, "DELETE", "/journal", {"Origin": shared_server.url}).status_code == 204
    assert call(shared_server, "GET", "/info", {"Origin": "https://evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ],
)
def test_only_json_changes_anything(shared_server: Any, content_type: str | None) -> None:
    """What a form of any web page could send is 415."""
    headers = {"Content-Type": content_type} if content_type else {}
    for path in ("/t/access/_scimmock/state", "/_scimmock/tenants/intruder"):
        answer = client().put(f"{shared_server.url}{path}", content=b"{}", headers=headers)
        refused(answer, 415)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_in_any_spelling(shared_server: Any, content_type: str) -> None:
    """The media type ignores case and parameters."""
    url = f"{shared_server.url}/t/access/_scimmock/state"
    assert client().put(url, content=b"{}", headers={"Content-Type": content_type}).status_code == 200


def test_another_machine_needs_the_admin_token(launch: Any) -> None:
    """A client that does not come from loopback is refused even with a loopback name, not with the token."""
    import socket

    server = launch("--users", "0", "--groups", "0", "--host", "0.0.0.0", "--admin-token", "let-me-in")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has loopback only")
        address = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine has loopback only")
    url = f"http://{address}:{server.address[1]}/_scimmock"
    for host in (f"{address}:1", "localhost", "127.0.0.1"):
        refused(httpx.get(f"{url}/info", headers={"Host": host}), 401)
    assert server.ready["admin_token"] == "let-me-in"
    assert httpx.get(f"{url}/info", headers={"Authorization": "Bearer let-me-in"}).status_code == 200
    assert httpx.get(f"{url}/healthz", headers={"Host": "x"}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded"])
def test_what_was_forwarded_is_not_from_this_machine(shared_server: Any, header: str) -> None:
    """A tunnel leads to this machine, and a proxy on it may call the server by a loopback name."""
    refused(call(shared_server, "GET", "/state", {header: "203.0.113.7"}), 401)
    admin = {"Authorization": f"Bearer {shared_server.ready['admin_token']}"}
    assert call(shared_server, "GET", "/state", {header: "203.0.113.7", **admin}).status_code == 200
