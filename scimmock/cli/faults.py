"""``scimmock faults``."""

from __future__ import annotations

from json import dumps
from os.path import isfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from ..errors import FileError, UsageError, did_you_mean
from ..outgoing.remote import RefusedError, Remote
from ..yamlfile import YamlFile, read_yaml
from .remote import remote_options, with_remote
from .rules import show_rules

_FILE_KEYS = ("faults", "title", "description")


@click.group(
    short_help="List, add, switch and remove the fault rules of a server.",
    epilog=(
        "Examples:\n\n  scimmock faults add --match operation=create --do status=429\n\n"
        "  scimmock faults list"
    ),
)
@remote_options
def command() -> None:
    """List, add, switch and remove the fault rules of a running server, or of a tenant of it."""


@command.command(
    "list", epilog="Examples:\n\n  scimmock faults list\n\n  scimmock faults list --tenant a --json"
)
@click.option("--json", "as_json", is_flag=True, envvar="SCIMMOCK_FAULTS_LIST_JSON", help="Print JSON.")
@with_remote
def list_(remote: Remote, as_json: bool) -> None:
    """Show the rules with how often they fired and how often they still can."""
    rules = remote.call("GET", "faults")["faults"]
    if as_json:
        click.echo(dumps(rules, indent=2, ensure_ascii=False))
        return
    show_rules(rules)


@command.command(
    "add",
    epilog=(
        "Examples:\n\n  scimmock faults add flaky-network\n\n"
        "  scimmock faults add --when first=1 --do lost_response=reset\n\n"
        "  scimmock faults add '{match: {method: GET}, do: {stale_read: 5s}}'"
    ),
)
@click.argument("source", required=False, metavar="[PACK|FILE|RULE]")
@click.option("--name", metavar="NAME", help="Name of the rule.")
@click.option(
    "--match",
    multiple=True,
    metavar="KEY=VALUE",
    help="Which requests it is for, such as operation=create.",
)
@click.option("--when", multiple=True, metavar="KEY=VALUE", help="How often it fires, such as first=1.")
@click.option(
    "--do", multiple=True, metavar="KEY=VALUE", help="What it does, such as status=429, and parameters."
)
@click.option("--ttl", metavar="DURATION", help="How long the rule lives.")
@with_remote
def add(
    remote: Remote,
    source: str | None,
    name: str | None,
    match: tuple[str, ...],
    when: tuple[str, ...],
    do: tuple[str, ...],
    ttl: str | None,
) -> None:
    """Add a pack by its name, the rules of a YAML FILE, or one RULE, written as YAML or by the options."""
    by_options = bool(match or when or do or name is not None or ttl is not None)
    if (source is None) != by_options or (by_options and not do):
        raise UsageError(
            "a pack, a file or a rule is wanted, or a rule by --do with --match and --when",
            hint="scimmock faults add --do status=503 would be one",
        )
    if source is None:
        body: dict[str, Any] = {"do": _pairs("--do", do)}
        body |= {"match": _pairs("--match", match)} if match else {}
        schedule = _pairs("--when", when) | ({"ttl": _yaml("--ttl", ttl)} if ttl is not None else {})
        body |= {"when": schedule} if schedule else {}
        body |= {"name": name} if name is not None else {}
    elif isfile(source):
        _add_file(remote, Path(source))
        return
    else:
        body = _rule_or_pack(source)
    show_rules(remote.call("POST", "faults", body)["faults"])


def _add_file(remote: Remote, path: Path) -> None:
    if path.suffix == ".py":
        raise UsageError("faults in Python are loaded at the start", hint=f"scimmock serve --faults {path}")
    yaml = read_yaml(path)
    data = yaml.data
    if isinstance(data, dict) and "faults" in data:
        for key in data:
            if key not in _FILE_KEYS:
                near = did_you_mean(key, _FILE_KEYS)
                hint = f"did you mean {near!r}?" if near else "rules stand in a list under 'faults'"
                raise yaml.error(f"$.{key}", f"unknown key {key!r}", hint)
        data = {"faults": data["faults"]}
    elif isinstance(data, list):
        data = {"faults": data}
    elif not isinstance(data, dict):
        raise yaml.error("$", "has no rules", "they stand in a list under 'faults'")
    try:
        show_rules(remote.call("POST", "faults", data)["faults"])
    except RefusedError as error:
        if error.status not in (400, 409):
            raise
        raise _located(yaml, error) from None


