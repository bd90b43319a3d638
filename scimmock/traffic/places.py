"""Where ids stand in resources and messages, and of what they are there.

An id is surely one as the ``id`` of a resource and as the value of a reference: a member, a manager, a group,
whatever has a ``$ref``.  Some attributes surely have none: what a client gives a person or a group, such as
a userName, stays what it is even where the service took the id from it.  Anywhere else only a text that is
long enough to be nothing else is taken for one.

The place of a value is named by its attribute and by the endpoint of what an id there is of: "" where that
may be any, None where other texts than ids stand too.  A service that numbers its resources has a user 1 and
a group 1.
"""

from __future__ import annotations

import re
from typing import Any, Final

from .pairing import attribute
from .routes import known_endpoint

Document = dict[str, Any]
Kind = str | None

SURE: Final = 12  # characters of an id that is hardly anything else, wherever it stands
ADDRESSES: Final = frozenset(("$ref", "location"))
# RFC 7643 sections 4.1.2, 4.2 and 4.3, and section 6 of the schema of SCIM 1.1.
_REFERENCES = {"manager": "Users", "managerid": "Users", "groups": "Groups", "members": ""}
# What a client says about somebody (RFC 7643 sections 3.1, 4.1 and 4.2), which is never the service's id.
_OWN = frozenset(
    "username externalid displayname nickname name formatted display emails phonenumbers ims photos"
    " addresses password".split()
)
_BRACKETS = re.compile(r"\[.*\]", re.S)


def place_of(name: str, kind: str = "") -> tuple[str, Kind]:
    """Return the place that an attribute name or a PATCH path leads to, in a resource of an endpoint."""
    *before, last = _BRACKETS.sub("", name).rpartition(":")[2].lower().split(".")
    if last == "value" and before:
        last = before[-1]
    return last, kind if last == "id" else _REFERENCES.get(last)


def place_within(holder: Document, holder_name: str, name: str, kind: str = "") -> tuple[str, Kind]:
    """Return the place of what an object has at a name; the object stands at ``holder_name``."""
    if name.lower() != "value" or not holder_name:
        return place_of(name, kind)
    if holder_name not in _REFERENCES and attribute(holder, "$ref") is None:
        return holder_name, None
    return holder_name, kind_of_reference(holder) or _REFERENCES.get(holder_name, "")


def has_own_text(name: str) -> bool:
    """Whether what stands at the name of a place is the client's own, and no id."""
    return name in _OWN


def is_number(id: str) -> bool:
    """Whether an id is a whole number as JSON writes it."""
    return id.isascii() and id.isdigit() and (id == "0" or id[0] != "0") and len(id) < SURE + 8


def kind_in_address(address: Any) -> str:
    """Return the endpoint that an address of a resource names, "" where it is none that is known."""
    parts = address.partition("?")[0].rstrip("/").rsplit("/", 2) if isinstance(address, str) else ()
    return known_endpoint(parts[-2]) if len(parts) > 1 else ""


def kind_of_reference(reference: Document) -> str:
    """Return the endpoint of what a reference such as a member refers to, "" where it does not say."""
    named = kind_in_address(attribute(reference, "$ref"))
    kind = attribute(reference, "type")
    return named or (known_endpoint(f"{kind}s") if isinstance(kind, str) else "")
