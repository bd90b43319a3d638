"""The form of the dates in ``meta``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from ..look import Look, View
from ..portrait import Portrait

_FORMS = {
    "standard": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "seconds": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "microseconds": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "local-offset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d",
    "no-zone": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "us": r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d",
}
_SAID = {
    "seconds": "dates have no fractions of a second",
    "microseconds": "dates have microseconds",
    "local-offset": "dates are in local time with an offset",
    "no-zone": "dates have no time zone",
    "us": "dates have the month first",
}


class Dates:
    """How ``created`` and ``lastModified`` are written."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, Look]] = {}
        self._capital: Look | None = None
        self._small: Look | None = None
        self._odd: tuple[str, Look] | None = None

    def see(self, look: Look, view: View) -> None:
        """Look at the dates of what is shown."""
        for resource in look.shown:
            meta = resource.get("meta")
            for name, value in meta.items() if isinstance(meta, dict) else ():
                if name.lower() in ("created", "lastmodified"):
                    self._note(name, value, look)

    def _note(self, name: str, value: Any, look: Look) -> None:
        if name[0].isupper():
            self._capital = self._capital or look
        else:
            self._small = self._small or look
        form = next((form for form, text in _FORMS.items() if re.fullmatch(text, str(value))), None)
        if form is not None:
            self._forms.setdefault(form, (str(value), look))
        elif self._odd is None:
            self._odd = str(value), look

    def tell(self, portrait: Portrait) -> None:
        """Note a form that is not that of scimmock."""
        if not self._forms and self._odd is None:
            portrait.unseen.append("the form of dates")
        if self._odd is not None:
            portrait.gap(f"Dates such as {self._odd[0]} are not played", self._odd[1])
        if len(self._forms) > 1:
            text, look = list(self._forms.values())[1]
            portrait.gap(f"Dates have more than one form, {text} among them", look)
        for form, (text, look) in list(self._forms.items())[:1]:
            capital = self._capital is not None and self._small is None
            more: dict[str, Any] = {"capital_keys": True} if capital else {}
            if form == "local-offset":
                offset = datetime.fromisoformat(text).utcoffset()
                assert offset is not None
                more["offset"] = offset.total_seconds() / 3600
            if form != "standard" or more:
                says = _SAID.get(form, "the names of dates begin with a capital letter")
                portrait.quirk("dates-nonstandard", f"{says}: {text}", look, format=form, **more)
