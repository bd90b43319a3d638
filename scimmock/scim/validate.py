"""From a client's document to the form that is stored (RFC 7643 sections 2 and 3, RFC 7644 section 3.3).

Names take their declared spelling, unassigned values disappear, types and primaries are checked,
read-only attributes of the client are ignored.  Which deviations pass is the policy's leniency.
"""

from __future__ import annotations

from typing import Any

from ..errors import ScimError
from .lenient import only_one, resource_of_1, unpacked
from .policy import Leniency
from .schema import Attribute, ResourceType
from .values import fold, is_unassigned, wrong_type


def invalid_value(detail: str, about: str = "") -> ScimError:
    return ScimError(400, detail, "invalidValue", about=about)


def invalid_syntax(detail: str, about: str = "") -> ScimError:
    return ScimError(400, detail, "invalidSyntax", about=about)


def _show(attribute: Attribute, value: Any) -> str:
    if attribute.returned == "never":
        return "this"
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 60 else text[:57] + "..."


def _scalar(attribute: Attribute, value: Any, leniency: Leniency) -> Any:
    """Check one value that is not complex; returns it, converted where the leniency says so."""
    wanted = wrong_type(attribute, value)
    if wanted is None:
        return value
    if (
        leniency.boolean_strings
        and attribute.type == "boolean"
        and isinstance(value, str)
        and value.lower() in ("true", "false")
    ):
        return value.lower() == "true"
    if leniency.single_from_list and isinstance(value, dict) and not isinstance(value.get("value"), dict):
        return _scalar(attribute, value.get("value"), leniency)
    if leniency.store_wrong_types:
        return value
    raise invalid_value(f"{attribute.path!r} is {wanted}, not {_show(attribute, value)}", attribute.path)


def _complex(attribute: Attribute, value: Any, leniency: Leniency) -> Any:
    """Check one complex value; returns a new object with declared names, empty when all is unassigned."""
    if not isinstance(value, dict):
        if leniency.complex_from_string and isinstance(value, str) and "value" in attribute.subs:
            return {"value": value} if value or not leniency.empty_string_removes else {}
        if leniency.store_wrong_types:
            return value
        raise invalid_value(f"{attribute.path!r} is an object, not {_show(attribute, value)}", attribute.path)
    subs = attribute.subs
    if leniency.json_strings:
        value = unpacked(attribute, value)
    result: dict[str, Any] = {}
    for name, inner in value.items():
        sub = subs.get(name) or subs.get(name.lower())
        if sub is None:
            if leniency.store_unknown_attributes:
                result[name] = inner
            elif not leniency.drop_unknown_attributes:
                raise invalid_syntax(f"{attribute.path!r} has no sub-attribute {name!r}")
            continue
        if sub.name in result:
            raise invalid_syntax(f"{sub.path!r} stands twice")
        if inner is None or (sub.mutability == "readOnly" and attribute.mutability != "readOnly"):
            continue
        if sub.multi_valued or sub.type == "complex":
            result[sub.name] = normalise_value(sub, inner, leniency)
        elif sub.type == "string" and type(inner) is str:
            result[sub.name] = inner
        else:
            result[sub.name] = _scalar(sub, inner, leniency)
    if attribute.multi_valued and result:
        for sub in attribute.sub_attributes:
            if sub.required and sub.name not in result:
                raise invalid_value(f"{sub.path!r} is required", sub.path)
    return result


def check_primaries(attribute: Attribute, values: list[Any], leniency: Leniency) -> None:
    """At most one value is primary (RFC 7643 section 2.4)."""
    if not attribute.has_primary or leniency.several_primaries:
        return
    if sum(1 for value in values if isinstance(value, dict) and value.get("primary") is True) > 1:
        raise invalid_value(f"more than one value of {attribute.path!r} is primary", attribute.path)


def identity(attribute: Attribute, value: Any) -> Any:
    """Return what makes a value of a multi-valued attribute the same as another, hashable.

    The (value, type) pair where there is a value (RFC 7643 section 2.4), for references to resources
    the value alone, else everything.
    """
    if not isinstance(value, dict):
        return fold(value) if isinstance(value, str) and not attribute.case_exact else repr(value)
    inner = value.get("value")
    if isinstance(inner, str):
        sub = attribute.subs.get("value")
        key = inner if sub is None or sub.case_exact else fold(inner)
        if "$ref" in attribute.subs:
            return key
        kind = value.get("type")
        return key, fold(kind) if isinstance(kind, str) else repr(kind)
    return repr(sorted(value.items(), key=lambda item: item[0]))


