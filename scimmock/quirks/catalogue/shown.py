"""What of a resource and of the configuration a service shows, and under which names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

import msgspec

from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.path import resolve
from ...scim.policy import Policy
from ...scim.schema import Attribute, ResourceType
from ..asks import member, patched, path_of, with_member, with_operations
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]


def _concerns(resources: Names, kind: ResourceType) -> bool:
    wanted = several(resources)
    return not wanted or kind.endpoint.strip("/") in wanted


@quirk(
    "attributes-left-out",
    who="Slack (meta has created and location only)",
    standard="attributes with a value are returned unless their schema says otherwise"
    " (RFC 7644 section 3.4.2.5)",
)
class AttributesLeftOut(Quirk):
    """Resources are shown without certain attributes.

    ``attributes`` are paths (meta.version), ``resources`` the endpoints at which they are missing, all
    by default.  They can still be filtered by.
    """

    attributes: Names = ("meta.lastModified", "meta.version", "meta.resourceType")
    resources: Names = ()

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Leave them out."""
        if not _concerns(self.resources, resource_type):
            return document
        for path in several(self.attributes):
            target = resolve(path, resource_type)
            if target.attribute is None:
                if target.extension is not None:
                    document.pop(target.extension, None)
                continue
            holder = document if target.extension is None else document.get(target.extension)
            if not isinstance(holder, dict) or target.attribute.name not in holder:
                continue
            if target.extension is not None:
                holder = document[target.extension] = dict(holder)
            if target.sub is None:
                del holder[target.attribute.name]
            else:
                holder[target.attribute.name] = _without(holder[target.attribute.name], target.sub.name)
        return document


def _without(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_without(element, name) for element in value]
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key.lower() != name.lower()}


@quirk(
    "config-extra",
    who="the draft SCIM interoperability profile (interopProfileConformant)",
    standard="the configuration has the attributes of RFC 7643 section 5",
)
class ConfigExtra(Quirk):
    """The configuration says more than it must.

    ``fields`` are what is added to it; an object is united with one that is there already.
    """

    fields: dict[str, Any] = msgspec.field(default_factory=lambda: {"interopProfileConformant": True})

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Add it."""
        for name, value in self.fields.items():
            there = document.get(name)
            document[name] = (
                {**there, **value} if isinstance(there, dict) and isinstance(value, dict) else value
            )
        return document


_TAG = re.compile(r'(?:W/)?"?([0-9]+)"?', re.IGNORECASE)


@quirk(
    "meta-version-form",
    who='Figma (W/"1729137786")',
    standard="a version is any entity tag (RFC 7643 section 3.1)",
)
class MetaVersionForm(Quirk):
    """Versions and ETags look like times in seconds since 1970.

    ``start`` is the number before the first; each change of any resource counts one on, so that no two
    versions are the same and conditional requests work.
    """

    form: Literal["epoch"] = "epoch"
    start: int = 1_729_137_785

    def _out(self, version: Any) -> Any:
        match = _TAG.fullmatch(version) if isinstance(version, str) else None
        return f'W/"{self.start + int(match[1])}"' if match else version

    def _in(self, header: str | None) -> str | None:
        if header is None:
            return None
        # A number below the start is none of this service's.
        return _TAG.sub(lambda match: f'W/"{max(int(match[1]) - self.start, 0)}"', header)

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Show the version so."""
        meta = document.get("meta")
        if isinstance(meta, dict) and "version" in meta:
            document["meta"] = {**meta, "version": self._out(meta["version"])}
        return document

    def request(self, call: Call) -> None:
        """Take it so."""
        request = call.request
        if request is not None and (request.if_match or request.if_none_match):
            request.if_match, request.if_none_match = (
                self._in(request.if_match),
                self._in(request.if_none_match),
            )

    def engine(self, call: Call, run: Run) -> Answer:
        """Answer it so."""
        answer = run()
        answer.etag = self._out(answer.etag)
        return answer


