"""SCIM 1.1 on a real server, by the drafts (API and core schema 1.1) section by section."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.quirks.quirkset import QuirkSet, read_quirks
from scimmock.scim.policy import Paging, Policy
from tests.conftest import Launch

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
USER_2 = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE_2 = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Tenant = Callable[..., httpx.Client]


@pytest.fixture
def old(tenant: Tenant) -> httpx.Client:
    """A client of an empty directory that speaks SCIM 1.1."""
    return tenant(quirks=["scim-1.1"])


def new_user(client: httpx.Client, login: str = "dschrute", **attributes: Any) -> dict[str, Any]:
    answer = client.post("/Users", json={"schemas": [CORE], "userName": login, **attributes})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def new_group(client: httpx.Client, name: str, *members: str) -> dict[str, Any]:
    body = {"schemas": [CORE], "displayName": name, "members": [{"value": id} for id in members]}
    answer = client.post("/Groups", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def patch(client: httpx.Client, path: str, **attributes: Any) -> httpx.Response:
    return client.patch(path, json={"schemas": [CORE], **attributes})


def fails(answer: httpx.Response, status: int) -> str:
    """Check that an answer is an error of SCIM 1.1 (API section 3.9) and return its description."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json()["Errors"]
    assert set(answer.json()) == {"Errors"} and set(error) == {"description", "code"}
    assert error["code"] == str(status) and error["description"]
    assert "urn:ietf" not in error["description"]
    return str(error["description"])


def members(client: httpx.Client, id: str) -> list[str]:
    return [member["value"] for member in client.get(f"/Groups/{id}").json().get("members", [])]


# ---- resources (schema sections 5 to 8, 11)


def test_a_user_of_the_draft(old: httpx.Client) -> None:
    boss = new_user(old, "boss")["id"]
    extension = {"employeeNumber": "701984", "manager": {"managerId": boss, "displayName": "ignored"}}
    body = {
        "schemas": [CORE, ENTERPRISE],
        "userName": "dschrute",
        "externalId": "dschrute",
        "name": {"formatted": "Mr. Dwight Kurt Schrute III", "familyName": "Schrute"},
        "emails": ["dschrute@example.com", {"value": "dwight@schrute.org", "type": "home"}],
        ENTERPRISE: extension,
    }
    answer = old.post("/Users", json=body)
    shown = answer.json()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == shown["meta"]["location"] == f"{old.base_url}Users/{shown['id']}"
    assert answer.headers["etag"] == shown["meta"]["version"]
    assert shown["schemas"] == [CORE, ENTERPRISE]
    assert set(shown["meta"]) == {"created", "lastModified", "location", "version"}
    assert shown["emails"][0] == {"value": "dschrute@example.com"}
    assert shown[ENTERPRISE] == {"employeeNumber": "701984", "manager": {"managerId": boss}}
    assert "urn:ietf" not in answer.text and "$ref" not in answer.text
    assert old.get(f"/Users/{shown['id']}").json() == shown


def test_what_was_shown_can_be_sent_back(old: httpx.Client) -> None:
    boss = new_user(old, "boss")["id"]
    made = new_user(
        old, emails=[{"value": "a@b", "primary": True}], **{ENTERPRISE: {"manager": {"managerId": boss}}}
    )
    staff = new_group(old, "Staff", made["id"])
    for path in (f"/Users/{made['id']}", f"/Groups/{staff['id']}"):
        shown = old.get(path)
        answer = old.put(path, json=shown.json(), headers={"If-Match": shown.headers["etag"]})
        assert answer.status_code == 200
        before, after = shown.json(), answer.json()
        assert before.pop("meta")["created"] == after.pop("meta")["created"]
        assert after == before


def test_members_and_groups_have_no_addresses(old: httpx.Client) -> None:
    ada = new_user(old, "ada", displayName="Ada")["id"]
    body = {"schemas": [CORE], "displayName": "Staff", "members": [{"type": "user", "value": ada}]}
    staff = old.post("/Groups", json=body).json()
    assert staff["schemas"] == [CORE]
    assert staff["members"] == [{"value": ada, "type": "User", "display": "Ada"}]
    groups = old.get(f"/Users/{ada}").json()["groups"]
    assert groups == [{"value": staff["id"], "display": "Staff", "type": "direct"}]


