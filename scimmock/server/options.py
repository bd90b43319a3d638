"""What a server can be told, and the blueprint that comes of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clock import format_time
from ..errors import FileError
from ..faults.files import load_faults
from ..faults.rule import Rule, read_rules
from ..faults.ruleset import MAX_RULES
from ..findings.base import DEFAULT_PROFILES
from ..fixture import BasicSpec, ClientSpec, Fixture, Layers, check_beside, combine
from ..hosts import is_loopback
from ..quirks.options import chosen_quirks
from .blueprint import Blueprint, moment_of, peopled, population_of
from .like import NOTHING, Like, behind, read_like
from .population import Population
from .tenants import MAX_TENANTS

if TYPE_CHECKING:  # what records or plays is loaded where something is to be recorded or played
    from ..traffic.recorder import RecordOptions
    from .replay_options import ReplayOptions
    from .replaying import ReplayPlan


@dataclass(slots=True)
class ServeOptions:
    """Everything that ``scimmock serve`` can be told; see its --help for the meaning."""

    fixtures: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8080
    base_path: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    no_auth: bool = False
    basic: tuple[BasicSpec, ...] = ()
    clients: tuple[ClientSpec, ...] = ()
    admin_token: str | None = None
    users: int | None = None
    groups: int | None = None
    people: tuple[Path, ...] = ()
    seed: int | None = None
    db: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public_url: str | None = None
    ready_file: Path | None = None
    access_log: Path | None = None
    max_body: int | None = None
    max_tenants: int = MAX_TENANTS
    faults: tuple[str | dict[str, Any], ...] = ()
    no_limits: bool = False
    fault_header: bool = False
    quirks: tuple[str | dict[str, Any], ...] = ()
    also: tuple[str, ...] = ()
    lint: tuple[str, ...] = ()
    record: RecordOptions | None = None
    like: Path | None = None
    replay: ReplayOptions | None = None


def blueprint_of(options: ServeOptions, like: Like = NOTHING) -> Blueprint:
    """Read the fixtures and put the options over them; raises FileError and UsageError.

    ``like`` is what a recording says of the server: it holds where the options say nothing.
    """
    layers = _layers(options, like)
    base_path = options.base_path or like.base_path
    check_beside(layers, base_path)
    seed = options.seed if options.seed is not None else like.seed
    blueprint = Blueprint(
        layers=layers,
        seed=1 if seed is None else seed,
        population=_population(options, like, population_of(layers.people)),
        own_base_path=base_path,
        max_body=options.max_body or like.max_body,
        tokens=_tokens(options, like),
        basic=options.basic,
        clients=options.clients,
        auth_required=not _is_open(options, like),
        faults=_faults(options.faults, like, layers.behaviour),
        limited=not (options.no_limits or like.no_limits),
        quirks=tuple(chosen_quirks(options.quirks)) or like.quirks,
        profiles=DEFAULT_PROFILES | set(options.lint),
        replay=_plan_of(options.replay) if options.replay is not None else None,
    )
    return replace(blueprint, moment=moment_of(blueprint))


def _plan_of(replay: ReplayOptions) -> ReplayPlan:
    from .replaying import read_plan

    return read_plan(replay)


def like_of(options: ServeOptions) -> Like:
    """Return what a recording says of the server: the one to be like, else the one to replay."""
    if options.like is not None:
        return read_like(options.like)
    if options.replay is None:
        return NOTHING
    # Who is there is what the session shows.
    return replace(NOTHING if options.fixtures else behind(options.replay.path), users=0, groups=0)


def taken(like: Like, options: ServeOptions, layers: Layers) -> list[str]:
    """Return in words what a recording said for a server: all that no option said otherwise."""
    own_people = _brings_people(options, population_of(layers.people))
    made = options.users is not None or options.groups is not None
    all_there_is = like.seen is not None and like.seen.all_there_is
    rules = f"{len(like.faults)} fault rule{'' if len(like.faults) == 1 else 's'}"
    quirks = ", ".join(item.name for item in like.quirks)
    others = [
        (like.base_path and not options.base_path, f"base path {like.base_path}"),
        (like.no_limits and not options.no_limits, "no limits"),
        (like.no_auth and _is_open(options, like) and not options.no_auth, "no credentials"),
    ]
    parts = [
        (like.fixtures and not options.fixtures, f"fixture {' + '.join(map(_short, like.fixtures))}"),
        (like.also and not options.also, f"also {', '.join(map(_short, like.also))}"),
        (not options.faults, rules),
        (like.quirks and not options.quirks, f"quirks {quirks}"),
        (like.seed is not None and options.seed is None, f"seed {like.seed}"),
        (like.users is not None and options.users is None and not own_people, f"{like.users} users"),
        (like.groups is not None and options.groups is None and not own_people, f"{like.groups} groups"),
        (like.people and not own_people, f"people of {', '.join(path.name for path in like.people)}"),
        (
            like.seen is not None and not own_people and not made,
            "the people whom it shows" if all_there_is else "the names that people have there",
        ),
        *others,
        (like.clock is not None, f"the clock, frozen at {format_time(like.clock or 0)}"),
    ]
    return [text for is_taken, text in parts if is_taken]


def _short(fixture: str) -> str:
    return Path(fixture).name


def _is_open(options: ServeOptions, like: Like) -> bool:
    given = options.tokens or options.basic or options.clients
    # Whoever was recorded had credentials of its own; what it was told is not for everybody on a network.
    replays = options.replay is not None and is_loopback(options.host)
    return options.no_auth or ((like.no_auth or replays) and not given)


def _layers(options: ServeOptions, like: Like) -> Layers:
    if like.path is None or options.fixtures:
        return combine(options.fixtures, options.also or like.also)
    hint = f"--fixture NAME beside --{'replay' if options.like is None else 'like'} says it"
    if not like.fixtures:
        message = "does not say what the service was like: it was recorded without knowing its fixture"
        raise FileError(message, where=f"{like.path}:1", hint=hint)
    try:
        return combine(like.fixtures, options.also or like.also)
    except FileError as error:
        message = f"the service was like {'+'.join(like.fixtures)}: {error}"
        raise FileError(message, where=f"{like.path}:1", hint=hint) from None


def _population(options: ServeOptions, like: Like, people: Population) -> Population:
    """Return who is in the directory: who was asked for, else who was in that of the recording."""
    if _brings_people(options, people):
        like = NOTHING
    users = like.users if options.users is None else options.users
    groups = like.groups if options.groups is None else options.groups
    seen = like.seen if options.users is None and options.groups is None else None
    if seen is not None and seen.all_there_is:
        people = replace(people, users=0, groups=0, files=())
    if like.own_people and users == 0 and groups == 0:
        users = groups = None  # the fixture's own file of people is there all the same
    return replace(peopled(people, users, groups, options.people or like.people), seen=seen)


def _brings_people(options: ServeOptions, people: Population) -> bool:
    """Whether people of one's own were asked for, who are not those of a recording, nor as many."""
    return bool(options.people or (options.fixtures and people.files))


