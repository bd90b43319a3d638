"""A real client, mitmdump with the addon, and a real scimmock: what passes is recorded as it was."""

from __future__ import annotations

import gzip
import json
import shutil
import ssl
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.traffic.form import body_bytes
from scimmock.traffic.recording import open_recording

from ..conftest import USER, Launch, LiveServer
from .conftest import Dump, Raw, document

pytest.importorskip("mitmproxy")

TOKEN = {"Authorization": "Bearer scimmock"}
EMPTY = ("--users", "0", "--groups", "0")


@pytest.fixture(scope="module")
def server(launch_for_module: Launch) -> LiveServer:
    return launch_for_module(*EMPTY)


@pytest.fixture(scope="module")
def dump(server: LiveServer, mitmdump_for_module: Callable[..., Dump]) -> Dump:
    return mitmdump_for_module(f"reverse:{server.url}")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A self-made certificate for 127.0.0.1, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True, timeout=60)
    return cert, key


def user(name: str) -> dict[str, Any]:
    return {"schemas": [USER], "userName": name}


def test_an_exchange_as_it_was(server: LiveServer, dump: Dump, plain: httpx.Client) -> None:
    """Request and answer with their headers and bodies, below the base path; the file is private."""
    made: list[httpx.Response] = []

    def ask() -> None:
        headers = TOKEN | {"User-Agent": "Okta SCIM Client 1.0.0", "X-Several": "a"}
        made.append(plain.post(f"{dump.url}/scim/v2/Users?x=%20y", json=user("first"), headers=headers))

    exchange = dump.last(ask)
    (answer,) = made
    request, response, trace = exchange["request"], exchange["response"], exchange["trace"]
    assert (request["method"], request["path"], request["query"]) == ("POST", "/Users", "x=%20y")
    assert request["http"] == "1.1" and request["body"]["json"] == user("first")
    assert ["authorization", "Bearer scimmock"] in [[k.lower(), v] for k, v in request["headers"]]
    assert ["host", server.url.partition("//")[2]] in [[k.lower(), v] for k, v in request["headers"]]
    assert response["status"] == 201 and response["body"]["json"]["id"] == answer.json()["id"]
    assert response["body"]["json"]["meta"]["location"].startswith(f"{server.base_url}/Users/")
    assert response["body"]["size"] == int(dict(map(tuple, response["headers"]))["content-length"])
    assert (trace["operation"], trace["resource"], trace["client"]) == ("create", "Users", "okta")
    assert trace["id"] == answer.json()["id"] and exchange["error"] is None
    assert exchange["timing"].keys() == {"request_ms", "wait_ms", "response_ms"}
    assert exchange["timing"]["wait_ms"] > 0
    assert dump.header["base_url"] == server.base_url and dump.header["by"] == "addon"
    assert stat.S_IMODE(dump.path.stat().st_mode) == 0o600
    recording = open_recording(dump.path)
    assert [each["n"] for each in recording] == list(range(1, len(dump.exchanges()) + 1))


def test_addresses_lead_through_the_recorder(server: LiveServer, dump: Dump, plain: httpx.Client) -> None:
    """A client that follows what it is told comes back; the recording has what the service said."""
    before = len(dump.exchanges())
    made = plain.post(f"{dump.url}/scim/v2/Users", json=user("led"), headers=TOKEN)
    location = made.headers["location"]
    assert location == made.json()["meta"]["location"] and location.startswith(f"{dump.url}/scim/v2/Users/")
    read = plain.get(location, headers=TOKEN)
    assert read.status_code == 200 and read.headers["content-length"] == str(len(read.content))
    group = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "g",
        "members": [{"value": made.json()["id"], "$ref": location}],
    }
    answer = plain.post(f"{dump.url}/scim/v2/Groups", json=group, headers=TOKEN)
    assert answer.json()["members"][0]["$ref"] == location
    found = plain.get(
        f"{dump.url}/scim/v2/Groups", params={"filter": f'members.$ref eq "{location}"'}, headers=TOKEN
    )
    assert found.status_code in (200, 400)
    exchanges = dump.exchanges(before + 4)[before:]
    assert [each["request"]["path"].split("/")[1] for each in exchanges] == [
        "Users",
        "Users",
        "Groups",
        "Groups",
    ]
    sent = exchanges[2]["request"]["body"]["json"]["members"][0]["$ref"]
    assert sent == f"{server.base_url}/Users/{made.json()['id']}"
    own = dump.url.partition("//")[2]
    assert own not in json.dumps(exchanges).replace("%3A", ":")


