"""Credentials: bearer tokens with names, basic, OAuth 2.0 client credentials."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from scimmock.fixture import AuthSpec, ClientSpec
from scimmock.server.auth import Authenticator
from tests.conftest import Launch

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def server(launch_for_module: Launch) -> Iterator[dict[str, Any]]:
    """A server with every kind of credential."""
    started = launch_for_module(
        *("--users", "1", "--groups", "0", "--token", "okta=first-token", "--token", "second-token"),
        *("--basic", "ann:pass:word", "--oauth-client", "app:s3cret:2"),
        *("--oauth-client", "sp ace:a+b&c=d"),
    )
    yield started.ready
    assert started.stop() == 0
    assert "Traceback" not in started.log.read_text()


def status(server: Any, header: str | bytes | None) -> int:
    headers = {"Authorization": header} if header is not None else {}
    answer = httpx.get(f"{server['base_url']}/Users", headers=headers)  # type: ignore[arg-type]
    if answer.status_code == 401:
        assert answer.json()["schemas"] == [ERROR] and answer.json()["status"] == "401"
        assert answer.headers["www-authenticate"]
    return answer.status_code


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer first-token", 200),
        ("Bearer second-token", 200),
        ("bearer first-token", 200),
        ("BEARER  first-token", 200),
        (basic("ann:pass:word"), 200),
        (basic("ann:pass:word").replace("Basic", "basic"), 200),
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer scimmock", 401),
        ("Bearer first-token x", 401),
        ("Bearer first-toke", 401),
        ("first-token", 401),
        ("Basic first-token", 401),
        ("Basic ====", 401),
        ("Basic", 401),
        (basic("ann:pass"), 401),
        (basic("ann"), 401),
        (basic(":"), 401),
        ("Digest username=ann", 401),
        (b"Bearer \xff\xfe", 401),
    ],
)
def test_who_may_come_in(server: Any, header: str | bytes | None, expected: int) -> None:
    """Named tokens and basic accounts are accepted, everything else is 401 with a challenge and a SCIM
    error.
    """
    assert status(server, header) == expected


def test_the_challenge_names_every_scheme(server: Any) -> None:
    """Without credentials the answer says which kinds there are; an unknown token is invalid_token."""
    challenge = httpx.get(f"{server['base_url']}/Users").headers.get_list("www-authenticate")
    assert any(item.startswith("Bearer ") for item in challenge)
    assert any(item.startswith("Basic ") for item in challenge)
    wrong = httpx.get(f"{server['base_url']}/Users", headers={"Authorization": "Bearer x"})
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


def test_strangers_do_not_learn_which_endpoints_there_are(server: Any) -> None:
    """Without credentials unknown endpoints, wrong methods and bad bodies are 401 like everything else."""
    base = server["base_url"]
    for answer in (
        httpx.get(f"{base}/Nothing"),
        httpx.delete(f"{base}/Users"),
        httpx.post(f"{base}/Users", content=b"{"),
        httpx.get(f"{base}/Schemas"),
        httpx.put(f"{base}/ServiceProviderConfig", content=b"{}", headers={"Authorization": "Bearer no"}),
    ):
        assert answer.status_code == 401, answer.request.url


def token(server: Any, **form: str) -> httpx.Response:
    url = server["base_url"].rpartition("/")[0]
    return httpx.post(f"{url}/oauth/token", data=form)


def test_a_client_gets_a_token_and_uses_it(server: Any) -> None:
    """Client credentials in the form or as basic give an opaque token that lets in (RFC 6749 section 4.4)."""
    first = token(
        server, grant_type="client_credentials", client_id="app", client_secret="s3cret", scope="scim"
    )
    assert first.status_code == 200 and first.headers["cache-control"] == "no-store"
    issued = first.json()
    assert issued["token_type"] == "Bearer" and issued["expires_in"] == 2 and issued["scope"] == "scim"
    assert status(server, f"Bearer {issued['access_token']}") == 200
    url = f"{server['url']}/oauth/token"
    form = {"grant_type": "client_credentials"}
    second = httpx.post(url, data=form, headers={"Authorization": basic("app:s3cret")})
    assert second.status_code == 200 and second.json()["access_token"] != issued["access_token"]
    encoded = httpx.post(url, data=form, headers={"Authorization": basic("sp+ace:a%2Bb%26c%3Dd")})
    assert encoded.status_code == 200, "RFC 6749 section 2.3.1: id and secret are form-encoded in basic"
    plain = token(server, grant_type="client_credentials", client_id="sp ace", client_secret="a+b&c=d")
    assert plain.status_code == 200


@pytest.mark.parametrize(
    ("form", "expected", "error"),
    [
        ({}, 400, "invalid_request"),
        (
            {"grant_type": "password", "client_id": "app", "client_secret": "s3cret"},
            400,
            "unsupported_grant_type",
        ),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        (
            {"grant_type": "client_credentials", "client_id": "app", "client_secret": "x"},
            401,
            "invalid_client",
        ),
        (
            {"grant_type": "client_credentials", "client_id": "x", "client_secret": "s3cret"},
            401,
            "invalid_client",
        ),
    ],
)
def test_wrong_requests_for_a_token(server: Any, form: dict[str, str], expected: int, error: str) -> None:
    """Errors of the token endpoint have the form of RFC 6749 section 5.2."""
    answer = token(server, **form)
    assert (answer.status_code, answer.json()["error"]) == (expected, error)
    assert "access_token" not in answer.json()


def test_a_wrong_basic_at_the_token_endpoint_is_challenged(server: Any) -> None:
    """Who tried with the Authorization header gets 401 with WWW-Authenticate (RFC 6749 section 5.2)."""
    form = {"grant_type": "client_credentials"}
    for header in (basic("app:wrong"), "Basic ====", basic("app")):
        answer = httpx.post(f"{server['url']}/oauth/token", data=form, headers={"Authorization": header})
        assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
        assert answer.headers["www-authenticate"].lower().startswith("basic")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"grant_type", b"&&&", b"{}", b"a" * 70_000])
def test_odd_bodies_at_the_token_endpoint(server: Any, body: bytes) -> None:
    """What is no form is a client error in JSON."""
    answer = httpx.post(f"{server['url']}/oauth/token", content=body)
    assert 400 <= answer.status_code < 500 and answer.json()


def test_tokens_expire() -> None:
    """An issued token lets in until its time is over, then it is 401 invalid_token that says so."""
    now = [1000.0]
    gate = Authenticator(AuthSpec(clients=[ClientSpec("app", "secret", 60)]), {}, lambda: now[0])
    body = b"grant_type=client_credentials&client_id=app&client_secret=secret"
    code, document = gate.issue(body, None)
    assert code == 200
    header = f"Bearer {document['access_token']}".encode()
    now[0] += 59.9
    assert gate.identify(header).name == "app"
    now[0] += 0.2
    with pytest.raises(Exception, match="expired") as caught:
        gate.identify(header)
    assert caught.value.status == 401  # type: ignore[attr-defined]


def test_issued_tokens_are_bounded() -> None:
    """However many tokens are issued, the oldest make room and the newest works."""
    gate = Authenticator(AuthSpec(clients=[ClientSpec("app", "secret", 60)]), {}, lambda: 0.0)
    body = b"grant_type=client_credentials&client_id=app&client_secret=secret"
    tokens = [gate.issue(body, None)[1]["access_token"] for _ in range(10_050)]
    assert len(gate._issued) <= 10_000
    assert gate.identify(f"Bearer {tokens[-1]}".encode()).name == "app"


def test_the_journal_tells_tokens_by_name_and_keeps_secrets(server: Any) -> None:
    """The trace names the token; neither tokens nor client secrets stand anywhere in the journal."""
    status(server, "Bearer first-token")
    issued = token(server, grant_type="client_credentials", client_id="app", client_secret="s3cret").json()
    status(server, f"Bearer {issued['access_token']}")
    journal = httpx.get(f"{server['control_url']}/journal", params={"limit": 1000})
    names = [entry["trace"]["token"] for entry in journal.json()["exchanges"]]
    assert {"okta", "app"} <= set(names)
    for secret in ("first-token", "s3cret", issued["access_token"], basic("ann:pass:word")[6:]):
        assert secret not in journal.text, secret


def test_no_auth(launch: Any) -> None:
    """--no-auth lets everybody in, with whatever credential, and the ready file has no token."""
    server = launch("--users", "0", "--groups", "0", "--no-auth")
    assert server.ready["token"] is None
    for header in (None, "Bearer x", "nonsense"):
        assert status(server.ready, header) == 200


def test_a_random_token_where_others_can_reach(launch: Any) -> None:
    """On an address that is not loopback the well-known token does not let in."""
    server = launch("--users", "0", "--groups", "0", "--host", "0.0.0.0")
    assert status(server.ready, "Bearer scimmock") == 401
    assert len(server.ready["token"]) >= 20 and status(server.ready, f"Bearer {server.ready['token']}") == 200
