"""What a request must be like beyond what it asks for: its Accept header, its query, what it brings."""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...scim.path import resolve
from ...scim.schema import ResourceType
from ...scim.validate import invalid_value
from ...scim.values import is_present
from ..asks import member
from ..base import Quirk, quirk
from ..replies import several

_SPACES = (b"+", b"%20", b" ")


@quirk(
    "accept-required",
    who="Entra ID's SCIM API",
    standard="a request without Accept takes any media type (RFC 9110 section 12.5.1)",
)
class AcceptRequired(Quirk):
    """Refuses requests whose Accept header does not cover application/json with 400.

    ``types`` are the media types of which it must cover one; application/* and */* cover it.
    """

    types: str | tuple[str, ...] = ("application/json",)

    def head(self, call: Call) -> None:
        """Refuse."""
        if call.inner:
            return
        given = b",".join(value for name, value in call.exchange.headers if name == b"accept")
        ranges = {part.partition(";")[0].strip() for part in given.decode("latin-1").lower().split(",")}
        covering = {"*/*", *several(self.types), *(f"{t.partition('/')[0]}/*" for t in several(self.types))}
        if not ranges & covering:
            call.acted(self.name)
            raise ScimError(400, f"the Accept header names {' or '.join(several(self.types))}")


@quirk(
    "query-spaces-refused",
    who="Entra ID's SCIM API",
    standard="left open; values in a query may begin with a space (RFC 3986 section 3.4)",
)
class QuerySpacesRefused(Quirk):
    """Refuses queries with spaces beside the `=` of a parameter with 400."""

    def head(self, call: Call) -> None:
        """Refuse."""
        for pair in call.exchange.query.split(b"&"):
            name, _, value = pair.partition(b"=")
            if name.endswith(_SPACES) or value.startswith(_SPACES):
                call.acted(self.name)
                raise ScimError(400, "a query has no spaces beside '='", "invalidValue")


@quirk(
    "create-requires",
    who="Entra ID's SCIM API (mailNickname, password)",
    standard="only userName is required of new users (RFC 7643 section 4.1)",
)
class CreateRequires(Quirk):
    """Refuses requests for new resources that lack certain attributes with 400 invalidValue.

    ``resources`` gives those for endpoints.  Who is in the directory from the start may lack them, which
    is the difference from attributes-required.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: {"Users": ("password",)})

    def head(self, call: Call) -> None:
        """Look for them."""
        kind, wanted = call.resource_type, self.resources.get(call.resource or "", ())
        if call.operation != "create" or kind is None or not isinstance(call.body, dict):
            return
        for path in wanted:
            if not is_present(_given(call.body, path, kind)):
                call.acted(self.name)
                raise invalid_value(f"{path!r} is required", path)


def _given(body: dict[str, Any], path: str, kind: ResourceType) -> Any:
    """Return what a body has at an attribute path, names in any case; None for nothing."""
    target = resolve(path, kind)
    holder = body if target.extension is None else member(body, target.extension.lower())
    value = member(holder, target.attribute.name.lower()) if target.attribute is not None else None
    return value if target.sub is None else member(value, target.sub.name.lower())
