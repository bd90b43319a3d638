"""Texts that name variables: how they are read, and what the variables are in a context."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ..errors import UserError
from ..outgoing.target import MISSING, Missing

Context = Mapping[str, Any]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:.\-]*")
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<inside>[^}]*)\}|(?P<open>\{))")


class TemplateError(UserError):
    """A template that cannot be read, or that does not fit its context; ``where`` is a path in it."""

    exit_code = 4


class Variable(NamedTuple):
    """``${name|default}``; ``default`` is None where there is no bar."""

    name: str
    default: str | None


Part = str | Variable


@lru_cache(maxsize=4096)
def _parsed(template: str) -> tuple[Part, ...]:
    """Return the parts of a text; raises ValueError with what is wrong."""
    parts: list[Part] = []
    end = 0
    for match in _VARIABLE.finditer(template):
        parts.append(template[end : match.start()])
        end = match.end()
        if match["open"]:
            raise ValueError(f"the braces in {template!r} are not closed")
        if match["dollar"]:
            parts.append("$")
            continue
        name, bar, default = match["inside"].partition("|")
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a variable")
        parts.append(Variable(name, default if bar else None))
    parts.append(template[end:])
    return tuple(part for part in parts if part != "")


def parts_of(template: str, at: str) -> tuple[Part, ...]:
    """Return the pieces of a text, plain ones and variables; raises TemplateError, ``at`` says where."""
    try:
        return _parsed(template)
    except ValueError as error:
        raise TemplateError(str(error), where=at, hint="${user.userName} would be right") from None


def value_of(context: Context, name: str) -> Any:
    """Return the value of a variable, MISSING when it is absent or null.

    Keys may have dots themselves ("changes.name.givenName", a URN): the longest that is there is taken.
    """
    found = _walk(context, name)
    return MISSING if found is None else found


def has_value(context: Context, name: str) -> bool:
    """Return whether a variable has a value as ``when`` means it: null and an empty list are none."""
    return value_of(context, name) not in (MISSING, [])


def as_text(variable: Variable, context: Context) -> str:
    """Return the value of a variable as text, its default or nothing where it has none."""
    value = value_of(context, variable.name)
    if isinstance(value, Missing):
        return variable.default or ""
    return value if isinstance(value, str) else json_text(value)


def joined(template: str, context: Context, at: str) -> str:
    """Return a text with its variables filled in as text; raises TemplateError."""
    parts = parts_of(template, at)
    return "".join(part if isinstance(part, str) else as_text(part, context) for part in parts)


def json_text(value: Any) -> str:
    """Return the JSON text of a value, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _walk(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        return None
    end = len(name)
    while end > 0:
        if name[:end] in value:
            inner = value[name[:end]]
            found = inner if end == len(name) else _walk(inner, name[end + 1 :])
            if found is not None:
                return found
        end = name.rfind(".", 0, end)
    return None
