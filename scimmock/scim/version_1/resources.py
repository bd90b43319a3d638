"""Resources of SCIM 1.1 (schema draft sections 3.2 and 5 to 8) in and out."""

from __future__ import annotations

from typing import Any

from ...errors import ScimError
from ..policy import Leniency
from ..schema import Attribute
from ..validate import invalid_syntax, invalid_value
from .names import CORE, TypeNames, is_new, renamed, sub_of_2

# ---- out


def resource_of_1(document: dict[str, Any], names: TypeNames) -> dict[str, Any]:
    """Return the representation of a resource as 1.1 shows it.

    There are no ``$ref`` and no ``meta.resourceType``, the id of a manager is ``managerId``.
    """
    result: dict[str, Any] = {}
    extensions = names.resource_type.extensions
    for name, value in document.items():
        schema = extensions.get(name.lower())
        if name.lower() == "schemas" and isinstance(value, list):
            urns = [names.old.get(urn.lower(), urn) if isinstance(urn, str) else urn for urn in value]
            result[name] = [urn for index, urn in enumerate(urns) if urn not in urns[:index]]
        elif schema is None:
            result[name] = _shown(names.attribute(name), value)
        elif isinstance(value, dict):
            inner = {key: _shown(schema.attribute(key), given) for key, given in value.items()}
            result[names.old[name.lower()]] = inner
        else:
            result[names.old[name.lower()]] = value
    return result


def _shown(attribute: Attribute | None, value: Any) -> Any:
    if attribute is None or not attribute.sub_attributes:
        return value
    if isinstance(value, list):
        return [_shown(attribute, element) for element in value]
    if not isinstance(value, dict):
        return value
    old = renamed(attribute)
    return {old.get(name, name): inner for name, inner in value.items() if not is_new(attribute, name)}


# ---- in


def resource_of_2(body: Any, names: TypeNames, leniency: Leniency, partial: bool = False) -> Any:
    """Return the resource of a request as 2.0 has it; what is wrong otherwise is left to the engine.

    ``partial`` says that it is the body of a PATCH, where the values of lists may have an ``operation``
    and a manager no id.  Raises 400 for names that 1.1 does not have, unless unknown attributes pass.
    """
    if not isinstance(body, dict):
        return body
    result: dict[str, Any] = {}
    for name, value in body.items():
        schema = names.extensions.get(name.lower())
        if name.lower() == "schemas":
            result[name] = schemas_of_2(value, names, leniency)
        elif schema is not None:
            if schema.id in result:
                raise invalid_syntax(f"{name!r} stands twice")
            result[schema.id] = (
                {
                    key: _taken(schema.attribute(key), inner, names, leniency, partial)
                    for key, inner in value.items()
                }
                if isinstance(value, dict)
                else value
            )
        elif names.is_gone(name):
            _refuse(f"{names.resource_type.name} has no attribute {name!r}", leniency)
        else:
            result[name] = _taken(names.attribute(name), value, names, leniency, partial)
    return result


def schemas_of_2(value: Any, names: TypeNames, leniency: Leniency) -> Any:
    """Return the URNs of `schemas` (schema section 5.2) as those of 2.0; 400 for what are those of 2.0."""
    if not isinstance(value, list):
        return value
    result: list[Any] = []
    for urn in value:
        lower = urn.lower() if isinstance(urn, str) else ""
        if lower == names.core.lower():
            result.append(names.resource_type.schema.id)
        elif lower in names.extensions:
            result.append(names.extensions[lower].id)
        elif not is_of_2(lower, names):
            result.append(urn)
        elif not (leniency.unknown_schemas or leniency.drop_unknown_attributes):
            raise invalid_value(f"{urn!r} is no schema of SCIM 1.1, {names.core!r} would be right")
    return result


def is_of_2(urn: str, names: TypeNames) -> bool:
    """Whether a URN in lower case is one of SCIM 2.0, of a schema or of a message."""
    return urn in names.gone or urn.startswith(
        ("urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:")
    )


def has_core(schemas: Any, core: str = CORE) -> bool:
    """Whether `schemas` name the core schema of 1.1, or that of a service's own resource type."""
    urns = [urn.lower() for urn in schemas if isinstance(urn, str)] if isinstance(schemas, list) else []
    return CORE in urns or core.lower() in urns


def _taken(
    attribute: Attribute | None, value: Any, names: TypeNames, leniency: Leniency, partial: bool
) -> Any:
    if attribute is None or not attribute.sub_attributes:
        return value
    if isinstance(value, list) and attribute.multi_valued:
        return [_element(attribute, element, names, leniency, partial) for element in value]
    if isinstance(value, dict):
        return _object(attribute, value, names, leniency, partial)
    return value


def _element(attribute: Attribute, value: Any, names: TypeNames, leniency: Leniency, partial: bool) -> Any:
    """Return one value of a list: what has a ``value`` may stand as that alone (schema section 3.2)."""
    if isinstance(value, str | bool | int | float) and "value" in attribute.subs:
        return {"value": value}
    return _object(attribute, value, names, leniency, partial) if isinstance(value, dict) else value


def _object(
    attribute: Attribute, value: dict[str, Any], names: TypeNames, leniency: Leniency, partial: bool
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    # The type of a member is read-only (schema section 8), so what a client says of it is ignored.
    ignored = "type" if attribute is names.resource_type.membership else ""
    for name, inner in value.items():
        new = sub_of_2(attribute, name)
        if new is None:
            _refuse(f"{attribute.name!r} has no sub-attribute {name!r}", leniency)
        elif name.lower() != ignored:
            result[new] = inner
    lost = [old for new, old in renamed(attribute).items() if new not in result]
    if value and lost and not partial:
        raise invalid_value(f"{f'{attribute.name}.{lost[0]}'!r} is required")
    return result


def _refuse(detail: str, leniency: Leniency) -> None:
    """Raise 400, or let what is unknown be left out."""
    if not leniency.accepts_unknown:
        raise ScimError(400, detail, "invalidSyntax")
