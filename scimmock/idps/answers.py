"""What is odd about the answers of a target, by the standard: one small check for each thing.

`scimmock.findings` examines what clients send; this is its counterpart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from ..traffic.directory import document_of, header_of, resources_in
from ..traffic.routes import aim_of
from .attributes import ABSENT, get, is_same

__all__ = ["CHECKS", "AnswerCheck", "Answers", "Oddity"]

Severity = Literal["error", "warning", "hint"]
_EXAMPLES = 3
_MOST = 200  # kinds of oddities
_LOOKUP = re.compile(r'(userName|externalId|displayName|id) eq ("(?:[^"\\]|\\.)*")', re.IGNORECASE)
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_KEPT = ("userName", "displayName", "title", "externalId", "active", "nickName", "preferredLanguage")


class _Asked:
    """An exchange as the checks look at it."""

    def __init__(self, exchange: dict[str, Any]) -> None:
        request, response = exchange["request"], exchange["response"]
        self.method: str = request["method"]
        self.path: str = request["path"]
        self.aim = aim_of(self.method, self.path)
        self.request = request
        self.response = response
        self.status: int = response["status"]
        self.well = 200 <= self.status < 300
        self.size: int = response["body"].get("size", 0)
        self.json = document_of(response["body"])
        self.sent = document_of(request["body"])
        one = self.well and isinstance(self.json, dict) and self.aim.resource in ("Users", "Groups")
        self.resource = self.json if one and self.aim.operation in _ONE else None
        self.list = self.json if one and self.aim.operation == "list" else None

    def header(self, name: str) -> str | None:
        return header_of(self.response, name)


_ONE = ("create", "read", "replace", "patch")


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """``look`` yields a message for each thing that it finds; ``versions`` are those of SCIM it is for."""

    name: str
    section: str
    severity: Severity
    look: Callable[[_Asked], Iterator[str]]
    versions: tuple[str, ...] = ("2.0",)


CHECKS: list[AnswerCheck] = []


def _check(
    name: str, section: str, severity: Severity, versions: tuple[str, ...] = ("2.0",)
) -> Callable[[Callable[[_Asked], Iterator[str]]], None]:
    def register(look: Callable[[_Asked], Iterator[str]]) -> None:
        CHECKS.append(AnswerCheck(name, section, severity, look, versions))

    return register


_BOTH = ("2.0", "1.1")

# ---- answers as such


@_check("answer-not-json", "RFC 7644 section 3.1", "error", _BOTH)
def _not_json(asked: _Asked) -> Iterator[str]:
    if asked.well and asked.size and asked.json is None and "cut" not in asked.response["body"]:
        kind = (asked.header("content-type") or "no media type").partition(";")[0]
        yield f"a body that is no JSON ({kind})"


@_check("answer-media-type", "RFC 7644 section 3.1", "warning")
def _media_type(asked: _Asked) -> Iterator[str]:
    if asked.size and asked.json is not None:
        kind = (asked.header("content-type") or "").partition(";")[0].strip().lower()
        if kind != "application/scim+json":
            yield f"the media type is {kind or 'not said'}, not application/scim+json"


@_check("redirect", "RFC 7644 section 3.1", "warning", _BOTH)
def _redirect(asked: _Asked) -> Iterator[str]:
    if 300 <= asked.status < 400 and asked.status != 304:
        yield f"a redirect ({asked.status}), which is not followed"


@_check("body-on-204", "RFC 9110 section 15.3.5", "error", _BOTH)
def _no_content(asked: _Asked) -> Iterator[str]:
    if asked.status == 204 and asked.size:
        yield "204 with a body"


@_check("unauthorized-without-scheme", "RFC 9110 section 11.6.1", "hint", _BOTH)
def _unauthorized(asked: _Asked) -> Iterator[str]:
    if asked.status == 401 and asked.header("www-authenticate") is None:
        yield "401 without WWW-Authenticate"


@_check("throttled-without-retry-after", "RFC 6585 section 4", "hint", _BOTH)
def _throttled(asked: _Asked) -> Iterator[str]:
    if asked.status == 429 and asked.header("retry-after") is None:
        yield "429 without Retry-After"


# ---- errors


@_check("error-no-scim", "RFC 7644 section 3.12", "warning")
def _error_body(asked: _Asked) -> Iterator[str]:
    if asked.status < 400 or not asked.size:
        return
    if not isinstance(asked.json, dict) or _ERROR not in _texts(get(asked.json, "schemas")):
        yield f"the body of a {asked.status} is no error of SCIM"
    elif get(asked.json, "status") != str(asked.status):
        yield f'the status in the body of a {asked.status} is not the text "{asked.status}"'


@_check("conflict-without-type", "RFC 7644 section 3.12 table 9", "hint")
def _conflict(asked: _Asked) -> Iterator[str]:
    if (
        asked.status == 409
        and asked.aim.operation == "create"
        and get(asked.json, "scimType") != "uniqueness"
    ):
        yield "409 to a create without the scimType uniqueness"


@_check("nothing-found-404", "RFC 7644 section 3.4.2", "error")
def _nothing_found(asked: _Asked) -> Iterator[str]:
    if asked.status == 404 and asked.aim.operation == "list" and "filter" in asked.request["query"]:
        yield "a filter that finds nothing is answered 404, not 200 with an empty list"


# ---- what a write is answered with


@_check("create-status", "RFC 7644 section 3.3", "error")
def _created(asked: _Asked) -> Iterator[str]:
    if asked.well and asked.aim.operation == "create" and asked.status != 201:
        yield f"a create is answered {asked.status}, not 201"


@_check("create-location", "RFC 7644 section 3.3", "warning")
def _location(asked: _Asked) -> Iterator[str]:
    if asked.status == 201 and asked.header("location") is None:
        yield "201 without Location"


@_check("replace-answer", "RFC 7644 section 3.5.1", "warning")
def _replaced(asked: _Asked) -> Iterator[str]:
    if asked.well and asked.aim.operation == "replace" and (asked.status != 200 or not asked.size):
        yield f"a PUT is answered {asked.status}{'' if asked.size else ' without the resource'}"


@_check("patch-answer", "RFC 7644 section 3.5.2", "warning")
def _patched(asked: _Asked) -> Iterator[str]:
    if asked.well and asked.aim.operation == "patch" and asked.status != 204:
        if asked.status != 200:
            yield f"a PATCH is answered {asked.status}, not 200 or 204"
        elif not asked.size:
            yield "a PATCH is answered 200 without the resource, 204 would be right"


@_check("delete-status", "RFC 7644 section 3.6", "warning")
def _deleted(asked: _Asked) -> Iterator[str]:
    if asked.well and asked.aim.operation == "delete" and asked.status != 204:
        yield f"a DELETE is answered {asked.status}, not 204"


@_check("not-kept", "RFC 7644 section 3.3", "hint")
def _kept(asked: _Asked) -> Iterator[str]:
    if asked.resource is None or asked.aim.operation not in ("create", "replace"):
        return
    if not isinstance(asked.sent, dict):
        return
    for name in _KEPT:
        sent, told = asked.sent.get(name), get(asked.resource, name)
        if sent is None or sent == "":
            continue
        if told is ABSENT:
            yield f"{name} was sent and is not in the answer"
        elif not is_same(name, sent, told):
            yield f"{name} is another one in the answer than was sent"


# ---- resources and lists


@_check("id-missing", "RFC 7643 section 3.1", "error", _BOTH)
def _id(asked: _Asked) -> Iterator[str]:
    if asked.resource is not None and asked.size:
        id = get(asked.resource, "id")
        if id is ABSENT or id == "":
            yield "a resource without id"
        elif not isinstance(id, str):
            yield "an id that is no string"


@_check("resource-schemas", "RFC 7643 section 3", "error")
def _schemas(asked: _Asked) -> Iterator[str]:
    if asked.resource is not None and not _texts(get(asked.resource, "schemas")):
        yield "a resource without schemas"


@_check("resource-meta", "RFC 7643 section 3.1", "hint")
def _meta(asked: _Asked) -> Iterator[str]:
    if asked.resource is not None and "attributes=" not in asked.request["query"].lower():
        meta = get(asked.resource, "meta")
        absent = [name for name in ("resourceType", "location") if get(meta, name) is ABSENT]
        if absent:
            yield f"a resource without {' and '.join(f'meta.{name}' for name in absent)}"


@_check("password-returned", "RFC 7643 section 4.1.1", "error", _BOTH)
def _password(asked: _Asked) -> Iterator[str]:
    shown = resources_in(asked.list) if asked.list is not None else [asked.resource]
    if any(get(resource, "password") is not ABSENT for resource in shown):
        yield "a password in an answer"


@_check("boolean-as-text", "RFC 7643 section 2.3.2", "error", _BOTH)
def _boolean(asked: _Asked) -> Iterator[str]:
    shown = resources_in(asked.list) if asked.list is not None else [asked.resource]
    if any(isinstance(get(resource, "active"), str) for resource in shown):
        yield "active is a string"


@_check("list-schemas", "RFC 7644 section 3.4.2", "warning")
def _list_schemas(asked: _Asked) -> Iterator[str]:
    if asked.list is not None and _LIST not in _texts(get(asked.list, "schemas")):
        yield "a list whose schemas do not name the ListResponse message"


@_check("list-counters", "RFC 7644 section 3.4.2", "error", _BOTH)
def _counters(asked: _Asked) -> Iterator[str]:
    if asked.list is None:
        return
    total, shown = get(asked.list, "totalResults"), len(resources_in(asked.list))
    if total is ABSENT:
        yield "a list without totalResults"
    elif isinstance(total, bool) or not isinstance(total, int):
        yield "totalResults is no number"
    elif shown > total:
        yield "a list with more resources than its totalResults says"
    for name in ("startIndex", "itemsPerPage"):
        value = get(asked.list, name)
        if value is not ABSENT and (isinstance(value, bool) or not isinstance(value, int)):
            yield f"{name} is no number"


@_check("filter-ignored", "RFC 7644 section 3.4.2.2", "error", _BOTH)
def _filtered(asked: _Asked) -> Iterator[str]:
    if asked.list is None or "filter" not in asked.request["query"]:
        return
    text = dict(parse_qsl(asked.request["query"])).get("filter", "")
    lookup = _LOOKUP.fullmatch(text)
    if lookup is None:
        return
    name, wanted = lookup[1], document_of({"text": lookup[2]})
    for resource in resources_in(asked.list):
        value = get(resource, name)
        if value is not ABSENT and not is_same(name, wanted, value):
            yield f"a filter on {name} finds others"
            return


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


# ---- all of a run


@dataclass(slots=True)
class Oddity:
    """One thing that was odd about answers: how often, and to which requests first."""

    check: AnswerCheck
    message: str
    count: int = 0
    examples: list[str] = field(default_factory=list)


class Answers:
    """Looks at the answers of a target, and keeps what is odd by kind.  ``protocol`` is SCIM's version."""

    def __init__(self, protocol: str = "2.0") -> None:
        self._checks = [check for check in CHECKS if protocol in check.versions]
        self._found: dict[tuple[str, str], Oddity] = {}

    def look(self, exchange: dict[str, Any]) -> None:
        """Look at an exchange (contract section 6); never raises."""
        if not exchange.get("response"):
            return
        try:
            asked = _Asked(exchange)
        except (KeyError, TypeError, ValueError):
            return
        for check in self._checks:
            try:
                messages = list(check.look(asked))
            except (TypeError, ValueError, AttributeError):
                continue  # an answer may be of any form; what cannot be looked at is no finding
            for message in messages:
                self._keep(check, message, f"{asked.method} {asked.path}")

    def _keep(self, check: AnswerCheck, message: str, example: str) -> None:
        oddity = self._found.get((check.name, message))
        if oddity is None:
            if len(self._found) >= _MOST:
                return
            oddity = self._found[check.name, message] = Oddity(check, message)
        oddity.count += 1
        if len(oddity.examples) < _EXAMPLES and example not in oddity.examples:
            oddity.examples.append(example)

    def oddities(self) -> list[Oddity]:
        """Return what was odd, errors first, the most frequent first."""
        order = ("error", "warning", "hint")
        return sorted(
            self._found.values(),
            key=lambda one: (order.index(one.check.severity), -one.count, one.check.name, one.message),
        )
