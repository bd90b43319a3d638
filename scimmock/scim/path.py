"""Attribute notation (RFC 7644 section 3.10): from text to the attribute that it names.

``urn:...:User:name.givenName``, ``name.givenName``, ``GIVENNAME``-cased or not, and the URN of an
extension alone, which stands for the whole extension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .schema import Attribute, ResourceType, undeclared


@dataclass(frozen=True, slots=True)
class Target:
    """What an attribute path names on a resource type.

    ``extension`` is the URN of the extension object that holds it, None for common and core
    attributes.  ``attribute`` is None when the path is the URN of an extension or of the core schema.
    ``declared`` is False when no schema knows the attribute (it is then of type "any").
    """

    extension: str | None
    attribute: Attribute | None
    sub: Attribute | None = None
    declared: bool = True

    @property
    def leaf(self) -> Attribute | None:
        return self.sub or self.attribute

    def container(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the object of ``document`` that holds the attribute, empty when there is none."""
        if self.extension is None:
            return document
        inner = document.get(self.extension)
        return inner if isinstance(inner, Mapping) else {}


def _split(text: str) -> tuple[str, str | None]:
    name, dot, sub = text.partition(".")
    return name, sub if dot else None


def _in_table(find: Any, rest: str, extension: str | None, urn: str) -> Target:
    name, sub_name = _split(rest)
    attribute = find(name)
    if attribute is None:
        holder = undeclared(name, urn)
        sub = undeclared(sub_name, urn, holder) if sub_name else None
        return Target(extension, holder, sub, declared=False)
    if sub_name is None:
        return Target(extension, attribute)
    sub = attribute.sub(sub_name)
    if sub is None:
        return Target(extension, attribute, undeclared(sub_name, urn, attribute), declared=False)
    return Target(extension, attribute, sub)


def resolve(path: str, resource_type: ResourceType) -> Target:
    """Resolve an attribute path; never raises, ``declared`` tells whether a schema knows it.

    A name without URN is looked for among the common and core attributes first, then in the
    extensions when exactly one has it (RFC 7644 section 3.10 lets a client leave the URN out).
    """
    if ":" not in path:
        target = _in_table(resource_type.attribute, path, None, "")
        if target.declared or resource_type.attribute(_split(path)[0]):
            return target
        found = [
            candidate
            for schema, _ in resource_type.extension_schemas
            if (candidate := _in_table(schema.attribute, path, schema.id, schema.id)).declared
        ]
        return found[0] if len(found) == 1 else target
    lower = path.lower()
    core = resource_type.schema.id
    if lower == core.lower():
        return Target(None, None)
    if lower.startswith(core.lower() + ":"):
        return _in_table(resource_type.attribute, path[len(core) + 1 :], None, "")
    for urn, schema in resource_type.extensions.items():
        if lower == urn:
            return Target(schema.id, None)
        if lower.startswith(urn + ":"):
            return _in_table(schema.attribute, path[len(urn) + 1 :], schema.id, schema.id)
    urn, _, rest = path.rpartition(":")
    name, sub_name = _split(rest)
    holder = undeclared(name, urn)
    sub = undeclared(sub_name, urn, holder) if sub_name else None
    return Target(urn, holder, sub, declared=False)
