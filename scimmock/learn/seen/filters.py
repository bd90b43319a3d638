"""Filters: which are served, and what they find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import ScimError
from ...scim.filter import And, Compare, Dialect, Node, Not, Or, Present, ValuePath, parse
from ..look import Look, View
from ..portrait import Portrait

_LENIENT = Dialect(unquoted_values=True, sub_attribute_after_value_path=True, single_quotes=True)


_REFUSED = (400, 403, 412, 422, 501)


class Filters:
    """The operators, joins and attributes of filters that were served, and of those that were refused."""

    def __init__(self) -> None:
        self._served: list[set[str]] = []
        self._refused: list[tuple[set[str], Look]] = []
        self._first: Look | None = None
        self._ignored: Look | None = None
        self._without: dict[str, dict[bool, Look]] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at what became of a filter."""
        text = filter_of(look)
        if look.made_up:
            return
        if text is None:
            if look.operation == "list" and look.resource and look.status in (200, 400):
                self._without.setdefault(look.resource, {}).setdefault(look.is_done, look)
            return
        try:
            node = parse(text, _LENIENT)
        except ScimError:
            return
        parts = set(_parts(node))
        if look.is_done or (look.status == 404 and look.resource):
            self._served.append(parts)
            self._first = self._first or look
            if _is_ignored(node, look):
                self._ignored = self._ignored or look
        elif look.status in _REFUSED:
            self._refused.append((parts, look))

    def tell(self, portrait: Portrait) -> None:
        """Note what is not served."""
        if self._ignored is not None:
            says = "a list has resources that its filter does not match"
            portrait.quirk("ignores-filter", says, self._ignored)
        if self._served:
            wanted = [name for name, outcomes in self._without.items() if list(outcomes) == [False]]
            if wanted:
                says = f"a list of {' and '.join(wanted)} without a filter is refused"
                look = self._without[wanted[0]][False]
                portrait.quirk("filter-required", says, look, resources=wanted)
        if not self._refused:
            if not self._served:
                portrait.unseen.append("filters")
            return
        served = set().union(*self._served)
        first = self._refused[0][1]
        if first.status != 400 and served:
            word = {"scim_type": "invalidFilter", "answer": first.status}
            portrait.word(word, f"filters that are not served are answered {first.status}", first)
        if not served:
            portrait.setting("behaviour.filter", False, "filters are refused", first)
            return
        kinds: dict[str, list[str]] = {
            kind: sorted(part[len(kind) + 1 :] for part in served if part.startswith(f"{kind}:"))
            for kind in ("operator", "join", "attribute")
        }
        refused = set().union(*(parts - served for parts, _ in self._refused))
        by_attribute = any(part.startswith("attribute:") for part in refused)
        more: dict[str, Any] = {"attributes": kinds["attribute"]} if by_attribute else {}
        says = f"filters with other than {', '.join(kinds['operator'])} are refused"
        if refused:
            portrait.quirk(
                "filter-only-eq", says, first, operators=kinds["operator"], joins=kinds["join"], **more
            )
        else:
            portrait.gap("Some filters are refused, by a rule that is not clear", first)


def filter_of(look: Look) -> str | None:
    """Return the filter of a list or a search."""
    if look.operation == "search" and isinstance(look.sent, dict):
        found = next((value for name, value in look.sent.items() if name.lower() == "filter"), None)
    elif look.operation == "list":
        found = look.query.get("filter")
    else:
        found = None
    return found if isinstance(found, str) and found else None


def _parts(node: Node) -> Iterator[str]:
    """Yield what a filter is made of: operators, joins, attributes."""
    if isinstance(node, Compare):
        yield from (f"operator:{node.op}", f"attribute:{node.path}")
    elif isinstance(node, Present):
        yield from ("operator:pr", f"attribute:{node.path}")
    elif isinstance(node, ValuePath):
        yield from ("join:[]", f"attribute:{node.path}")
        yield from (part for part in _parts(node.inner) if part.startswith("operator:"))
    elif isinstance(node, Not):
        yield "join:not"
        yield from _parts(node.inner)
    elif isinstance(node, And | Or):
        yield "join:and" if isinstance(node, And) else "join:or"
        for term in node.terms:
            yield from _parts(term)


def _is_ignored(node: Node, look: Look) -> bool:
    """Whether a result plainly does not match: another userName than the one that was asked for."""
    if not isinstance(node, Compare) or node.op != "eq" or node.path.lower() != "username":
        return False
    names = [item.get("userName") for item in look.shown]
    wanted = str(node.value).lower()
    return any(isinstance(name, str) and name.lower() != wanted for name in names)
