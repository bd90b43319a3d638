"""A recording as a test: a file for pytest and httpx that does the session again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from .directory import answer_of, document_of, is_made_up
from .form import body_bytes, compact
from .issued import Issued, Pieces, Plan, is_reference, joined

Document = dict[str, Any]

_SENT = ("accept", "content-type", "if-match", "if-none-match", "prefer")
_WIDEST = 88  # columns, the usual limit of formatters

_TOP = '''\
"""A SCIM session, done again: {count}, recorded {started}.

Recorded with {base_url}

    export SCIM_BASE_URL=http://127.0.0.1:8080/scim/v2 SCIM_TOKEN=scimmock
    pytest {name}
"""

import os
from collections.abc import Iterator

import httpx
import pytest


class Service:
    """Sends requests to the service under test and checks the status of each answer."""

    def __init__(self, client: httpx.Client, base_url: str) -> None:
        self.client = client
        self.base_url = base_url

    def ask(self, method, path, status, scim_type=None, base=None, **message):
        """Return the answer; ``status`` None is for one that was not recorded."""
        url = self.base_url + path
        if base is not None:
            origin = str(httpx.URL(self.base_url).copy_with(path="/")).rstrip("/")
            url = origin + base + path
        answer = self.client.request(method, url, **message)
        told = f"{{method}} {{path}} was answered {{answer.status_code}}: {{answer.text[:500]}}"
        assert status in (None, answer.status_code), told
        if scim_type is not None:
            assert answer.json().get("scimType") == scim_type, told
        return answer


@pytest.fixture
def service() -> Iterator[Service]:
    """The service that SCIM_BASE_URL names, with the bearer token in SCIM_TOKEN."""
    base_url = os.environ.get("SCIM_BASE_URL", "").rstrip("/")
    if not base_url:
        pytest.fail("SCIM_BASE_URL is not set, a SCIM base URL would be right")
    headers = {{"Authorization": f"Bearer {{os.environ.get('SCIM_TOKEN', '')}}"}}
    with httpx.Client(headers=headers, timeout=30) as client:
        yield Service(client, base_url)
'''
_ID_OF = '''

def id_of(answer):
    """Return the id of the resource that an answer shows, or else names in Location."""
    if answer.content:
        return answer.json()["id"]
    return answer.headers["Location"].rstrip("/").rpartition("/")[2]
'''
_ID_IN = '''

def id_in(answer, name, value):
    """Return the id of the resource in a list whose attribute has a value."""
    for resource in answer.json().get("Resources", []):
        if str(resource.get(name)).lower() == value.lower():
            return resource["id"]
    pytest.fail(f"no resource in the list has the {name} {value!r}")
'''
_HELPERS = (("created", _ID_OF), ("found", _ID_IN))
_TEST = '''

def test_session(service: Service) -> None:
    """Each exchange is answered as it was when it was recorded."""
'''


def write_pytest(
    header: Document, exchanges: Callable[[], Iterable[Document]], out: TextIO, name: str = "test_session.py"
) -> list[str]:
    """Write a session as a test that asserts the status and scimType of each answer.

    ``exchanges()`` is iterated over twice.  What the service itself answered is asserted; an answer that
    a fault rule gave in its place is left out.  Returns notices on what is left out.
    """
    plan, count, steps, encoded = Plan(exchanges()), 0, 0, False
    for exchange in exchanges():
        count += 1
        steps += not _why_not(exchange)
        encoded |= "base64" in (exchange["request"].get("body") or {})
    top = _TOP.format(
        count="1 exchange" if count == 1 else f"{count} exchanges",
        base_url=_plain(header.get("base_url")),
        started=_plain(header.get("started")),
        name=_plain(name),
    )
    out.write(top.replace("import os\n", "import base64\nimport os\n") if encoded else top)
    issued = {one.how for group in plan.at.values() for one in group}
    out.write("".join(code for how, code in _HELPERS if how in issued))
    out.write(_TEST)
    left: dict[str, int] = {}
    for index, exchange in enumerate(exchanges()):
        why = _why_not(exchange)
        if why:
            left[why] = left.get(why, 0) + 1
            issued_here = plan.at.get(index, ())
            lines = [f"# {_headline(exchange)}: left out, {why}", *map(_as_recorded, issued_here)]
        else:
            lines = list(_step(exchange, plan, index))
        plan.learn(index)
        out.write("\n".join(["", *(f"    {line}" if line else "" for line in lines), ""]))
    if not steps:
        out.write('    pytest.skip("no exchange of the session can be done again")\n')
    return [f"{number} left out: {why}" for why, number in left.items()]


def _why_not(exchange: Document) -> str:
    """Return why an exchange cannot be done again, "" when it can."""
    request = exchange["request"]
    if not request["method"].isalpha():
        return "what was sent is no HTTP"
    if (request.get("body") or {}).get("cut"):
        return "not all of its body was kept"
    if is_made_up(exchange):
        return "a fault rule gave the answer"
    return ""


def _step(exchange: Document, plan: Plan, index: int) -> Iterator[str]:
    """Yield the lines of one exchange, indented by nothing."""
    request, answer = exchange["request"], answer_of(exchange)
    status = answer["status"] if answer else None
    yield f"# {_headline(exchange)}"
    arguments = [_text(request["method"]), _target(request, plan), repr(status)]
    scim_type = _scim_type(answer)
    if scim_type:
        arguments.append(f"scim_type={_text(scim_type)}")
    if "base" in request:
        arguments.append(f"base={_text(request['base'])}")
    arguments += _message(request, plan, status)
    learned = plan.at.get(index, ())
    call = "service.ask("
    if learned:
        call = f"answer = {call}"
    one_line = f"{call}{', '.join(arguments)})"
    if len(one_line) + 4 <= _WIDEST and "\n" not in one_line:
        yield one_line
    else:
        yield call
        for argument in arguments:
            yield from (f"    {line}" for line in f"{argument},".split("\n"))
        yield ")"
    for one in learned:
        yield _learned(one)


def _learned(one: Issued) -> str:
    if one.how == "created":
        return f"{one.name} = id_of(answer)"
    if one.how == "found":
        return f"{one.name} = id_in(answer, {_text(one.by)}, {_text(one.is_)})"
    return f'{one.name} = answer.{"json()" if one.how == "cursor" else "headers"}["{_SOURCES[one.how]}"]'


_SOURCES = {"version": "ETag", "cursor": "nextCursor"}


def _as_recorded(one: Issued) -> str:
    return f"{one.name} = {_text(one.value)}"


def _headline(exchange: Document) -> str:
    request, response = exchange["request"], exchange.get("response")
    error = exchange.get("error") or {}
    outcome = response["status"] if response else f"no answer ({error.get('kind', 'not known why')})"
    line = _plain(f"{exchange.get('n')}: {request['method']} {request['path']} -> {outcome}")
    room = _WIDEST - len("    # ")
    return line if len(line) <= room else f"{line[: room - 3]}..."


def _plain(text: Any) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in str(text))
    return shown.replace("\\", "/").replace('"""', "'''")


