"""From the stored form of a resource to what a client sees (RFC 7643 sections 2.4, 3.1 and 4).

Stored documents hold what clients said; what follows from other resources is added here: the groups
of a user, the address and type and name behind a reference, the location.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from .schema import Attribute, ResourceType

Reference = Callable[[str, str], Any]  # (endpoint, id) -> the URL, in whatever form the encoder likes


class Relations(Protocol):
    """What must be known of other resources to show one."""

    def find(self, id: str) -> tuple[ResourceType, dict[str, Any]] | None:
        """Return the type and stored document of a resource of any type."""

    def groups_of(self, id: str) -> Iterable[tuple[str, dict[str, Any], bool]]:
        """Yield (id, document, is direct) of the groups that a resource belongs to."""

    def group_endpoint(self) -> str:
        """Return the endpoint of the type that has members."""


def name_of(document: dict[str, Any]) -> str | None:
    """The name to show for a resource: displayName, else userName."""
    name = document.get("displayName") or document.get("userName")
    return name if isinstance(name, str) else None


def represent(
    document: dict[str, Any],
    resource_type: ResourceType,
    relations: Relations,
    reference: Reference,
    everything: bool = False,
) -> tuple[dict[str, Any], bool]:
    """Return the representation of a stored resource, and whether it depends on other resources.

    ``everything`` keeps attributes that are returned on request only; those returned never are always
    left out.
    """
    shown = dict(document)
    for attribute in resource_type.hidden:
        if not (everything and attribute.returned == "request"):
            _hide(shown, attribute)
    meta = shown.pop("meta", None) or {}
    depends = False
    for attribute in resource_type.references:
        depends |= _fill(shown, attribute, relations, reference)
    belonging = resource_type.belonging
    if belonging is not None and (everything or belonging.returned in ("default", "always")):
        groups = _groups(document["id"], relations, reference)
        if groups:
            shown["groups"] = groups
            depends = True
    shown["meta"] = {**meta, "location": reference(resource_type.endpoint, document["id"])}
    return shown, depends


def _hide(shown: dict[str, Any], attribute: Attribute) -> None:
    """Leave an attribute or sub-attribute out of a representation; what it stood in is copied."""
    top = attribute.parent or attribute
    holder = shown.get(top.urn) if top.in_extension else shown
    if not isinstance(holder, dict) or top.name not in holder:
        return
    if top.in_extension:
        holder = shown[top.urn] = dict(holder)
    if attribute is top:
        del holder[top.name]
        return
    value = holder[top.name]
    if isinstance(value, list):
        holder[top.name] = [_without(element, attribute.name) for element in value]
    else:
        holder[top.name] = _without(value, attribute.name)


def _without(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        return value
    return {key: inner for key, inner in value.items() if key != name}


def _groups(id: str, relations: Relations, reference: Reference) -> list[dict[str, Any]]:
    endpoint = relations.group_endpoint()
    groups = []
    for group_id, group, direct in relations.groups_of(id):
        entry: dict[str, Any] = {"value": group_id, "$ref": reference(endpoint, group_id)}
        name = name_of(group)
        if name is not None:
            entry["display"] = name
        entry["type"] = "direct" if direct else "indirect"
        groups.append(entry)
    return groups


def _fill(shown: dict[str, Any], attribute: Attribute, relations: Relations, reference: Reference) -> bool:
    """Fill ``$ref``, ``type`` and the name of the values of one reference attribute."""
    holder = shown.get(attribute.urn) if attribute.in_extension else shown
    if not isinstance(holder, dict):
        return False
    value = holder.get(attribute.name)
    if value is None:
        return False
    filled: Any
    if isinstance(value, list):
        filled = [fill(element, attribute, relations, reference) for element in value]
    else:
        filled = fill(value, attribute, relations, reference)
    if attribute.in_extension:
        shown[attribute.urn] = {**holder, attribute.name: filled}
    else:
        shown[attribute.name] = filled
    return True


def fill(element: Any, attribute: Attribute, relations: Relations, reference: Reference) -> Any:
    """Return one value of a reference attribute with what is known of the resource behind it."""
    id = element.get("value") if isinstance(element, dict) else None
    found = relations.find(id) if isinstance(id, str) else None
    if found is None:
        return element
    resource_type, document = found
    filled = {**element, "$ref": reference(resource_type.endpoint, element["value"])}
    if "type" in attribute.subs:
        filled["type"] = resource_type.name
    if "display" in attribute.subs and "display" not in element:
        name = name_of(document)
        if name is not None:
            filled["display"] = name
    return filled
