"""Methods that a service does not have: PUT, PUT on groups, PATCH."""

from __future__ import annotations

from typing import Any, Literal

from ...errors import ScimError
from ...faults.call import Call
from ...faults.shapes import shape_error
from ...traffic.reply import Reply
from ..base import Quirk, quirk

_METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


def refusal(method: str, status: int) -> ScimError:
    """Return the error for a method that the service does not have; 405 says which there are."""
    if status == 405:
        allowed = ", ".join(name for name in _METHODS if name != method)
        return ScimError(405, f"{method} is not possible here", headers=(("Allow", allowed),))
    if status == 404:
        return ScimError(404, "There is nothing here")
    return ScimError(status, f"this service does not support {method}")


@quirk("no-put-groups", who="AWS IAM Identity Center", standard="PUT is required (RFC 7644 section 3.5.1)")
class NoPutGroups(Quirk):
    """Refuses PUT on groups.

    ``status`` is what it answers.
    """

    status: Literal[404, 405, 501] = 405

    def head(self, call: Call) -> None:
        """Refuse."""
        kind = call.resource_type
        if call.operation == "replace" and kind is not None and kind.membership is not None:
            call.acted(self.name)
            raise refusal("PUT", self.status)


@quirk("no-put", who="Google Cloud Identity", standard="PUT is required (RFC 7644 section 3.5.1)")
class NoPut(Quirk):
    """Knows no PUT: its address leads nowhere, by default to a web page that says 404.

    ``shape`` is how the answer is worded: html, scim, text or empty.
    """

    status: Literal[404, 405, 501] = 404
    shape: Literal["html", "scim", "text", "empty"] = "html"

    def head(self, call: Call) -> None:
        """Refuse."""
        if call.operation == "replace":
            call.acted(self.name)
            raise refusal("PUT", self.status)

    def reply(self, call: Call, reply: Reply) -> None:
        """Word the refusal as whatever stands before the service does."""
        if call.operation != "replace" or self.name not in call.exchange.quirks or self.shape == "scim":
            return
        if reply.status == self.status:
            reply.body, reply.media_type = shape_error(self.shape, refusal("PUT", self.status))


@quirk(
    "no-patch",
    who="Keycloak (its SCIM server in the making), gestalt, older authentik source",
    standard="PATCH is optional, the configuration says whether it is there (RFC 7644 section 3.5.2)",
)
class NoPatch(Quirk):
    """Refuses PATCH.

    ``advertised`` is what the service provider's configuration says about it: false is honest.
    """

    status: Literal[404, 405, 501] = 501
    advertised: bool = False

    def head(self, call: Call) -> None:
        """Refuse."""
        if call.operation == "patch":
            call.acted(self.name)
            raise refusal("PATCH", self.status)

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say whether there is PATCH."""
        return {**document, "patch": {"supported": self.advertised}}
