"""The shapes of error bodies: SCIM's own, and those that real services answer instead.

Each shape turns an error into (body, media type); sources stand with the fixtures that use them.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from ..errors import ScimError
from ..scim.answer import error_document

Shaped = tuple[bytes, bytes | None]
_shapes: dict[str, tuple[Callable[[ScimError], Shaped], str]] = {}


def _shape(name: str, told: str) -> Callable[[Callable[[ScimError], Shaped]], Callable[[ScimError], Shaped]]:
    def register(make: Callable[[ScimError], Shaped]) -> Callable[[ScimError], Shaped]:
        _shapes[name] = make, told
        return make

    return register


def shapes() -> dict[str, str]:
    """Return what each shape is, by name."""
    return {name: told for name, (_, told) in sorted(_shapes.items())}


def shape_error(name: str, error: ScimError) -> Shaped:
    """Return an error as (body, media type) in a shape; a media type of None is that of the service."""
    return _shapes[name][0](error)


def phrase(status: int) -> str:
    """Return the standard reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@_shape("scim", "the SCIM error message (RFC 7644 section 3.12)")
def _scim(error: ScimError) -> Shaped:
    return _json(error_document(error)), None


@_shape("html", "a page of a web server or proxy")
def _html(error: ScimError) -> Shaped:
    title = f"{error.status} {phrase(error.status)}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        f"<!-- {html.escape(error.detail)} -->\r\n</body>\r\n</html>\r\n"
    )
    return page.encode(), b"text/html"


@_shape("text", "the reason as plain text")
def _text(error: ScimError) -> Shaped:
    return f"{phrase(error.status)}: {error.detail}".encode(), b"text/plain; charset=utf-8"


@_shape("empty", "no body at all")
def _empty(error: ScimError) -> Shaped:
    return b"", b""


@_shape("proxy-text", "the line of a tunnel or proxy (Cloudflare): error code: 502")
def _proxy_text(error: ScimError) -> Shaped:
    return f"error code: {error.status}".encode(), b"text/plain; charset=UTF-8"


@_shape("google-html", "a page such as Google's for a path that it does not know")
def _google_html(error: ScimError) -> Shaped:
    title = f"Error {error.status} ({phrase(error.status)})!!1"
    page = (
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
        f"<title>{title}</title>\n<p><b>{error.status}.</b> <ins>That\u2019s an error.</ins>\n"
    )
    return page.encode(), b"text/html; charset=UTF-8"


@_shape("framework", "the JSON of a web framework (Infisical): reqId, statusCode, message, error")
def _framework(error: ScimError) -> Shaped:
    about = f"{error.status}\0{error.detail}".encode("utf-8", "replace")
    document = {
        "reqId": f"req-{blake2b(about, digest_size=7).hexdigest()}",
        "statusCode": error.status,
        "message": error.detail,
        "error": phrase(error.status),
    }
    return _json(document), b"application/json; charset=utf-8"


@_shape("code-message", "the JSON of an API that is not SCIM (Zoom): code, message")
def _code_message(error: ScimError) -> Shaped:
    return _json({"code": error.status, "message": error.detail}), b"application/json"


@_shape("slack", "SCIM's own with a number as status and no scimType (Slack)")
def _slack(error: ScimError) -> Shaped:
    document = error_document(error)
    document.pop("scimType", None)
    return _json(document | {"status": error.status}), None


@_shape("nested", "SCIM's own under `response` (SimpleIdServer, Pulumi Cloud)")
def _nested(error: ScimError) -> Shaped:
    return _json({"status": str(error.status), "response": error_document(error)}), None


@_shape("errors-array", "SCIM 1.1: Errors is a list (Okta's documentation)")
def _errors_array(error: ScimError) -> Shaped:
    document = {"Errors": [{"description": error.detail, "code": error.status}]}
    return _json(document), b"application/json"


@_shape("errors-object", "SCIM 1.1 as Slack speaks it: Errors is an object")
def _errors_object(error: ScimError) -> Shaped:
    document = {"Errors": {"description": error.detail, "code": error.status}}
    return _json(document), b"application/json"
