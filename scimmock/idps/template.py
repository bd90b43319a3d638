"""Templates of the requests of an identity provider, and what they give with a context of variables.

A template is JSON whose texts may name variables: ``"${user.userName}"`` alone is the variable's value
with its type, inside a longer text it is its text; ``${variable|text}`` has a default, ``$$`` is a
dollar sign.  A variable that is absent or null has no value: its key or element is left out.  Objects
with these keys are instructions:

- ``{"$each": "members", "$as": "member", "$give": template}`` a list, one element for each
- ``{"$merge": [template, ...]}`` objects merged as in RFC 7396: a null in a later one removes the key
- ``{"$text": template}`` the JSON text of what is inside
- ``{"$when": "variable", "$then": template, "$else": template}`` an empty list counts as no value here
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from ..errors import did_you_mean
from ..fixture.dialect import DialectSpec, RequestSpec
from ..outgoing.target import MISSING, Missing
from .texts import (
    NAME,
    Context,
    TemplateError,
    Variable,
    as_text,
    has_value,
    joined,
    json_text,
    parts_of,
    value_of,
)

__all__ = ["MISSING", "Rendered", "TemplateError", "has_value", "render", "render_request", "variables"]

# The instructions: the keys that each must have, and those that it may have beside them.
_INSTRUCTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "$each": (("$each", "$give"), ("$as",)),
    "$merge": (("$merge",), ()),
    "$text": (("$text",), ()),
    "$when": (("$when", "$then"), ("$else",)),
}
_WORDS = ("$each", "$as", "$give", "$merge", "$text", "$when", "$then", "$else")
_QUOTES = re.compile(r'\\.|"', re.DOTALL)


class Rendered(NamedTuple):
    """A request ready to be sent: ``target`` is below the base URL, ``body`` None where there is none."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: Any | None


def render(template: Any, context: Context) -> Any:
    """Return what a template gives, `MISSING` where the whole of it has no value.

    Raises TemplateError.
    """
    return _render(template, context, "$")


def render_request(request: RequestSpec, client: DialectSpec, context: Context) -> Rendered:
    """Return a request with its variables filled in.

    Values in the path are percent-encoded as one segment, those between double quotes in the query are
    escaped as JSON escapes them, then the whole value is percent-encoded.  A parameter or a header that
    is a variable without value is left out; a path needs all of its values.  Raises TemplateError.
    """
    body = _render(request.body, context, "body")
    if isinstance(body, Missing):
        body = None
    path = "".join(_path_parts(request.path, context))
    query = "&".join(_query_parts(request.query, client, context))
    wanted = ("all", "no-body" if body is None else "body")
    headers = [
        (header.name, value)
        for header in client.headers
        if header.on in wanted and (value := _header(header.name, header.value, context)) is not None
    ]
    return Rendered(request.method, f"{path}?{query}" if query else path, headers, body)


def variables(template: Any) -> set[str]:
    """Return the names of the variables that a template asks its context for; raises TemplateError.

    What an ``$as`` inside of it names is not among them.
    """
    return set(_names(template, "$"))


def _render(template: Any, context: Context, at: str) -> Any:
    if isinstance(template, str):
        return _text(template, context, at)
    if isinstance(template, list):
        given = (_render(item, context, f"{at}[{index}]") for index, item in enumerate(template))
        return [item for item in given if not isinstance(item, Missing)]
    if not isinstance(template, dict):
        return template
    instruction = _instruction(template, at)
    if instruction is not None:
        return _PLAYED[instruction](template, context, at)
    rendered = {}
    for key, item in template.items():
        value = _render(item, context, f"{at}.{key}")
        if not isinstance(value, Missing):
            rendered[_key(key, context, at)] = value
    return rendered


def _key(key: str, context: Context, at: str) -> str:
    return key if key == "$ref" else joined(key, context, f"{at}.{key}")


def _text(template: str, context: Context, at: str) -> Any:
    """Return a value with its type where a variable stands alone, else a text."""
    parts = parts_of(template, at)
    if len(parts) != 1 or isinstance(parts[0], str):
        return joined(template, context, at)
    value = value_of(context, parts[0].name)
    if not isinstance(value, Missing):
        return deepcopy(value)
    default = parts[0].default
    return MISSING if default is None else None if default == "null" else default


def _instruction(template: dict[str, Any], at: str) -> str | None:
    """Return the instruction that an object is, None for an object of data."""
    words = [key for key in template if key.startswith("$") and key[1:2] not in ("$", "{") and key != "$ref"]
    if not words:
        return None
    for word in words:
        if word not in _WORDS:
            near = did_you_mean(word, _WORDS)
            hint = f"did you mean {near!r}?" if near else f"'${word}' is the key {word!r}"
            raise TemplateError(f"{word!r} is no instruction", where=at, hint=hint)
    name = next((word for word in words if word in _INSTRUCTIONS), None)
    if name is None:
        raise TemplateError(f"{words[0]!r} stands without what it belongs to", where=at)
    needed, allowed = _INSTRUCTIONS[name]
    for key in needed:
        if key not in template:
            raise TemplateError(f"{name!r} needs {key!r} beside it", where=at)
    for key in template:
        if key not in needed and key not in allowed:
            raise TemplateError(f"{key!r} does not belong beside {name!r}", where=at)
    return name


