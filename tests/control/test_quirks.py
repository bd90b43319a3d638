"""The control calls for quirks, against a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def own_control(scim: httpx.Client) -> httpx.Client:
    return httpx.Client(
        base_url=str(scim.base_url).replace("/scim/v2/", "/_scimmock"), timeout=20, verify=False
    )


@pytest.fixture
def own(scim: httpx.Client) -> Iterator[httpx.Client]:
    with own_control(scim) as client:
        yield client


def put(own: httpx.Client, *quirks: Any) -> httpx.Response:
    return own.put("/quirks", json={"quirks": list(quirks)})


def quirks(own: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = own.get("/quirks").json()["quirks"]
    return found


def rules(own: httpx.Client) -> list[str]:
    return [rule["name"] for rule in own.get("/faults").json()["faults"]]


def test_quirks_are_put_on_and_off(own: httpx.Client, scim: httpx.Client) -> None:
    id = scim.post("/Users", json={"schemas": [USER], "userName": "a", "active": True}).json()["id"]
    assert scim.get(f"/Users/{id}").json()["active"] is True
    answer = put(own, "booleans-as-strings-out", {"quirk": "slow", "delay": "1ms", "why": "a test"})
    assert answer.status_code == 200
    assert answer.json()["quirks"] == quirks(own)
    assert quirks(own) == [{"quirk": "booleans-as-strings-out"}, {"quirk": "slow", "delay": "1ms"}]
    assert isinstance(scim.get(f"/Users/{id}").json()["active"], str)
    assert rules(own) == ["slow"]
    # What is put takes the place of all that were on.
    assert put(own, "boolean-strings").json() == {"quirks": [{"quirk": "boolean-strings"}]}
    assert scim.get(f"/Users/{id}").json()["active"] is True and rules(own) == []
    assert (
        scim.post("/Users", json={"schemas": [USER], "userName": "b", "active": "False"}).status_code == 201
    )
    assert own.delete("/quirks").status_code == 204 and quirks(own) == []
    assert (
        scim.post("/Users", json={"schemas": [USER], "userName": "c", "active": "False"}).status_code == 400
    )


@pytest.mark.parametrize(
    ("body", "field", "meant"),
    [
        ({}, "quirks", None),
        ([], "quirks", None),
        (["slow"], "quirks", None),
        ({"quirk": ["slow"]}, "quirk", "quirks"),
        ({"quirks": [], "x": 1}, "x", None),
        ({"quirks": "slow"}, "quirks", None),
        ({"quirks": {}}, "quirks", None),
        ({"quirks": [5]}, "quirks[0]", None),
        ({"quirks": ["slow", {}]}, "quirks[1]", None),
        ({"quirks": ["slow", "slow"]}, "quirks[1]", None),
        ({"quirks": ["slow", "slw"]}, "quirks[1]", "slow"),
        ({"quirks": [{"quirk": "bolean-strings"}]}, "quirks[0].quirk", "boolean-strings"),
        ({"quirks": [{"quirk": "slow", "dely": "1s"}]}, "quirks[0].dely", "delay"),
        ({"quirks": [{"quirk": "slow", "why": 5}]}, "quirks[0].why", None),
        ({"quirks": [{"quirk": "boolean-strings", "x": 5}]}, "quirks[0].x", None),
        ({"quirks": ["write-lock-429", {"quirk": "slow", "delay": "soon"}]}, "quirks[1]", None),
    ],
)
def test_a_wrong_body_is_named_and_all_stays_as_it_is(
    own: httpx.Client, body: Any, field: str, meant: str | None
) -> None:
    put(own, {"quirk": "slow", "delay": "1ms"})
    answer = own.put("/quirks", json=body)
    found = answer.json()["error"]
    assert answer.status_code == 400 and found["message"]
    assert (found["field"], found.get("did_you_mean")) == (field, meant)
    assert quirks(own) == [{"quirk": "slow", "delay": "1ms"}] and rules(own) == ["slow"]


def test_a_quirk_whose_rules_have_a_name_that_is_taken(own: httpx.Client) -> None:
    own.post("/faults", json={"name": "slow", "do": {"status": 503}})
    put(own, "boolean-strings")
    answer = put(own, "write-lock-429", "slow")
    assert answer.status_code == 409 and answer.json()["error"]["field"] == "quirks[1]"
    assert "'slow'" in answer.json()["error"]["message"]
    assert quirks(own) == [{"quirk": "boolean-strings"}] and rules(own) == ["slow"]
    own.delete("/faults/slow")
    assert put(own, "write-lock-429", "slow").status_code == 200
    assert put(own, "slow").status_code == 200, "its own rules are in nobody's way"


def test_quirks_for_which_there_is_no_room(own: httpx.Client) -> None:
    own.post("/faults", json={"faults": [{"do": {"status": 503}, "enabled": False}] * 1000})
    answer = put(own, "slow")
    assert answer.status_code == 400 and answer.json()["error"]["field"] == "quirks"
    assert quirks(own) == []


def test_quirks_are_those_of_a_tenant(tenant: Callable[..., httpx.Client]) -> None:
    with own_control(tenant(quirks=["boolean-strings"])) as one, own_control(tenant()) as other:
        assert quirks(other) == []
        put(other, "slow")
        assert quirks(one) == [{"quirk": "boolean-strings"}]
        put(one)
        assert quirks(one) == [] and quirks(other) == [{"quirk": "slow"}]
        # Reset is to what the tenant was made with.
        assert one.delete("/quirks").status_code == 204
        assert quirks(one) == [{"quirk": "boolean-strings"}]


def test_the_fixtures_quirks_come_back(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "fixture.yaml").write_text(
        "fixture: mine\ntitle: Mine\nkind: service\n"
        "behaviour: {quirks: [{quirk: slow, delay: 1ms, why: a test}, boolean-strings]}\n"
    )
    server = launch("--fixture", "./mine", "--quirk", "slow:delay=2ms", "--users", "0", cwd=tmp_path)
    expected = [{"quirk": "boolean-strings"}, {"quirk": "slow", "delay": "2ms"}]
    with httpx.Client(base_url=f"{server.url}/t/a/_scimmock") as own:
        assert quirks(own) == expected
        put(own)
        assert quirks(own) == [] and rules(own) == []
        own.post("/faults", json={"name": "slow", "do": {"status": 503}})
        assert own.delete("/quirks").status_code == 409 and quirks(own) == []
        own.delete("/faults")
        assert own.delete("/quirks").status_code == 204 and quirks(own) == expected
        assert rules(own) == ["slow"]
