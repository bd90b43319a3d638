"""Checks of whole resources: the bodies of POST and PUT (RFC 7643 sections 2 and 3, RFC 7644 section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import did_you_mean
from ..scim.schema import ResourceType
from . import values
from .aims import of_patches
from .asked import Asked, Part, by_lower
from .base import check, shown
from .values import Deviation


def _in(asked: Asked, kind: str) -> Iterator[str]:
    """Yield the deviations of a kind in resources and PATCHes alike."""
    if "deviations" not in asked.memo:
        found = [pair for part in asked.resources for pair in _of_resource(part)]
        asked.memo["deviations"] = [*found, *of_patches(asked)]
    return (message for name, message in asked.memo["deviations"] if name == kind)


def _of_resource(part: Part) -> Iterator[Deviation]:
    resource_type = part.type
    if resource_type is None:
        return
    seen: set[str] = set()
    for name, value in part.data.items():
        where = f"{part.where}{name}"
        if ":" in name:
            yield from _of_extension(part, resource_type, name, value, where)
            continue
        attribute = resource_type.attribute(name)
        if attribute is None:
            yield from _unknown(resource_type, name, where)
            continue
        if attribute.name in seen:
            yield "attribute-twice", f"{where} stands twice, in different case"
        seen.add(attribute.name)
        if attribute.name == "schemas" or attribute.mutability == "readOnly":
            continue
        yield from values.of_value(attribute, value, where)


def _unknown(resource_type: ResourceType, name: str, where: str) -> Iterator[Deviation]:
    inside = [
        schema.id for schema, _ in resource_type.extension_schemas if schema.attribute(name) is not None
    ]
    known = [item.name for item in resource_type.all_attributes() if not item.in_extension]
    place = f", it belongs into the object {inside[0]!r}" if len(inside) == 1 else values.near(name, known)
    yield "unknown-attribute", f"{where} is declared by no schema of {resource_type.name}{place}"


def _of_extension(
    part: Part, resource_type: ResourceType, name: str, value: Any, where: str
) -> Iterator[Deviation]:
    schema = resource_type.extensions.get(name.lower())
    if schema is None:
        known = values.near(name, resource_type.schema_ids)
        yield "unknown-attribute", f"{where} is no extension of {resource_type.name}{known}"
        return
    if value is None:
        return
    if not isinstance(value, dict):
        yield "wrong-type", f"{where} is no object, an extension is an object with its attributes"
        return
    for inner_name, inner in value.items():
        attribute = schema.attribute(inner_name)
        if attribute is None:
            known = values.near(inner_name, [item.name for item in schema.attributes])
            yield "unknown-attribute", f"{where}:{inner_name} is declared by no schema{known}"
        elif attribute.mutability != "readOnly":
            yield from values.of_value(attribute, inner, f"{where}:{attribute.name}")


@check(
    "unknown-attribute",
    "RFC 7643 section 2.1",
    "warning",
    says="an attribute or extension that no schema of the service declares, with the nearest name",
)
def unknown_attribute(asked: Asked) -> Iterator[str]:
    return _in(asked, "unknown-attribute")


@check(
    "attribute-twice",
    "RFC 7643 section 2.1",
    "error",
    says="one attribute stands twice, in different case: names ignore case",
)
def attribute_twice(asked: Asked) -> Iterator[str]:
    return _in(asked, "attribute-twice")


@check(
    "boolean-as-string",
    "RFC 7643 section 2.3.2",
    "error",
    says='a boolean as a string: `"active": "False"`',
)
def boolean_as_string(asked: Asked) -> Iterator[str]:
    return _in(asked, "boolean-as-string")


@check(
    "complex-as-string",
    "RFC 7643 section 2.3.8",
    "error",
    says='something else for a complex value: `"manager": "26118915"`, `"emails": ["a@example.com"]`',
)
def complex_as_string(asked: Asked) -> Iterator[str]:
    return _in(asked, "complex-as-string")


@check(
    "wrong-type",
    "RFC 7643 section 2.3",
    "error",
    says="a value of another type than its schema says, a list for one value or one value for a list",
)
def wrong_type(asked: Asked) -> Iterator[str]:
    return _in(asked, "wrong-type")


@check(
    "json-in-string",
    None,
    "warning",
    "behaviour",
    says="a string that holds JSON, as Entra sends `roles`: no filter finds what is in it",
)
def json_in_string(asked: Asked) -> Iterator[str]:
    return _in(asked, "json-in-string")


@check(
    "null-in-value",
    "RFC 7643 section 2.5",
    "hint",
    "behaviour",
    says='a sub-attribute that is null (`{"$ref": null}`): allowed, yet strict services refuse it',
)
def null_in_value(asked: Asked) -> Iterator[str]:
    found = list(_in(asked, "null-in-value"))
    if found:
        yield found[0] if len(found) == 1 else f"{found[0]} ({len(found)} such values)"


@check(
    "empty-string-removes",
    "RFC 7643 section 2.5",
    "warning",
    says="an empty string where a complex value is meant to be taken away",
)
def empty_string_removes(asked: Asked) -> Iterator[str]:
    return _in(asked, "empty-string-removes")


@check("several-primaries", "RFC 7643 section 2.4", "error", says="more than one value is primary")
def several_primaries(asked: Asked) -> Iterator[str]:
    return _in(asked, "several-primaries")


@check(
    "locale-no-language-tag",
    "RFC 7643 section 4.1.1",
    "hint",
    says="a `locale` such as `en_US` where a language tag, `en-US`, is meant",
)
def locale_no_language_tag(asked: Asked) -> Iterator[str]:
    return _in(asked, "locale-no-language-tag")


@check(
    "country-not-alpha-2",
    "RFC 7643 section 4.1.2",
    "warning",
    says="the `country` of an address is not two letters",
)
def country_not_alpha_2(asked: Asked) -> Iterator[str]:
    return _in(asked, "country-not-alpha-2")


# schemas


@check(
    "schemas-missing",
    "RFC 7643 section 3",
    "error",
    says="a resource without `schemas`, or with what is no list of URIs",
)
def schemas_missing(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        schemas = by_lower(part.data).get("schemas")
        if not isinstance(schemas, list) or not schemas:
            right = f" with {part.type.schema.id!r}" if part.type else ""
            yield f"{part.where}the resource has no list 'schemas'{right}"


def _schemas(part: Part) -> list[str] | None:
    """Return the URIs that a resource names, None when it names none."""
    schemas = by_lower(part.data).get("schemas")
    if not isinstance(schemas, list) or not schemas:
        return None
    return [urn for urn in schemas if isinstance(urn, str)]


@check(
    "schemas-wrong",
    "RFC 7643 section 3",
    "error",
    says="`schemas` lacks the base schema, or names one that the resource type does not have, or one twice",
)
def schemas_wrong(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        urns = _schemas(part)
        if urns is None or part.type is None:
            continue
        known = {urn.lower(): urn for urn in part.type.schema_ids}
        lower = [urn.lower() for urn in urns]
        if part.type.schema.id.lower() not in lower:
            yield f"{part.where}'schemas' lacks {part.type.schema.id!r}, the base schema"
        for urn in urns:
            if urn.lower() not in known and not urn.lower().startswith("urn:scim:schemas:"):
                meant = did_you_mean(urn, known.values())
                nearest = f", {meant!r} is the nearest" if meant else ""
                yield f"{part.where}'schemas' names {shown(urn)}, {part.type.name} has no such{nearest}"
        if len(set(lower)) < len(lower):
            yield f"{part.where}'schemas' names a schema twice"


@check(
    "scim-1-body",
    "RFC 7643 section 3",
    "error",
    says="a body of SCIM 1.1 (`urn:scim:schemas:core:1.0`)",
)
def scim_1_body(asked: Asked) -> Iterator[str]:
    schemas = by_lower(asked.json).get("schemas")
    for urn in schemas if isinstance(schemas, list) else ():
        if isinstance(urn, str) and urn.lower().startswith("urn:scim:schemas:"):
            yield f"{shown(urn)} is a schema of SCIM 1.1, those of SCIM 2.0 begin with urn:ietf:params:scim:"


@check(
    "extension-not-declared",
    "RFC 7643 section 3",
    "warning",
    says="the object of an extension whose URI `schemas` does not name",
)
def extension_not_declared(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        declared = {urn.lower() for urn in _schemas(part) or ()}
        for name, value in part.data.items():
            if ":" in name and value not in (None, {}) and name.lower() not in declared:
                yield f"{part.where}the resource has the object {shown(name)}, which 'schemas' does not name"


@check(
    "extension-unused",
    "RFC 7643 section 3.3",
    "hint",
    says="`schemas` names an extension of which the resource has nothing",
)
def extension_unused(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        present = {name.lower() for name in part.data}
        for urn in _schemas(part) or ():
            if part.type and urn.lower() in part.type.extensions and urn.lower() not in present:
                yield f"{part.where}'schemas' names {shown(urn)}, of which the resource has nothing"


# What the service decides


@check(
    "id-in-create",
    "RFC 7643 section 3.1",
    "warning",
    says="a POST with an `id`, also a null one: the service issues it",
)
def id_in_create(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        if part.operation == "create" and "id" in by_lower(part.data):
            yield f"{part.where}the new resource has an 'id', the service issues it"


@check(
    "read-only-in-create",
    "RFC 7644 section 3.3",
    "hint",
    says="a POST with read-only attributes (`meta`, `groups`): they are ignored",
)
def read_only_in_create(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        if part.operation != "create" or part.type is None:
            continue
        for name in part.data:
            attribute = part.type.attribute(name)
            if attribute is not None and attribute.mutability == "readOnly" and attribute.name != "id":
                yield f"{part.where}{attribute.name} is read-only, what a POST says of it is ignored"


@check(
    "required-missing",
    "RFC 7643 section 7",
    "error",
    says="a POST or PUT without an attribute that the schema requires",
)
def required_missing(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        if part.type is None:
            continue
        present = by_lower(part.data)
        for attribute in part.type.required_attributes:
            if present.get(attribute.name.lower()) in (None, "", []):
                yield f"{part.where}{attribute.name} is required and has no value"
