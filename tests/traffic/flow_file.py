"""Writes flow files as mitmproxy does, of exchanges of a recording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mitmproxy import connection, flow, http
from mitmproxy.io import FlowWriter

from scimmock.clock import parse_time
from scimmock.traffic.form import body_bytes


def write_flows(
    path: Path, header: dict[str, Any], exchanges: Iterable[dict[str, Any]], gzip: bool = False
) -> None:
    """Write a flow for each exchange, with an error where there was no response; ``gzip`` packs answers."""
    with path.open("wb") as file:
        writer = FlowWriter(file)
        for exchange in exchanges:
            writer.add(_flow(header["base_url"], exchange, gzip))


def _flow(base_url: str, exchange: dict[str, Any], gzip: bool) -> http.HTTPFlow:
    client = connection.Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2))
    request, response = exchange["request"], exchange["response"]
    url = base_url + request["path"] + (f"?{request['query']}" if request["query"] else "")
    made = http.HTTPFlow(client, connection.Server(address=("127.0.0.1", 9)))
    made.request = http.Request.make(request["method"], url, body_bytes(request["body"]), _headers(request))
    made.request.timestamp_start = parse_time(exchange["at"])
    made.request.timestamp_end = made.request.timestamp_start + 0.01
    if response is None:
        made.error = flow.Error("server closed connection")
        return made
    made.response = http.Response.make(response["status"], body_bytes(response["body"]), _headers(response))
    made.response.timestamp_start = made.request.timestamp_end + 0.09
    made.response.timestamp_end = made.response.timestamp_start + 0.01
    if gzip:
        made.response.encode("gzip")
    return made


def _headers(message: dict[str, Any]) -> http.Headers:
    kept = (pair for pair in message["headers"] if pair[0].lower() != "content-length")
    return http.Headers([(name.encode(), value.encode()) for name, value in kept])
