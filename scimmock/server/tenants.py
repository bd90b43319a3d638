"""Tenants: isolated directories in one server, made on first use or by request."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..clock import Clock
from ..errors import ScimError
from ..journal.ring import Budget
from ..scim.engine import Service
from ..scim.page import Cursors
from ..store.directory import Directory
from ..store.ids import Minter
from .auth import Issued
from .blueprint import Blueprint, index_plan
from .codec import JsonEncoder
from .faces import Face
from .fitting import Fitting
from .population import CREATED, Loader
from .templates import Templates
from .tenant import Tenant

MAX_TENANTS = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _template_key(blueprint: Blueprint) -> tuple[object, ...]:
    """Return what makes the first directory of two tenants the same."""
    layers = blueprint.layers
    fixtures = tuple(item.argument for item in (layers.behaviour, layers.people, *layers.beside))
    quirks = tuple(repr(item.spec) for item in blueprint.quirks)
    return fixtures, blueprint.seed, blueprint.population, quirks, blueprint.moment


def _minter(blueprint: Blueprint, tenant: str) -> Minter:
    return Minter(blueprint.seed, tenant, blueprint.quirk_set.ids or blueprint.ids)


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
        self._templates = Templates()
        self.tenants: dict[str, Tenant] = {}

    def start(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make the people of the server's own fixture; ``progress`` is told (done, total)."""
        self._template(self.blueprint, progress)
        self.tenants[""] = self._make("", self.blueprint)
        for table in self.default.directory.tables.values():
            table.own()  # now rather than during the first write

    def place(self, name: str, blueprint: Blueprint, directory: Directory) -> None:
        """Serve a directory that was stored before."""
        self.tenants[name] = self._serve(name, blueprint, directory)

    def _serve(self, name: str, blueprint: Blueprint, directory: Directory) -> Tenant:
        self._templates.hold(_template_key(blueprint))
        tenant = Tenant(name, blueprint, directory, self.clock, self.budget, self.issued)
        tenant.faces = [Face(tenant, other) for other in blueprint.beside]
        return tenant

    @property
    def default(self) -> Tenant:
        return self.tenants[""]

    def empty_directory(self, blueprint: Blueprint, tenant: str) -> Directory:
        """Return a directory without resources for a tenant."""
        layers = blueprint.layers
        plan = index_plan(layers.behaviour.types, *(other.types for other in layers.beside))
        return Directory(layers.behaviour.types, plan, _minter(blueprint, tenant))

    def _template(
        self, blueprint: Blueprint, progress: Callable[[int, int], None] | None = None
    ) -> Directory:
        return self._templates.obtain(_template_key(blueprint), lambda: self._populated(blueprint, progress))

    def _populated(self, blueprint: Blueprint, progress: Callable[[int, int], None] | None) -> Directory:
        template = self.empty_directory(blueprint, "")
        types, quirks = blueprint.layers.behaviour.types, blueprint.quirk_set
        service = Service(
            types,
            quirks.policy(blueprint.policy),
            template,
            JsonEncoder(),
            lambda: CREATED,
            Cursors(b"", self.clock.now),
            quirks.dress,
        )
        template.encode = service.default_view
        fitting = Fitting(service, template, quirks, self.clock)
        loader = Loader(template, types, CREATED, fitting)
        loader.populate(blueprint.population, blueprint.seed, progress)
        return template

    def fresh_directory(self, blueprint: Blueprint, tenant: str) -> Directory:
        """Return a directory with the people of a blueprint, for a tenant."""
        return self._template(blueprint).fork(_minter(blueprint, tenant))

    def _make(self, name: str, blueprint: Blueprint) -> Tenant:
        return self._serve(name, blueprint, self.fresh_directory(blueprint, name))

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
        """Forget a tenant; False when there is none."""
        tenant = self.tenants.pop(name, None) if name else None
        if tenant is None:
            return False
        tenant.journal.close()
        self._templates.release(_template_key(tenant.blueprint))
        return True

    def end_streams(self) -> None:
        """End everything that waits for an exchange: the server stops."""
        for tenant in self.tenants.values():
            tenant.journal.end()

    def reset(self, tenant: Tenant) -> None:
        """Put a tenant's directory back to what its fixture made it."""
        directory = self.fresh_directory(tenant.blueprint, tenant.name)
        directory.succeed(tenant.directory)
        for one in (tenant, *tenant.faces):
            if one.replaying is not None:
                one.replaying.reset()
        tenant.adopt(directory)

    def restore(self, tenant: Tenant, content: dict[str, list[dict[str, object]]]) -> None:
        """Replace a tenant's directory by a dump; raises ScimError and leaves it as it was."""
        directory = self.empty_directory(tenant.blueprint, tenant.name)
        directory.succeed(tenant.directory)
        Loader(directory, tenant.types, self.clock.text()).restore(content)
        tenant.adopt(directory)
