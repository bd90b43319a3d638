"""A resource on its way into the store: what services of their own check or change last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .path import resolve

if TYPE_CHECKING:
    from .ports import Store
    from .schema import ResourceType

Write = Literal["create", "replace", "patch"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A resource in stored form, checked by the schemas, before it is checked for conflicts and stored.

    ``document`` belongs to this write, so its attributes may be set and removed; the values in it may
    be those of ``old`` and are replaced, never changed.  ``old`` is the resource as it is, None for a
    new one.
    """

    write: Write
    document: dict[str, Any]
    old: dict[str, Any] | None
    resource_type: ResourceType
    store: Store

    def values(self, path: str) -> list[Any]:
        """Return the values at an attribute path (``emails.type``), none for one that is not there."""
        return list(values_at(self.document, path, self.resource_type))

    def has_new(self, path: str) -> bool:
        """Whether the write gives the attribute at a path other values than it has."""
        if self.old is None:
            return True
        return list(values_at(self.old, path, self.resource_type)) != self.values(path)

    def named(self, path: str) -> str | None:
        """Return the declared name of a core attribute, None where the type has none."""
        attribute = self.resource_type.attribute(path)
        return attribute.name if attribute is not None else None


# Checks or changes a draft; raises ScimError to refuse the write.
Finish = Callable[[Draft], None]


def values_at(document: dict[str, Any], path: str, resource_type: ResourceType) -> Iterator[Any]:
    """Yield what a document has at an attribute path, each value of a list by itself; never null."""
    target = resolve(path, resource_type)
    if target.attribute is None:
        return
    held = target.container(document).get(target.attribute.name)
    for value in held if isinstance(held, list) else [held]:
        if target.sub is not None:
            value = value.get(target.sub.name) if isinstance(value, dict) else None
        if value is not None:
            yield value
