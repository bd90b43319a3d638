"""``scimmock verify``."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import click

from ..errors import FileError
from ..journal.told import explained
from ..outgoing.remote import RefusedError, Remote
from ..yamlfile import YamlFile, read_yaml
from .remote import with_remote


@click.command(
    short_help="Check that a server was called as expected.",
    epilog="Examples:\n\n  scimmock verify expect.yaml\n\n  scimmock verify expect.yaml --junit report.xml",
)
@click.argument("file", metavar="EXPECT.yaml", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a JUnit XML report here."
)
@click.option(
    "--json", "as_json", is_flag=True, envvar="SCIMMOCK_VERIFY_JSON", help="Print the server's answer."
)
@with_remote
def command(remote: Remote, file: Path, junit: Path | None, as_json: bool) -> None:
    """Check the journal of a running server against the expectations in a file.

    The file is {expect: [...], order, within, no_others, since}, or the list alone; each expectation has
    criteria such as operation, resource, filter or status, and times, at_least, at_most or never. Exit
    code 1 when one is not met.
    """
    yaml = read_yaml(file)
    bare = isinstance(yaml.data, list)
    asked = {"expect": yaml.data} if bare else yaml.data
    if not isinstance(asked, dict):
        raise yaml.error("$", "a list of expectations, or a mapping with expect, is wanted")
    answer = _ask(remote, yaml, asked, bare)
    failures = answer.get("failures", [])
    expect = asked["expect"] if isinstance(asked.get("expect"), list) else []
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        _print(expect, answer)
    if junit is not None:
        _write_junit(junit, file, expect, failures)
    if failures:
        sys.exit(1)


def _ask(remote: Remote, yaml: YamlFile, asked: dict[str, Any], bare: bool) -> dict[str, Any]:
    """Return the server's answer; raises FileError with the position of what is wrong in the file."""
    try:
        # The server waits by itself, up to ten minutes.
        answer: dict[str, Any] = remote.call("POST", "verify", asked, timeout=660.0)
        return answer
    except RefusedError as error:
        if error.status == 409 and isinstance(error.document, dict) and "failures" in error.document:
            return error.document
        if error.status == 400 and error.field != "Authorization":
            path = str(error.field or "")
            path = path.removeprefix("expect") if bare else f".{path}" if path else ""
            message = error.message
            if message.startswith("unknown key"):  # a line of the file may have several
                message = message.replace("unknown key", f"unknown key {path.rpartition('.')[2]!r}", 1)
            raise yaml.error(f"${path}", message, error.hint) from None
        raise


def _words(one: dict[str, Any]) -> str:
    """Return an expectation in one line, as it stands in the file."""
    leading = " ".join(str(one[key]) for key in ("operation", "resource") if key in one)
    rest = (f"{key} {_text(value)}" for key, value in one.items() if key not in ("operation", "resource"))
    return ", ".join(filter(None, (leading, *rest))) or "any exchange"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _results(expect: list[Any], failures: list[Any]) -> list[tuple[str, dict[str, Any] | None]]:
    """Return each expectation in words with its failure, what concerns none of them at the end."""
    by_index = {failure.get("index"): failure for failure in failures}
    results = [(_words(one), by_index.pop(index, None)) for index, one in enumerate(expect)]
    return [*results, *(("no others", failure) for failure in by_index.values())]


def _print(expect: list[Any], answer: dict[str, Any]) -> None:
    found = answer.get("found", [])
    for index, (words, failure) in enumerate(_results(expect, answer.get("failures", []))):
        if failure is None:
            count = f" ({found[index]} found)" if index < len(found) else ""
            click.echo(f"{click.style('ok', fg='green')}      {words}{count}")
            continue
        click.echo(f"{click.style('FAILED', fg='red')}  {words}")
        for line in explained(failure):
            click.echo(f"        {line}")
    checked = answer.get("checked", 0)
    click.echo(f"{checked} exchange{'' if checked == 1 else 's'} checked")


def _write_junit(path: Path, file: Path, expect: list[Any], failures: list[Any]) -> None:
    """Write a report with one test case for each expectation."""
    results = _results(expect, failures)
    suite = ElementTree.Element(
        "testsuite", name=str(file), tests=str(len(results)), failures=str(len(failures)), errors="0"
    )
    for words, failure in results:
        case = ElementTree.SubElement(suite, "testcase", classname="scimmock.verify", name=_xml(words))
        if failure is not None:
            lines = list(map(_xml, explained(failure)))
            told = ElementTree.SubElement(case, "failure", message=lines[0])
            told.text = "\n".join(lines)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    try:
        ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}", where=str(path)) from None


def _xml(text: str) -> str:
    """Return text without the characters that XML has no form for."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else "\ufffd" for character in text
    )
