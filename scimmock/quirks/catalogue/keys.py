"""Quirks of the names under which attributes are shown."""

from __future__ import annotations

import re
from typing import Any

from ...faults.call import Call
from ...scim.schema import ResourceType
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "flat-dotted-keys",
    who="GitLab",
    standard="a complex attribute is an object with its sub-attributes (RFC 7643 section 2.3.8)",
)
class FlatDottedKeys(Quirk):
    """A complex attribute is shown as flat keys such as "name.formatted".

    ``attributes`` names those that are.
    """

    attributes: str | tuple[str, ...] = "name"

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Lay the objects out flat, where they stood."""
        wanted = {name.lower() for name in several(self.attributes)}
        flat: dict[str, Any] = {}
        for name, value in document.items():
            if name.lower() in wanted and isinstance(value, dict):
                flat |= {f"{name}.{key}": inner for key, inner in value.items()}
            else:
                flat[name] = value
        return flat


@quirk(
    "snake-case-key",
    who="Figma (`external_id` of groups)",
    standard="the attribute is `externalId` (RFC 7643 section 3.1)",
)
class SnakeCaseKey(Quirk):
    """An attribute is shown under a name in snake case, such as `external_id`.

    ``attributes`` names those that are, ``resources`` the endpoints at which they are.
    """

    attributes: str | tuple[str, ...] = "externalId"
    resources: str | tuple[str, ...] = "Groups"

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Rename the attributes where they stand."""
        if resource_type.endpoint.strip("/") not in several(self.resources):
            return document
        wanted = {name.lower() for name in several(self.attributes)}
        return {_snake(name) if name.lower() in wanted else name: value for name, value in document.items()}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


_MANAGER_ID = "managerId"
_MANAGER_ID_IN_PATH = re.compile(r"\bmanagerId\b", re.IGNORECASE)


@quirk(
    "manager-id-key",
    who="Slack",
    standard="the id of the manager is `manager.value` (RFC 7643 section 4.3)",
)
class ManagerIdKey(Quirk):
    """The id of a user's manager is shown, and taken, as `managerId`, the name that SCIM 1.1 gave it."""

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Rename the id of the manager where it stands."""
        for urn in resource_type.schema_ids:
            holder = document.get(urn)
            manager = holder.get("manager") if isinstance(holder, dict) else None
            if isinstance(manager, dict) and "value" in manager:
                renamed = {_MANAGER_ID if key == "value" else key: value for key, value in manager.items()}
                document[urn] = {**document[urn], "manager": renamed}
        return document

    def request(self, call: Call) -> None:
        """Take the name from clients too, which send back what they were shown."""
        request = call.request
        if request is None or request.body is None:
            return
        body = _standard_manager(request.body)
        if body != request.body:
            request.body = body
            call.acted(self.name)


def _standard_manager(value: Any) -> Any:
    if isinstance(value, list):
        return [_standard_manager(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, inner in value.items():
        key = "value" if name.lower() == _MANAGER_ID.lower() else name
        if key.lower() == "path" and isinstance(inner, str):
            result[key] = _MANAGER_ID_IN_PATH.sub("value", inner)
        else:
            result[key] = _standard_manager(inner)
    return result
