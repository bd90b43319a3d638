"""Who was there before the session, in a form that a server can take."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..traffic.directory import Directory
from ..traffic.people_file import people_of, people_text
from .clean import clean
from .look import Document, Source, View, looks, objects
from .portrait import Portrait

_SPELLED = {"schemas": "schemas", "members": "members", "username": "userName"}


def tell_people(portrait: Portrait, view: View) -> None:
    """Note the people whom nobody in the session had made, as they were first seen.

    Resources of kinds that the fixture does not have are left out.
    """
    types = portrait.types or portrait.standard_types()
    endpoints = {spec["endpoint"].strip("/") for spec in types.values()}
    people, notices = people_of(_first(view, endpoints))
    people = {name: documents for name, documents in people.items() if documents}
    for name in view.first.resources.keys() - endpoints:
        portrait.gap(f"{name} were there; what they are is not known")
    if not people:
        portrait.unseen.append("people who were there before")
        return
    portrait.files["people.json"] = "".join(people_text(people))
    for notice in notices:
        portrait.gap(f"Of the people: {notice}")


def people_before(exchanges: Iterable[Document], alone: bool) -> dict[str, list[Document]]:
    """Return the people whom nobody in a session had made, by endpoint, as they were first seen.

    ``alone`` is for a directory that has nobody else: groups are without members who were not seen then.
    """
    view, source = View(), Source("", "", {}, exchanges)
    for _ in looks(source, view):
        pass
    first = _first(view, view.first.resources.keys())
    if alone:
        people, _ = people_of(first)
    else:
        people = {name: list(found.values()) for name, found in first.resources.items()}
    return {name: documents for name, documents in people.items() if documents}


def _first(view: View, endpoints: Collection[str]) -> Directory:
    """Return those who were there at these endpoints."""
    first = Directory({}, view.first.doubts)
    ids: set[str] = set()  # a server has each once
    for name, found in view.first.resources.items():
        if name in endpoints:
            new = {clean(id): document for id, document in found.items() if clean(id) not in ids}
            first.resources[name] = {id: {**_storable(document), "id": id} for id, document in new.items()}
            ids |= new.keys()
    return first


def _storable(document: Document) -> Document:
    """Return a resource without what no directory can hold, however a service has shown it."""
    found: Document = {}
    for given, value in document.items():
        name = _SPELLED.get(given.lower(), given)
        is_object = name.lower() == "meta" or name.lower().startswith("urn:")
        are_urns = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if (name == "schemas" and not are_urns) or (is_object and not isinstance(value, dict)):
            continue
        found[name] = objects(value) if name == "members" else value
    return dict(clean(found))
