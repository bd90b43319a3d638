"""SCIM 1.1 in the place of 2.0 (see `scimmock.scim.version_1`)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import msgspec

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.page import Page
from ...scim.policy import Policy
from ...scim.schema import ResourceType
from ...scim.version_1.discovery import config_of_1, schema_of_1
from ...scim.version_1.messages import bulk_of_1, bulk_of_2, error_of_1, list_of_1, refused
from ...scim.version_1.names import Names
from ...scim.version_1.patching import patch_of_2
from ...scim.version_1.queries import query_of_2
from ...scim.version_1.resources import resource_of_1, resource_of_2
from ...traffic.exchange import Exchange
from ...traffic.reply import Reply
from ..base import Quirk, quirk
from ..replies import decoded, is_scim_error

_JSON = b"application/json"
_SCIM_JSON = b"application/scim+json"
_OVERRIDES = ("PUT", "PATCH", "DELETE")


class _Translated(dict[str, Any]):
    """A query or a body in the form of 2.0: some faults run one request more than once."""


@quirk(
    "scim-1.1",
    who="services of the 1.1 generation: Slack's v1, apps for Okta's SCIM 1.1, PingFederate inbound",
    standard="SCIM 2.0 (RFC 7643, RFC 7644); 1.1 is the drafts of July 2012",
)
class Scim11(Quirk, dict=True):
    """Speaks SCIM 1.1 instead of 2.0: its URNs, errors, PATCH, filters, bulk and discovery.

    ``urns`` are the 1.1 URNs of a service's own schemas by those of 2.0.  ``delete`` is the status for a
    resource that is gone, ``schemas`` how `/Schemas/{id}` names a resource type: by "urn", or by "endpoint"
    as in `/Schemas/Users`.
    """

    urns: dict[str, str] = msgspec.field(default_factory=dict)
    delete: Literal[200, 204] = 200
    schemas: Literal["urn", "endpoint"] = "urn"

    version: ClassVar[str | None] = "1.1"
    renamed: ClassVar[dict[str, str | None]] = {
        "ServiceProviderConfigs": "ServiceProviderConfig",
        "ServiceProviderConfig": None,
        "ResourceTypes": None,
        "Me": None,
        ".search": None,
    }

    @cached_property
    def names(self) -> Names:
        """The names of the service's schemas in both versions."""
        return Names(self.urns)

    # ---- in

    def policy(self, policy: Policy) -> Policy:
        """Page by index only; members are deleted by a list of values (see `patch_of_2`)."""
        paging = replace(policy.paging, cursor=False, default_method="index")
        return replace(policy, paging=paging).with_leniency(remove_with_value=True)

    def route(self, exchange: Exchange, method: str, parts: list[str]) -> tuple[str, list[str]]:
        """Take the method that overrides POST (API section 3.12) and the suffix for a format (3.6)."""
        if method == "POST":
            wanted = _header(exchange, b"x-http-method-override")
            if wanted:
                method = wanted.decode("latin-1").strip().upper()
                if method not in _OVERRIDES:
                    raise ScimError(400, f"X-HTTP-Method-Override is one of {', '.join(_OVERRIDES)}")
        if parts and parts[-1].lower().endswith(".xml"):
            raise ScimError(406, "Only JSON can be answered")
        if parts and parts[-1].lower().endswith(".json"):
            parts = [*parts[:-1], parts[-1][: -len(".json")]]
        return method, parts

    def head(self, call: Call) -> None:
        """Know nothing of searches and queries of the root."""
        if call.inner:
            return
        if call.operation == "search" or (call.operation == "list" and call.resource_type is None):
            raise ScimError(404, f"There is no endpoint {call.path}", about="endpoint")

    def request(self, call: Call) -> None:
        """Put the query and the body into the form of 2.0."""
        request, kind = call.request, call.resource_type
        if request is None or kind is None:
            return
        names, policy = self.names.of(kind), call.service.policy
        if request.query and not isinstance(request.query, _Translated):
            request.query = _Translated(query_of_2(request.query, names, policy.filter_dialect))
        if isinstance(request.body, _Translated):
            return
        if call.operation == "patch" and policy.patch:  # else the engine says so
            current = call.service.store.get(kind.name, call.id)
            request.body = _Translated(patch_of_2(request.body, names, current, policy.leniency))
        elif call.inner:  # what creates or replaces was translated with the bulk request
            error = refused(request.body)
            if error is not None:
                raise error
        elif call.operation in ("create", "replace"):
            request.body = _translated(resource_of_2(request.body, names, policy.leniency))

    def bulk_request(self, call: Call) -> None:
        """Put a bulk request into the form of 2.0."""
        if call.request is None or isinstance(call.request.body, _Translated):
            return
        types = {kind.endpoint.strip("/").lower(): kind for kind in call.service.types}

        def type_of(path: str) -> ResourceType | None:
            return types.get(path.strip("/").partition("/")[0].lower())

        leniency = call.service.policy.leniency
        call.request.body = _translated(bulk_of_2(call.request.body, self.names, leniency, type_of))

    # ---- out

    def engine(self, call: Call, run: Run) -> Answer:
        """Answer `/Schemas`, and give a deletion its status."""
        if call.operation == "discovery" and call.resource == "Schemas":
            return self._schemas(call)
        answer = run()
        if call.operation == "delete" and answer.status == 204:
            answer.status = self.delete
        if call.operation == "discovery":
            answer.location = "/ServiceProviderConfigs"
        return answer

    def _schemas(self, call: Call) -> Answer:
        if "filter" in call.query:
            raise ScimError(403, "/Schemas cannot be filtered")
        encode = call.service.encoder.encode
        documents = {}
        for kind in call.service.types:
            document = schema_of_1(kind, self.names)
            documents[document["id"] if self.schemas == "urn" else kind.endpoint.strip("/")] = document
        if call.id is None:
            items = [encode(document) for document in documents.values()]
            return Answer(200, Page(len(items), items, start_index=1))
        for id, document in documents.items():
            if id.lower() == call.id.lower():
                return Answer(200, encode(document), location=f"/Schemas/{id}")
        raise ScimError(404, f"There is no schema {call.id!r}", about="Schema")

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Show a resource as 1.1 has it."""
        return resource_of_1(document, self.names.of(resource_type))

    def page(self, call: Call, page: Page) -> None:
        """Put the envelope of 1.1 around a list."""
        page.dressers.append(list_of_1)

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say what the service can do as 1.1 does."""
        return config_of_1(document)

    def refuse(self, error: ScimError) -> ScimError:
        """Speak of things by their 1.1 names; there is no scimType."""
        return error.worded(detail=self.names.text_of_1(error.detail), scim_type="")

    def error(self, error: ScimError, reply: Reply) -> None:
        """Word a SCIM error as 1.1 does; one that has another form keeps it."""
        if is_scim_error(decoded(reply)):
            reply.body = msgspec.json.encode(error_of_1(error.status, error.detail))
            reply.media_type = _JSON

    def reply(self, call: Call, reply: Reply) -> None:
        """Answer JSON as such, and the results of a bulk request in the form of 1.1."""
        if call.operation == "bulk" and reply.status == 200:
            document = decoded(reply)
            if document is not None:
                reply.body = msgspec.json.encode(bulk_of_1(document, self.names))
        if reply.media_type is None:
            reply.media_type = _media_type(call.exchange) if reply.body else b""


def _translated(body: Any) -> Any:
    return _Translated(body) if isinstance(body, dict) else body


def _header(exchange: Exchange, name: bytes) -> bytes | None:
    return next((value for given, value in exchange.headers if given == name), None)


def _media_type(exchange: Exchange) -> bytes:
    """Return the type of an answer: that of JSON, unless a client takes that of SCIM 2.0 only."""
    accept = (_header(exchange, b"accept") or b"").lower()
    return _SCIM_JSON if _SCIM_JSON in accept and _JSON not in accept and b"*/*" not in accept else _JSON
