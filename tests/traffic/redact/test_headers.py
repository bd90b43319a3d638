"""Headers: those of the protocol stay, hosts and persons in them go, credentials are dropped."""

from __future__ import annotations

import time
from typing import Any

import pytest

from scimmock.traffic.recording import make_header
from scimmock.traffic.redact.redactor import Redactor

from .sessions import ID, error, exchange

KEY = b"a key of the tests, 32 bytes lon"
BASE = "https://acme.idp.example.org/scim/v2"


def redactor(mode: Any = "pseudonyms") -> Redactor:
    own = Redactor(mode, KEY)
    own.header(make_header("addon", BASE, 0.0))
    return own


def header(name: str, value: str, own: Redactor | None = None) -> str:
    shown = (own or redactor()).exchange(exchange(headers=[[name, value]]))
    return str(shown["request"]["headers"][0][1])


def word(text: str, own: Redactor | None = None) -> str:
    """Return the pseudonym of a text, as a body has it."""
    shown = (own or redactor()).exchange(exchange("POST", body={"nickName": text}))
    return str(shown["request"]["body"]["json"]["nickName"])


HARMLESS = """
Content-Type: application/scim+json; charset=utf-8
Content-Type: application/x-www-form-urlencoded
Content-Type: text/html;charset="UTF-8"
Accept: application/scim+json, application/json;q=0.9, */*;q=0.8
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9,zh-Hans-CN;q=0.8,*;q=0.5
Content-Language: de-CH
Connection: keep-alive
Keep-Alive: timeout=5, max=1000
Cache-Control: no-cache, no-store, max-age=0, must-revalidate, private
Pragma: no-cache
Vary: Accept-Encoding, X-Acme-Header
Allow: GET, POST, PUT, PATCH, DELETE, OPTIONS
Transfer-Encoding: chunked
Date: Mon, 23 Nov 2026 10:00:00 GMT
Expires: 0
Expires: -1
Retry-After: 30
Content-Length: 612
ETag: W/"a330bc54f0671c9"
If-None-Match: "1", W/"2"
X-Forwarded-Proto: https
X-Forwarded-Port: 443
X-Forwarded-For: 127.0.0.1
X-HTTP-Method-Override: PATCH
Origin: null
Strict-Transport-Security: max-age=31536000; includeSubDomains; preload
Alt-Svc: h3=":443"; ma=86400, h2=":443"; ma=86400; persist=1
Alt-Svc: clear
Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; img-src data: https:
Referrer-Policy: strict-origin-when-cross-origin
Access-Control-Allow-Origin: *
Access-Control-Allow-Credentials: true
Access-Control-Allow-Methods: GET, POST, OPTIONS
Access-Control-Allow-Headers: Authorization, Content-Type, X-Acme-Header
Access-Control-Max-Age: 86400
Content-Disposition: attachment
Prefer: return=representation
Prefer: respond-async, wait=10, handling=lenient
Preference-Applied: return=minimal
Priority: u=1, i
Sec-Fetch-Mode: cors
Sec-Fetch-Site: same-origin
Sec-Fetch-Dest: empty
Server-Timing: cache;desc="HIT", db;dur=53.2, total;dur=123
CF-Cache-Status: DYNAMIC
X-Cache: MISS
X-Cache: Miss from cloudfront
Cross-Origin-Opener-Policy: same-origin-allow-popups
Cross-Origin-Embedder-Policy: require-corp
Cross-Origin-Resource-Policy: cross-origin
X-Content-Type-Options: nosniff
X-Frame-Options: SAMEORIGIN
X-XSS-Protection: 1; mode=block
X-Requested-With: XMLHttpRequest
Upgrade-Insecure-Requests: 1
Range: bytes=0-499
X-RateLimit-Limit: 600
X-Rate-Limit-Reset: 1764000000
RateLimit-Policy: "default";q=100;w=60
RateLimit: limit=100, remaining=50, reset=5
WWW-Authenticate: Bearer realm="scimmock", error="invalid_token", error_description="the token has expired"
WWW-Authenticate: Basic realm="scimmock", charset="UTF-8"
Forwarded: proto=https;for=127.0.0.1;host=localhost:8080
NEL: {"success_fraction":0,"report_to":"cf-nel","max_age":604800}
Server: nginx
Via: 1.1 varnish
User-Agent: Okta SCIM Client 1.0.0
""".strip().splitlines()


@pytest.mark.parametrize("line", HARMLESS)
def test_what_speaks_of_the_message_stays(line: str) -> None:
    name, _, value = line.partition(": ")
    assert header(name, value) == value
    assert header(name.lower(), value) == value


