"""What the engine answers, before it becomes HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import ScimError

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass(slots=True)
class Request:
    """The parts of a request that the engine reads, already decoded.

    ``query`` holds the last value of each parameter, ``body`` what JSON decodes to, ``base`` the URL
    under which the client knows the service.  ``hidden`` lets it reach resources that the policy hides.
    """

    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    if_match: str | None = None
    if_none_match: str | None = None
    base: str = ""
    hidden: bool = False


@dataclass(slots=True)
class Answer:
    """Status and body of an answer.

    ``body`` is None, encoded bytes with NUL bytes for the base URL, a Page whose items are such
    bytes, or a plain document.  ``location`` is a path below the base URL.
    """

    status: int
    body: Any = None
    location: str | None = None
    etag: str | None = None
    type_name: str | None = None
    id: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def error_document(error: ScimError) -> dict[str, Any]:
    """Return the SCIM error message (RFC 7644 section 3.12)."""
    document: dict[str, Any] = {"schemas": [ERROR], "status": str(error.status)}
    if error.scim_type:
        document["scimType"] = error.scim_type
    document["detail"] = error.detail
    return document
