"""Resources as the service shows them: types of values, names of attributes, what is not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...scim.schema import group_type, user_type
from ..look import Document, Look, View, objects, operations_in
from ..portrait import Portrait

_TYPES = {"Users": user_type(), "Groups": group_type()}
_MOST = 1000  # users who are remembered
_META = ("resourceType", "created", "lastModified", "location", "version")
_SNAKE = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): name
    for name in ("externalId", "userName", "displayName", "nickName", "profileUrl", "userType")
}


class Values:
    """Booleans as text, nulls, empty lists, single objects, flat keys."""

    def __init__(self) -> None:
        self._first: dict[str, Look] = {}
        self._names: dict[str, set[str]] = {}
        self._real: set[str] = set()

    def see(self, look: Look, view: View) -> None:
        """Look through what is shown, users and groups."""
        resource_type = _TYPES.get(look.resource or "")
        if resource_type is None:
            return
        for resource in look.shown:
            for name, value in resource.items():
                attribute = resource_type.attribute(name)
                self._look_at(look, name, value, attribute)

    def _look_at(self, look: Look, name: str, value: Any, attribute: Any) -> None:
        if value is None:
            self._note("null", name, look)
        elif value == []:
            self._note("empty", name, look)
        elif attribute is not None and attribute.multi_valued and isinstance(value, dict):
            self._note("object", name, look)
        if "." in name and ":" not in name:
            self._note("flat", name.partition(".")[0], look)
        if name in _SNAKE:
            self._note("snake", _SNAKE[name], look)
        for path, inner, kind in _leaves(name, value, attribute):
            if kind == "boolean" and isinstance(inner, str) and inner.lower() in ("true", "false"):
                self._note("boolean", path, look)
            elif isinstance(inner, bool):
                self._real.add(path)
            if inner is None and path != name:
                self._note("inner null", path, look)

    def _note(self, kind: str, name: str, look: Look) -> None:
        self._first.setdefault(kind, look)
        self._names.setdefault(kind, set()).add(name)

    def tell(self, portrait: Portrait) -> None:
        """Note the quirks."""
        seen, names = self._first, {kind: sorted(found) for kind, found in self._names.items()}
        if "boolean" in seen:
            only = sorted({path.rpartition(".")[2] for path in names["boolean"]})
            more: dict[str, Any] = {"attributes": only} if self._real else {}
            says = f"{', '.join(only)} is text"
            portrait.quirk("booleans-as-strings-out", says, seen["boolean"], **more)
        if "null" in seen or "inner null" in seen:
            look = seen.get("inner null") or seen["null"]
            more = {"top_level": True} if "null" in seen else {}
            portrait.quirk("nulls-emitted", "what has no value is null", look, **more)
        if "empty" in seen:
            says = f"{', '.join(names['empty'])} without values is an empty list"
            portrait.quirk("empty-lists-emitted", says, seen["empty"], attributes=names["empty"])
        if "object" in seen:
            says = f"{', '.join(names['object'])} is one object"
            portrait.quirk("object-for-list", says, seen["object"], attributes=names["object"])
        if "flat" in seen:
            says = f"{', '.join(names['flat'])} has flat keys"
            portrait.quirk("flat-dotted-keys", says, seen["flat"], attributes=names["flat"])
        if "snake" in seen:
            resources = [seen["snake"].resource]
            says = f"{', '.join(names['snake'])} is in snake case"
            portrait.quirk(
                "snake-case-key", says, seen["snake"], attributes=names["snake"], resources=resources
            )


def _leaves(name: str, value: Any, attribute: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield (path, value, declared type) of what stands in an attribute."""
    for element in value if isinstance(value, list) else [value]:
        if isinstance(element, dict):
            for key, inner in element.items():
                sub = attribute.sub(key) if attribute is not None else None
                yield f"{name}.{key}", inner, sub.type if sub is not None else ""
        else:
            yield name, element, attribute.type if attribute is not None else ""


