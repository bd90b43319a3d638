"""Fixtures: what a service or an identity provider is like, as a folder of data.

A fixture fills up to four slots: the people in the directory, the behaviour of the service, the way
the client speaks, and who may come in.  Several fixtures are layers, later ones win slot by slot:
``--fixture okta --fixture slack`` is Slack's behaviour with the people that Okta provisions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from .errors import FileError, did_you_mean
from .faults.files import rules_of
from .faults.rule import Rule
from .quirks.files import Confidence, check_confidence, check_together, quirks_of
from .quirks.quirkset import Chosen
from .scim.policy import SWITCHES, Bulk, Leniency, Limits, Paging, Policy
from .scim.schema import ResourceType, Schema, SchemaError, load_schema, standard_schema
from .yamlfile import YamlFile, read_yaml

_LIMITS = Limits()
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Size = Annotated[int, msgspec.Meta(ge=1)]


class Switch(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One leniency switch with the reason why it is on."""

    switch: str
    why: str = ""
    source: str = ""
    confidence: Confidence = "unverified"


class BulkSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    supported: bool = True
    max_operations: _Size = 1000
    max_payload_size: _Size = 1_048_576


class PagingSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    index: bool = True
    cursor: bool = True
    default_method: Literal["index", "cursor"] = "index"
    default_page_size: _Size = 100
    max_page_size: _Size = 1000
    cursor_timeout: _Size = 3600


class LimitsSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    body_bytes: _Size = _LIMITS.body_bytes
    header_bytes: _Size = _LIMITS.header_bytes
    nesting: _Size = _LIMITS.nesting
    filter_length: _Size = _LIMITS.filter_length
    filter_depth: _Size = _LIMITS.filter_depth
    patch_operations: _Size = _LIMITS.patch_operations
    members: _Size = _LIMITS.members


class ExtensionSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An extension of a resource type: a shipped schema's name, or a JSON file in the fixture's folder."""

    schema: str
    required: bool = False


class ResourceTypeSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    endpoint: str
    schema: str
    description: str = ""
    extensions: list[ExtensionSpec] = []


class BehaviourSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How the service answers."""

    base_path: str = "/scim/v2"
    media_type: str = "application/scim+json"
    resource_types: list[ResourceTypeSpec] = []
    leniency: list[str | Switch] = []
    quirks: list[str | dict[str, Any]] = []
    patch: bool = True
    patch_answers: dict[str, Literal[200, 204]] = {}
    bulk: BulkSpec = BulkSpec()
    filter: bool = True
    sort: bool = True
    etag: bool = True
    change_password: bool = True
    paging: PagingSpec = PagingSpec()
    limits: LimitsSpec = LimitsSpec()
    ids: Literal["uuid", "hex", "number", "unsafe"] = "uuid"
    documentation_uri: str | None = None


class PeopleSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who is in the directory: a number of made-up people, or a file of them in the fixture's folder."""

    users: _Count = 0
    groups: _Count = 0
    external_id: Literal["okta", "uuid"] | None = None
    domain: str = "example.com"
    file: str | None = None


class TokenSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A bearer token; ``user`` is the userName that it stands for (``/Me``), ``value`` its text.

    A token without value is made up at the start of the server.
    """

    name: str
    value: str | None = None
    user: str | None = None


class BasicSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    username: str
    password: str
    user: str | None = None


class ClientSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A client of the token endpoint; ``expires_in`` in seconds."""

    client_id: str
    client_secret: str
    expires_in: _Size = 3600
    user: str | None = None


class AuthSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who may come in.  ``schemes`` are advertised, the preferred one first."""

    schemes: list[Literal["bearer", "basic", "oauth2"]] = msgspec.field(default_factory=lambda: ["bearer"])
    tokens: list[TokenSpec] = []
    basic: list[BasicSpec] = []
    clients: list[ClientSpec] = []


class FixtureFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The form of ``fixture.yaml``."""

    fixture: str
    title: str
    kind: Literal["standard", "service", "idp"]
    description: str = ""
    sources: dict[str, str] = {}
    behaviour: BehaviourSpec | None = None
    people: PeopleSpec | None = None
    client: dict[str, Any] | None = None
    auth: AuthSpec | None = None
    faults: list[dict[str, Any]] = []


@dataclass(frozen=True, slots=True)
class Fixture:
    """One layer, read and checked."""

    name: str
    folder: Path
    file: FixtureFile
    types: tuple[ResourceType, ...]
    policy: Policy
    leniency: tuple[Switch, ...] = ()
    faults: tuple[Rule, ...] = ()
    quirks: tuple[Chosen, ...] = ()


