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


def endpoint_of(document: Document, usual: str | None = None) -> str:
    """Return the endpoint that a resource belongs to: the usual one, or where there is none by its type."""
    meta = attribute(document, "meta")
    kind = attribute(meta, "resourceType") if isinstance(meta, dict) else None
    return usual or (f"{kind}s" if isinstance(kind, str) and kind else "")


def paired(
    expected: Sequence[Document],
    got: Sequence[Document],
    live: Callable[[str, str], str | None],
    kind: str | None = None,
) -> tuple[list[tuple[Document, Document]], list[Document], list[Document]]:
    """Return the pairs of two lists of resources, and what only the first and only the second has.

    ``live`` returns the id that is bound to one of the first list, which is of an endpoint; ``kind`` is that
    of all of them, None where they tell.  Then natural keys do, and where there are none the same id; two
    lists of one resource each that say neither are about the same one.  People of different userNames who
    are called the same are two people.
    """
    left = {index: document for index, document in enumerate(got)}
    by_id = {id_of(document): index for index, document in left.items()}
    pairs: list[tuple[Document, Document]] = []
    open_: list[Document] = []
    for document in expected:
        id = id_of(document)
        bound = live(id, endpoint_of(document, kind)) if id is not None else None
        index = by_id.get(bound) if bound is not None else None
        if index is not None and index in left:
            pairs.append((document, left.pop(index)))
        else:
            open_.append(document)
    for name in NATURAL_KEYS:
        if not open_ or not left:
            break
        known: dict[str, int] = {}
        for index, document in left.items():
            value = attribute(document, name)
            if isinstance(value, str) and value:
                known.setdefault(value.lower(), index)
        still = []
        for document in open_:
            value = attribute(document, name)
            index = known.get(value.lower()) if isinstance(value, str) and value else None
            if index is not None and index in left and not _are_two(document, left[index], name):
                pairs.append((document, left.pop(index)))
            else:
                still.append(document)
        open_ = still
    nameless = {id_of(document): index for index, document in left.items() if not natural_keys(document)}
    still = []
    for document in open_:
        index = nameless.pop(id_of(document), None) if not natural_keys(document) else None
        if index is not None:
            pairs.append((document, left.pop(index)))
        else:
            still.append(document)
    open_ = still
    if len(open_) == len(left) == len(expected) == len(got) == 1:
        one, other = open_[0], next(iter(left.values()))
        if not (natural_keys(one) and natural_keys(other)):
            return [(one, other)], [], []
    return pairs, open_, list(left.values())


def _are_two(one: Document, other: Document, name: str) -> bool:
    """Whether two resources that are alike in a natural key are told apart by their userNames."""
    if name != "displayName":
        return False
    names = attribute(one, "userName"), attribute(other, "userName")
    return all(isinstance(text, str) and text for text in names)
