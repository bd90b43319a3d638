"""What the running checks share: bounded memory, and how much time lies between two requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

from ..scim.filter import Compare, Node
from ..traffic.exchange import Exchange
from .asked import Asked
from .queries import compared, tree

Key = TypeVar("Key")
Value = TypeVar("Value")

REMEMBERED = 2000  # entries of one memory


class Memory(Generic[Key, Value]):
    """A mapping that forgets what was set longest ago."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._entries: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        return self._entries.get(key)

    def set(self, key: Key, value: Value) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def pop(self, key: Key) -> Value | None:
        return self._entries.pop(key, None)

    def __iter__(self) -> Iterator[Key]:
        return iter(list(self._entries))

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)


def elapsed(before: Exchange, after: Exchange) -> float:
    """Return the seconds between two requests.

    The larger of what the server's clock and the real one say: tests freeze and move the former.
    """
    return max(after.at - before.at, after.begin - before.begin)


def followed(before: Exchange, after: Exchange) -> bool:
    """Whether a request was made when the answer to another was already there."""
    return after.begin >= before.end


def lookup_key(asked: Asked) -> str | None:
    """Return what a list looks up by ``attribute eq value`` alone, None for any other list."""
    node = tree(asked)
    if isinstance(node, Compare) and node.op == "eq" and isinstance(node.value, str):
        return f"{node.path.lower()} {node.value.lower()}"
    return None


def compared_strings(node: Node) -> Iterator[str]:
    """Yield the strings that a filter compares with, in lower case."""
    for _, comparison in compared(node):
        if isinstance(comparison, Compare) and isinstance(comparison.value, str):
            yield comparison.value.lower()
