"""Quirks of dates in `meta`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal

import msgspec

from ...scim.schema import ResourceType
from ..base import Quirk, quirk

_Format = Literal["local-offset", "no-zone", "us", "microseconds", "seconds", "standard"]

_FORMATS: dict[str, Callable[[datetime, timezone], str]] = {
    "local-offset": lambda moment, zone: moment.astimezone(zone).isoformat(timespec="seconds"),
    "no-zone": lambda moment, zone: moment.strftime("%Y-%m-%dT%H:%M:%S"),
    "us": lambda moment, zone: moment.strftime("%m-%d-%Y %H:%M:%S"),
    "microseconds": lambda moment, zone: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "seconds": lambda moment, zone: moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
}


@quirk(
    "dates-nonstandard",
    who="Slack (local time with offset), Okta's samples, a server in a question about Entra",
    standard="an xsd:dateTime such as 2008-01-23T04:56:22Z (RFC 7643 section 2.3.5), `meta.created`",
)
class DatesNonstandard(Quirk):
    """The dates in `meta` have another form.

    ``format`` is "local-offset" (2022-08-16T12:49:47-07:00), "no-zone" (2024-05-15T09:21:23), "us"
    (05-17-2018 00:00:00), "microseconds" (2024-05-15T09:21:23.123000Z), "seconds" (2024-05-15T09:21:23Z),
    or "standard" where only the names differ; ``offset`` is that of the local time in hours.
    ``capital_keys`` shows the names in `meta` with a capital letter ("Created").
    """

    format: _Format = "local-offset"
    offset: Annotated[float, msgspec.Meta(ge=-14, le=14)] = -7
    capital_keys: bool = False

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Write the dates in `meta` otherwise."""
        meta = document.get("meta")
        if not isinstance(meta, dict):
            return document
        zone = timezone(timedelta(minutes=round(self.offset * 60)))
        shown = {}
        for name, value in meta.items():
            if name.lower() in ("created", "lastmodified") and self.format in _FORMATS:
                value = _rewritten(value, _FORMATS[self.format], zone)
            shown[name[:1].upper() + name[1:] if self.capital_keys else name] = value
        document["meta"] = shown
        return document


def _rewritten(value: Any, write: Callable[[datetime, timezone], str], zone: timezone) -> Any:
    try:
        moment = datetime.fromisoformat(value)
        return write(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC), zone)
    except (TypeError, ValueError, OverflowError):
        return value  # no date, or one at the edge of time
