"""Tenants: isolated directories in one server, made on first use or by request."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..clock import Clock
from ..errors import ScimError
from ..fixture import AuthSpec, BasicSpec, ClientSpec, Layers, PeopleSpec, combine
from ..journal.ring import Budget, Journal
from ..scim.discovery import Discovery
from ..scim.engine import Service
from ..scim.page import Cursors
from ..scim.policy import Policy
from ..scim.schema import ResourceType
from ..scim.values import key_of
from ..store.directory import Directory, IndexPlan
from ..store.ids import Minter
from .auth import Authenticator, Issued
from .codec import JsonEncoder
from .population import Loader, Population

MAX_TENANTS = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_INDEXED = ("userName", "externalId", "displayName", "emails.value", "members.value")


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything that makes a tenant what it is; the server has one, a tenant may have its own.

    What stands below ``population`` comes from the command line and holds over every fixture:
    ``tokens`` are the server's own bearer tokens by name, ``own_base_path`` and ``max_body`` (bytes)
    take the place of the fixture's, ``auth_required`` is False for --no-auth.
    """

    layers: Layers
    seed: int = 1
    population: Population = field(default_factory=Population)
    own_base_path: str | None = None
    max_body: int | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    basic: tuple[BasicSpec, ...] = ()
    clients: tuple[ClientSpec, ...] = ()
    auth_required: bool = True

    @property
    def base_path(self) -> str:
        behaviour = self.layers.behaviour.file.behaviour
        return self.own_base_path or (behaviour.base_path if behaviour else "/scim/v2")

    @property
    def policy(self) -> Policy:
        policy = self.layers.behaviour.policy
        if self.max_body is None:
            return policy
        return replace(policy, limits=replace(policy.limits, body_bytes=self.max_body))

    @property
    def auth(self) -> AuthSpec:
        """Who may come in: what the fixture says and what the command line adds."""
        spec = self.layers.auth.file.auth or AuthSpec()
        schemes = list(spec.schemes)
        schemes += ["basic"] if self.basic and "basic" not in schemes else []
        schemes += ["oauth2"] if self.clients and "oauth2" not in schemes else []
        return AuthSpec(schemes, spec.tokens, [*spec.basic, *self.basic], [*spec.clients, *self.clients])


def population_of(spec: PeopleSpec | None, folder: Path) -> Population:
    """Return the population that a fixture's people slot describes."""
    if spec is None:
        return Population()
    files = (folder / spec.file,) if spec.file else ()
    return Population(spec.users, spec.groups, spec.external_id, spec.domain, files)


def index_plan(types: tuple[ResourceType, ...]) -> IndexPlan:
    """Return the indexed paths of each type: the usual ones and every unique attribute."""
    plan: IndexPlan = {}
    for resource_type in types:
        paths = {}
        for path in _INDEXED:
            name, _, sub = path.partition(".")
            attribute = resource_type.attribute(name)
            leaf = attribute.sub(sub) if attribute is not None and sub else attribute
            if leaf is not None and (sub or (attribute is not None and attribute.type != "complex")):
                paths[path] = key_of(leaf)
        for attribute in resource_type.all_attributes():
            if attribute.uniqueness in ("server", "global") and attribute.mutability != "readOnly":
                paths.setdefault(attribute.path, key_of(attribute))
        plan[resource_type.name] = tuple(paths.items())
    return plan


def _template_key(blueprint: Blueprint) -> tuple[object, ...]:
    """Return what makes the first directory of two tenants the same."""
    folders = (blueprint.layers.behaviour.folder, blueprint.layers.people.folder)
    return folders, blueprint.seed, blueprint.population


def _minter(blueprint: Blueprint, tenant: str) -> Minter:
    behaviour = blueprint.layers.behaviour.file.behaviour
    return Minter(blueprint.seed, tenant, behaviour.ids if behaviour else "uuid")


class Tenant:
    """One directory with everything that serves it."""

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        directory: Directory,
        clock: Clock,
        budget: Budget,
        issued: dict[str, Issued],
    ) -> None:
        behaviour = blueprint.layers.behaviour
        self.name = name
        self.blueprint = blueprint
        self.clock = clock
        self.types = behaviour.types
        self.policy = blueprint.policy
        self.media_type = (
            behaviour.file.behaviour.media_type if behaviour.file.behaviour else ""
        ).encode() or (b"application/scim+json")
        self.prefix = f"/t/{name}" if name else ""
        self.base_path = blueprint.base_path
        self.auth = Authenticator(
            blueprint.auth, blueprint.tokens, clock.now, blueprint.auth_required, issued
        )
        self.journal = Journal(budget, started=clock.now())
        self.encoder = JsonEncoder()
        self.discovery = Discovery(
            self.types, self.policy, self.encoder, self.auth.schemes or ("bearer",), clock.text()
        )
        self.endpoints = {resource_type.endpoint[1:]: resource_type for resource_type in self.types}
        self._cursors = Cursors(secrets.token_bytes(16), clock.now, self.policy.paging.cursor_timeout)
        self._base_urls: dict[bytes, tuple[bytes, str]] = {}
        self.adopt(directory)

    def base_url(self, root: bytes) -> tuple[bytes, str]:
        """Return the URL of the tenant's service under a root URL, as bytes and as text."""
        found = self._base_urls.get(root)
        if found is None:
            url = root + f"{self.prefix}{self.base_path}".encode()
            found = url, url.decode()
            if len(self._base_urls) < 100:
                self._base_urls[root] = found
        return found

    def adopt(self, directory: Directory) -> None:
        """Serve another directory from now on."""
        self.directory = directory
        self.service = Service(
            self.types, self.policy, directory, self.encoder, self.clock.text, self._cursors
        )
        directory.encode = self.service.default_view

    def find_user(self, user_name: str) -> tuple[ResourceType, str] | None:
        """Return the type and id of the user with that userName."""
        for resource_type in self.types:
            if "userName" in self.directory.indexed(resource_type.name):
                for id in self.directory.lookup(resource_type.name, "userName", user_name):
                    return resource_type, id
        return None