@pytest.mark.parametrize(
    "change",
    [
        {"schemas": [USER_2]},
        {"schemas": [CORE, USER_2]},
        {"schemas": [CORE, ENTERPRISE_2]},
        {"schemas": None},
        {"schemas": []},
        {ENTERPRISE_2: {"department": "x"}},
        {ENTERPRISE: {"manager": {"value": "1"}}},
        {ENTERPRISE: {"manager": {"displayName": "nobody"}}},
        {ENTERPRISE: {"department": "x"}, ENTERPRISE.upper(): {"department": "y"}},
        {"emails": [{"value": "a@b", "operation": "delete"}]},
        {"emails": [{"value": "a@b", "$ref": "x"}]},
        {"department": "x"},
        {"userName": 1},
    ],
)
def test_what_1_1_does_not_have_is_refused(old: httpx.Client, change: dict[str, Any]) -> None:
    fails(old.post("/Users", json={"schemas": [CORE], "userName": "ada", **change}), 400)
    assert old.get("/Users").json()["totalResults"] == 0


def test_a_duplicate_is_a_conflict(old: httpx.Client) -> None:
    new_user(old, "ada")
    fails(old.post("/Users", json={"schemas": [CORE], "userName": "ADA"}), 409)


def test_a_deleted_user_is_gone(old: httpx.Client) -> None:
    id = new_user(old)["id"]
    answer = old.delete(f"/Users/{id}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "content-type" not in answer.headers
    assert fails(old.get(f"/Users/{id}"), 404) == f"Resource {id} not found"
    fails(old.delete(f"/Users/{id}"), 404)


def test_a_deletion_may_be_answered_with_204(tenant: Tenant) -> None:
    client = tenant(quirks=[{"quirk": "scim-1.1", "delete": 204}])
    assert client.delete(f"/Users/{new_user(client)['id']}").status_code == 204


def test_an_extension_of_ones_own_has_its_own_urn(tenant: Tenant) -> None:
    urn = "urn:scim:schemas:extension:acme:1.0"
    client = tenant(quirks=[{"quirk": "scim-1.1", "urns": {ENTERPRISE_2: urn}}])
    shown = new_user(client, **{urn: {"department": "x"}})
    assert shown["schemas"] == [CORE, urn] and shown[urn] == {"department": "x"}
    assert client.get("/Users", params={"filter": f'{urn}:department eq "x"'}).json()["totalResults"] == 1
    refused = {"schemas": [CORE], "userName": "b", ENTERPRISE: {"department": "x"}}
    fails(client.post("/Users", json=refused), 400)


# ---- lists (API sections 3.2.2 and 3.7)


def test_a_list_has_the_envelope_of_1_1(old: httpx.Client) -> None:
    for login in ("ada", "bob", "cyd"):
        new_user(old, login)
    answer = old.get("/Users", params={"startIndex": 2, "count": 1})
    shown = answer.json()
    (bob,) = shown.pop("Resources")
    assert shown == {"schemas": [CORE], "totalResults": 3, "startIndex": 2, "itemsPerPage": 1}
    assert bob["userName"] == "bob" and bob["schemas"] == [CORE]
    assert answer.headers["content-type"] == "application/json"


def test_parameters_of_2_0_are_not_recognised(old: httpx.Client) -> None:
    new_user(old, "ada", title="x")
    shown = old.get("/Users", params={"excludedAttributes": "title", "cursor": "", "count": 1}).json()
    assert shown["startIndex"] == 1 and "nextCursor" not in shown
    assert shown["Resources"][0]["title"] == "x"


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("userName", {"userName"}),
        (f"{CORE}:userName", {"userName"}),
        (f"USERNAME, {ENTERPRISE}:manager.managerId", {"userName", ENTERPRISE}),
        (f"{USER_2}:userName", set()),
        ("department", set()),
        ("nothing", set()),
    ],
)
def test_attributes_are_chosen(old: httpx.Client, wanted: str, shown: set[str]) -> None:
    made = new_user(old, title="x", **{ENTERPRISE: {"department": "d", "manager": {"managerId": "1"}}})
    found = old.get(f"/Users/{made['id']}", params={"attributes": wanted}).json()
    assert set(found) == {"schemas", "id", "meta"} | shown
    if ENTERPRISE in found:
        assert found[ENTERPRISE] == {"manager": {"managerId": "1"}}
    assert old.get("/Users", params={"attributes": wanted}).json()["Resources"] == [found]