class Shown:
    """What the service works out and does not show: parts of meta, members, groups of users."""

    def __init__(self) -> None:
        self._meta: dict[str, set[str]] = {}
        self._subs: dict[str, set[str]] = {}
        self._first: dict[str, Look] = {}
        self._members: set[str] = set()
        self._inactive: dict[bool, Look] = {}
        self._groups: dict[bool, Look] = {}
        self._membership: dict[str, Look] = {}
        self._external: dict[str, dict[bool, Look]] = {}
        self._without_groups: dict[str, Look] = {}
        self._view: View | None = None

    def see(self, look: Look, view: View) -> None:
        """Look at what is derived from elsewhere."""
        if look.resource not in _TYPES or not look.is_whole:
            return
        self._view = view
        for resource in look.shown:
            id = str(resource.get("id"))
            if look.resource == "Users" and not resource.get("groups") and len(self._without_groups) < _MOST:
                self._without_groups.setdefault(id, look)
            self._note_meta(resource, look)
            self._note_lists(resource, look)
            if look.resource == "Users" and str(resource.get("id")) in self._members:
                self._groups.setdefault(bool(resource.get("groups")), look)
        self._note_members(look)
        if look.operation in ("create", "replace") and look.shown and isinstance(look.sent, dict):
            if look.sent.get("externalId"):
                found = self._external.setdefault(look.resource, {})
                found.setdefault("externalId" in look.told or "external_id" in look.told, look)
        active = _active_after(look)
        if active is False and look.operation in ("read", "replace", "create"):
            shown = [item for item in look.shown]
            if shown:
                self._inactive.setdefault("active" in shown[0], look)

    def _note_meta(self, resource: Document, look: Look) -> None:
        name = str(look.resource)
        meta = resource.get("meta")
        self._first.setdefault(f"{name} meta", look)
        found = self._meta.setdefault(name, set())
        if isinstance(meta, dict):
            found |= {"meta", *(key[:1].lower() + key[1:] for key in meta)}

    def _note_lists(self, resource: Document, look: Look) -> None:
        for attribute in ("members", "groups"):
            values = resource.get(attribute)
            for value in values if isinstance(values, list) else ():
                if isinstance(value, dict):
                    self._subs.setdefault(attribute, set()).update(value)
                    self._first.setdefault(attribute, look)

    def _note_members(self, look: Look) -> None:
        """Keep who is a member, and see whether a group that has some is shown with them."""
        if look.resource != "Groups" or not isinstance(look.after, dict):
            return
        ids = [str(item.get("value")) for item in objects(look.after.get("members"))]
        self._members.update(ids)
        if look.operation == "patch" and look.is_done:
            self._members.update(_added(look.sent))
        if not look.shown or look.operation not in ("create", "replace", "patch"):
            return
        if isinstance(look.sent, dict) and (look.sent.get("members") or _added(look.sent)):
            told = look.told.get("members", "absent")
            self._membership.setdefault("shown" if told else "empty", look)
            if told == "absent":
                self._membership.setdefault("absent", look)

    def tell(self, portrait: Portrait) -> None:
        """Note what is left out."""
        left_out: dict[str, Look] = {}
        for name, found in self._meta.items():
            look = self._first[f"{name} meta"]
            if "meta" not in found:
                left_out["meta"] = look
            else:
                left_out |= {f"meta.{part}": look for part in _META if part not in found}
        for attribute, known in (("members", ("type", "$ref")), ("groups", ("type", "$ref", "display"))):
            if attribute in self._subs:
                look = self._first[attribute]
                left_out |= {f"{attribute}.{sub}": look for sub in known if sub not in self._subs[attribute]}
        groups = self._groups_not_shown()
        if groups is not None:
            left_out["groups"] = groups
        for outcomes in self._external.values():
            if list(outcomes) == [False]:
                left_out["externalId"] = outcomes[False]
        if left_out:
            says = f"resources are shown without {', '.join(left_out)}"
            look = next(iter(left_out.values()))
            portrait.quirk("attributes-left-out", says, look, attributes=list(left_out))
        if list(self._inactive) == [False]:
            says = "an inactive user is shown without active"
            portrait.quirk("active-missing-when-false", says, self._inactive[False])
        if "absent" in self._membership:
            says = "a group that was given members is shown without them"
            portrait.quirk("members-omitted", says, self._membership["absent"])
        elif list(self._membership) == ["empty"]:
            says = "a group that was given members is shown with none"
            portrait.quirk("members-empty", says, self._membership["empty"])

    def _groups_not_shown(self) -> Look | None:
        """Return where users who are members of a group were shown without it, if that was always so."""
        if True in self._groups:
            return None
        if False in self._groups:
            return self._groups[False]
        there = self._view.first.resources.get("Groups", {}) if self._view is not None else {}
        ids = [
            str(member.get("value")) for group in there.values() for member in objects(group.get("members"))
        ]
        return next((self._without_groups[id] for id in ids if id in self._without_groups), None)


def _added(message: Any) -> list[str]:
    """Return the ids of the members that the last operation of a PATCH adds."""
    last = operations_in(message)[-1:]
    if not last or str(last[0].get("op")).lower() not in ("add", "replace"):
        return []
    path, value = str(last[0].get("path") or ""), last[0].get("value")
    if not path and isinstance(value, dict):
        path, value = "members", value.get("members")
    if path.lower() != "members":
        return []
    return [str(item.get("value")) for item in objects(value if isinstance(value, list) else [value])]


def _active_after(look: Look) -> Any:
    """Return what a client set active to, None where it said nothing of it."""
    if look.operation in ("create", "replace") and isinstance(look.sent, dict):
        return look.sent.get("active")
    return look.before.get("active") if look.operation == "read" and look.before else None