def test_where_clients_reach_the_recorder(server: LiveServer, dump: Dump, plain: httpx.Client) -> None:
    """What a tunnel says of the address that the client used is where it is led back to."""
    headers = TOKEN | {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "scim.tunnel.example"}
    made = plain.post(f"{dump.url}/scim/v2/Users", json=user("tunnel"), headers=headers)
    assert made.headers["location"].startswith("https://scim.tunnel.example/scim/v2/Users/")
    body = user("tunnel-2") | {"profileUrl": "https://scim.tunnel.example/x"}
    exchange = dump.last(lambda: plain.post(f"{dump.url}/scim/v2/Users", json=body, headers=headers))
    assert exchange["request"]["body"]["json"]["profileUrl"] == f"{server.url}/x"


def test_other_paths_say_where_they_lie(dump: Dump, plain: httpx.Client) -> None:
    """A request that is not below the base path of the recording has its own beside it."""
    exchange = dump.last(lambda: plain.get(f"{dump.url}/t/a%20b/scim/v2/Users/x%2Fy%40z", headers=TOKEN))
    where = exchange["request"]["base"], exchange["request"]["path"]
    assert where == ("/t/a%20b/scim/v2", "/Users/x%2Fy%40z") and exchange["trace"]["id"] == "x/y@z"
    exchange = dump.last(lambda: plain.get(f"{dump.url}/nothing?a=b", headers=TOKEN))
    assert exchange["request"]["base"] == "" and exchange["request"]["path"] == "/nothing"
    assert exchange["trace"]["operation"] is None


def test_connections_are_told_apart(dump: Dump) -> None:
    """Exchanges of one connection have its number, that of another client is another."""
    before = len(dump.exchanges())
    for _ in range(2):
        with httpx.Client(trust_env=False, headers=TOKEN) as client:
            client.get(f"{dump.url}/scim/v2/Users")
            client.get(f"{dump.url}/scim/v2/Groups")
    a, b, c, d = [each["connection"] for each in dump.exchanges(before + 4)[before:]]
    assert a == b < c == d


def _speaks_http2() -> bool:
    if shutil.which("curl") is None:
        return False
    return "HTTP2" in subprocess.run(["curl", "-V"], capture_output=True, text=True, timeout=10).stdout


@pytest.mark.skipif(not _speaks_http2(), reason="curl is the client that speaks HTTP/2")
def test_http_2(dump: Dump, tmp_path: Path) -> None:
    """Over TLS clients may speak HTTP/2, also where the service does not; addresses lead back to https."""
    command = [
        "curl",
        "-s",
        "-k",
        "--http2",
        "-D",
        str(tmp_path / "head"),
        "-H",
        "Authorization: Bearer scimmock",
    ]
    command += ["-H", "Content-Type: application/scim+json", "-d", json.dumps(user("two"))]
    url = f"https://127.0.0.1:{dump.address[1]}"

    def ask() -> None:
        subprocess.run([*command, f"{url}/scim/v2/Users"], check=True, capture_output=True, timeout=20)

    exchange = dump.last(ask)
    assert exchange["request"]["http"] == "2" and exchange["response"]["status"] == 201
    assert "host" in [name for name, _ in exchange["request"]["headers"]]
    head = (tmp_path / "head").read_text().lower()
    assert head.startswith("http/2 201") and f"location: {url}/scim/v2/users/" in head