@pytest.mark.parametrize("path", ["userName", f"{CORE}:userName", f"{ENTERPRISE}:department"])
def test_results_are_sorted(old: httpx.Client, path: str) -> None:
    for login in ("bob", "ada"):
        new_user(old, login, **{ENTERPRISE: {"department": login}})
    found = old.get("/Users", params={"sortBy": path, "sortOrder": "descending"}).json()["Resources"]
    assert [user["userName"] for user in found] == ["bob", "ada"]


@pytest.mark.parametrize("path", [f"{USER_2}:userName", "department", "meta.resourceType", "nothing"])
def test_nothing_else_can_be_sorted_by(old: httpx.Client, path: str) -> None:
    fails(old.get("/Users", params={"sortBy": path}), 400)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName Eq "BJENSEN"', ["bjensen"]),
        (f'{CORE}:name.familyName co "jen"', ["bjensen"]),
        ('userName sw "b"', ["bjensen", "bob"]),
        ("title pr", ["bob"]),
        ('meta.lastModified gt "2011-05-13T04:42:34Z"', ["bjensen", "bob"]),
        ('meta.lastModified lt "2011-05-13T04:42:34Z"', []),
        ('title pr or userName eq "bjensen"', ["bjensen", "bob"]),
        ('userType eq "Employee" and (emails co "example.com" or emails co "example.org")', ["bjensen"]),
        (f'{ENTERPRISE}:department eq "X"', ["bob"]),
        (f'{ENTERPRISE.upper()}:manager.MANAGERID eq "1"', ["bob"]),
        (f'userName eq "{USER_2}:userName"', []),
        ("active eq true", ["bob"]),
    ],
)
def test_filters(old: httpx.Client, text: str, found: list[str]) -> None:
    new_user(old, "bjensen", name={"familyName": "Jensen"}, userType="Employee", emails=["b@example.com"])
    extension = {"department": "x", "manager": {"managerId": "1"}}
    new_user(old, "bob", title="t", active=True, **{ENTERPRISE: extension})
    answer = old.get("/Users", params={"filter": text})
    assert answer.status_code == 200, answer.text
    assert [user["userName"] for user in answer.json()["Resources"]] == found


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('userName ne "a"', "'ne'"),
        ('userName ew "a"', "'ew'"),
        ('userName regex "a"', "'regex'"),
        ('not (userName eq "a")', "'not'"),
        ('emails[type eq "work"]', "brackets"),
        ('title pr and emails[type eq "work" and value co "a"]', "brackets"),
        ("title eq null", "true or false"),
        (f'{USER_2}:userName eq "a"', "no attribute"),
        (f'{ENTERPRISE_2}:department eq "a"', "no attribute"),
        (f'{ENTERPRISE}:manager.value eq "a"', "no attribute"),
        ('department eq "a"', "'department'"),
        ('meta.resourceType eq "User"', "'meta.resourceType'"),
        ('groups.$ref eq "a"', "no attribute"),
        ("userName eq", "ends"),
    ],
)
def test_filters_that_1_1_does_not_have(old: httpx.Client, text: str, word: str) -> None:
    description = fails(old.get("/Users", params={"filter": text}), 400)
    assert word in description or "urn:ietf" in text


# ---- PATCH (API section 3.3.2)


def test_members_are_added_and_removed(old: httpx.Client) -> None:
    ada, bob, cyd = (new_user(old, login)["id"] for login in ("ada", "bob", "cyd"))
    id = new_group(old, "Staff", ada)["id"]
    path = f"/Groups/{id}"
    assert patch(old, path, members=[{"display": "Bob", "value": bob}]).status_code == 204
    assert members(old, id) == [ada, bob]
    version = old.get(path).headers["etag"]
    assert patch(old, path, members=[{"value": bob}]).headers["etag"] == version
    assert patch(old, path, members=[{"value": cyd, "operation": "delete"}]).headers["etag"] == version
    both = [{"value": ada, "operation": "delete"}, {"value": cyd, "display": "Cyd"}]
    assert patch(old, path, members=both).status_code == 204
    assert members(old, id) == [bob, cyd]
    assert patch(old, path, meta={"attributes": ["members"]}, members=[{"value": ada}]).status_code == 204
    assert members(old, id) == [ada]
    assert patch(old, path, meta={"attributes": ["members"]}).status_code == 204
    assert members(old, id) == []


