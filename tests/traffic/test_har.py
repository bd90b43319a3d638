"""HAR 1.2: our own comes back equal, that of mitmproxy and of browsers is understood."""

from __future__ import annotations

import base64
import io
import json
import os
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import FileError
from scimmock.traffic.har import entry_of, write_har
from scimmock.traffic.har_entry import exchange_of
from scimmock.traffic.har_read import Har, read_har

from ..warm import Nursery
from .har_schema import check
from .made_sessions import USER, body, exchange, header_of, patch, provision, recorded

ADA = {"schemas": [USER], "id": "1", "userName": "ada", "x": [1, 1.5, None, True, "zoë 山本 \u2028"]}


def har_of(header: dict[str, Any], exchanges: list[dict[str, Any]]) -> dict[str, Any]:
    out = io.StringIO()
    assert write_har(header, exchanges, out) == len(exchanges)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def read(path: Path, document: Any) -> Har:
    path.write_text(json.dumps(document))
    return read_har(path)


ODD = [
    exchange(1, "POST", "/Users", ADA, 201, ADA),
    exchange(2, "GET", "/Users", query="filter=userName+eq+%22a%22&count=", told={"Resources": []}),
    exchange(3, "DELETE", "/Users/a%20b", status=204),
    exchange(4, "PATCH", "/Users/1", patch(), None, error={"kind": "reset", "message": "by the peer"}),
    exchange(5, "GET", "/Users", None, error=None),
    exchange(9, "GET", "/Users", error={"kind": "truncated", "message": "after 7 bytes"}, connection=None),
    exchange(7, "POST", "/oauth/token", base_path=1),
    exchange(8, "GET", "//Users#x", upstream={"status": None, "error": {"kind": "closed", "message": ""}}),
    {"n": 1, "request": {"method": "GET", "path": "/Users"}, "response": {"status": 200}},
    {"n": 2, "at": "2026-09-21T16:13:20.000+02:00", "request": {"method": "?", "path": ""}, "response": None},
]
ODD[6]["request"] |= {"base": "", "http": "2", "body": {"text": "grant_type=client_credentials", "size": 29}}
ODD[6]["response"]["body"] = {"base64": base64.b64encode(b"\xff\x00").decode(), "size": 2}
ODD[4]["response"]["body"] = {"json": {"a": "b" * 100}, "size": 60}
ODD[2]["response"]["headers"] = [["Set-Cookie", "a=b; Path=/"], ["Set-Cookie", "c"], ["LOCATION", "/x"]]
ODD[1]["response"]["body"] = {"text": '{"a": 1.0e5', "size": 5000, "cut": True}
ODD[0]["request"]["body"] = {"text": '{"a": 1, "a": 2}', "size": 16}


def test_ours_is_valid_and_comes_back_equal(tmp_path: Path) -> None:
    header = header_of()
    document = har_of(header, ODD)
    check(document)
    har = read(tmp_path / "a.har", document)
    assert har.header == header
    assert har.exchanges == ODD
    assert har.notices == []


def test_a_real_session_comes_back_equal(tmp_path: Path, scim: httpx.Client) -> None:
    provision(scim)
    header, exchanges = recorded(scim)
    document = har_of(header, exchanges)
    check(document)
    har = read(tmp_path / "a.har", document)
    assert (har.header, har.exchanges) == (header, exchanges) and len(exchanges) > 15
    first = document["log"]["entries"][1]["request"]
    assert first["url"] == f"{header['base_url']}/Users?filter=userName+eq+%22ada%40example.com%22"
    assert first["queryString"] == [{"name": "filter", "value": 'userName eq "ada@example.com"'}]


def test_an_empty_session_comes_back_equal(tmp_path: Path) -> None:
    header = header_of() | {"base_url": ""}
    document = har_of(header, [])
    check(document)
    assert read(tmp_path / "a.har", document).exchanges == []
    assert read(tmp_path / "a.har", har_of(header, ODD)).exchanges == ODD


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
texts = st.text(max_size=12)
bodies = st.one_of(
    st.dictionaries(st.text(max_size=5), values, max_size=3).map(body),
    st.builds(lambda text, size: {"text": text, "size": size}, texts, st.integers(0, 99)),
    st.builds(
        lambda raw: {"base64": base64.b64encode(raw).decode(), "size": len(raw)}, st.binary(max_size=9)
    ),
    st.builds(lambda text: {"text": text, "size": 999, "cut": True}, texts),
    st.just({"size": 0}),
)


