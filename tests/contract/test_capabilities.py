"""What a service says it can do it can, and the other way round, unless its fixture says that it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Service, every_service, listed


def _config(service: Service) -> dict[str, Any]:
    if service.words.config_path.rstrip("s").strip("/") in service.missing():
        pytest.skip("the fixture says that there is no configuration")
    answer = service.client.get(service.words.config_path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _said(service: Service, config: dict[str, Any], name: str, lie: str = "") -> bool:
    """Return what is to be expected: what the configuration says, unless it lies as the fixture says."""
    said = bool(config[name]["supported"])
    lies = service.quirks.get("patch-lies", {})
    told = lies.get(lie or name.lower())
    if "patch-lies" in service.quirks and (told is not None or (not lies and name == "patch")):
        assert told is None or said == told
        policy = service.fixture.policy
        return bool(policy.bulk.supported if name == "bulk" else getattr(policy, lie or name))
    missing = service.quirks.get("spc-missing-fields", {})
    assert name not in str(missing.get("fields", ""))
    return said


@pytest.mark.parametrize("name", every_service())
def test_patch(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    user = service.create()
    expected = _said(service, _config(service), "patch")
    refused = service.quirks.get("no-patch")
    if refused is not None:
        expected = False
    answer = service.client.patch(f"/Users/{_quoted(user)}", json=service.words.deactivation())
    assert (answer.status_code in (200, 204)) == expected, answer.text
    if expected:
        assert "attributes" in str(answer.url) or answer.status_code == _patch_answer(service)


def _quoted(user: dict[str, Any]) -> str:
    from urllib.parse import quote

    return quote(str(user["id"]), safe="")


def _patch_answer(service: Service) -> int:
    resources = service.quirks.get("patch-204", {}).get("resources")
    if "patch-204" in service.quirks and (not resources or "Users" in resources):
        return 204
    return service.fixture.policy.answer_to_patch("User")


@pytest.mark.parametrize("name", every_service())
def test_bulk(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    expected = _said(service, _config(service), "bulk")
    operation = {"method": "POST", "path": "/Users", "bulkId": "a", "data": service.words.user(7)}
    schemas = (
        ["urn:scim:schemas:core:1.0"]
        if service.words.old
        else ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    )
    answer = service.client.post("/Bulk", json={"schemas": schemas, "Operations": [operation]})
    assert (answer.status_code in (200, 202)) == expected, answer.text
    if not expected:
        return
    config = _config(service)["bulk"]
    too_many = [operation] * (config["maxOperations"] + 1)
    if len(too_many) <= 2000:
        answer = service.client.post("/Bulk", json={"schemas": schemas, "Operations": too_many})
        assert answer.status_code == 413


@pytest.mark.parametrize("name", every_service())
def test_filter_and_sort(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    config = _config(service)
    made = [service.create(number) for number in (3, 1, 2)]
    expected = _said(service, config, "filter")
    answer = service.client.get("/Users", params={"filter": f'userName eq "{made[0]["userName"]}"'})
    assert (answer.status_code == 200) == expected, answer.text
    if expected:
        assert [user["id"] for user in listed(answer)] == [made[0]["id"]]
    if "synthetic-list" in service.quirks:
        return  # a list without filter shows what is not there
    sorts = _said(service, config, "sort")
    answer = service.client.get("/Users", params={"sortBy": "userName"})
    if answer.status_code == 200:
        found = [user["userName"] for user in listed(answer)]
        ours = [user["userName"] for user in made]
        found = [user_name for user_name in found if user_name in ours]
        assert found == (sorted(ours) if sorts else ours)
    else:
        assert not sorts and 400 <= answer.status_code < 500


@pytest.mark.parametrize("name", every_service())
def test_etags(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    expected = _said(service, _config(service), "etag")
    user = service.create()
    answer = service.client.get(f"/Users/{_quoted(user)}")
    assert ("etag" in answer.headers) == expected
    if expected:
        again = {"If-None-Match": answer.headers["etag"]}
        assert service.client.get(f"/Users/{_quoted(user)}", headers=again).status_code == 304


@pytest.mark.parametrize("name", every_service())
def test_discovery_tells_of_what_is_there(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    if service.words.old:
        assert service.client.get("/ResourceTypes").status_code == 404
        assert service.client.get("/Schemas").status_code == 200
        return
    missing = service.missing()
    answers: dict[str, httpx.Response] = {}
    for endpoint in ("ResourceTypes", "Schemas"):
        answers[endpoint] = service.client.get(f"/{endpoint}")
        assert (answers[endpoint].status_code == 404) == (endpoint in missing), answers[endpoint].text
    if missing & {"ResourceTypes", "Schemas"}:
        return
    schemas = {schema["id"] for schema in listed(answers["Schemas"])}
    for kind in listed(answers["ResourceTypes"]):
        assert kind["schema"] in schemas
        assert {item["schema"] for item in kind.get("schemaExtensions", ())} <= schemas
        answer = service.client.get(kind["endpoint"])
        assert (answer.status_code == 404) == (kind["endpoint"].strip("/") in missing), answer.text


@pytest.mark.parametrize("name", every_service())
def test_the_credentials_that_are_advertised_are_asked_for(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    config = _config(service)
    names = {"oauthbearertoken": "bearer", "httpbasic": "basic", "oauth2": "oauth2"}
    schemes = config.get("authenticationSchemes", [])
    missing = str(service.quirks.get("spc-missing-fields", {}).get("fields", ""))
    if "authenticationSchemes" not in missing:
        assert {names[scheme["type"]] for scheme in schemes if scheme["type"] in names}
    bare = httpx.get(f"{service.client.base_url}Users", headers={"User-Agent": "contract-test/1"})
    assert bare.status_code == 401
