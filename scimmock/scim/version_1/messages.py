"""The messages of SCIM 1.1 around resources: lists, errors and bulk (API draft sections 3.2.2, 3.5, 3.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import ScimError
from ..bulk import BULK_REQUEST
from ..policy import Leniency
from ..schema import ResourceType
from ..validate import invalid_syntax
from .names import CORE, Names
from .resources import has_core, resource_of_2


def list_of_1(envelope: dict[str, Any]) -> dict[str, Any]:
    """Return the envelope of a list as 1.1 has it: with the core schema, and without cursors."""
    return {
        name: [CORE] if name.lower() == "schemas" else value
        for name, value in envelope.items()
        if name.lower() not in ("nextcursor", "previouscursor")
    }


def error_of_1(status: int, description: str) -> dict[str, Any]:
    """Return an error; its code is the HTTP status as text (API section 3.9)."""
    return {"Errors": [{"description": description, "code": str(status)}]}


class Refused(str):
    """Stands in the place of the data of a bulk operation that 1.1 does not allow: its only name.

    The error lies under it.  An engine that meets it finds an attribute which no schema has.
    """

    __slots__ = ()


def refused(data: Any) -> ScimError | None:
    """Return the error that stands in the place of data, if one does."""
    if isinstance(data, dict) and len(data) == 1:
        name, error = next(iter(data.items()))
        if isinstance(name, Refused) and isinstance(error, ScimError):
            return error
    return None


def bulk_of_2(
    body: Any, names: Names, leniency: Leniency, type_of: Callable[[str], ResourceType | None]
) -> Any:
    """Return a bulk request (API section 3.5) as 2.0 has it, with the resources that POST and PUT carry.

    ``type_of`` finds the resource type of a path.  The partial resources of PATCH stay as they are: what
    they mean depends on what the operations before them do.  Data that 1.1 does not allow becomes
    `Refused`; a message that is none of 1.1 is 400.
    """
    if not isinstance(body, dict):
        return body
    schemas = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    if not has_core(schemas) and (schemas is not None or not leniency.schemas_optional):
        raise invalid_syntax(f"'schemas' holds {CORE!r}")
    result: dict[str, Any] = {"schemas": [BULK_REQUEST]}
    for name, value in body.items():
        if name.lower() == "operations" and isinstance(value, list):
            result[name] = [_operation_of_2(item, names, leniency, type_of) for item in value]
        elif name.lower() != "schemas":
            result[name] = value
    return result


def _operation_of_2(
    item: Any, names: Names, leniency: Leniency, type_of: Callable[[str], ResourceType | None]
) -> Any:
    if not isinstance(item, dict):
        return item
    by_name = {name.lower(): value for name, value in item.items()}
    method, path = by_name.get("method"), by_name.get("path")
    if str(method).upper() not in ("POST", "PUT") or not isinstance(path, str):
        return item
    resource_type = type_of(path)
    if resource_type is None:
        return item
    try:
        data = resource_of_2(by_name.get("data"), names.of(resource_type), leniency)
    except ScimError as error:
        data = {Refused(error.detail): error}
    return {name: data if name.lower() == "data" else value for name, value in item.items()}


def bulk_of_1(document: dict[str, Any], names: Names) -> dict[str, Any]:
    """Return the answer to a bulk request: each ``status`` is an object with its code as text."""
    operations = document.get("Operations")
    return {
        "schemas": [CORE],
        "Operations": [
            _result_of_1(item, names) for item in (operations if isinstance(operations, list) else ())
        ],
    }


def _result_of_1(item: dict[str, Any], names: Names) -> dict[str, Any]:
    status: dict[str, Any] = {"code": str(item.get("status"))}
    response = item.get("response")
    if isinstance(response, dict):
        status["description"] = names.text_of_1(str(response.get("detail") or ""))
    kept = {name: value for name, value in item.items() if name not in ("status", "response")}
    return {**kept, "status": status}
