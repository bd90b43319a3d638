"""The structure of HAR 1.2, as its specification gives it field by field."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object that has these fields; others begin with an underscore."""
    return {
        "type": "object",
        "properties": required | optional | {"comment": {"type": "string"}},
        "required": list(required),
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": -1}
TIME = {"type": "number", "minimum": 0}
MAYBE = {"type": "number", "minimum": -1}
DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
PAIRS = {"type": "array", "items": _object({"name": TEXT, "value": TEXT})}
COOKIES = {
    "type": "array",
    "items": _object(
        {"name": TEXT, "value": TEXT},
        path=TEXT,
        domain=TEXT,
        expires=TEXT,
        httpOnly={"type": "boolean"},
        secure={"type": "boolean"},
    ),
}
POST_DATA = _object({"mimeType": TEXT, "text": TEXT}, params={"type": "array"}, encoding=TEXT)
CONTENT = _object(
    {"size": {"type": "integer"}, "mimeType": TEXT}, compression={"type": "integer"}, text=TEXT, encoding=TEXT
)
REQUEST = _object(
    {
        "method": TEXT,
        "url": TEXT,
        "httpVersion": TEXT,
        "cookies": COOKIES,
        "headers": PAIRS,
        "queryString": PAIRS,
        "headersSize": NUMBER,
        "bodySize": NUMBER,
    },
    postData=POST_DATA,
)
RESPONSE = _object(
    {
        "status": {"type": "integer"},
        "statusText": TEXT,
        "httpVersion": TEXT,
        "cookies": COOKIES,
        "headers": PAIRS,
        "content": CONTENT,
        "redirectURL": TEXT,
        "headersSize": NUMBER,
        "bodySize": NUMBER,
    }
)
TIMINGS = _object(
    {"send": TIME, "wait": TIME, "receive": TIME}, blocked=MAYBE, dns=MAYBE, connect=MAYBE, ssl=MAYBE
)
ENTRY = _object(
    {
        "startedDateTime": DATE,
        "time": TIME,
        "request": REQUEST,
        "response": RESPONSE,
        "cache": {"type": "object"},
        "timings": TIMINGS,
    },
    pageref=TEXT,
    serverIPAddress=TEXT,
    connection=TEXT,
)
CREATOR = _object({"name": TEXT, "version": TEXT})
LOG = _object(
    {"version": {"const": "1.2"}, "creator": CREATOR, "entries": {"type": "array", "items": ENTRY}},
    browser=CREATOR,
    pages={"type": "array"},
)
HAR = {"type": "object", "properties": {"log": LOG}, "required": ["log"], "additionalProperties": False}


def check(document: Any) -> None:
    """Raise an exception that names the field when a document is no HAR 1.2."""
    Draft202012Validator(HAR).validate(document)
