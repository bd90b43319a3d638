"""``scimmock faults``."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import Any

import click

from ..errors import FileError, UsageError, did_you_mean
from ..yamlfile import YamlFile, read_yaml
from .remote import RefusedError, Remote, remote_options, with_remote


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
@click.option("--json", "json", is_flag=True, help="Print JSON.")
@with_remote
def list_(remote: Remote, json: bool) -> None:
    """Show the rules with how often they fired and how often they still can."""
    rules = remote.call("GET", "faults")["faults"]
    if json:
        click.echo(dumps(rules, indent=2, ensure_ascii=False))
        return
    _show(rules)


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
@click.option("--match", multiple=True, metavar="KEY=VALUE", help="Which requests it is for.")
@click.option("--when", multiple=True, metavar="KEY=VALUE", help="How often it fires.")
@click.option("--do", multiple=True, metavar="KEY=VALUE", help="What it does, and the parameters of that.")
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
    by_options = bool(match or when or do or name or ttl)
    if (source is None) != by_options or (by_options and not do):
        raise UsageError(
            "a pack, a file or a rule is wanted, or a rule by --do with --match and --when",
            hint="scimmock faults add --do status=503 would be one",
        )
    if source is None:
        body: dict[str, Any] = {"do": _pairs("--do", do)}
        body |= {"match": _pairs("--match", match)} if match else {}
        schedule = _pairs("--when", when) | ({"ttl": _value(ttl)} if ttl is not None else {})
        body |= {"when": schedule} if schedule else {}
        body |= {"name": name} if name is not None else {}
        _show(remote.call("POST", "faults", body)["faults"])
        return
    yaml = _read(source)
    if yaml is None:
        _show(remote.call("POST", "faults", {"pack": source})["faults"])
        return
    data = yaml.data
    if isinstance(data, dict) and "faults" in data:
        data = {"faults": data["faults"]}
    elif isinstance(data, list):
        data = {"faults": data}
    try:
        _show(remote.call("POST", "faults", data)["faults"])
    except RefusedError as error:
        raise _located(yaml, error) from None


def _read(source: str) -> YamlFile | None:
    """Return a file or a rule written on the command line, None for what can only be a pack's name."""
    if "{" in source or ":" in source:
        return read_yaml(Path("RULE"), lambda path: source)
    path = Path(source)
    if path.suffix == ".py":
        raise UsageError("faults in Python are loaded at the start", hint=f"scimmock serve --faults {source}")
    if path.is_file():
        return read_yaml(path)
    if "/" in source or path.suffix in (".yaml", ".yml"):
        raise FileError("there is no such faults file", where=source)
    return None


def _located(yaml: YamlFile, error: RefusedError) -> FileError:
    """Return the refusal of the server with the line of the file that it is about."""
    field = str(error.field or "")
    path = field if isinstance(yaml.data, dict) else field.removeprefix("faults")
    separator = "" if path.startswith("[") or not path else "."
    return yaml.error(f"${separator}{path}", error.message, error.hint)


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
        holder[last] = _value(value)
    return found


def _value(text: str) -> Any:
    return read_yaml(Path("VALUE"), lambda path: text).data


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
    known = [rule["name"] for rule in remote.call("GET", "faults")["faults"]]
    for name in names:  # all or none
        if name not in known:
            near = did_you_mean(name, known)
            raise UsageError(f"there is no rule {name!r}", hint=f"did you mean {near!r}?" if near else None)
    for name in names:
        remote.call("PATCH", f"faults/{name}", {"enabled": enabled})


@command.command("clear", epilog="Examples:\n\n  scimmock faults clear\n\n  scimmock faults clear --all")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--all", "everything", is_flag=True, help="Also the rules of the fixture and of quirks.")
@with_remote
def clear(remote: Remote, names: tuple[str, ...], everything: bool) -> None:
    """Remove the rules of these names, or all except those of the fixture."""
    if names and everything:
        raise UsageError("names and --all exclude each other")
    for name in names:
        remote.call("DELETE", f"faults/{name}")
    if not names:
        remote.call("DELETE", "faults", query={"all": "true"} if everything else {})


@command.command(
    "packs", epilog="Examples:\n\n  scimmock faults packs\n\n  scimmock faults packs | grep slow"
)
def packs_() -> None:
    """List the ready-made packs, for `faults add` and `serve --faults`."""
    from ..faults.files import packs

    width = max(map(len, packs()))
    for pack in packs().values():
        click.echo(f"{pack.name:{width}}  {pack.title}")


def _show(rules: list[dict[str, Any]]) -> None:
    """Print rules, one line each."""
    if not rules:
        click.echo("no rules")
        return
    width = max(len(rule["name"]) for rule in rules)
    for rule in rules:
        left = "" if rule["left"] is None else f", {rule['left']} left"
        state = f"{rule['hits']} hits{left}" if rule["enabled"] else "off"
        what = " ".join(f"{key} {_flow(rule[key])}" for key in ("match", "when", "do") if rule.get(key))
        click.echo(f"{rule['name']:{width}}  {state:<16}  {what}")


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return value if value.replace("_", "").replace("-", "").isalnum() else dumps(value)
    return dumps(value)
