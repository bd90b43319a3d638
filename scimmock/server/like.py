"""A server as a recording says that it was: `scimmock serve --like`, and what recordings say for it.

The header of a recording has ``fixture``, ``faults``, ``seed``, ``users``, ``groups`` and ``clock``.  What
else a scimmock was told stands beside them in ``server``, and so do its own seed and people where those of
the header are somebody else's: an identity provider that is played has people too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ..clock import format_time, parse_time
from ..errors import FileError
from ..faults.errors import RuleError
from ..faults.rule import Rule, read_rules
from ..learn.people import people_before
from ..quirks.quirkset import Chosen, read_quirks
from ..traffic.recording import Recording, open_recording
from ..yamlfile import explain
from .blueprint import Blueprint, population_of
from .seen import Seen

_Number = Annotated[int, msgspec.Meta(ge=0)]


class _Told(msgspec.Struct):
    """The key ``server`` of a header; what is not there is as it is without the option."""

    fixtures: list[str] = []
    also: list[str] = []
    seed: int | None = None
    users: _Number | None = None
    groups: _Number | None = None
    people: list[str] = []
    quirks: list[Any] = []
    base_path: str | None = None
    max_body: _Number | None = None
    own_people: bool = False  # the fixture brings a file of them
    no_limits: bool = False
    no_auth: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """What a recording tells of a server, in the form of `ServeOptions`; None and () is nothing.

    ``clock`` is where it was frozen, in seconds since 1970.
    """

    path: Path | None = None
    fixtures: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    faults: tuple[Rule, ...] = ()
    quirks: tuple[Chosen, ...] = ()
    seed: int | None = None
    users: int | None = None
    groups: int | None = None
    people: tuple[Path, ...] = ()
    base_path: str | None = None
    max_body: int | None = None
    own_people: bool = False
    seen: Seen | None = None
    no_limits: bool = False
    no_auth: bool = False
    clock: float | None = None


NOTHING = Like()

# ---- what a server tells of itself


def told_of(blueprint: Blueprint) -> dict[str, Any]:
    """Return the key ``server`` of a header; paths in it are absolute."""
    layers, people = blueprint.layers, blueprint.population
    own = population_of(layers.people).files
    files = people.files if people.files != own else ()
    told = _Told(
        fixtures=list(layers.arguments or layers.names),
        also=list(layers.also),
        seed=blueprint.seed,
        users=people.users,
        groups=people.groups,
        people=[str(path.absolute()) for path in files],
        quirks=[{"quirk": item.name, **item.parameters} for item in blueprint.quirks],
        base_path=blueprint.own_base_path,
        max_body=blueprint.max_body,
        own_people=bool(own) and people.files == own,
        no_limits=not blueprint.limited,
        no_auth=not blueprint.auth_required,
    )
    always = ("fixtures", "seed", "users", "groups")
    found: dict[str, Any] = msgspec.to_builtins(told)
    return {name: value for name, value in found.items() if value or name in always}


# ---- what a recording tells of a server


def read_like(path: Path) -> Like:
    """Read the header of a recording; raises FileError where it is none, or cannot be followed."""
    recording = open_recording(path)
    header = recording.header
    where = f"{path}:1"
    told = _server_in(header, where)
    return Like(
        path=path,
        fixtures=tuple(_found(name, path) for name in told.fixtures),
        also=tuple(_found(name, path) for name in told.also),
        faults=_faults_in(header, where),
        quirks=_quirks_in(told.quirks, where),
        seed=told.seed,
        users=told.users,
        groups=told.groups,
        people=tuple(path.parent / name for name in told.people),
        base_path=told.base_path,
        max_body=told.max_body,
        own_people=told.own_people,
        seen=_seen_in(recording, told),
        no_limits=told.no_limits,
        no_auth=told.no_auth,
        clock=_clock_in(header, where),
    )


def behind(path: Path) -> Like:
    """Return what is needed of the service in a recording to answer beside it; raises FileError.

    Its people, faults and clock are in the session.
    """
    told = _server_in(open_recording(path).header, f"{path}:1")
    if not told.fixtures:
        return NOTHING
    return Like(
        path=path,
        fixtures=tuple(_found(name, path) for name in told.fixtures),
        also=tuple(_found(name, path) for name in told.also),
        quirks=_quirks_in(told.quirks, f"{path}:1"),
        base_path=told.base_path,
        max_body=told.max_body,
    )


def _server_in(header: dict[str, Any], where: str) -> _Told:
    """Return what the header tells of the server; its own keys hold where ``server`` does not say more."""
    fixture = header.get("fixture")
    own: dict[str, Any] = {"fixtures": fixture.split("+") if isinstance(fixture, str) else []}
    if header.get("by") != "provision":  # whose seed and people are those of an identity provider
        own |= {name: header.get(name) for name in ("seed", "users", "groups")}
        own |= {name: header[name] for name in ("quirks", "also") if name in header}
    server = header.get("server")
    if not isinstance(server, dict | None):
        raise FileError(
            "is no header: its server is no object", where=where, hint='{"users": 0} would be one'
        )
    try:
        return msgspec.convert({**own, **(server or {})}, _Told)
    except msgspec.ValidationError as error:
        problem = explain(str(error), _Told)
        name = problem.path.removeprefix("$.")
        raise FileError(
            f"is no header: its {name}: {problem.message}", where=where, hint=problem.hint
        ) from None


def _found(name: str, recording: Path) -> str:
    """Return what a fixture is found by: a path begins at the folder of the recording."""
    is_path = name.startswith(".") or "/" in name
    return str(recording.absolute().parent / name) if is_path else name


def _seen_in(recording: Recording, told: _Told) -> Seen | None:
    """Return the people of a session where the server cannot make them as they are there.

    They may have pseudonyms there, or nothing else may be known of them.
    """
    known = told.users is not None or told.groups is not None
    some = told.users or told.groups or told.people or told.own_people
    redaction = recording.header.get("redaction") or {}
    if known and not (some and redaction.get("mode") == "pseudonyms"):
        return None
    people = people_before(recording, alone=not known)
    return Seen(people, not known) if people else None


def _faults_in(header: dict[str, Any], where: str) -> tuple[Rule, ...]:
    data = header.get("faults") or []
    try:
        return tuple(read_rules(data, "faults", "faults"))
    except RuleError as error:
        index = int(error.path.partition("[")[2].partition("]")[0] or 0)
        python = (data[index].get("do") or {}).get("python") if isinstance(data[index], dict) else None
        if python is not None:
            message = f"the rule {data[index].get('name')!r} was a function, in {python}"
            raise FileError(message, where=where, hint="--faults FILE beside --like brings it") from None
        raise FileError(f"{error.path}: {error.message}", where=where, hint=error.advice) from None


def _quirks_in(data: list[Any], where: str) -> tuple[Chosen, ...]:
    try:
        return tuple(read_quirks(data, "quirks"))
    except RuleError as error:
        raise FileError(f"{error.path}: {error.message}", where=where, hint=error.advice) from None


def _clock_in(header: dict[str, Any], where: str) -> float | None:
    clock = header.get("clock")
    if clock is None:
        return None
    try:
        return parse_time(clock)
    except (ValueError, TypeError, OverflowError):
        hint = f'"{format_time(0)}" would be one'
        raise FileError("is no header: its clock is no time", where=where, hint=hint) from None
