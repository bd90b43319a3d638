"""Quirks as they are written on the command line: ``NAME`` or ``NAME:parameter=value,...``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..errors import UsageError
from ..faults.errors import RuleError
from .quirkset import Chosen, read_quirks


def chosen_quirks(texts: Iterable[str | dict[str, Any]]) -> list[Chosen]:
    """Read quirks from the command line, or from documents; raises UsageError.

    A value is JSON where it can be (numbers, true, false), else text; ``+`` joins several of them.
    """
    given = list(texts)
    try:
        return read_quirks([_spec(item) if isinstance(item, str) else item for item in given], "quirks")
    except RuleError as error:
        index = int(error.path.partition("[")[2].partition("]")[0] or 0)
        field = error.path.partition("]")[2].lstrip(".")
        about = f" ({field})" if field and field != "quirk" else ""
        raise UsageError(f"--quirk {given[index]}{about}: {error.message}", hint=error.advice) from None


def _spec(text: str) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    spec: dict[str, Any] = {"quirk": name.strip()}
    for pair in rest.split(",") if rest else ():
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not key or not equals or key == "quirk":
            raise UsageError(f"--quirk {text}: {pair!r} is no parameter", hint="name=value would be right")
        if key in spec:
            raise UsageError(f"--quirk {text}: {key!r} stands twice", hint="keep one of them")
        spec[key] = _value(value)
    return spec


def _value(text: str) -> Any:
    parts = [text] if _is_json(text) else text.split("+")
    values = [json.loads(part) if _is_json(part) else part for part in parts]
    return values if len(values) > 1 else values[0]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
