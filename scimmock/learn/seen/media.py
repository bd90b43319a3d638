"""The media type of answers."""

from __future__ import annotations

from collections import Counter

from ..look import Look, View
from ..portrait import Portrait

_SCIM, _JSON = "application/scim+json", "application/json"


class MediaType:
    """What good answers say that they are, where the client takes SCIM's own type."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Count a good answer with a document."""
        accept = look.asked_headers.get("accept", "*/*").lower()
        if not look.is_done or look.made_up or not isinstance(look.told, dict) or not look.media_type:
            return
        if _SCIM in accept or "*/*" in accept or "application/*" in accept:
            self._counts[look.media_type] += 1
            self._first.setdefault(look.media_type, look)

    def tell(self, portrait: Portrait) -> None:
        """Note the usual one."""
        if not self._counts:
            portrait.unseen.append("the media type of answers")
            return
        usual = self._counts.most_common(1)[0][0]
        look = self._first[usual]
        portrait.setting("behaviour.media_type", usual, f"good answers are {usual}", look)
        if "json" not in usual.lower():
            portrait.quirk("content-type-wrong", f"JSON is said to be {usual}", look, media_type=usual)
            portrait.settings.pop("behaviour.media_type")
        for other in self._counts.keys() - {usual}:
            portrait.gap(f"Some answers are {other}", self._first[other])
