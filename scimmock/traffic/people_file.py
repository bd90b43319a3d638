"""A directory that was learned from a session, as a file of people for ``scimmock serve --people``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .directory import Directory

Document = dict[str, Any]

_DERIVED = ("groups", "password")  # what a server works out, and what it never tells


def people_of(directory: Directory) -> tuple[dict[str, list[Document]], list[str]]:
    """Return ``{"Users": [...], "Groups": [...]}`` and notices on what is not, or may not be, as it was.

    Groups stand behind the groups that are members of them.  Members that no longer exist, or were never
    seen, are left out, as well as all but the last resource with one userName: a server takes neither.
    """
    notices = []
    resources = {name: dict(found) for name, found in directory.resources.items() if found}
    twice = _drop_twins(resources.get("Users", {}))
    if twice:
        notices.append(f"{twice} with a userName that another has too, left out")
    known = {id for found in resources.values() for id in found}
    people: dict[str, list[Document]] = {"Users": [], "Groups": []}
    unseen: set[str] = set()
    for name, found in resources.items():
        documents = [_shown(id, document, known, unseen) for id, document in found.items()]
        people[name] = _members_first(documents) if name == "Groups" else documents
    if unseen:
        who = _count(len(unseen), "member")
        notices.append(f"{who} left out of the groups: deleted, or never shown by the session")
    if circles := _break_circles(people["Groups"]):
        notices.append(f"{_count(circles, 'member')} left out of groups that are members of one another")
    for name in people.keys() - {"Users", "Groups"}:
        notices.append(f"{name} are among them, which only a fixture that has them can serve")
    reasons = Counter(
        reason.partition(":")[0] for place, reason in directory.doubts.items() if place[1] in known
    )
    notices += [
        f"{_count(count, 'resource')} may be otherwise by now: {reason}" for reason, count in reasons.items()
    ]
    if directory.unknown:
        what = _count(directory.unknown, "resource")
        notices.append(f"{what} created by answers that do not say the id, left out")
    return people, notices


def people_text(people: dict[str, list[Document]]) -> Iterable[str]:
    """Yield the parts of a JSON file in which each resource is a line."""
    yield "{"
    for number, (name, documents) in enumerate(people.items()):
        yield f"{',' if number else ''}\n{json.dumps(name)}: ["
        for index, document in enumerate(documents):
            yield ("," if index else "") + "\n  " + json.dumps(document, ensure_ascii=False)
        yield "\n]" if documents else "]"
    yield "\n}\n"


def _drop_twins(users: dict[str, Document]) -> int:
    """Keep the last user with a userName, and return how many are dropped."""
    last: dict[str, str] = {}
    before = len(users)
    for id, document in list(users.items()):
        name = document.get("userName")
        if isinstance(name, str):
            other = last.get(name.lower())
            if other is not None:
                del users[other]
            last[name.lower()] = id
    return before - len(users)


def _shown(id: str, document: Document, known: set[str], unseen: set[str]) -> Document:
    """Return a resource as a file of people has it; who is no member in the file is put into ``unseen``."""
    shown = {"id": id, **{name: value for name, value in document.items() if name.lower() not in _DERIVED}}
    shown["id"] = id
    members = shown.get("members")
    if isinstance(members, list):
        kept = []
        for member in members:
            value = member.get("value") if isinstance(member, dict) else member
            if str(value) in known:
                kept.append({"value": str(value)} if not isinstance(member, dict) else member)
            else:
                unseen.add(str(value))
        shown["members"] = kept
    return shown


def _members_first(groups: list[Document]) -> list[Document]:
    """Return groups in an order in which each stands behind its members, as far as there is one."""
    by_id = {group["id"]: group for group in groups}
    result: list[Document] = []
    state: dict[str, str] = {}
    for group in groups:
        waiting = [(group, False)]
        while waiting:
            current, members_done = waiting.pop()
            id = current["id"]
            if members_done:
                result.append(current)
                state[id] = "done"
            elif id not in state:
                state[id] = "begun"
                waiting.append((current, True))
                inner = (by_id.get(str(member.get("value"))) for member in current.get("members") or ())
                waiting += [(member, False) for member in inner if member and member["id"] not in state]
    return result


def _break_circles(groups: list[Document]) -> int:
    """Take out members that are groups further down, and return how many; a file cannot name those yet."""
    later = {group["id"] for group in groups}
    broken = 0
    for group in groups:
        members = group.get("members")
        if isinstance(members, list):
            group["members"] = [member for member in members if member.get("value") not in later]
            broken += len(members) - len(group["members"])
        later.discard(group["id"])
    return broken


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
