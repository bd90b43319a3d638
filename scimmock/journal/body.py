"""The document that the filter of an expectation is about."""

from __future__ import annotations

from typing import Any

from ..scim.assigned import assigned_values
from ..traffic.exchange import Exchange
from .words import json_of


def filtered_document(exchange: Exchange) -> tuple[Any, str]:
    """Return the document, or None and why there is none.

    Create and replace: the resource in the body.  Patch: the resource as it was stored afterwards;
    where nothing was stored, an object of the values that the operations add or replace.  Delete: the
    resource that was deleted.  Any other request: the JSON of its body.
    """
    if exchange.operation == "patch" and exchange.after is not None:
        return exchange.after, ""
    if exchange.operation == "delete" and exchange.before is not None:
        return exchange.before, ""
    body = exchange.request_body
    if not body:
        return None, "no body"
    if len(body) < exchange.request_size:
        return None, f"a body of {exchange.request_size} bytes, which is not kept whole"
    document = json_of(body)
    if not isinstance(document, dict):
        return None, "a body that is no JSON object"
    return (assigned_values(document) if exchange.operation == "patch" else document), ""
