"""One directory under several behaviours, each at a base path of its own.

Slack serves the same people as SCIM 1.1 and 2.0; so can any fixture whose resource types are among
those of the tenant.
"""

from __future__ import annotations

from typing import Any

from ..scim.schema import ResourceType
from ..store.directory import Directory
from .blueprint import Blueprint
from .tenant import Encode, Tenant


class Seen:
    """A directory whose resources are shown in another way than its own.

    Everything but the prepared representations is the directory's (see `scimmock.scim.ports.Store`).
    """

    def __init__(self, directory: Directory, types: tuple[ResourceType, ...]) -> None:
        self.directory = directory
        self.encode: Encode | None = None
        self._types = {resource_type.name: resource_type for resource_type in types}
        self._prepared: dict[tuple[str, str], tuple[dict[str, Any], bytes]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.directory, name)

    def find(self, id: str) -> tuple[ResourceType, dict[str, Any]] | None:
        """Return the type and stored document of a resource of a type that there is here."""
        found = self.directory.find(id)
        resource_type = self._types.get(found[0].name) if found is not None else None
        return (resource_type, found[1]) if found is not None and resource_type is not None else None

    def prepared(self, type_name: str, id: str) -> bytes:
        """Return the encoded default representation; one that other resources change is made each time."""
        document = self.directory.get(type_name, id)
        assert document is not None and self.encode is not None
        kept = self._prepared.get((type_name, id))
        if kept is not None and kept[0] is document:
            return kept[1]
        body, depends = self.encode(self._types[type_name], document)
        if not depends and len(self._prepared) < 10_000:
            self._prepared[type_name, id] = document, body
        return body


class Face(Tenant):
    """A tenant's directory under another behaviour; journal, rules and credentials are the tenant's."""

    def __init__(self, tenant: Tenant, blueprint: Blueprint) -> None:
        super().__init__(
            tenant.name,
            blueprint,
            tenant.directory,
            tenant.clock,
            tenant.journal.budget,
            {},
            of=tenant,
        )

    def adopt(self, directory: Directory) -> None:
        """Serve another directory from now on."""
        self.directory = directory
        self.service = self.service_on(Seen(directory, self.types))
