"""Services that settle which value is primary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from scimmock.quirks.catalogue.primary import PrimarySettled
from scimmock.scim.draft import Draft
from scimmock.scim.schema import user_type

Both = Callable[..., list[httpx.Client]]
Make = Callable[..., str]
Patch = Callable[..., httpx.Response]
HOME = {"value": "ada@home.example", "type": "home"}
WORK = {"value": "ada@example.com", "type": "work"}
OTHER = {"value": "ada@other.example"}


def _shown(client: httpx.Client, id: str, name: str = "emails") -> list[tuple[str, Any]]:
    return [(item["value"], item.get("primary")) for item in client.get(f"/Users/{id}").json().get(name, [])]


def test_a_mark_goes_before_a_type_and_a_type_before_the_order(both: Both, new_user: Make) -> None:
    found = []
    for client in both("primary-settled"):
        lists = ([OTHER, WORK, {**HOME, "primary": True}], [OTHER, WORK, HOME], [HOME, OTHER])
        found.append([_shown(client, new_user(client, f"u{n}", emails=e)) for n, e in enumerate(lists)])
    strict, quirky = found
    assert strict[1] == [(OTHER["value"], None), (WORK["value"], None), (HOME["value"], None)]
    assert quirky == [
        [(HOME["value"], True), (OTHER["value"], False), (WORK["value"], False)],
        [(WORK["value"], True), (OTHER["value"], False), (HOME["value"], False)],
        [(HOME["value"], True), (OTHER["value"], False)],
    ]


def test_a_patch_is_settled_too_and_other_attributes_are_left_alone(
    both: Both, new_user: Make, patch: Patch
) -> None:
    _, quirky = both("primary-settled")
    id = new_user(quirky, "ada", emails=[HOME], roles=[{"value": "a"}])
    answer = patch(quirky, f"/Users/{id}", {"op": "add", "path": "emails", "value": [OTHER]})
    assert answer.status_code == 200
    assert _shown(quirky, id) == [(HOME["value"], True), (OTHER["value"], False)]
    assert _shown(quirky, id, "roles") == [("a", None)]
    secondary = {"op": "remove", "path": "emails[primary eq false]"}
    assert patch(quirky, f"/Users/{id}", secondary).status_code == 200
    assert _shown(quirky, id) == [(HOME["value"], True)]


def test_the_first_value_is_the_one_that_is_kept(both: Both, new_user: Make) -> None:
    settled = {"quirk": "primary-settled", "attributes": ["photos"]}
    strict, quirky = both(settled, {"quirk": "single-valued-multivalue", "attributes": ["photos"]})
    photos = [{"value": "https://a.example/1"}, {"value": "https://a.example/2", "primary": True}]
    kept = [_shown(client, new_user(client, "ada", photos=photos), "photos") for client in (strict, quirky)]
    assert kept == [[("https://a.example/1", None)], [("https://a.example/2", True)]]


def test_a_patch_that_leaves_only_secondary_values_is_refused(
    both: Both, new_user: Make, patch: Patch
) -> None:
    _, quirky = both({"quirk": "primary-settled", "kept": "emails"})
    path = f"/Users/{new_user(quirky, 'ada', emails=[WORK, HOME])}"
    second = {**HOME, "primary": False}
    refused = patch(quirky, path, {"op": "replace", "path": "emails", "value": [second]})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "mutability")
    assert patch(quirky, path, {"op": "replace", "path": "emails", "value": [HOME]}).status_code == 200
    assert _shown(quirky, path.rpartition("/")[2]) == [(HOME["value"], True)]
    assert patch(quirky, path, {"op": "remove", "path": "emails"}).status_code == 200


VALUES = st.lists(
    st.fixed_dictionaries(
        {"value": st.text("abc", min_size=1, max_size=4)},
        optional={"type": st.sampled_from(["work", "WORK", "home"]), "primary": st.booleans()},
    ),
    min_size=1,
    max_size=5,
)


@given(VALUES)
def test_one_value_is_primary_and_none_is_lost(emails: list[dict[str, Any]]) -> None:
    document: dict[str, Any] = {"emails": emails}
    draft = Draft("create", document, None, user_type(), None)  # type: ignore[arg-type]
    PrimarySettled()._settle(draft)
    settled = document["emails"]
    assert [item["primary"] for item in settled] == [True] + [False] * (len(emails) - 1)
    assert sorted(item["value"] for item in settled) == sorted(item["value"] for item in emails)
    if any(item.get("primary") for item in emails):
        assert settled[0]["value"] == next(item["value"] for item in emails if item.get("primary"))
