"""Endpoints, methods and media types that a service does not have."""

from __future__ import annotations

from typing import Literal

import msgspec

from ...errors import InvalidFilter, ScimError
from ...faults.call import Call
from ...traffic.reply import Reply
from ..asks import member
from ..base import Quirk, quirk
from ..replies import several

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_COLLECTION: tuple[Method, ...] = ("GET", "POST")
_RESOURCE: tuple[Method, ...] = ("GET", "PUT", "PATCH", "DELETE")


@quirk(
    "no-endpoints",
    who="AWS IAM Identity Center (no /Me, /Bulk and /.search)",
    standard="/Me, /Bulk and /.search are optional, those of the resource types are there"
    " (RFC 7644 section 3.2)",
)
class NoEndpoints(Quirk):
    """Endpoints are 404.

    ``endpoints`` names those that there are not: Me, Bulk, .search (everywhere), Users, Groups, or / for
    the root.
    """

    endpoints: str | tuple[str, ...] = ("Me", "Bulk", ".search")

    def head(self, call: Call) -> None:
        """Know nothing of them."""
        names, path = several(self.endpoints), call.path.rstrip("/")
        found = call.resource or path.strip("/") or "/"
        if found in names or (path.endswith("/.search") and ".search" in names):
            call.acted(self.name)
            raise ScimError(404, f"There is no endpoint {call.path}", about="endpoint")


@quirk(
    "no-methods",
    who="Salesforce (groups can be read and updated only), GitLab (users are changed by PATCH only)",
    standard="resources are created, replaced and deleted by POST, PUT and DELETE (RFC 7644 section 3.2)",
)
class NoMethods(Quirk):
    """Refuses methods at endpoints.

    ``methods`` gives for endpoints the methods that they do not have, at the collection and at each
    resource; ``status`` is what is answered, 405 says which methods there are.
    """

    methods: dict[str, tuple[Method, ...]] = msgspec.field(
        default_factory=lambda: {"Groups": ("POST", "DELETE")}
    )
    status: Literal[400, 403, 404, 405, 501] = 405

    def head(self, call: Call) -> None:
        """Refuse."""
        missing = self.methods.get(call.resource or "", ())
        method = "GET" if call.method == "HEAD" else call.method
        if method not in missing or call.operation == "search":
            return
        call.acted(self.name)
        if self.status == 404:
            raise ScimError(404, f"There is no endpoint {call.path}", about="endpoint")
        there = [name for name in (_RESOURCE if call.id else _COLLECTION) if name not in missing]
        allow = (("Allow", ", ".join((*there, "OPTIONS"))),) if self.status == 405 else ()
        raise ScimError(self.status, f"{call.method} is not possible here", headers=allow, about="endpoint")


@quirk(
    "media-type-strict",
    who="the draft SCIM interoperability profile",
    standard="application/json is accepted as well (RFC 7644 section 3.1)",
)
class MediaTypeStrict(Quirk):
    """Refuses bodies that are not said to be application/scim+json with 415.

    ``answers`` says that of all SCIM answers too, whatever the client accepts.
    """

    answers: bool = True

    def head(self, call: Call) -> None:
        """Refuse."""
        if call.inner or call.method not in ("POST", "PUT", "PATCH"):
            return
        given = next((value for name, value in call.exchange.headers if name == b"content-type"), b"")
        if given.lower().partition(b";")[0].strip() != b"application/scim+json":
            call.acted(self.name)
            raise ScimError(415, "Content-Type is application/scim+json", about="body")

    def reply(self, call: Call, reply: Reply) -> None:
        """Say what it is."""
        if self.answers and reply.body and reply.media_type is None:
            reply.media_type = b"application/scim+json"


@quirk(
    "filter-get-only",
    who="the draft SCIM interoperability profile",
    standard="a POST to /.search has a filter as well (RFC 7644 section 3.4.3)",
)
class FilterGetOnly(Quirk):
    """Refuses filters in requests with other methods than GET with 400 invalidFilter."""

    def request(self, call: Call) -> None:
        """Refuse."""
        request = call.request
        if request is None or call.method in ("GET", "HEAD"):
            return
        searched = call.operation == "search" and member(request.body, "filter") is not None
        if searched or "filter" in request.query:
            call.acted(self.name)
            raise InvalidFilter("only a GET can have a filter")
