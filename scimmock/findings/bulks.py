"""Checks of bulk requests (RFC 7644 section 3.7); what their operations hold is checked like any other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .asked import BULK_REQUEST, Asked, by_lower
from .base import check, shown

_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_REFERENCE = re.compile(r"bulkId:([^/]+)")


@check(
    "bulk-schemas",
    "RFC 7644 section 3.7",
    "error",
    says="a bulk whose `schemas` does not name the BulkRequest message",
)
def bulk_schemas(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "bulk" and isinstance(asked.json, dict):
        schemas = by_lower(asked.json).get("schemas")
        urns = [urn.lower() for urn in schemas if isinstance(urn, str)] if isinstance(schemas, list) else []
        if BULK_REQUEST.lower() not in urns:
            yield f"'schemas' of a bulk holds {BULK_REQUEST!r}"


@check(
    "bulk-operation",
    "RFC 7644 section 3.7",
    "error",
    says="no operations, or one whose method, path or data is wrong",
)
def bulk_operation(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "bulk" and isinstance(asked.json, dict) and not asked.bulk_operations:
        yield "a bulk has a list 'Operations' with one or more operations"
    for index, item in enumerate(asked.bulk_operations):
        method, path, where = item.get("method"), item.get("path"), f"Operations[{index}]"
        if not isinstance(method, str) or method not in _METHODS:
            yield f"{where}.method is {shown(method)}, one of {', '.join(_METHODS)} would be right"
            continue
        if not isinstance(path, str) or not path.startswith("/"):
            yield f"{where}.path is {shown(path)}, a path such as '/Users' would be right"
            continue
        deep = path.strip("/").count("/")
        if method == "POST" and deep != 0:
            yield f"{where}.path is {shown(path)}, that of a POST is an endpoint such as '/Users'"
        elif method != "POST" and deep != 1:
            yield f"{where}.path is {shown(path)}, that of a {method} is a resource such as '/Users/2819c223'"
        if method != "DELETE" and not isinstance(item.get("data"), dict):
            yield f"{where} is a {method} and has no data"


@check("bulk-id-missing", "RFC 7644 section 3.7", "error", says="a POST in a bulk without `bulkId`")
def bulk_id_missing(asked: Asked) -> Iterator[str]:
    for index, item in enumerate(asked.bulk_operations):
        method, bulk_id = item.get("method"), item.get("bulkid")
        if (
            isinstance(method, str)
            and method.upper() == "POST"
            and not (isinstance(bulk_id, str) and bulk_id)
        ):
            yield f"Operations[{index}] is a POST and has no bulkId"


def _bulk_ids(asked: Asked) -> Counter[str]:
    return Counter(item["bulkid"] for item in asked.bulk_operations if isinstance(item.get("bulkid"), str))


@check("bulk-id-twice", "RFC 7644 section 3.7", "error", says="a `bulkId` that stands twice in one bulk")
def bulk_id_twice(asked: Asked) -> Iterator[str]:
    for bulk_id, times in _bulk_ids(asked).items():
        if times > 1:
            yield f"the bulkId {shown(bulk_id)} stands {times} times, it is unique within a bulk"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        found = _REFERENCE.search(value) if "bulkId:" in value else None
        if found is not None and (found.start() == 0 or value[found.start() - 1] == "/"):
            yield found[1]
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _references(inner)


@check(
    "bulk-id-unresolved",
    "RFC 7644 section 3.7.2",
    "error",
    says="a reference `bulkId:...` to an operation that the bulk does not have",
)
def bulk_id_unresolved(asked: Asked) -> Iterator[str]:
    known = _bulk_ids(asked)
    for index, item in enumerate(asked.bulk_operations):
        for wanted in dict.fromkeys((*_references(item.get("path")), *_references(item.get("data")))):
            if wanted not in known:
                yield f"Operations[{index}] refers to the bulkId {shown(wanted)}, which no operation has"


@check(
    "bulk-too-large",
    "RFC 7644 section 3.7.4",
    "warning",
    says="a bulk beyond what `/ServiceProviderConfig` says (`maxOperations`, `maxPayloadSize`)",
)
def bulk_too_large(asked: Asked) -> Iterator[str]:
    exchange = asked.exchange
    if exchange.operation == "bulk" and exchange.status == 413:
        count = len(asked.bulk_operations)
        size = f"{count} operations" if count else f"{exchange.request_size or 'too many'} bytes"
        yield f"the bulk of {size} is beyond the limit that /ServiceProviderConfig tells"


@check(
    "bulk-fail-on-errors",
    "RFC 7644 section 3.7",
    "error",
    says="a `failOnErrors` that is no whole number",
)
def bulk_fail_on_errors(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "bulk":
        limit = by_lower(asked.json).get("failonerrors")
        if limit is not None and type(limit) is not int:
            yield f"failOnErrors is {shown(limit)}, a whole number would be right"
