"""What the engine needs from its surroundings, as protocols (the store knows nothing of the engine)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from .represent import Relations


class Store(Relations, Protocol):
    """A directory of stored resources; every document that it hands out must not be changed.

    Types are named by their resource type name ("User").
    """

    @property
    def revision(self) -> int:
        """A number that moves with every change of any resource."""

    def get(self, type_name: str, id: str) -> dict[str, Any] | None:
        """Return the stored document, or None."""

    def insert(self, type_name: str, id: str, document: dict[str, Any]) -> None:
        """Store a new resource."""

    def replace(
        self,
        type_name: str,
        id: str,
        document: dict[str, Any],
        added: set[str] | None = None,
        removed: set[str] | None = None,
    ) -> None:
        """Store a new form of a resource; ``added`` and ``removed`` say how its members differ, if known."""

    def delete(self, type_name: str, id: str, now: str) -> None:
        """Remove a resource, also from the groups that it is a member of (modified ``now``)."""

    def count(self, type_name: str) -> int:
        """Return how many resources of the type there are."""

    def slice(self, type_name: str, start: int, stop: int) -> list[str]:
        """Return ids in order of creation, by position from 0."""

    def after(self, type_name: str, anchor: int, count: int) -> list[str]:
        """Return up to ``count`` ids that were created after the anchor."""

    def anchor(self, type_name: str, id: str) -> int:
        """Return the place of a resource in the order of creation; it never changes."""

    def lookup(self, type_name: str, path: str, value: str) -> Collection[str]:
        """Return the ids of resources whose indexed attribute has the value, in order of creation."""

    def has_value(self, type_name: str, path: str, value: str, id: str) -> bool:
        """Whether a resource is among what `lookup` would return."""

    def indexed(self, type_name: str) -> frozenset[str]:
        """Return the paths that `lookup` takes for the type."""

    def scan(self, type_name: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield every (id, document) in order of creation."""

    def prepared(self, type_name: str, id: str) -> bytes:
        """Return the encoded default representation, with a NUL byte where the base URL belongs."""

    def is_true_to_version(self, type_name: str, id: str) -> bool:
        """Whether the representation is the one for which the version was issued."""

    def mint(self, type_name: str, key: str) -> str:
        """Return a new id for a resource with that natural key; it is taken from now on."""

    def next_version(self) -> str:
        """Return a new entity tag."""


class Encoder(Protocol):
    """JSON, with references in the form that `prepared` uses."""

    def reference(self, endpoint: str, id: str) -> Any:
        """Return what stands for the URL of a resource in a representation."""

    def encode(self, document: Any) -> bytes:
        """Return the JSON of a document that may hold such references."""
