"""Quirks of ids: their form, their type, and what becomes of ids of another form."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ...errors import ScimError
from ...faults.call import Call
from ...scim.schema import ResourceType
from ..base import Quirk, quirk

# Every one of them is the same text again when it is read as a number, within the 64 bits of msgspec.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@quirk(
    "ids-as-int",
    who="Kaiten, Okta's sample server",
    standard="an `id` is a string (RFC 7643 section 3.1)",
)
class IdsAsInt(Quirk):
    """Ids are numbers, in JSON too: `"id": 1` and `"groups": [{"value": 1}]`.

    New ids consist of digits; ids of another form, of a directory that had them before, stay text.
    """

    ids: ClassVar[str | None] = "number"

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Show ids as numbers wherever they stand."""
        if "id" in document:
            document["id"] = _number(document["id"])
        belonging = resource_type.belonging
        for attribute in (*resource_type.references, *((belonging,) if belonging else ())):
            holder = document.get(attribute.urn) if attribute.in_extension else document
            if isinstance(holder, dict) and attribute.name in holder:
                shown = _referring(holder[attribute.name])
                if attribute.in_extension:
                    document[attribute.urn] = {**holder, attribute.name: shown}
                else:
                    document[attribute.name] = shown
        return document

    def request(self, call: Call) -> None:
        """Take the numbers of resources that there are for their ids: clients send what they were shown."""
        request = call.request
        if request is None or request.body is None:
            return
        body = _as_text(request.body, call.ground.directory)
        if body != request.body:
            request.body = body
            call.acted(self.name)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _referring(value: Any) -> Any:
    if isinstance(value, list):
        return [_referring(element) for element in value]
    if isinstance(value, dict) and "value" in value:
        return {**value, "value": _number(value["value"])}
    return value


def _as_text(value: Any, directory: Any) -> Any:
    """Return JSON with text for each number below "id" or "value" that is an id of the directory."""
    if isinstance(value, list):
        return [_as_text(inner, directory) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: str(inner)
        if type(inner) is int and name.lower() in ("id", "value") and directory.find(str(inner)) is not None
        else _as_text(inner, directory)
        for name, inner in value.items()
    }


@quirk(
    "url-unsafe-ids",
    who="Zoom",
    standard="an `id` is any text (RFC 7643 section 3.1); in a URL it is escaped (RFC 3986 section 2.1)",
)
class UrlUnsafeIds(Quirk):
    """New ids hold a `&`, which a client has to escape in URLs."""

    ids: ClassVar[str | None] = "unsafe"


@quirk(
    "bad-id-400",
    who="vouch, Sourcegraph",
    standard="404 for a resource that does not exist (RFC 7644 section 3.12)",
)
class BadId400(Quirk):
    """An id that is no UUID, of a resource that does not exist, is 400 instead of 404."""

    def head(self, call: Call) -> None:
        """Refuse ids that cannot be any."""
        kind, id = call.resource_type, call.id
        if kind is None or id is None or _UUID.fullmatch(id) or id.startswith("bulkId:"):
            return
        if call.ground.directory.get(kind.name, id) is None:
            call.acted(self.name)
            raise ScimError(400, f"{id!r} is not a UUID")
