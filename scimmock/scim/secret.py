"""Passwords are written and never read (RFC 7643 sections 4.1.1 and 9.2): only a digest is kept."""

from __future__ import annotations

import hashlib
from typing import Any

from .schema import Attribute, ResourceType


def secret_attributes(resource_type: ResourceType) -> tuple[Attribute, ...]:
    """Return the attributes that are write-only and never returned."""
    return tuple(
        attribute
        for attribute in resource_type.all_attributes()
        if attribute.returned == "never" and attribute.mutability == "writeOnly"
    )


def _holder(attribute: Attribute, document: dict[str, Any]) -> dict[str, Any]:
    holder = document.get(attribute.urn) if attribute.in_extension else document
    return holder if isinstance(holder, dict) else {}


def conceal(
    attributes: tuple[Attribute, ...], document: dict[str, Any], old: dict[str, Any] | None = None
) -> None:
    """Replace secrets in a document that is about to be stored by salted digests.

    ``old`` is the stored form before, whose digests stay as they are.
    """
    for attribute in attributes:
        value = _holder(attribute, document).get(attribute.name)
        if value is None or (old is not None and _holder(attribute, old).get(attribute.name) == value):
            continue
        salted = f"{document['id']}\0{value}".encode("utf-8", "surrogatepass")
        digest = "{sha256}" + hashlib.sha256(salted).hexdigest()
        if attribute.in_extension:
            document[attribute.urn] = {**document[attribute.urn], attribute.name: digest}
        else:
            document[attribute.name] = digest