def test_a_group_is_renamed_with_its_id_in_the_body(old: httpx.Client) -> None:
    id = new_group(old, "Staff")["id"]
    answer = old.patch(
        f"/Groups/{id}?attributes=displayName", json={"schemas": [CORE], "id": id, "displayName": "B"}
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"schemas", "id", "displayName", "meta"}
    assert answer.json()["displayName"] == "B"


def test_singular_and_complex_attributes(old: httpx.Client) -> None:
    name = {"formatted": "Dwight Schrute", "givenName": "Dwight", "familyName": "Schrute"}
    made = new_user(
        old, name=name, nickName="Recyclops", **{ENTERPRISE: {"department": "a", "division": "b"}}
    )
    path = f"/Users/{made['id']}"
    answer = patch(
        old,
        path,
        nickName="Barbie",
        name={"familyName": "S"},
        active=False,
        **{ENTERPRISE: {"department": "c"}},
    )
    shown = answer.json()
    assert answer.status_code == 200
    assert shown["name"] == {**name, "familyName": "S"}
    assert (shown["nickName"], shown["active"]) == ("Barbie", False)
    assert shown[ENTERPRISE] == {"department": "c", "division": "b"}
    cleared = ["nickName", "NAME.formatted", f"{ENTERPRISE}:division", "title"]
    shown = patch(old, path, meta={"attributes": cleared}).json()
    assert "nickName" not in shown and "formatted" not in shown["name"]
    assert shown[ENTERPRISE] == {"department": "c"}
    shown = patch(old, path, meta={"attributes": ["name", ENTERPRISE]}, name={"givenName": "D"}).json()
    assert shown["name"] == {"givenName": "D"} and ENTERPRISE not in shown
    assert shown["schemas"] == [CORE]


def test_what_is_required_can_be_replaced_but_not_removed(old: httpx.Client) -> None:
    path = f"/Users/{new_user(old)['id']}"
    assert patch(old, path, meta={"attributes": ["userName"]}, userName="other").json()["userName"] == "other"
    fails(patch(old, path, meta={"attributes": ["userName"]}), 400)
    assert old.get(path).json()["userName"] == "other"


def test_a_manager_is_set_and_removed(old: httpx.Client) -> None:
    path = f"/Users/{new_user(old)['id']}"
    shown = patch(old, path, **{ENTERPRISE: {"manager": {"managerId": "1"}}}).json()
    assert shown[ENTERPRISE] == {"manager": {"managerId": "1"}}
    assert shown["schemas"] == [CORE, ENTERPRISE]
    shown = patch(old, path, meta={"attributes": [f"{ENTERPRISE}:manager.managerId"]}).json()
    assert ENTERPRISE not in shown


def test_the_primary_email_changes(old: httpx.Client) -> None:
    emails = [{"value": "a@b", "type": "work", "primary": True}, {"value": "c@d", "type": "home"}]
    path = f"/Users/{new_user(old, emails=emails)['id']}"
    assert patch(old, path, emails=[{"value": "C@D", "primary": True}]).json()["emails"] == [
        {"value": "a@b", "type": "work", "primary": False},
        {"value": "C@D", "type": "home", "primary": True},
    ]
    shown = patch(
        old, path, emails=[{"value": "e@f", "primary": True}, {"value": "a@b", "operation": "delete"}]
    )
    assert shown.json()["emails"] == [
        {"value": "C@D", "type": "home", "primary": False},
        {"value": "e@f", "primary": True},
    ]
    fails(patch(old, path, emails=[{"value": "x", "primary": True}, {"value": "y", "primary": True}]), 400)


