"""What kind of resource a document is, when nothing but the document says so."""

from __future__ import annotations

from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

_ENDPOINTS = {"user": "Users", "group": "Groups"}
_USERS_ONLY = ("name", "emails", "active", "phoneNumbers", "userType", "title", ENTERPRISE)


def endpoint_of(resource: dict[str, Any]) -> str | None:
    """Return "Users", "Groups" or the plural of another ``meta.resourceType``; None when nothing says.

    Asked in this order: ``meta.resourceType``, ``schemas``, ``members``, ``userName``, attributes that
    only a user has (a user may lack its userName on purpose), ``displayName``.
    """
    meta = resource.get("meta")
    named = meta.get("resourceType") if isinstance(meta, dict) else None
    if isinstance(named, str) and named:
        return _ENDPOINTS.get(named.lower(), f"{named}s")
    schemas = resource.get("schemas")
    urns = [urn.lower() for urn in schemas if isinstance(urn, str)] if isinstance(schemas, list) else []
    if any(urn.endswith(":group") for urn in urns):
        return "Groups"
    if any(urn.endswith(":user") for urn in urns):
        return "Users"
    if "members" in resource:
        return "Groups"
    if "userName" in resource or any(name in resource for name in _USERS_ONLY):
        return "Users"
    return "Groups" if "displayName" in resource or urns else None