def test_an_upstream_with_tls_and_a_client_with_tls(
    launch: Launch, certificate: tuple[str, str], mitmdump: Callable[..., Dump], plain: httpx.Client
) -> None:
    """https on both sides, in both modes: the service's certificate is checked unless one says otherwise."""
    secure = launch(*EMPTY, "--tls-cert", certificate[0], "--tls-key", certificate[1])
    strict = mitmdump(f"reverse:{secure.url}")
    dump = mitmdump(f"reverse:{secure.url}", ssl_verify_upstream_trusted_ca=certificate[0], confdir="one")
    proxy = mitmdump("regular", ssl_verify_upstream_trusted_ca=certificate[0], confdir="other")
    exchange = strict.last(lambda: plain.get(f"{strict.url}/scim/v2/Users", headers=TOKEN))
    assert exchange["response"]["status"] == 502 and exchange["error"]["kind"] == "tls"
    own = dump.url.replace("http:", "https:")
    context = ssl.create_default_context(cafile=dump.folder / "one" / "mitmproxy-ca-cert.pem")
    with httpx.Client(verify=context, trust_env=False, headers=TOKEN) as client:
        made = client.post(f"{own}/scim/v2/Users", json=user("tls"))
        assert made.headers["location"].startswith(f"{own}/scim/v2/Users/")
        assert client.get(made.headers["location"]).json()["userName"] == "tls"
    create, read = dump.exchanges(2)
    assert dump.header["base_url"] == secure.base_url and secure.base_url.startswith("https://")
    assert create["response"]["status"] == 201 and read["request"]["path"].startswith("/Users/")
    trusted = ssl.create_default_context(cafile=proxy.folder / "other" / "mitmproxy-ca-cert.pem")
    with httpx.Client(verify=trusted, proxy=proxy.url, trust_env=False, headers=TOKEN) as client:
        assert client.get(made.json()["meta"]["location"].replace(own, secure.url)).status_code == 200
    (through,) = proxy.exchanges(1)
    assert (
        through["request"]["path"] == read["request"]["path"] and proxy.header["base_url"] == secure.base_url
    )


def test_regular_mode(server: LiveServer, mitmdump: Callable[..., Dump], plain: httpx.Client) -> None:
    """As the proxy of a client: what looks like SCIM is recorded as it is, the rest is counted."""
    raw = Raw({"page": lambda connection, _: connection.sendall(document(b"{}"))})
    dump = mitmdump("regular")
    with httpx.Client(proxy=dump.url, trust_env=False, headers=TOKEN) as client:
        made = client.post(f"{server.base_url}/Users", json=user("regular"))
        assert made.headers["location"].startswith(f"{server.base_url}/Users/")
        assert client.get(f"{raw.url}/page").status_code == 200
    (exchange,) = dump.exchanges(1)
    assert exchange["request"]["path"] == "/Users" and dump.header["base_url"] == server.base_url
    assert dump.stop() == 0
    assert (dump.summary["written"], dump.summary["left_out"]) == (1, 1)
    raw.stop()


# ---- bodies

LARGE = json.dumps({"id": "x" * 2000, "u": "UPSTREAM/Users/1"}).encode()


@pytest.fixture(scope="module")
def bodies() -> Iterator[Raw]:
    raw: Raw

    def large() -> bytes:
        return LARGE.replace(b"UPSTREAM", raw.url.encode())

    def chunked(connection: Any, request: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head)
        for piece in (large()[:1000], large()[1000:]):
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    raw = Raw(
        {
            "gzip": lambda connection, _: connection.sendall(
                document(gzip.compress(large()), "Content-Encoding: gzip")
            ),
            "large": lambda connection, _: connection.sendall(document(large(), f"Location: {raw.url}/here")),
            "chunked": chunked,
            "binary": lambda connection, _: connection.sendall(document(b"\xff\x00", kind="image/x")),
            "text": lambda connection, _: connection.sendall(document(b'{"a":1,"a":2}')),
        }
    )
    yield raw
    raw.stop()


@pytest.fixture(scope="module")
def whole(bodies: Raw, mitmdump_for_module: Callable[..., Dump]) -> Dump:
    return mitmdump_for_module(f"reverse:{bodies.url}", scim_base="/scim")


