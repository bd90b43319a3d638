"""`malformed_json`: a body that is almost JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..document import read_document
from ..rule import Fired

_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_TOKEN = re.compile(rb'("(?:[^"\\]|\\.)*")(\s*:)?', re.DOTALL)
_IDENTIFIER = re.compile(rb'"([A-Za-z_$][A-Za-z0-9_$]*)"')
# A string, and a plain value if it is the name of one.
_MEMBER = re.compile(
    rb'"(?:[^"\\]|\\.)*"(?:\s*:\s*("(?:[^"\\]|\\.)*"|true|false|null|-?[0-9][0-9.eE+-]*))?', re.DOTALL
)


@action(Stage.BODY, tentative=True, at_proxy=True)
class MalformedJson(Action):
    """Spoils the JSON of the body; its length stays right.

    The main value says how: ``cut`` (its second half is missing, also for ``true``), ``trailing_comma``
    (before the last brace), ``single_quotes``, ``bare_nan`` (in the place of the first plain value;
    some parsers take it) or ``unquoted_key``.
    """

    malformed_json: Literal[True, "cut", "trailing_comma", "single_quotes", "bare_nan", "unquoted_key"]

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Spoil the body, if it is a JSON object."""
        if read_document(reply.body) is None:
            return reply
        kind = "cut" if self.malformed_json is True else self.malformed_json
        spoiled = _KINDS[kind](reply.body)
        if spoiled != reply.body:
            reply.body = spoiled
            fired.count(kind=kind)
        return reply


def _cut(body: bytes) -> bytes:
    return body[: max(1, len(body) // 2)]


def _trailing_comma(body: bytes) -> bytes:
    head, brace, tail = body.rpartition(b"}")
    return head + b"," + brace + tail


def _single_quotes(body: bytes) -> bytes:
    def quoted(match: re.Match[bytes]) -> bytes:
        return b"'%b'" % match[1].replace(b'\\"', b'"').replace(b"'", b"\\'")

    return _STRING.sub(quoted, body)


def _unquoted_key(body: bytes) -> bytes:
    def bare(match: re.Match[bytes]) -> bytes:
        name = _IDENTIFIER.fullmatch(match[1])
        return match[0] if match[2] is None or name is None else name[1] + match[2]

    return _TOKEN.sub(bare, body)


def _bare_nan(body: bytes) -> bytes:
    for match in _MEMBER.finditer(body):
        if match[1] is not None:
            return body[: match.start(1)] + b"NaN" + body[match.end(1) :]
    return body


_KINDS: dict[str, Callable[[bytes], bytes]] = {
    "cut": _cut,
    "trailing_comma": _trailing_comma,
    "single_quotes": _single_quotes,
    "bare_nan": _bare_nan,
    "unquoted_key": _unquoted_key,
}