PERSONAL = [
    ("Content-Type", 'application/json; name="Barbara Jensen.json"', ["Barbara", "Jensen"]),
    ("Content-Type", "application/vnd.jensen+json", ["jensen"]),
    ("Accept", "jensen", ["jensen"]),
    ("Date", "Mon, Barbara Jensen", ["Barbara", "Jensen"]),
    ("Accept-Language", "jensen", ["jensen"]),
    ("X-Forwarded-Proto", "jensen", ["jensen"]),
    ("X-Forwarded-Port", "jensen", ["jensen"]),
    ("X-HTTP-Method-Override", "PATCH jensen", ["jensen"]),
    ("Origin", "https://jensen.acme.com", ["jensen", "acme"]),
    ("Strict-Transport-Security", "max-age=1; jensen", ["jensen"]),
    ("Alt-Svc", 'h3="jensen.acme.com:443"; ma=86400', ["jensen", "acme"]),
    ("Content-Security-Policy", "default-src 'self' https://cdn.acme.com *.jensen.org:*", ["acme", "jensen"]),
    ("Content-Security-Policy", "report-uri https://acme.com/csp?user=jensen", ["acme", "jensen"]),
    ("Content-Security-Policy", "script-src 'nonce-jensen2026'", ["jensen"]),
    ("Access-Control-Allow-Origin", "https://acme.com", ["acme"]),
    ("Access-Control-Allow-Methods", "GET, jensen", ["jensen"]),
    ("Referrer-Policy", "jensen", ["jensen"]),
    ("Prefer", "return=jensen", ["jensen"]),
    ("Server-Timing", 'app;desc="Barbara Jensen"', ["Barbara", "Jensen"]),
    ("X-Cache", "HIT from proxy1.acme.com", ["acme"]),
    ("Sec-Fetch-User", "jensen", ["jensen"]),
    ("X-RateLimit-Limit", "100 jensen", ["jensen"]),
    ("Cross-Origin-Opener-Policy", "jensen", ["jensen"]),
    ("Content-Disposition", 'attachment; filename="Barbara Jensen.csv"', ["Barbara", "Jensen"]),
    ("Content-Disposition", "inline; filename=jensen.csv", ["jensen"]),
    (
        "Content-Disposition",
        "attachment; filename*=UTF-8''Barbara%20J%C3%B6nsen.csv",
        ["Barbara", "J%C3", "nsen"],
    ),
    ("Content-Disposition", 'form-data; name="jensen"', ["jensen"]),
    (
        "Link",
        '<https://acme.com/people/jensen>; rel="author"; title="Barbara Jensen"',
        ["acme", "ensen", "Barb"],
    ),
    ("Link", '<https://acme.com/x>; rel="https://acme.com/rels/jensen"', ["acme", "jensen"]),
    ("Link", "Barbara Jensen", ["Barbara", "Jensen"]),
    ("WWW-Authenticate", 'Bearer realm="Jensen House"', ["Jensen"]),
    ("WWW-Authenticate", 'Bearer resource_metadata="https://acme.com/meta"', ["acme"]),
    ("Forwarded", 'for=203.0.113.77;host=acme.com, for="[2001:db8::77]"', ["203.0.113.77", "acme", "db8"]),
    ("X-Forwarded-Host", "acme.com, inner.jensen.org", ["acme", "jensen"]),
    ("Report-To", '{"group":"cf-nel","max_age":1,"endpoints":[{"url":"https://acme.com/r"}]}', ["acme"]),
    ("X-Original-URL", "/scim/v2/Users/jensen", ["jensen"]),
    ("X-Acme-User", "jensen", ["jensen"]),
]


@pytest.mark.parametrize(("name", "value", "said"), PERSONAL, ids=lambda value: str(value)[:40])
def test_whoever_stands_in_a_header_of_the_protocol_is_replaced(
    name: str, value: str, said: list[str]
) -> None:
    found = header(name, value)
    assert [text for text in said if text.lower() in found.lower()] == []


@pytest.mark.parametrize(("name", "value", "said"), PERSONAL, ids=lambda value: str(value)[:40])
def test_where_only_secrets_are_dropped_headers_stay_as_they_are(
    name: str, value: str, said: list[str]
) -> None:
    assert header(name, value, redactor("secrets")) == value


