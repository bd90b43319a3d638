"""The first content of a directory: made-up people, a file of people, or a dump of a state."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError, ScimError
from ..people.generate import generate_groups, generate_users
from ..people.load import load_people
from ..scim.engine import natural_key
from ..scim.policy import Leniency
from ..scim.schema import GROUP, ResourceType
from ..scim.secret import conceal, secret_attributes
from ..scim.validate import normalise_resource
from ..store.directory import Directory
from .codec import refuse_unstorable
from .fitting import Fitting
from .seen import Seen, take_words

# When the first people of every directory were created: the same in each run, and before it.
CREATED = "2025-01-01T00:00:00.000Z"

# What a file or a dump holds is taken as it is: a mock must be able to hold wrong data.
_AS_IT_IS = Leniency(
    store_unknown_attributes=True, store_wrong_types=True, schemas_optional=True, several_primaries=True
)


@dataclass(frozen=True, slots=True)
class Population:
    """How many made-up people there are, and the files whose people come beside them."""

    users: int = 0
    groups: int = 0
    external_id: str | None = None
    domain: str = "example.com"
    files: tuple[Path, ...] = ()
    seen: Seen | None = None


@contextmanager
def _without_collector() -> Iterator[None]:
    """Loading makes no garbage cycles, and the collector would walk the growing directory again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Loader:
    """Fills a directory; ``now`` is the text of the moment at which everything was created.

    ``fitting`` puts made-up people in where they cannot be stored as they are.
    """

    def __init__(
        self,
        directory: Directory,
        types: tuple[ResourceType, ...],
        now: str,
        fitting: Fitting | None = None,
    ) -> None:
        self.fitting = fitting if fitting is not None and fitting.wanted else None
        self.directory = directory
        self.types = types
        self.by_name = {resource_type.name: resource_type for resource_type in types}
        self.now = now

    def populate(
        self, people: Population, seed: int, progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Make up people and load files; ``progress`` is told (done, total) now and then."""
        with _without_collector():
            for path in people.files:
                self._file(path)
            users = self._users(people, seed, progress)
            self._groups(people, seed, users)
            if people.seen is not None:
                self._seen(people.seen)
            if self.fitting is not None:
                self.directory.forget_prepared()  # users were encoded before they had groups
            self._prepare()

    def _prepare(self) -> None:
        """Encode everything now rather than at the first reads."""
        for resource_type in self.types:
            if resource_type.membership is None:
                for id, _ in self.directory.scan(resource_type.name):
                    self.directory.prepared(resource_type.name, id)

    def _stored(self, resource_type: ResourceType, id: str, document: dict[str, Any]) -> dict[str, Any]:
        stored: dict[str, Any] = {"schemas": document.pop("schemas"), "id": id}
        stored.update(document)
        stored["meta"] = {
            "resourceType": resource_type.name,
            "created": self.now,
            "lastModified": self.now,
            "version": self.directory.next_version(),
        }
        return stored

    def _users(self, people: Population, seed: int, progress: Callable[[int, int], None] | None) -> list[str]:
        resource_type = self.by_name.get("User")
        if resource_type is None or not people.users:
            return []
        directory, ids = self.directory, []
        known = {schema.id for schema, _ in resource_type.extension_schemas}
        made = generate_users(people.users, seed, external_id=people.external_id, domain=people.domain)
        for number, document in enumerate(made):
            if self.fitting is not None:
                ids.append(self.fitting.create(document, resource_type, number))
            else:
                for urn in [urn for urn in document["schemas"][1:] if urn not in known]:
                    document["schemas"].remove(urn)
                    document.pop(urn, None)
                id = directory.mint("User", document["userName"])
                directory.load("User", id, self._stored(resource_type, id, document))
                ids.append(id)
            if progress is not None and number % 1000 == 999:
                progress(number + 1, people.users)
        return ids

    def _groups(self, people: Population, seed: int, users: list[str]) -> None:
        resource_type = self.by_name.get("Group")
        if resource_type is None:
            return
        ids: list[str] = []
        for group in generate_groups(people.groups, seed, len(users)):
            document: dict[str, Any] = {"schemas": [GROUP]}
            if people.external_id is not None and group.external_id is not None:
                document["externalId"] = str(group.external_id)
            document["displayName"] = group.display_name
            members = [{"value": users[number], "type": "User"} for number in group.members]
            members += [{"value": ids[number], "type": "Group"} for number in group.subgroups]
            if members:
                document["members"] = members
            if self.fitting is not None:
                document = self.fitting.fit(document, resource_type)
            id = self.directory.mint("Group", group.display_name)
            self.directory.load("Group", id, self._stored(resource_type, id, document))
            ids.append(id)

    def _file(self, path: Path) -> None:
        people = load_people(path)
        content: dict[str, list[dict[str, Any]]] = {
            "Users": people.users,
            "Groups": people.groups,
            **people.others,
        }
        content = {name: documents for name, documents in content.items() if documents}
        try:
            self.restore(content, by_name=True)
        except ScimError as error:
            raise FileError(error.detail, where=str(path)) from None

    def _seen(self, seen: Seen) -> None:
        try:
            self.restore(take_words(self.directory, self.types, seen))
        except ScimError as error:
            message = f"the people of the recording cannot be stored here: {error.detail}"
            raise FileError(message, hint="give people, or start with --users 0 --groups 0") from None

    def restore(self, content: dict[str, list[dict[str, Any]]], by_name: bool = False) -> None:
        """Store resources as they are, by endpoint name; ids and dates are kept where they are given.

        ``by_name`` lets members name users by userName or externalId instead of id.
        Raises ScimError naming the resource that cannot be stored; the directory is half-filled then.
        """
        endpoints = {resource_type.endpoint.strip("/"): resource_type for resource_type in self.types}
        for name, documents in content.items():
            resource_type = endpoints.get(name)
            if resource_type is None:
                raise ScimError(400, f"there is no endpoint {name!r}, {', '.join(endpoints)} are")
            if not isinstance(documents, list):
                raise ScimError(400, f"{name} is a list of resources")
            for index, document in enumerate(documents):
                try:
                    self._restore_one(resource_type, document, by_name)
                except ScimError as error:
                    raise ScimError(400, f"{name}[{index}]: {error.detail}") from None

    def put(self, resource_type: ResourceType, document: Any) -> None:
        """Store a resource as it is, in the place of the one that has its id; raises ScimError."""
        id, stored = self._as_given(resource_type, document, False)
        if self.directory.get(resource_type.name, id) is None:
            self.directory.insert(resource_type.name, id, stored)
        else:
            self.directory.replace(resource_type.name, id, stored)

    def _restore_one(self, resource_type: ResourceType, document: Any, by_name: bool) -> None:
        id, stored = self._as_given(resource_type, document, by_name)
        if self.directory.find(id) is not None:
            raise ScimError(400, f"the id {id!r} stands twice")
        self.directory.load(resource_type.name, id, stored)

    def _as_given(
        self, resource_type: ResourceType, document: Any, by_name: bool
    ) -> tuple[str, dict[str, Any]]:
        """Return the id of a resource and what is stored of it."""
        directory = self.directory
        if not isinstance(document, dict):
            raise ScimError(400, "a resource is an object")
        refuse_unstorable(document)
        given_id, given_meta = document.get("id"), document.get("meta")
        kept = normalise_resource(resource_type, document, _AS_IT_IS)
        id = (
            str(given_id)
            if given_id not in (None, "")
            else directory.mint(resource_type.name, natural_key(kept))
        )
        for attribute in ("userName",) if resource_type.attribute("userName") else ():
            value = kept.get(attribute)
            others = directory.lookup(resource_type.name, attribute, value) if isinstance(value, str) else ()
            if set(others) - {id}:
                raise ScimError(400, f"the {attribute} {value!r} stands twice")
        if resource_type.membership is not None and isinstance(kept.get("members"), list):
            kept["members"] = [self._member(member, by_name) for member in kept["members"]]
        stored = self._stored(resource_type, id, kept)
        conceal(secret_attributes(resource_type), stored)
        if isinstance(given_meta, dict):
            dates = {name: given_meta[name] for name in ("created", "lastModified") if name in given_meta}
            stored["meta"].update(dates)
        return id, stored

    def _member(self, member: Any, by_name: bool) -> Any:
        if not isinstance(member, dict) or not isinstance(member.get("value"), str):
            return member
        value = member["value"]
        found = self.directory.find(value)
        if found is None and by_name:
            for path in ("userName", "externalId", "displayName"):
                for resource_type in self.types:
                    ids = (
                        self.directory.lookup(resource_type.name, path, value)
                        if path in self.directory.indexed(resource_type.name)
                        else ()
                    )
                    if ids:
                        id = next(iter(ids))
                        return self._typed({**member, "value": id}, resource_type.name)
            raise ScimError(400, f"the member {value!r} is nobody in the directory")
        return self._typed(member, found[0].name) if found else member

    @staticmethod
    def _typed(member: dict[str, Any], type_name: str) -> dict[str, Any]:
        return {**{name: value for name, value in member.items() if name != "$ref"}, "type": type_name}


def dump(directory: Directory, types: tuple[ResourceType, ...]) -> dict[str, list[dict[str, Any]]]:
    """Return every resource as it is stored, by endpoint name; `Loader.restore` takes it back."""
    return {
        resource_type.endpoint.strip("/"): [
            {name: value for name, value in document.items() if name not in _secret(resource_type)}
            for _, document in directory.scan(resource_type.name)
        ]
        for resource_type in types
    }


def _secret(resource_type: ResourceType) -> frozenset[str]:
    return frozenset(item.name for item in resource_type.schema.attributes if item.returned == "never")