@given(method=texts, path=texts, query=texts, sent=bodies, told=bodies, value=texts, more=values)
def test_whatever_an_exchange_says_comes_back(
    method: str, path: str, query: str, sent: Any, told: Any, value: str, more: Any
) -> None:
    one = exchange(1, method, f"/{path}", query=query, headers=[["a", value], [value, ""]], extra=more)
    one["request"]["body"], one["response"]["body"] = sent, told
    header = header_of()
    entry = json.loads(json.dumps(entry_of(one, header, 1)))
    assert exchange_of(entry, header, 1) == one


@pytest.mark.parametrize("at", [5, "x", None, 10**30])
def test_an_exchange_that_does_not_say_when_comes_back_too(at: Any) -> None:
    one, header = {**exchange(1, "GET", "/Users", told={}), "at": at}, header_of()
    entry = entry_of(one, header, 1)
    assert entry["startedDateTime"] == header["started"] and exchange_of(entry, header, 1) == one


def test_what_can_be_worked_out_does_not_stand_twice() -> None:
    one = exchange(1, "POST", "/Users", ADA, 201, ADA)
    entry = entry_of(one, header_of(), 1)
    assert entry["_scimmock"].keys() == {"exchange"}
    assert entry["_scimmock"]["exchange"].keys() == {"t", "trace"}
    assert entry["startedDateTime"] == one["at"] and entry["time"] == 12.65


def test_writing_takes_no_memory_for_each_exchange() -> None:
    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    def many() -> Iterator[dict[str, Any]]:
        for n in range(1, 801):
            yield exchange(n % 30, "POST", "/Users", ADA | {"n": n}, 201, ADA)

    tracemalloc.start()
    write_har(header_of(), many(), Nowhere())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300_000


