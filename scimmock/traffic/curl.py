"""A recording as a shell script: one curl command for each exchange."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from .directory import document_of, resources_in
from .form import body_bytes
from .issued import Issued, Pieces, Plan, is_reference

Document = dict[str, Any]

# What belongs to one connection or one message, what curl works out, and what the recorder took away.
LEFT_OUT = frozenset(
    (
        *(
            "host",
            "content-length",
            "connection",
            "keep-alive",
            "transfer-encoding",
            "te",
            "trailer",
            "upgrade",
        ),
        *("expect", "accept-encoding", "content-encoding", "via", "forwarded", "x-real-ip", "cookie"),
        *("authorization", "proxy-authorization", "proxy-connection", "x-scimmock-fault"),
        *("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"),
    )
)
_CONDITIONS = ("if-match", "if-none-match")
_LONGEST_ARGUMENT = 100_000  # bytes; Linux takes no argument of 128 KiB or more
_WIDEST = 100
_ACTIVE = re.compile(r"[^\w/?=&%+.,:;@~()-]", re.ASCII)  # what double quotes may not keep the shell from

_TOP = """\
#!/usr/bin/env bash
# {count} of a session with {base_url}, recorded {started}
#
#     SCIM_BASE_URL=http://127.0.0.1:8080/scim/v2 SCIM_TOKEN=scimmock bash {name}
#
# Ids are taken from the new answers where the session created a resource, or found it as the only one of a
# list; others stand as they were recorded. Times between the requests are not kept.
set -u
: "${{SCIM_BASE_URL:?the base URL of a SCIM service, such as http://127.0.0.1:8080/scim/v2}}"
: "${{SCIM_TOKEN:?the bearer token for it}}"
SCIM_BASE_URL=${{SCIM_BASE_URL%/}}
"""
_ORIGIN = 'SCIM_ORIGIN=$(printf %s "$SCIM_BASE_URL" | sed -E "s,^([a-z]+://[^/]*).*,\\1,")\n'
_ID_OF = r"""
# id_of ANSWER RECORDED: print the first id in an answer, the recorded one where it has none
id_of() {
  local id
  id=$(printf %s "$1" | tr '\n' ' ' | grep -oE '"id"[[:space:]]*:[[:space:]]*"[^"]*"' | head -n 1 |
    sed -E 's/.*"([^"]*)"$/\1/')
  printf %s "${id:-$2}"
}
"""


def write_curl(
    header: Document, exchanges: Callable[[], Iterable[Document]], out: TextIO, name: str = "session.sh"
) -> list[str]:
    """Write a session as a script for bash and curl; ``exchanges()`` is iterated over twice.

    The script takes SCIM_BASE_URL and SCIM_TOKEN from the environment and prints each answer with its
    status.  Returns notices on what cannot be sent again.
    """
    plan, count, others = Plan(exchanges()), 0, False
    for exchange in exchanges():
        count += 1
        others |= "base" in exchange["request"]
    out.write(
        _TOP.format(
            count="1 exchange" if count == 1 else f"{count} exchanges",
            base_url=_comment(header.get("base_url")),
            started=_comment(header.get("started")),
            name=_comment(name),
        )
    )
    out.write(_ORIGIN if others else "")
    out.write(_ID_OF if plan.at else "")
    cut = 0
    for index, exchange in enumerate(exchanges()):
        body = exchange["request"].get("body") or {}
        cut += bool(body.get("cut"))
        out.write("\n" + "".join(f"{line}\n" for line in _step(exchange, plan, index)))
        plan.learn(index)
    return [f"{cut} of the bodies that were sent are not whole: only their beginning was kept"] if cut else []


def _step(exchange: Document, plan: Plan, index: int) -> Iterator[str]:
    """Yield the lines of one exchange: a comment, the command, and what is learned from its answer."""
    request = exchange["request"]
    yield f"# {_headline(exchange)}"
    if not request["method"].isalpha():
        yield "# what was sent is no HTTP, it cannot be sent again"
        return
    if any(name.lower() in _CONDITIONS for name, _ in request.get("headers") or ()):
        yield "# without its If-Match or If-None-Match: the new resource has other versions"
    learned = [one for one in plan.at.get(index, ()) if one.how in ("created", "found")]
    if len(learned) > 1 or any(one.how == "found" and not _is_only(exchange) for one in learned):
        for one in learned:
            yield f"{one.name}={shlex.quote(one.value)}  # one of several: as it was recorded"
        learned = []
    for one in plan.at.get(index, ()):
        if one.how == "cursor":
            yield f"{one.name}={shlex.quote(one.value)}  # as it was recorded"
    command = _command(request, plan)
    if not learned:
        yield command
        return
    (one,) = learned
    yield f"answer=$({command})"
    yield 'printf "%s\\n" "$answer"'
    yield f'{one.name}=$(id_of "$answer" {shlex.quote(one.value)})'


def _headline(exchange: Document) -> str:
    request, response, error = exchange["request"], exchange.get("response"), exchange.get("error")
    outcome = (
        str(response["status"]) if response else f"no answer ({(error or {}).get('kind', 'not known why')})"
    )
    at = str(exchange.get("at") or "")[11:23]
    return _comment(f"{exchange.get('n')}  {at}  {request['method']} {request['path']} -> {outcome}")


def _comment(text: Any) -> str:
    return "".join(character if character.isprintable() else "?" for character in str(text))


def _is_only(exchange: Document) -> bool:
    """Whether a list was answered with one resource alone, whose id is then the first."""
    body = document_of((exchange.get("response") or {}).get("body"))
    return len(resources_in(body)) == 1


def _command(request: Document, plan: Plan) -> str:
    """Return one curl command; a body that is no text, or very long, comes in by a pipe."""
    address = _address(request, plan)
    method = request["method"]
    lines = [
        "curl -sS --globoff "
        + ("--head" if method == "HEAD" else f"-X {shlex.quote(method)}")
        + f" {address}"
    ]
    lines.append("-w '\\n%{http_code}\\n' -H \"Authorization: Bearer $SCIM_TOKEN\"")
    headers = [
        (name, value)
        for name, value in request.get("headers") or ()
        if name.lower() not in LEFT_OUT and name.lower() not in _CONDITIONS
    ]
    body = request.get("body") or {}
    named = {name.lower() for name, _ in headers}
    lines += [f"-H {shlex.quote(_header(name, value))}" for name, value in headers]
    sent = _body(body, plan)
    lines += [f"-H '{name}:'" for name in ("Accept", "User-Agent") if name.lower() not in named]
    if sent and "content-type" not in named:
        lines.append("-H 'Content-Type:'")
    if not sent:
        return " \\\n  ".join(lines)
    if "base64" in body:
        return f"base64 -d <<< {body['base64']} |\n  " + " \\\n  ".join([*lines, "--data-binary @-"])
    if len(sent.encode("utf-8", "replace")) > _LONGEST_ARGUMENT:
        return f"printf %s {sent} |\n  " + " \\\n  ".join([*lines, "--data-binary @-"])
    return " \\\n  ".join([*lines, f"--data-raw {sent}"])


def _address(request: Document, plan: Plan) -> str:
    """Return the URL as one word of the shell, in double quotes where nothing in it needs other ones."""
    pieces = plan.path(request["path"])
    if "base" in request:
        pieces = [str(request["base"]), *pieces]
    if request.get("query"):
        pieces = [*pieces, "?", *plan.query(request["query"])]
    start = "$SCIM_ORIGIN" if "base" in request else "$SCIM_BASE_URL"
    if any(isinstance(piece, str) and _ACTIVE.search(piece) for piece in pieces):
        return f'"{start}"{_quoted(pieces)}'
    return (
        f'"{start}{"".join(piece if isinstance(piece, str) else f"${{{piece.name}}}" for piece in pieces)}"'
    )


def _header(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name};"  # curl's way to send an empty one


def _body(body: Document, plan: Plan) -> str:
    """Return a body as a word of the shell, JSON in several lines where it is long; "" for no body."""
    if "base64" in body:
        return str(body["base64"])
    if "json" not in body:
        text = body_bytes(body).decode()
        return shlex.quote(text) if text else ""
    marks: list[Issued] = []
    marked = _marked(body["json"], "", plan, marks)
    text = json.dumps(marked, ensure_ascii=False)
    if len(text) > _WIDEST:
        text = json.dumps(marked, ensure_ascii=False, indent=2)
    text = _HALF.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    pieces: Pieces = []
    for index, part in enumerate(text.split(_MARK)):
        pieces += [part] if not index % 2 else [marks[int(part)]]
    return _quoted(pieces)


_HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair: no text of UTF-8 has one
_MARK = "\uf8ff\ue000\uf8ff"  # stands around the number of a variable; nobody's text has it


def _marked(value: Any, key: str, plan: Plan, marks: list[Issued], alone: bool = False) -> Any:
    """Return a document with marks in the place of issued values."""
    if isinstance(value, list):
        return [_marked(inner, key, plan, marks) for inner in value]
    if isinstance(value, dict):
        reference = is_reference(value, key)
        return {
            name: _marked(inner, name, plan, marks, reference and name == "value")
            for name, inner in value.items()
        }
    if not isinstance(value, str):
        return value
    result = ""
    for piece in plan.text(value, key, alone):
        if isinstance(piece, Issued):
            result += f"{_MARK}{len(marks)}{_MARK}"
            marks.append(piece)
        else:
            result += piece
    return result


def _quoted(pieces: Pieces) -> str:
    """Return text and variables as one word of the shell."""
    words = [f'"${{{piece.name}}}"' if isinstance(piece, Issued) else _word(piece) for piece in pieces]
    return "".join(words)


def _word(text: str) -> str:
    return shlex.quote(text) if text else ""