@dataclass(frozen=True, slots=True)
class Layers:
    """The fixtures that a server plays, slot by slot; every slot has an owner."""

    behaviour: Fixture
    people: Fixture
    auth: Fixture
    client: Fixture | None = None
    names: tuple[str, ...] = field(default=())
    # As they were given, paths made absolute: what reads them again.
    arguments: tuple[str, ...] = field(default=())


@cache
def fixtures_folder() -> Path:
    """Return the folder of the shipped fixtures, in a wheel or in a checkout."""
    inside = Path(__file__).parent / "_shipped" / "fixtures"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "fixtures"


def shipped_names() -> list[str]:
    """Return the names of the shipped fixtures."""
    return sorted(path.parent.name for path in fixtures_folder().glob("*/fixture.yaml"))


def find_folder(name: str) -> Path:
    """Return the folder of a fixture: a shipped name, or a path to a folder or its fixture.yaml."""
    if "/" in name or name.startswith(".") or name.endswith((".yaml", ".yml")):
        path = Path(name)
        if path.is_file():
            return path.parent
        if not (path / "fixture.yaml").is_file():
            raise FileError("there is no fixture.yaml here", where=name)
        return path
    if name in shipped_names():
        return fixtures_folder() / name
    if (Path(name) / "fixture.yaml").is_file():
        return Path(name)
    near = did_you_mean(name, shipped_names())
    hint = f"did you mean {near!r}?" if near else f"shipped are {', '.join(shipped_names())}"
    raise FileError(f"there is no fixture {name!r}", hint=hint)


_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


def wrong_base_path(path: str) -> str | None:
    """Return what is wrong with the base path of a service, None when nothing is."""
    if not path.startswith("/") or path.endswith("/"):
        return "is no base path: it begins with '/' and does not end with it"
    if not _BASE_PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        return "is no path of letters, digits and - . _ ~ between slashes"
    if path.split("/")[1] in ("_scimmock", "t", "oauth"):
        return "begins as scimmock's own paths do"
    return None


def load_fixture(name: str) -> Fixture:
    """Read and check a fixture; raises FileError with path:line:column."""
    folder = find_folder(name)
    source = read_yaml(folder / "fixture.yaml")
    if not isinstance(source.data, dict):
        raise source.error("$", "a fixture is a mapping", "begin with 'fixture: <name>'")
    file = source.convert(FixtureFile)
    behaviour = file.behaviour or BehaviourSpec()
    wrong = wrong_base_path(behaviour.base_path)
    if wrong:
        raise source.error(
            "$.behaviour.base_path", f"{behaviour.base_path!r} {wrong}", "/scim/v2 would be right"
        )
    if file.people is not None and file.people.file and not (folder / file.people.file).is_file():
        raise source.error("$.people.file", f"there is no file {file.people.file!r} in the fixture's folder")
    switches = _switches(source, behaviour)
    types = _types(source, folder, behaviour)
    for type_name in behaviour.patch_answers:
        names = [resource_type.name for resource_type in types]
        if type_name not in names:
            path = f"$.behaviour.patch_answers.{type_name}"
            raise source.error(path, f"unknown resource type {type_name!r}", f"known are {', '.join(names)}")
    _check_auth(source, file)
    quirks = quirks_of(source, "$.behaviour.quirks", behaviour.quirks)
    if file.faults and file.behaviour is None:
        hint = "'behaviour: {}' makes it one, a faults file is for rules over any service"
        raise source.error("$.faults", "belong to the behaviour of a service, which is none here", hint)
    faults = rules_of(source, "$.faults", file.faults, "fixture")
    check_confidence(source, "$.faults", file.faults)
    check_together(source, [switch.switch for switch in switches], quirks, faults)
    policy = _policy(behaviour, switches)
    return Fixture(file.fixture, folder, file, types, policy, switches, tuple(faults), tuple(quirks))


def _switches(source: YamlFile, behaviour: BehaviourSpec) -> tuple[Switch, ...]:
    switches = []
    for index, item in enumerate(behaviour.leniency):
        switch = Switch(item) if isinstance(item, str) else item
        if switch.switch not in SWITCHES:
            near = did_you_mean(switch.switch, SWITCHES)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(SWITCHES)}"
            raise source.error(f"$.behaviour.leniency[{index}]", f"unknown switch {switch.switch!r}", hint)
        switches.append(switch)
    return tuple(switches)


