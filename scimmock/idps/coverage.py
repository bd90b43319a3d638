"""What a dialect ever says about users and groups: only that can be compared at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..fixture.dialect import Branch, Intent, RequestSpec
from .speech import Speech
from .template import variables

__all__ = ["Coverage", "coverage_of"]

_WRITES = ("POST", "PUT", "PATCH")
_NOT_COMPARED = ("id", "active", "password", "groups", "roles", "emails", "meta")
_ALONE = re.compile(r"\$\{user\.([A-Za-z.]+)\}")


@dataclass(frozen=True, slots=True)
class Coverage:
    """``created`` are the attributes of people that are sent when their account is made, ``changed``
    those that are sent when they change; ``members`` says whether memberships are ever sent.

    ``places`` says where an attribute goes that is sent as another one ("displayName" as "name.formatted").
    ``client`` is how the client is named in reports.
    """

    client: str
    users: bool = False
    groups: bool = False
    created: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    members: bool = False
    places: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, name: str) -> str:
        """Return where in a user an attribute goes."""
        return self.places.get(name, name)

    def sends(self, name: str) -> bool:
        """Whether an attribute is ever sent."""
        return name in self.created or name in self.changed


def coverage_of(name: str, speech: Speech) -> Coverage:
    """Return what the client ``name`` sends, by the requests that are played."""
    created: set[str] = set()
    changed: set[str] = set()
    places: dict[str, str] = {}
    users = groups = members = False
    for intent in speech.client.intents:
        for request in _requests(speech, intent):
            if request.method not in _WRITES:
                continue
            asked = variables([request.body])
            if request.path.startswith("/Groups"):
                groups = groups or (intent == "provision-group" and request.link)
                members = members or bool({_root(one) for one in asked} & {"members", "member"})
                members = members or "group.members" in asked
            elif request.path.startswith("/Users"):
                making = intent == "provision-user" and request.method == "POST"
                users = users or making
                (created if making else changed).update(_attributes(asked))
                places.update(_moved(request.body))
    return Coverage(name, users, groups, frozenset(created), frozenset(changed), members, places)


def _requests(speech: Speech, intent: Intent) -> Iterator[RequestSpec]:
    for step in speech.plan(intent) or ():
        for name in step.do if isinstance(step, Branch) else [step]:
            yield speech.request(name)


def _root(variable: str) -> str:
    return variable.partition(".")[0]


def _attributes(asked: set[str]) -> Iterator[str]:
    """Yield the flat names of the attributes of a person that a body carries."""
    for variable in asked:
        root, _, name = variable.partition(".")
        if root in ("user", "changes") and name and name not in _NOT_COMPARED:
            yield name
        if root == "user" and name == "emails":
            yield "email"


def _moved(template: Any, parent: str = "") -> Iterator[tuple[str, str]]:
    """Yield the attributes that a body has under ``name`` and that are none of a name."""
    if isinstance(template, list):
        for item in template:
            yield from _moved(item, parent)
    elif isinstance(template, dict):
        for key, item in template.items():
            alone = _ALONE.fullmatch(item) if isinstance(item, str) else None
            if alone is not None and parent == "name" and not alone[1].startswith("name."):
                yield alone[1], f"name.{key}"
            yield from _moved(item, key)
