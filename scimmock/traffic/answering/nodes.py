"""What a request is made of, in a form in which two requests can be laid upon one another.

What SCIM takes for the same is the same here: names in any case, ``schemas`` and multi-valued attributes in
any order, null, an empty array and an absent attribute (RFC 7643 sections 2.4 and 2.5).  What a client
brings along (names, keys, addresses) is a `Slot`; all else is constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

# Who may stand for whom.  "key": one for one in the whole session, such as userName.  "own": one for one
# within a resource, such as a title, which several people may share.  "id": the same id, since the client
# has it from a recorded answer.  "bulk": a bulkId, one for one within a request.
SlotKind = Literal["key", "own", "id", "bulk"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that the client brings along; ``label`` is its attribute path in lower case."""

    kind: SlotKind
    label: str
    value: Any

    @property
    def name(self) -> str:
        """The last name of its path."""
        return self.label.rpartition(":")[2].rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Exact:
    """A constant: JSON without objects, or what stands for something else by being compared as a whole."""

    value: Any


@dataclass(frozen=True, slots=True)
class Fields:
    """An object; ``items`` are sorted by name, names are in lower case."""

    items: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """The values of a multi-valued attribute, in any order."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in an order that means something; ``mark`` says what it is ("eq", "and", "[]", ...)."""

    mark: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret: nothing of it is in a recording, so that anything may stand for it."""


Node = Slot | Exact | Fields | Bag | Row | Hidden


def outline(node: Node) -> int:
    """Return a number that is the same for requests which differ in nothing but what a client brings."""
    if isinstance(node, Slot):
        return hash((node.kind, node.label))
    if isinstance(node, Exact):
        value = node.value
        return hash(("is", type(value).__name__, value))
    if isinstance(node, Fields):
        return hash(("fields", tuple((name, outline(inner)) for name, inner in node.items)))
    if isinstance(node, Bag):
        return hash(("bag", tuple(sorted(map(outline, node.items)))))
    if isinstance(node, Row):
        return hash((node.mark, tuple(map(outline, node.items))))
    return hash("hidden")
