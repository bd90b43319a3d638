"""Plays a recording against a server that is like the one in it: request after request, with ids bound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from scimmock.server.ready import Ready
from scimmock.traffic.recording import open_recording
from scimmock.traffic.revive import bytes_of

Outcome = tuple[int | None, str | None]
_PATIENCE = 30.0  # seconds
_LEFT_OUT = ("host", "content-length", "connection")


def outcomes(path: Path, ready: Ready) -> Iterator[tuple[dict[str, Any], Outcome]]:
    """Yield each exchange of a recording with what the server answers today.

    Where both answers have an id at the same place, later requests name the one of today.
    """
    passed = 0.0
    ids: dict[str, str] = {}
    with httpx.Client(trust_env=False, timeout=_PATIENCE) as client:
        for exchange in open_recording(path):
            if exchange["t"] > passed:
                moved = {"advance": exchange["t"] - passed}
                client.post(f"{ready.control_url}/clock", json=moved).raise_for_status()
                passed = exchange["t"]
            answer = _send(client, exchange["request"], ready, ids)
            yield exchange, outcome_of(answer)
            _bind(ids, document_of(exchange["response"]), document_of(answer))


def _send(
    client: httpx.Client, asked: dict[str, Any], ready: Ready, ids: dict[str, str]
) -> dict[str, Any] | None:
    def bound(text: str) -> str:
        for recorded, today in ids.items():
            text = text.replace(recorded, today)
        return text

    query = f"?{asked['query']}" if asked["query"] else ""
    token = f"Bearer {ready.token}"
    headers = [
        (name, token if name.lower() == "authorization" else value)
        for name, value in asked["headers"]
        if name.lower() not in _LEFT_OUT
    ]
    content = bound(bytes_of(asked["body"]).decode())
    url = bound(f"{ready.base_url}{asked['path']}{query}")
    try:
        response = client.request(asked["method"], url, headers=headers, content=content)
    except httpx.TransportError:
        return None
    return {"status": response.status_code, "body": {"text": response.text}}


def document_of(response: dict[str, Any] | None) -> Any:
    """Return the JSON in an answer, None where there is none."""
    try:
        return json.loads(bytes_of(response["body"])) if response is not None else None
    except ValueError:
        return None


def outcome_of(response: dict[str, Any] | None) -> Outcome:
    """Return status and scimType of an answer, Nones for none."""
    document = document_of(response)
    scim_type = document.get("scimType") if isinstance(document, dict) else None
    return (response["status"] if response is not None else None), scim_type


def _bind(ids: dict[str, str], recorded: Any, today: Any) -> None:
    if isinstance(recorded, list) and isinstance(today, list):
        for pair in zip(recorded, today, strict=False):
            _bind(ids, *pair)
    if not isinstance(recorded, dict) or not isinstance(today, dict):
        return
    if isinstance(recorded.get("id"), str) and isinstance(today.get("id"), str):
        ids[recorded["id"]] = today["id"]
    for key in recorded.keys() & today.keys():
        _bind(ids, recorded[key], today[key])
