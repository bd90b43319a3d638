"""``scimmock fixtures``."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import FileError, UsageError

if TYPE_CHECKING:
    from ..fixture import Fixture
    from ..fixture.facts import Fact
    from ..learn.portrait import Portrait

_WIDEST = 160


@click.group(
    short_help="List, show, check and begin fixtures.",
    epilog="Examples:\n\n  scimmock fixtures show slack@v1\n\n  scimmock fixtures new my-app",
)
def command() -> None:
    """List, show, check and begin fixtures: what a service or an identity provider is like."""


@command.command(
    "list", epilog="Examples:\n\n  scimmock fixtures list\n\n  scimmock fixtures list | grep idp"
)
@click.option("--markdown", is_flag=True, help="Print a table with variants and fidelity, for documents.")
def list_fixtures(markdown: bool) -> None:
    """List the shipped fixtures, with their variants."""
    from ..fixture import load_fixture, shipped_names, variants_of

    if markdown:
        from ..fixture.overview import overview

        click.echo(overview(), nl=False)
        return

    names = shipped_names()
    width = max(map(len, names), default=0)
    for name in names:
        file = load_fixture(name).file
        variants = ", ".join(f"@{variant}" for variant in variants_of(name))
        click.echo(f"{name:<{width}}  {file.kind:<8}  {file.title}{f' ({variants})' if variants else ''}")


@command.command(
    "show", epilog="Examples:\n\n  scimmock fixtures show okta\n\n  scimmock fixtures show ./my-fixture@next"
)
@click.argument("name", metavar="NAME[@VARIANT]|PATH")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show what a fixture does, and where each behaviour is known from.

    Behaviours that nobody has verified say UNVERIFIED.
    """
    from ..fixture import load_fixture
    from ..fixture.facts import facts_of

    fixture = load_fixture(name)
    facts = facts_of(fixture)
    if as_json:
        click.echo(json.dumps(_document(fixture, facts), indent=2, ensure_ascii=False))
        return
    click.echo(f"{fixture.name}: {fixture.title}\n")
    for text in (fixture.file.description, fixture.variant.description if fixture.variant else ""):
        if text:
            click.echo(click.wrap_text(text.strip(), _width()) + "\n")
    for label, text in _summary(fixture, facts):
        click.echo(f"{label:<14}{text}")
    _table(facts)
    if fixture.file.gaps:
        click.echo("\nNot known, or not played")
        for gap in fixture.file.gaps:
            click.echo(click.wrap_text(gap, _width(), initial_indent="  - ", subsequent_indent="    "))
    if fixture.file.sources:
        click.echo("\nSources")
        width = max(map(len, fixture.file.sources))
        for code, address in fixture.file.sources.items():
            click.echo(f"  {code:<{width}}  {address}")


def _document(fixture: Fixture, facts: list[Fact]) -> dict[str, object]:
    from ..fixture.facts import fidelity

    return {
        "fixture": fixture.name,
        "title": fixture.title,
        "kind": fixture.file.kind,
        "fidelity": round(fidelity(facts), 4),
        "behaviours": [fact.as_dict() for fact in facts],
        "gaps": fixture.file.gaps,
        "sources": fixture.file.sources,
    }


def _summary(fixture: Fixture, facts: list[Fact]) -> list[tuple[str, str]]:
    from ..fixture.facts import confidences, fidelity

    file, policy, variant = fixture.file, fixture.policy, fixture.variant
    lines: list[tuple[str, str]] = [("kind", file.kind)]
    if file.variants:
        lines.append(("variants", ", ".join(f"@{name} {spec.title}" for name, spec in file.variants.items())))
    if variant is not None and (variant.since or variant.until):
        dates = (("since", variant.since), ("until", variant.until))
        lines.append(("valid", " ".join(f"{word} {day}" for word, day in dates if day)))
    if file.behaviour is not None:
        also = f", also {', '.join(file.behaviour.also)}" if file.behaviour.also else ""
        endpoints = ", ".join(f"{kind.name} at {kind.endpoint}" for kind in fixture.types)
        paging = policy.paging
        ways = [way for way, on in (("index", paging.index), ("cursor", paging.cursor)) if on]
        lines += [
            ("protocol", f"SCIM {file.behaviour.protocol} at {file.behaviour.base_path}{also}"),
            ("resources", endpoints),
            (
                "paging",
                f"by {' and '.join(ways)}, {paging.default_page_size} a page, at most {paging.max_page_size}"
                if ways
                else f"none, at most {paging.max_page_size}",
            ),
        ]
    if file.people is not None:
        ids = f", externalId like {file.people.external_id}" if file.people.external_id else ""
        lines.append(("people", f"{file.people.users} users, {file.people.groups} groups{ids}"))
    if file.auth is not None:
        lines.append(("credentials", ", ".join(file.auth.schemes)))
    counts = ", ".join(f"{count} {name}" for name, count in sorted(confidences(facts).items()))
    lines.append(("fidelity", f"{fidelity(facts):.0%} of {len(facts)} behaviours ({counts})"))
    return lines


