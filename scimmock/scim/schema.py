"""Schemas, attributes and resource types as data (RFC 7643 sections 2, 3, 6 and 7).

Schemas are JSON documents in the form of ``/Schemas``.  They are compiled once into lookup tables
that serve every request: a name is found in its declared spelling at the cost of one dict access,
in any other case at the cost of two (attribute names ignore case, RFC 7643 section 2.1).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

TYPES = ("string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex")
MUTABILITIES = ("readOnly", "readWrite", "immutable", "writeOnly")
RETURNED = ("always", "never", "default", "request")
UNIQUENESS = ("none", "server", "global")


class SchemaError(ValueError):
    """A schema or resource type document that cannot be used; the text says where and why."""


@dataclass(slots=True, eq=False)
class Attribute:
    """One attribute definition with its characteristics (RFC 7643 section 7).

    ``type`` is one of TYPES, or "any" for an attribute that no schema declares.  ``subs`` finds
    sub-attributes by declared and by lower-case name; ``sub_attributes`` lists them once.
    ``urn`` is the schema that declares it, "" for the common attributes; ``in_extension`` says
    that it lives inside the object of an extension.
    """

    name: str
    type: str = "string"
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: str = "readWrite"
    returned: str = "default"
    uniqueness: str = "none"
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple[Attribute, ...] = ()
    urn: str = ""
    in_extension: bool = False
    parent: Attribute | None = None
    subs: dict[str, Attribute] = field(default_factory=dict)

    def sub(self, name: str) -> Attribute | None:
        """Return the sub-attribute of that name in any case, or None."""
        return self.subs.get(name) or self.subs.get(name.lower())

    @property
    def path(self) -> str:
        """The attribute in standard notation, for messages (RFC 7644 section 3.10)."""
        own = f"{self.parent.path}.{self.name}" if self.parent else self.name
        return f"{self.urn}:{own}" if self.in_extension and not self.parent else own

    @property
    def has_primary(self) -> bool:
        return self.multi_valued and "primary" in self.subs


def undeclared(name: str, urn: str = "", parent: Attribute | None = None) -> Attribute:
    """Return a stand-in for an attribute that no schema declares; everything is allowed in it."""
    return Attribute(name, type="any", case_exact=False, urn=urn, parent=parent)


def _no_twins(attributes: tuple[Attribute, ...], where: str) -> tuple[Attribute, ...]:
    names = [attribute.name.lower() for attribute in attributes]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise SchemaError(f"{where}: the attribute {attributes[index].name!r} stands twice")
    return attributes


def _table(attributes: Iterable[Attribute]) -> dict[str, Attribute]:
    table: dict[str, Attribute] = {}
    for attribute in attributes:
        table[attribute.name.lower()] = attribute
        table[attribute.name] = attribute
    return table


def _one_of(document: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str, where: str) -> str:
    value = document.get(key, default)
    if value not in allowed:
        raise SchemaError(f"{where}: {key} is {value!r}, one of {', '.join(allowed)} would be right")
    return str(value)


def _list(document: Mapping[str, Any], key: str, where: str) -> tuple[Any, ...]:
    value = document.get(key, ())
    if not isinstance(value, list | tuple):
        raise SchemaError(f"{where}: {key} is a list")
    return tuple(value)


def _attribute(document: Any, urn: str, parent: Attribute | None, where: str) -> Attribute:
    if not isinstance(document, Mapping) or not isinstance(document.get("name"), str):
        raise SchemaError(f"{where}: an attribute is an object with a name")
    where = f"{where}.{document['name']}"
    kind = _one_of(document, "type", TYPES, "string", where)
    if kind == "complex" and parent is not None and urn != SCHEMA_OF_SCHEMAS:
        raise SchemaError(f"{where}: a sub-attribute cannot be complex (RFC 7643 section 2.3.8)")
    attribute = Attribute(
        name=document["name"],
        type=kind,
        multi_valued=bool(document.get("multiValued", False)),
        required=bool(document.get("required", False)),
        case_exact=bool(document.get("caseExact", kind in ("binary", "reference"))),
        mutability=_one_of(document, "mutability", MUTABILITIES, "readWrite", where),
        returned=_one_of(document, "returned", RETURNED, "default", where),
        uniqueness=_one_of(document, "uniqueness", UNIQUENESS, "none", where),
        canonical_values=_list(document, "canonicalValues", where),
        reference_types=_list(document, "referenceTypes", where),
        urn=urn,
        parent=parent,
    )
    subs = _list(document, "subAttributes", where)
    if (kind == "complex") != bool(subs):
        raise SchemaError(f"{where}: a complex attribute has subAttributes, and no other has")
    attribute.sub_attributes = _no_twins(tuple(_attribute(sub, urn, attribute, where) for sub in subs), where)
    attribute.subs = _table(attribute.sub_attributes)
    return attribute


SCHEMA_OF_SCHEMAS = "urn:ietf:params:scim:schemas:core:2.0:Schema"


@dataclass(slots=True, eq=False)
class Schema:
    """A compiled schema: ``document`` is what ``/Schemas/{id}`` shows, without ``schemas`` and ``meta``."""

    id: str
    name: str
    document: dict[str, Any]
    attributes: tuple[Attribute, ...]
    table: dict[str, Attribute]

    def attribute(self, name: str) -> Attribute | None:
        return self.table.get(name) or self.table.get(name.lower())


def load_schema(document: Mapping[str, Any]) -> Schema:
    """Compile a schema document (RFC 7643 section 7); raises SchemaError naming the attribute."""
    if not isinstance(document, Mapping):
        raise SchemaError("a schema is an object")
    urn = document.get("id")
    if not isinstance(urn, str) or not urn:
        raise SchemaError("a schema has an id, its URI")
    declared = document.get("attributes")
    if not isinstance(declared, list) or not declared:
        raise SchemaError(f"{urn}: a schema has a list of attributes")
    attributes = _no_twins(tuple(_attribute(item, urn, None, urn) for item in declared), urn)
    kept = {key: document[key] for key in ("id", "name", "description", "attributes") if key in document}
    return Schema(urn, str(document.get("name", urn)), kept, attributes, _table(attributes))


@cache
def standard_schema(file_name: str) -> Schema:
    """Return a schema shipped with scimmock: user, group, enterprise_user, schema, ..."""
    text = resources.files("scimmock.scim").joinpath("data", f"{file_name}.json").read_text("utf-8")
    return load_schema(json.loads(text))


def _common() -> tuple[Attribute, ...]:
    """The attributes that every resource has (RFC 7643 section 3.1), ``schemas`` included."""
    meta = Attribute("meta", type="complex", mutability="readOnly")
    meta.sub_attributes = tuple(
        Attribute(name, type=kind, case_exact=True, mutability="readOnly", parent=meta)
        for name, kind in (
            ("resourceType", "string"),
            ("created", "dateTime"),
            ("lastModified", "dateTime"),
            ("location", "reference"),
            ("version", "string"),
        )
    )
    meta.subs = _table(meta.sub_attributes)
    return (
        Attribute(
            "schemas", type="reference", multi_valued=True, required=True, case_exact=True, returned="always"
        ),
        Attribute("id", case_exact=True, mutability="readOnly", returned="always", uniqueness="server"),
        Attribute("externalId", case_exact=True),
        meta,
    )


@dataclass(slots=True, eq=False)
class ResourceType:
    """A resource type with everything needed to resolve names on it (RFC 7643 section 6).

    ``attributes`` finds common and core attributes, ``extensions`` the schema of an extension by its
    lower-case URN; ``required_extensions`` holds the URNs that every resource must have.
    ``references`` lists the attributes that clients set to refer to other resources (those with
    ``value`` and ``$ref``: members, manager), ``hidden`` the attributes and sub-attributes that are
    not returned by default.  ``common`` gives the common attribute externalId other characteristics;
    ``required_subs`` are the sub-attributes that a value of their attribute must have.
    """

    name: str
    endpoint: str
    schema: Schema
    description: str = ""
    extension_schemas: tuple[tuple[Schema, bool], ...] = ()
    attributes: dict[str, Attribute] = field(default_factory=dict)
    extensions: dict[str, Schema] = field(default_factory=dict)
    required_extensions: tuple[str, ...] = ()
    required_attributes: tuple[Attribute, ...] = ()
    required_subs: tuple[Attribute, ...] = ()
    references: tuple[Attribute, ...] = ()
    hidden: tuple[Attribute, ...] = ()
    id: str = ""
    common: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id = self.id or self.name
        common = _common()
        for attribute in common:
            if attribute.name == "externalId":
                for name, value in self.common.items():
                    setattr(attribute, name, value)
        self.attributes = _table((*self.schema.attributes, *common))
        self.extensions = {schema.id.lower(): schema for schema, _ in self.extension_schemas}
        self.required_extensions = tuple(schema.id for schema, required in self.extension_schemas if required)
        self.required_attributes = tuple(
            item for item in (*self.schema.attributes, *common[2:]) if item.required
        )
        for schema, _ in self.extension_schemas:
            for attribute in schema.attributes:
                attribute.in_extension = True
        everything = tuple(self.all_attributes())
        subs = (sub for item in everything for sub in item.sub_attributes)
        self.required_subs = tuple(sub for sub in subs if sub.required and sub.mutability != "readOnly")
        self.references = tuple(
            item
            for item in everything
            if {"value", "$ref"} <= item.subs.keys() and item.mutability != "readOnly"
        )
        with_subs = (leaf for item in everything for leaf in (item, *item.sub_attributes))
        self.hidden = tuple(leaf for leaf in with_subs if leaf.returned in ("never", "request"))

    def attribute(self, name: str) -> Attribute | None:
        """Return the common or core attribute of that name in any case, or None."""
        return self.attributes.get(name) or self.attributes.get(name.lower())

    def all_attributes(self) -> Iterable[Attribute]:
        """Every attribute once: common and core, then those of the extensions."""
        seen: set[int] = set()
        for attribute in self.attributes.values():
            if id(attribute) not in seen:
                seen.add(id(attribute))
                yield attribute
        for schema, _ in self.extension_schemas:
            yield from schema.attributes

    @property
    def membership(self) -> Attribute | None:
        """The attribute that holds the members of a group, None for other types (RFC 7643 section 4.2)."""
        members = self.attributes.get("members")
        return members if members in self.references else None

    @property
    def belonging(self) -> Attribute | None:
        """The read-only attribute that says which groups a user is in (RFC 7643 section 4.1.2)."""
        groups = self.attributes.get("groups")
        return (
            groups
            if groups is not None and groups.mutability == "readOnly" and "$ref" in groups.subs
            else None
        )

    @property
    def schema_ids(self) -> tuple[str, ...]:
        return (self.schema.id, *(schema.id for schema, _ in self.extension_schemas))


def user_type() -> ResourceType:
    """Users with the enterprise extension, not required (RFC 7643 sections 4.1 and 4.3)."""
    extension = standard_schema("enterprise_user")
    return ResourceType("User", "/Users", standard_schema("user"), "User account", ((extension, False),))


def group_type() -> ResourceType:
    """Groups (RFC 7643 section 4.2)."""
    return ResourceType("Group", "/Groups", standard_schema("group"), "Group of users and groups")