def _target(request: Document, plan: Plan) -> str:
    pieces = plan.path(request["path"])
    if request.get("query"):
        pieces = [*pieces, "?", *plan.query(request["query"])]
    return _expression(pieces)


def _scim_type(answer: Document | None) -> str:
    body = document_of(answer.get("body")) if answer and answer["status"] >= 400 else None
    found = body.get("scimType") if isinstance(body, dict) else None
    return found if isinstance(found, str) else ""


def _message(request: Document, plan: Plan, status: int | None) -> Iterator[str]:
    """Yield the arguments for headers and body."""
    headers = {
        name: value
        for name, value in request.get("headers") or ()
        if name.lower() in _SENT and value not in ("", "*/*")
    }
    items = []
    for name, value in headers.items():
        pieces = plan.header(value) if name.lower().startswith("if-") else [value]
        items.append(f"{_text(name)}: {_expression(pieces)}")
    if status == 401:
        items.append('"Authorization": "Bearer wrong"')  # credentials are not recorded
    if items:
        yield f"headers={_bracketed('{', items, '}', 8)}"
    body = request.get("body") or {}
    if "json" in body and _can_be_sent(body["json"]):
        yield f"json={_value(body['json'], '', plan, 8)}"
    elif "base64" in body:
        yield f"content=base64.b64decode({_text(base64.b64encode(body_bytes(body)).decode())})"
    elif text := body_bytes(body).decode():
        yield f"content={_text(text)}"


def _can_be_sent(document: Any) -> bool:
    """Whether httpx can encode a document; halves of surrogate pairs and NaN it cannot."""
    try:
        compact(document)
    except ValueError:
        return False
    return True


def _value(value: Any, key: str, plan: Plan, indent: int, alone: bool = False) -> str:
    """Return a JSON value as an expression, in several lines where one is too short."""
    if isinstance(value, str):
        return _expression(plan.text(value, key, alone))
    if isinstance(value, list):
        items = [_value(inner, key, plan, indent + 4) for inner in value]
        return _bracketed("[", items, "]", indent)
    if isinstance(value, dict):
        reference = is_reference(value, key)
        items = [
            f"{_text(name)}: {_value(inner, name, plan, indent + 4, reference and name == 'value')}"
            for name, inner in value.items()
        ]
        return _bracketed("{", items, "}", indent)
    return repr(value)


def _bracketed(opening: str, items: list[str], closing: str, indent: int) -> str:
    line = f"{opening}{', '.join(items)}{closing}"
    if not items or (len(line) + indent + 10 <= _WIDEST and "\n" not in line):
        return line
    inner = "".join(f"    {row}\n" for item in items for row in f"{item},".split("\n"))
    return f"{opening}\n{inner}{closing}"


def _expression(pieces: Pieces) -> str:
    """Return text and variables as a string literal, with an f where it has variables."""
    pieces = joined(pieces)
    if len(pieces) == 1:
        return pieces[0].name if isinstance(pieces[0], Issued) else _text(pieces[0])
    texts = "".join(piece for piece in pieces if isinstance(piece, str))
    quote = _quote(texts)
    parts = (
        f"{{{piece.name}}}"
        if isinstance(piece, Issued)
        else _literal(piece, quote).replace("{", "{{").replace("}", "}}")
        for piece in pieces
    )
    return f"f{quote}{''.join(parts)}{quote}"


def _text(text: str) -> str:
    """Return a string literal, in which every character can be seen."""
    quote = _quote(text)
    return f"{quote}{_literal(text, quote)}{quote}"


def _quote(text: str) -> str:
    """Return the quotes for a literal: double ones, unless single ones save escapes."""
    return "'" if '"' in text and "'" not in text else '"'


def _literal(text: str, quote: str) -> str:
    """Return what stands between the quotes: JSON's escapes are Python's too."""
    parts = (json.dumps(part, ensure_ascii=False)[1:-1] for part in text.split('"'))
    literal = ('"' if quote == "'" else '\\"').join(parts)
    return "".join(character if character.isprintable() else _escaped(character) for character in literal)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
