"""``scimmock fixtures``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError

if TYPE_CHECKING:
    from ..fixture import Fixture


@click.group(
    short_help="List, show and check fixtures.",
    epilog="Examples:\n\n  scimmock fixtures show okta\n\n  scimmock fixtures check ./my-fixture",
)
def command() -> None:
    """List, show and check fixtures: what a service or an identity provider is like."""


@command.command(
    "list", epilog="Examples:\n\n  scimmock fixtures list\n\n  scimmock fixtures list | grep idp"
)
def list_fixtures() -> None:
    """List the shipped fixtures."""
    from ..fixture import load_fixture, shipped_names

    names = shipped_names()
    width = max(map(len, names), default=0)
    for name in names:
        file = load_fixture(name).file
        click.echo(f"{name:<{width}}  {file.kind:<8}  {file.title}")


@command.command(
    "show", epilog="Examples:\n\n  scimmock fixtures show okta\n\n  scimmock fixtures show ./my-fixture"
)
@click.argument("name")
def show(name: str) -> None:
    """Show what a fixture does, and where each behaviour is known from."""
    from ..fixture import load_fixture

    fixture = load_fixture(name)
    click.echo(f"{fixture.file.fixture}: {fixture.file.title}\n")
    if fixture.file.description:
        click.echo(click.wrap_text(fixture.file.description, _width()) + "\n")
    for label, text in _facts(fixture):
        click.echo(f"{label:<14}{text}")
    for heading, entries in (
        ("Leniency", _leniency(fixture)),
        ("Quirks", _quirks(fixture)),
        ("Faults", _faults(fixture)),
    ):
        _show(heading, entries)
    if fixture.file.sources:
        click.echo("\nSources")
        for code, address in fixture.file.sources.items():
            click.echo(f"  {code:<14}{address}")


def _facts(fixture: Fixture) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = [("kind", fixture.file.kind)]
    behaviour, people, policy = fixture.file.behaviour, fixture.file.people, fixture.policy
    if behaviour is not None:
        yes = {True: "yes", False: "no"}
        facts += [
            ("base path", behaviour.base_path),
            ("resources", ", ".join(f"{kind.name} at {kind.endpoint}" for kind in fixture.types)),
            (
                "PATCH",
                f"{yes[policy.patch]}, answers "
                + ", ".join(f"{policy.answer_to_patch(kind.name)} for {kind.name}" for kind in fixture.types),
            ),
            ("bulk", f"up to {policy.bulk.max_operations} operations" if policy.bulk.supported else "no"),
            (
                "paging",
                " and ".join(
                    way
                    for way, on in (("index", policy.paging.index), ("cursor", policy.paging.cursor))
                    if on
                )
                + f", {policy.paging.default_page_size} a page, at most {policy.paging.max_page_size}",
            ),
            ("sort", yes[policy.sort]),
            ("ETags", yes[policy.etag]),
        ]
    if people is not None:
        ids = f", externalId like {people.external_id}'s" if people.external_id else ""
        facts.append(("people", f"{people.users} users, {people.groups} groups{ids}"))
    if fixture.file.auth is not None:
        facts.append(("credentials", ", ".join(fixture.file.auth.schemes)))
    return facts


@dataclass(frozen=True, slots=True)
class _Entry:
    """A behaviour with what is known about it."""

    name: str
    text: str
    why: str
    source: str
    confidence: str


def _leniency(fixture: Fixture) -> Iterator[_Entry]:
    from ..scim.policy import SWITCHES

    for item in fixture.leniency:
        yield _Entry(item.switch, SWITCHES[item.switch], item.why, item.source, item.confidence)


def _quirks(fixture: Fixture) -> Iterator[_Entry]:
    from ..quirks.base import sentence
    from ..scim.policy import SWITCHES
    from .flow import flow

    for item in fixture.quirks:
        text = SWITCHES.get(item.name) or sentence(type(item.quirk)).rstrip(".")
        given = f" {flow(item.parameters)}" if item.parameters else ""
        yield _told(f"{item.name}{given}", text, item.spec)


def _faults(fixture: Fixture) -> Iterator[_Entry]:
    from .flow import rule_text

    for rule in fixture.faults:
        off = "" if rule.enabled else ", off until it is enabled"
        yield _told(f"{rule.name}{off}", rule_text(rule.spec), rule.spec)


def _told(name: str, text: str, spec: dict[str, Any]) -> _Entry:
    return _Entry(
        name, text, spec.get("why", ""), spec.get("source", ""), spec.get("confidence", "unverified")
    )


def _show(heading: str, entries: Iterable[_Entry]) -> None:
    """Print behaviours, each with its source, how sure that is, what it does and why it is there."""
    for number, entry in enumerate(entries):
        if number == 0:
            click.echo(f"\n{heading}")
        confidence = "UNVERIFIED" if entry.confidence == "unverified" else entry.confidence
        known = ", ".join(part for part in (entry.source, confidence) if part)
        click.echo(f"  {entry.name} ({known})")
        told = f"{entry.text}{': ' + entry.why if entry.why else ''}"
        click.echo(click.wrap_text(told, _width(), initial_indent="    ", subsequent_indent="    "))


def _width() -> int:
    return min(shutil.get_terminal_size().columns, 100)


@command.command(
    "check", epilog="Examples:\n\n  scimmock fixtures check ./my-fixture\n\n  scimmock fixtures check okta"
)
@click.argument("paths", nargs=-1, required=True, metavar="NAME|PATH...")
def check(paths: tuple[str, ...]) -> None:
    """Check fixtures and say what is wrong with them.

    Exit code 4 when one is wrong; each error names path:line:column.
    """
    from ..fixture import load_fixture

    wrong = 0
    for path in paths:
        try:
            fixture = load_fixture(path)
        except FileError as error:
            click.echo(f"scimmock: {error}", err=True)
            wrong = error.exit_code
        else:
            click.echo(f"{path}: {fixture.name} is well-formed")
    sys.exit(wrong)
