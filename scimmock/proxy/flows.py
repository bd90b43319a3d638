"""Flow files of mitmproxy, read as recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mitmproxy import exceptions, http
from mitmproxy.io import FlowReader

from ..errors import FileError
from ..traffic.recording import make_header
from ..traffic.routes import base_of
from .addresses import origin_from
from .exchanges import Seen, document_of
from .failures import failure_of

_LOOKS = "what mitmdump -w writes would be one"


def read_flows(path: Path) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    """Return the header that a flow file makes, and its exchanges in order; raises FileError.

    The service is that of the first flow that names an endpoint of SCIM, else of the first one; what lies
    elsewhere on it says so in ``request["base"]``.
    """
    first: http.HTTPFlow | None = None
    for flow in _flows(path):
        if first is None or base_of(flow.request.path.partition("?")[0]) is not None:
            origin = origin_from(flow.request.scheme, flow.request.host, flow.request.port)
            base = base_of(flow.request.path.partition("?")[0])
            first = first or flow
            if base is not None:
                break
    if first is None:
        raise FileError("has no HTTP flows", where=str(path), hint=_LOOKS)
    started = first.request.timestamp_start
    header = make_header("addon", f"{origin}{base or ''}", started)
    return header, _exchanges(path, base or "", started)


def _exchanges(path: Path, base: str, started: float) -> Iterator[dict[str, Any]]:
    connections: dict[str, int] = {}
    for number, flow in enumerate(_flows(path), 1):
        seen = Seen(connections.setdefault(flow.client_conn.id, len(connections) + 1))
        if flow.error is not None:
            seen.failure = failure_of(flow)
        yield document_of(flow, seen, base, started) | {"n": number}


def _flows(path: Path) -> Iterator[http.HTTPFlow]:
    try:
        with open(path, "rb") as file:
            for flow in FlowReader(file).stream():
                if isinstance(flow, http.HTTPFlow) and flow.request.method != "CONNECT":
                    yield flow
    except exceptions.FlowReadException:
        raise FileError("is no flow file of mitmproxy, or a torn one", where=str(path), hint=_LOOKS) from None
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from None
