"""Quirks of ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import given
from hypothesis import strategies as st

from scimmock.quirks.base import quirks
from scimmock.store.ids import Minter

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

TESTED = {"ids-as-int", "url-unsafe-ids", "bad-id-400"}


def test_every_quirk_of_ids_is_tested() -> None:
    assert {name for name, kind in quirks().items() if kind.__module__.endswith(".ids")} == TESTED


def _user(client: httpx.Client, name: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/Users", json={"schemas": [USER], "userName": name, **more})
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()
    return user


def test_ids_are_numbers_wherever_they_stand(
    launch: Callable[..., Any], scim: httpx.Client, switch: Callable[..., None]
) -> None:
    assert isinstance(_user(scim, "ada")["id"], str)
    with launch("--users", "2", "--groups", "0", "--quirk", "ids-as-int").client() as client:
        assert all(isinstance(user["id"], int) for user in client.get("/Users").json()["Resources"])
        boss = _user(client, "boss")
        # What a client was shown is what it sends.
        manager = {ENTERPRISE: {"manager": {"value": boss["id"]}}, "schemas": [USER, ENTERPRISE]}
        ada = _user(client, "ada", **manager)
        assert ada[ENTERPRISE]["manager"]["value"] == boss["id"]
        group = client.post(
            "/Groups",
            json={"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ada["id"]}]},
        )
        assert [member["value"] for member in group.json()["members"]] == [ada["id"]]
        assert group.headers["location"].endswith(f"/Groups/{group.json()['id']}")
        path = f"/Users/{ada['id']}"
        shown = client.get(path).json()
        assert [entry["value"] for entry in shown["groups"]] == [group.json()["id"]]
        assert client.put(path, json=shown).json()["id"] == ada["id"]
        operation = {"op": "add", "path": "members", "value": [{"value": boss["id"]}]}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        path_of_group = f"/Groups/{group.json()['id']}"
        assert client.patch(path_of_group, json=body).is_success
        patched = client.get(path_of_group).json()
        assert {member["value"] for member in patched["members"]} == {ada["id"], boss["id"]}
        found = client.get("/Users", params={"filter": f'id eq "{ada["id"]}"'}).json()
        assert [user["id"] for user in found["Resources"]] == [ada["id"]]
        # Without the quirk they are the same digits, as text.
        switch(client)
        plain = client.get(path).json()
        assert (plain["id"], plain[ENTERPRISE]["manager"]["value"]) == (str(ada["id"]), str(boss["id"]))


def test_ids_of_another_form_stay_text(scim: httpx.Client, switch: Callable[..., None]) -> None:
    id = _user(scim, "ada")["id"]
    switch(scim, "ids-as-int")
    assert scim.get(f"/Users/{id}").json()["id"] == id


def test_ids_have_to_be_escaped(launch: Callable[..., Any], scim: httpx.Client) -> None:
    assert "&" not in _user(scim, "ada")["id"]
    with launch("--users", "3", "--groups", "0", "--quirk", "url-unsafe-ids").client() as client:
        ada = _user(client, "ada")
        ids = [user["id"] for user in client.get("/Users").json()["Resources"]]
        assert len(set(ids)) == 4
        for id in ids:
            assert "&" in id and len(id) == 22
            assert client.get(f"/Users/{quote(id, safe='')}").json()["id"] == id
        assert ada["meta"]["location"].endswith(f"/Users/{quote(ada['id'])}")
        assert client.get(ada["meta"]["location"]).json()["id"] == ada["id"]
        # In a query the sign divides, unless it is escaped.
        text = quote(f'id eq "{ada["id"]}"')
        assert client.get(f"/Users?filter={text}").json()["totalResults"] == 1
        assert client.get(f"/Users?filter={text.replace('%26', '&')}").status_code == 400


def test_an_id_that_is_no_uuid_is_400(scim: httpx.Client, switch: Callable[..., None]) -> None:
    id = _user(scim, "ada")["id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    bad = "010101001010101011001010101011"
    assert [scim.get(f"/Users/{which}").status_code for which in (id, unknown, bad)] == [200, 404, 404]
    switch(scim, "bad-id-400")
    assert [scim.get(f"/Users/{which}").status_code for which in (id, unknown, bad)] == [200, 404, 400]
    assert scim.delete(f"/Groups/{bad}").json()["status"] == "400"
    assert scim.get(f"/Schemas/{USER}").status_code == 200


@given(st.lists(st.text(max_size=20), max_size=30), st.integers())
def test_unsafe_ids_are_unlike_each_other_and_the_same_again(keys: list[str], seed: int) -> None:
    def issue() -> list[str]:
        minter, taken = Minter(seed, "t", "unsafe"), set[str]()
        for key in keys:
            taken.add(minter.mint("User", key, taken.__contains__))
        return sorted(taken)

    ids = issue()
    assert len(ids) == len(keys) and ids == issue()
    assert all(len(id) == 22 and id[1] == "&" and id.isascii() for id in ids)


def test_forms_of_ids_can_be_switched_while_it_runs(tenant: Any) -> None:
    """New resources get ids of the form; those that are there keep theirs."""
    client = tenant()
    control = str(client.base_url).replace("/scim/v2/", "/_scimmock")
    old = client.post("/Users", json={"schemas": [USER], "userName": "old"}).json()["id"]
    with httpx.Client(base_url=control) as calls:
        calls.put("/quirks", json={"quirks": ["ids-as-int"]}).raise_for_status()
        made = client.post("/Users", json={"schemas": [USER], "userName": "new"}).json()["id"]
        assert isinstance(made, int)
        assert client.get(f"/Users/{made}").status_code == client.get(f"/Users/{old}").status_code == 200
        calls.delete("/state").raise_for_status()
        assert isinstance(
            client.post("/Users", json={"schemas": [USER], "userName": "new"}).json()["id"], int
        )
        calls.delete("/quirks").raise_for_status()
        assert isinstance(
            client.post("/Users", json={"schemas": [USER], "userName": "last"}).json()["id"], str
        )
