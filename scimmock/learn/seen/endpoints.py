"""Endpoints and methods that there are not."""

from __future__ import annotations

from ..look import Look, View
from ..portrait import Portrait

_OPTIONAL = ("Me", "Bulk", ".search", "ServiceProviderConfig", "ResourceTypes", "Schemas")
_REFUSED = (405, 501)
_WRITES = {"create": "POST", "replace": "PUT", "patch": "PATCH", "delete": "DELETE"}
_KNOWN = (400, 403, 404, 405, 501)


class Endpoints:
    """The optional endpoints, and spelled in another case."""

    def __init__(self) -> None:
        self._missing: dict[str, Look] = {}
        self._there: set[str] = set()
        self._case: dict[bool, Look] = {}
        self._no_bulk: Look | None = None

    def see(self, look: Look, view: View) -> None:
        """Look at an answer of an optional endpoint."""
        if look.made_up or look.status in (0, 401, 403, 429):
            return
        path = look.path.rstrip("/")
        first, last = look.path.strip("/").partition("/")[0], look.path.strip("/").rpartition("/")[2]
        name = last if last == ".search" else first if path == f"/{first}" and first in _OPTIONAL else None
        if name is not None:
            if look.status == 404:
                self._missing.setdefault(name, look)
            elif look.status == 501 and name == "Bulk":
                self._no_bulk = self._no_bulk or look
            else:
                self._there.add(name)
        if first.lower() in ("users", "groups") and first not in ("Users", "Groups"):
            self._case.setdefault(look.is_done, look)

    def tell(self, portrait: Portrait) -> None:
        """Note those that are missing."""
        missing = [name for name in _OPTIONAL if name in self._missing and name not in self._there]
        if missing:
            says = f"there is no {', '.join(f'/{name}' for name in missing)}"
            portrait.quirk("no-endpoints", says, self._missing[missing[0]], endpoints=missing)
        if self._no_bulk is not None:
            portrait.setting("behaviour.bulk.supported", False, "bulk requests are refused", self._no_bulk)
        if True in self._case:
            portrait.switch("case-insensitive-path", "endpoints are found in another case", self._case[True])
        elif False in self._case:
            portrait.quirk(
                "case-sensitive-path", "endpoints are not found in another case", self._case[False]
            )


class Missing:
    """Kinds of resources that there are not: nothing is found at their endpoint, whatever is asked."""

    def __init__(self) -> None:
        self._missing: dict[str, Look] = {}
        self._there: set[str] = set()

    def see(self, look: Look, view: View) -> None:
        """Look at lists and new resources."""
        if look.operation in ("list", "create") and look.resource in ("Users", "Groups") and not look.made_up:
            if look.status == 404 and not look.query.get("filter"):
                self._missing.setdefault(look.resource, look)
            elif look.status not in (0, 401, 403, 429):
                self._there.add(look.resource)

    def tell(self, portrait: Portrait) -> None:
        """Take them out of the resource types."""
        for name, look in self._missing.items():
            if name not in self._there and portrait.spec(name):
                portrait.types = {
                    key: spec for key, spec in portrait.types.items() if spec["endpoint"] != f"/{name}"
                }
                portrait.note_types(f"there is no /{name}", look)


class Methods:
    """Methods that are refused for users or groups, whatever is asked."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], Look] = {}
        self._done: set[tuple[str, str]] = set()

    def see(self, look: Look, view: View) -> None:
        """Look at the answer to a write."""
        if look.operation not in _WRITES or look.resource is None or look.made_up:
            return
        place = look.resource, _WRITES[look.operation]
        if look.is_done:
            self._done.add(place)
        elif look.status in _REFUSED or (look.status == 404 and look.operation == "replace" and look.before):
            self._refused.setdefault(place, look)

    def tell(self, portrait: Portrait) -> None:
        """Note those that were never done."""
        missing: dict[str, list[str]] = {}
        looks = []
        for (resource, method), look in self._refused.items():
            if (resource, method) in self._done:
                continue
            others = any(place[1] == method for place in self._done)
            if method == "PATCH" and not others:
                portrait.quirk("no-patch", "PATCH is refused", look, status=look.status)
            elif method == "PUT" and not others and look.status == 404:
                portrait.quirk("no-put", "PUT leads nowhere", look, shape=_shape(look))
            else:
                missing.setdefault(resource, []).append(method)
                looks.append(look)
        if missing and looks[0].status in _KNOWN:
            told = ", ".join(f"{' and '.join(names)} of {name}" for name, names in missing.items())
            portrait.quirk(
                "no-methods", f"there is no {told}", looks[0], methods=missing, status=looks[0].status
            )


def _shape(look: Look) -> str:
    if isinstance(look.told, dict):
        return "scim"
    if not look.text:
        return "empty"
    return "html" if "html" in look.media_type else "text"