def test_an_address_is_deleted_and_added(old: httpx.Client) -> None:
    work = {"type": "work", "streetAddress": "100 Universal City Plaza", "primary": True}
    home = {"type": "home", "streetAddress": "456 Hollywood Blvd"}
    path = f"/Users/{new_user(old, addresses=[work, home])['id']}"
    other = {**work, "streetAddress": "911 Universal City Plaza"}
    shown = patch(old, path, addresses=[{**work, "operation": "delete"}, other]).json()
    assert shown["addresses"] == [home, other]


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": "x"}]},
        {"schemas": [CORE], "Operations": [{"op": "replace", "path": "title", "value": "x"}]},
        {"schemas": [USER_2], "title": "x"},
        {"title": "x"},
        {"schemas": [CORE], "meta": {"attributes": "title"}},
        {"schemas": [CORE], "meta": {"attributes": ["nothing"]}},
        {"schemas": [CORE], "meta": {"attributes": ['emails[type eq "work"]']}},
        {"schemas": [CORE], "meta": {"attributes": [f"{USER_2}:title"]}},
        {"schemas": [CORE], "meta": {"attributes": ["id"]}},
        {"schemas": [CORE], "emails": [{"value": "a@b", "operation": "remove"}]},
        {"schemas": [CORE], "emails": [{"type": "work", "operation": "delete"}]},
        {"schemas": [CORE], 'emails[type eq "work"].value': "x"},
        {"schemas": [CORE], "name.familyName": "x"},
        {"schemas": [CORE], "department": "x"},
        {"schemas": [CORE], ENTERPRISE_2: {"department": "x"}},
        {"schemas": [CORE], ENTERPRISE: "x"},
        {"schemas": [CORE], "groups": [{"value": "1"}]},
        ["title"],
    ],
)
def test_a_patch_that_is_none_of_1_1_changes_nothing(old: httpx.Client, body: Any) -> None:
    emails = [{"value": "a@b", "type": "work"}, {"value": "c@d", "type": "work"}]
    made = new_user(old, emails=emails)
    fails(old.patch(f"/Users/{made['id']}", json=body), 400)
    assert old.get(f"/Users/{made['id']}").json() == made


def test_an_empty_patch_is_well(old: httpx.Client) -> None:
    made = new_user(old)
    answer = patch(old, f"/Users/{made['id']}", id=made["id"], meta=made["meta"])
    assert (answer.status_code, answer.json()) == (200, made)


# ---- methods, formats and endpoints (API sections 3, 3.6, 3.12)


def test_post_may_stand_for_other_methods(old: httpx.Client) -> None:
    path = f"/Users/{new_user(old)['id']}"

    def over(method: str, body: Any = None) -> httpx.Response:
        return old.post(path, json=body, headers={"X-HTTP-Method-Override": method})

    assert over("PATCH", {"schemas": [CORE], "title": "x"}).json()["title"] == "x"
    shown = over("put", {"schemas": [CORE], "userName": "other"}).json()
    assert shown["userName"] == "other" and "title" not in shown
    fails(over("GET"), 400)
    assert old.post(path, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 200
    fails(old.get(path), 404)
    assert old.get("/Users", headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 200


def test_the_suffix_of_a_path_is_a_format(old: httpx.Client) -> None:
    made = new_user(old)
    assert old.get(f"/Users/{made['id']}.json").json() == made
    assert old.get("/Users.JSON").json()["totalResults"] == 1
    fails(old.get(f"/Users/{made['id']}.xml"), 406)
    fails(old.get("/Users", headers={"Accept": "application/xml"}), 406)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("application/xml;q=0.1, application/json", "application/json"),
        ("application/scim+json", "application/scim+json"),
    ],
)
def test_the_media_type_is_that_of_json(old: httpx.Client, accept: str, media: str) -> None:
    answer = old.get("/Users", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)


@pytest.mark.parametrize("media", ["text/plain", "application/xml"])
def test_other_media_types_are_refused(old: httpx.Client, media: str) -> None:
    fails(old.post("/Users", content=b"{}", headers={"Content-Type": media}), 415)
    assert old.get("/Users", headers={"Content-Type": media}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/Me"),
        ("POST", "/.search"),
        ("POST", "/Users/.search"),
        ("GET", "/ResourceTypes"),
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/Nothing"),
        ("GET", "/Schemas/Users"),
        ("GET", f"/Schemas/{USER_2}"),
        ("GET", "/ServiceProviderConfigs/1"),
    ],
)
def test_endpoints_that_1_1_does_not_have(old: httpx.Client, method: str, path: str) -> None:
    fails(old.request(method, path, json={} if method == "POST" else None), 404)


