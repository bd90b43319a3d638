"""Everything that makes a tenant what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..faults.base import Stage
from ..faults.rule import Rule
from ..findings.base import DEFAULT_PROFILES
from ..fixture import AuthSpec, BasicSpec, ClientSpec, Fixture, Layers, check_beside, combine, fixtures_folder
from ..quirks.quirkset import Chosen, QuirkSet, rules_of
from ..scim.policy import Policy
from ..scim.schema import ResourceType
from ..scim.values import key_of
from ..store.directory import IndexPlan
from .population import Population

if TYPE_CHECKING:
    from .replaying import ReplayPlan

Moment = tuple[tuple[str, int, int], ...]  # path, time and size of files
_INDEXED = ("userName", "externalId", "displayName", "emails.value", "members.value")


@dataclass(frozen=True)
class Blueprint:
    """Everything that makes a tenant what it is; the server has one, a tenant may have its own.

    What stands below ``population`` comes from the command line and holds over every fixture:
    ``tokens`` are the server's own bearer tokens by name, ``own_base_path`` and ``max_body`` (bytes)
    take the place of the fixture's, ``auth_required`` is False for --no-auth.  ``faults`` come beside
    the fixture's own rules, whose limits ``limited`` False (--no-limits) leaves out; ``quirks`` come
    after the fixture's own, ``profiles`` say by what requests are examined.  ``moment`` tells it from what
    the same files would make later (`moment_of`).  ``replay`` is the session that answers; the fixture is for
    what it does not answer, and its own rules do not act then.
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
    faults: tuple[Rule, ...] = ()
    limited: bool = True
    quirks: tuple[Chosen, ...] = ()
    profiles: frozenset[str] = DEFAULT_PROFILES
    moment: Moment = ()
    replay: ReplayPlan | None = None

    @property
    def ids(self) -> str | dict[str, str]:
        """The form of new ids that the fixture asks for, for all or by resource type."""
        behaviour = self.layers.behaviour.file.behaviour
        return behaviour.ids if behaviour else "uuid"

    @property
    def base_path(self) -> str:
        behaviour = self.layers.behaviour.file.behaviour
        return self.own_base_path or (behaviour.base_path if behaviour else "/scim/v2")

    @property
    def rules(self) -> list[Rule]:
        """The fault rules that a tenant starts with, uncounted."""
        return [rule.fresh() for rule in (*self.allowed(self.layers.behaviour.faults), *self.faults)]

    def allowed(self, rules: Iterable[Rule]) -> list[Rule]:
        """Return the rules of a fixture that are to be in force: all, or all but its limits."""
        if self.replay is not None:
            return []
        return [rule for rule in rules if self.limited or rule.action.stage is not Stage.LIMIT]

    def rules_of(self, quirks: QuirkSet) -> list[Rule]:
        """Return the rules of quirks that are to be in force; limits that were asked for always are."""
        if quirks is self.quirk_set:
            return [rule.fresh() for rule in self._quirk_rules]
        return self._read(quirks)

    @cached_property
    def _quirk_rules(self) -> list[Rule]:
        return self._read(self.quirk_set)

    def _read(self, quirks: QuirkSet) -> list[Rule]:
        own = self.layers.behaviour.quirks
        return [
            rule
            for item in quirks.chosen
            for rule in (self.allowed(rules_of(item)) if item in own else rules_of(item))
        ]

    @cached_property
    def quirk_set(self) -> QuirkSet:
        """The quirks that a tenant starts with; one that is given again takes the place of the fixture's."""
        given = {item.name for item in self.quirks}
        own = [item for item in self.layers.behaviour.quirks if item.name not in given]
        return QuirkSet((*own, *self.quirks))

    @cached_property
    def policy(self) -> Policy:
        policy = self.layers.behaviour.policy
        if self.max_body is None:
            return policy
        return replace(policy, limits=replace(policy.limits, body_bytes=self.max_body))

    def policy_under(self, quirks: QuirkSet) -> Policy:
        """Return the policy of a service with these quirks."""
        return self._own_policy if quirks is self.quirk_set else quirks.policy(self.policy)

    @cached_property
    def _own_policy(self) -> Policy:
        return self.quirk_set.policy(self.policy)

    @cached_property
    def beside(self) -> tuple[Blueprint, ...]:
        """The blueprints of the faces that a tenant has beside its own.

        What the command line says of the base path and of quirks is for the tenant's own.
        """
        return tuple(
            replace(
                self,
                layers=replace(self.layers, behaviour=fixture, beside=()),
                own_base_path=None,
                quirks=(),
                faults=(),
            )
            for fixture in self.layers.beside
        )

    @property
    def auth(self) -> AuthSpec:
        """Who may come in: what the fixture says and what the command line adds."""
        spec = self.layers.auth.file.auth or AuthSpec()
        schemes = list(spec.schemes)
        schemes += ["basic"] if self.basic and "basic" not in schemes else []
        schemes += ["oauth2"] if self.clients and "oauth2" not in schemes else []
        return AuthSpec(schemes, spec.tokens, [*spec.basic, *self.basic], [*spec.clients, *self.clients])


