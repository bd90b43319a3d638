"""Quirks of what a service says about itself, and of where."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from ...errors import ScimError
from ...faults.call import Call
from ..base import Quirk, quirk
from ..replies import several

_Endpoint = Literal["ServiceProviderConfig", "ResourceTypes", "Schemas"]


@quirk(
    "no-discovery",
    who="Infisical (no ServiceProviderConfig), Logfire, servers that SailPoint fails on",
    standard="the three endpoints are there (RFC 7644 section 4)",
)
class NoDiscovery(Quirk):
    """Discovery endpoints are 404.

    ``endpoints`` names those that are missing, all three by default.
    """

    endpoints: _Endpoint | tuple[_Endpoint, ...] = ("ServiceProviderConfig", "ResourceTypes", "Schemas")

    def head(self, call: Call) -> None:
        """Know nothing of them."""
        if call.resource in several(self.endpoints):
            call.acted(self.name)
            raise ScimError(404, f"There is no endpoint {call.path}")


@quirk(
    "spc-plural-path",
    who="Salesforce, Slack",
    standard="the path is /ServiceProviderConfig (RFC 7644 section 4); the plural is that of SCIM 1.1",
)
class SpcPluralPath(Quirk):
    """The configuration is at `/ServiceProviderConfigs` only."""

    renamed: ClassVar[dict[str, str | None]] = {
        "ServiceProviderConfigs": "ServiceProviderConfig",
        "ServiceProviderConfig": None,
    }

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Leave out the location, which would be the singular."""
        document.pop("meta", None)
        return document


@quirk(
    "spc-missing-fields",
    who="better-auth",
    standard="filter.maxResults, bulk.maxOperations and bulk.maxPayloadSize are there (RFC 7643 section 5)",
)
class SpcMissingFields(Quirk):
    """The configuration lacks what it must have.

    ``fields`` names what is missing, such as "filter.maxResults" or "etag".
    """

    fields: str | tuple[str, ...] = ("filter.maxResults", "bulk.maxOperations", "bulk.maxPayloadSize")

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Take the fields out."""
        for path in several(self.fields):
            name, _, field = path.partition(".")
            inner = document.get(name)
            if not field:
                document.pop(name, None)
            elif isinstance(inner, dict):
                document[name] = {key: value for key, value in inner.items() if key != field}
        return document


@quirk(
    "patch-lies",
    who="servers that support a part of PATCH",
    standard="the configuration says what is supported (RFC 7643 section 5)",
)
class PatchLies(Quirk):
    """The configuration says of a capability what is not so.

    Each parameter is a capability, and its value what is said of it, whatever the service does.
    Without any, the opposite of the truth is said of PATCH.
    """

    patch: bool | None = None
    bulk: bool | None = None
    filter: bool | None = None
    change_password: bool | None = None
    sort: bool | None = None
    etag: bool | None = None
    cursor: bool | None = None
    index: bool | None = None

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Say so."""
        said = {
            ("patch", "supported"): self.patch,
            ("bulk", "supported"): self.bulk,
            ("filter", "supported"): self.filter,
            ("changePassword", "supported"): self.change_password,
            ("sort", "supported"): self.sort,
            ("etag", "supported"): self.etag,
            ("pagination", "cursor"): self.cursor,
            ("pagination", "index"): self.index,
        }
        if all(value is None for value in said.values()):
            truth = document.get("patch")
            said["patch", "supported"] = not (isinstance(truth, dict) and truth.get("supported"))
        for (name, key), value in said.items():
            inner = document.get(name)
            if value is not None and isinstance(inner, dict):
                document[name] = {**inner, key: value}
        return document
