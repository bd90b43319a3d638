"""Queries (RFC 7644 section 3.4.2): filter, sort and page over one or several resource types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidFilter, ScimError
from .filter import (
    And,
    Compare,
    Node,
    Not,
    Or,
    Present,
    ValuePath,
    count_strings,
    parse,
    split_strings,
    with_slots,
)
from .match import Bind, Predicate, compile_filter, compile_shape
from .page import Page, PageRequest, read_page
from .path import resolve
from .plan import Lookup, plan
from .policy import Policy
from .ports import Store
from .project import Selection, read_selection
from .schema import ResourceType
from .sort import Key, sort_key
from .supported import check_supported
from .values import is_inactive

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

_PARAMETERS = (
    "attributes",
    "excludedAttributes",
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "cursor",
)
Hit = tuple[ResourceType, str]


@dataclass(slots=True)
class Query:
    """A checked query."""

    filter: str | None
    sort_by: str | None
    descending: bool
    page: PageRequest
    selection: Selection
    base: str = ""

    def canonical(self, endpoint: str) -> str:
        """Return what must be the same for two pages of one query (RFC 9865 section 2)."""
        return json.dumps([endpoint, self.filter, self.sort_by, self.descending])


def read_query(parameters: Mapping[str, Any], policy: Policy, base: str = "") -> Query:
    """Return the query of URL parameters or of a SearchRequest; raises 400."""
    sort_order = parameters.get("sortOrder")
    sort_by = parameters.get("sortBy") or None
    if sort_order is not None and str(sort_order).lower() not in ("ascending", "descending"):
        raise ScimError(400, "'sortOrder' is ascending or descending", "invalidValue", about="sortOrder")
    if sort_by is not None and not isinstance(sort_by, str):
        raise ScimError(400, "'sortBy' is an attribute name", "invalidValue")
    text = parameters.get("filter")
    if text is not None and not isinstance(text, str):
        raise InvalidFilter("'filter' is a string")
    if text is not None and not policy.filter:
        raise InvalidFilter("this service does not filter")
    return Query(
        filter=text,
        sort_by=sort_by if policy.sort else None,
        descending=str(sort_order).lower() == "descending",
        page=read_page(
            parameters.get("startIndex"), parameters.get("count"), parameters.get("cursor"), policy.paging
        ),
        selection=read_selection(parameters.get("attributes"), parameters.get("excludedAttributes")),
        base=base,
    )


def read_search(body: Any, policy: Policy, base: str = "") -> Query:
    """Return the query of a POST to ``/.search`` (RFC 7644 section 3.4.3)."""
    if not isinstance(body, dict):
        raise ScimError(400, "the body is a JSON object", "invalidSyntax", about="body")
    by_name = {name.lower(): value for name, value in body.items()}
    schemas = by_name.get("schemas")
    named = isinstance(schemas, list) and SEARCH_REQUEST.lower() in [str(urn).lower() for urn in schemas]
    if not named and not policy.leniency.schemas_optional:
        raise ScimError(400, f"'schemas' holds {SEARCH_REQUEST!r}", "invalidSyntax", about="schemas")
    return read_query({name: by_name.get(name.lower()) for name in _PARAMETERS}, policy, base)


def _paths(node: Node) -> Iterable[str]:
    if isinstance(node, Compare | Present):
        yield node.path
    elif isinstance(node, ValuePath):
        yield node.path
        for inner in _paths(node.inner):
            yield f"{node.path}.{inner}"
    elif isinstance(node, Not):
        yield from _paths(node.inner)
    elif isinstance(node, And | Or):
        for term in node.terms:
            yield from _paths(term)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The shape of a filter made ready for one resource type.

    ``derived`` says that it reads attributes which the stored document does not have, ``exact`` that
    the look-ups find the matches and nothing else.
    """

    bind: Bind
    lookups: tuple[Lookup, ...] | None
    derived: bool
    exact: bool = False


def _is_derived(path: str, resource_type: ResourceType) -> bool:
    target = resolve(path, resource_type)
    attribute = target.attribute
    if attribute is None:
        return False
    if attribute is resource_type.belonging or (
        attribute.name == "meta" and path.lower().endswith("location")
    ):
        return True
    return attribute in resource_type.references and target.sub is not None and target.sub.name != "value"


_MAX_COMPILED = 1024


