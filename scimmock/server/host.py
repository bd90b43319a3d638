"""The server as the control API sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.requests import Request

from ..control.api import TenantOptions
from ..errors import ScimError
from ..faults.rule import Rule, read_rules
from ..quirks.quirkset import read_quirks
from ..traffic.exchange import Exchange
from .bases import BaseUrls
from .blueprint import Blueprint, blueprint_for, moment_of
from .like import told_of
from .population import dump
from .replayed import replayed, with_replay
from .tenant import Tenant
from .tenants import Tenants

_MAX_BLUEPRINTS = 32


def _names(given: str | list[str] | None) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


class ControlHost:
    """Implements `scimmock.control.api.Host`; ``ready`` turns true when the directory is loaded."""

    def __init__(self, tenants: Tenants, bases: BaseUrls, admin_token: str) -> None:
        self.tenants = tenants
        self.bases = bases
        self.admin_token = admin_token
        self.ready = True
        self.clock = tenants.clock
        self._blueprints: dict[object, Blueprint] = {}  # those that were asked for last

    def root_url(self, request: Request) -> str:
        host = request.headers.get("host")
        return self.bases.root(host.encode("latin-1") if host else None, request.scope.get("server")).decode()

    def info(self, tenant: Tenant) -> dict[str, Any]:
        blueprint = tenant.blueprint
        layers = blueprint.layers
        policy = blueprint.policy
        limits = policy.limits
        return {
            "fixture": layers.behaviour.name,
            "layers": {
                "names": list(layers.names),
                "behaviour": layers.behaviour.name,
                "people": layers.people.name,
                "auth": layers.auth.name,
                "client": layers.client.name if layers.client else None,
                "beside": [item.name for item in layers.beside],
            },
            "leniency": tenant.policy.leniency.names(),
            "quirks": tenant.quirks.names(),
            "profiles": sorted(blueprint.profiles),
            "seed": blueprint.seed,
            "limits": {name: getattr(limits, name) for name in limits.__dataclass_fields__}
            | {"tenants": self.tenants.max_tenants},
            "resources": {
                resource_type.endpoint.strip("/"): tenant.directory.count(resource_type.name)
                for resource_type in tenant.types
            },
            "replay": replayed(self.tenants.default),
            "server": told_of(blueprint),
            "tenants": sorted(name for name in self.tenants.tenants if name),
        }

    def tenant(self, name: str) -> Tenant:
        """Return a tenant for a call below ``/t/{name}``, made on first use like for a SCIM request."""
        return self.tenants.obtain(name) if name else self.tenants.default

    def create_tenant(
        self, name: str, options: TenantOptions, people: Sequence[Path] = (), rules: Sequence[Rule] = ()
    ) -> Tenant:
        """Make a tenant; raises ScimError, FileError for its files, RuleError for faults and quirks.

        ``people`` are files, ``rules`` come beside the faults of the options.
        """
        if name in self.tenants.tenants:
            raise ScimError(409, f"the tenant {name!r} exists already")
        options, replay = with_replay(options)
        blueprint = self._blueprint(options, tuple(people))
        if options.faults or rules:
            present = (*blueprint.rules, *blueprint.rules_of(blueprint.quirk_set), *rules)
            taken = tuple(rule.name for rule in present)
            read = read_rules(options.faults, "faults", "control", taken)
            blueprint = replace(blueprint, faults=(*blueprint.faults, *rules, *read))
        return self.tenants.create(name, blueprint if replay is None else replace(blueprint, replay=replay))

    def _blueprint(self, options: TenantOptions, people: tuple[Path, ...]) -> Blueprint:
        """Return the blueprint of a tenant without its own faults; files are read again when they change."""
        fixtures, also = _names(options.fixture), _names(options.also)
        key = (fixtures, also, options.users, options.groups, options.seed, people, repr(options.quirks))
        blueprint = self._blueprints.pop(key, None)
        if blueprint is None or (blueprint.moment and blueprint.moment != moment_of(blueprint)):
            blueprint = blueprint_for(
                self.tenants.blueprint, fixtures, options.users, options.groups, options.seed, also, people
            )
            if options.quirks:
                chosen = read_quirks(options.quirks, "quirks")
                given = {item.name for item in chosen}
                kept = [item for item in blueprint.quirks if item.name not in given]
                blueprint = replace(blueprint, quirks=(*kept, *chosen))
            if len(self._blueprints) >= _MAX_BLUEPRINTS:
                del self._blueprints[next(iter(self._blueprints))]
        self._blueprints[key] = blueprint
        return blueprint

    def delete_tenant(self, name: str) -> bool:
        return self.tenants.delete(name)

    def dump(self, tenant: Tenant) -> dict[str, list[dict[str, Any]]]:
        tenant.faults.settle(looking=True)
        return dump(tenant.directory, tenant.types)

    def restore(self, tenant: Tenant, content: dict[str, Any]) -> None:
        self.tenants.restore(tenant, content)

    def reset(self, tenant: Tenant) -> None:
        self.tenants.reset(tenant)

    async def examine(self, tenant: Tenant) -> None:
        examiner, journal = tenant.examiner, tenant.journal
        await examiner.catch_up_in_turn(journal.since(examiner.last), journal.oldest)

    def findings(self, tenant: Tenant, entries: Sequence[Exchange]) -> dict[int, list[dict[str, Any]]]:
        examiner = tenant.examiner
        return {entry.n: [finding.as_dict() for finding in examiner.of(entry.n)] for entry in entries}