def _table(facts: list[Fact]) -> None:
    """Print behaviours with what they mean, their source, and how sure that is."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..yamltext import flow

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_lines=False, expand=False)
    table.add_column("behaviour", overflow="fold", ratio=3)
    table.add_column("what it does", overflow="fold", ratio=6)
    table.add_column("source", overflow="fold", ratio=2)
    table.add_column("confidence", no_wrap=True, min_width=11)
    section = ""
    for fact in facts:
        if fact.section != section:
            section = fact.section
            table.add_section()
        given = f"\n{flow(fact.given)}" if fact.given else ""
        sure = fact.confidence != "unverified"
        confidence = Text(fact.confidence) if sure else Text("UNVERIFIED", style="bold red")
        table.add_row(Text(fact.about), Text(f"{fact.says}{given}"), Text(fact.source), confidence)
    click.echo("")
    Console(file=sys.stdout, width=_width(), highlight=False).print(table)


def _width() -> int:
    return min(shutil.get_terminal_size((110, 24)).columns, _WIDEST)


@command.command(
    "check",
    epilog="Examples:\n\n  scimmock fixtures check ./my-fixture\n\n  scimmock fixtures check okta@aiw",
)
@click.argument("paths", nargs=-1, required=True, metavar="NAME|PATH...")
def check(paths: tuple[str, ...]) -> None:
    """Check fixtures, all their variants included, and say what is wrong with them.

    Exit code 4 when one is wrong; each error names path:line:column.
    """
    from ..fixture import check_beside, combine, load_fixture, variants_of
    from ..fixture.folders import split_variant

    wrong = 0
    for path in paths:
        try:
            fixture = load_fixture(path)
            plain, variant = split_variant(path)
            others = [] if variant else variants_of(path)
            for name in (path, *(f"{plain}@{name}" for name in others)):
                check_beside(combine((name,)))
        except FileError as error:
            click.echo(f"scimmock: {error}", err=True)
            wrong = error.exit_code
        else:
            told = f", with {', '.join(f'@{name}' for name in others)}" if others else ""
            click.echo(f"{path}: {fixture.name} is well-formed{told}")
    sys.exit(wrong)


@command.command(
    "new",
    epilog="Examples:\n\n  scimmock fixtures new my-app\n\n"
    "  scimmock fixtures new fixtures/strict-slack --extends slack\n\n"
    "  scimmock fixtures new my-app --from session.jsonl",
)
@click.argument("path", metavar="NAME", type=click.Path(path_type=Path))
@click.option("--extends", metavar="NAME[@VARIANT]|PATH", help="A fixture that the new one differs from.")
@click.option(
    "--from",
    "sessions",
    envvar="SCIMMOCK_FIXTURES_NEW_FROM",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Learn it from this recording, HAR or flow file.",
)
def new(path: Path, extends: str | None, sessions: tuple[Path, ...]) -> None:
    """Write a folder with a fixture.yaml to start from, and its JSON Schema for editors.

    With --from it says how the service of a recorded session is, and in which exchange that was seen.
    """
    from ..fixture.starter import shown

    if sessions:
        if extends is not None:
            raise UsageError("--extends and --from exclude each other")
        files = _learned(path, sessions)
    else:
        files = _begun(path, extends)
    for file in files:
        click.echo(f"wrote {file}")
    click.echo(f"Try it: scimmock serve --fixture {shown(path)}")


def _begun(path: Path, extends: str | None) -> list[Path]:
    from ..fixture import load_fixture
    from ..fixture.starter import write_starter

    if extends is None:
        return write_starter(path)
    behaviour = load_fixture(extends).file.behaviour
    return write_starter(path, extends, behaviour.base_path if behaviour else "/scim/v2")


def _learned(path: Path, sessions: tuple[Path, ...]) -> list[Path]:
    from contextlib import ExitStack

    from ..fixture.starter import check_free
    from ..learn.write import write_learned
    from .sessionfile import not_too_deep, open_session

    check_free(path)
    opened = [open_session(file) for file in sessions]
    with ExitStack() as stack:
        for file in sessions:
            stack.enter_context(not_too_deep(file))
        portrait, files = write_learned(
            path,
            [(file, item.header, item.exchanges()) for file, item in zip(sessions, opened, strict=True)],
        )
    for file, session in zip(sessions, opened, strict=True):
        for notice in session.notices():
            click.echo(notice if notice.startswith(str(file)) else f"{file}: {notice}", err=True)
    for line in _told(portrait):
        click.echo(line)
    return files


def _told(portrait: Portrait) -> Iterator[str]:
    """Yield what was learned, in short."""
    yield f"{len(portrait.settings)} settings from {portrait.exchanges} exchanges"
    for name, found in (("leniency", portrait.switches), ("quirks", portrait.quirks)):
        if found:
            yield f"{name}: {', '.join(found)}"
    if portrait.rules:
        yield f"limits: {len(portrait.rules)}"
    if portrait.gaps:
        yield f"{len(portrait.gaps)} things that cannot be played or are not clear stand under gaps"


@command.command(
    "schema",
    epilog="Examples:\n\n  scimmock fixtures schema > fixture.schema.json\n\n"
    "  scimmock fixtures schema | jq '.properties | keys'",
)
def schema() -> None:
    """Print the JSON Schema of fixture.yaml, for editors."""
    from ..fixture.editor import schema_text

    click.echo(schema_text(), nl=False)
