"""The pytest plugin: a real SCIM server for the session, an isolated directory on it for each test.

Nothing is imported before a test asks for it: who does not use the plugin does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from .testing.options import ServerArguments
    from .testing.server import Server
    from .testing.tenant import Tenant

MARKER = (
    "scimmock(fixture=None, also=None, users=None, groups=None, people=None, seed=None, faults=None, "
    "quirks=None, replay=None): what the directory of scim_server is like"
)
# Options of the session: name, whether it can be given several times, what it is.
OPTIONS = (
    ("fixture", True, "What the server is like; several are layers."),
    ("users", False, "How many users are made up for each test."),
    ("groups", False, "How many groups are made up for each test."),
    ("people", True, "File with people of your own."),
    ("seed", False, "Same seed, same people and ids."),
    ("faults", True, "Fault rules for every test: a pack or a file."),
    ("host", False, "Address that the server listens on."),
    ("port", False, "Port that the server listens on. Default: a free one."),
    ("token", False, "Bearer token that is accepted."),
)
_NUMBERS = ("users", "groups", "seed", "port")
_LINES = 50  # of a journal in the report of a failed test
_SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".csv", ".py")
_TENANTS = pytest.StashKey["list[Tenant]"]()

T = TypeVar("T")
MakeTenant = Callable[..., "Tenant"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, for the command line and for the configuration file."""
    group = parser.getgroup("scimmock", "a mock SCIM server")
    for name, many, what in OPTIONS:
        action = "append" if many else "store"
        group.addoption(f"--scimmock-{name}", action=action, metavar=name.upper(), help=what)
        kind: Literal["args", "string"] = "args" if many else "string"
        parser.addini(f"scimmock_{name}", what, type=kind, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def scimmock_options(request: pytest.FixtureRequest) -> ServerArguments:
    """The arguments of the session's server, from the command line or else the configuration file.

    Override it to start another server: they are those of ``scimmock.Server``.
    """
    found: dict[str, Any] = {}
    for name, _, _ in OPTIONS:
        value = request.config.getoption(f"scimmock_{name}")
        value = request.config.getini(f"scimmock_{name}") if value is None else value
        if value is not None and value != [] and value != "":
            found[name] = _number(name, value) if name in _NUMBERS else value
    return cast("ServerArguments", found)


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        pytest.fail(f"scimmock_{name} is a whole number, not {text!r}", pytrace=False)


@pytest.fixture(scope="session")
def scimmock_server(scimmock_options: ServerArguments) -> Iterator[Server]:
    """The server of the session, with a directory of its own; tests rather use `scim_server`."""
    from .testing.server import Server

    server = _or_fail("the server does not start", lambda: Server(**scimmock_options).start())
    yield server
    server.stop()


@pytest.fixture
def scim_tenant(request: pytest.FixtureRequest, scimmock_server: Server) -> Iterator[MakeTenant]:
    """Make further directories: ``scim_tenant(fixture="slack")``; they are deleted after the test."""
    made: list[Tenant] = []
    request.node.stash[_TENANTS] = made
    base = _tenant_name(request.node.nodeid)

    def make(**arguments: Any) -> Tenant:
        arguments = {name: _found(value, request.path.parent) for name, value in arguments.items()}
        name = base if not made else f"{base}-{len(made) + 1}"
        tenant = _or_fail(request.node.nodeid, lambda: scimmock_server.tenant(name, **arguments))
        made.append(tenant)
        return tenant

    yield make
    del request.node.stash[_TENANTS]
    while made:
        made.pop().close()


@pytest.fixture
def scim_server(
    request: pytest.FixtureRequest, scimmock_options: ServerArguments, scim_tenant: MakeTenant
) -> Tenant:
    """A SCIM service with a directory for this test alone, as ``@pytest.mark.scimmock(...)`` says."""
    arguments: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("scimmock"))):  # the nearest has the last word
        if mark.args:
            told = f"scimmock: {request.node.nodeid}: the marker takes keywords, such as fixture='okta'"
            pytest.fail(told, pytrace=False)
        arguments |= mark.kwargs
    if "fixture" in arguments:  # its people are another fixture's, in the numbers that were asked for
        sizes = {name: scimmock_options.get(name) for name in ("users", "groups")}
        arguments = {**sizes, **arguments}
    return scim_tenant(**arguments)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the journal of a test's directories into its report when it fails."""
    report = yield
    tenants = item.stash.get(_TENANTS, ())
    if tenants and report.failed:
        report.sections += [(f"scimmock journal of {tenant.name}", _told(tenant)) for tenant in tenants]
    return report


def _or_fail(where: str, act: Callable[[], T]) -> T:
    """Return what a function returns; what it finds wrong is the failure of the test, in one sentence."""
    from .errors import UserError

    try:
        return act()
    except UserError as error:
        problem = f"scimmock: {where}: {error}"
    pytest.fail(problem, pytrace=False)


def _told(tenant: Tenant) -> str:
    try:
        count = len(tenant.journal)
        head = f"... {count - _LINES} before\n" if count > _LINES else ""
        return f"{head}{tenant.journal.text(_LINES)}" if count else "no request came"
    except Exception as error:  # the test may have deleted it; its own failure is what matters
        return str(error)


def _tenant_name(nodeid: str) -> str:
    """Return the same name for the same test in each run, because ids depend on it."""
    import re
    from hashlib import blake2b

    readable = re.sub(r"[^A-Za-z0-9]+", "-", nodeid.rpartition("::")[2]).strip("-")[:60]
    return f"{readable or 'test'}-{blake2b(nodeid.encode(), digest_size=4).hexdigest()}"


def _found(value: Any, folder: Path) -> Any:
    """Return paths, alone or in lists, as they are to be found from the folder of the test, if they are."""
    if isinstance(value, list | tuple):
        return [_found(item, folder) for item in value]
    if isinstance(value, dict) and "file" in value:  # of a recording that answers, and how
        return value | {"file": _found(value["file"], folder)}
    if isinstance(value, str) and ("/" in value or value.endswith(_SUFFIXES)):
        plain = value.partition("@")[0]
        if (folder / plain).exists():
            return str(folder / value)
    return value
