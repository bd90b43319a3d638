"""How the control API writes its answers."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from starlette.responses import Response


def encoded(document: Any) -> bytes:
    """Return the JSON of a document, whatever text is in it: half a surrogate pair stays an escape."""
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode()


def json_answer(document: Any, status: int = 200) -> Response:
    """Return an answer with a JSON body."""
    return Response(encoded(document), status_code=status, media_type="application/json")
