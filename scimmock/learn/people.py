"""Who was there before the session, in a form that a server can take."""

from __future__ import annotations

from collections.abc import Iterable

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
    endpoints = [spec["endpoint"].strip("/") for spec in types.values()]
    first = Directory({}, view.first.doubts)
    ids: set[str] = set()  # a server has each once
    for name, found in view.first.resources.items():
        if name in endpoints:
            new = {clean(id): document for id, document in found.items() if clean(id) not in ids}
            first.resources[name] = {id: _storable(document) for id, document in new.items()}
            ids |= new.keys()
        else:
            portrait.gap(f"{name} were there; what they are is not known")
    people, notices = people_of(first)
    people = {name: documents for name, documents in people.items() if documents}
    if not people:
        portrait.unseen.append("people who were there before")
        return
    portrait.files["people.json"] = "".join(people_text(people))
    for notice in notices:
        portrait.gap(f"Of the people: {notice}")


def people_before(exchanges: Iterable[Document]) -> dict[str, list[Document]]:
    """Return the people whom nobody in a session had made, by endpoint, as they were first seen."""
    view, source = View(), Source("", "", {}, exchanges)
    for _ in looks(source, view):
        pass
    return {
        name: [{**_storable(document), "id": clean(id)} for id, document in found.items()]
        for name, found in view.first.resources.items()
        if found
    }


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
