"""A decoded view of one exchange; every part is decoded when a check first asks for it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..scim.schema import ResourceType
from ..traffic.exchange import Exchange

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

_BULK_OPERATIONS = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}
_MAX_PARAMETERS = 200
_MAX_NESTING = 64


class NotJson(ValueError):
    """A body that cannot be decoded; the text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a request asks for: the request itself, or one operation of a bulk.

    ``where`` stands before what is said about it ("" or "Operations[3]: ").
    """

    operation: str
    type: ResourceType | None
    data: Any
    where: str = ""
    before: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Op:
    """One operation of a PATCH with its members by lower-case name; ``where`` as in Part."""

    part: Part
    where: str
    members: dict[str, Any]

    @property
    def op(self) -> str:
        """add, replace or remove in lower case, "" for anything else."""
        op = self.members.get("op")
        lower = op.lower() if isinstance(op, str) else ""
        return lower if lower in ("add", "replace", "remove") else ""

    @property
    def path(self) -> str | None:
        """The path, None where there is none that could mean something."""
        path = self.members.get("path")
        return path if isinstance(path, str) and path.strip() else None

    @property
    def value(self) -> Any:
        return self.members.get("value")


def by_lower(document: Any) -> dict[str, Any]:
    """Return an object with lower-case names (RFC 7643 section 2.1), {} for anything else."""
    return {name.lower(): value for name, value in document.items()} if isinstance(document, dict) else {}


class Asked:
    """An exchange as checks see it.  ``types`` are the resource types of the service."""

    def __init__(self, exchange: Exchange, types: tuple[ResourceType, ...]) -> None:
        self.exchange = exchange
        self.types = types
        self.memo: dict[str, Any] = {}  # what several checks share

    @cached_property
    def headers(self) -> dict[str, str]:
        """The request headers by lower-case name; values of one name are joined by commas."""
        return _headers(self.exchange.headers)

    @cached_property
    def answer_headers(self) -> dict[str, str]:
        return _headers(self.exchange.response_headers)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query, the last of each name."""
        text = self.exchange.query.decode("latin-1")
        try:
            return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS))
        except ValueError:
            return {}

    @cached_property
    def type(self) -> ResourceType | None:
        """The resource type whose endpoint was asked."""
        return self.type_at(self.exchange.resource)

    def type_at(self, endpoint: str | None) -> ResourceType | None:
        """Return the resource type of an endpoint's name ("Users")."""
        if not endpoint:
            return None
        return next((item for item in self.types if item.endpoint.strip("/") == endpoint), None)

    @cached_property
    def who(self) -> tuple[str, str]:
        """The client, as far as it can be told from others: its credential and its User-Agent."""
        return self.exchange.identity or "", self.exchange.client

    @cached_property
    def target(self) -> str:
        """Method and path, as messages show them; never the query, which may hold secrets."""
        path = self.exchange.path
        return f"{self.exchange.method} {path if len(path) <= 80 else path[:77] + '...'}"

    # The body

    @property
    def has_body(self) -> bool:
        return bool(self.exchange.request_body)

    @property
    def is_cut(self) -> bool:
        """Whether the journal kept only a part of the body."""
        return self.exchange.request_size > len(self.exchange.request_body)

    @cached_property
    def _decoded(self) -> tuple[Any, str | None, tuple[str, ...]]:
        if not self.has_body or self.is_cut or self.exchange.operation == "token":
            return None, None, ()
        twice: list[str] = []
        try:
            return _decode(self.exchange.request_body, twice), None, tuple(twice)
        except NotJson as error:
            return None, str(error), ()

    @property
    def json(self) -> Any:
        """What the body decodes to, None where there is none or it is no JSON."""
        return self._decoded[0]

    @property
    def json_error(self) -> str | None:
        """Why the body is no JSON, None where it is or there is none."""
        return self._decoded[1]

    @property
    def keys_twice(self) -> tuple[str, ...]:
        return self._decoded[2]

    @cached_property
    def answer(self) -> Any:
        """What the body of the answer decodes to, None where it is no JSON or was cut."""
        exchange = self.exchange
        if not exchange.response_body or exchange.response_size > len(exchange.response_body):
            return None
        try:
            return _decode(exchange.response_body, [])
        except NotJson:
            return None

    @cached_property
    def succeeded(self) -> bool:
        return 200 <= self.exchange.status < 300

    @cached_property
    def done(self) -> bool:
        """Whether the service did what was asked, whatever the client saw of it."""
        exchange = self.exchange
        if exchange.upstream is not None:
            return 200 <= exchange.upstream[0] < 300
        return self.succeeded or (exchange.status == 0 and exchange.after is not None)

    # What is asked for

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The request, or the operations of a bulk, as far as they have a body that is an object."""
        operation, document = self.exchange.operation, self.json
        if operation is None or not isinstance(document, dict):
            return ()
        if operation == "bulk":
            return tuple(self._bulk_parts(document))
        if operation not in ("create", "replace", "patch"):
            return ()
        return (Part(operation, self.type, document, "", self.exchange.before),)

    @cached_property
    def bulk_operations(self) -> tuple[dict[str, Any], ...]:
        """The operations of a bulk with lower-case names; what is no object is {}."""
        if self.exchange.operation != "bulk":
            return ()
        operations = by_lower(self.json).get("operations")
        return tuple(by_lower(item) for item in operations) if isinstance(operations, list) else ()

    def _bulk_parts(self, document: dict[str, Any]) -> Iterator[Part]:
        for index, item in enumerate(self.bulk_operations):
            method, path, data = item.get("method"), item.get("path"), item.get("data")
            operation = _BULK_OPERATIONS.get(method.upper()) if isinstance(method, str) else None
            if operation in (None, "delete") or not isinstance(path, str) or not isinstance(data, dict):
                continue
            endpoint = unquote(path.partition("?")[0].strip("/").partition("/")[0])
            yield Part(str(operation), self.type_at(endpoint), data, f"Operations[{index}]: ")

    @cached_property
    def resources(self) -> tuple[Part, ...]:
        """The parts whose data is a whole resource."""
        return tuple(part for part in self.parts if part.operation in ("create", "replace"))

    @cached_property
    def patches(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.operation == "patch")

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """All operations of all PATCHes; those that are no objects are left out."""
        found = []
        for part in self.patches:
            operations = by_lower(part.data).get("operations")
            for index, item in enumerate(operations if isinstance(operations, list) else ()):
                if isinstance(item, dict):
                    found.append(Op(part, f"{part.where}Operations[{index}]", by_lower(item)))
        return tuple(found)

    @cached_property
    def query(self) -> dict[str, Any]:
        """What a list or search asks for: the parameters of the URL, or the body of a search."""
        exchange = self.exchange
        if exchange.operation == "search":
            names = (
                *("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder"),
                *("startIndex", "count", "cursor"),
            )
            body = by_lower(self.json)
            return {name: body[name.lower()] for name in names if name.lower() in body}
        return dict(self.parameters)

    @cached_property
    def filter(self) -> str | None:
        """The filter of a list or a search."""
        if self.exchange.operation not in ("list", "search"):
            return None
        text = self.query.get("filter")
        return text if isinstance(text, str) else None


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        result[key] = f"{result[key]}, {text}" if key in result else text
    return result


def _decode(body: bytes, twice: list[str]) -> Any:
    """Return the document of a body and note the keys that stand twice in one object; raises NotJson."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            counted = Counter(name for name, _ in items)
            twice.extend(name for name, times in counted.items() if times > 1)
        return result

    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotJson("it is not UTF-8") from None
    try:
        document = json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant)
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise NotJson("it nests too deep or has an endless number") from None
    if _depth_exceeds(document, _MAX_NESTING):
        raise NotJson(f"it nests deeper than {_MAX_NESTING} levels")
    return document


def _no_constant(text: str) -> Any:
    raise NotJson(f"{text} is no JSON")


def _depth_exceeds(value: Any, left: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if left == 0:
        return True
    inner = value.values() if isinstance(value, dict) else value
    return any(_depth_exceeds(item, left - 1) for item in inner)
