"""The invented people: the same everywhere, unique, believable and full of hard names."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from itertools import islice, pairwise
from typing import Any

import msgspec
import pytest

from scimmock.people.generate import GeneratedGroup, generate_groups, generate_users
from scimmock.people.names import cultures, hard_names, shuffled

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ORDER = [
    "schemas",
    "externalId",
    "userName",
    "name",
    "displayName",
    "nickName",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "active",
    "emails",
    "phoneNumbers",
    "addresses",
    ENTERPRISE,
]


@pytest.fixture(scope="module")
def users() -> list[dict[str, Any]]:
    return list(generate_users(20_000, 1))


@pytest.fixture(scope="module")
def first(users: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as it takes until each hard name was dealt once."""
    return users[:500]


def digest(documents: Any) -> str:
    text = json.dumps(documents, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def families(users: list[dict[str, Any]]) -> list[str]:
    return [user["name"]["familyName"] for user in users]


def test_the_people_of_a_seed_never_change() -> None:
    # A change here changes the directory of everybody who has pinned a seed: say so in the changelog.
    assert digest(list(generate_users(50, 1, external_id="okta"))) == "41a6f899dc35ca58"


def test_the_groups_of_a_seed_never_change() -> None:
    assert digest(list(generate_groups(50, 1, 1000))) == "89f23b1c805a5d0a"


def test_a_bigger_directory_begins_with_the_smaller_one(users: list[dict[str, Any]]) -> None:
    assert list(generate_users(700, 1)) == users[:700]
    assert list(generate_users(0, 1)) == []


def test_seeds_differ_and_may_be_any_integer() -> None:
    names = {tuple(user["userName"] for user in generate_users(20, seed)) for seed in (-1, 0, 1, 2, 2**70)}
    assert len(names) == 5


def test_attributes_come_in_canonical_order(first: list[dict[str, Any]]) -> None:
    for user in [*first, *generate_users(300, 3, external_id="uuid")]:
        assert list(user) == [name for name in ORDER if name in user]
        assert user["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]
        assert user["emails"][0] == {"value": user["userName"], "type": "work", "primary": True}
        assert list(user[ENTERPRISE]) == [
            "employeeNumber",
            "costCenter",
            "organization",
            "division",
            "department",
        ]
        assert None not in user.values()


def test_user_names_and_addresses_are_unique_and_ascii(users: list[dict[str, Any]]) -> None:
    assert len({user["userName"].lower() for user in users}) == len(users)
    addresses = [email["value"].lower() for user in users for email in user["emails"]]
    assert len(set(addresses)) == len(addresses) > len(users)
    assert all(re.fullmatch(r"[a-z][a-z.-]*\d*@example\.com", user["userName"]) for user in users)
    assert len({user[ENTERPRISE]["employeeNumber"] for user in users}) == len(users)


def test_the_tables_keep_user_names_unique_at_any_count() -> None:
    spelled = Counter(ascii_ for culture in cultures().values() for _, ascii_ in culture.families)
    spelled.update(hard.local for hard in hard_names())
    assert [name for name, times in spelled.items() if times > 1] == []
    ordinary = {ascii_ for culture in cultures().values() for _, ascii_ in culture.families}
    assert not {hard.local.rpartition(".")[2] for hard in hard_names()} & ordinary
    for culture in cultures().values():
        assert len({given.ascii for given in culture.givens}) == len(culture.givens), culture.name
        for ascii_ in [given.ascii for given in culture.givens] + [name for _, name in culture.families]:
            assert re.fullmatch(r"[a-z-]+", ascii_)


def test_a_small_directory_has_no_numbered_names() -> None:
    assert not any(re.search(r"\d", user["userName"]) for user in generate_users(400, 5))


def test_the_domain_is_used_and_private_addresses_stay_apart() -> None:
    for user in generate_users(200, 1, domain="Mail.Example.net"):
        assert user["userName"].endswith("@Mail.Example.net")
        assert all(email["value"].endswith("@mail.example.org") for email in user["emails"][1:])


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("okta", r"00u[0-9A-Za-z]{17}"),
        ("uuid", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ],
)
def test_external_ids(name: str, pattern: str) -> None:
    ids = [user["externalId"] for user in generate_users(2000, 1, external_id=name)]
    assert all(re.fullmatch(pattern, id_) for id_ in ids)
    assert len(set(ids)) == 2000


def test_without_external_id_the_rest_is_the_same(first: list[dict[str, Any]]) -> None:
    with_id = list(generate_users(500, 1, external_id="uuid"))
    assert all("externalId" not in user for user in first)
    for user in with_id:
        del user["externalId"]
    assert with_id == first


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"external_id is 'entra', it must be .*hex24. or None"):
        generate_users(1, 1, external_id="entra")
    with pytest.raises(ValueError, match="count is -1, it cannot be negative"):
        generate_users(-1, 1)
    with pytest.raises(ValueError, match="neither can be negative"):
        generate_groups(1, 1, -1)


def test_everything_is_valid_unicode_and_survives_json(users: list[dict[str, Any]]) -> None:
    # A lone surrogate would not encode.
    assert json.loads(json.dumps(users, ensure_ascii=False).encode("utf-8")) == users
    assert msgspec.json.decode(msgspec.json.encode(users)) == users