def _policy(behaviour: BehaviourSpec, switches: tuple[Switch, ...]) -> Policy:
    as_dict = msgspec.structs.asdict
    return Policy(
        leniency=Leniency.of(switch.switch for switch in switches),
        limits=Limits(**as_dict(behaviour.limits)),
        bulk=Bulk(**as_dict(behaviour.bulk)),
        paging=Paging(**as_dict(behaviour.paging)),
        patch=behaviour.patch,
        filter=behaviour.filter,
        sort=behaviour.sort,
        etag=behaviour.etag,
        change_password=behaviour.change_password,
        patch_answers=dict(behaviour.patch_answers),
        documentation_uri=behaviour.documentation_uri,
    )


def _check_auth(source: YamlFile, file: FixtureFile) -> None:
    if file.auth is None:
        return
    names = [token.name for token in file.auth.tokens]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise source.error(f"$.auth.tokens[{index}].name", f"the token name {name!r} stands twice")
    for scheme, configured in (("basic", file.auth.basic), ("oauth2", file.auth.clients)):
        if configured and scheme not in file.auth.schemes:
            raise source.error("$.auth.schemes", f"{scheme!r} has entries but is not among the schemes")


_SHIPPED_SCHEMAS = ("user", "group", "enterprise_user")
_RESERVED = ("serviceproviderconfig", "resourcetypes", "schemas", "bulk", "me", ".search")
_STANDARD_TYPES = [
    ResourceTypeSpec("User", "/Users", "user", "User account", [ExtensionSpec("enterprise_user")]),
    ResourceTypeSpec("Group", "/Groups", "group", "Group of users and groups"),
]


def _types(source: YamlFile, folder: Path, behaviour: BehaviourSpec) -> tuple[ResourceType, ...]:
    specs = behaviour.resource_types or _STANDARD_TYPES
    types: list[ResourceType] = []
    for index, spec in enumerate(specs):
        at = f"$.behaviour.resource_types[{index}]"
        if not spec.endpoint.startswith("/") or "/" in spec.endpoint[1:] or len(spec.endpoint) < 2:
            raise source.error(f"{at}.endpoint", "an endpoint is one path segment such as /Devices")
        if spec.endpoint[1:].lower() in _RESERVED:
            raise source.error(
                f"{at}.endpoint", f"{spec.endpoint} belongs to the protocol", "choose another name"
            )
        if any(spec.endpoint.lower() == other.endpoint.lower() or spec.name == other.name for other in types):
            raise source.error(at, f"{spec.name} at {spec.endpoint} stands twice")
        schema = _schema(source, f"{at}.schema", folder, spec.schema)
        extensions = tuple(
            (
                _schema(source, f"{at}.extensions[{number}].schema", folder, extension.schema),
                extension.required,
            )
            for number, extension in enumerate(spec.extensions)
        )
        types.append(ResourceType(spec.name, spec.endpoint, schema, spec.description, extensions))
    return tuple(types)


def _schema(source: YamlFile, at: str, folder: Path, name: str) -> Schema:
    if name in _SHIPPED_SCHEMAS:
        return standard_schema(name)
    path = folder / name
    if not path.is_file():
        near = did_you_mean(name, _SHIPPED_SCHEMAS)
        hint = f"did you mean {near!r}?" if near else "name a JSON file in the fixture's folder"
        raise source.error(at, f"there is no schema {name!r}", hint)
    try:
        return load_schema(json.loads(path.read_text("utf-8")))
    except json.JSONDecodeError as error:
        raise FileError(f"is not JSON: {error.msg}", where=f"{path}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise FileError("is nested too deeply", where=str(path)) from None
    except (SchemaError, UnicodeDecodeError, OSError) as error:
        raise FileError(str(error), where=str(path)) from None


def _lasting(name: str) -> str:
    """Return a fixture's name, or its path in a form that holds in every working directory."""
    return name if name in shipped_names() else str(find_folder(name).resolve())


def combine(names: tuple[str, ...]) -> Layers:
    """Read fixtures and combine them slot by slot, later ones over earlier ones; "rfc" lies below all."""
    fixtures = [load_fixture(name) for name in names]
    base = fixtures[0] if [item.name for item in fixtures] == ["rfc"] else load_fixture("rfc")
    layers = Layers(
        behaviour=base,
        people=base,
        auth=base,
        names=tuple(item.name for item in fixtures) or ("rfc",),
        arguments=tuple(map(_lasting, names)),
    )
    for item in fixtures:
        layers = replace(
            layers,
            behaviour=item if item.file.behaviour else layers.behaviour,
            people=item if item.file.people else layers.people,
            auth=item if item.file.auth else layers.auth,
            client=item if item.file.client is not None else layers.client,
        )
    return layers
