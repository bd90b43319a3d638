"""The operations that are measured, as data: requests, expected answers, targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from client import Answer
from population import PAGE, Directory, person, work_email
from servers import Call, Server

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Calls = Callable[[Directory, int], list[Call]]
Check = Callable[[Call, Answer], bool]
Tidy = Callable[[Server, Directory, list[Answer]], None]


def _nothing(server: Server, directory: Directory, answers: list[Answer]) -> None:
    """A read leaves nothing behind."""


@dataclass(frozen=True)
class Operation:
    """One operation. Targets: CPU as a multiple of the ceiling's, rate as a multiple of the peer's."""

    title: str
    calls: Calls
    status: frozenset[int]
    check: Check
    peer: float
    ceiling: float | None = None
    milliseconds: float | None = None  # of CPU, at 10,000 users
    tidy: Tidy = _nothing
    most: int = 4000
    flat: bool = True


def _filtered(expression: str, more: str = "") -> Call:
    return Call("GET", f"/Users?filter={quote(expression, safe='')}{more}")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _patch(path: str, op: str, target: str, value: object) -> Call:
    operation = {"op": op, "path": target, "value": value}
    return Call("PATCH", path, {"schemas": [PATCH_OP], "Operations": [operation]})


def by_id(directory: Directory, count: int) -> list[Call]:
    """GET of random users."""
    return [Call("GET", f"/Users/{user['id']}") for user in directory.some_users(count)]


def by_user_name(directory: Directory, count: int) -> list[Call]:
    """The question every provisioning client asks first."""
    return [_filtered(f"userName eq {_text(user['userName'])}") for user in directory.some_users(count)]


def by_external_id(directory: Directory, count: int) -> list[Call]:
    """The same by the client's own key."""
    return [_filtered(f"externalId eq {_text(u['externalId'])}") for u in directory.some_externals(count)]


def by_work_email(directory: Directory, count: int) -> list[Call]:
    """A value path: both conditions on one and the same value."""
    values = [_text(work_email(user) or "") for user in directory.some_users(count)]
    return [_filtered(f'emails[type eq "work" and value eq {value}]') for value in values]


def page_at(share: float) -> Calls:
    """A page of 100 somewhere between the first (0) and the last (1), the same every time."""

    def calls(directory: Directory, count: int) -> list[Call]:
        start = 1 + int((directory.total - PAGE) * share)
        return [Call("GET", f"/Users?startIndex={start}&count={PAGE}")] * count

    return calls


def create(directory: Directory, count: int) -> list[Call]:
    """POST of new users."""
    return [Call("POST", "/Users", person(directory.number())) for _ in range(count)]


def replace_title(directory: Directory, count: int) -> list[Call]:
    """PATCH of random users; no two values are alike."""
    return [replace_one(directory, user) for user in directory.some_users(count)]


def replace_one(directory: Directory, user: dict[str, Any]) -> Call:
    """PATCH of one user with a title that nobody else has."""
    return _patch(f"/Users/{user['id']}", "replace", "title", directory.number())


def add_member(directory: Directory, count: int) -> list[Call]:
    """PATCH of the big group, one new member each."""
    spare = directory.spare[:count]
    return [_patch(f"/Groups/{directory.group}", "add", "members", [{"value": user}]) for user in spare]


def scan(directory: Directory, count: int) -> list[Call]:
    """A filter that no index serves; each has one hit, which only a look at every user finds."""
    needles = [user["displayName"].split()[-1] for user in directory.some_externals(count)]
    return [_filtered(f"displayName co {_text(needle)}") for needle in needles]


def _is_resource(call: Call, answer: Answer) -> bool:
    found: Any = answer.json()
    return bool(found["id"] == call.path.rpartition("/")[2] and found["userName"] and found["meta"])


def _is_hit(call: Call, answer: Answer) -> bool:
    listed: Any = answer.json()
    return bool(listed["totalResults"] >= 1 and listed["Resources"][0]["userName"])


def _is_one_hit(call: Call, answer: Answer) -> bool:
    return _is_hit(call, answer) and answer.json()["totalResults"] == 1


def _is_page(call: Call, answer: Answer) -> bool:
    listed: Any = answer.json()
    start = int(call.path.partition("startIndex=")[2].partition("&")[0])
    return bool(listed["startIndex"] == start and len(listed["Resources"]) == PAGE)


def _is_created(call: Call, answer: Answer) -> bool:
    sent: Any = call.document
    return bool(answer.json()["id"] and answer.json()["userName"] == sent["userName"])


def _is_patched(call: Call, answer: Answer) -> bool:
    sent: Any = call.document
    return answer.status == 204 or answer.json()["title"] == sent["Operations"][0]["value"]


def _is_done(call: Call, answer: Answer) -> bool:
    return True


def _delete_created(server: Server, directory: Directory, answers: list[Answer]) -> None:
    for answer in answers:
        server.ask(Call("DELETE", f"/Users/{answer.json()['id']}"), 204)


def _restore_group(server: Server, directory: Directory, answers: list[Answer]) -> None:
    call = Call("GET", f"/Groups/{directory.group}")
    found = len(server.ask(call, 200).json()["members"])
    if found != len(directory.members) + len(answers):
        raise RuntimeError(f"{server.name}: {found} members after {len(answers)} additions")
    server.ask(Call("PUT", call.path, directory.group_document()), 200, 204)


OK = frozenset({200})
MADE = frozenset({201})
CHANGED = frozenset({200, 204})

OPERATIONS = [
    Operation("GET by id", by_id, OK, _is_resource, ceiling=1.5, peer=8),
    Operation('`userName eq "…"`', by_user_name, OK, _is_hit, ceiling=2, peer=10),
    Operation('`externalId eq "…"`', by_external_id, OK, _is_one_hit, ceiling=2, peer=10),
    Operation('`emails[type eq "work" and value eq "…"]`', by_work_email, OK, _is_hit, ceiling=2, peer=300),
    Operation("page of 100, first", page_at(0), OK, _is_page, ceiling=4, peer=300),
    Operation("page of 100, middle", page_at(0.5), OK, _is_page, ceiling=4, peer=300),
    Operation("page of 100, last", page_at(1), OK, _is_page, ceiling=4, peer=300),
    Operation("POST user", create, MADE, _is_created, ceiling=3.5, peer=7, tidy=_delete_created, most=3000),
    Operation("PATCH user, replace title", replace_title, CHANGED, _is_patched, ceiling=3.5, peer=7),
    Operation(
        "PATCH group, add a member", add_member, CHANGED, _is_done, ceiling=5, peer=200, tidy=_restore_group
    ),
    Operation('`displayName co "…"`, no index', scan, OK, _is_one_hit, milliseconds=8, peer=10, flat=False),
]
