"""Made-up people as a service with ideas of its own would hold them.

They are general; a service may have fewer attributes, ask for more, or rewrite what it is given.  So
they are created as a client would create them, through the service and its quirks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..clock import Clock
from ..errors import FileError, ScimError
from ..faults.call import Call, Pending
from ..quirks.quirkset import QuirkSet
from ..scim.answer import Answer, Request
from ..scim.engine import Service, natural_key
from ..scim.policy import Policy
from ..scim.schema import Attribute, ResourceType, group_type, user_type
from ..store.directory import Directory
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply
from .reply import error_reply

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(slots=True)
class _Ground:
    """What quirks look at when nobody has asked for anything yet (see `scimmock.faults.call.Ground`)."""

    directory: Directory
    service: Service
    policy: Policy
    clock: Clock
    name: str = ""

    def service_on(self, store: Any = None, policy: Policy | None = None) -> Service:
        return self.service

    def error_reply(self, error: ScimError) -> Reply:
        return error_reply(error)

    def schedule(self, pending: Pending) -> None:
        """Nothing is left to be done."""


class Fitting:
    """Puts made-up resources into a directory through a service.

    ``wanted`` says whether they cannot be stored as they are.
    """

    def __init__(self, service: Service, directory: Directory, quirks: QuirkSet, clock: Clock) -> None:
        self.service = service
        self.quirks = quirks.inner()
        self.ground = _Ground(directory, service, service.policy, clock)
        narrow = any(_differs(resource_type) for resource_type in service.types)
        policy = service.policy
        changes = policy.id_from or policy.most_values or policy.finish
        self.wanted = bool(narrow or self.quirks.on_call or changes)

    def fit(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Return a document with what clients may give of it, and with everything that is required."""
        fitted = {name: value for name, value in document.items() if name != "schemas"}
        known = {schema.id: schema for schema, _ in resource_type.extension_schemas}
        for name, value in list(fitted.items()):
            schema = known.get(name)
            if schema is not None:
                fitted[name] = _settable(value, schema.table)
            else:
                attribute = resource_type.attribute(name)
                if attribute is None or attribute.mutability == "readOnly":
                    del fitted[name]
                elif attribute.subs:
                    fitted[name] = _settable(value, attribute.subs)
            if fitted.get(name) == {}:
                del fitted[name]
        key = natural_key(fitted)
        _complete(fitted, resource_type.required_attributes, key)
        for urn in resource_type.required_extensions:
            fitted.setdefault(urn, {})
        for urn, schema in known.items():
            if urn in fitted:
                _complete(fitted[urn], [item for item in schema.attributes if item.required], key)
        for sub in resource_type.required_subs:
            _complete_sub(fitted, sub, key)
        urns = [urn for urn in known if urn in fitted]
        return {"schemas": [resource_type.schema.id, *urns], **fitted}

    def create(self, document: dict[str, Any], resource_type: ResourceType, number: int) -> str:
        """Create a made-up user and return its id.

        One whom the service does not take gets fewer values and shorter names; raises FileError when that
        is refused too.
        """
        body = self.fit(document, resource_type)
        single = _single(body)
        for attempt in (body, single, _local(body), _local(single), _shortened(single, number)):
            try:
                return self._post(attempt, resource_type)
            except ScimError as error:
                refused = error
        message = f"made-up people cannot be stored here: {refused.detail}"
        raise FileError(message, hint="give the fixture people of its own, or start with --users 0") from None

    def _post(self, body: dict[str, Any], resource_type: ResourceType) -> str:
        exchange = Exchange(0.0, time.perf_counter(), "", "POST", resource_type.endpoint, b"", [], "1.1")
        resource = resource_type.endpoint.strip("/")
        call = Call(
            exchange, self.ground, "POST", resource_type.endpoint, "create", resource, None, resource_type
        )
        call.request = Request(body=deepcopy(body))
        call.body = call.request.body
        call.service = self.service

        def run(other: Service | None = None) -> Answer:
            assert call.request is not None
            return (other or self.service).create(resource_type, call.request)

        answer = self.quirks.engine(call, run)
        assert answer.id is not None
        return answer.id


def _differs(resource_type: ResourceType) -> bool:
    """Whether a type does not take everything that made-up people have."""
    if resource_type.name not in ("User", "Group"):
        return False
    usual = user_type() if resource_type.name == "User" else group_type()
    same = resource_type.schema.document == usual.schema.document and not resource_type.common
    return not same or bool(resource_type.required_extensions or resource_type.required_subs)


def _settable(value: Any, attributes: Mapping[str, Attribute]) -> Any:
    """Return a complex value, or several, with those sub-attributes that there are and that may be set."""
    if isinstance(value, list):
        return [_settable(element, attributes) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: inner
        for name, inner in value.items()
        if name in attributes and attributes[name].mutability != "readOnly"
    }


def _complete(holder: dict[str, Any], required: Iterable[Attribute], key: str) -> None:
    """Give a document the attributes that it lacks and must have."""
    for attribute in required:
        if holder.get(attribute.name) in (None, "", [], {}):
            value = _made_up(attribute, key)
            holder[attribute.name] = [value] if attribute.multi_valued else value


def _complete_sub(document: dict[str, Any], sub: Attribute, key: str) -> None:
    """Give the values of an attribute the sub-attribute that they lack and must have."""
    parent = sub.parent
    assert parent is not None
    holder = document.get(parent.urn, {}) if parent.in_extension else document
    value = holder.get(parent.name)
    for element in value if isinstance(value, list) else (value,):
        if isinstance(element, dict) and element.get(sub.name) in (None, ""):
            element[sub.name] = element.get("formatted") or _made_up(sub, key)


def _made_up(attribute: Attribute, key: str) -> Any:
    if attribute.canonical_values:
        return attribute.canonical_values[0]
    if attribute.type == "complex":
        wanted = [sub for sub in attribute.sub_attributes if sub.required or sub.name == "value"]
        return {sub.name: _made_up(sub, key) for sub in wanted}
    if attribute.name == "externalId":
        return str(uuid5(NAMESPACE_URL, key))
    simple = {"boolean": True, "integer": 1, "decimal": 1, "dateTime": "2025-01-01T00:00:00Z"}
    if attribute.type in simple:
        return simple[attribute.type]
    plain = _NOT_PLAIN.sub("-", key).strip("-") or "somebody"
    return f"{plain}@example.com" if "mail" in attribute.name.lower() and "@" not in key else key or plain


def _single(body: dict[str, Any]) -> dict[str, Any]:
    """Return the same person with one value of each attribute, the primary or first."""
    return {
        name: sorted(value, key=_is_not_primary)[:1]
        if isinstance(value, list) and name != "schemas"
        else value
        for name, value in body.items()
    }


def _is_not_primary(value: Any) -> bool:
    return not (isinstance(value, dict) and value.get("primary") is True)


def _local(body: dict[str, Any]) -> dict[str, Any]:
    """Return the same person whose userName is no address."""
    return {**body, "userName": str(body.get("userName", "")).partition("@")[0]}


def _shortened(body: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the same person with short names."""
    short = {**body, "userName": f"user.{number + 1}"}
    for name in ("displayName", "nickName", "title"):
        if isinstance(short.get(name), str):
            short[name] = short[name][:20]
    if isinstance(short.get("name"), dict):
        short["name"] = {key: str(value)[:20] for key, value in short["name"].items()}
    return short
