"""scim2-client, which checks all that it receives against the standard, does its whole work here."""

from __future__ import annotations

import httpx
import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_models import (
    BulkOperation,
    BulkRequest,
    BulkResponse,
    EnterpriseUser,
    Error,
    Group,
    ListResponse,
    PatchOp,
    PatchOperation,
    ResourceType,
    Schema,
    SCIMException,
    SearchRequest,
    ServiceProviderConfig,
    User,
)

from .conftest import FullUser, MakeClient, of_the_standard

Manager = EnterpriseUser.get_field_root_type("manager")


@pytest.fixture
def client(scim: httpx.Client, scim2_client: MakeClient) -> BaseSyncSCIMClient:
    """A client that knows the standard models and has read the rest from the server."""
    made = of_the_standard(scim2_client, scim)
    made.discover()
    return made


def _user(user_name: str, **attributes: object) -> User[EnterpriseUser]:
    return FullUser(user_name=user_name, **attributes)


def _people(client: BaseSyncSCIMClient, *names: str) -> list[User[EnterpriseUser]]:
    return [client.create(_user(name, active=index % 2 == 0)) for index, name in enumerate(names)]


def _names(answer: object) -> list[str]:
    assert isinstance(answer, ListResponse), answer
    return [user.user_name for user in answer.resources or []]


def test_the_client_discovers_everything(scim: httpx.Client, scim2_client: MakeClient) -> None:
    """From nothing, the client learns resource types, schemas and capabilities, and builds its models."""
    client = scim2_client(scim)
    client.discover()
    assert {type.name for type in client.provider.resource_types} == {"User", "Group"}
    config = client.provider.config
    assert isinstance(config, ServiceProviderConfig)
    assert config.patch.supported and config.bulk.supported and config.filter.supported
    assert config.sort.supported and config.etag.supported
    user_model = client.get_resource_model("User")
    assert user_model is not None
    made = client.create(user_model(user_name="found", nick_name="F"))
    assert made.nick_name == "F" and made.id


def test_discovery_answers_are_one_by_one_what_they_are_in_lists(client: BaseSyncSCIMClient) -> None:
    """Each schema and resource type has an address of its own with the same content."""
    for kind in (Schema, ResourceType):
        listed = client.query(kind)
        assert isinstance(listed, ListResponse) and listed.resources
        for item in listed.resources:
            assert client.query(kind, item.id) == item


def test_a_user_with_all_kinds_of_attributes_comes_back_as_sent(client: BaseSyncSCIMClient) -> None:
    """Create and query: strings, booleans, complex and multi-valued attributes, bytes, and an extension."""
    boss = client.create(_user("boss", display_name="The Boss"))
    user = _user(
        "bjensen",
        external_id="42",
        name=User.Name(given_name="Barbara", family_name="Jensen", formatted="Ms. Barbara J Jensen"),
        active=True,
        emails=[
            User.Emails(value="bjensen@example.com", type="work", primary=True),
            User.Emails(value="babs@example.org", type="home"),
        ],
        addresses=[User.Addresses(locality="Hollywood", country="US", type="work")],
        x509_certificates=[User.X509Certificates(value=b"Y2VydGlmaWNhdGU=")],
        locale="en-US",
        password="t1meMa$heen",
    )
    user[EnterpriseUser] = EnterpriseUser(
        employee_number="701984", manager=Manager(value=boss.id, ref=boss.meta.location)
    )
    created = client.create(user)
    found = client.query(FullUser, created.id)
    assert found == created
    for attribute in ("user_name", "external_id", "name", "active", "emails", "addresses", "locale"):
        assert getattr(found, attribute) == getattr(user, attribute)
    assert found.x509_certificates[0].value == user.x509_certificates[0].value
    assert found[EnterpriseUser].employee_number == "701984"
    assert found[EnterpriseUser].manager.value == boss.id
    assert found.password is None
    assert found.meta.resource_type == "User" and found.meta.version and found.meta.created


def test_a_second_user_of_the_same_name_is_refused(client: BaseSyncSCIMClient) -> None:
    """409 uniqueness reaches the client as the error that it is."""
    client.create(_user("bjensen"))
    with pytest.raises(SCIMException) as caught:
        client.create(_user("BJensen"))
    assert caught.value.scim_type == "uniqueness" and caught.value.to_error().status == 409