def test_errors_everywhere_are_those_of_1_1(old: httpx.Client) -> None:
    fails(old.get("/Users", headers={"Authorization": "Bearer wrong"}), 401)
    fails(old.post("/Users", content=b"{", headers={"Content-Type": "application/json"}), 400)
    made = new_user(old)
    fails(old.put(f"/Users/{made['id']}", json=made, headers={"If-Match": 'W/"other"'}), 412)
    fails(old.post("/Schemas", json={}), 405)
    fails(httpx.get(str(old.base_url).replace("/scim/v2", "/other")), 404)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("quirk", "errors"),
    [
        ("error-array-11", [{"description": "Resource 1 not found", "code": 404}]),
        ("error-object-11", {"description": "Resource 1 not found", "code": 404}),
    ],
)
def test_other_forms_of_errors_win(tenant: Tenant, quirk: str, errors: Any, order: int) -> None:
    client = tenant(quirks=["scim-1.1", quirk][::order])
    assert client.get("/Users/1").json() == {"Errors": errors}


def test_a_fault_is_worded_as_the_service_words_errors(old: httpx.Client) -> None:
    control = str(old.base_url).rpartition("/scim/v2")[0] + "/_scimmock"
    rule = {"name": "down", "do": {"status": 503, "retry_after": "3s"}}
    assert httpx.post(f"{control}/faults", json=rule).status_code == 201
    answer = old.get("/Users")
    fails(answer, 503)
    assert answer.headers["retry-after"] == "3"


# ---- discovery (schema sections 9 and 10)


def test_the_configuration(old: httpx.Client) -> None:
    answer = httpx.get(f"{old.base_url}ServiceProviderConfigs")
    shown = answer.json()
    assert answer.status_code == 200
    assert answer.headers["location"].endswith("/ServiceProviderConfigs")
    assert shown["schemas"] == [CORE]
    assert shown["xmlDataFormat"] == {"supported": False}
    for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert shown[name]["supported"] is True
    assert set(shown["bulk"]) == {"supported", "maxOperations", "maxPayloadSize"}
    (scheme,) = shown["authenticationSchemes"]
    assert set(scheme) == {"name", "description", "specUrl", "type", "primary"}
    assert not {"pagination", "meta", "documentationUri"} & set(shown)


def test_the_schemas(old: httpx.Client) -> None:
    listed = old.get("/Schemas").json()
    assert listed["schemas"] == [CORE] and listed["totalResults"] == 2
    user, group = listed["Resources"]
    assert (user["id"], group["id"]) == (f"{CORE}:User", f"{CORE}:Group")
    assert (user["schema"], user["endpoint"], user["name"]) == (CORE, "/Users", "User")
    assert old.get(f"/Schemas/{CORE}:User").json() == user
    assert old.get(f"/Schemas/{CORE}:User.json").json() == user
    by_name = {attribute["name"]: attribute for attribute in user["attributes"]}
    assert {"id", "externalId", "meta", "userName", "emails", "employeeNumber", "manager"} <= set(by_name)
    assert by_name["id"]["readOnly"] is True and by_name["userName"]["required"] is True
    assert by_name["emails"]["multiValuedAttributeChildName"] == "email"
    assert "multiValuedAttributeChildName" not in by_name["name"]
    assert by_name["employeeNumber"]["schema"] == ENTERPRISE
    assert [sub["name"] for sub in by_name["manager"]["subAttributes"]] == ["managerId", "displayName"]
    assert "$ref" not in str(listed) and "urn:ietf" not in str(listed) and "mutability" not in str(listed)


def test_schemas_may_be_named_by_their_endpoints(tenant: Tenant) -> None:
    client = tenant(quirks=[{"quirk": "scim-1.1", "schemas": "endpoint"}])
    assert client.get("/Schemas/Groups").json()["id"] == f"{CORE}:Group"
    fails(client.get(f"/Schemas/{CORE}:Group"), 404)


# ---- bulk (API section 3.5)


def bulk(client: httpx.Client, *operations: dict[str, Any], **rest: Any) -> httpx.Response:
    return client.post("/Bulk", json={"schemas": [CORE], "Operations": list(operations), **rest})