def _faults(sources: tuple[str | dict[str, Any], ...], like: Like, behaviour: Fixture) -> tuple[Rule, ...]:
    """Read faults files, packs and rules; raises FileError, also when two use one name, and RuleError."""
    rules: list[Rule] = []
    taken = {rule.name: "the fixture" for rule in behaviour.faults}
    for name, found in _sources(sources, like):
        for rule in found:
            if rule.name in taken:
                raise FileError(f"the rule name {rule.name!r} is taken by {taken[rule.name]}", where=name)
            taken[rule.name] = name
            rules.append(rule)
        if len(rules) > MAX_RULES:
            raise FileError(f"there are at most {MAX_RULES} rules", where=name, hint="leave some out")
    return tuple(rules)


def _sources(sources: tuple[str | dict[str, Any], ...], like: Like) -> Iterator[tuple[str, Iterable[Rule]]]:
    """Yield rules with where they come from."""
    if not sources and like.path is not None:
        yield f"{like.path}:1", like.faults
    for source in sources:
        if isinstance(source, str):
            yield source, load_faults(source)
    yield "faults", read_rules([item for item in sources if not isinstance(item, str)], "faults", "faults")


def _tokens(options: ServeOptions, like: Like) -> dict[str, str]:
    if _is_open(options, like):
        return {}
    if options.tokens:
        return dict(options.tokens)
    # On loopback a well-known token keeps examples short; anywhere else it must be secret.
    return {"default": "scimmock" if is_loopback(options.host) else secrets.token_urlsafe(24)}
