"""All of an exchange for a person: headers and bodies, secrets masked as in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..journal.plain import plain
from ..traffic.bodies import body_form, masked_query
from ..traffic.revive import bytes_of, pairs_of
from ..traffic.secrets import MASK, is_secret_header


def details(document: dict[str, Any]) -> Iterator[str]:
    """Yield printable lines: what was asked behind ``>``, what was answered behind ``<``.

    Behind ``|`` stands what the service had answered, where the client saw something else, behind ``!``
    what was done to the exchange.
    """
    request, response, upstream = (document.get(name) for name in ("request", "response", "upstream"))
    assert isinstance(request, dict)
    query = masked_query(str(request.get("query") or ""))
    target = f"{request.get('base') or ''}{request['path']}{f'?{query}' if query else ''}"
    yield plain(f"> {request['method']} {target} HTTP/{request.get('http') or '1.1'}")
    yield from _message(">", request)
    error = document.get("error")
    if isinstance(upstream, dict):
        yield f"| {upstream.get('status') or 'no answer'}"
        yield from _message("|", upstream)
    if isinstance(response, dict):
        yield f"< {response['status']}"
        yield from _message("<", response)
    if isinstance(error, dict):
        yield plain(f"! {error.get('kind')}: {error.get('message')}")
    trace = document.get("trace")
    quirks = trace.get("quirks") if isinstance(trace, dict) else None
    if isinstance(quirks, list) and quirks:
        yield plain(f"! quirks: {', '.join(map(str, quirks))}")


def _message(mark: str, message: dict[str, Any]) -> Iterator[str]:
    for name, value in pairs_of(message.get("headers")):
        yield plain(f"{mark} {name}: {_credential(value) if is_secret_header(name) else value}")
    lines = list(_body(message.get("body")))
    yield from (plain(f"{mark} {line}".rstrip()) for line in (("", *lines) if lines else ()))


def _credential(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space else MASK


def _body(form: Any) -> Iterator[str]:
    if not isinstance(form, dict):
        return
    body, size = bytes_of(form), form.get("size")
    if not body:
        if size:
            yield f"({size} bytes, not kept)"
        return
    cut = bool(form.get("cut"))
    shown = body_form(body, len(body) + cut)
    if "json" in shown:
        yield from json.dumps(shown["json"], indent=2, ensure_ascii=False).splitlines()
    elif "text" in shown:
        yield from str(shown["text"]).splitlines()
    else:
        yield f"({size} bytes, no text)"
    if cut:
        yield f"(of {size} bytes, only the beginning was kept)"
