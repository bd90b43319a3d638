"""The answers to writes: with which status, with a body or without, and where the resource is."""

from __future__ import annotations

from collections import Counter

from ..look import Look, View
from ..portrait import Portrait

_TYPES = {"Users": "User", "Groups": "Group"}


class WriteAnswers:
    """The status and the body of answers to POST, PUT and PATCH."""

    def __init__(self) -> None:
        self._patches: dict[str, dict[int, Look]] = {}
        self._counts: dict[str, Counter[int]] = {}
        self._empty_create: Look | None = None
        self._full_create: Look | None = None
        self._no_location: Look | None = None
        self._location: Look | None = None
        self._odd: dict[tuple[str, int], Look] = {}
        self._objects: dict[str, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at an answer to a write."""
        if not look.is_done or look.made_up or look.resource not in _TYPES:
            return
        if look.told == {} and look.operation in ("create", "replace", "patch", "delete"):
            self._objects.setdefault(look.operation, look)
            return
        if look.operation == "patch" and look.is_whole and look.status in (200, 204):
            self._patches.setdefault(look.resource, {}).setdefault(look.status, look)
            self._counts.setdefault(look.resource, Counter())[look.status] += 1
        elif look.operation == "create":
            self._created(look)
        usual = {"create": (201,), "replace": (200,), "patch": (200, 204), "delete": (204,)}
        if look.operation in usual and look.status not in usual[look.operation]:
            self._odd.setdefault((look.operation, look.status), look)

    def _created(self, look: Look) -> None:
        if look.status == 201 and not look.text:
            self._empty_create = self._empty_create or look
        elif look.status == 201:
            self._full_create = self._full_create or look
        if "location" in look.headers:
            self._location = self._location or look
        else:
            self._no_location = self._no_location or look

    def tell(self, portrait: Portrait) -> None:
        """Note what PATCH answers, and what else is not usual."""
        for resource, statuses in self._patches.items():
            usual = self._counts[resource].most_common(1)[0][0]
            body = "with the resource" if usual == 200 else "without a body"
            path = f"behaviour.patch_answers.{_TYPES[resource]}"
            portrait.setting(path, usual, f"a PATCH of {resource} answers {usual} {body}", statuses[usual])
            for other in statuses.keys() - {usual}:
                portrait.gap(f"A PATCH of {resource} answers {other} at times", statuses[other])
        if not self._patches:
            portrait.unseen.append("what a PATCH answers")
        if self._objects:
            look = next(iter(self._objects.values()))
            operations = list(self._objects)
            says = f"a {' and a '.join(operations)} is answered with an empty object"
            portrait.quirk("empty-object-answers", says, look, operations=operations)
        if self._empty_create is not None and self._full_create is None:
            says = "a POST that creates a resource answers without it"
            portrait.quirk("create-empty-body", says, self._empty_create)
        if self._no_location is not None and self._location is None:
            portrait.gap("The answer to a POST has no Location; here it has one", self._no_location)
        for (operation, status), look in self._odd.items():
            if (operation, status) != ("create", 200):
                portrait.gap(f"A {operation} is answered {status}; here as the standard has it", look)


class Versions:
    """Whether resources have versions and answers an ETag."""

    def __init__(self) -> None:
        self._with: Look | None = None
        self._without: Look | None = None

    def see(self, look: Look, view: View) -> None:
        """Look at an answer with one resource."""
        if look.operation in ("create", "read", "replace") and look.shown:
            if "etag" in look.headers:
                self._with = self._with or look
            else:
                self._without = self._without or look

    def tell(self, portrait: Portrait) -> None:
        """Note it."""
        if self._with is not None:
            portrait.setting("behaviour.etag", True, "answers have an ETag", self._with)
            epoch = self._with.headers["etag"].removeprefix("W/").strip('"')
            if epoch.isdigit() and len(epoch) == 10:
                portrait.quirk("meta-version-form", "versions look like seconds since 1970", self._with)
        elif self._without is not None:
            portrait.setting("behaviour.etag", False, "answers have no ETag", self._without)
        else:
            portrait.unseen.append("versions and ETags")
