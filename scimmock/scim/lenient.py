"""What clients send in forms of their own, put into the form of the standard.

Each function serves a leniency switch (see `scimmock.scim.policy.Leniency`) and is only called where
that is on.  What it does not recognise it returns as it came, for the engine to judge.
"""

from __future__ import annotations

import json
from typing import Any

from .schema import Attribute, ResourceType

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_OLD_CORE = "urn:scim:schemas:core:1.0"
_OLD_ENTERPRISE = "urn:scim:schemas:extension:enterprise:1.0"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def only_one(value: Any) -> Any:
    """``single-from-list``: return the value of a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _parsed(text: Any, opening: str) -> Any:
    """Return the JSON in a string, None when there is none that begins so."""
    if not isinstance(text, str) or not text.lstrip().startswith(opening):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def parsed_list(value: Any) -> Any:
    """``json-strings``: return the list in a string of JSON."""
    found = _parsed(value, "[")
    return value if found is None else found


def unpacked(attribute: Attribute, value: dict[str, Any]) -> dict[str, Any]:
    """``json-strings``: return a complex value whose ``value`` was all of it, as JSON in a string.

    What the attribute does not have is left out; ``displayName``, as Entra says for roles, is the
    display.
    """
    inner = _parsed(value.get("value"), "{")
    if not isinstance(inner, dict):
        return value
    result = {name: given for name, given in value.items() if name != "value"}
    for name, given in inner.items():
        sub = attribute.sub("display" if name == "displayName" else name)
        if sub is not None:
            result[sub.name] = given
    return result


def dotted_urn(path: str, resource_type: ResourceType) -> str:
    """``urn-dot-path``: return ``urn:...:User.department`` as ``urn:...:User:department``."""
    lower = path.lower()
    for urn in (resource_type.schema.id.lower(), *resource_type.extensions):
        if lower.startswith(f"{urn}."):
            return f"{path[: len(urn)]}:{path[len(urn) + 1 :]}"
    return path


def _new_urn(urn: Any, core: str) -> Any:
    lower = urn.lower() if isinstance(urn, str) else ""
    return core if lower == _OLD_CORE else _ENTERPRISE if lower == _OLD_ENTERPRISE else urn


def resource_of_1(body: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    """``scim-1-bodies``: return a resource with the URNs of SCIM 1.1 replaced by those of 2.0."""
    result = {}
    for name, value in body.items():
        if name.lower() == "schemas" and isinstance(value, list):
            value = [_new_urn(urn, resource_type.schema.id) for urn in value]
        result[_new_urn(name, name)] = value
    return result


def patch_of_1(body: dict[str, Any]) -> dict[str, Any]:
    """``scim-1-bodies``: return a partial resource, as SCIM 1.1 patches with it, as a PatchOp.

    ``meta.attributes`` names what is removed first; values of lists are added, those with an
    ``operation`` of "delete" removed; other attributes are replaced.
    """
    by_name = {name.lower(): value for name, value in body.items()}
    schemas = by_name.get("schemas")
    old = isinstance(schemas, list) and any(_new_urn(urn, "") != urn for urn in schemas)
    if "operations" in by_name or not old:
        return body
    meta = by_name.get("meta")
    cleared = meta.get("attributes") if isinstance(meta, dict) else None
    operations: list[dict[str, Any]] = [
        {"op": "remove", "path": path} for path in (cleared if isinstance(cleared, list) else ())
    ]
    for name, value in body.items():
        if name.lower() in ("schemas", "id", "meta"):
            continue
        path = _new_urn(name, name)
        if not isinstance(value, list):
            operations.append({"op": "replace", "path": path, "value": value})
            continue
        gone = [item for item in value if _is_deleted(item)]
        operations += [
            {"op": "remove", "path": f"{path}[value eq {json.dumps(item.get('value'))}]"} for item in gone
        ]
        new = [item for item in value if not _is_deleted(item)]
        if new:
            operations.append({"op": "add", "path": path, "value": new})
    return {"schemas": [PATCH_OP], "Operations": operations}


def _is_deleted(item: Any) -> bool:
    return isinstance(item, dict) and str(item.get("operation")).lower() == "delete"