class Tenants:
    """All tenants of a server; "" is the name of the one without ``/t/``.

    Directories start as forks of one template per blueprint, which is never served itself.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        clock: Clock,
        max_tenants: int = MAX_TENANTS,
    ) -> None:
        self.blueprint = blueprint
        self.clock = clock
        self.budget = Budget()
        self.issued: dict[str, Issued] = {}
        self.max_tenants = max_tenants
        self._templates: dict[tuple[object, ...], Directory] = {}
        self.tenants: dict[str, Tenant] = {}

    def start(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make the people of the server's own fixture; ``progress`` is told (done, total)."""
        self._template(self.blueprint, progress)
        self.tenants[""] = self._make("", self.blueprint)
        for table in self.default.directory.tables.values():
            table.own()  # now rather than during the first write

    def place(self, name: str, blueprint: Blueprint, directory: Directory) -> None:
        """Serve a directory that was stored before."""
        self.tenants[name] = Tenant(name, blueprint, directory, self.clock, self.budget, self.issued)

    @property
    def default(self) -> Tenant:
        return self.tenants[""]

    def empty_directory(self, blueprint: Blueprint, tenant: str) -> Directory:
        """Return a directory without resources for a tenant."""
        types = blueprint.layers.behaviour.types
        return Directory(types, index_plan(types), _minter(blueprint, tenant))

    def _template(
        self, blueprint: Blueprint, progress: Callable[[int, int], None] | None = None
    ) -> Directory:
        key = _template_key(blueprint)
        template = self._templates.get(key)
        if template is None:
            template = self.empty_directory(blueprint, "")
            types = blueprint.layers.behaviour.types
            service = Service(
                types,
                blueprint.layers.behaviour.policy,
                template,
                JsonEncoder(),
                self.clock.text,
                Cursors(b"", self.clock.now),
            )
            template.encode = service.default_view
            Loader(template, types, self.clock.text()).populate(
                blueprint.population, blueprint.seed, progress
            )
            self._templates[key] = template
        return template

    def fresh_directory(self, blueprint: Blueprint, tenant: str) -> Directory:
        """Return a directory with the people of a blueprint, for a tenant."""
        return self._template(blueprint).fork(_minter(blueprint, tenant))

    def _make(self, name: str, blueprint: Blueprint) -> Tenant:
        return Tenant(
            name, blueprint, self.fresh_directory(blueprint, name), self.clock, self.budget, self.issued
        )

    def get(self, name: str) -> Tenant | None:
        return self.tenants.get(name)

    def obtain(self, name: str) -> Tenant:
        """Return a tenant, made from the server's own fixture when it is new; raises 400 and 503."""
        tenant = self.tenants.get(name)
        if tenant is None:
            tenant = self.create(name, self.blueprint)
        return tenant

    def create(self, name: str, blueprint: Blueprint) -> Tenant:
        """Make a tenant; raises 400 for a bad name, 409 when it exists, 503 when there are too many."""
        if not _NAME.fullmatch(name):
            raise ScimError(400, "a tenant's name has letters, digits, '.', '_' and '-', at most 100")
        if name in self.tenants:
            raise ScimError(409, f"the tenant {name!r} exists already")
        if len(self.tenants) > self.max_tenants:
            raise ScimError(503, f"there are {self.max_tenants} tenants already, delete some first")
        tenant = self.tenants[name] = self._make(name, blueprint)
        return tenant

    def delete(self, name: str) -> bool:
        """Forget a tenant and its template if nobody else has it; False when there is none."""
        tenant = self.tenants.pop(name, None) if name else None
        if tenant is None:
            return False
        tenant.journal.clear()
        key = _template_key(tenant.blueprint)
        others = (other.blueprint for other in self.tenants.values())
        if key not in map(_template_key, (self.blueprint, *others)):
            self._templates.pop(key, None)
        return True

    def reset(self, tenant: Tenant) -> None:
        """Put a tenant's directory back to what its fixture made it."""
        directory = self.fresh_directory(tenant.blueprint, tenant.name)
        directory.succeed(tenant.directory)
        tenant.adopt(directory)

    def restore(self, tenant: Tenant, content: dict[str, list[dict[str, object]]]) -> None:
        """Replace a tenant's directory by a dump; raises ScimError and leaves it as it was."""
        directory = self.empty_directory(tenant.blueprint, tenant.name)
        directory.succeed(tenant.directory)
        Loader(directory, tenant.types, self.clock.text()).restore(content)
        tenant.adopt(directory)


def blueprint_for(
    base: Blueprint,
    fixtures: tuple[str, ...],
    users: int | None,
    groups: int | None,
    seed: int | None,
) -> Blueprint:
    """Return the blueprint of a tenant that differs from the server's; raises FileError."""
    layers = combine(fixtures) if fixtures else base.layers
    people = population_of(layers.people.file.people, layers.people.folder) if fixtures else base.population
    people = replace(
        people,
        users=people.users if users is None else users,
        groups=people.groups if groups is None else groups,
    )
    if users == 0 and groups == 0:
        people = replace(people, files=())
    return replace(
        base,
        layers=layers,
        population=people,
        seed=base.seed if seed is None else seed,
    )