def population_of(fixture: Fixture) -> Population:
    """Return the population that a fixture's people slot describes."""
    spec = fixture.file.people
    if spec is None:
        return Population()
    files = (fixture.path_of(spec.file),) if spec.file else ()
    return Population(spec.users, spec.groups, spec.external_id, spec.domain, files)


def index_plan(types: tuple[ResourceType, ...], *others: tuple[ResourceType, ...]) -> IndexPlan:
    """Return the indexed paths of each type: the usual ones and every unique attribute.

    ``others`` are the types of behaviours that the same directory is served with.
    """
    found: dict[str, dict[str, Callable[[str], str]]] = {}
    for resource_type in (item for each in (types, *others) for item in each):
        paths = found.setdefault(resource_type.name, {})
        for path in (path for path in _INDEXED if path not in paths):
            name, _, sub = path.partition(".")
            attribute = resource_type.attribute(name)
            leaf = attribute.sub(sub) if attribute is not None and sub else attribute
            if leaf is not None and (sub or (attribute is not None and attribute.type != "complex")):
                paths[path] = key_of(leaf)
        for attribute in resource_type.all_attributes():
            if attribute.uniqueness in ("server", "global") and attribute.mutability != "readOnly":
                paths.setdefault(attribute.path, key_of(attribute))
    return {name: tuple(paths.items()) for name, paths in found.items()}


def peopled(
    population: Population, users: int | None, groups: int | None, files: Sequence[Path] = ()
) -> Population:
    """Return a population in other numbers (None leaves them as they are), or people from files.

    One's own people take the place of the fixture's, made-up ones come beside them only when asked for.
    """
    if files:
        population = replace(population, users=0, groups=0, files=tuple(files))
    if users == 0 and groups == 0 and not files:
        population = replace(population, files=())
    return replace(
        population,
        users=population.users if users is None else users,
        groups=population.groups if groups is None else groups,
    )


def moment_of(blueprint: Blueprint) -> Moment:
    """Return what changes with the files that a blueprint is made from, but for those that are shipped."""
    layers, shipped = blueprint.layers, fixtures_folder()
    owners = (layers.behaviour, layers.people, layers.auth, *layers.beside)
    folders = {folder for item in owners for folder in item.folders if folder.parent != shipped}
    files = [path for folder in folders for path in folder.iterdir() if folder.is_dir()]
    return tuple(sorted(_stamp(path) for path in (*files, *blueprint.population.files)))


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:  # who reads it will say so
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size


def blueprint_for(
    base: Blueprint,
    fixtures: tuple[str, ...],
    users: int | None,
    groups: int | None,
    seed: int | None,
    also: tuple[str, ...] = (),
    people: Sequence[Path] = (),
) -> Blueprint:
    """Return the blueprint of a tenant that differs from the server's; raises FileError.

    ``also`` are fixtures that its directory is served with beside its own, ``people`` files of people.
    """
    layers = base.layers
    if fixtures or also:
        layers = combine(fixtures or layers.arguments, also)
        check_beside(layers, base.own_base_path)
    population = population_of(layers.people) if fixtures else base.population
    blueprint = replace(
        base,
        layers=layers,
        population=peopled(population, users, groups, people),
        seed=base.seed if seed is None else seed,
    )
    # What has no files of its own is as the server was when it began.
    return replace(blueprint, moment=moment_of(blueprint)) if fixtures or also or people else blueprint
