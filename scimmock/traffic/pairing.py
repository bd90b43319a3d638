"""Which resources of two lists are the same one, though they have other ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Document = dict[str, Any]

# By what a resource is known across services, whatever its id (RFC 7643 sections 3.1, 4.1.1, 4.2).
NATURAL_KEYS = ("userName", "externalId", "displayName")
_LOWER = tuple((name, name.lower()) for name in NATURAL_KEYS)


def attribute(document: Document, name: str) -> Any:
    """Return the value of an attribute, whatever the case of its name; None where it is absent."""
    found = document.get(name)
    if found is not None or name in document:
        return found
    wanted = name.lower()
    return next((value for key, value in document.items() if key.lower() == wanted), None)


def id_of(document: Document) -> str | None:
    """Return the id of a resource as text, None where it has none."""
    id = attribute(document, "id")
    return str(id) if isinstance(id, str | int) and not isinstance(id, bool) and id != "" else None


def natural_keys(document: Document) -> list[tuple[str, str]]:
    """Return (attribute, value) of what a resource is known by, in lower case, the surest first."""
    found = []
    for name, _ in _LOWER:
        value = attribute(document, name)
        if isinstance(value, str) and value:
            found.append((name, value.lower()))
    return found


def paired(
    expected: Sequence[Document], got: Sequence[Document], live: Callable[[str], str | None]
) -> tuple[list[tuple[Document, Document]], list[Document], list[Document]]:
    """Return the pairs of two lists of resources, and what only the first and only the second has.

    ``live`` returns the id that is bound to one of the first list.  Then natural keys tell; two lists of
    one resource each that say neither are about the same one.
    """
    left = {index: document for index, document in enumerate(got)}
    by_id = {id_of(document): index for index, document in left.items()}
    pairs: list[tuple[Document, Document]] = []
    open_: list[Document] = []
    for document in expected:
        id = id_of(document)
        bound = live(id) if id is not None else None
        index = by_id.get(bound) if bound is not None else None
        if index is not None and index in left:
            pairs.append((document, left.pop(index)))
        else:
            open_.append(document)
    for position in range(len(NATURAL_KEYS)):
        if not open_ or not left:
            break
        name = NATURAL_KEYS[position]
        known: dict[str, int] = {}
        for index, document in left.items():
            value = attribute(document, name)
            if isinstance(value, str) and value:
                known.setdefault(value.lower(), index)
        still = []
        for document in open_:
            value = attribute(document, name)
            index = known.get(value.lower()) if isinstance(value, str) and value else None
            if index is not None and index in left:
                pairs.append((document, left.pop(index)))
            else:
                still.append(document)
        open_ = still
    if len(open_) == len(left) == len(expected) == len(got) == 1:
        one, other = open_[0], next(iter(left.values()))
        if not (natural_keys(one) and natural_keys(other)):
            return [(one, other)], [], []
    return pairs, open_, list(left.values())
