"""What a request is for, told by its method and path alone: for recorders that know no service."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

DISCOVERY = ("ServiceProviderConfig", "ResourceTypes", "Schemas")
# The endpoints by which the base path of an unknown service is found, in lower case.
_ENDPOINTS = {
    name.lower(): name
    for name in (*DISCOVERY, "Users", "Groups", "Me", "Bulk", ".search", "Roles", "Entitlements", "Devices")
}
_COLLECTION = {"GET": "list", "HEAD": "list", "POST": "create"}
_RESOURCE = {"GET": "read", "HEAD": "read", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Aim:
    """What the trace of an exchange calls ``operation``, ``resource`` and ``id``; None: unknown."""

    operation: str | None = None
    resource: str | None = None
    id: str | None = None


def base_of(path: str) -> str | None:
    """Return the base path of a service, given the path of a request to it; None when it shows none.

    ``/scim/v2/Users/1`` lies below ``/scim/v2``: it is what stands before the first known endpoint.
    """
    parts = path.split("/")
    for index, part in enumerate(parts):
        if index and part.lower() in _ENDPOINTS:
            return "/".join(parts[:index])
    return None


def known_endpoint(segment: str) -> str:
    """Return the name of an endpoint as the RFC spells it, "" for any other segment of a path."""
    return _ENDPOINTS.get(segment.lower(), "")


def below(path: str, base: str) -> str | None:
    """Return the part of a path that lies below a base path, None when it does not."""
    if path.startswith(base) and path[len(base) : len(base) + 1] in ("/", ""):
        return path[len(base) :] or "/"
    return None


def aim_of(method: str, path: str) -> Aim:
    """Return what a request is for, by its path below the base (RFC 7644 section 3.2 table 2)."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    name = _ENDPOINTS.get(parts[0].lower(), parts[0])
    if not name:
        return Aim(_COLLECTION.get(method) if method != "POST" else None)
    if name == ".search":
        return Aim("search" if method == "POST" else None)
    if name == "Bulk":
        return Aim("bulk" if method == "POST" else None, name)
    if name in DISCOVERY:
        id = parts[1] if len(parts) > 1 else None
        return Aim("discovery" if method in ("GET", "HEAD") else None, name, id)
    if name == "Me":
        return Aim("create" if method == "POST" else _RESOURCE.get(method), name)
    if parts[-2:] == ["oauth", "token"]:
        return Aim("token" if method == "POST" else None)
    if len(parts) == 1:
        return Aim(_COLLECTION.get(method), name)
    if parts[1] == ".search":
        return Aim("search" if method == "POST" else None, name)
    return Aim(_RESOURCE.get(method), name, parts[1])
