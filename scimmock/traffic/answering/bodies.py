"""The values, filters and PATCH paths of requests as nodes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ...errors import InvalidFilter
from ...scim import filter as language
from ..redact.kinds import Kind
from ..redact.places import Place, Rules, trees
from ..redact.vocabulary import CANONICAL
from ..routes import aim_of
from ..secrets import is_secret_parameter
from .nodes import Bag, Exact, Fields, Hidden, Node, Row, Slot, SlotKind

_DIALECT = language.Dialect(unquoted_values=True, sub_attribute_after_value_path=True, single_quotes=True)
_PATH = re.compile(r"([^\[\]\s\"]+)(?:\[(.*)\](?:\.([A-Za-z$][\w$-]*))?)?", re.DOTALL)
# By these attributes a resource is one and no other; the name of a user may be that of several.
_KEYS = frozenset(("username", "externalid", "emails.value"))
_REFERRING = frozenset(("members", "groups", "manager"))
# Where there is what a client brings along.
OPEN = frozenset((Kind.PERSON, Kind.FORCED, Kind.COUNTRY, Kind.LANGUAGE, Kind.ZONE, Kind.DATE))
_BOOLEANS = ("true", "false")
_BULK_ID = "bulkId:"


@lru_cache(maxsize=1)
def root() -> Place:
    """Return the place at which resources begin: it knows what the names in them mean."""
    return trees(Rules())[0]


class Reader:
    """Reads what belongs to a resource of the endpoint ``resource``."""

    def __init__(self, resource: str | None) -> None:
        self._resource = resource

    # ---- values

    def resource(self, document: Any) -> Node:
        """Return a resource, or the value of a PATCH operation without a path."""
        return self.value(document, root())

    def value(self, value: Any, place: Place) -> Node:
        """Return a value that stands at a place."""
        if place.kind is Kind.SECRET:
            return Hidden()
        if isinstance(value, dict):
            return self._object(value, place)
        if isinstance(value, list):
            if place.kind is Kind.URN:
                return Exact(tuple(sorted(str(item).lower() for item in value)))
            items = (item for item in value if not is_unassigned(item))
            return Bag(tuple(self.value(item, place) for item in items))
        return self.leaf(value, place)

    def _object(self, value: dict[str, Any], place: Place) -> Node:
        found: dict[str, Node] = {}
        for name, inner in value.items():
            # What a service assigns to a resource is not the client's to say (RFC 7643 section 3.1).
            if is_unassigned(inner) or (place.is_root and name.lower() == "meta"):
                continue
            found[name.lower()] = self.value(inner, place.child(name))
        return Fields(tuple(sorted(found.items())))

    def leaf(self, value: Any, place: Place, op: str = "eq") -> Node:
        """Return a string, number or boolean at a place, which ``op`` compares with it."""
        if isinstance(value, bool) or value is None:
            return Exact(value)
        label = place.label.lower()
        if isinstance(value, str):
            if value.startswith(_BULK_ID):
                return Row("bulkId", (Slot("bulk", "bulkid", value.removeprefix(_BULK_ID)),))
            if value.lower() in _BOOLEANS:
                return Exact(value.lower())
            if place.kind is Kind.ADDRESS:
                return Exact(value.rstrip("/").rpartition("/")[2])
        if not is_open(value, place):
            is_word = place.kind is Kind.CANONICAL and isinstance(value, str)
            return Exact(value.lower() if is_word else value)
        kind = self.kind(label)
        if op not in ("eq", "ne") and kind != "id":
            label = f"{label} {op}"  # a part of a value stands for a part
        return Slot(kind, label, value)

    def kind(self, label: str) -> SlotKind:
        """Return what kind of slot stands at an attribute path in lower case."""
        path = label.rpartition(":")[2]
        parent, _, name = path.rpartition(".")
        if path == "id" or path in _REFERRING or (name == "value" and parent in _REFERRING):
            return "id"
        if path in _KEYS or (path == "displayname" and self._resource not in ("Users", "Me")):
            return "key"
        return "own"

    # ---- filters and paths

    def filter(self, text: str, place: Place | None = None) -> Node:
        """Return a filter on what stands at a place; a text that is none is a constant."""
        try:
            return self._condition(language.parse(text, _DIALECT), place or root())
        except InvalidFilter:
            return Exact(" ".join(text.split()))

    def _condition(self, node: language.Node, place: Place) -> Node:
        if isinstance(node, language.Compare):
            literal = node.value
            there = place.at(node.path)
            right = Hidden() if there.kind is Kind.SECRET else self.leaf(literal, there, node.op)
            return Row(node.op, (Exact(node.path.lower()), right))
        if isinstance(node, language.Present):
            return Row("pr", (Exact(node.path.lower()),))
        if isinstance(node, language.ValuePath):
            inner = self._condition(node.inner, place.at(node.path))
            return Row("[]", (Exact(node.path.lower()), inner))
        if isinstance(node, language.Not):
            return Row("not", (self._condition(node.inner, place),))
        mark = "and" if isinstance(node, language.And) else "or"
        return Row(mark, tuple(self._condition(term, place) for term in node.terms))

    def patch(self, operation: Any) -> Node:
        """Return a PATCH operation (RFC 7644 section 3.5.2)."""
        if not isinstance(operation, dict):
            return Exact(str(operation))
        given = {name.lower(): inner for name, inner in operation.items()}
        found: dict[str, Node] = {"op": Exact(str(given.pop("op", "")).lower())}
        place, path = root(), given.pop("path", None)
        if isinstance(path, str) and path:
            place, found["path"] = self._path(path)
        for name, inner in given.items():
            if name == "value" and not is_unassigned(inner):
                found[name] = self.value(inner, place)
            elif not is_unassigned(inner):
                found[name] = Exact(str(inner))
        return Fields(tuple(sorted(found.items())))

    def _path(self, text: str) -> tuple[Place, Node]:
        match = _PATH.fullmatch(text.strip())
        if match is None:
            return root(), Exact(text)
        name, condition, sub = match.groups()
        place = root().at(name)
        if condition is None:
            return place, Exact(name.lower())
        chosen = self.filter(condition, place)
        place = place.child(sub) if sub else place
        return place, Row("[]", (Exact(name.lower()), chosen, Exact((sub or "").lower())))


def is_open(value: Any, place: Place) -> bool:
    """Whether a string or number at a place is the client's own: "work" is none as a type, nor is a URN."""
    if place.kind is Kind.CANONICAL:
        return isinstance(value, str) and value.lower() not in CANONICAL
    return place.kind in OPEN