# ---- mitmproxy


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flow file with a create, a list, and a connection that was closed; answers are compressed."""
    pytest.importorskip("mitmproxy")
    from .flow_file import write_flows

    agent = [["Content-Type", "application/scim+json"], ["User-Agent", "Okta SCIM Client 1.0.0"]]
    exchanges = [
        exchange(1, "POST", "/Users", ADA, 201, ADA, headers=agent),
        exchange(2, "GET", "/Users", query='filter=userName+eq+"zoe"', told={"Resources": [ADA]}),
        exchange(3, "GET", "/Users/1", status=None),
    ]
    path = tmp_path_factory.mktemp("flows") / "session.flow"
    write_flows(path, header_of("http://127.0.0.1:9/scim/v2"), exchanges, gzip=True)
    return path


@pytest.fixture(scope="module")
def dumped(flows: Path, warm_mitmproxy: Nursery) -> Path:
    """What mitmdump makes of it, as .har and .zhar."""
    for suffix in ("har", "zhar"):
        out = flows.with_suffix(f".{suffix}")
        given = ["-n", "-q", "-r", flows, "--set", f"hardump={out}", "--set", f"confdir={flows.parent}"]
        with flows.with_suffix(".txt").open("w") as output:
            made = warm_mitmproxy.start(
                *map(str, given), output=output, env=dict(os.environ), cwd=flows.parent
            )
        assert made.wait(timeout=30) == 0
    return flows.with_suffix(".har")


def test_a_har_of_mitmproxy_is_understood(dumped: Path) -> None:
    har = read_har(dumped)
    assert har.header["base_url"] == "http://127.0.0.1:9/scim/v2"
    assert har.header["started"] == "2026-09-21T14:13:21.123Z"
    create, found, lost = har.exchanges
    assert create["request"]["body"]["json"] == create["response"]["body"]["json"] == ADA
    assert create["trace"]["operation"] == "create" and create["trace"]["client"] == "okta"
    assert create["timing"] == {"request_ms": 10.0, "wait_ms": 90.0, "response_ms": 10.0}
    assert (found["n"], found["t"]) == (2, 1.0) and found["request"]["path"] == "/Users"
    assert found["request"]["query"].startswith("filter=userName+eq+")
    assert found["response"]["body"]["json"] == {"Resources": [ADA]}
    # As it was sent, compressed; newer versions of mitmproxy say the size that it has then.
    assert found["response"]["body"]["size"] <= len(json.dumps([ADA]))
    assert lost["response"] is None
    assert lost["error"] == {"kind": "closed", "message": "server closed connection"}


def test_a_compressed_har_is_the_same(dumped: Path, tmp_path: Path) -> None:
    assert read_har(dumped.with_suffix(".zhar")).exchanges == read_har(dumped).exchanges
    path = tmp_path / "torn.zhar"
    path.write_bytes(dumped.with_suffix(".zhar").read_bytes()[:-20])
    with pytest.raises(FileError, match="not whole"):
        read_har(path)


# ---- browsers


def entry(method: str, url: str, at: str = "00.000", **more: Any) -> dict[str, Any]:
    """Return an entry as Chrome exports it."""
    sent, told = more.pop("sent", None), more.pop("told", None)
    content = {"size": 0, "mimeType": "application/json"}
    if told is not None:
        text = json.dumps(told)
        encoded = base64.b64encode(text.encode()).decode()
        content |= {"size": len(text), "text": encoded, "encoding": "base64"}
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": "h2",
        "headers": [{"name": ":authority", "value": "app.example"}, {"name": "accept", "value": "*/*"}],
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": -1,
    }
    if sent is not None:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(sent)}
    return {
        "_initiator": {"type": "script"},
        "_resourceType": "fetch",
        "pageref": "page_1",
        "connection": "443",
        "startedDateTime": f"2026-11-23T11:00:{at}+01:00",
        "time": 5.5,
        "request": request,
        "response": {
            "status": 200,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": [{"name": ":status", "value": "200"}],
            "cookies": [],
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": 99,
        },
        "cache": {},
        "timings": {"blocked": 1, "dns": -1, "send": 0.1, "wait": 5.123456, "receive": -1},
    } | more


def browser(*entries: dict[str, Any]) -> dict[str, Any]:
    pages = [{"id": "page_1", "startedDateTime": "2026-11-23T11:00:00Z", "title": "", "pageTimings": {}}]
    creator = {"name": "WebInspector", "version": "537.36"}
    return {"log": {"version": "1.2", "creator": creator, "pages": pages, "entries": list(entries)}}


def test_a_har_of_a_browser_is_understood(tmp_path: Path) -> None:
    app, listed = "https://app.example/services/scim/v2", {"schemas": [USER], "Resources": []}
    document = browser(
        entry("GET", "https://app.example/api/users/me", "00.100"),
        entry("GET", "https://cdn.example/logo.png", "00.000"),
        entry("GET", "data:image/png;base64,AAAA", "00.000"),
        entry("GET", "blob:https://app.example/5f0d", "00.000"),
        entry("POST", f"{app}/Users", "03.000", sent=ADA, told=ADA),
        entry("GET", f"{app}/Users?count=1#top", "02.000", told=listed),
        entry("GET", "https://other.example/scim/Users/7", "04.000", told=ADA, connection="444"),
        entry("GET", "https://other.example/Users/8", "05.000"),
    )
    path = tmp_path / "chrome.har"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(document).encode())
    har = read_har(path)
    assert har.header["base_url"] == app and har.header["started"] == "2026-11-23T10:00:02.000Z"
    first, second, third = har.exchanges
    assert [item["n"] for item in har.exchanges] == [1, 2, 3]
    assert first["request"]["path"] == "/Users" and first["request"]["query"] == "count=1"
    assert first["request"]["headers"] == [["accept", "*/*"]] and first["request"]["http"] == "2"
    assert first["response"]["body"] == body(listed) and first["response"]["headers"] == []
    assert first["timing"] == {"request_ms": 0.1, "wait_ms": 5.123, "response_ms": 0.0}
    assert (first["connection"], second["connection"], third["connection"]) == (1, 1, 2)
    assert second["t"] == 1.0 and second["request"]["body"]["json"] == ADA
    assert third["request"]["base"] == "/scim" and third["request"]["path"] == "/Users/7"
    assert third["trace"]["operation"] == "read" and third["trace"]["id"] == "7"
    assert har.notices == [
        "5 entries that are no SCIM left out",
        f"1 of https://other.example, taken for {app[:19]}",
    ]


def test_a_form_is_told_by_its_parameters(tmp_path: Path) -> None:
    token = entry("POST", "https://app.example/oauth/token")
    params = [{"name": "grant_type", "value": "client credentials"}, {"name": "a", "value": "&"}]
    token["request"]["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": params}
    har = read(
        tmp_path / "a.har", browser(token, entry("GET", "https://app.example/scim/v2/Users", "01.000"))
    )
    asked = har.exchanges[0]["request"]
    assert asked["body"] == {"text": "grant_type=client+credentials&a=%26", "size": 35}
    assert (asked["base"], asked["path"]) == ("", "/oauth/token")
    assert har.exchanges[0]["trace"]["operation"] == "token"


def test_a_failed_request_has_no_response(tmp_path: Path) -> None:
    failed = entry("GET", "https://app.example/scim/v2/Users")
    failed["response"] |= {"status": 0, "_error": "net::ERR_CONNECTION_RESET", "content": {"size": 0}}
    (one,) = read(tmp_path / "a.har", browser(failed)).exchanges
    assert one["response"] is None
    assert one["error"] == {"kind": "reset", "message": "net::ERR_CONNECTION_RESET"}


def test_a_body_that_was_not_kept_is_told(tmp_path: Path) -> None:
    bare = entry("GET", "https://app.example/scim/v2/Users")
    bare["response"]["content"]["size"] = 500
    har = read(tmp_path / "a.har", browser(bare))
    assert har.exchanges[0]["response"]["body"] == {"text": "", "size": 500, "cut": True}
    assert har.notices == ["1 answer whose body the HAR does not have"]


def spoiled(**parts: Any) -> dict[str, Any]:
    one = entry("GET", "https://app.example/scim/v2/Users")
    for key, value in parts.items():
        holder = one
        *way, last = key.split("__")
        for name in way:
            holder = holder[name]
        holder[last] = value
    return browser(entry("GET", "https://app.example/scim/v2/Users"), one)


def ours(**parts: Any) -> dict[str, Any]:
    return har_of(header_of() | parts, [])


@pytest.mark.parametrize(
    ("document", "where", "what"),
    [
        (b"{\n  no\n", ":2:3", "is not JSON"),
        (b"\xff\xfe{}", "", "is not JSON in UTF-8"),
        (b"[]", "", "is no HAR"),
        (b"{}", ": log", "is missing"),
        (b'{"log": {"entries": 1}}', ": log.entries", "is a number"),
        (b'{"log": {"entries": [1]}}', ": log.entries[0]", "is no object"),
        (b'{"log": {"entries": []}}', "", "no exchange that could be SCIM"),
        (ours(scimmock="recording/9"), ": log._scimmock", "'recording/9'"),
        (ours(started="x"), ": log._scimmock.started", "no time"),
        (ours(base_url=None), ": log._scimmock.base_url", "is null"),
        (spoiled(request__url=5), ": log.entries[1].request.url", "is a number"),
        (spoiled(request__url="/Users"), ": log.entries[1].request.url", "no absolute URL"),
        (spoiled(request__url="http://[/Users"), ": log.entries[1].request.url", "no absolute URL"),
        (spoiled(startedDateTime="now"), ": log.entries[1].startedDateTime", "no time"),
        (spoiled(response=None), ": log.entries[1].response", "is null"),
        (spoiled(response__status="200"), ": log.entries[1].response.status", "is a string"),
        (
            spoiled(request__headers=[{"name": "a"}]),
            ": log.entries[1].request.headers[0].value",
            "is missing",
        ),
        (spoiled(response__content=[1]), ": log.entries[1].response.content", "is a list"),
        (
            spoiled(response__content={"text": "%", "encoding": "base64"}),
            ": log.entries[1].response.content.text",
            "is no base64",
        ),
    ],
)
def test_what_is_no_har_is_told_with_its_place(tmp_path: Path, document: Any, where: str, what: str) -> None:
    path = tmp_path / "a.har"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    with pytest.raises(FileError) as caught:
        read_har(path)
    assert what in str(caught.value) and str(caught.value).startswith(f"{path}{where}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        read_har(tmp_path / "nothing.har")


def test_zlib_is_told_by_its_first_byte() -> None:
    """So that a file is known by its content; a HAR never begins so."""
    assert all(zlib.compress(b"{", level)[:1] == b"\x78" for level in range(10))
