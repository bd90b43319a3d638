"""A dialect and a target for tests: answers that are given, requests that are remembered."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import msgspec

from scimmock.fixture.dialect import DialectSpec
from scimmock.idps.contexts import Chance
from scimmock.idps.driver import Driver
from scimmock.idps.events import Event
from scimmock.idps.intention import Intention, Person, Team
from scimmock.idps.playing import Playing
from scimmock.idps.speech import Speech
from scimmock.idps.template import MISSING, Rendered
from scimmock.idps.wire import Answer
from scimmock.outgoing.timeline import DryTimeline

KNOWN = {"confidence": "documented"}
REQUESTS: dict[str, Any] = {
    "find-user": {
        "method": "GET",
        "path": "/Users",
        "query": {"filter": 'userName eq "${user.userName}"'},
        "found": "list",
        "expect": [200],
    },
    "create-user": {
        "method": "POST",
        "path": "/Users",
        "body": {"userName": "${user.userName}", "title": "${user.title}"},
        "link": True,
        "expect": [201],
    },
    "read-user": {"method": "GET", "path": "/Users/${user.id}", "found": "resource"},
    "update-user": {
        "method": "PATCH",
        "path": "/Users/${user.id}",
        "body": {
            "Operations": [
                {
                    "$when": "changes.title",
                    "$then": {"op": "replace", "path": "title", "value": "${changes.title}"},
                }
            ]
        },
    },
    "delete-user": {"method": "DELETE", "path": "/Users/${user.id}"},
    "list-users": {
        "method": "GET",
        "path": "/Users",
        "query": {"startIndex": "${page.startIndex}"},
        "per": "page",
        "found": "list",
    },
    "create-group": {
        "method": "POST",
        "path": "/Groups",
        "body": {"displayName": "${group.displayName}"},
        "link": True,
    },
    "add-members": {
        "method": "PATCH",
        "path": "/Groups/${group.id}",
        "per": "chunk",
        "chunk": 2,
        "body": {"add": {"$each": "members", "$as": "member", "$give": "${member.value}"}},
    },
    "remove-member": {
        "method": "PATCH",
        "path": "/Groups/${group.id}",
        "per": "member",
        "body": "${member.id}",
    },
}
INTENTS: dict[str, Any] = {
    "match-user": ["find-user"],
    "provision-user": [
        "find-user",
        {"if": "none", "do": ["create-user"]},
        {"if": "one", "do": ["read-user", "update-user"]},
    ],
    "update-user": ["update-user"],
    "delete-user": ["delete-user"],
    "import-users": ["list-users"],
    "provision-group": ["create-group"],
    "add-members": ["add-members"],
    "remove-members": ["remove-member"],
}


def dialect(*reactions: dict[str, Any], **more: Any) -> DialectSpec:
    """Return a client with these reactions; requests and intents are added to the usual ones."""
    requests = REQUESTS | more.pop("requests", {})
    return msgspec.convert(
        {
            "requests": {name: KNOWN | request for name, request in requests.items()},
            "intents": INTENTS | more.pop("intents", {}),
            "reactions": [KNOWN | reaction for reaction in reactions],
            **more,
        },
        DialectSpec,
    )


class Target:
    """Gives the answers of a list, the last one again and again; ``said`` are the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.said: list[tuple[str, str, Any]] = []

    def send(self, rendered: Rendered) -> Answer:
        self.said.append((rendered.method, rendered.target, rendered.body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer.exchange = {"request": {"method": rendered.method, "path": rendered.target}}
        return answer

    @property
    def methods(self) -> list[str]:
        return [method for method, _, _ in self.said]


class Listener:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def note(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def ok(document: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(status, list(headers), json.dumps(document).encode(), document)


def found(*resources: Any, total: int | None = None) -> Answer:
    return ok({"totalResults": len(resources) if total is None else total, "Resources": list(resources)})


def refused(status: int, detail: str = "no", *headers: tuple[str, str]) -> Answer:
    return ok({"detail": detail}, status, *headers)


def empty(status: int = 204) -> Answer:
    return Answer(status)


def broken(error: str = "reset") -> Answer:
    return Answer(None, error=error, message="it broke", json=MISSING)


class Client:
    """A client of a dialect that speaks to a target."""

    def __init__(self, client: DialectSpec, *answers: Answer, **options: Any) -> None:
        self.target, self.listener, self.timeline = Target(*answers), Listener(), DryTimeline()
        self.speech = Speech(client, options.get("gaps", ()), options.get("allow_unverified", False))
        self.driver = Driver(
            self.speech, self.target, self.listener, self.timeline, Chance(1), threading.Event()
        )
        self.intention = Intention()
        self.playing = Playing(self.driver, self.intention, dict(client.parameters))

    def person(self, key: str = "ada", link: str | None = None, **values: Any) -> Person:
        person = Person(key, {"userName": f"{key}@example.com", **values}, link=link)
        self.intention.add_person(person)
        return person

    def team(self, members: Sequence[Person] = (), link: str | None = None) -> Team:
        team = Team("t1", {"displayName": "Staff"}, link=link)
        self.intention.add_team(team)
        self.intention.join(team, [person.key for person in members])
        return team