def test_query_lists_filters_sorts_and_pages(client: BaseSyncSCIMClient) -> None:
    """All parameters of a query do what they say, alone and together."""
    _people(client, "delta", "Alpha", "echo", "bravo", "charlie")
    everyone = client.query(FullUser)
    assert isinstance(everyone, ListResponse) and everyone.total_results == 5
    assert sorted(_names(everyone), key=str.lower) == ["Alpha", "bravo", "charlie", "delta", "echo"]

    assert _names(client.query(FullUser, SearchRequest(filter='userName eq "ALPHA"'))) == ["Alpha"]
    assert set(_names(client.query(FullUser, SearchRequest(filter="active eq false")))) == {"Alpha", "bravo"}

    order = SearchRequest(sort_by="userName")
    assert _names(client.query(FullUser, order)) == ["Alpha", "bravo", "charlie", "delta", "echo"]
    order = SearchRequest(sort_by="userName", sort_order="descending")
    assert _names(client.query(FullUser, order)) == ["echo", "delta", "charlie", "bravo", "Alpha"]

    page = client.query(FullUser, SearchRequest(sort_by="userName", start_index=2, count=2))
    assert _names(page) == ["bravo", "charlie"]
    assert (page.total_results, page.start_index, page.items_per_page) == (5, 2, 2)
    last = client.query(FullUser, SearchRequest(sort_by="userName", start_index=5, count=2))
    assert _names(last) == ["echo"] and last.items_per_page == 1
    beyond = client.query(FullUser, SearchRequest(start_index=9, count=2))
    assert _names(beyond) == [] and beyond.total_results == 5
    nothing = client.query(FullUser, SearchRequest(count=0))
    assert _names(nothing) == [] and nothing.total_results == 5


def test_pages_by_cursor_visit_everyone_once(client: BaseSyncSCIMClient) -> None:
    """Following ``nextCursor`` to its end gives each resource once (RFC 9865)."""
    wanted = {user.id for user in _people(client, *(f"user{number}" for number in range(7)))}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.query(FullUser, SearchRequest(cursor=cursor, count=3))
        assert isinstance(page, ListResponse) and page.total_results == 7
        seen += [user.id for user in page.resources or []]
        cursor = page.next_cursor
    assert len(seen) == 7 and set(seen) == wanted


def test_a_query_returns_the_attributes_that_it_asks_for(client: BaseSyncSCIMClient) -> None:
    """``attributes`` and ``excludedAttributes`` shape what comes back; the id always does."""
    [user] = _people(client, "bjensen")
    short = client.query(FullUser, user.id, SearchRequest(attributes=["userName"]))
    assert (short.id, short.user_name, short.active) == (user.id, "bjensen", None)
    assert short.meta.location is None
    rest = client.query(FullUser, user.id, SearchRequest(excluded_attributes=["userName"]))
    assert (rest.id, rest.user_name, rest.active) == (user.id, None, True)


def test_replace_leaves_nothing_of_what_was(client: BaseSyncSCIMClient) -> None:
    """PUT: what the new document does not say is gone; id and creation date stay."""
    user = client.create(_user("bjensen", nick_name="Babs", title="Guide"))
    user.nick_name, user.title, user.display_name = None, "Head Guide", "Barbara"
    replaced = client.replace(user)
    assert (replaced.nick_name, replaced.title, replaced.display_name) == (None, "Head Guide", "Barbara")
    assert (replaced.id, replaced.meta.created) == (user.id, user.meta.created)
    assert client.query(FullUser, user.id) == replaced


def test_an_outdated_replace_is_refused(client: BaseSyncSCIMClient) -> None:
    """The client sends If-Match of the version that it read: the second writer is told 412."""
    first = client.create(_user("bjensen"))
    second = client.query(FullUser, first.id)
    first.title = "Guide"
    client.replace(first)
    second.title = "Tourist"
    with pytest.raises(SCIMException) as caught:
        client.replace(second)
    assert caught.value.to_error().status == 412
    assert client.query(FullUser, first.id).title == "Guide"


def test_modify_does_all_three_operations(client: BaseSyncSCIMClient) -> None:
    """PATCH: add, replace and remove, with paths of all kinds, in one request."""
    user = client.create(
        _user(
            "bjensen",
            title="Guide",
            emails=[User.Emails(value="b@example.com", type="work", primary=True)],
        )
    )
    operations = [
        PatchOperation(
            op="add", path="emails", value=[{"value": "h@example.com", "type": "home", "primary": True}]
        ),
        PatchOperation(op="replace", path='emails[type eq "work"].value', value="w@example.com"),
        PatchOperation(op="remove", path="title"),
        PatchOperation(op="replace", path="name.givenName", value="Barbara"),
        PatchOperation(op="add", path=f"{EnterpriseUser.__schema__}:department", value="Tours"),
        PatchOperation(op="replace", value={"nickName": "Babs", "active": False}),
    ]
    changed = client.modify(FullUser, user.id, PatchOp[FullUser](operations=operations))
    assert changed is not None and not isinstance(changed, Error)
    assert {(email.value, email.type, bool(email.primary)) for email in changed.emails} == {
        ("w@example.com", "work", False),
        ("h@example.com", "home", True),
    }
    assert (changed.title, changed.name.given_name, changed.nick_name, changed.active) == (
        None,
        "Barbara",
        "Babs",
        False,
    )
    assert changed[EnterpriseUser].department == "Tours"
    assert client.query(FullUser, user.id) == changed


