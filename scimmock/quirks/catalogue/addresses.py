"""Other addresses at which a service says what it is like, beside those of the standard."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ...traffic.exchange import Exchange
from ..base import Quirk, quirk


@quirk(
    "spc-both-paths",
    who="Slack (its documentation has both)",
    standard="the path is /ServiceProviderConfig (RFC 7644 section 4)",
)
class SpcBothPaths(Quirk):
    """The configuration is at `/ServiceProviderConfigs` too."""

    renamed: ClassVar[dict[str, str | None]] = {"ServiceProviderConfigs": "ServiceProviderConfig"}


@quirk(
    "schema-names",
    who="Slack (/Schemas/Users, /Schemas/Groups)",
    standard="a schema is at /Schemas with its URN (RFC 7644 section 4)",
)
class SchemaNames(Quirk):
    """Schemas can be asked for by short names, in any case, beside their URNs.

    ``names`` gives the URN for each.
    """

    names: dict[str, str] = msgspec.field(
        default_factory=lambda: {
            "Users": "urn:ietf:params:scim:schemas:core:2.0:User",
            "Groups": "urn:ietf:params:scim:schemas:core:2.0:Group",
        }
    )

    def route(self, exchange: Exchange, method: str, parts: list[str]) -> tuple[str, list[str]]:
        """Put the URN in the place of the name."""
        if len(parts) == 2 and parts[0] == "Schemas":
            known = {name.lower(): urn for name, urn in self.names.items()}
            parts = ["Schemas", known.get(parts[1].lower(), parts[1])]
        return method, parts
