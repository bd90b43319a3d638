"""A directory and its forks against a naive model: look-ups, order, groups, versions."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from scimmock.scim.schema import GROUP, USER, group_type, user_type
from scimmock.scim.values import fold
from scimmock.store.directory import Directory
from scimmock.store.ids import Minter

TYPES = (user_type(), group_type())
PLAN: Any = {
    "User": (("userName", fold), ("externalId", str), ("emails.value", fold)),
    "Group": (("displayName", fold), ("members.value", str)),
}
NAMES = st.sampled_from(["ann", "Ann", "bob", "zoë", "ZOË", "x y", "é", "e\u0301"])


class Model:
    """What a directory holds, kept in the simplest way."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = {"User": {}, "Group": {}}
        self.versions: set[str] = set()

    def copy(self) -> Model:
        other = Model()
        other.rows = {name: dict(rows) for name, rows in self.rows.items()}
        other.versions = set(self.versions)
        return other

    def keys(self, document: dict[str, Any], path: str) -> list[str]:
        name, _, sub = path.partition(".")
        value = document.get(name)
        values = value if isinstance(value, list) else [value]
        found = [item.get(sub) if sub and isinstance(item, dict) else item for item in values]
        return [item for item in found if isinstance(item, str)]

    def lookup(self, kind: str, path: str, value: str) -> list[str]:
        transform = dict(PLAN[kind])[path]
        return [
            id
            for id, document in self.rows[kind].items()
            if transform(value) in [transform(key) for key in self.keys(document, path)]
        ]

    def groups_of(self, id: str) -> tuple[list[str], set[str]]:
        direct = [group for group in self.rows["Group"] if id in self.members(group)]
        seen, level, indirect = {id, *direct}, list(direct), set()
        while level:
            above = [g for g in self.rows["Group"] if g not in seen and set(self.members(g)) & set(level)]
            seen.update(above)
            indirect.update(above)
            level = above
        return [group for group in direct if group != id], indirect

    def members(self, group: str) -> list[str]:
        return self.keys(self.rows["Group"][group], "members.value")


class Pair:
    """A directory and its model."""

    def __init__(self, directory: Directory, model: Model) -> None:
        self.directory, self.model = directory, model