def test_modify_says_what_is_wrong(client: BaseSyncSCIMClient) -> None:
    """The scimType of a refused PATCH tells noTarget from mutability."""
    user = client.create(_user("bjensen"))
    nothing_there = PatchOp[FullUser](
        operations=[PatchOperation(op="replace", path='emails[type eq "work"].value', value="w@example.com")]
    )
    with pytest.raises(SCIMException) as caught:
        client.modify(FullUser, user.id, nothing_there)
    assert caught.value.scim_type == "noTarget"
    read_only = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "id", "value": "other"}],
    }
    with pytest.raises(SCIMException) as caught:
        client.modify(FullUser, user.id, read_only, check_request_payload=False)
    assert caught.value.scim_type == "mutability"


def test_a_group_and_its_members(client: BaseSyncSCIMClient) -> None:
    """Members come and go by PATCH, and each user says which groups it is in."""
    first, second = _people(client, "first", "second")
    group = client.create(Group(display_name="Guides", members=[Group.Members(value=first.id, type="User")]))
    assert [member.value for member in group.members] == [first.id]
    add = PatchOp[Group](operations=[PatchOperation(op="add", path="members", value=[{"value": second.id}])])
    client.modify(Group, group.id, add)
    remove = PatchOp[Group](operations=[PatchOperation(op="remove", path=f'members[value eq "{first.id}"]')])
    client.modify(Group, group.id, remove)
    assert [member.value for member in client.query(Group, group.id).members] == [second.id]
    assert client.query(FullUser, first.id).groups is None
    assert [entry.value for entry in client.query(FullUser, second.id).groups] == [group.id]


def test_delete_is_final(client: BaseSyncSCIMClient) -> None:
    """After DELETE the resource is 404, and deleting it again too; its name is free."""
    [user] = _people(client, "bjensen")
    assert client.delete(FullUser, user.id) is None
    for call in (client.query, client.delete):
        with pytest.raises(SCIMException) as caught:
            call(FullUser, user.id)
        assert caught.value.to_error().status == 404
    assert client.create(_user("bjensen")).id != user.id


def test_search_by_post(client: BaseSyncSCIMClient) -> None:
    """``/.search`` finds resources of all types, ``/Users/.search`` users only."""
    _people(client, "guide1", "guide2", "driver")
    client.create(Group(display_name="guides"))
    found = client.search(SearchRequest(filter='displayName eq "guides" or userName sw "guide"'))
    assert isinstance(found, ListResponse) and found.total_results == 3
    assert sorted(type(resource).__name__ for resource in found.resources) == [
        "Group",
        "User[EnterpriseUser]",
        "User[EnterpriseUser]",
    ]
    users = client.search(FullUser, SearchRequest(filter='userName sw "guide"', sort_by="userName", count=1))
    assert _names(users) == ["guide1"] and users.total_results == 2


def test_bulk_links_new_resources(client: BaseSyncSCIMClient) -> None:
    """A bulk request creates a user and, by bulkId, a group with it as member; failures are told apart."""
    [taken] = _people(client, "taken")
    request = BulkRequest[FullUser | Group](
        operations=[
            BulkOperation[Group](
                method="POST",
                path="/Groups",
                bulk_id="g",
                data=Group(display_name="Guides", members=[Group.Members(value="bulkId:u", type="User")]),
            ),
            BulkOperation[FullUser](method="POST", path="/Users", bulk_id="u", data=_user("new")),
            BulkOperation[FullUser](method="POST", path="/Users", bulk_id="x", data=_user("taken")),
            BulkOperation[FullUser](method="DELETE", path=f"/Users/{taken.id}"),
        ]
    )
    answer = client.bulk(request)
    assert isinstance(answer, BulkResponse)
    by_id = {operation.bulk_id: operation for operation in answer.operations}
    assert {key: operation.status for key, operation in by_id.items()} == {
        "g": 201,
        "u": 201,
        "x": 409,
        None: 204,
    }
    assert isinstance(by_id["x"].response, Error) and by_id["x"].response.scim_type == "uniqueness"
    [group] = client.query(Group).resources
    [user] = client.query(FullUser).resources
    assert user.user_name == "new"
    assert [member.value for member in group.members] == [user.id]