class Finder:
    """Runs queries on a store; ``view`` gives the full representation of a stored document."""

    def __init__(self, store: Store, policy: Policy, view: Any) -> None:
        self.store = store
        self.policy = policy
        self.view = view
        self._dialect = policy.filter_dialect
        self._semantics = policy.filter_semantics
        self._compiled: dict[tuple[str, str, bool], Compiled] = {}
        self._last_sorted: tuple[object, list[tuple[Key, Hit]]] | None = None

    def compiled(self, text: str, resource_type: ResourceType, any_type: bool) -> tuple[Compiled, list[str]]:
        """Return a filter made ready for a type and its strings; raises InvalidFilter.

        ``any_type`` treats unknown attributes as absent, as a query over several types does
        (RFC 7644 section 3.4.2.1).
        """
        dialect = self._dialect
        if len(text) > dialect.max_length:
            raise InvalidFilter(f"the filter is longer than {dialect.max_length} characters")
        semantics = replace(self._semantics, unknown_is_absent=True) if any_type else self._semantics
        shape, strings = split_strings(text)
        key = (shape, resource_type.name, any_type)
        ready = self._compiled.get(key)
        if ready is None:
            node = parse(text, dialect)
            if self.policy.filtering.restricted:
                check_supported(node, resource_type, self.policy.filtering)
            # Words without quotes and strings in single ones (leniencies) are strings that the shape has
            # not taken out, an alias may bring strings of its own.
            plain = "'" not in shape and not dialect.aliases
            slotted = with_slots(node) if plain and count_strings(node) == len(strings) else node
            compile_filter(node, resource_type, semantics)  # errors with the positions of this very text
            ready = Compiled(
                compile_shape(slotted, resource_type, semantics),
                plan(slotted, resource_type, self.store.indexed(resource_type.name)),
                any(_is_derived(path, resource_type) for path in _paths(node)),
                not semantics.case_exact
                and (
                    isinstance(node, Compare)
                    or (isinstance(node, ValuePath) and isinstance(node.inner, Compare))
                ),
            )
            if slotted is node and strings:
                return ready, strings
            if len(self._compiled) >= _MAX_COMPILED:
                self._compiled.clear()
            self._compiled[key] = ready
        return ready, strings

    def _bind(
        self, ready: Compiled, strings: list[str], text: str, resource_type: ResourceType, any_type: bool
    ) -> Predicate:
        try:
            return ready.bind(strings)
        except InvalidFilter:
            semantics = replace(self._semantics, unknown_is_absent=True) if any_type else self._semantics
            compile_filter(parse(text, self._dialect), resource_type, semantics)  # the right position
            raise

    def _on_view(self, predicate: Predicate, resource_type: ResourceType, base: str) -> Predicate:
        """Return the predicate on what clients see of a document."""
        view = self.view
        return lambda document: predicate(view(resource_type, document, base))

    def matches(self, resource_type: ResourceType, text: str, any_type: bool, base: str) -> list[str]:
        """Return the ids of the resources of a type that match a filter, in order of creation."""
        store, name = self.store, resource_type.name
        ready, strings = self.compiled(text, resource_type, any_type)
        lookups = ready.lookups
        if lookups is not None and ready.exact:
            value = lookups[0].value
            wanted = value if isinstance(value, str) else strings[value.index]
            return list(store.lookup(name, lookups[0].path, wanted))
        predicate = self._bind(ready, strings, text, resource_type, any_type)
        if ready.derived:
            predicate = self._on_view(predicate, resource_type, base)
        if lookups is None:
            return [id for id, document in store.scan(name) if predicate(document)]
        candidates: Iterable[str]
        if len(lookups) == 1:
            value = lookups[0].value
            candidates = store.lookup(
                name, lookups[0].path, value if isinstance(value, str) else strings[value.index]
            )
        else:
            united: dict[str, None] = {}
            for step in lookups:
                value = step.value
                wanted = value if isinstance(value, str) else strings[value.index]
                united.update(dict.fromkeys(store.lookup(name, step.path, wanted)))
            candidates = sorted(united, key=lambda id: store.anchor(name, id))
        found = []
        for id in candidates:
            document = store.get(name, id)
            if document is not None and predicate(document):
                found.append(id)
        return found

    def hits(self, types: tuple[ResourceType, ...], query: Query) -> list[Hit]:
        """Return all matches of several types, sorted if the query asks for it."""
        many = len(types) > 1
        found: list[Hit] = []
        for resource_type in types:
            if query.filter is not None:
                ids: Iterable[str] = self.matches(resource_type, query.filter, many, query.base)
            else:
                ids = self.store.slice(resource_type.name, 0, self.store.count(resource_type.name))
            if resource_type.name in self.policy.hide_inactive:
                ids = self._active(resource_type.name, ids)
            found.extend((resource_type, id) for id in ids)
        return found

    def _active(self, name: str, ids: Iterable[str]) -> list[str]:
        """Return the ids of the resources that are not inactive."""
        return [id for id in ids if not is_inactive(self.store.get(name, id) or {})]

    def _is_all_of(self, types: tuple[ResourceType, ...], query: Query) -> bool:
        """Whether a query is for all resources of one type, as they come."""
        only = len(types) == 1 and query.filter is None and query.sort_by is None
        return only and types[0].name not in self.policy.hide_inactive

    def sorted_hits(self, types: tuple[ResourceType, ...], query: Query) -> list[tuple[Key, Hit]]:
        """Return all matches in the order of ``sortBy``; kept for the next page while nothing changes."""
        assert query.sort_by is not None
        wanted = (query.filter, query.sort_by, query.descending, types, query.base, self.store.revision)
        if self._last_sorted is not None and self._last_sorted[0] == wanted:
            return self._last_sorted[1]
        rows = self._sort(types, query, self.hits(types, query))
        self._last_sorted = (wanted, rows)
        return rows

    def _sort(self, types: tuple[ResourceType, ...], query: Query, hits: list[Hit]) -> list[tuple[Key, Hit]]:
        sort_by, many = query.sort_by or "", len(types) > 1
        readers = {
            resource_type.name: (sort_key(sort_by, resource_type, many), _is_derived(sort_by, resource_type))
            for resource_type in types
        }
        rows: list[tuple[Key, Hit]] = []
        for hit in hits:
            resource_type, id = hit
            key, derived = readers[resource_type.name]
            document = self.store.get(resource_type.name, id) or {}
            rows.append((key(self.view(resource_type, document, query.base) if derived else document), hit))
        rows.sort(key=lambda row: row[0], reverse=query.descending)
        return rows

    def page(
        self, types: tuple[ResourceType, ...], query: Query, cursors: Any, endpoint: str
    ) -> tuple[Page, list[Hit]]:
        """Return the envelope of a page and the resources on it."""
        if query.page.cursor is not None:
            return self._cursor_page(types, query, cursors, endpoint)
        start, count = query.page.start_index - 1, query.page.count
        hits: list[Hit]
        if self._is_all_of(types, query):
            only = types[0]
            total = self.store.count(only.name)
            hits = [(only, id) for id in self.store.slice(only.name, start, start + count)]
        elif query.sort_by is not None:
            rows = self.sorted_hits(types, query)
            total = len(rows)
            hits = [hit for _, hit in rows[start : start + count]]
        else:
            everything = self.hits(types, query)
            total = len(everything)
            hits = everything[start : start + count]
        return Page(total, start_index=query.page.start_index), hits

    def _cursor_page(
        self, types: tuple[ResourceType, ...], query: Query, cursors: Any, endpoint: str
    ) -> tuple[Page, list[Hit]]:
        # Places in the order of all resources and places in a list of matches are not the same.
        canonical = f"{query.canonical(endpoint)} {self._is_all_of(types, query)}"
        count = query.page.count
        skip = 0
        anchor: Any = None
        if query.page.cursor:
            anchor = cursors.read(query.page.cursor, canonical, count)
        if self._is_all_of(types, query):
            only = types[0]
            total = self.store.count(only.name)
            ids = self.store.after(only.name, -1 if anchor is None else anchor, count + 1)
            rest: list[Hit] = [(only, id) for id in ids]
            mark = self.store.anchor(only.name, ids[count - 1]) if count and len(ids) > count else None
        else:
            rest, total, marks = self._ordered(types, query)
            if anchor is not None:
                skip = next(
                    (i for i, place in enumerate(marks) if self._is_after(place, anchor, query)), len(rest)
                )
            mark = marks[skip + count - 1] if count and len(rest) > skip + count else None
        page = Page(total)
        if mark is not None:
            page.next_cursor = cursors.issue(canonical, count, mark)
        return page, rest[skip : skip + count]

    def _ordered(self, types: tuple[ResourceType, ...], query: Query) -> tuple[list[Hit], int, list[Any]]:
        """Return all matches with the place of each in the order of the results, as JSON."""
        order = {resource_type.name: number for number, resource_type in enumerate(types)}
        if query.sort_by is None:
            hits = self.hits(types, query)
            places = [[order[t.name], self.store.anchor(t.name, id)] for t, id in hits]
            return hits, len(hits), places
        rows = self.sorted_hits(types, query)
        places_sorted: list[list[Any]] = [
            [list(key), order[hit[0].name], self.store.anchor(hit[0].name, hit[1])] for key, hit in rows
        ]
        return [hit for _, hit in rows], len(rows), places_sorted

    @staticmethod
    def _is_after(place: list[Any], anchor: list[Any], query: Query) -> bool:
        if query.sort_by is None:
            return bool(place > anchor)
        if place[0] != anchor[0]:
            return bool((place[0] < anchor[0]) == query.descending)
        return bool(place[1:] > anchor[1:])
