"""Views against forks that were taken at the time: reads of an earlier state, writes that are thrown away."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.errors import ScimError
from scimmock.scim.answer import Request
from scimmock.scim.engine import Service
from scimmock.scim.page import Cursors, Page
from scimmock.scim.policy import Policy
from scimmock.scim.ports import Store
from scimmock.scim.schema import ENTERPRISE_USER, GROUP, USER, group_type, user_type
from scimmock.server.blueprint import index_plan
from scimmock.server.codec import JsonEncoder
from scimmock.store.directory import Directory
from scimmock.store.history import attach, restore_document
from scimmock.store.ids import Minter
from scimmock.store.view import View, as_of, as_of_time, overlay

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TYPES = (user_type(), group_type())
PEOPLE, GROUPS = TYPES
NOW = "2030-01-01T00:00:00.000Z"
OPERATIONS = (
    "new user",
    "new group",
    "rename user",
    "rename group",
    "manager",
    "put user",
    "put group",
    "join",
    "join",
    "leave",
    "delete user",
    "delete group",
    "read",
)
Step = tuple[str, int, int]


def steps(*more: str, max_size: int = 25) -> st.SearchStrategy[list[Step]]:
    """Operations, each with the number of the resource and the set of members that it is about."""
    step = st.tuples(st.sampled_from((*OPERATIONS, *more)), st.integers(0, 5), st.integers(0, 255))
    return st.lists(step, max_size=max_size)


def service_over(store: Any) -> Service:
    made = Service(TYPES, Policy(), store, JsonEncoder(), lambda: NOW, Cursors(b"key", lambda: 0.0))
    store.encode = made.default_view
    return made


def empty() -> Directory:
    return Directory(TYPES, index_plan(TYPES), Minter(1, ""))


def fork(directory: Directory) -> Service:
    return service_over(directory.fork(Minter(1, "")))


def ids(store: Store, name: str) -> list[str]:
    return store.slice(name, 0, store.count(name))


def act(service: Service, step: Step) -> Any:
    """Do one step on whatever the store holds, and return what the client sees of it."""
    try:
        return _act(service, step)
    except ScimError as error:
        return error.status, error.scim_type, error.detail


def _act(service: Service, step: Step) -> Any:
    operation, number, chosen = step
    store = service.store
    users, groups = ids(store, "User"), ids(store, "Group")
    members = [{"value": id} for at, id in enumerate([*users, *groups][:8]) if chosen >> at & 1]
    user = users[number % len(users)] if users else "none"
    group = groups[number % len(groups)] if groups else "none"

    def patch(kind: Any, id: str, *operations: dict[str, Any]) -> Any:
        return service.patch(kind, id, Request(body={"schemas": [PATCH_OP], "Operations": list(operations)}))

    person = {"schemas": [USER], "userName": f"u{number}", "emails": [{"value": f"E{chosen % 3}@x"}]}
    team = {"schemas": [GROUP], "displayName": f"G{number}", "members": members}
    if operation == "new user":
        return service.create(PEOPLE, Request(body=person))
    if operation == "new group":
        return service.create(GROUPS, Request(body=team))
    if operation == "rename user":
        return patch(PEOPLE, user, {"op": "add", "path": "displayName", "value": f"N{chosen % 4}"})
    if operation == "rename group":
        return patch(GROUPS, group, {"op": "replace", "path": "displayName", "value": f"N{chosen % 4}"})
    if operation == "manager":
        boss = users[chosen % len(users)] if users else "none"
        return patch(
            PEOPLE, user, {"op": "add", "path": f"{ENTERPRISE_USER}:manager", "value": {"value": boss}}
        )
    if operation == "put user":
        return service.replace(PEOPLE, user, Request(body=person))
    if operation == "put group":
        return service.replace(GROUPS, group, Request(body=team))
    if operation == "join":
        return patch(GROUPS, group, {"op": "add", "path": "members", "value": members})
    if operation == "leave":
        gone = [{"op": "remove", "path": f'members[value eq "{member["value"]}"]'} for member in members]
        return patch(GROUPS, group, *gone)
    if operation == "delete user":
        return service.delete(PEOPLE, user, Request())
    if operation == "delete group":
        return service.delete(GROUPS, group, Request())
    for kind, found in ((PEOPLE, users), (GROUPS, groups)):
        for id in found:
            service.read(kind, id, Request())
    return None


QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"startIndex": "2", "count": "2"},
    {"filter": 'userName eq "U1"'},
    {"filter": 'displayName eq "n1" or displayName eq "g2"'},
    {"filter": 'emails.value eq "e1@x"', "attributes": "emails,groups"},
    {"filter": 'displayName sw "n"', "sortBy": "displayName"},
    {"filter": 'groups.display co "n" and meta.version pr'},
    {"sortBy": "displayName", "sortOrder": "descending", "count": "3"},
    {"cursor": "", "count": "2"},
    {"cursor": "", "count": "2", "filter": "id pr"},
)


def listed(service: Service, types: Any, query: dict[str, str]) -> Any:
    try:
        page = service.list(types, "", Request(query=query)).body
    except ScimError as error:
        return error.detail
    assert isinstance(page, Page)
    return page.total, page.items, page.next_cursor


def everything(store: Store, absent: set[str], places: bool) -> Iterator[tuple[Any, ...]]:
    """Yield all that a store says of itself, each with what it is."""
    for kind in TYPES:
        name, order = kind.name, ids(store, kind.name)
        size = store.count(name)
        yield "count", name, size
        yield "scan", name, list(store.scan(name))
        for start in range(size + 2):
            yield "slices", start, [store.slice(name, start, start + length) for length in range(size + 2)]
        yield "first", name, store.after(name, -1, 3)
        for id in order:
            place = store.anchor(name, id)
            yield "after", id, place if places else None, store.after(name, place, 2)
            yield "document", store.get(name, id), store.find(id)
            yield "prepared", id, store.prepared(name, id), store.is_true_to_version(name, id)
        for id in absent.difference(order):
            yield "absent", id, store.get(name, id), list(store.lookup(name, "id", id))
        known = [*ids(store, "User"), *ids(store, "Group"), *sorted(absent)]
        for path in sorted(store.indexed(name)):
            values = [
                *known,
                *(f"{letter}{n}" for letter in "uGN" for n in range(6)),
                *(f"e{n}@X" for n in range(3)),
            ]
            for value in values:
                yield path, value, list(store.lookup(name, path, value))
                if path not in ("id", "groups.value"):
                    yield "has", path, value, [store.has_value(name, path, value, id) for id in order]
        for id in known:
            yield "groups", id, list(store.groups_of(id)), store.find(id)


def agree(view: Service, other: Service, absent: set[str], places: bool = True) -> None:
    """Two stores say the same, at first hand and through the engine."""
    store: Any = other.store
    # A view that has come back to what is below it is as sure of its versions as that.
    is_back = not getattr(view.store, "differs", True)
    sure = service_over(view.store.base) if is_back else other
    for kind in TYPES:
        for id in ids(store, kind.name):
            fresh = other.default_view(kind, store.get(kind.name, id))[0]
            assert view.read(kind, id, Request()).body == fresh
            attributes = Request(query={"attributes": "groups,members,displayName"})
            assert view.read(kind, id, attributes).body == other.read(kind, id, attributes).body
            etag = store.get(kind.name, id)["meta"]["version"]
            known = Request(if_none_match=etag)
            if places:
                assert view.read(kind, id, known).status == sure.read(kind, id, known).status
    pairs = zip(everything(view.store, absent, places), everything(store, absent, places), strict=True)
    for found, expected in pairs:
        if expected[0] == "prepared":
            if not places:  # how true a version is, is not known of a copy
                found, expected = found[:3], expected[:3]
            elif sure is not other:
                true = [
                    sure.store.is_true_to_version(kind.name, expected[1])
                    for kind in TYPES
                    if sure.store.get(kind.name, expected[1]) is not None
                ]
                expected = (*expected[:3], *true)
        assert found == expected
    for types in ((PEOPLE,), (GROUPS,), TYPES):
        for query in QUERIES:
            if places or "cursor" not in query:
                assert listed(view, types, query) == listed(other, types, query), query


def all_ids(directory: Directory, into: set[str]) -> None:
    for name in directory.tables:
        into.update(ids(directory, name))


def copied(store: Any) -> Service:
    """Return a service over a directory that was filled with the documents of a store."""
    made = empty()
    for kind in TYPES:
        for id, document in store.scan(kind.name):
            made.load(kind.name, id, document)
    return service_over(made)


def picture(directory: Directory) -> Any:
    """Return everything that a directory holds, in a form that shares nothing with it."""
    return copy.deepcopy(
        [
            directory.revision,
            directory.epoch,
            directory.epoch_version,
            directory.minter.retired,
            [
                (
                    list(table.live.items()),
                    list(table.places.items()),
                    table.order,
                    table.order_places,
                    table.prepared,
                    table.next_place,
                    [(path, list(index._table.items())) for path, index in table.indexes.items()],
                )
                for table in directory.tables.values()
            ],
        ]
    )


class Past:
    """A directory with a history, and a fork of it from before each step."""

    def __init__(self) -> None:
        self.time = 0.0
        self.directory = empty()
        self.service = service_over(self.directory)
        self.history = attach(self.directory, lambda: self.time)
        self.moments: list[tuple[int, float, Service]] = []
        self.deleted: list[tuple[str, dict[str, Any]]] = []
        self.ids: set[str] = {"nobody"}

    def remember(self) -> None:
        self.moments.append((self.history.mark(), self.time, fork(self.directory)))
        all_ids(self.directory, self.ids)

    def go(self, step: Step) -> None:
        before = {
            (name, id): document
            for name in self.directory.tables
            for id, document in self.directory.scan(name)
        }
        if step[0] == "restore":
            if self.deleted:
                name, document = self.deleted.pop(step[1] % len(self.deleted))
                restore_document(self.directory, name, document["id"], document)
        elif step[0] == "wait":
            self.time += 1
        else:
            act(self.service, step)
        assert self.history.sequence == self.directory.revision
        for (name, id), document in before.items():
            if self.directory.get(name, id) is None:
                self.deleted.append((name, document))

    def at(self, time: float) -> Service:
        """Return the last state that had come about at a time."""
        return [service for _, when, service in self.moments if when <= time][-1]


@given(st.booleans(), steps("restore", "wait", "wait", max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_view_shows_the_past(people_first: bool, script: list[Step]) -> None:
    past = Past()
    beginning: list[Step] = [("new user", number, number) for number in range(4)] if people_first else []
    for step in (*beginning, *script):
        past.remember()
        past.go(step)
    past.remember()
    before = picture(past.directory)
    for mark, time, then in past.moments:
        agree(service_over(as_of(past.directory, mark)), then, past.ids)
        if time in {past.moments[0][1], past.time}:
            agree(service_over(as_of_time(past.directory, time)), past.at(time), past.ids)
    latest = past.history.mark()
    assert as_of(past.directory, latest).differs is False
    after = picture(past.directory)
    for table in (*before[-1], *after[-1]):
        table[4].clear()  # what is not different may be made ready in the directory
    assert before == after


@given(steps("restore", max_size=12), steps(max_size=8), st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_writes_to_the_past_change_nothing(script: list[Step], more: list[Step], moment: int) -> None:
    """A view of the past takes writes as well; the directory stays byte for byte as it is."""
    past = Past()
    for step in (("new user", 1, 0), ("new group", 1, 1), *script):
        past.remember()
        past.go(step)
    before = picture(past.directory)
    view = as_of(past.directory, past.moments[moment % len(past.moments)][0])
    service = service_over(view)
    all_ids(past.directory, past.ids)
    versions = {document["meta"]["version"] for name in view.tables for _, document in view.scan(name)}
    for step in more:
        if view.differs:
            act(service, step)
    if view.differs:
        agree(service, copied(view), past.ids, places=False)
        assert picture(past.directory) == before
    assert past.ids.isdisjoint(view.minted), "no id is issued twice"
    issued = past.directory.next_version()
    assert issued not in versions


@given(steps(max_size=12), steps(max_size=10))
@settings(max_examples=60, deadline=None)
def test_an_overlay_answers_as_a_fork(script: list[Step], more: list[Step]) -> None:
    directory = empty()
    service = service_over(directory)
    for step in (("new user", 1, 0), ("new user", 2, 0), ("new group", 1, 3), *script):
        act(service, step)
    known = {"nobody"}
    all_ids(directory, known)
    act(service, ("read", 0, 0))  # the overlay may make it ready in the directory as long as it is the same
    before = picture(directory)
    other = fork(directory)
    for table in directory.tables.values():
        table.own()  # so that the fork makes nothing ready in it
    view = service_over(overlay(directory))
    agree(view, other, known)
    for step in more:
        assert act(view, step) == act(other, step)
        assert isinstance(other.store, Directory)
        all_ids(other.store, known)
        agree(view, other, known)
    assert picture(directory) == before


def test_a_write_that_is_thrown_away() -> None:
    """Its id and its version are never those of another resource."""
    directory = empty()
    service = service_over(directory)
    view = overlay(directory)
    body = {"schemas": [USER], "userName": "ann"}
    lost = service_over(view).create(PEOPLE, Request(body=dict(body)))
    assert lost.id is not None and view.minted == [lost.id]
    assert view.get("User", lost.id) is not None and directory.find(lost.id) is None
    view.retire_minted()
    kept = service.create(PEOPLE, Request(body=dict(body)))
    assert kept.id != lost.id and kept.etag != lost.etag
    with pytest.raises(ScimError):
        service.read(PEOPLE, lost.id, Request())


def test_an_id_is_issued_once_in_a_view() -> None:
    """A resource that was made and deleted in the view does not come back as another."""
    directory = empty()
    view, other = service_over(overlay(directory)), fork(directory)
    script: tuple[Step, ...] = (("new user", 1, 0), ("delete user", 0, 0), ("new user", 1, 0))
    for step in script:
        assert act(view, step) == act(other, step)
    assert isinstance(view.store, View) and len(set(view.store.minted)) == 2
    assert directory.minter.retired == set()


def test_versions_of_the_directory_are_not_trusted_too_long() -> None:
    """What the view changes makes a version untrue that the directory has issued meanwhile."""
    directory = empty()
    service = service_over(directory)
    for step in (("new user", 1, 0), ("new group", 1, 0), ("new group", 2, 3)):
        act(service, step)
    view = overlay(directory)
    over = service_over(view)
    (user,) = ids(directory, "User")
    document = directory.get("User", user)
    assert document is not None
    meta = {**document["meta"], "version": directory.next_version()}
    directory.replace("User", user, {**document, "title": "new", "meta": meta})
    assert view.is_true_to_version("User", user)
    act(over, ("delete group", 0, 0))  # the user is in the other group only
    assert not view.is_true_to_version("User", user) and directory.is_true_to_version("User", user)


def test_an_overlay_follows_its_directory() -> None:
    """What has no difference is read as it is now, also where it was read before."""
    directory = empty()
    service = service_over(directory)
    for step in (("new user", 1, 0), ("new user", 2, 0), ("new group", 1, 2), ("new group", 2, 1)):
        act(service, step)
    ann, bob = ids(directory, "User")
    view = overlay(directory)
    over = service_over(view)
    act(over, ("delete user", 0, 0))
    assert ids(view, "User") == [bob] and b"G1" in view.prepared("User", bob)
    revision = view.revision
    act(service, ("rename group", 0, 2))
    act(service, ("new user", 3, 0))
    assert view.revision != revision and b"N2" in view.prepared("User", bob)
    assert view.count("User") == 2 and ids(view, "User") == ids(directory, "User")[1:]
    assert view.find(ann) is None and view.after("User", -1, 1) == [bob]
    act(over, ("new user", 4, 0))
    assert len({view.anchor("User", id) for id in ids(view, "User")}) == view.count("User") == 3
    assert list(view.lookup("User", "userName", "u3")) == [ids(directory, "User")[2]]


def test_no_history_shows_the_present() -> None:
    directory = empty()
    act(service_over(directory), ("new user", 1, 0))
    for view in (as_of(directory, 0), as_of_time(directory, 0.0)):
        assert ids(view, "User") == ids(directory, "User") and not view.differs


def test_a_page_does_not_visit_the_directory() -> None:
    """The order is worked out from the differences, whatever the size."""

    class Counted(list[str]):
        taken = 0

        def __getitem__(self, key: Any) -> Any:
            found = super().__getitem__(key)
            Counted.taken += len(found) if isinstance(key, slice) else 1
            return found

        def __iter__(self) -> Iterator[str]:
            raise AssertionError("the whole order was visited")

    directory = empty()
    for number in range(1000):
        directory.load("User", f"u{number}", {"id": f"u{number}", "userName": f"u{number}", "meta": {}})
    history = attach(directory, lambda: 0.0)
    mark = history.mark()
    for number in (0, 10, 11, 500, 999):
        directory.delete("User", f"u{number}")
    directory.insert("User", "new", {"id": "new", "userName": "new", "meta": {}})
    view: View = as_of(directory, mark)
    table = directory.tables["User"]
    table.order = Counted(table.order)
    assert view.slice("User", 498, 503) == [f"u{number}" for number in range(498, 503)]
    assert view.slice("User", 995, 2000) == [f"u{number}" for number in range(995, 1000)]
    assert view.after("User", view.anchor("User", "u9"), 3) == ["u10", "u11", "u12"]
    assert view.slice("User", 0, 0) == [] and view.count("User") == 1000
    assert Counted.taken < 40
