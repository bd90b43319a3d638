"""Pages are as large as the fixture says, and never larger."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scimmock.fixture import Fixture, load_fixture
from tests.contract.conftest import Service, every_service, listed


def _sizes(fixture: Fixture) -> tuple[int, int]:
    """Return the default and the largest size of a page, quirks included."""
    policy = fixture.policy
    for item in fixture.quirks:
        policy = item.quirk.policy(policy)
    return policy.paging.default_page_size, policy.paging.max_page_size


def visible(service: Service) -> set[str]:
    """Return the ids of the users whom lists show."""
    users = service.control.get("/state").json()["Users"]
    hides = "deactivated-hidden" in service.quirks
    return {str(user["id"]) for user in users if not (hides and user.get("active") is False)}


@pytest.mark.parametrize("name", every_service())
def test_default_and_maximum_hold(play: Callable[..., Service], name: str) -> None:
    fixture = load_fixture(name)
    quirks = {item.name for item in fixture.quirks}
    if {"synthetic-list", "filter-required"} & quirks:
        pytest.skip("a list without filter shows nothing that is there; see the fixture's own test")
    default, most = _sizes(fixture)
    users = min(most, 3000) + 5
    service = play(name, users=users)
    wanted = len(visible(service)) if "deactivated-hidden" in quirks else users
    first = service.client.get("/Users")
    assert first.status_code == 200, first.text
    if "no-paging" not in quirks:
        assert len(listed(first)) == min(default, most, wanted)
    all_of_it = service.client.get("/Users", params={"count": "100000"})
    if all_of_it.status_code == 200:
        found = len(listed(all_of_it))
        assert found <= most
        if "no-paging" not in quirks:
            assert found == min(most, wanted)


@pytest.mark.parametrize("name", every_service())
def test_pages_together_are_everything(play: Callable[..., Service], name: str) -> None:
    """By index where that is served, else by cursor: each user once."""
    service = play(name, users=25)
    if {"synthetic-list", "no-paging", "startindex-zero"} & service.quirks.keys():
        pytest.skip("its lists do not go together, as the fixture says")
    expected = visible(service)
    paging = service.fixture.policy.paging
    found: list[str] = []
    start, cursor = 1, ""
    for _ in range(10):
        by_index = {"startIndex": str(start), "count": "7"}
        answer = service.client.get(
            "/Users", params=by_index if paging.index else {"cursor": cursor, "count": "7"}
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        users = listed(answer)
        found += [str(user["id"]) for user in users]
        start += len(users)
        cursor = page.get("nextCursor", "")
        if not users or (not paging.index and not cursor):
            break
    assert sorted(found) == sorted(map(str, expected))