def test_documents_share_no_containers() -> None:
    def containers(value: Any) -> list[int]:
        inner = list(value.values()) if isinstance(value, dict) else value
        return [id(value)] + [i for v in inner if isinstance(v, (dict, list)) for i in containers(v)]

    kept = [*generate_users(300, 1), *generate_users(300, 1)]
    ids = [i for user in kept for i in containers(user)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "pattern",
    [
        r"O'Malley",
        r"’",
        r"\w-\w",
        r"\w \w",
        "[\u0590-\u05ff]",
        "[\u0600-\u06ff]",
        "[\u0300-\u036f]",
        "[\U00020000-\U0002a6df]",
        r"^Null$",
        r"^True$",
        r"^False$",
        "\u0131",
        "ß",
        r"^.{80,}$",
        r"^.$",
        r",",
    ],
)
def test_family_names_of_each_hard_kind(first: list[dict[str, Any]], pattern: str) -> None:
    assert any(re.search(pattern, name) for name in families(first))


def test_one_name_comes_composed_and_decomposed(first: list[dict[str, Any]]) -> None:
    names = {user["name"]["formatted"] for user in first}
    pairs = {
        n for n in names if unicodedata.normalize("NFD", n) != n and unicodedata.normalize("NFD", n) in names
    }
    assert "Jos\u00e9 N\u00fa\u00f1ez" in pairs


def test_some_people_have_a_single_name(first: list[dict[str, Any]]) -> None:
    single = [user["name"] for user in first if "givenName" not in user["name"]]
    assert single and all(name["formatted"] == name["familyName"] for name in single)


def test_emoji_in_nick_and_display_names(first: list[dict[str, Any]]) -> None:
    assert any(max(user.get("nickName", "")) > "\uffff" for user in first if user.get("nickName"))
    assert any(max(user["displayName"]) > "\U0001f000" for user in first)


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_one_name_in_twelve_is_hard(seed: int) -> None:
    hard = {entry.family for entry in hard_names()}
    at = [index for index, name in enumerate(families(list(generate_users(1200, seed)))) if name in hard]
    assert len(at) == 100
    assert all(later - earlier == 12 for earlier, later in pairwise(at))


def test_proportions(users: list[dict[str, Any]]) -> None:
    def share(of: int) -> float:
        return of / len(users)

    assert 0.04 < share(sum(user["active"] is False for user in users)) < 0.06
    assert 0.15 < share(sum("addresses" in user for user in users)) < 0.35
    assert 0.05 < share(sum(len(user["emails"]) == 2 for user in users)) < 0.2
    locales = Counter(user["locale"] for user in users)
    assert len(locales) > 20 and all(len(user["locale"]) == 5 for user in users)
    assert 0.2 < share(sum(n for locale, n in locales.items() if locale.startswith("en"))) < 0.4
    assert all(("Intern" in user["title"]) == (user["userType"] == "Intern") for user in users)


def test_names_follow_the_culture(first: list[dict[str, Any]]) -> None:
    for user in first:
        name = user["name"]
        if user["locale"].startswith("zh"):
            assert name["formatted"] == name["familyName"] + name["givenName"]
        if user["locale"].startswith("ja"):
            assert name["formatted"] == f"{name['familyName']} {name['givenName']}"
        if "middleName" in name:
            assert name["formatted"].split()[1] == name["middleName"][0] + "."


def test_shuffling_keeps_everything_and_depends_on_the_key() -> None:
    assert sorted(shuffled(range(50), 1, "a")) == list(range(50))
    assert shuffled(range(50), 1, "a") == shuffled(range(50), 1, "a") != shuffled(range(50), 1, "b")


# Groups


def some_groups(count: int = 3000, users: int = 5000) -> list[GeneratedGroup]:
    return list(generate_groups(count, 1, users))


def test_groups_are_a_prefix_too_and_names_ignore_the_users() -> None:
    groups = some_groups()
    assert list(generate_groups(100, 1, 5000)) == groups[:100]
    fewer = list(generate_groups(3000, 1, 10))
    assert [(g.display_name, g.external_id, g.subgroups) for g in fewer] == [
        (g.display_name, g.external_id, g.subgroups) for g in groups
    ]


def test_group_names_are_unique_whatever_their_case() -> None:
    names = [group.display_name.casefold() for group in generate_groups(20_000, 1, 0)]
    assert len(set(names)) == len(names)


def test_hard_group_names() -> None:
    names = " ".join(group.display_name for group in islice(generate_groups(300, 1, 0), 300))
    for part in (
        '"',
        "研究開発部",
        "فريق",
        "👩🏽‍💻",
        "null",
        "CORP\\",
        "CN=",
        "O'Brien",
        "e\u0301",
        "<beta>",
    ):
        assert part in names


@pytest.mark.parametrize("user_count", [0, 1, 2, 3, 7, 60, 5000])
def test_members_are_distinct_users(user_count: int) -> None:
    for group in generate_groups(400, 1, user_count):
        assert len(set(group.members)) == len(group.members)
        assert all(0 <= member < user_count for member in group.members)


def test_most_groups_have_3_to_50_members_and_some_none() -> None:
    sizes = [len(group.members) for group in some_groups()]
    assert sum(3 <= size <= 50 for size in sizes) > 0.85 * len(sizes)
    assert 0 < sizes.count(0) < 0.15 * len(sizes)
    assert 500 < max(sizes) <= 1000


def test_subgroups_are_a_few_earlier_groups() -> None:
    groups = some_groups()
    assert all(inner < index for index, group in enumerate(groups) for inner in group.subgroups)
    assert all(len(set(group.subgroups)) == len(group.subgroups) <= 3 for group in groups)
    assert 100 < sum(bool(group.subgroups) for group in groups) < 300


def test_external_numbers_of_groups_are_unique_or_none() -> None:
    numbers = [group.external_id for group in some_groups()]
    given = [number for number in numbers if number is not None]
    assert None in numbers and len(set(given)) == len(given) > 2000
    assert all(0 < number < 2**48 for number in given)