def is_unassigned(value: Any) -> bool:
    """Whether a value says as much as none (RFC 7643 section 2.5)."""
    return value is None or value == [] or value == {}


def message_of(method: str, resource: str | None, document: Any) -> Node:
    """Return the body of a request as a node: a resource, a PatchOp, a SearchRequest, a BulkRequest."""
    reader = Reader(resource)
    if not isinstance(document, dict):
        return reader.resource(document)
    given = {name.lower(): inner for name, inner in document.items()}
    operations = given.get("operations")
    if isinstance(operations, list):
        read = reader.patch if method == "PATCH" else _bulk_operation
        rest = {name: inner for name, inner in given.items() if name != "operations"}
        whole = reader.resource(rest)
        assert isinstance(whole, Fields)
        items = dict(whole.items) | {"operations": Row("operations", tuple(map(read, operations)))}
        return Fields(tuple(sorted(items.items())))
    return reader.resource(document)


def search_of(resource: str | None, pairs: dict[str, Any]) -> Node:
    """Return the parameters of a query or a SearchRequest (RFC 7644 section 3.4.3); names in lower case."""
    found: dict[str, Node] = {}
    for name, value in pairs.items():
        if is_unassigned(value) or name == "schemas" or is_secret_parameter(name):
            continue
        if name == "filter" and isinstance(value, str):
            found[name] = Reader(resource).filter(value)
        elif name in ("attributes", "excludedattributes"):
            names = value if isinstance(value, list) else str(value).split(",")
            found[name] = Exact(tuple(sorted(str(item).strip().lower() for item in names)))
        elif name in ("sortby", "sortorder"):
            found[name] = Exact(str(value).lower())
        else:
            text = str(value)
            found[name] = Exact(int(text) if text.isdecimal() and len(text) < 20 else text)
    return Fields(tuple(sorted(found.items())))


def target_of(path: str) -> Node:
    """Return a raw path below the base as a node: its endpoint, an id, what else it has."""
    aim = aim_of("GET", path)
    parts = [part for part in path.strip("/").split("/") if part]
    items: list[Node] = [Exact(aim.resource or (parts[0] if parts else ""))]
    for index, part in enumerate(parts[1:], 1):
        if part.startswith(_BULK_ID):
            items.append(Row("bulkId", (Slot("bulk", "bulkid", part.removeprefix(_BULK_ID)),)))
        elif index == 1 and aim.operation == "read" and aim.id is not None:
            items.append(Slot("id", "id", aim.id))
        else:
            items.append(Exact(part))
    return Row("path", tuple(items))


def _bulk_operation(operation: Any) -> Node:
    if not isinstance(operation, dict):
        return Exact(str(operation))
    given = {name.lower(): inner for name, inner in operation.items()}
    method, path = str(given.get("method")).upper(), str(given.get("path"))
    found: dict[str, Node] = {"method": Exact(method), "path": target_of(path)}
    if isinstance(given.get("bulkid"), str):
        found["bulkid"] = Slot("bulk", "bulkid", given["bulkid"])
    data = given.get("data")
    if not is_unassigned(data):
        found["data"] = message_of(method, aim_of(method, path).resource, data)
    return Fields(tuple(sorted(found.items())))
