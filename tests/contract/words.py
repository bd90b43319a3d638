"""How to ask a fixture for things in the version of SCIM that it speaks, and with what it requires."""

from __future__ import annotations

import re
from typing import Any

import httpx

from scimmock.fixture import Fixture
from scimmock.fixture.types import old_urns
from scimmock.scim.schema import ResourceType

_CORE_1 = "urn:scim:schemas:core:1.0"
_PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Words:
    """The words of one fixture."""

    def __init__(self, fixture: Fixture) -> None:
        self.fixture = fixture
        behaviour = fixture.file.behaviour
        self.old = behaviour is not None and behaviour.protocol == "1.1"
        self.urns = old_urns(behaviour, fixture.types) if behaviour is not None else {}
        self.types = {kind.name: kind for kind in fixture.types}

    @property
    def config_path(self) -> str:
        plural = self.old or any(item.name == "spc-plural-path" for item in self.fixture.quirks)
        return "/ServiceProviderConfigs" if plural else "/ServiceProviderConfig"

    def media(self, request: httpx.Request) -> None:
        """Send bodies as the version has them, unless a test says otherwise."""
        if request.headers.get("content-type") == "application/json" and not self.old:
            request.headers["content-type"] = "application/scim+json"

    def schemas(self, kind: str) -> list[str]:
        return [_CORE_1] if self.old else [self.types[kind].schema.id]

    def user(self, number: int = 1, **attributes: Any) -> dict[str, Any]:
        """Return a user with what the usual client sends, and no attribute that the service lacks."""
        name = f"ada.{number}"
        if "requires-email-user-name" in [item.name for item in self.fixture.quirks]:
            name = f"{name}@example.com"
        usual: dict[str, Any] = {
            "userName": name,
            "externalId": f"ext-{number}",
            "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
            "displayName": f"Ada {number}",
            "emails": [{"value": f"ada.{number}@example.com", "type": "work", "primary": True}],
            "active": True,
        }
        kind = self.types["User"]
        fitting = {key: _only(value, kind, key) for key, value in usual.items() if kind.attribute(key)}
        for attribute in kind.required_attributes:
            if attribute.name not in fitting:
                fitting[attribute.name] = (attribute.canonical_values or ("something",))[0]
        body = {"schemas": self.schemas("User"), **fitting, **attributes}
        for path in self._asked_for():
            _set(body, path, number)
        return body

    def _asked_for(self) -> list[str]:
        """Return the paths that a quirk or a rule of the fixture asks for in a new user."""
        asked: list[str] = []
        for item in self.fixture.quirks:
            if item.name == "create-requires":
                asked += item.parameters["resources"].get("Users", [])
        for rule in self.fixture.faults:
            found = re.fullmatch(r"not \((\w+) pr\)", str(rule.spec.get("match", {}).get("filter")))
            asked += [found[1]] if found else []
        return asked

    def group(self, number: int = 1, *members: str) -> dict[str, Any]:
        """Return a group of users by their ids."""
        body: dict[str, Any] = {"schemas": self.schemas("Group"), "displayName": f"Group {number}"}
        if members:
            body["members"] = [{"value": id} for id in members]
        return body

    def deactivation(self) -> dict[str, Any]:
        """Return a PATCH that deactivates a user, the one that all services know."""
        if self.old:
            return {"schemas": [_CORE_1], "active": False}
        operation = {"op": "replace", "path": "active", "value": False}
        return {"schemas": [_PATCH_OP], "Operations": [operation]}


def _set(body: dict[str, Any], path: str, number: int) -> None:
    """Give a body an attribute, also one of an extension, unless it has it."""
    if path.startswith("urn:"):
        urn, _, name = path.rpartition(":")
        if urn not in body["schemas"]:
            body["schemas"].append(urn)
        body.setdefault(urn, {}).setdefault(name, f"given{number}")
    elif path == "entitlements":
        body.setdefault(path, [{"value": "given"}])
    elif "." not in path:
        body.setdefault(path, f"given-{number}")


def _only(value: Any, kind: ResourceType, key: str) -> Any:
    attribute = kind.attribute(key)
    assert attribute is not None
    if isinstance(value, list):
        return [_only(element, kind, key) for element in value]
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if attribute.sub(name)}
    return value
