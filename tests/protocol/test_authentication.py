"""Who may come in (RFC 7644 section 2), and /Me (section 3.11)."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
Fails = Callable[..., dict[str, Any]]
Launch = Callable[..., Any]


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic c2NpbW1vY2s=",
        "Basic !!!",
        "Digest x",
        "scimmock",
        "Bearer scimmock x",
    ],
)
def test_refused(scim: httpx.Client, fails: Fails, header: str | None) -> None:
    """Section 2: 401 with WWW-Authenticate and a SCIM error, also for what does not exist."""
    headers = {"Authorization": header} if header is not None else {}
    with httpx.Client(base_url=scim.base_url, headers=headers) as stranger:
        config = stranger.get("ServiceProviderConfig")  # RFC 7643 section 5: should be public
        assert config.status_code == (200 if header is None else 401)
        for path in ("Users", "Schemas", "ResourceTypes", "Nothing", "Users/x"):
            answer = stranger.get(path)
            fails(answer, 401)
            assert answer.headers["www-authenticate"].lower().startswith("bearer")
        fails(stranger.post("Users", json={"schemas": [USER], "userName": "eve"}), 401)
    assert scim.get("/Users").json()["totalResults"] == 0


def test_the_scheme_has_any_case(scim: httpx.Client) -> None:
    """RFC 9110 section 11.1: the name of a scheme ignores case."""
    token = scim.headers["authorization"].split()[1]
    for scheme in ("bearer", "BEARER"):
        assert scim.get("/Users", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_several_ways(launch: Launch, fails: Fails) -> None:
    """Named tokens, HTTP basic and OAuth 2.0 client credentials beside each other; /Me; expiry."""
    server = launch(
        "--users",
        "0",
        "--groups",
        "0",
        "--token",
        "ci=first-token",
        "--token",
        "second=second-token",
        "--basic",
        "ada:pa:ss ü",
        "--basic",
        "ghost:boo",
        "--oauth-client",
        "app:s3cret:1",
    )
    with httpx.Client(base_url=server.base_url) as client:
        schemes = client.get("/ServiceProviderConfig", headers=bearer("first-token")).json()[
            "authenticationSchemes"
        ]
        assert {scheme["type"] for scheme in schemes} == {"oauthbearertoken", "httpbasic", "oauth2"}
        for headers in (bearer("first-token"), bearer("second-token"), basic("ada:pa:ss ü")):
            assert client.get("/Users", headers=headers).status_code == 200
        for headers in (basic("ada:wrong"), basic("ada"), basic("eve:pa"), bearer("scimmock")):
            answer = client.get("/Users", headers=headers)
            fails(answer, 401)
            challenges = answer.headers.get_list("www-authenticate")
            assert {challenge.split()[0].lower() for challenge in challenges} == {"bearer", "basic"}

        _me(client, fails)
        _oauth(client, server.url, fails)


def _me(client: httpx.Client, fails: Fails) -> None:
    """Section 3.11: 501 where the credential stands for nobody, else an alias of the user."""
    for method in ("GET", "PUT", "PATCH", "DELETE", "POST"):
        fails(client.request(method, "/Me", headers=bearer("first-token"), json={}), 501)
    own = basic("ada:pa:ss ü")
    fails(client.get("/Me", headers=own), 404)
    created = client.post("/Me", headers=own, json={"schemas": [USER], "userName": "ada"})
    assert created.status_code == 201
    location = created.headers["location"]
    assert location == created.json()["meta"]["location"] == f"{client.base_url}Users/{created.json()['id']}"
    mine = client.get("/Me", headers=own)
    assert mine.json() == created.json()
    assert mine.json()["meta"]["location"] == mine.headers["location"] == location
    operation = {"op": "replace", "path": "title", "value": "Countess"}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    assert client.patch("/Me", headers=own, json=body).json()["title"] == "Countess"
    assert client.get(location, headers=own).json()["title"] == "Countess"
    assert (
        client.get(
            "/Me", headers={**own, "If-None-Match": client.get("/Me", headers=own).headers["etag"]}
        ).status_code
        == 304
    )
    part = client.get("/Me", headers=own, params={"attributes": "title"}).json()
    assert part.keys() == {"schemas", "id", "title"}
    fails(client.get("/Me", headers=basic("ghost:boo")), 404)
    assert client.delete("/Me", headers=own).status_code == 204
    fails(client.get("/Me", headers=own), 404)


def _oauth(client: httpx.Client, url: str, fails: Fails) -> None:
    """RFC 6749 section 4.4: opaque tokens that expire; both ways for a client to authenticate."""
    endpoint = f"{url}/oauth/token"
    grant = {"grant_type": "client_credentials"}
    in_form = client.post(
        endpoint, data={**grant, "client_id": "app", "client_secret": "s3cret", "scope": "scim"}
    )
    in_header = client.post(endpoint, data=grant, headers=basic("app:s3cret"))
    tokens = []
    for answer in (in_form, in_header):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        issued = answer.json()
        assert issued["token_type"].lower() == "bearer"
        assert issued["expires_in"] == 1
        tokens.append(issued["access_token"])
    assert tokens[0] != tokens[1]
    assert client.get("/Users", headers=bearer(tokens[1])).status_code == 200
    fails(client.get("/Me", headers=bearer(tokens[1])), 501)
    for form, status, error in (
        ({**grant, "client_id": "app", "client_secret": "wrong"}, 401, "invalid_client"),
        ({**grant, "client_id": "nobody", "client_secret": "s3cret"}, 401, "invalid_client"),
        (grant, 401, "invalid_client"),
        (
            {"grant_type": "password", "client_id": "app", "client_secret": "s3cret"},
            400,
            "unsupported_grant_type",
        ),
        ({"client_id": "app", "client_secret": "s3cret"}, 400, "invalid_request"),
    ):
        answer = client.post(endpoint, data=form)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
    challenged = client.post(endpoint, data=grant, headers=basic("app:wrong"))
    time.sleep(1.05)
    expired = client.get("/Users", headers=bearer(tokens[1]))
    fails(expired, 401)
    assert "invalid_token" in expired.headers["www-authenticate"]
    # RFC 6749 section 5.2: who tried the Authorization header is told the scheme.
    assert challenged.headers.get("www-authenticate", "").lower().startswith("basic")


def test_without_authentication(launch: Launch) -> None:
    """--no-auth lets everybody in; /Me is nobody."""
    server = launch("--users", "1", "--groups", "0", "--no-auth")
    assert server.ready["token"] is None
    with httpx.Client(base_url=server.base_url) as client:
        assert client.get("/Users").json()["totalResults"] == 1
        assert client.get("/Users", headers=bearer("whatever")).status_code == 200
        assert client.get("/Me").status_code == 501
