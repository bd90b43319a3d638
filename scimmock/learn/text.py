"""A portrait as the text of a ``fixture.yaml``: each line says in which exchange it was seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..yamltext import flow
from .clean import clean
from .look import Document, Source
from .portrait import Piece, Portrait

_WIDTH = 100
_HEAD = """\
# yaml-language-server: $schema={schema}
# Learned from {sessions}, {exchanges}.
# What was not seen there is as the standard has it; a list of that is at the end.
# Try it:    scimmock serve --fixture {folder}
# Check it:  scimmock fixtures check {folder}
fixture: {name}
title: {title}
kind: service
description: >-
  What a session shows of the service{at}.
"""


def fixture_text(portrait: Portrait, name: str, folder: str, schema: str) -> str:
    """Return the text of the fixture; ``schema`` is the file with its JSON Schema."""
    sources = list(portrait.sources.values())
    base_url = next(
        (source.header.get("base_url") for source in sources if source.header.get("base_url")), ""
    )
    head = _HEAD.format(
        schema=schema,
        sessions=" and ".join(source.name for source in sources),
        exchanges=f"{portrait.exchanges} exchange{'' if portrait.exchanges == 1 else 's'}",
        folder=folder,
        name=_flow(name),
        title=_flow(name.replace("-", " ").capitalize()),
        at=f" at {base_url}" if base_url else "",
    )
    parts = [
        _sources(sources),
        _behaviour(portrait),
        _people(portrait),
        _auth(portrait),
        _faults(portrait),
        _evidence(portrait),
        _gaps(portrait),
    ]
    return head + "".join(f"\n{text}\n" for text in map("\n".join, map(list, parts)) if text)


def _sources(sources: list[Source]) -> Iterator[str]:
    yield "sources:"
    for source in sources:
        started = source.header.get("started")
        when = f", a session that began {started}" if started else ", a session"
        yield f"  {source.code}: {_flow(source.name + when)}"


def _behaviour(portrait: Portrait) -> Iterator[str]:
    settings = _below(portrait, "behaviour")
    yield (
        "behaviour:"
        if settings or portrait.quirks or portrait.switches or portrait.types
        else "behaviour: {}"
    )
    yield from _tree(settings, "  ")
    if portrait.types:
        yield "  resource_types:"
        for spec in portrait.types.values():
            yield from _item(spec, "    ", None)
    for key, name, pieces in (
        ("leniency", "switch", portrait.switches),
        ("quirks", "quirk", portrait.quirks),
    ):
        if pieces:
            yield f"  {key}:"
        for piece in pieces.values():
            spec = {"switch": piece.value} if name == "switch" else piece.value
            yield from _item(spec, "    ", piece)


def _people(portrait: Portrait) -> Iterator[str]:
    if "people.json" in portrait.files:
        yield "# Those whom nobody in the session had made, as they were first seen."
        yield "people: {file: people.json}"
    else:
        yield "# Nobody was there whom the session had not made."
        yield "people: {users: 0, groups: 0}"


def _auth(portrait: Portrait) -> Iterator[str]:
    settings = _below(portrait, "auth")
    if settings:
        yield "auth:"
        yield from _tree(settings, "  ")


def _faults(portrait: Portrait) -> Iterator[str]:
    if portrait.rules:
        yield "faults:"
        for piece in portrait.rules:
            yield from _item(piece.value, "  ", piece)


def _evidence(portrait: Portrait) -> Iterator[str]:
    found = dict(portrait.settings)
    if portrait.types and portrait.types_seen is not None:
        found["behaviour.resource_types"] = portrait.types_seen
    if found:
        yield "evidence:"
    for path, piece in found.items():
        told = {"source": piece.look.source.code, "confidence": piece.confidence, "says": piece.why}
        yield from _mapping(f"  {path}: ", told, "    ")


def _gaps(portrait: Portrait) -> Iterator[str]:
    if portrait.gaps:
        yield "gaps:"
        yield from (f"  - {_flow(gap)}" for gap in portrait.gaps)
    if portrait.unseen:
        yield "" if portrait.gaps else "# Known gaps: none."
        yield "# Not seen in the session, and left as the standard has it:"
        yield from (f"# - {text}" for text in portrait.unseen)


# ---- lines


def _flow(value: Any) -> str:
    return flow(clean(value))


def _below(portrait: Portrait, slot: str) -> Document:
    """Return the settings of a slot as nested mappings of pieces."""
    found: Document = {}
    for path, piece in portrait.settings.items():
        first, *inner, last = path.split(".")
        if first != slot:
            continue
        holder = found
        for name in inner:
            holder = holder.setdefault(name, {})
        holder[last] = piece
    return found


def _tree(settings: Document, indent: str) -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Piece):
            yield f"{indent}{name}: {_flow(value.value)}  # {value.look.where}"
        else:
            yield f"{indent}{name}:"
            yield from _tree(value, f"{indent}  ")


def _item(spec: Document, indent: str, piece: Piece | None) -> Iterator[str]:
    """Yield an item of a list, with what was seen and where."""
    told: Document = dict(spec)
    if piece is not None:
        told |= {"why": piece.why, "source": piece.look.source.code, "confidence": piece.confidence}
    yield from _mapping(f"{indent}- ", told, f"{indent}  ")


def _mapping(begin: str, mapping: Document, indent: str) -> Iterator[str]:
    """Yield a mapping, on one line where it fits."""
    whole = f"{begin}{_flow(mapping)}"
    if len(whole) <= _WIDTH:
        yield whole
        return
    lines = [f"{name}: {_flow(value)}" for name, value in mapping.items()]
    if begin.rstrip().endswith(":"):
        yield begin.rstrip()
        yield from (f"{indent}{line}" for line in lines)
    else:
        yield f"{begin}{lines[0]}"
        yield from (f"{indent}{line}" for line in lines[1:])