class Comparison(RuleBasedStateMachine):
    """Random operations on a directory and on forks of it, of forks too."""

    pairs = Bundle("pairs")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Pair] = []
        self.number = 0

    @initialize(target=pairs)
    def begin(self) -> Pair:
        pair = Pair(Directory(TYPES, PLAN, Minter(1, "")), Model())
        pair.directory.encode = lambda kind, document: (repr(document).encode(), True)
        self.all.append(pair)
        return pair

    @rule(target=pairs, pair=pairs)
    def fork(self, pair: Pair) -> Pair:
        self.number += 1
        made = Pair(pair.directory.fork(Minter(1, f"t{self.number}")), pair.model.copy())
        made.directory.encode = pair.directory.encode
        self.all.append(made)
        return made

    def stamped(self, pair: Pair, document: dict[str, Any]) -> dict[str, Any]:
        version = pair.directory.next_version()
        assert version not in pair.model.versions, "a version is used once"
        pair.model.versions.add(version)
        return {**document, "meta": {"version": version}}

    def put(self, pair: Pair, kind: str, id: str, document: dict[str, Any], before: set[str]) -> None:
        """Note a stored group or user; users whose membership changed have a new version."""
        old_versions = {user: row["meta"]["version"] for user, row in pair.model.rows["User"].items()}
        pair.model.rows[kind][id] = document
        if kind == "Group":
            self.moved(pair, before ^ set(pair.model.members(id)), old_versions)

    def moved(self, pair: Pair, ids: set[str], old_versions: dict[str, str]) -> None:
        for user, version in old_versions.items():
            row = pair.directory.get("User", user)
            if row is None:
                continue
            assert (row["meta"]["version"] != version) == (user in ids), (user, ids)
            if user in ids:
                assert row["meta"]["version"] not in pair.model.versions
                pair.model.versions.add(row["meta"]["version"])
                pair.model.rows["User"][user] = row

    @rule(
        pair=pairs,
        name=NAMES,
        external=st.none() | st.sampled_from(["1", "A", "a"]),
        emails=st.lists(NAMES, max_size=2),
    )
    def new_user(self, pair: Pair, name: str, external: str | None, emails: list[str]) -> None:
        id = pair.directory.mint("User", name)
        assert pair.directory.find(id) is None
        document = {
            "schemas": [USER],
            "id": id,
            "userName": name,
            "emails": [{"value": item} for item in emails],
        }
        if external is not None:
            document["externalId"] = external
        stored = self.stamped(pair, document)
        pair.directory.insert("User", id, stored)
        self.put(pair, "User", id, stored, set())

    @rule(pair=pairs, data=st.data())
    def change_user(self, pair: Pair, data: st.DataObject) -> None:
        if not pair.model.rows["User"]:
            return
        id = data.draw(st.sampled_from(list(pair.model.rows["User"])))
        change = data.draw(
            st.fixed_dictionaries({}, optional={"userName": NAMES, "emails": st.just([{"value": "new"}])})
        )
        stored = self.stamped(pair, {**pair.model.rows["User"][id], **change})
        pair.directory.replace("User", id, stored)
        self.put(pair, "User", id, stored, set())

    def some_members(self, pair: Pair, data: st.DataObject) -> list[str]:
        known = [*pair.model.rows["User"], *pair.model.rows["Group"], "nobody"]
        return data.draw(st.lists(st.sampled_from(known), unique=True, max_size=4))

    @rule(pair=pairs, name=NAMES, data=st.data())
    def new_group(self, pair: Pair, name: str, data: st.DataObject) -> None:
        id = pair.directory.mint("Group", name)
        document: dict[str, Any] = {"schemas": [GROUP], "id": id, "displayName": name}
        document["members"] = [{"value": member} for member in self.some_members(pair, data)]
        stored = self.stamped(pair, document)
        pair.directory.insert("Group", id, stored)
        self.put(pair, "Group", id, stored, set())

    @rule(pair=pairs, data=st.data(), tell=st.booleans())
    def change_group(self, pair: Pair, data: st.DataObject, tell: bool) -> None:
        if not pair.model.rows["Group"]:
            return
        id = data.draw(st.sampled_from(list(pair.model.rows["Group"])))
        before, after = set(pair.model.members(id)), self.some_members(pair, data)
        members = [{"value": member} for member in after]
        stored = self.stamped(pair, {**pair.model.rows["Group"][id], "members": members})
        difference = (set(after) - before, before - set(after)) if tell else (None, None)
        pair.directory.replace("Group", id, stored, *difference)
        self.put(pair, "Group", id, stored, before)

    @rule(pair=pairs, data=st.data())
    def delete(self, pair: Pair, data: st.DataObject) -> None:
        everything = [(kind, id) for kind, rows in pair.model.rows.items() for id in rows]
        if not everything:
            return
        kind, id = data.draw(st.sampled_from(everything))
        old_versions = {
            user: row["meta"]["version"] for user, row in pair.model.rows["User"].items() if user != id
        }
        members = set(pair.model.members(id)) if kind == "Group" else set()
        name = pair.model.rows[kind][id]["userName" if kind == "User" else "displayName"]
        pair.directory.delete(kind, id)
        del pair.model.rows[kind][id]
        self.moved(pair, members, old_versions)
        for group in pair.model.rows["Group"]:
            row = pair.model.rows["Group"][group]
            if id in pair.model.members(group):
                now = pair.directory.get("Group", group)
                assert now is not None and now["meta"]["version"] not in pair.model.versions
                pair.model.versions.add(now["meta"]["version"])
                kept = [member for member in row["members"] if member["value"] != id]
                changed = {**row, "members": kept, "meta": now["meta"]}
                if not kept:
                    del changed["members"]
                pair.model.rows["Group"][group] = changed
        assert pair.directory.mint(kind, name) != id, "an id is issued once"

    @rule(pair=pairs)
    def read(self, pair: Pair) -> None:
        """Representations are those of this directory, whatever a fork has prepared."""
        for kind, rows in pair.model.rows.items():
            for id, document in rows.items():
                assert pair.directory.prepared(kind, id) == repr(document).encode()

    @invariant()
    def all_agree(self) -> None:
        for pair in self.all:
            self.agree(pair.directory, pair.model)

    def agree(self, directory: Directory, model: Model) -> None:
        for kind, rows in model.rows.items():
            assert list(directory.scan(kind)) == list(rows.items())
            assert directory.count(kind) == len(rows)
            order = list(rows)
            assert directory.slice(kind, 0, 1000) == order and directory.slice(kind, 1, 3) == order[1:3]
            for at, id in enumerate(order):
                assert directory.after(kind, directory.anchor(kind, id), 2) == order[at + 1 : at + 3]
                assert directory.find(id)[1] == rows[id]  # type: ignore[index]
                assert list(directory.lookup(kind, "id", id)) == [id]
                direct, indirect = model.groups_of(id)
                found = list(directory.groups_of(id))
                assert [group for group, _, is_direct in found if is_direct] == direct
                assert {group for group, _, is_direct in found if not is_direct} == indirect
                assert all(document == model.rows["Group"][group] for group, document, _ in found)
            for path, _ in PLAN[kind]:
                values = {key for document in rows.values() for key in model.keys(document, path)} | {
                    "nobody",
                    "ANN",
                }
                for value in values:
                    expected = model.lookup(kind, path, value)
                    assert list(directory.lookup(kind, path, value)) == expected, (kind, path, value)
                    for id in rows:
                        assert directory.has_value(kind, path, value, id) == (id in expected)


TestDirectory = Comparison.TestCase
TestDirectory.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_an_empty_directory_answers() -> None:
    """Nothing is found in nothing."""
    directory = Directory(TYPES, PLAN, Minter(1, ""))
    assert directory.get("User", "x") is None and directory.find("x") is None
    assert list(directory.lookup("User", "userName", "x")) == [] and list(directory.groups_of("x")) == []
    assert directory.slice("User", 0, 10) == [] and directory.after("User", -1, 10) == []


def test_members_that_are_no_list() -> None:
    """Wrong data counts the same everywhere: what is no list of members makes nobody a member,
    and stays as it is.
    """
    for wrong in ({"value": "u"}, "u", 5, [["u"]], [5, None]):
        directory = Directory(TYPES, PLAN, Minter(1, ""))
        directory.load("User", "u", {"id": "u", "userName": "u", "meta": {}})
        directory.load("Group", "g", {"id": "g", "displayName": "g", "members": wrong, "meta": {}})
        before = [group for group, _, _ in directory.groups_of("u")]
        directory.delete("User", "u")
        group = directory.get("Group", "g")
        assert group is not None
        if before:
            assert "members" not in group, "the member was there, so it leaves"
        else:
            assert group["members"] == wrong
        assert list(directory.groups_of("u")) == []
