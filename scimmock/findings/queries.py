"""Checks of lists and searches: filters, pages, selection (RFC 7644 sections 3.4.2 and 3.9)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import InvalidFilter, ScimError, did_you_mean
from ..scim.filter import And, Compare, Dialect, Node, Not, Or, Present, ValuePath, parse
from ..scim.match import Semantics, compile_filter
from ..scim.path import resolve
from ..scim.schema import ResourceType
from . import values
from .asked import SEARCH_REQUEST, Asked, by_lower
from .base import check, shown

_PARAMETERS = (
    *("filter", "startIndex", "count", "cursor", "sortBy", "sortOrder"),
    *("attributes", "excludedAttributes"),
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_LONG_QUERY = 2000
_KNOWN_VALUES = Semantics(unknown_is_absent=True, boolean_strings=True)


def compared(node: Node, outer: str = "") -> Iterator[tuple[str, Compare | Present]]:
    """Yield the comparisons of a filter, each with the whole path that it is about."""
    if isinstance(node, Compare | Present):
        yield f"{outer}{node.path}", node
    elif isinstance(node, ValuePath):
        yield from compared(node.inner, f"{outer}{node.path}.")
    elif isinstance(node, Not):
        yield from compared(node.inner, outer)
    elif isinstance(node, And | Or):
        for term in node.terms:
            yield from compared(term, outer)


def _parsed(asked: Asked, dialect: Dialect) -> Node | InvalidFilter | None:
    if asked.filter is None:
        return None
    try:
        return parse(asked.filter, dialect)
    except InvalidFilter as error:
        return error


def tree(asked: Asked) -> Node | None:
    """Return the filter as a tree, with unquoted values for strings; None where it cannot be read."""
    found = _parsed(asked, Dialect(unquoted_values=True, sub_attribute_after_value_path=True))
    return None if isinstance(found, InvalidFilter) else found


def _types(asked: Asked) -> tuple[ResourceType, ...]:
    """The types that a query is for: that of the endpoint, all at the root."""
    if asked.type is not None:
        return (asked.type,)
    return asked.types if asked.exchange.resource in (None, "") else ()


def _targets(asked: Asked) -> Iterable[tuple[str, Compare | Present]]:
    node = tree(asked)
    return () if node is None else compared(node)


@check("filter-syntax", "RFC 7644 section 3.4.2.2", "error", says="a filter that cannot be read, and where")
def filter_syntax(asked: Asked) -> Iterator[str]:
    found = _parsed(asked, Dialect(unquoted_values=True, sub_attribute_after_value_path=True))
    if isinstance(found, InvalidFilter):
        secret = values.is_secret_name(asked.filter or "")
        yield f"the filter cannot be read{'' if secret else f': {found.detail}'}"


@check(
    "filter-unquoted-value",
    "RFC 7644 section 3.4.2.2",
    "error",
    says="a string without quotes in a filter: `externalId eq jyoung`",
)
def filter_unquoted_value(asked: Asked) -> Iterator[str]:
    strict = _parsed(asked, Dialect(sub_attribute_after_value_path=True))
    if isinstance(strict, InvalidFilter) and tree(asked) is not None:
        secret = values.is_secret_name(asked.filter or "")
        yield f"a value in the filter has no quotes{'' if secret else f': {shown(asked.filter)}'}"


@check(
    "filter-after-brackets",
    "RFC 7644 section 3.4.2.2",
    "warning",
    says='a sub-attribute behind the brackets of a filter: `emails[type eq "work"].value eq "x"`',
)
def filter_after_brackets(asked: Asked) -> Iterator[str]:
    strict = _parsed(asked, Dialect(unquoted_values=True))
    if isinstance(strict, InvalidFilter) and tree(asked) is not None:
        right = 'emails[type eq "work" and value eq "..."]'
        yield f"the filter compares behind its brackets, a form such as {right} would be right"


@check(
    "filter-unknown-attribute",
    "RFC 7644 section 3.4.2.2",
    "warning",
    says="a filter on an attribute that no schema declares, with the nearest name",
)
def filter_unknown_attribute(asked: Asked) -> Iterator[str]:
    types = _types(asked)
    for path, _ in _targets(asked) if types else ():
        if not any(resolve(path, item).declared for item in types):
            known = values.near(path, [name for item in types for name in values.names_of(item)])
            yield f"the filter names {shown(path)}, which no schema declares{known}"


@check(
    "filter-boolean-as-string",
    "RFC 7644 section 3.4.2.2",
    "error",
    says='a boolean compared with a string: `active eq "true"`',
)
def filter_boolean_as_string(asked: Asked) -> Iterator[str]:
    for path, node in _targets(asked):
        leaves = [resolve(path, item).leaf for item in _types(asked)]
        boolean = any(leaf is not None and leaf.type == "boolean" for leaf in leaves)
        if boolean and isinstance(node, Compare) and isinstance(node.value, str):
            yield f"the filter compares {path} with the string {shown(node.value)}, not with true or false"


@check(
    "filter-not-comparable",
    "RFC 7644 section 3.4.2.2",
    "error",
    says="an operator or value that does not fit the type of its attribute (`active gt true`)",
)
def filter_not_comparable(asked: Asked) -> Iterator[str]:
    node = tree(asked)
    if node is None or asked.type is None or _about_password(asked):
        return
    try:
        compile_filter(node, asked.type, _KNOWN_VALUES)
    except ScimError as error:
        yield f"the filter cannot be applied: {error.detail}"


def _about_password(asked: Asked) -> bool:
    return any("password" in path.lower() for path, _ in _targets(asked))


@check(
    "filter-password-in-url",
    "RFC 7644 section 7.5.2",
    "error",
    says="a filter on the password in a URL, which logs keep; a POST to `.search` hides it",
)
def filter_password_in_url(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "list" and "password" in (asked.filter or "").lower():
        if tree(asked) is None or _about_password(asked):
            yield "the filter in the URL is on the password, URLs are kept in logs: POST to /.search instead"


@check(
    "filter-long-url",
    "RFC 7644 section 3.4.3",
    "hint",
    "behaviour",
    says="a filter in a query of more than 2,000 bytes: proxies may cut it, a POST to `.search` has no limit",
)
def filter_long_url(asked: Asked) -> Iterator[str]:
    size = len(asked.exchange.query)
    if asked.exchange.operation == "list" and asked.filter and size > _LONG_QUERY:
        yield f"the query has {size} bytes, a POST to /.search would not depend on the length of URLs"


@check(
    "filter-on-discovery",
    "RFC 7644 section 4",
    "error",
    says="a filter on `/Schemas`, `/ResourceTypes` or `/ServiceProviderConfig`",
)
def filter_on_discovery(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "discovery" and "filter" in asked.parameters:
        yield f"/{asked.exchange.resource} takes no filter"


def _number(value: Any) -> int | None:
    if type(value) is int:
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    return None


@check(
    "page-not-a-number",
    "RFC 7644 section 3.4.2.4",
    "error",
    says="a `startIndex` or `count` that is no whole number",
)
def page_not_a_number(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation in ("list", "search"):
        for name in ("startIndex", "count"):
            if asked.query.get(name) is not None and _number(asked.query[name]) is None:
                yield f"{name} is {shown(asked.query[name])}, a whole number would be right"


@check(
    "start-index-below-1",
    "RFC 7644 section 3.4.2.4",
    "warning",
    says="a `startIndex` below 1: the first result has the index 1",
)
def start_index_below_1(asked: Asked) -> Iterator[str]:
    start = _number(asked.query.get("startIndex")) if asked.exchange.operation in ("list", "search") else None
    if start is not None and start < 1:
        yield f"startIndex is {start}, it is taken for 1: the first result has the index 1"


@check("count-negative", "RFC 7644 section 3.4.2.4", "warning", says="a negative `count`")
def count_negative(asked: Asked) -> Iterator[str]:
    count = _number(asked.query.get("count")) if asked.exchange.operation in ("list", "search") else None
    if count is not None and count < 0:
        yield f"count is {count}, it is taken for 0 and no resource is returned"


@check(
    "count-above-maximum",
    "RFC 7644 section 3.4.2.4",
    "hint",
    "behaviour",
    says="a `count` beyond the maximum: the page is shorter, the next one begins where it ended",
)
def count_above_maximum(asked: Asked) -> Iterator[str]:
    count = _number(asked.query.get("count")) if asked.exchange.operation in ("list", "search") else None
    page = asked.answer
    if count is None or not asked.succeeded or not isinstance(page, dict):
        return
    given, total, start = (page.get(name) for name in ("itemsPerPage", "totalResults", "startIndex"))
    if not (type(given) is int and type(total) is int and type(start) is int):
        return
    if 0 < given < count and start + given <= total:
        yield f"count is {count}, the service gave {given}: the next page begins at {start + given}"


@check(
    "sort-order-unknown",
    "RFC 7644 section 3.4.2.3",
    "error",
    says="a `sortOrder` other than ascending and descending",
)
def sort_order_unknown(asked: Asked) -> Iterator[str]:
    order = asked.query.get("sortOrder") if asked.exchange.operation in ("list", "search") else None
    if order is not None and str(order).lower() not in ("ascending", "descending"):
        yield f"sortOrder is {shown(order)}, 'ascending' or 'descending' would be right"


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


@check(
    "selection-unknown-attribute",
    "RFC 7644 section 3.10",
    "hint",
    says="`attributes`, `excludedAttributes` or `sortBy` with a name that no schema declares",
)
def selection_unknown_attribute(asked: Asked) -> Iterator[str]:
    types = (asked.type,) if asked.type is not None else ()
    for parameter in ("attributes", "excludedAttributes", "sortBy"):
        for name in _names(asked.query.get(parameter)) if types else ():
            if not any(resolve(name, item).declared for item in types):
                known = values.near(name, [path for item in types for path in values.names_of(item)])
                yield f"{parameter} names {shown(name)}, which no schema declares{known}"


@check(
    "attributes-and-excluded",
    "RFC 7644 section 3.9",
    "error",
    says="`attributes` and `excludedAttributes` in one request: they exclude each other",
)
def attributes_and_excluded(asked: Asked) -> Iterator[str]:
    if asked.query.get("attributes") and asked.query.get("excludedAttributes"):
        yield "attributes and excludedAttributes stand in one request, only one of them may"


@check(
    "parameter-misspelled",
    "RFC 7644 section 3.4.2",
    "warning",
    "behaviour",
    says="a parameter of the query that is near one that means something (`startindex`, `excludeAttributes`)",
)
def parameter_misspelled(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation in ("list", "read"):
        for name in asked.parameters:
            meant = did_you_mean(name, _PARAMETERS) if name not in _PARAMETERS else None
            if meant is not None and not values.is_secret_name(name):
                yield f"the query has {shown(name)}, which means nothing: {meant!r} would"


@check(
    "search-schemas",
    "RFC 7644 section 3.4.3",
    "error",
    says="a POST to `.search` whose `schemas` does not name the SearchRequest message",
)
def search_schemas(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "search" and isinstance(asked.json, dict):
        schemas = by_lower(asked.json).get("schemas")
        urns = [urn.lower() for urn in schemas if isinstance(urn, str)] if isinstance(schemas, list) else []
        if SEARCH_REQUEST.lower() not in urns:
            yield f"'schemas' of a search holds {SEARCH_REQUEST!r}"
