"""What services make of bulk requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...traffic.reply import Reply
from ..asks import member
from ..base import Quirk, quirk
from ..replies import several

Method = Literal["POST", "PUT", "PATCH", "DELETE"]


@quirk(
    "bulk-only",
    who="Entra ID's API-driven provisioning (bulkUpload)",
    standard="the endpoints of the resource types are there, /Bulk is optional (RFC 7644 section 3.2)",
)
class BulkOnly(Quirk):
    """Has no other endpoint than that of bulk requests.

    ``endpoint`` is its name.
    """

    endpoint: str = "bulkUpload"

    @property
    def renamed(self) -> dict[str, str | None]:  # type: ignore[override]
        """The name of the endpoint, in the place of the standard's."""
        return {"Bulk": None, self.endpoint: "Bulk"}

    def head(self, call: Call) -> None:
        """Know nothing else."""
        if call.operation != "bulk" and not call.inner and call.resource != "Bulk":
            call.acted(self.name)
            raise ScimError(404, f"There is no endpoint {call.path}", about="endpoint")


@quirk(
    "bulk-accepted",
    who="Entra ID's API-driven provisioning (bulkUpload)",
    standard="a bulk request is answered with 200 and what became of each operation (RFC 7644 section 3.7.3)",
)
class BulkAccepted(Quirk):
    """Answers a bulk request with 202 and no body.

    ``location`` is the Location header, none by default.  The operations have been carried out by then;
    those that failed are told nowhere.
    """

    location: str = ""

    def reply(self, call: Call, reply: Reply) -> None:
        """Say no more than that it was taken."""
        if call.operation != "bulk" or reply.status != 200:
            return
        reply.status, reply.body, reply.media_type = 202, b"", b""
        if self.location:
            reply.headers.append((b"location", self.location.encode()))
        call.acted(self.name)


@quirk(
    "bulk-operations",
    who="Webex (no PUT, failOnErrors 1 to 100), Entra ID's API-driven provisioning (POST of users only)",
    standard="a bulk request may hold POST, PUT, PATCH and DELETE for resources of any type"
    " (RFC 7644 section 3.7)",
)
class BulkOperations(Quirk):
    """Refuses bulk requests with certain operations as a whole with 400.

    ``methods`` are those that an operation may have, ``endpoints`` those that it may be for, all by
    default; ``fail_on_errors`` is the largest number that failOnErrors may be.
    """

    methods: Method | tuple[Method, ...] = ("POST", "PATCH", "DELETE")
    endpoints: str | tuple[str, ...] = ()
    fail_on_errors: Annotated[int, msgspec.Meta(ge=1)] | None = None

    def head(self, call: Call) -> None:
        """Refuse."""
        if call.operation != "bulk":
            return
        body = call.body
        listed = member(body, "operations")
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            self._check(call, index, item)
        most = member(body, "failonerrors")
        if self.fail_on_errors is not None and type(most) is int and most > self.fail_on_errors:
            call.acted(self.name)
            raise ScimError(400, f"'failOnErrors' is at most {self.fail_on_errors}", "invalidValue")

    def _check(self, call: Call, index: int, item: Any) -> None:
        method, path = member(item, "method"), member(item, "path")
        known, endpoints = several(self.methods), several(self.endpoints)
        if isinstance(method, str) and method.upper() not in known:
            call.acted(self.name)
            detail = f"Operations[{index}].method is {' or '.join(known)}"
            raise ScimError(400, detail, "invalidSyntax", about="body")
        if endpoints and isinstance(path, str) and path.strip("/").partition("/")[0] not in endpoints:
            call.acted(self.name)
            raise ScimError(400, f"Operations[{index}].path is not {path}", "invalidSyntax", about="body")
