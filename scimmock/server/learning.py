"""A directory kept as a session shows it, while the session is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ScimError
from ..scim.schema import ResourceType
from ..store.directory import Directory
from ..traffic.answering.asked import Asked
from ..traffic.directory import Learner, document_of, id_in_location, resources_in
from ..traffic.pairing import attribute, id_of
from ..traffic.routes import aim_of
from .population import Loader

Document = dict[str, Any]
Content = dict[str, list[Document]]


class Follower:
    """Learns from the exchanges that were played, and changes a directory accordingly.

    ``before`` are the resources that were there at first, by the name of their endpoint.  Changes are
    gathered until `apply`: the directory of a tenant may be another one by then.
    """

    def __init__(self, before: Content) -> None:
        self._learner = Learner()
        self._changed: dict[tuple[str, str], None] = {}
        for name, documents in before.items():
            for document in documents:
                id = id_of(document)
                if id is not None:
                    self._learner.directory.resources.setdefault(name, {})[id] = document
                    self._changed[name, id] = None

    def see(self, asked: Asked, answer: Document, trace: Document) -> None:
        """Take in a request and how the service answered it; ``trace`` is that of the recorded exchange."""
        body: Document = {} if isinstance(asked.body, bytes) else {"json": asked.body}
        request = {"method": asked.method, "path": asked.path, "query": asked.query, "body": body}
        rules = {name: trace[name] for name in ("rule", "rules") if name in trace}
        self._learner.see({"request": request, "response": answer, "trace": rules})
        for name, id in _mentioned(asked, document_of(answer.get("body"))):
            self._changed[name, id] = None

    def apply(self, directory: Directory, types: tuple[ResourceType, ...], now: Callable[[], str]) -> None:
        """Change a directory to what has been learned since the last time.

        What the fixture cannot hold is left out: the session was another service's.
        """
        if not self._changed:
            return
        changed, self._changed = self._changed, {}
        endpoints = {resource_type.endpoint.strip("/"): resource_type for resource_type in types}
        loader = Loader(directory, types, now())
        for name, id in changed:
            resource_type = endpoints.get(name)
            if resource_type is None:
                continue
            document = self._learner.directory.get(name, id)
            there = directory.get(resource_type.name, id) is not None
            if document is None:
                if there:
                    directory.delete(resource_type.name, id, now())
                continue
            try:
                loader.put(resource_type, document)
            except ScimError:
                continue


def _mentioned(asked: Asked, told: Any) -> Iterator[tuple[str, str]]:
    """Yield (endpoint, id) of the resources that an exchange may have changed or shown."""
    aim = asked.aim
    if aim.resource and aim.id is not None:
        yield aim.resource, aim.id
    for document in (*resources_in(told), *((told,) if isinstance(told, dict) else ())):
        id = id_of(document)
        if id is None:
            continue
        meta = attribute(document, "meta")
        kind = meta.get("resourceType") if isinstance(meta, dict) else None
        name = aim.resource if aim.resource not in (None, "Me", "Bulk") else f"{kind}s" if kind else None
        if name is not None:
            yield name, id
    operations = attribute(told, "Operations") if isinstance(told, dict) else None
    for operation in operations if isinstance(operations, list) else ():
        location = operation.get("location") if isinstance(operation, dict) else None
        id = id_in_location(location) if isinstance(location, str) else None
        if isinstance(location, str) and id is not None:
            name = location.rstrip("/").rpartition("/")[0].rpartition("/")[2]
            yield aim_of("GET", f"/{name}").resource or name, id
