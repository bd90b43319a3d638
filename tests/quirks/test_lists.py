"""Quirks of lists and their pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

from scimmock.quirks.base import quirks

Switch = Callable[..., None]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class Case(NamedTuple):
    """A query on a directory of 250 users, and the envelope under the standard and under the quirks."""

    quirk: Any
    query: str
    standard: dict[str, Any]
    quirky: dict[str, Any]
    before: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.quirk["quirk"] if isinstance(self.quirk, dict) else self.quirk)


def _page(total: Any, start: Any, shown: Any, resources: int | None = None) -> dict[str, Any]:
    return {
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": shown,
        "Resources": shown if resources is None else resources,
    }


def _default(size: int, *before: str) -> Case:
    standard = int(before[0].rpartition("-")[2]) if before else 100
    return Case(f"default-page-{size}", "", _page(250, 1, standard), _page(250, 1, size), before)


CASES = [
    Case("no-paging", "?startIndex=2&count=3", _page(250, 2, 3), _page(250, 1, 250)),
    Case("no-paging", "?count=nonsense", {"status": "400"}, _page(250, 1, 250)),
    Case({"quirk": "no-paging", "size": 50}, "?startIndex=100", _page(250, 100, 100), _page(250, 1, 50)),
    Case("page-cap", "?count=200", _page(250, 1, 200), _page(250, 1, 50)),
    Case("page-cap", "?count=5", _page(250, 1, 5), _page(250, 1, 5)),
    Case({"quirk": "page-cap", "size": 7}, "", _page(250, 1, 100), _page(250, 1, 7)),
    _default(10),
    _default(20),
    _default(100, "default-page-10"),
    _default(200),
    Case(
        "cursor-paging",
        "?cursor=&count=2",
        {"totalResults": 250, "itemsPerPage": 2, "nextCursor": "...", "Resources": 2},
        {"itemsPerPage": 2, "nextCursor": "...", "Resources": 2},
    ),
    Case("cursor-paging", "?count=2", _page(250, 1, 2), _page(250, 1, 2)),
    Case("startindex-zero", "?startIndex=3&count=1", _page(250, 3, 1), _page(250, 2, 1)),
    Case("total-results-string", "?count=2", _page(250, 1, 2), _page("250", "1", "2", 2)),
    Case("total-results-wrong", "?count=2", _page(250, 1, 2), _page(251, 1, 2)),
    Case({"quirk": "total-results-wrong", "by": -900}, "?count=2", _page(250, 1, 2), _page(0, 1, 2)),
    Case({"quirk": "total-results-wrong", "counts": "page"}, "?count=2", _page(250, 1, 2), _page(2, 1, 2)),
    Case(
        "items-per-page-missing",
        "?count=2",
        _page(250, 1, 2),
        {"totalResults": 250, "startIndex": 1, "Resources": 2},
    ),
    Case(
        "lowercase-envelope",
        "?count=2",
        _page(250, 1, 2),
        {"totalresults": 250, "startindex": 1, "itemsperpage": 2, "resources": 2},
    ),
    Case(
        "lookup-404-instead-of-empty",
        '?filter=userName eq "nobody"',
        _page(0, 1, 0),
        {"status": "404"},
    ),
    Case("synthetic-list", "?count=2", _page(250, 1, 2), _page(1, 1, 1)),
]


@pytest.fixture(scope="module")
def many(control: httpx.Client) -> Any:
    """A client of a directory with 250 users."""
    about = control.put("/tenants/lists-of-many", json={"users": 250, "groups": 2}).json()
    headers = {"Authorization": f"Bearer {about['token']}"}
    with httpx.Client(base_url=about["base_url"], headers=headers, timeout=20) as client:
        yield client
    control.delete("/tenants/lists-of-many")


def _envelope(client: httpx.Client, query: str) -> dict[str, Any]:
    """Return an envelope with the number of resources in their place, or the status of an error."""
    document: dict[str, Any] = client.get(f"/Users{query}").json()
    if "detail" in document:
        return {"status": document["status"]}
    assert document.pop("schemas") == [LIST]
    shown: dict[str, Any] = {
        name: len(value) if isinstance(value, list) else value for name, value in document.items()
    }
    if "nextCursor" in shown:
        shown["nextCursor"] = "..."
    return shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}{case.query}")
def test_a_list_is_as_the_standard_says_and_as_the_quirk_makes_it(
    many: httpx.Client, switch: Switch, case: Case
) -> None:
    switch(many, *case.before)
    assert _envelope(many, case.query) == case.standard
    switch(many, *case.before, case.quirk)
    assert _envelope(many, case.query) == case.quirky


def test_every_quirk_of_lists_is_tested() -> None:
    known = {
        name for name, kind in quirks().items() if kind.__module__.rpartition(".")[2] in ("lists", "paging")
    }
    assert known == {case.name for case in CASES}


def test_what_lists_say_of_themselves_is_in_the_configuration(many: httpx.Client, switch: Switch) -> None:
    switch(many)
    assert many.get("/ServiceProviderConfig").json()["pagination"]["index"] is True
    switch(many, "no-paging")
    shown = many.get("/ServiceProviderConfig").json()["pagination"]
    assert (shown["index"], shown["cursor"]) == (False, False)
    switch(many, {"quirk": "page-cap", "size": 50})
    config = many.get("/ServiceProviderConfig").json()
    assert (config["filter"]["maxResults"], config["pagination"]["defaultPageSize"]) == (50, 50)


def test_all_resources_are_found_by_cursor_without_a_total(many: httpx.Client, switch: Switch) -> None:
    switch(many, "cursor-paging")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = many.get("/Users", params={"cursor": cursor}).json()
        assert "totalResults" not in page and "startIndex" not in page
        seen += [user["id"] for user in page["Resources"]]
        cursor = page.get("nextCursor")
    assert len(seen) == len(set(seen)) == 250


def test_the_synthetic_objects_are_there_without_a_filter_only(many: httpx.Client, switch: Switch) -> None:
    real = many.get("/Users?count=1").json()["Resources"][0]
    switch(many, "synthetic-list")
    assert many.get("/Users").json()["Resources"] == [
        {
            "schemas": [USER],
            "id": "1",
            "userName": "synthesis_user",
            "externalId": "synthesis_user_external_id",
            "active": False,
        }
    ]
    assert many.get("/Groups").json()["Resources"] == [
        {"schemas": [GROUP], "id": "1", "displayName": "synthetic_group"}
    ]
    found = many.get("/Users", params={"filter": f'userName eq "{real["userName"]}"'}).json()
    assert [user["id"] for user in found["Resources"]] == [real["id"]]
    assert many.get("/Users/1").status_code == 404


def test_a_search_that_finds_nothing_is_404_too(many: httpx.Client, switch: Switch) -> None:
    body = {"schemas": [SEARCH], "filter": 'userName eq "nobody"'}
    switch(many)
    assert many.post("/Users/.search", json=body).json()["totalResults"] == 0
    switch(many, "lookup-404-instead-of-empty")
    answer = many.post("/Users/.search", json=body)
    assert (answer.status_code, answer.json()["status"]) == (404, "404")
    assert many.get("/Groups", params={"count": 0}).status_code == 200


def test_counters_of_resource_types_are_wrong_too(many: httpx.Client, switch: Switch) -> None:
    switch(many)
    right = many.get("/ResourceTypes").json()
    assert right["totalResults"] == len(right["Resources"])
    switch(many, "total-results-wrong")
    assert many.get("/ResourceTypes").json()["totalResults"] == len(right["Resources"]) + 1


@pytest.mark.parametrize("first", [True, False])
def test_quirks_of_one_envelope_add_up_in_any_order(many: httpx.Client, switch: Switch, first: bool) -> None:
    names = ["lowercase-envelope", "total-results-string", "total-results-wrong", "startindex-zero"]
    switch(many, *(names if first else reversed(names)))
    shown = _envelope(many, "?count=2")
    assert shown == {"totalresults": "251", "startindex": "0", "itemsperpage": "2", "resources": 2}
