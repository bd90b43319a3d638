"""The path of a difference leads to what differs, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.playback.html.located import places
from tests.playback.made_reports import body

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER: dict[str, Any] = {
    "userName": "ada",
    "name": {"givenName": "Ada"},
    "emails": [{"type": "work", "value": "a@x.y"}, {"type": "home", "value": "b@x.y"}],
    "groups": [{"value": "live-1", "display": "One"}, {"value": "live-2", "display": "Two"}],
    "roles": ["a", "b"],
    "phones": [{"value": "1"}],
    ENTERPRISE: {"manager": {"value": "m"}},
}
LIST = {"totalResults": 2, "Resources": [{"userName": "bob", "active": False}, USER]}


@pytest.mark.parametrize(
    ("document", "path", "got", "expected"),
    [
        (USER, "userName", "ada", [("userName",)]),
        (USER, "USERNAME", "ada", [("userName",)]),
        (USER, "name.givenName", "Ada", [("name", "givenName")]),
        (USER, f"{ENTERPRISE}.manager.value", "m", [(ENTERPRISE, "manager", "value")]),
        (USER, 'emails[type eq "home"].value', "b@x.y", [("emails", 1, "value")]),
        (USER, 'emails[value eq "b@x.y"]', {}, [("emails", 1)]),
        (USER, "roles[b]", "b", [("roles", 1)]),
        # an id of the other side, told by the value behind it
        (USER, 'groups[value eq "recorded"].display', "Two", [("groups", 1, "display")]),
        (USER, 'groups[value eq "a ] b"].display', "One", [("groups", 0, "display")]),
        # a list of one is compared without a name for its element
        (USER, "phones.value", "2", [("phones", 0, "value")]),
        (USER, "emails.value", "b@x.y", [("emails", 1, "value")]),
        (LIST, 'Resources[userName eq "ada"].name.givenName', "Ada", [("Resources", 1, "name", "givenName")]),
        (LIST, 'Resources[userName eq "bob"]', 'userName eq "bob"', [("Resources", 0)]),
        (LIST, "totalResults", 2, [("totalResults",)]),
        (USER, "", {}, [()]),
        (USER, "title", "gone", []),
        (USER, "name.givenName.more", "x", []),
        (None, "userName", "x", []),
    ],
)
def test_a_path_leads_to_its_place(document: Any, path: str, got: Any, expected: list[Any]) -> None:
    found = places(document, [body(path, got=got)], "got")
    assert found == set(expected)


def test_a_side_that_has_nothing_has_no_place() -> None:
    assert places(USER, [body("userName", expected="x")], "got") == set()


def test_status_and_scim_type_have_places_too() -> None:
    error = {"status": "409", "scimType": "uniqueness"}
    bulk = {"Operations": [{"bulkId": "a", "status": "201"}, {"status": "409", "response": error}]}
    differences = [
        {"what": "status", "path": "", "expected": 201, "got": 409},
        {"what": "scimType", "path": "", "expected": "x", "got": "uniqueness"},
    ]
    assert places(error, differences, "got") == {("status",), ("scimType",)}
    within = [
        {**one, "path": path}
        for one, path in zip(differences, ("Operations[a]", "Operations[1]"), strict=True)
    ]
    assert places(bulk, within, "got") == {
        ("Operations", 0, "status"),
        ("Operations", 1, "response", "scimType"),
    }
