"""Checks of how a request is made: URL, method, headers, media types (RFC 7644 sections 3.1, 3.2 and 3.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import did_you_mean
from .asked import Asked
from .base import check, shown
from .values import is_secret_name

_WITH_BODY = ("create", "replace", "patch", "bulk", "search")
_JSON_TYPES = ("application/scim+json", "application/json")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_OTHER_ENDPOINTS = ("ServiceProviderConfig", "ResourceTypes", "Schemas", "Bulk", "Me", ".search")
_OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
_ENTITY_TAGS = re.compile(r'\s*(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*\s*')


def media_type(asked: Asked) -> str | None:
    """Return the media type of the body in lower case, None when it has none."""
    value = asked.headers.get("content-type")
    return None if value is None else value.partition(";")[0].strip().lower()


@check(
    "content-type-missing",
    "RFC 7644 section 3.1",
    "hint",
    says="a body without Content-Type; `application/scim+json` is assumed",
)
def content_type_missing(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation in _WITH_BODY and asked.has_body and media_type(asked) in (None, ""):
        yield "the body has no Content-Type, application/scim+json would be right"


@check(
    "content-type-json",
    "RFC 7644 section 3.1",
    "hint",
    says="a body sent as `application/json`: the media type of SCIM is `application/scim+json`",
)
def content_type_json(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation in _WITH_BODY and asked.has_body and media_type(asked) == "application/json":
        yield "the body is sent as application/json, application/scim+json would be right"


@check(
    "content-type-wrong",
    "RFC 7644 section 3.8",
    "error",
    says="a body sent as something other than JSON, or in another charset than UTF-8",
)
def content_type_wrong(asked: Asked) -> Iterator[str]:
    kind = media_type(asked)
    # A 415 comes before the body is read, so the body need not be known here.
    if asked.exchange.operation not in _WITH_BODY or not kind:
        return
    if kind not in _JSON_TYPES:
        yield f"the body is sent as {shown(kind)}, application/scim+json would be right"
    charset = _CHARSET.search(asked.headers["content-type"])
    if charset is not None and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        yield f"the body is sent in the charset {shown(charset[1])}, UTF-8 would be right"


@check(
    "accept-unusable",
    "RFC 7644 section 3.8",
    "warning",
    says="an Accept header that allows neither `application/scim+json` nor `application/json`",
)
def accept_unusable(asked: Asked) -> Iterator[str]:
    accept = asked.headers.get("accept", "").lower()
    ranges = {item.partition(";")[0].strip() for item in accept.split(",")} - {""}
    if ranges and asked.exchange.operation not in ("token", None):
        if ranges.isdisjoint((*_JSON_TYPES, "*/*", "application/*")):
            yield f"Accept is {shown(accept)}, application/scim+json would be right"


@check(
    "body-not-json",
    "RFC 7644 section 3.1",
    "error",
    says="a body that is no JSON, or no object, and where it goes wrong",
)
def body_not_json(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation not in _WITH_BODY:
        return
    if asked.json_error is not None:
        yield f"the body is no JSON: {asked.json_error}"
    elif asked.has_body and not asked.is_cut and not isinstance(asked.json, dict):
        yield "the body is JSON, but no object"


@check("body-missing", "RFC 7644 section 3.1", "error", says="a POST, PUT or PATCH without body")
def body_missing(asked: Asked) -> Iterator[str]:
    # Without a body in the journal the headers decide: a request may be refused before it is read.
    length = asked.headers.get("content-length", "0").strip()
    if asked.exchange.operation in _WITH_BODY and not asked.has_body and asked.exchange.status:
        if length == "0" and "transfer-encoding" not in asked.headers:
            yield f"{asked.target} has no body"


@check(
    "key-twice",
    "RFC 8259 section 4",
    "warning",
    says="a name that stands twice in one JSON object: readers differ in which one counts",
)
def key_twice(asked: Asked) -> Iterator[str]:
    for name in asked.keys_twice:
        yield f"{shown(name)} stands twice in one object of the body"


@check(
    "body-on-read",
    "RFC 9110 section 9.3.1",
    "warning",
    says="a GET, HEAD or DELETE with a body: it has no meaning, and some servers refuse it",
)
def body_on_read(asked: Asked) -> Iterator[str]:
    if asked.exchange.method in ("GET", "HEAD", "DELETE"):
        length = asked.headers.get("content-length", "0").strip()
        if length.strip("0") or "transfer-encoding" in asked.headers:
            yield f"{asked.target} has a body, which has no meaning there"


@check(
    "method-not-allowed",
    "RFC 7644 section 3.2",
    "error",
    says="a method that its endpoint does not have: a POST to `/Users/{id}`",
)
def method_not_allowed(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation is None and asked.exchange.status in (405, 501):
        allowed = asked.answer_headers.get("allow")
        yield f"{asked.target} means nothing{f', {allowed} do there' if allowed else ''}"


@check(
    "method-override",
    "RFC 7644 section 3.2",
    "warning",
    says="a header X-HTTP-Method-Override, which SCIM 2.0 does not have",
)
def method_override(asked: Asked) -> Iterator[str]:
    for name in _OVERRIDES:
        if name in asked.headers:
            yield f"the header {name} asks for {shown(asked.headers[name])}, the method itself would be right"


@check("trailing-slash", "RFC 7644 section 3.2", "hint", says="a slash at the end of the path")
def trailing_slash(asked: Asked) -> Iterator[str]:
    path = asked.exchange.path
    if (
        asked.exchange.operation is not None
        and len(path) > 1
        and path.endswith("/")
        and asked.exchange.resource
    ):
        yield f"{asked.target} ends with a slash, which some services refuse"


@check("double-slash", "RFC 7644 section 3.2", "warning", says="an empty segment in the path: `//Users`")
def double_slash(asked: Asked) -> Iterator[str]:
    if "//" in asked.exchange.path:
        yield f"{asked.target} has two slashes in a row, the base URL may end with one"


@check(
    "endpoint-unknown",
    "RFC 7644 section 3.2",
    "error",
    says="an endpoint that does not exist, near one that does (`/users`, `/ServiceProviderConfigs`)",
)
def endpoint_unknown(asked: Asked) -> Iterator[str]:
    exchange = asked.exchange
    if exchange.operation is None and exchange.resource is None and exchange.status in (404, 401):
        first = exchange.path.lstrip("/").partition("/")[0]
        known = [*(item.endpoint.strip("/") for item in asked.types), *_OTHER_ENDPOINTS]
        meant = did_you_mean(first, known) if first and first not in known else None
        if meant is not None:
            yield f"there is no endpoint /{first[:60]}, /{meant} would be right (case counts)"


@check(
    "secret-in-url",
    "RFC 7644 section 7.5.2",
    "error",
    says="a token, key or password as a parameter of the URL, which logs keep",
)
def secret_in_url(asked: Asked) -> Iterator[str]:
    for name in asked.parameters:
        if name.lower() not in ("filter", "attributes") and is_secret_name(name):
            yield f"the query has the parameter {shown(name)}, credentials belong into a header"


@check(
    "if-match-syntax",
    "RFC 7644 section 3.14",
    "error",
    says="an If-Match or If-None-Match that is no list of entity tags in quotes",
)
def if_match_syntax(asked: Asked) -> Iterator[str]:
    for name in ("If-Match", "If-None-Match"):
        value = asked.headers.get(name.lower())
        if value is not None and value.strip() != "*" and not _ENTITY_TAGS.fullmatch(value):
            yield f'{name} is {shown(value)}, a tag in quotes such as W/"3694e05e9dff591" would be right'


@check(
    "if-match-any",
    "RFC 7644 section 3.14",
    "hint",
    "behaviour",
    says="`If-Match: *`: it holds for every version and guards nothing",
)
def if_match_any(asked: Asked) -> Iterator[str]:
    if asked.headers.get("if-match", "").strip() == "*":
        yield "If-Match is *, which holds for every version: the tag of the version that was read guards it"


@check(
    "if-match-on-create",
    "RFC 7644 section 3.14",
    "hint",
    says="If-Match on a POST: what is to be created has no version",
)
def if_match_on_create(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "create" and "if-match" in asked.headers:
        yield "the POST has an If-Match, what is to be created has no version"