def unite(attribute: Attribute, old: Any, new: Any) -> Any:
    """Return what two forms of one value say together; what is only spelled otherwise stays as it was."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old
    result = dict(old)
    for name, value in new.items():
        before, sub = old.get(name), attribute.subs.get(name)
        if isinstance(value, str) and isinstance(before, str) and not (sub and sub.case_exact):
            if fold(value) == fold(before):
                continue
        result[name] = value
    return result


def without_repetition(attribute: Attribute, values: list[Any]) -> list[Any]:
    """Return the values with those that are the same made one, what they say united."""
    if len(values) < 2:
        return values
    seen: dict[Any, int] = {}
    kept: list[Any] = []
    for value in values:
        key = identity(attribute, value)
        if key not in seen:
            seen[key] = len(kept)
            kept.append(value)
        else:
            kept[seen[key]] = unite(attribute, kept[seen[key]], value)
    return kept


def normalise_element(attribute: Attribute, value: Any, leniency: Leniency) -> Any:
    """Check one value of a multi-valued attribute, or the value of a singular one."""
    if attribute.type == "any":
        return value
    return (
        _complex(attribute, value, leniency)
        if attribute.type == "complex"
        else _scalar(attribute, value, leniency)
    )


def normalise_value(attribute: Attribute, value: Any, leniency: Leniency) -> Any:
    """Check the whole value of an attribute and return it in stored form; null and [] give None."""
    if is_unassigned(value):
        return None
    if attribute.type == "any":
        return value
    if not attribute.multi_valued:
        if leniency.single_from_list:
            value = only_one(value)
        if isinstance(value, list) and not leniency.store_wrong_types:
            raise invalid_value(f"{attribute.path!r} has one value, not a list")
        result = normalise_element(attribute, value, leniency)
        return None if attribute.type == "complex" and result == {} else result
    if not isinstance(value, list):
        if leniency.store_wrong_types:
            return value
        shown = _show(attribute, value)
        raise invalid_value(f"{attribute.path!r} is a list of values, not {shown}", attribute.path)
    values = [normalise_element(attribute, element, leniency) for element in value if element is not None]
    values = without_repetition(attribute, [element for element in values if element != {}])
    check_primaries(attribute, values, leniency)
    return values or None


def _names_of_extensions(resource_type: ResourceType, schemas: list[Any], leniency: Leniency) -> list[str]:
    """Return the URNs of `schemas` in declared spelling; unknown ones are an error or kept."""
    known = {urn.lower(): urn for urn in resource_type.schema_ids}
    names: list[str] = []
    for urn in schemas:
        if not isinstance(urn, str):
            raise invalid_value("'schemas' is a list of URIs", "schemas")
        name = known.get(urn.lower())
        if name is None:
            if leniency.drop_unknown_attributes or leniency.unknown_schemas:
                continue
            if not leniency.store_unknown_attributes:
                raise invalid_value(f"{urn!r} is not a schema of {resource_type.name}", "schemas")
            name = urn
        if name not in names:
            names.append(name)
    return names


def check_schemas(resource_type: ResourceType, body: dict[str, Any], leniency: Leniency) -> list[str]:
    """Return the `schemas` of a resource in a request, base schema first (RFC 7643 section 3)."""
    given = body.get("schemas")
    if given is None:
        given = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    base = resource_type.schema.id
    if given is None or given == []:
        if leniency.schemas_optional:
            return [base]
        raise invalid_syntax(f"'schemas' is required and holds {base!r}", "schemas")
    if not isinstance(given, list):
        raise invalid_value("'schemas' is a list of URIs", "schemas")
    names = _names_of_extensions(resource_type, given, leniency)
    if base not in names and not leniency.schemas_optional:
        raise invalid_value(f"'schemas' lacks {base!r}", "schemas")
    return [base, *(name for name in names if name != base)]


def normalise_resource(resource_type: ResourceType, body: Any, leniency: Leniency) -> dict[str, Any]:
    """Return a client's resource in stored form, without `id` and `meta` and other read-only attributes.

    Raises 400 invalidSyntax for what no schema declares, 400 invalidValue for wrong values.
    """
    if not isinstance(body, dict):
        raise invalid_syntax("the body is a JSON object", "body")
    if leniency.scim_1_bodies:
        body = resource_of_1(body, resource_type)
    schemas = check_schemas(resource_type, body, leniency)
    result: dict[str, Any] = {"schemas": schemas}
    table, extensions = resource_type.attributes, resource_type.extensions
    for name, value in body.items():
        attribute = table.get(name) or table.get(name.lower())
        if attribute is None:
            if name.lower() in extensions:
                _take_extension(resource_type, name, value, result, leniency)
            elif leniency.store_unknown_attributes:
                result[name] = value
            elif not leniency.drop_unknown_attributes:
                raise invalid_syntax(f"{resource_type.name} has no attribute {name!r}", name)
            continue
        if attribute.name == "schemas":
            continue
        if attribute.name in result:
            raise invalid_syntax(f"{attribute.name!r} stands twice")
        if attribute.mutability == "readOnly":
            continue
        value = normalise_value(attribute, value, leniency)
        if value is not None:
            result[attribute.name] = value
    return result


def _take_extension(
    resource_type: ResourceType, name: str, value: Any, result: dict[str, Any], leniency: Leniency
) -> None:
    schema = resource_type.extensions[name.lower()]
    if schema.id in result:
        raise invalid_syntax(f"{schema.id!r} stands twice")
    if value is None:
        return
    inner = normalise_extension(resource_type, schema.id, value, leniency)
    if inner:
        result[schema.id] = inner
        if schema.id not in result["schemas"]:
            result["schemas"].append(schema.id)


def normalise_extension(
    resource_type: ResourceType, urn: str, value: Any, leniency: Leniency
) -> dict[str, Any]:
    """Return the object of an extension in stored form, read-only attributes left out."""
    schema = resource_type.extensions[urn.lower()]
    if not isinstance(value, dict):
        raise invalid_value(f"{schema.id!r} is an object")
    result: dict[str, Any] = {}
    seen: set[str] = set()
    for name, inner in value.items():
        attribute = schema.attribute(name)
        if attribute is None:
            if name.lower() == "schemas":
                continue  # common to all representations of schemas (RFC 7643 section 3), says nothing here
            if leniency.store_unknown_attributes:
                result[name] = inner
            elif not leniency.drop_unknown_attributes:
                raise invalid_syntax(f"{schema.id!r} has no attribute {name!r}")
            continue
        if attribute.name in seen:
            raise invalid_syntax(f"{attribute.path!r} stands twice")
        seen.add(attribute.name)
        if attribute.mutability == "readOnly":
            continue
        inner = normalise_value(attribute, inner, leniency)
        if inner is not None:
            result[attribute.name] = inner
    return result


def check_required(resource_type: ResourceType, document: dict[str, Any]) -> None:
    """Every required attribute has a value (RFC 7643 section 2.2); raises 400 invalidValue.

    A sub-attribute is required in each value of its attribute.
    """
    for attribute in resource_type.required_attributes:
        value = document.get(attribute.name)
        if value is None or value == "":
            raise invalid_value(f"{attribute.path!r} is required", attribute.path)
    for urn in resource_type.required_extensions:
        if not document.get(urn):
            raise invalid_value(f"{urn!r} is required", urn)
    for schema, _ in resource_type.extension_schemas:
        inner = document.get(schema.id)
        if inner:
            for attribute in schema.attributes:
                if attribute.required and attribute.name not in inner:
                    raise invalid_value(f"{attribute.path!r} is required", attribute.path)
    for sub in resource_type.required_subs:
        _check_sub(sub, document)


def _check_sub(sub: Attribute, document: dict[str, Any]) -> None:
    parent = sub.parent
    assert parent is not None
    holder = document.get(parent.urn) if parent.in_extension else document
    value = holder.get(parent.name) if isinstance(holder, dict) else None
    for element in value if isinstance(value, list) else (value,):
        if isinstance(element, dict) and element.get(sub.name) in (None, ""):
            raise invalid_value(f"{sub.path!r} is required")