@pytest.fixture(scope="module")
def streaming(bodies: Raw, mitmdump_for_module: Callable[..., Dump]) -> Dump:
    return mitmdump_for_module(
        f"reverse:{bodies.url}", scim_base="/scim", stream_large_bodies="1k", scim_max_body=1500
    )


def test_compressed_bodies(bodies: Raw, whole: Dump, plain: httpx.Client) -> None:
    """They are recorded decompressed, with the size that they had, and led back compressed."""
    answers: list[httpx.Response] = []
    exchange = whole.last(lambda: answers.append(plain.get(f"{whole.url}/scim/gzip")))
    sent = LARGE.replace(b"UPSTREAM", bodies.url.encode())
    assert exchange["response"]["body"]["json"] == json.loads(sent)
    assert exchange["response"]["body"]["size"] == len(gzip.compress(sent))
    assert answers[0].headers["content-encoding"] == "gzip"
    assert answers[0].json()["u"] == f"{whole.url}/Users/1"


@pytest.mark.parametrize(
    ("name", "form"),
    [("binary", {"base64": "/wA=", "size": 2}), ("text", {"text": '{"a":1,"a":2}', "size": 13})],
)
def test_bodies_that_are_no_json(whole: Dump, plain: httpx.Client, name: str, form: dict[str, Any]) -> None:
    """What JSON would change is text, what is no text is base64."""
    exchange = whole.last(lambda: plain.get(f"{whole.url}/scim/{name}"))
    assert exchange["response"]["body"] == form


@pytest.mark.parametrize("name", ["large", "chunked"])
def test_streamed_answers(bodies: Raw, streaming: Dump, plain: httpx.Client, name: str) -> None:
    """The client gets them as they come; the recording has their beginning and their size."""
    answers: list[httpx.Response] = []
    exchange = streaming.last(lambda: answers.append(plain.get(f"{streaming.url}/scim/{name}")))
    sent = LARGE.replace(b"UPSTREAM", bodies.url.encode())
    assert answers[0].content == sent
    assert exchange["response"]["body"] == {"text": sent[:1500].decode(), "size": len(sent), "cut": True}
    if name == "large":
        assert answers[0].headers["location"] == f"{streaming.url}/here"
        assert ["Location", f"{bodies.url}/here"] in exchange["response"]["headers"]


def test_streamed_requests(bodies: Raw, streaming: Dump, plain: httpx.Client) -> None:
    """The upstream gets all of it, the recording its beginning."""
    body = b'{"a":"' + b"y" * 3000 + b'"}'
    exchange = streaming.last(lambda: plain.post(f"{streaming.url}/scim/text", content=body))
    assert bodies.asked[-1].endswith(body)
    assert exchange["request"]["body"] == {"text": body[:1500].decode(), "size": len(body), "cut": True}


def test_chunked_bodies(bodies: Raw, whole: Dump, plain: httpx.Client) -> None:
    """They have no length that would have to be right."""
    answers: list[httpx.Response] = []
    exchange = whole.last(lambda: answers.append(plain.get(f"{whole.url}/scim/chunked")))
    sent = LARGE.replace(b"UPSTREAM", bodies.url.encode())
    assert exchange["response"]["body"] == {"json": json.loads(sent), "size": len(sent)}
    assert answers[0].json()["u"] == f"{whole.url}/Users/1"


def test_large_bodies_without_streaming(
    bodies: Raw, mitmdump: Callable[..., Dump], plain: httpx.Client
) -> None:
    """Of these too the beginning is kept; what is led back is whole."""
    dump = mitmdump(f"reverse:{bodies.url}", scim_base="/scim", scim_max_body=100)
    answers: list[httpx.Response] = []
    exchange = dump.last(lambda: answers.append(plain.get(f"{dump.url}/scim/gzip")))
    sent = LARGE.replace(b"UPSTREAM", bodies.url.encode())
    assert body_bytes(exchange["response"]["body"]) == sent[:100]
    assert exchange["response"]["body"]["cut"] is True
    assert exchange["response"]["body"]["size"] == len(gzip.compress(sent))
    assert answers[0].json()["u"] == f"{dump.url}/Users/1"
