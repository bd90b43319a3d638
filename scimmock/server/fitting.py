"""Made-up people as a service with ideas of its own would hold them.

They are general; a service may have fewer attributes, ask for more, or rewrite what it is given.  So
they are created as a client would create them, through the service and its quirks.
"""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..clock import Clock
from ..errors import FileError, ScimError
from ..faults.call import Call, Pending
from ..quirks.quirkset import QuirkSet
from ..scim.answer import Answer, Request
from ..scim.engine import Service
from ..scim.policy import Policy
from ..scim.schema import ResourceType, group_type, user_type
from ..store.directory import Directory
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply
from .reply import error_reply


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
        self.quirks = quirks
        self.ground = _Ground(directory, service, service.policy, clock)
        narrow = any(_differs(resource_type) for resource_type in service.types)
        policy = service.policy
        self.wanted = narrow or quirks.on_call or bool(policy.id_from or policy.most_values)

    def fit(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Return a document with what the type has of it, and with an externalId where that is required."""
        fitted = {name: value for name, value in document.items() if name != "schemas"}
        known = {schema.id: schema for schema, _ in resource_type.extension_schemas}
        for name, value in list(fitted.items()):
            schema = known.get(name)
            if schema is not None:
                fitted[name] = {key: inner for key, inner in value.items() if schema.attribute(key)}
                if not fitted[name]:
                    del fitted[name]
                continue
            attribute = resource_type.attribute(name)
            if attribute is None:
                del fitted[name]
            elif attribute.subs:
                fitted[name] = _only(value, attribute.subs)
        external = resource_type.attribute("externalId")
        if external is not None and external.required and "externalId" not in fitted:
            fitted["externalId"] = str(uuid5(NAMESPACE_URL, str(fitted.get("userName"))))
        urns = [urn for urn in known if urn in fitted]
        return {"schemas": [resource_type.schema.id, *urns], **fitted}

    def create(self, document: dict[str, Any], resource_type: ResourceType, number: int) -> str:
        """Create a made-up user and return its id.

        One whom the service does not take gets a short name; raises FileError when that is refused too.
        """
        body = self.fit(document, resource_type)
        try:
            return self._post(body, resource_type)
        except ScimError:
            short = _shortened(body, number)
        try:
            return self._post(short, resource_type)
        except ScimError as error:
            message = f"made-up people cannot be stored here: {error.detail}"
            raise FileError(
                message, hint="give the fixture people of its own, or start with --users 0"
            ) from None

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
    names = {item.path for item in resource_type.all_attributes()}
    subs = {sub.path for item in resource_type.all_attributes() for sub in item.sub_attributes}
    lacks = any(item.path not in names for item in usual.all_attributes() if not item.in_extension) or any(
        sub.path not in subs
        for item in usual.all_attributes()
        for sub in item.sub_attributes
        if not item.in_extension
    )
    required = {item.name for item in resource_type.required_attributes} - {"userName", "displayName"}
    return lacks or bool(required) or bool(resource_type.required_subs)


def _only(value: Any, subs: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_only(element, subs) for element in value]
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if name in subs}
    return value


def _shortened(body: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the same person with short names."""
    short = {**body, "userName": f"user.{number + 1}"}
    for name in ("displayName", "nickName", "title"):
        if isinstance(short.get(name), str):
            short[name] = short[name][:20]
    return short
