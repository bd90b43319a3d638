"""Where the service is, and which version of SCIM it speaks."""

from __future__ import annotations

import re

from ...fixture import wrong_base_path
from ..look import Look, View, base_path_in
from ..portrait import Portrait

_TENANT = re.compile(r"^(/[^/]+)*?/t/[^/]+(?=/)")  # of a scimmock


class Address:
    """The base path."""

    def __init__(self) -> None:
        self._found: tuple[str, Look] | None = None

    def see(self, look: Look, view: View) -> None:
        """Take that of the first session that says it."""
        path = base_path_in(look.source)
        if path is not None and self._found is None:
            self._found = _TENANT.sub("", path), look

    def tell(self, portrait: Portrait) -> None:
        """Note it, if scimmock can serve there."""
        if self._found is None:
            portrait.unseen.append("the base path")
            return
        path, look = self._found
        if wrong_base_path(path) is None:
            portrait.setting("behaviour.base_path", path, "requests go there", look)
        else:
            portrait.gap(f"The service is at {path or '/'}, where scimmock cannot serve", look)


class Version:
    """SCIM 1.1 or 2.0, by the schemas in answers."""

    def __init__(self) -> None:
        self._old: Look | None = None
        self._new: Look | None = None

    def see(self, look: Look, view: View) -> None:
        """Look for URNs of either version."""
        if '"urn:scim:schemas:core:1.' in look.text or '"urn:scim:schemas:core:user:1.' in look.text:
            self._old = self._old or look
        elif '"urn:ietf:params:scim:' in look.text:
            self._new = self._new or look

    def tell(self, portrait: Portrait) -> None:
        """Note the version."""
        if self._old is not None and self._new is None:
            portrait.setting("behaviour.protocol", "1.1", "answers have the schemas of SCIM 1.1", self._old)
        elif self._old is not None:
            portrait.gap("Answers have schemas of SCIM 1.1 and of 2.0; 2.0 is played", self._old)
