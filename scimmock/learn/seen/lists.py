"""Lists: the names and numbers around the results, and how results are divided into pages."""

from __future__ import annotations

from typing import Any

from ..look import Look, View
from ..portrait import Portrait

_FEW = 3  # so many names may be in order by chance
_NAMES = ("resources", "totalresults", "startindex", "itemsperpage")


def _asked(look: Look, name: str) -> Any:
    """Return a parameter of a list or a search, in any case of its name."""
    given = look.sent if look.operation == "search" and isinstance(look.sent, dict) else look.query
    return next((value for key, value in given.items() if key.lower() == name), None)


def _number(value: Any) -> int | None:
    try:
        return None if value is None or isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


def _is_list(look: Look) -> bool:
    return look.operation in ("list", "search") and not look.made_up


class Envelopes:
    """The names around a list, and the types of its numbers."""

    def __init__(self) -> None:
        self._first: dict[str, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at what stands around the results."""
        if not _is_list(look):
            return
        if look.status == 404 and _asked(look, "filter") and look.resource:
            self._first.setdefault("lookup-404", look)
        if not look.is_done or not isinstance(look.told, dict):
            return
        told = {name.lower(): value for name, value in look.told.items()}
        self._first.setdefault("list", look)
        names = {name for name in look.told if name.lower() in _NAMES}
        if "resources" in names:
            self._first.setdefault("lower all" if names & {*_NAMES[1:]} else "lower", look)
        if "startindex" in told:
            self._first.setdefault("start", look)
        if isinstance(told.get("totalresults"), str):
            self._first.setdefault("string", look)
        if "itemsperpage" in told:
            self._first.setdefault("items", look)
        if _number(told.get("startindex")) == 0:
            self._first.setdefault("zero", look)
        if not look.shown and _asked(look, "filter"):
            self._first.setdefault("empty", look)

    def tell(self, portrait: Portrait) -> None:
        """Note what is not usual."""
        seen = self._first
        if "list" not in seen:
            portrait.unseen.append("lists")
        if "lookup-404" in seen and "empty" not in seen:
            look = seen["lookup-404"]
            portrait.quirk("lookup-404-instead-of-empty", "a filter that finds nothing is a 404", look)
        renamed: dict[str, str | None] = {"Resources": "resources"} if "lower" in seen else {}
        if "list" in seen and "start" not in seen:
            renamed["startIndex"] = None
        if renamed:
            look = seen.get("lower") or seen["list"]
            says = f"around a list, {' and '.join(renamed)} are otherwise or missing"
            portrait.quirk("envelope-keys", says, look, names=renamed)
        if "lower all" in seen:
            portrait.quirk(
                "lowercase-envelope", "the names around a list are in lower case", seen["lower all"]
            )
        if "string" in seen:
            portrait.quirk("total-results-string", "the numbers around a list are text", seen["string"])
        if "zero" in seen:
            portrait.quirk("startindex-zero", "startIndex counts from 0", seen["zero"])
        if "list" in seen and "items" not in seen:
            says = "lists do not say how many results are on a page"
            portrait.quirk("items-per-page-missing", says, seen["list"])


class Pages:
    """How many results a page has: by itself, and at most."""

    def __init__(self) -> None:
        self._default: dict[int, Look] = {}
        self._most: dict[int, Look] = {}
        self._larger: dict[int, Look] = {}
        self._ignored: Look | None = None
        self._kept: Look | None = None
        self._cursor: Look | None = None
        self._no_total: Look | None = None
        self._sizes: dict[bool, Look] = {}  # whether itemsPerPage is how many results there are
        self._said: int | None = None

    def see(self, look: Look, view: View) -> None:
        """Compare what was asked for with what came."""
        if not _is_list(look) or not look.is_done or not isinstance(look.told, dict):
            return
        told = {name.lower(): value for name, value in look.told.items()}
        count, came = _number(_asked(look, "count")), len(look.shown)
        if "nextcursor" in told:
            self._cursor = self._cursor or look
            if "totalresults" not in told:
                self._no_total = self._no_total or look
        items = _number(told.get("itemsperpage"))
        if items is not None and (came or items):
            self._sizes.setdefault(items == came, look)
            if count is None and items > came:
                self._said = items
        start, total = _number(_asked(look, "startindex")) or 1, _number(told.get("totalresults"))
        left = came + 1 if "nextcursor" in told else 0 if total is None else total - max(start, 1) + 1
        if count is None:
            if 0 < came < left:
                self._default.setdefault(came, look)
            elif came:
                self._larger.setdefault(came, look)
        elif count > 0:
            if came > count:
                self._ignored = self._ignored or look
            elif came == count < left:
                self._kept = self._kept or look
            elif 0 < came < min(count, left):
                self._most.setdefault(came, look)

    def tell(self, portrait: Portrait) -> None:
        """Note the sizes."""
        if self._ignored is not None and self._kept is None:
            portrait.quirk("no-paging", "a list has more results than count asks for", self._ignored)
            return
        if self._cursor is not None:
            portrait.setting("behaviour.paging.cursor", True, "a list has a nextCursor", self._cursor)
        if self._no_total is not None:
            size = max((*self._default, *self._most), default=100)
            says = "a page by cursor does not say how many results there are"
            portrait.quirk("cursor-paging", says, self._no_total, size=size)
        if list(self._sizes) == [False] or (False in self._sizes and self._said):
            look = self._sizes[False]
            portrait.quirk("items-per-page-size", "itemsPerPage is how many a page can have", look)
            if self._said is not None:
                says = f"a page without count can have {self._said} results"
                portrait.setting("behaviour.paging.default_page_size", self._said, says, look)
        if self._default:
            size, look = max(self._default.items())
            portrait.setting(
                "behaviour.paging.default_page_size", size, f"a page without count has {size} results", look
            )
        if self._most:
            size, look = max(self._most.items())
            portrait.setting(
                "behaviour.paging.max_page_size",
                size,
                f"a page has {size} results where more are asked for",
                look,
            )
        if not self._default:
            portrait.unseen.append("the size of a page without count")
        if not self._most:
            portrait.unseen.append("the largest page")


class Sorting:
    """Whether lists are sorted when a client asks for it."""

    def __init__(self) -> None:
        self._first: dict[bool, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at the order of names."""
        if not _is_list(look) or str(_asked(look, "sortby")).lower() != "username":
            return
        if not look.is_done:
            return
        names = [str(item.get("userName")).lower() for item in look.shown]
        descending = str(_asked(look, "sortorder")).lower() == "descending"
        # How other letters are ordered differs from service to service.
        if len(names) > _FEW and all(map(str.isascii, names)):
            self._first.setdefault(names == sorted(names, reverse=descending), look)

    def tell(self, portrait: Portrait) -> None:
        """Note it."""
        for is_sorted, look in list(self._first.items())[:1]:
            says = f"a list is {'' if is_sorted else 'not '}sorted where sortBy asks for it"
            portrait.setting("behaviour.sort", is_sorted, says, look)