def test_a_bulk_request(old: httpx.Client) -> None:
    bob, eve = new_user(old, "bob"), new_user(old, "eve")
    extension = {ENTERPRISE: {"manager": {"managerId": "bulkId:qwerty"}}}
    answer = bulk(
        old,
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": "qwerty",
            "data": {"schemas": [CORE], "userName": "alice"},
        },
        {
            "method": "PUT",
            "path": f"/Users/{bob['id']}",
            "version": bob["meta"]["version"],
            "data": {"schemas": [CORE, ENTERPRISE], "userName": "bob", **extension},
        },
        {
            "method": "PATCH",
            "path": f"/Users/{bob['id']}",
            "data": {"schemas": [CORE], "title": "x", "emails": ["a@b"]},
        },
        {"method": "DELETE", "path": f"/Users/{eve['id']}"},
        failOnErrors=1,
    )
    shown = answer.json()
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert set(shown) == {"schemas", "Operations"} and shown["schemas"] == [CORE]
    assert [item["status"] for item in shown["Operations"]] == [
        {"code": code} for code in ("201", "200", "200", "200")
    ]
    assert shown["Operations"][0]["bulkId"] == "qwerty" and shown["Operations"][0]["version"]
    alice = shown["Operations"][0]["location"].rpartition("/")[2]
    bob = old.get(f"/Users/{bob['id']}").json()
    assert bob[ENTERPRISE] == {"manager": {"managerId": alice}}
    assert (bob["title"], bob["emails"]) == ("x", [{"value": "a@b"}])
    fails(old.get(f"/Users/{eve['id']}"), 404)


def test_what_is_wrong_in_a_bulk_request_is_told_of_each_operation(old: httpx.Client) -> None:
    ada = new_user(old, "ada")
    patch_of_2 = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": "x"}]}
    shown = bulk(
        old,
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER_2], "userName": "x"}},
        {"method": "PATCH", "path": f"/Users/{ada['id']}", "data": patch_of_2},
        {"method": "DELETE", "path": "/Users/none"},
        {"method": "POST", "path": "/Nothing", "bulkId": "b", "data": {"schemas": [CORE]}},
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": {"schemas": [CORE], "userName": "well"}},
    ).json()["Operations"]
    assert [item["status"]["code"] for item in shown] == ["400", "400", "404", "404", "201"]
    assert all(item["status"]["description"] for item in shown[:4])
    assert "is no schema of SCIM 1.1" in shown[0]["status"]["description"]
    assert "no attribute" not in shown[0]["status"]["description"]
    assert "location" not in shown[0] and shown[1]["location"].endswith(ada["id"])
    assert all("response" not in item for item in shown)
    assert "urn:ietf" not in str(shown)
    assert old.get("/Users").json()["totalResults"] == 2


def test_resources_that_refer_to_each_other(old: httpx.Client) -> None:
    def group(name: str, own: str, other: str) -> dict[str, Any]:
        data = {
            "schemas": [CORE],
            "displayName": name,
            "members": [{"type": "group", "value": f"bulkId:{other}"}],
        }
        return {"method": "POST", "path": "/Groups", "bulkId": own, "data": data}

    shown = bulk(old, group("A", "x", "y"), group("B", "y", "x")).json()["Operations"]
    assert [item["status"]["code"] for item in shown] == ["201", "201"]
    one, other = (item["location"].rpartition("/")[2] for item in shown)
    assert (members(old, one), members(old, other)) == ([other], [one])


def test_a_bulk_request_of_2_0_is_refused(old: httpx.Client) -> None:
    operation = {"method": "DELETE", "path": "/Users/1"}
    urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    fails(old.post("/Bulk", json={"schemas": [urn], "Operations": [operation]}), 400)
    fails(old.post("/Bulk", json={"Operations": [operation]}), 400)
    fails(bulk(old), 400)


# ---- beside SCIM 2.0, and with other quirks


def test_a_set_of_quirks_knows_its_version() -> None:
    read = [
        read_quirks(data, "quirks") for data in ([], ["patch-204", "scim-1.1"], ["scim-1.1", "patch-204"])
    ]
    sets = [QuirkSet(chosen) for chosen in read]
    assert [quirks.version for quirks in sets] == ["2.0", "1.1", "1.1"]
    assert [quirks.inner().names() for quirks in sets] == [[], ["patch-204"], ["patch-204"]]
    assert sets[0].inner() is sets[0]
    paging = sets[1].policy(Policy(paging=Paging(default_method="cursor"))).paging
    assert (paging.index, paging.cursor, paging.default_method) == (True, False, "index")


