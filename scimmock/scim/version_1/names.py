"""What SCIM 1.1 calls what SCIM 2.0 has under another name (schema draft sections 5 to 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..schema import ENTERPRISE_USER, Attribute, ResourceType, Schema

CORE = "urn:scim:schemas:core:1.0"
ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"

_CORE_OF_2 = re.compile(r"urn:ietf:params:scim:schemas:core:2\.0:[A-Za-z0-9_-]+", re.IGNORECASE)
_MESSAGE_OF_2 = re.compile(r"urn:ietf:params:scim:api:messages:2\.0:[A-Za-z0-9_-]+", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z$][A-Za-z0-9_$-]*")

# Sub-attributes that 1.1 has under another name, by the URN in SCIM 2.0 and the attribute, in lower case:
# {2.0 name: 1.1 name} (schema section 7).
_RENAMED: dict[tuple[str, str], dict[str, str]] = {
    (ENTERPRISE_USER.lower(), "manager"): {"value": "managerId"},
}
# Sub-attributes that came with SCIM 2.0.
_NEW = {"meta": frozenset(("resourcetype",))}
_NOTHING: dict[str, str] = {}


def renamed(attribute: Attribute) -> dict[str, str]:
    """Return the 1.1 names of those sub-attributes that are called otherwise in 1.1."""
    return _RENAMED.get((attribute.urn.lower(), attribute.name.lower()), _NOTHING)


def is_new(attribute: Attribute, sub: str) -> bool:
    """Whether a sub-attribute (in any case) is one of SCIM 2.0 only: ``$ref``, ``meta.resourceType``."""
    lower = sub.lower()
    return lower == "$ref" or lower in _NEW.get(attribute.name.lower(), ())


def sub_of_2(attribute: Attribute, name: str) -> str | None:
    """Return the 2.0 name of a sub-attribute that 1.1 calls so, None when 1.1 has none of that name."""
    if is_new(attribute, name):
        return None
    lower = name.lower()
    for new, old in renamed(attribute).items():
        if lower == old.lower():
            return new
        if lower == new.lower():
            return None
    return name


def is_plain(name: str) -> bool:
    """Whether a name is that of an attribute alone, without URN, sub-attribute or filter."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class TypeNames:
    """The names of one resource type.

    ``old`` gives the 1.1 URN of each schema by its 2.0 URN in lower case, ``extensions`` the extensions by
    their 1.1 URN in lower case.  ``gone`` holds the 2.0 URNs, in lower case, that 1.1 does not know.
    """

    resource_type: ResourceType
    core: str
    old: dict[str, str]
    extensions: dict[str, Schema]
    gone: frozenset[str]

    def attribute(self, name: str) -> Attribute | None:
        """Return the common or core attribute of that name in any case, or None."""
        return self.resource_type.attribute(name)

    def is_gone(self, text: str) -> bool:
        """Whether a URN, or a path that begins with one, is of SCIM 2.0 and has another name in 1.1."""
        lower = text.lower()
        return any(lower == urn or lower.startswith((f"{urn}:", f"{urn}.")) for urn in self.gone)

    def path_of_2(self, path: str) -> str | None:
        """Return an attribute path (API section 3.8) with the names of 2.0, None for what 1.1 does not have.

        What no schema declares is returned as it came, for the engine to judge.  The attributes of an
        extension have their URN before them always.
        """
        lower = path.lower()
        for urn, schema in self.extensions.items():
            if lower == urn:
                return schema.id
            if lower.startswith(f"{urn}:"):
                rest = self._inner(schema.attribute(_first(path[len(urn) + 1 :])), path[len(urn) + 1 :])
                return None if rest is None else f"{schema.id}:{rest}"
        if lower == self.core.lower():
            return self.resource_type.schema.id
        if lower.startswith(f"{self.core.lower()}:"):
            path = path[len(self.core) + 1 :]
            if ":" in path:
                return None
        elif ":" in path:
            return None if self.is_gone(path) else path
        attribute = self.attribute(_first(path))
        if attribute is None and any(
            schema.attribute(_first(path)) for schema in self.resource_type.extensions.values()
        ):
            return None
        return self._inner(attribute, path)

    @staticmethod
    def _inner(attribute: Attribute | None, path: str) -> str | None:
        name, dot, sub = path.partition(".")
        if attribute is None or not dot:
            return path
        found = sub_of_2(attribute, sub)
        return None if found is None else f"{name}.{found}"


def _first(path: str) -> str:
    return path.partition(".")[0]


class Names:
    """The names of a service: ``urns`` are the 1.1 URNs of its own schemas by their 2.0 URNs.

    Schemas of the standard need not stand there; another schema that does not has one URN in both.
    """

    def __init__(self, urns: Mapping[str, str] = _NOTHING) -> None:
        self._own = {ENTERPRISE_USER.lower(): ENTERPRISE} | {new.lower(): old for new, old in urns.items()}
        spelled = {ENTERPRISE_USER: ENTERPRISE, **urns}
        # The longest first: one URN may begin with another.
        self._in_text = [
            (re.compile(re.escape(new), re.IGNORECASE), old)
            for new, old in sorted(spelled.items(), key=lambda pair: -len(pair[0]))
        ]
        self._types: dict[ResourceType, TypeNames] = {}

    def urn_of_1(self, urn: str) -> str:
        """Return the 1.1 URN of a schema of 2.0."""
        found = self._own.get(urn.lower())
        if found is not None:
            return found
        return CORE if _CORE_OF_2.fullmatch(urn) else urn

    def of(self, resource_type: ResourceType) -> TypeNames:
        """Return the names of a resource type."""
        found = self._types.get(resource_type)
        if found is None:
            found = self._types[resource_type] = self._read(resource_type)
        return found

    def _read(self, resource_type: ResourceType) -> TypeNames:
        old = {urn.lower(): self.urn_of_1(urn) for urn in resource_type.schema_ids}
        extensions = {old[schema.id.lower()].lower(): schema for schema, _ in resource_type.extension_schemas}
        return TypeNames(
            resource_type,
            self.urn_of_1(resource_type.schema.id),
            old,
            dict(sorted(extensions.items(), key=lambda pair: -len(pair[0]))),
            frozenset(urn for urn, name in old.items() if name.lower() != urn),
        )

    def text_of_1(self, text: str) -> str:
        """Return a sentence for a person with the names of 1.1 in the place of those of 2.0."""
        for pattern, old in self._in_text:
            text = pattern.sub(lambda match, old=old: old, text)  # type: ignore[misc]
        holder = f"{self._own[ENTERPRISE_USER.lower()]}:manager"
        text = text.replace(f"{holder}.value", f"{holder}.managerId")
        return _MESSAGE_OF_2.sub(CORE, _CORE_OF_2.sub(CORE, text))
