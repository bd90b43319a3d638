"""What a dialect can say: which intents it has requests for, and what those tell the target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ..fixture.dialect import Branch, DialectSpec, Intent, RequestSpec
from .template import variables

__all__ = ["Plan", "Speech", "Step"]

Step = str | Branch
Plan = list[Step]
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
# Intents without an object: of these what can be played is played, up to where it cannot go on.
_OPEN = ("test-connection", "discover", "import-users", "import-groups")
# The words by which the gap is found that tells of an intent: all of them have to be in it.
_WORDS: dict[str, tuple[str, ...]] = {
    "test-connection": ("connection",),
    "discover": ("discover",),
    "match-user": ("look", "user"),
    "provision-user": ("new|create", "user|account"),
    "update-user": ("updat|chang|replac", "user|account"),
    "rename-user": ("updat|chang|replac", "user|account"),
    "change-email": ("updat|chang|replac", "user|account"),
    "change-department": ("department",),
    "set-manager": ("manager",),
    "remove-manager": ("manager",),
    "set-password": ("password",),
    "deactivate-user": ("deactivat|suspend|disabl",),
    "reactivate-user": ("activat|suspend|disabl",),
    "delete-user": ("delet", "user|account"),
    "import-users": ("list|import|pages",),
    "import-groups": ("list|import|pages",),
    "match-group": ("group", "look|match"),
    "provision-group": ("groups",),
    "rename-group": ("group", "renam|PATCH|bodies"),
    "add-members": ("member",),
    "remove-members": ("member",),
    "replace-members": ("member", "not known|not played|not sent"),
    "empty-group": ("member", "not known|not played|not sent"),
    "delete-group": ("group", "delet"),
}


class Speech:
    """The intents of a client, those that are verified or all of them.

    ``gaps`` are the sentences of the fixture on what is not known.
    """

    def __init__(self, client: DialectSpec, gaps: Sequence[str] = (), allow_unverified: bool = False) -> None:
        self.client = client
        self.gaps = list(gaps)
        self.allow_unverified = allow_unverified
        self._plans: dict[str, Plan | None] = {}
        self._said: dict[str, frozenset[str]] = {}
        self._changes = {name: _changes(request) for name, request in client.requests.items()}

    def plan(self, intent: Intent) -> Plan | None:
        """Return the steps of an intent, None where there are none that may be played."""
        if intent not in self._plans:
            self._plans[intent] = self._plan(intent)
        return self._plans[intent]

    def _plan(self, intent: Intent) -> Plan | None:
        steps = self.client.intents.get(intent)
        if not steps or self.allow_unverified:
            return steps or None
        unverified = [step for step in steps if any(self._is_unverified(name) for name in _names([step]))]
        if not unverified:
            return steps
        # What comes after a request that is left out may need what it would have given.
        return (steps[: steps.index(unverified[0])] or None) if intent in _OPEN else None

    def _is_unverified(self, name: str) -> bool:
        return self.client.requests[name].confidence == "unverified"

    def left_out(self, intent: Intent) -> list[str]:
        """Return the names of the requests of an intent that are left out since they are not verified."""
        if self.allow_unverified:
            return []
        played = list(_names(self.plan(intent) or []))
        return [name for name in _names(self.client.intents.get(intent, [])) if name not in played]

    def why_not(self, intent: Intent) -> str:
        """Return why an intent cannot be played, or not in full."""
        unverified = [name for name in self.left_out(intent) if self._is_unverified(name)]
        if unverified:
            requests = ", ".join(unverified)
            return f"not verified ({requests}), --allow-unverified plays it"
        words = [re.compile(word, re.IGNORECASE) for word in _WORDS[intent]]
        # What a gap is about stands at its beginning.
        fitting = [
            (max(match.start() for match in found if match), gap)
            for gap in self.gaps
            if all(found := [word.search(gap) for word in words])
        ]
        return min(fitting)[1] if fitting else "the dialect has no requests for it"

    def conveys(self, intent: Intent) -> frozenset[str]:
        """Return what the writing requests of an intent tell: "department", "active", "members", ...

        "*" stands for whatever has changed, "all-members" for members who are told whether new or not.
        """
        if intent not in self._said:
            said: set[str] = set()
            for name in _names(self.plan(intent) or []):
                if self.client.requests[name].method in _WRITES:
                    said.update(_told(self.client.requests[name]))
            self._said[intent] = frozenset(said)
        return self._said[intent]

    def changes(self, name: str) -> frozenset[str]:
        """Return the ``changes.*`` of a PATCH, without any of which it would say nothing."""
        return self._changes[name]

    def request(self, name: str) -> RequestSpec:
        """Return a request of the dialect."""
        return self.client.requests[name]


def _names(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        yield from [step] if isinstance(step, str) else step.do


def _changes(request: RequestSpec) -> frozenset[str]:
    if request.method != "PATCH":
        return frozenset()
    return frozenset(name for name in variables(request.body) if name.startswith("changes."))


def _told(request: RequestSpec) -> frozenset[str]:
    body = request.body
    return _told_by(request.path, tuple(sorted(variables([body, request.when and f"${{{request.when}}}"]))))


@lru_cache(maxsize=512)
def _told_by(path: str, asked: tuple[str, ...]) -> frozenset[str]:
    told = set()
    for variable in asked:
        root, _, name = variable.partition(".")
        if root in ("change", "operations") or variable in ("changes", "user"):
            told.add("*")
        elif root in ("members", "member") or variable in ("group.members", "found.members"):
            told.add("members")
            if variable == "group.members":
                told.add("all-members")
        elif root in ("user", "changes", "group"):
            told.add("email" if name == "emails" else name)
    return frozenset(told)