@quirk(
    "attribute-names",
    who="Figma (managerValue, managerDisplayName, external_id)",
    standard="attributes have the names of their schema (RFC 7643 section 2.1)",
)
class AttributeNames(Quirk):
    """Shows and takes attributes under other names, parts of a complex attribute beside it.

    ``names`` gives for paths the names in their stead, in the object in which the attribute stands:
    {"urn:...:User:manager.value": managerValue}.  ``resources`` are the endpoints at which that is so,
    all by default.
    """

    names: dict[str, str] = msgspec.field(
        default_factory=lambda: {
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value": "managerValue",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName": (
                "managerDisplayName"
            ),
        }
    )
    resources: Names = ()

    def policy(self, policy: Policy) -> Policy:
        """Take them in filters."""
        found = dict(policy.filtering.aliases)
        for path, name in self.names.items():
            urn = path.rpartition(":")[0]
            found |= {name.lower(): path, f"{urn}:{name}".lower(): path}
        return replace(policy, filtering=replace(policy.filtering, aliases=tuple(found.items())))

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Show them."""
        if not _concerns(self.resources, resource_type):
            return document
        for urn, names in self._by_holder(resource_type).items():
            holder = document.get(urn) if urn else document
            if isinstance(holder, dict):
                shown = _renamed(holder, names)
                if not urn:
                    document = shown
                else:
                    document[urn] = shown
        return document

    def request(self, call: Call) -> None:
        """Take them."""
        request, kind = call.request, call.resource_type
        if request is None or kind is None or not _concerns(self.resources, kind):
            return
        holders = self._by_holder(kind)
        body, query = request.body, request.query
        if call.operation in ("create", "replace"):
            body = _standard(body, "", holders)
        elif call.operation == "patch" and isinstance(body, dict):
            listed = patched(call)
            changed = [self._operation(item, holders) for item in listed]
            body = with_operations(body, changed) if changed != listed else body
        elif call.operation == "search" and isinstance(body, dict):
            for name in ("attributes", "excludedattributes", "sortby"):
                if member(body, name) is not None:
                    body = with_member(body, name, self._paths(member(body, name)))
        query = {
            name: self._paths(value) if name in ("attributes", "excludedAttributes", "sortBy") else value
            for name, value in query.items()
        }
        if body != request.body or query != request.query:
            request.body, request.query = body, query
            call.acted(self.name)

    def _by_holder(self, kind: ResourceType) -> dict[str, dict[str, tuple[Attribute, Attribute | None]]]:
        """Return the attributes by the names that they are shown under, by URN of what they stand in."""
        found: dict[str, dict[str, tuple[Attribute, Attribute | None]]] = {}
        for path, name in self.names.items():
            target = resolve(path, kind)
            if target.attribute is not None and target.declared:
                found.setdefault(target.extension or "", {})[name] = target.attribute, target.sub
        return found

    def _path(self, path: str) -> str:
        """Return a path with the name that the standard has for its attribute."""
        for standard, name in self.names.items():
            urn = standard.rpartition(":")[0]
            for shown in (f"{urn}:{name}", name) if urn else (name,):
                rest = path[len(shown) :]
                if path.lower().startswith(shown.lower()) and rest[:1] in ("", ".", "["):
                    return f"{standard}{rest}"
        return path

    def _paths(self, value: Any) -> Any:
        if isinstance(value, str):
            return ",".join(self._path(part.strip()) for part in value.split(","))
        return [self._paths(part) for part in value] if isinstance(value, list) else value

    def _operation(self, operation: dict[str, Any], holders: Any) -> dict[str, Any]:
        path, value = path_of(operation), operation.get("value")
        if path:
            operation = {**operation, "path": self._path(path)}
            urn = next((urn for urn in holders if urn and urn.lower() == path.lower()), None)
            return {**operation, "value": _standard(value, urn, holders)} if urn else operation
        return {**operation, "value": _standard(value, "", holders)} if "value" in operation else operation


def _renamed(holder: dict[str, Any], names: dict[str, tuple[Attribute, Attribute | None]]) -> dict[str, Any]:
    """Return an object with attributes under other names, those of parts in the place of the whole."""
    shown: dict[str, Any] = {}
    for key, value in holder.items():
        meant = {name: sub for name, (attribute, sub) in names.items() if attribute.name == key}
        parts = {sub.name: name for name, sub in meant.items() if sub is not None}
        if not meant:
            shown[key] = value
        elif not parts:
            shown[next(iter(meant))] = value
        elif not isinstance(value, dict):
            shown[key] = value
        else:
            shown |= {parts[name]: inner for name, inner in value.items() if name in parts}
            rest = {name: inner for name, inner in value.items() if name not in parts}
            if rest.keys() - {"$ref"}:
                shown[key] = rest
    return shown


def _standard(value: Any, urn: str, holders: dict[str, dict[str, tuple[Attribute, Attribute | None]]]) -> Any:
    """Return an object with the names of the standard, that of an extension by its URN."""
    if not isinstance(value, dict):
        return value
    names = {name.lower(): meant for name, meant in holders.get(urn, {}).items()}
    found: dict[str, Any] = {}
    for key, inner in value.items():
        extension = next((own for own in holders if own and own.lower() == key.lower()), None)
        if key.lower() in names:
            attribute, sub = names[key.lower()]
            if sub is None:
                found[attribute.name] = inner
            else:
                whole = found.get(attribute.name)
                found[attribute.name] = {**(whole if isinstance(whole, dict) else {}), sub.name: inner}
        elif not urn and extension is not None:
            found[key] = _standard(inner, extension, holders)
        else:
            found[key] = inner
    return found
