"""The keyword arguments of servers, tenants and the pytest marker, from names and paths to options."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from ..control.host import TenantOptions
from ..control.service import options_of
from ..errors import UsageError, did_you_mean
from ..faults.files import load_faults
from ..faults.rule import Rule
from ..quirks.quirkset import read_quirks
from ..server.options import ServeOptions
from ..server.replayed import replay_of
from .reach import explained

if TYPE_CHECKING:
    from ..traffic.recorder import RecordOptions

T = TypeVar("T")
Name = str | PathLike[str]
Fault = Name | Mapping[str, Any]
Quirk = str | Mapping[str, Any]


class TenantArguments(TypedDict, total=False):
    """What makes a tenant another one than the server's own.

    ``fixture`` is what it is like (several are layers), ``also`` what it is served as beside that;
    ``users`` and ``groups`` are how many are made up, ``people`` files with people of your own; ``faults``
    are rules, packs and files, ``quirks`` names or mappings.  ``replay`` is the recording that answers, or
    a mapping with its ``file`` and how.
    """

    fixture: Name | Sequence[Name] | None
    also: Name | Sequence[Name] | None
    users: int | None
    groups: int | None
    people: Name | Sequence[Name] | None
    seed: int | None
    faults: Fault | Sequence[Fault] | None
    quirks: Quirk | Sequence[Quirk] | None
    replay: Name | Mapping[str, Any] | None


class ServerArguments(TenantArguments, total=False):
    """The same for a server; the others are the options of ``scimmock serve``.

    ``token`` is the bearer token, ``auth`` False lets in everybody, ``limits`` False leaves out the limits
    of the fixture; ``record`` is a file that must not be there yet.
    """

    host: str
    port: int
    base_path: str | None
    token: str | None
    auth: bool
    admin_token: str | None
    limits: bool
    fault_header: bool
    lint: Sequence[str]
    db: Name | None
    public_url: str | None
    tls_cert: Name | None
    tls_key: Name | None
    max_body: int | None
    record: Name | None


TENANT_ARGUMENTS = tuple(TenantArguments.__annotations__)
SERVER_ARGUMENTS = tuple(ServerArguments.__annotations__)


@dataclass(frozen=True, slots=True)
class TenantChoice:
    """The arguments of a tenant in the form that the server takes."""

    options: TenantOptions
    people: tuple[Path, ...]
    faults: tuple[str | dict[str, Any], ...]

    def rules(self) -> list[Rule]:
        """Return the rules of the packs and files among the faults; raises FileError."""
        return [rule for name in self.faults if isinstance(name, str) for rule in load_faults(name)]


def check_arguments(given: Iterable[str], known: Collection[str]) -> None:
    """Raise UsageError for an argument that there is not."""
    for name in given:
        if name not in known:
            near = did_you_mean(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
            raise UsageError(f"there is no argument {name!r}", hint=hint)


def tenant_choice(given: Mapping[str, Any]) -> TenantChoice:
    """Return the options of a tenant; raises UsageError for what is unknown or of the wrong type."""
    check_arguments(given, TENANT_ARGUMENTS)
    faults = tuple(item if isinstance(item, Mapping) else _text(item) for item in _several(given, "faults"))
    document: dict[str, Any] = {
        "fixture": [_text(name) for name in _several(given, "fixture")],
        "also": [_text(name) for name in _several(given, "also")],
        "faults": [dict(item) for item in faults if isinstance(item, Mapping)],
        "quirks": [dict(item) if isinstance(item, Mapping) else item for item in _several(given, "quirks")],
    }
    document |= {name: given[name] for name in ("users", "groups", "seed") if given.get(name) is not None}
    replay = given.get("replay")
    if replay is not None:
        document["replay"] = dict(replay) if isinstance(replay, Mapping) else _text(replay)
    with explained():
        options = options_of(document)
        read_quirks(options.quirks, "quirks")
    people = tuple(Path(_text(item)) for item in _several(given, "people"))
    return TenantChoice(
        options, people, tuple(dict(item) if isinstance(item, Mapping) else item for item in faults)
    )


def serve_options(given: ServerArguments, **more: Any) -> ServeOptions:
    """Return the options of a server; raises UsageError."""
    arguments: dict[str, Any] = {**given}
    check_arguments(arguments, SERVER_ARGUMENTS)
    shared = {name: arguments.pop(name) for name in TENANT_ARGUMENTS if name in arguments}
    choice = tenant_choice(shared)
    options = choice.options
    token, record = arguments.pop("token", None), arguments.pop("record", None)
    for name in ("db", "tls_cert", "tls_key"):
        if arguments.get(name) is not None:
            arguments[name] = Path(arguments[name])
    return ServeOptions(
        fixtures=tuple(options.fixture or ()),
        also=tuple(options.also or ()),
        users=options.users,
        groups=options.groups,
        people=choice.people,
        seed=options.seed,
        faults=choice.faults,
        quirks=tuple(options.quirks),
        tokens={} if token is None else {"default": token},
        no_auth=not arguments.pop("auth", True),
        no_limits=not arguments.pop("limits", True),
        lint=tuple(arguments.pop("lint", ())),
        record=None if record is None else _recorded_in(record),
        replay=replay_of(options.replay) if options.replay else None,
        port=arguments.pop("port", 0),
        **arguments,
        **more,
    )


def _recorded_in(file: Name) -> RecordOptions:
    from ..traffic.recorder import RecordOptions

    return RecordOptions(Path(file))


def _several(given: Mapping[str, Any], name: str) -> list[Any]:
    """Return an argument that is one thing or several as a list."""
    value = given.get(name)
    if value is None:
        return []
    return [value] if isinstance(value, str | PathLike | Mapping) else list(value)


def _text(value: Any) -> Any:
    return fspath(value) if isinstance(value, PathLike) else value
