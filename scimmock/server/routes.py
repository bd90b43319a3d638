"""From a path below the base to what it means (RFC 7644 section 3.2 table 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import ScimError
from ..scim.schema import ResourceType

if TYPE_CHECKING:
    from .tenant import Tenant

DISCOVERY = ("ServiceProviderConfig", "ResourceTypes", "Schemas")

_COLLECTION = {"GET": "list", "HEAD": "list", "POST": "create"}
_RESOURCE = {"GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}
_SEARCH = {"POST": "search"}
_BULK = {"POST": "bulk"}
_READ_ONLY = {"GET": "discovery", "HEAD": "discovery"}
_ROOT = {"GET": "list", "HEAD": "list"}
_ME = {**_RESOURCE, "POST": "create"}


@dataclass(slots=True)
class Route:
    """What a request is for.  ``operation`` is None when the endpoint does not know the method.

    ``resource`` is the endpoint's name ("Users"), "" for the root.
    """

    operation: str | None
    methods: dict[str, str]
    resource: str = ""
    resource_type: ResourceType | None = None
    id: str | None = None
    me: bool = False


# Stands for an escaped slash, which does not divide; decoded UTF-8 never has half a surrogate pair.
SLASH = "\udcff"


def decode_path(raw: bytes) -> str | None:
    """Return a path as it was sent without its escapes, None when it is not UTF-8 (see `split`)."""
    try:
        parts = [unquote(part, errors="strict") for part in raw.decode("latin-1").split("/")]
    except UnicodeDecodeError:
        return None
    return "/".join(part.replace("/", SLASH) for part in parts)


def shown(path: str) -> str:
    """Return a decoded path as it is shown: an escaped slash stays one."""
    return path.replace(SLASH, "%2F") if SLASH in path else path


def split(path: str) -> list[str]:
    """Return the segments of a path below the base; one trailing slash is ignored."""
    parts = path.split("/")
    if SLASH in path:
        parts = [part.replace(SLASH, "/") for part in parts]
    if parts[-1] == "":
        parts.pop()
    return parts


def route(tenant: Tenant, method: str, parts: list[str]) -> Route:
    """Return the route of a request below the base path; raises 404 for an unknown endpoint."""
    if not parts:
        return Route(_ROOT.get(method), _ROOT)
    first, rest = parts[0], parts[1:]
    resource_type = tenant.endpoints.get(first)
    if resource_type is None and tenant.policy.leniency.case_insensitive_path:
        first = _declared(tenant, first)
        resource_type = tenant.endpoints.get(first)
    if resource_type is not None:
        if not rest:
            return Route(_COLLECTION.get(method), _COLLECTION, first, resource_type)
        if len(rest) == 1:
            if rest[0] == ".search":
                return Route(_SEARCH.get(method), _SEARCH, first, resource_type)
            return Route(_RESOURCE.get(method), _RESOURCE, first, resource_type, rest[0])
    elif first in DISCOVERY:
        if len(rest) <= 1:
            return Route(_READ_ONLY.get(method), _READ_ONLY, first, None, rest[0] if rest else None)
    elif not rest:
        if first == ".search":
            return Route(_SEARCH.get(method), _SEARCH)
        if first == "Bulk":
            return Route(_BULK.get(method), _BULK, first)
        if first == "Me":
            return Route(_ME.get(method), _ME, first, me=True)
    raise ScimError(404, f"There is no endpoint /{'/'.join(parts)}")


def _declared(tenant: Tenant, name: str) -> str:
    """Return the name of an endpoint in its declared spelling, whatever its case."""
    known = (*tenant.endpoints, *DISCOVERY, "Bulk", "Me")
    return next((endpoint for endpoint in known if endpoint.lower() == name.lower()), name)


def bulk_route(tenant: Tenant, path: str) -> tuple[ResourceType, str | None] | None:
    """Return the resource type and id that the path of a bulk operation names, None for neither."""
    parts = [unquote(part) for part in path.partition("?")[0].strip("/").split("/")]
    resource_type = tenant.endpoints.get(parts[0]) if parts else None
    if resource_type is None and parts and tenant.policy.leniency.case_insensitive_path:
        resource_type = tenant.endpoints.get(_declared(tenant, parts[0]))
    if resource_type is None or len(parts) > 2:
        return None
    return resource_type, parts[1] if len(parts) == 2 else None