def _located(yaml: YamlFile, error: RefusedError) -> FileError:
    """Return the refusal of the server with the line of the file that it is about."""
    field = str(error.field or "")
    path = field if isinstance(yaml.data, dict) else field.removeprefix("faults")
    separator = "" if path.startswith("[") or not path else "."
    return yaml.error(f"${separator}{path}", error.message, error.hint)


def _rule_or_pack(source: str) -> dict[str, Any]:
    """Return the body for a rule that is written on the command line, or for a pack by its name."""
    if "{" in source or ":" in source:
        data = _yaml("RULE", source)
        if isinstance(data, list):
            return {"faults": data}
        if not isinstance(data, dict):
            raise UsageError(f"{source!r} is no rule", hint="'{do: {status: 503}}' would be one")
        return data
    if "/" in source or source.endswith((".yaml", ".yml", ".py", ".json")):
        raise FileError("there is no such faults file", where=source)
    return {"pack": source}


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, Any]:
    """Return ``KEY=VALUE`` options as a mapping; values are YAML, keys may lead further in by dots."""
    found: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} {text!r} is no KEY=VALUE", hint=f"{option} {text}=... would be right")
        holder = found
        *outer, last = key.split(".")
        for step in outer:
            holder = holder.setdefault(step, {})
            if not isinstance(holder, dict):
                raise UsageError(f"{option} {text!r}: {step!r} has a value already")
        if last in holder:
            raise UsageError(f"{option} {text!r}: {last!r} has a value already")
        holder[last] = _yaml(f"{option} {key}", value)
    return found


def _yaml(what: str, text: str) -> Any:
    """Return what YAML on the command line stands for; raises UsageError."""
    try:
        return read_yaml(Path(what), lambda path: text).data
    except FileError as error:
        where = (error.where or what).removesuffix(":1:1")
        raise UsageError(error.message, where=where, hint=error.hint) from None


@command.command(
    "enable", epilog="Examples:\n\n  scimmock faults enable slow\n\n  scimmock faults enable a b"
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@with_remote
def enable(remote: Remote, names: tuple[str, ...]) -> None:
    """Switch rules on."""
    _switch(remote, names, True)


@command.command(
    "disable", epilog="Examples:\n\n  scimmock faults disable slow\n\n  scimmock faults disable a b"
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@with_remote
def disable(remote: Remote, names: tuple[str, ...]) -> None:
    """Switch rules off; they keep their counts."""
    _switch(remote, names, False)


def _switch(remote: Remote, names: tuple[str, ...], enabled: bool) -> None:
    _check_names(remote, names)
    show_rules([remote.call("PATCH", _path(name), {"enabled": enabled}) for name in names])


def _check_names(remote: Remote, names: tuple[str, ...]) -> None:
    """Raise UsageError for a name that no rule has, so that all or none is done."""
    known = [rule["name"] for rule in remote.call("GET", "faults")["faults"]]
    for name in names:
        if name not in known:
            near = did_you_mean(name, known)
            hint = f"did you mean {near!r}?" if near else "scimmock faults list shows them"
            raise UsageError(f"there is no rule {name!r}", hint=hint)


def _path(name: str) -> str:
    return f"faults/{quote(name, safe='')}"


@command.command("clear", epilog="Examples:\n\n  scimmock faults clear\n\n  scimmock faults clear --all")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--all", "everything", is_flag=True, help="Also the rules of the fixture and of quirks.")
@with_remote
def clear(remote: Remote, names: tuple[str, ...], everything: bool) -> None:
    """Remove the rules of these names, or all except those of the fixture."""
    if names and everything:
        raise UsageError("names and --all exclude each other")
    if names:
        _check_names(remote, names)
        for name in dict.fromkeys(names):
            remote.call("DELETE", _path(name))
        return
    remote.call("DELETE", "faults", query={"all": "true"} if everything else {})
    rest = len(remote.call("GET", "faults")["faults"])
    if rest:
        click.echo(f"{rest} of the fixture or of quirks stay, --all removes them too")


@command.command(
    "packs", epilog="Examples:\n\n  scimmock faults packs\n\n  scimmock faults packs | grep slow"
)
def packs_() -> None:
    """List the ready-made packs, for `faults add` and `serve --faults`."""
    from ..faults.files import packs

    width = max(map(len, packs()))
    for pack in packs().values():
        click.echo(f"{pack.name:{width}}  {pack.title}")