def test_links_lead_to_the_same_place_as_bodies() -> None:
    own = redactor()
    found = header(
        "Link",
        f'<{BASE}/Users?startIndex=26&filter=userName%20eq%20%22jensen%22>; rel="next", '
        f"<{BASE}/Users/{ID}>; rel=self; type=\"application/scim+json\", <../Groups>;rel='last'",
        own,
    )
    base = own.header(make_header("addon", BASE, 0.0))["base_url"]
    jensen = word("jensen", own)
    assert found == (
        f'<{base}/Users?startIndex=26&filter=userName%20eq%20%22{jensen}%22>; rel="next", '
        f"<{base}/Users/{ID}>; rel=self; type=\"application/scim+json\", <../Groups>;rel='last'"
    )


def test_of_a_policy_only_the_hosts_are_replaced() -> None:
    own = redactor()
    acme = word("acme.com", own)
    assert header(
        "Content-Security-Policy",
        "default-src 'self' *.acme.com:8443 wss://acme.com data:; object-src 'unsafe-inline'",
        own,
    ) == (f"default-src 'self' *.{acme}:8443 wss://{acme} data:; object-src 'unsafe-inline'")


def test_a_file_keeps_its_kind_and_has_the_pseudonym_of_the_body() -> None:
    own = redactor()
    jensen = word("Barbara Jensen", own)
    assert (
        header("Content-Disposition", 'attachment; filename="Barbara Jensen.csv"', own)
        == f'attachment; filename="{jensen}.csv"'
    )
    assert (
        header("Content-Disposition", "attachment; filename*=UTF-8'en'Barbara%20Jensen.csv", own)
        == f"attachment; filename*=UTF-8'en'{jensen.replace(' ', '%20')}.csv"
    )


@pytest.mark.parametrize("person", ["Иван Петров", "Zoë Müller", "山田太郎", "Jürgen"])
def test_a_header_in_utf8_has_the_pseudonym_of_the_body(person: str) -> None:
    own = redactor()
    found = header("X-User", person.encode().decode("latin-1"), own)
    assert found.encode("latin-1").decode("utf-8") == word(person, own) != person


def test_a_header_in_latin_1_has_the_pseudonym_of_the_body() -> None:
    own = redactor()
    found = header("X-User", "Jürgen", own)
    assert found == word("Jürgen", own)
    assert found.encode("latin-1")


def test_a_header_with_utf8_in_a_sentence_stays_text_of_latin_1() -> None:
    found = header("Warning", '199 - "Иван is unknown"'.encode().decode("latin-1"))
    assert "Иван" not in found.encode("latin-1").decode("utf-8")


def test_a_header_that_is_more_than_latin_1_is_redacted_as_it_is() -> None:
    own = redactor()
    assert header("X-User", "Иван", own) == word("Иван", own)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-API-Key", "correct horse battery"),
        ("Authorization", "Bearer correct horse battery"),
        ("Cookie", "session=correct; horse=battery"),
        ("X-Anything", "Bearer eyJhbGciOiJub25lIn0.eyJob3JzZSI6MX0.battery"),
        ("X-User", "Basic Y29ycmVjdDpob3JzZQ=="),
    ],
)
@pytest.mark.parametrize("mode", ["pseudonyms", "secrets"])
def test_nothing_of_a_credential_stays(name: str, value: str, mode: str) -> None:
    found = header(name, value, redactor(mode))
    assert found.endswith("***")
    assert not any(part in found for part in ("correct", "horse", "battery", "eyJ", "Y29y"))


def test_what_an_exchange_says_of_a_person_holds_for_its_sentences_alone() -> None:
    own = redactor()
    agent = "Okta SCIM Client"
    calm = exchange(headers=[["User-Agent", agent]])
    angry = exchange(
        "POST", body={"userName": "Okta"}, status=409, answer=error("exists"), headers=[["User-Agent", agent]]
    )
    shown = [own.exchange(one)["request"]["headers"][0][1] for one in (calm, angry, calm)]
    assert shown[0] == shown[2] == agent
    assert "Okta" not in shown[1]


@pytest.mark.parametrize(
    "value",
    [
        "<" * 30_000,
        'a="' + '\\"' * 15_000,
        "a=" * 15_000,
        "a" * 60_000,
        "a." * 30_000,
        "a-" * 30_000,
        "http://" * 8_000,
        " " * 60_000,
    ],
    ids=lambda value: value[:8],
)
@pytest.mark.parametrize("name", ["Link", "Content-Security-Policy", "Accept", "X-User"])
def test_long_headers_cost_no_more_than_their_length(name: str, value: str) -> None:
    began = time.perf_counter()
    header(name, value)
    assert time.perf_counter() - began < 1.5