def _named(template: dict[str, Any], word: str, at: str) -> str:
    name = template[word]
    if not isinstance(name, str) or not NAME.fullmatch(name):
        hint = "it stands there without $ and braces"
        raise TemplateError(f"{word!r} is the name of a variable, not {name!r}", where=at, hint=hint)
    return name


def _each(template: dict[str, Any], context: Context, at: str) -> Any:
    name = _named(template, "$each", at)
    items = value_of(context, name)
    if isinstance(items, Missing):
        return MISSING
    if not isinstance(items, list | tuple):
        raise TemplateError(f"{name!r} is not a list", where=at)
    item_name = _named({"$as": "item"} | template, "$as", at)
    rendered = (_render(template["$give"], {**context, item_name: item}, f"{at}.$give") for item in items)
    return [item for item in rendered if not isinstance(item, Missing)]


def _merge(template: dict[str, Any], context: Context, at: str) -> Any:
    merged: Any = MISSING
    for index, item in enumerate(_merged_ones(template, at)):
        given = _render(item, context, f"{at}.$merge[{index}]")
        if isinstance(given, Missing):
            continue
        if not isinstance(given, dict):
            raise TemplateError("only objects can be merged", where=f"{at}.$merge[{index}]")
        merged = given if isinstance(merged, Missing) else _over(merged, given)
    return merged


def _merged_ones(template: dict[str, Any], at: str) -> list[Any]:
    items = template["$merge"]
    if not isinstance(items, list):
        raise TemplateError("'$merge' is a list of templates", where=at)
    return items


def _over(old: Any, new: Any) -> Any:
    """Return the merge of two values (RFC 7396)."""
    if not isinstance(new, dict):
        return new
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _over(merged.get(key), value)
    return merged


def _json_text(template: dict[str, Any], context: Context, at: str) -> Any:
    inside = _render(template["$text"], context, f"{at}.$text")
    return inside if isinstance(inside, Missing) else json_text(inside)


def _when(template: dict[str, Any], context: Context, at: str) -> Any:
    branch = "$then" if has_value(context, _named(template, "$when", at)) else "$else"
    return _render(template[branch], context, f"{at}.{branch}") if branch in template else MISSING


_PLAYED: dict[str, Callable[[dict[str, Any], Context, str], Any]] = {
    "$each": _each,
    "$merge": _merge,
    "$text": _json_text,
    "$when": _when,
}


def _names(template: Any, at: str) -> Iterator[str]:
    if isinstance(template, str):
        yield from (part.name for part in parts_of(template, at) if isinstance(part, Variable))
    elif isinstance(template, list):
        for index, item in enumerate(template):
            yield from _names(item, f"{at}[{index}]")
    elif isinstance(template, dict):
        instruction = _instruction(template, at)
        if instruction == "$each":
            own = _named({"$as": "item"} | template, "$as", at)
            inside = _names(template["$give"], f"{at}.$give")
            yield _named(template, "$each", at)
            yield from (name for name in inside if name != own and not name.startswith(f"{own}."))
            return
        if instruction == "$when":
            yield _named(template, "$when", at)
        for key, item in template.items():
            if instruction is None and key != "$ref":
                yield from _names(key, f"{at}.{key}")
            if key != "$when":
                yield from _names(item, f"{at}.{key}")


def _path_parts(path: str, context: Context) -> Iterator[str]:
    for part in parts_of(path, "path"):
        if isinstance(part, str):
            yield part
            continue
        text = as_text(part, context)
        if not text:
            # "/Users/" + nothing would be another resource: that of all users.
            raise TemplateError(f"{part.name!r} has no value", where="path")
        # Dots alone would be taken for steps in the path.
        yield text.replace(".", "%2E") if text in (".", "..") else _encoded(text, quote, "path")


def _query_parts(query: Mapping[str, str], client: DialectSpec, context: Context) -> Iterator[str]:
    encode = quote_plus if client.space == "+" else quote
    for name, template in query.items():
        text = _query_value(template, context, f"query.{name}")
        if text is not None:
            yield f"{encode(name, safe='')}={_encoded(text, encode, f'query.{name}')}"


def _encoded(text: str, encode: Callable[..., str], at: str) -> str:
    try:
        return encode(text, safe="")
    except UnicodeEncodeError:
        raise TemplateError("half of a surrogate pair is no text that can be sent", where=at) from None


def _query_value(template: str, context: Context, at: str) -> str | None:
    parts = parts_of(template, at)
    if len(parts) == 1 and isinstance(_text(template, context, at), Missing):
        return None
    text, quoted = "", False
    for part in parts:
        if isinstance(part, str):
            quoted ^= sum(found.group() == '"' for found in _QUOTES.finditer(part)) % 2 == 1
            text += part
        else:
            value = as_text(part, context)
            text += json_text(value)[1:-1] if quoted else value
    return text


def _header(name: str, template: str, context: Context) -> str | None:
    value = _text(template, context, f"headers.{name}")
    if isinstance(value, Missing) or value is None:
        return None
    text = value if isinstance(value, str) else json_text(value)
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise TemplateError("a header has no control characters", where=f"headers.{name}")
    return text
