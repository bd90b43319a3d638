"""What deleting, deactivating and creating once more does."""

from __future__ import annotations

import re
from typing import Any

from ..look import Look, View, operations_in
from ..portrait import Portrait

_TYPES = {"Users": "User", "Groups": "Group"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Place = tuple[str, str]


class Deletes:
    """Whether what is deleted is gone, and what deleting it once more is answered."""

    def __init__(self) -> None:
        self._deleted: set[Place] = set()
        self._soft: dict[str, Look] = {}
        self._gone: set[str] = set()
        self._again: dict[str, Look] = {}
        self._missing: set[str] = set()

    def see(self, look: Look, view: View) -> None:
        """Follow a resource beyond its deletion."""
        if look.resource not in _TYPES or look.made_up:
            return
        for resource in look.shown:
            place = look.resource, str(resource.get("id"))
            if place in self._deleted and look.operation != "create":
                self._deleted.discard(place)
                if resource.get("active") in (False, "false", "False"):
                    self._soft.setdefault(look.resource, look)
        if look.id is None:
            return
        place = look.resource, look.id
        if place in self._deleted and look.status == 404:
            self._gone.add(look.resource)
            if look.operation == "delete":
                self._missing.add(look.resource)
        if look.operation == "delete" and look.is_done:
            if place in self._deleted and place[0] in self._gone:
                self._again.setdefault(look.resource, look)
            self._deleted.add(place)

    def tell(self, portrait: Portrait) -> None:
        """Note it."""
        soft = [name for name in self._soft if name not in self._gone]
        if soft:
            look = self._soft[soft[0]]
            types = [_TYPES[name] for name in soft]
            portrait.quirk(
                "delete-is-soft", "what was deleted is there, with active false", look, types=types
            )
        again = [name for name in self._again if name not in self._missing and name not in soft]
        if again:
            look = self._again[again[0]]
            says = "a DELETE of what is gone is answered as the first one"
            portrait.quirk("delete-idempotent", says, look, resources=again)
        if not self._gone and not soft:
            portrait.unseen.append("what becomes of deleted resources")


class Deactivations:
    """Whether a user who is deactivated can still be seen."""

    def __init__(self) -> None:
        self._inactive: dict[str, str] = {}  # userNames by id
        self._hidden: dict[str, Look] = {}
        self._back: set[str] = set()
        self._seen: Look | None = None
        self._taken: dict[bool, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Follow a user beyond the deactivation."""
        if look.resource != "Users" or look.made_up:
            return
        if look.operation == "create":
            name = look.sent.get("userName") if isinstance(look.sent, dict) else None
            if name in tuple(self._inactive[id] for id in self._hidden if id in self._inactive):
                self._taken.setdefault(look.status == 409, look)
            return
        id = look.id
        if id is None:
            return
        if id in self._inactive and look.operation in ("read", "replace", "patch"):
            if look.status == 404:
                self._hidden.setdefault(id, look)
            elif look.is_done and id in self._hidden:
                self._back.add(id)
            elif look.is_done and look.operation == "read":
                self._seen = self._seen or look
        if look.operation == "delete" and look.is_done:
            self._inactive.pop(id, None)
        elif look.operation in ("replace", "patch") and look.is_done:
            if _sets_active(look, False):
                self._inactive[id] = str((look.after or look.before or {}).get("userName"))
            elif _sets_active(look, True):
                self._inactive.pop(id, None)

    def tell(self, portrait: Portrait) -> None:
        """Note it."""
        if not self._hidden or self._seen is not None:
            return
        look = next(iter(self._hidden.values()))
        if self._back or True in self._taken:
            portrait.quirk("deactivated-hidden", "a deactivated user is not found any more", look)
        else:
            portrait.quirk("deactivate-deletes", "a user who is deactivated is gone", look)


def _sets_active(look: Look, value: bool) -> bool:
    """Whether a PUT or PATCH sets active to a value."""
    words = (value, str(value), str(value).lower())
    if not isinstance(look.sent, dict):
        return False
    if look.operation == "replace":
        return look.sent.get("active") in words
    return any(_is_so(item, words) for item in operations_in(look.sent))


def _is_so(operation: dict[str, Any], words: tuple[Any, ...]) -> bool:
    path, value = operation.get("path"), operation.get("value")
    if isinstance(path, str):
        return path.lower() == "active" and value in words
    return isinstance(value, dict) and value.get("active", "") in words


class Conflicts:
    """What a POST of something that is there already is answered, and which attributes are unique."""

    def __init__(self) -> None:
        self._upsert: Look | None = None
        self._groups: dict[bool, Look] = {}
        self._bad_id: dict[int, Look] = {}
        self._twice: dict[int, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at creates, and at ids that cannot be."""
        if look.made_up:
            return
        if look.operation == "create" and look.status == 200 and look.shown:
            self._upsert = self._upsert or look
        if look.operation == "create" and look.resource == "Users" and isinstance(look.sent, dict):
            taken = str(look.sent.get("userName")).lower()
            others = view.directory.resources.get("Users", {}).values()
            if not look.is_done and any(str(user.get("userName")).lower() == taken for user in others):
                self._twice.setdefault(look.status, look)
        if look.operation == "create" and look.resource == "Groups" and isinstance(look.sent, dict):
            name = look.sent.get("displayName")
            known = view.directory.resources.get("Groups", {})
            made = str((look.after or {}).get("id"))
            twice = any(group.get("displayName") == name for id, group in known.items() if id != made)
            if twice and (look.is_done or look.status == 409):
                self._groups.setdefault(look.status == 409, look)
        if look.operation in ("read", "delete") and look.id and not _UUID.fullmatch(look.id):
            if look.before is None and look.status in (400, 404):
                self._bad_id.setdefault(look.status, look)

    def tell(self, portrait: Portrait) -> None:
        """Note it."""
        if self._upsert is not None:
            portrait.quirk("post-upsert-200", "a POST of what is there is answered 200", self._upsert)
        for status, look in list(self._twice.items())[:1]:
            if status in (400, 403, 422) and 409 not in self._twice:
                says = f"a POST with a userName that is taken is answered {status}"
                portrait.word({"status": 409, "answer": status}, says, look)
        if list(self._groups) == [True]:
            look = self._groups[True]
            spec = portrait.spec("Groups")
            if portrait.schemas_are_told:  # and do not say so
                says = "groups have unique names"
                portrait.quirk("unique-attributes", says, look, attributes={"Groups": ["displayName"]})
            elif spec and spec["schema"] == "group":
                spec.setdefault("attributes", {}).setdefault("displayName", {})["uniqueness"] = "server"
                portrait.note_types("groups have unique names", look)
        if list(self._bad_id) == [400]:
            portrait.quirk("bad-id-400", "an id that is no UUID is a 400", self._bad_id[400])
