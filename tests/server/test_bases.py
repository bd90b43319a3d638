"""Which base URL answers carry: what the client called if that is this server, else where it listens."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.server.bases import BaseUrls

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def location(server: Any, host: str | None) -> str:
    headers = {"Authorization": "Bearer scimmock"} | ({"Host": host} if host is not None else {})
    answer = httpx.get(f"{server.base_url}/ServiceProviderConfig", headers=headers)
    assert answer.status_code == 200
    return str(answer.json()["meta"]["location"]).removesuffix("/scim/v2/ServiceProviderConfig")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1", "10.0.0.1", "", "localhost/evil", 'localhost"', "[::1",
        "localhost:port", "127.0.0.1:999999",
        "localhost:80:80", "2130706433.evil", "0x7f.1.evil",
    ],
)  # fmt: skip
def test_a_foreign_host_is_not_repeated(shared_server: Any, host: str) -> None:
    """A Host that does not name this server is not echoed: answers carry the bound address."""
    assert location(shared_server, host) == shared_server.url


def test_loopback_names_are_taken_as_they_are_called(shared_server: Any) -> None:
    """Who calls localhost reads localhost, who calls 127.0.0.1 reads that, also through a forwarded port."""
    port = shared_server.address[1]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "localhost:9999", "LOCALHOST"):
        assert location(shared_server, host) == f"http://{host}"


def test_the_public_url_wins(launch: Any) -> None:
    """With --public-url every location begins with it, whatever Host says, in tenants too."""
    server = launch("--users", "1", "--groups", "0", "--public-url", "https://scim.example.com/mock/")
    direct = f"http://127.0.0.1:{_port(server)}"
    headers = {"Authorization": "Bearer scimmock"}
    for host in ("localhost", "evil.example"):
        user = httpx.get(f"{direct}/scim/v2/Users", headers=headers | {"Host": host}).json()["Resources"][0]
        assert user["meta"]["location"] == f"https://scim.example.com/mock/scim/v2/Users/{user['id']}"
    user = httpx.post(
        f"{direct}/t/a/scim/v2/Users", headers=headers, json={"schemas": [USER], "userName": "u"}
    )
    assert user.headers["location"].startswith("https://scim.example.com/mock/t/a/scim/v2/Users/")


def _port(server: Any) -> int:
    """The port that a process listens on, from /proc, when the ready file names a public address."""
    inodes = set()
    from pathlib import Path

    for link in Path(f"/proc/{server.ready['pid']}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return int(fields[1].rpartition(":")[2], 16)
    raise AssertionError("the server does not listen")


def test_an_own_base_path(launch: Any) -> None:
    """--base-path moves the service, with its locations, in tenants too; the old path is 404."""
    server = launch("--users", "1", "--groups", "0", "--base-path", "/api/identity")
    assert server.base_url == f"{server.url}/api/identity"
    with server.client() as client:
        user = client.get("/Users").json()["Resources"][0]
        assert user["meta"]["location"] == f"{server.base_url}/Users/{user['id']}"
        assert client.get(f"{server.url}/t/x/api/identity/Users").json()["totalResults"] == 1
        assert client.get(f"{server.url}/scim/v2/Users").status_code == 404


def test_all_addresses_of_the_machine(launch: Any) -> None:
    """Bound to 0.0.0.0, the address that the client connected to stands in for a foreign Host.

    The name of the machine is none: that is what a container of the same network can be called by.
    """
    server = launch("--users", "0", "--groups", "0", "--host", "0.0.0.0", "--token", "t0ken")
    port = server.address[1]
    assert server.url == f"http://127.0.0.1:{port}"
    for host, expected in (
        ("evil.example", f"http://127.0.0.2:{port}"),
        (f"127.0.0.2:{port}", f"http://127.0.0.2:{port}"),
        (f"{socket.gethostname()}:{port}", f"http://{socket.gethostname()}:{port}"),
        (f"{socket.gethostname()}:{port + 1}", f"http://127.0.0.2:{port}"),
    ):
        answer = httpx.get(
            f"http://127.0.0.2:{port}/scim/v2/ServiceProviderConfig",
            headers={"Authorization": "Bearer t0ken", "Host": host},
        )
        assert answer.json()["meta"]["location"] == f"{expected}/scim/v2/ServiceProviderConfig"


@given(header=st.binary(max_size=60) | st.from_regex(rb"[a-z0-9.\[\]:@/-]{1,40}", fullmatch=True))
def test_no_header_gets_foreign_hosts_into_a_root(header: bytes) -> None:
    """For any Host at all the root is a URL of this machine."""
    root = BaseUrls("127.0.0.1", 8080, False).root(header, ("127.0.0.1", 8080)).decode("latin-1")
    url = httpx.URL(root)
    assert (
        url.scheme == "http" and url.path == "/" and not url.userinfo and not url.query and not url.fragment
    )
    assert url.host.rstrip(".") == "localhost" or url.host.startswith("127.") or url.host == "::1"


def test_tls_makes_https() -> None:
    """With TLS the scheme is https, and the default port needs not be named."""
    bases = BaseUrls("192.0.2.1", 443, True)
    assert bases.bound == "https://192.0.2.1:443"
    assert bases.root(b"192.0.2.1", None) == b"https://192.0.2.1"
    assert bases.root(b"192.0.2.1:8443", None) == b"https://192.0.2.1:443"


def test_an_ipv6_address_has_brackets() -> None:
    """The bound address of IPv6 is a URL."""
    assert BaseUrls("::1", 80, False).bound == "http://[::1]:80"