def test_made_up_people_are_shown_in_1_1(tenant: Tenant) -> None:
    shown = tenant(quirks=["scim-1.1"], users=2, groups=1).get("/Users").json()
    assert shown["totalResults"] == 2
    assert all(user["schemas"][0] == CORE for user in shown["Resources"])
    assert "urn:ietf" not in str(shown)


def test_what_is_stored_is_the_same_in_both_versions(scim: httpx.Client) -> None:
    control = str(scim.base_url).rpartition("/scim/v2")[0] + "/_scimmock"

    def speak(*quirks: Any) -> None:
        assert httpx.put(f"{control}/quirks", json={"quirks": list(quirks)}).status_code == 200

    body = {"schemas": [USER_2, ENTERPRISE_2], "userName": "ada", ENTERPRISE_2: {"manager": {"value": "1"}}}
    new = scim.post("/Users", json=body).json()
    speak("scim-1.1")
    path = f"/Users/{new['id']}"
    shown = scim.get(path).json()
    assert shown["schemas"] == [CORE, ENTERPRISE] and shown[ENTERPRISE] == {"manager": {"managerId": "1"}}
    assert scim.get("/Users").json()["Resources"] == [shown]
    assert patch(scim, path, emails=["a@b"]).status_code == 200
    speak()
    again = scim.get(path).json()
    assert again["emails"] == [{"value": "a@b"}]
    assert {**again, "meta": new["meta"]} == {**new, "emails": again["emails"]}


@pytest.mark.parametrize("order", [1, -1])
def test_it_is_the_outermost_of_all_quirks(tenant: Tenant, order: int) -> None:
    quirks = ["scim-1.1", "patch-active-only", "nulls-emitted", "lowercase-envelope", "content-type-wrong"]
    client = tenant(quirks=quirks[::order])
    made = new_user(client, **{ENTERPRISE: {"manager": {"managerId": "1"}}})
    assert made[ENTERPRISE]["department"] is None
    assert patch(client, f"/Users/{made['id']}", active=False).json()["active"] is False
    fails(patch(client, f"/Users/{made['id']}", title="x"), 400)
    listed = client.get("/Users")
    assert listed.json()["schemas"] == [CORE] and len(listed.json()["resources"]) == 1
    assert listed.headers["content-type"] == "text/json;charset=UTF-8"


@pytest.mark.parametrize("order", [1, -1])
def test_there_are_no_cursors(tenant: Tenant, order: int) -> None:
    client = tenant(quirks=["scim-1.1", {"quirk": "cursor-paging", "size": 1}][::order], users=2)
    shown = client.get("/Users").json()
    assert shown["totalResults"] == 2 and shown["startIndex"] == 1
    assert "nextCursor" not in shown


def test_a_rule_may_run_a_write_twice(launch: Launch, tmp_path: Path) -> None:
    rule = tmp_path / "twice.py"
    rule.write_text(
        "from scimmock.faults.python import fault\n\n\n"
        "@fault(match={'operation': 'patch'}, stage='engine')\n"
        "def twice(call, run):\n"
        "    run()\n"
        "    return run()\n"
    )
    server = launch("--quirk", "scim-1.1", "--faults", str(rule), "--users", "0", "--groups", "0")
    with server.client() as client:
        path = f"/Users/{new_user(client)['id']}"
        answer = patch(client, path, **{ENTERPRISE: {"manager": {"managerId": "1"}}}, emails=["a@b"])
        assert answer.status_code == 200, answer.text
        assert answer.json()["emails"] == [{"value": "a@b"}]


def test_a_stale_read_runs_a_query_twice(old: httpx.Client) -> None:
    control = str(old.base_url).rpartition("/scim/v2")[0] + "/_scimmock"
    rule = {"name": "stale", "match": {"method": "GET"}, "do": {"stale_read": "1h"}}
    assert httpx.post(f"{control}/faults", json=rule).status_code == 201
    new_user(old, "ada")
    answer = old.get(
        "/Users", params={"filter": f'{ENTERPRISE}:manager.managerId eq "1" or {CORE}:userName pr'}
    )
    assert answer.status_code == 200, answer.text
