"""The session that the addon records: where it goes, what is counted, and how it ends."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from ..quickjson import line
from ..traffic.recorder import Recorder
from ..traffic.recording import Mode, make_header
from ..traffic.redact.key import load_key
from ..traffic.redact.redactor import Redactor
from ..traffic.routes import base_of
from ..version import __version__
from .addresses import Origin, origin_from
from .exchanges import Seen, document_of, minimal_document
from .options import Settings

logger = logging.getLogger(__name__)

_MAX_TROUBLES = 100  # distinct ones that are shown
# Files that this process has begun: where mitmproxy loads the addon anew, it goes on with them.
_BEGUN: set[Path] = set()


class Session:
    """Writes the exchanges of one run.  Opening raises UserError; nothing else here ever raises.

    ``faults`` are the rules that act on it, as they stand in the header.  ``incomplete`` counts exchanges
    of which not all could be told, ``left_out`` flows that the filter left out.
    """

    def __init__(self, settings: Settings, path: Path, faults: list[dict[str, Any]]) -> None:
        self.settings = settings
        self.incomplete = self.left_out = 0
        self._shown: set[str] = set()
        self._service: Origin | None = None
        self._base = settings.base or ""
        key = load_key(settings.redact_key) if settings.redact == "pseudonyms" else b""
        redactor = Redactor(settings.redact, key, settings.redact_fields)
        more: dict[str, Any] = {"faults": faults, "seed": settings.seed} if faults else {}
        header = make_header("addon", "", time.time(), **more)
        mode: Mode = "append" if path in _BEGUN else settings.mode
        self.recorder = Recorder(path, header, redactor, mode, line, self.trouble)
        _BEGUN.add(path)
        self._is_placed = self.recorder.header is not header
        if self._is_placed:
            self._base = urlsplit(self.recorder.header.get("base_url") or "").path.rstrip("/")

    @property
    def base(self) -> str | None:
        """The base path of the service, None while nothing has shown it."""
        return self._base if self._is_placed or self.settings.base is not None else None

    @property
    def has_lost(self) -> bool:
        """Whether an exchange is missing in the recording, or a part of one."""
        return bool(self.recorder.lost or self.incomplete or self.recorder.trouble)

    def goes_on_with(self, settings: Settings) -> bool:
        """Take over changed settings; False where the file has to be opened anew for them."""
        same = ("record", "redact", "redact_key", "redact_fields", "base")
        if any(getattr(settings, name) != getattr(self.settings, name) for name in same):
            return False
        self.settings = settings
        return True

    def is_wanted(self, flow: http.HTTPFlow) -> bool:
        """Whether a flow is to be recorded."""
        if self.settings.matches is not None:
            return self.settings.matches(flow)
        if isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return True
        if not _looks_like_scim(flow):
            return False
        # A recording has one service; what others of the kind speak is for recordings of their own.
        return self._service is None or _origin(flow) == self._service

    def record(self, flow: http.HTTPFlow, seen: Seen) -> None:
        """Write the exchange of a flow, or as much of it as can be told."""
        document: dict[str, Any] | None
        try:
            if not self.is_wanted(flow):
                self.left_out += 1
                return
            self._place(flow)
            document = document_of(flow, seen, self._base, self.recorder.started, self.settings.max_body)
        except Exception as error:  # whatever it is: the exchange is written, and the traffic goes on
            why = f"an exchange cannot be told: {type(error).__name__}: {error}"
            self.has_failed(why)
            document = self._least(flow, seen, why)
        if document is not None:
            self.recorder.record(document)

    def _least(self, flow: http.HTTPFlow, seen: Seen, why: str) -> dict[str, Any] | None:
        try:
            return minimal_document(flow, seen, self.recorder.started, why)
        except Exception as error:
            self.recorder.lose(f"an exchange is lost: {type(error).__name__}: {error}")
            return None

    def _place(self, flow: http.HTTPFlow) -> None:
        """Take the service and its base path from the first flow that is recorded."""
        if self._service is None:
            self._service = _origin(flow)
        if self._is_placed:
            return
        if self.settings.base is None:
            self._base = base_of(flow.request.path.partition("?")[0]) or ""
        self.recorder.header["base_url"] = f"{self._service}{self._base}"
        self._is_placed = True

    def has_failed(self, why: str) -> None:
        """Count an exchange that is not complete, or not as it should be."""
        self.incomplete += 1
        self.trouble(why)

    def trouble(self, why: str) -> None:
        """Show what is wrong, each thing once."""
        if why not in self._shown and len(self._shown) < _MAX_TROUBLES:
            self._shown.add(why)
            logger.error(f"scimmock: {self.recorder.path}: {why}")

    def summary(self) -> dict[str, Any]:
        """Return what there is to say at the end."""
        recorder = self.recorder
        return {
            "recording": str(recorder.path),
            "written": recorder.written,
            "lost": recorder.lost,
            "incomplete": self.incomplete,
            "left_out": self.left_out,
            "trouble": recorder.last_trouble or next(iter(self._shown), ""),
            "redaction": self.settings.redact,
            "counts": dict(recorder.redactor.counts),
            "version": __version__,
        }

    def close(self) -> None:
        """End the session."""
        self.recorder.close()


def _looks_like_scim(flow: http.HTTPFlow) -> bool:
    """Whether a flow names an endpoint of SCIM, or has its media type (RFC 7644 section 8.1)."""
    if base_of(flow.request.path.partition("?")[0]) is not None:
        return True
    messages = (flow.request, flow.response)
    return any(each and "application/scim+json" in each.headers.get("content-type", "") for each in messages)


def _origin(flow: http.HTTPFlow) -> Origin:
    return origin_from(flow.request.scheme, flow.request.host, flow.request.port)
