"""Auth faults on a real server: tokens that expire or are revoked, 401 now and then, 403 here and there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.faults.base import describe
from scimmock.faults.errors import RuleError
from scimmock.faults.rule import read_action, read_rule

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ACTIONS = ("token_expiry", "unauthorized", "forbidden", "revoke_mid_paging")
Advance = Callable[[float | str], None]
Put = Callable[..., httpx.Client]


@pytest.fixture
def advance(control: httpx.Client) -> Iterator[Advance]:
    """Freeze the clock of the server, and move it."""
    assert control.post("/clock", json={"freeze": True}).status_code == 200

    def move(by: float | str) -> None:
        assert control.post("/clock", json={"advance": by}).status_code == 200

    yield move
    control.post("/clock", json={"release": True})


@pytest.fixture
def put(tenant: Callable[..., httpx.Client]) -> Put:
    """Make a tenant of five users with these rules."""

    def make(*rules: dict[str, Any]) -> httpx.Client:
        client = tenant(users=5)
        url = str(client.base_url).replace("/scim/v2/", "/_scimmock/faults")
        answer = client.post(url, json={"faults": list(rules)})
        assert answer.status_code == 201, answer.text
        return client

    return make


def statuses(client: httpx.Client, number: int, path: str = "Users") -> list[int]:
    return [client.get(path).status_code for _ in range(number)]


def trace(client: httpx.Client) -> dict[str, Any]:
    """Return what the trace of the last exchange says of its first rule."""
    url = str(client.base_url).replace("/scim/v2/", "/_scimmock/journal")
    found: dict[str, Any] = client.get(url).json()["exchanges"][-1]["trace"]["rules"][0]
    return found


def assert_refused(answer: httpx.Response, described: str) -> None:
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        f'Bearer realm="scimmock", error="invalid_token", error_description="{described}"'
    )
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json() == {
        "schemas": [ERROR],
        "status": "401",
        "detail": f"Authorization failure: {described}",
    }


def test_a_token_expires_after_so_many_requests(put: Put) -> None:
    client = put({"name": "old", "do": {"token_expiry": {"after": 3}}})
    assert statuses(client, 5) == [200, 200, 200, 401, 401]
    assert_refused(client.get("Users"), "the token has expired")
    refused = trace(client)
    assert (refused["name"], refused["hit"], refused["uses"]) == ("old", 3, 3)


@pytest.mark.parametrize("life", ["40m", 2400, {"age": "40m"}, {"age": "40m", "after": 100}], ids=str)
def test_a_token_expires_a_time_after_its_first_use(put: Put, advance: Advance, life: Any) -> None:
    client = put({"do": {"token_expiry": life}})
    advance("3h")
    assert statuses(client, 1) == [200]
    advance("39m")
    assert statuses(client, 1) == [200]
    advance("1m")
    assert_refused(client.get("Users"), "the token has expired")
    advance("1d")
    assert statuses(client, 1) == [401]


def test_a_token_expires_by_what_comes_first(put: Put, advance: Advance) -> None:
    client = put({"do": {"token_expiry": {"after": 2, "age": "1m"}}})
    assert statuses(client, 3) == [200, 200, 401]
    client = put({"do": {"token_expiry": {"after": 2, "age": "1m"}}})
    assert statuses(client, 1) == [200]
    advance("1m")
    assert statuses(client, 1) == [401]


def test_only_what_matches_is_a_use_and_is_refused(put: Put) -> None:
    client = put({"match": {"method": "DELETE"}, "do": {"token_expiry": {"after": 1}}})
    assert statuses(client, 3) == [200, 200, 200]
    assert [client.delete(f"Users/no-{number}").status_code for number in range(3)] == [404, 401, 401]
    assert statuses(client, 1) == [200]


def test_wrong_credentials_are_refused_as_ever_and_are_no_use(put: Put) -> None:
    client = put({"do": {"token_expiry": {"after": 1}}})
    for _ in range(3):
        wrong = client.get("Users", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401 and "not known" in wrong.json()["detail"]
    with httpx.Client(base_url=client.base_url) as nobody:
        assert nobody.get("Users").headers["www-authenticate"] == 'Bearer realm="scimmock"'
        assert nobody.get("ServiceProviderConfig").status_code == 200
        assert nobody.get("ServiceProviderConfig").status_code == 200
    assert statuses(client, 2) == [200, 401]


def test_a_token_is_known_however_its_scheme_is_spelt(put: Put) -> None:
    client = put({"do": {"token_expiry": {"after": 2}}})
    value = client.headers["Authorization"].removeprefix("Bearer ")
    spelt = [f"Bearer {value}", f"bearer {value}", f"BEARER  {value}"]
    answers = [client.get("Users", headers={"Authorization": text}).status_code for text in spelt]
    assert answers == [200, 200, 401]


def test_after_so_many_refusals_the_token_is_good_again(put: Put) -> None:
    client = put({"when": {"times": 2}, "do": {"token_expiry": {"after": 1}}})
    assert statuses(client, 5) == [200, 401, 401, 200, 200]


def test_each_token_of_the_oauth_endpoint_starts_anew(launch: Callable[..., Any], tmp_path: Path) -> None:
    rules = tmp_path / "faults.yaml"
    rules.write_text("faults:\n  - name: old\n    do: {token_expiry: {after: 2}}\n")
    server = launch("--oauth-client", "app:s3cret:3600", "--faults", str(rules))

    def token() -> dict[str, str]:
        form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "s3cret"}
        answer = httpx.post(f"{server.base_url.removesuffix('/v2')}/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    first, second = token(), token()
    with httpx.Client(base_url=server.base_url) as client:
        asked = [first, first, first, second, first, second, second]
        answers = [client.get("Users", headers=headers).status_code for headers in asked]
        assert answers == [200, 200, 401, 200, 401, 200, 401]
        third = token()
        assert client.get("Users", headers=third).status_code == 200
    told = (
        httpx.get(f"{server.url}/_scimmock/journal").text + httpx.get(f"{server.url}/_scimmock/faults").text
    )
    secrets = [headers["Authorization"].partition(" ")[2] for headers in (first, second, third)]
    assert not [secret for secret in secrets if secret in told + server.log.read_text()]


def test_basic_credentials_are_challenged_as_such(launch: Callable[..., Any], tmp_path: Path) -> None:
    rules = tmp_path / "faults.yaml"
    rules.write_text("faults:\n  - do: {token_expiry: {after: 1}}\n")
    server = launch("--basic", "ann:secret", "--faults", str(rules))
    with httpx.Client(base_url=server.base_url, auth=("ann", "secret")) as client:
        assert client.get("Users").status_code == 200
        refused = client.get("Users")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Basic realm="scimmock", charset="UTF-8"'


def test_flapping(put: Put) -> None:
    client = put({"when": {"every": 3}, "do": {"unauthorized": True}})
    assert statuses(client, 7) == [200, 200, 401, 200, 200, 401, 200]
    client = put({"do": {"unauthorized": True}})
    assert_refused(client.get("Users"), "the token is not known")


def test_a_401_stands_in_a_sequence(put: Put) -> None:
    client = put({"do": {"sequence": [{"unauthorized": True}, {"forbidden": True}, "pass"]}})
    assert statuses(client, 4) == [401, 403, 200, 200]


def test_the_service_does_not_see_what_is_refused(put: Put) -> None:
    client = put({"match": {"method": "POST"}, "when": {"first": 1}, "do": {"unauthorized": True}})
    user = {"schemas": [USER], "userName": "new"}
    assert client.post("Users", json=user).status_code == 401
    assert client.get("Users").json()["totalResults"] == 5
    assert client.post("Users", json=user).status_code == 201


def test_a_401_is_worded_as_asked(put: Put) -> None:
    client = put({"do": {"unauthorized": True, "error": None, "detail": "no", "shape": "text"}})
    refused = client.get("Users")
    assert refused.headers["www-authenticate"] == 'Bearer realm="scimmock"'
    assert refused.headers["content-type"] == "text/plain; charset=utf-8"
    assert refused.text == "Unauthorized: Authorization failure: no"
    with httpx.Client(base_url=client.base_url) as nobody:
        assert nobody.get("Users").headers["www-authenticate"] == 'Bearer realm="scimmock"'


def test_no_detail_breaks_the_challenge(put: Put) -> None:
    client = put({"do": {"unauthorized": True, "detail": 'a "quoted" \\ line\r\nX-Evil: ünd'}})
    refused = client.get("Users")
    assert "x-evil" not in refused.headers
    assert refused.headers["www-authenticate"] == (
        'Bearer realm="scimmock", error="invalid_token", error_description="a ?quoted? ? line??X-Evil: ?nd"'
    )
    assert refused.json()["detail"].endswith("ünd")


def test_some_operations_are_forbidden(put: Put) -> None:
    client = put({"match": {"operation": ["delete", "create"]}, "do": {"forbidden": True}})
    id = client.get("Users").json()["Resources"][0]["id"]
    refused = client.delete(f"Users/{id}")
    assert refused.status_code == 403 and "www-authenticate" not in refused.headers
    assert refused.json()["schemas"] == [ERROR] and refused.json()["status"] == "403"
    assert client.post("Users", json={"schemas": [USER], "userName": "new"}).status_code == 403
    assert client.get(f"Users/{id}").status_code == 200


def test_a_403_is_worded_as_asked(put: Put) -> None:
    client = put({"do": {"forbidden": True, "detail": "read only", "scim_type": "sensitive"}})
    refused = client.get("Users").json()
    assert (refused["detail"], refused["scimType"]) == ("read only", "sensitive")


def page(client: httpx.Client, start: int | None, endpoint: str = "Users", **more: str) -> int:
    query = {"count": "1", **more} if start is None else {"startIndex": str(start), "count": "1", **more}
    return client.get(endpoint, params=query).status_code


def test_a_token_is_revoked_in_the_middle_of_paging(put: Put) -> None:
    client = put({"name": "gone", "do": {"revoke_mid_paging": 2}})
    assert [page(client, start) for start in (None, 2, 3, 4)] == [200, 200, 401, 401]
    assert_refused(client.get("Users", params={"startIndex": 3}), "the token was revoked")
    assert trace(client)["pages"] == 2
    # Revoked is revoked, for all that the rule matches.
    assert page(client, 1) == 401
    assert client.get("ServiceProviderConfig").status_code == 401


def test_first_pages_and_other_listings_begin_again(put: Put) -> None:
    client = put({"do": {"revoke_mid_paging": 2}})
    for _ in range(3):
        assert [page(client, start) for start in (1, 2)] == [200, 200]
    assert [page(client, start, "Groups") for start in (0, 2)] == [200, 200]
    assert page(client, None, filter='userName eq "x"') == 200
    assert [page(client, 2), page(client, 3)] == [200, 401]


def test_a_revoked_token_is_good_again_after_so_many_refusals(put: Put) -> None:
    client = put({"when": {"times": 1}, "do": {"revoke_mid_paging": 1}})
    assert [page(client, start) for start in (1, 2, 2, 3, 4)] == [200, 401, 200, 200, 200]


def test_another_token_is_not_revoked(launch: Callable[..., Any], tmp_path: Path) -> None:
    rules = tmp_path / "faults.yaml"
    rules.write_text("faults:\n  - do: {revoke_mid_paging: 1}\n")
    server = launch("--users", "3", "--token", "a=first", "--token", "b=second", "--faults", str(rules))
    with httpx.Client(base_url=server.base_url) as client:
        client.headers["Authorization"] = "Bearer first"
        assert [page(client, start) for start in (1, 2, 3)] == [200, 401, 401]
        client.headers["Authorization"] = "Bearer second"
        assert [page(client, start) for start in (1, 2)] == [200, 401]


def test_pages_by_cursor(put: Put) -> None:
    client = put({"do": {"revoke_mid_paging": 2}})
    answer = client.get("Users", params={"cursor": "", "count": 1})
    second = client.get("Users", params={"cursor": answer.json()["nextCursor"], "count": 1})
    assert second.status_code == 200
    third = client.get("Users", params={"cursor": second.json()["nextCursor"], "count": 1})
    assert_refused(third, "the token was revoked")


def test_pages_of_a_search(put: Put) -> None:
    client = put({"do": {"revoke_mid_paging": 2}})

    def search(start: int) -> int:
        body = {"schemas": [SEARCH], "StartIndex": start, "count": 1}
        return client.post("Users/.search", json=body).status_code

    assert [search(start) for start in (1, 2, 1, 2, 3)] == [200, 200, 200, 200, 401]


def test_a_start_that_is_no_number_is_a_first_page(put: Put) -> None:
    client = put({"do": {"revoke_mid_paging": 1}})
    assert [client.get("Users", params={"startIndex": "x"}).status_code for _ in range(2)] == [400, 400]
    assert client.get("Users").status_code == 200


@pytest.mark.parametrize(
    ("do", "path"),
    [
        ({"token_expiry": {}}, "do.token_expiry"),
        ({"token_expiry": {"after": 0}}, "do.token_expiry.after"),
        ({"token_expiry": {"aftr": 5}}, "do.token_expiry.aftr"),
        ({"token_expiry": 0}, "do.token_expiry"),
        ({"token_expiry": {"age": "0s"}}, "do.token_expiry"),
        ({"token_expiry": "soon"}, "do.token_expiry"),
        ({"token_expiry": True}, "do.token_expiry"),
        ({"token_expiry": "1m", "shape": "round"}, "do.shape"),
        ({"unauthorized": False}, "do.unauthorized"),
        ({"unauthorized": True, "error": "oops"}, "do.error"),
        ({"unauthorized": True, "shape": "round"}, "do.shape"),
        ({"forbidden": "yes"}, "do.forbidden"),
        ({"forbidden": True, "shape": "round"}, "do.shape"),
        ({"revoke_mid_paging": 0}, "do.revoke_mid_paging"),
        ({"revoke_mid_paging": 1, "shape": "round"}, "do.shape"),
        ({"sequence": [{"token_expiry": "1m"}]}, "do.sequence"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_its_place(do: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule({"do": do}, "", "r", "control")
    assert caught.value.path.lstrip(".").startswith(path), caught.value


@pytest.mark.parametrize(
    "do",
    [{"token_expiry": "1m"}, {"unauthorized": True}, {"forbidden": True}, {"revoke_mid_paging": 1}],
    ids=ACTIONS,
)
def test_the_documentation_has_a_sentence(do: dict[str, Any]) -> None:
    told = describe(type(read_action(do, "")))
    assert told["name"] == next(iter(do)) and told["stage"] == "answer" and told["does"].endswith(".")
