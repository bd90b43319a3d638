"""Reads HAR files of any origin as recordings: our own, those of mitmproxy and those of browsers."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import FileError
from .har_entry import OWN, exchange_of, split_url, started_of, time_of, wanted
from .recording import KNOWN_VERSIONS, make_header
from .routes import aim_of, base_of, below

Document = dict[str, Any]

_LOOKS = 'a HAR begins with {"log": {"version": "1.2", ...'
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_SIGNS = ("scim+json", "urn:ietf:params:scim", "urn:scim:schemas")


class Har:
    """A session read from HAR: ``header`` and ``exchanges`` as in a recording.

    ``notices`` are sentences on what was left out or is not known.
    """

    def __init__(self, header: Document, exchanges: list[Document], notices: list[str]) -> None:
        self.header = header
        self.exchanges = exchanges
        self.notices = notices


def read_har(path: Path) -> Har:
    """Read a HAR file, or one that mitmproxy has compressed (.zhar).

    Raises FileError with the line for what is no JSON, with the field (``log.entries[3].request.url``) for
    what is no HAR 1.2, and for a file without any exchange that could be SCIM.
    """
    log = wanted(_document(path), "log", dict, f"{path}: ")
    entries = wanted(log, "entries", list, f"{path}: log")
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise FileError("is no object", where=f"{path}: log.entries[{index}]", hint="an entry is one")
    own = log.get(OWN)
    if isinstance(own, dict):
        return _our_own(own, entries, path)
    return _foreign(entries, path)


def _document(path: Path) -> Document:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from None
    if raw[:1] == b"\x78":
        try:
            raw = zlib.decompress(raw)
        except zlib.error:
            hint = "a .zhar file is a HAR that zlib has compressed"
            raise FileError("is not whole, or not compressed with zlib", where=str(path), hint=hint) from None
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        raise FileError(f"is not JSON: {error.msg}", where=where, hint=_LOOKS) from None
    except (UnicodeDecodeError, RecursionError):
        raise FileError("is not JSON in UTF-8", where=str(path), hint=_LOOKS) from None
    if not isinstance(document, dict):
        raise FileError("is no HAR", where=str(path), hint=_LOOKS)
    return document


def _our_own(header: Document, entries: list[Document], path: Path) -> Har:
    """Return the session that `write_har` was given."""
    if header.get("scimmock") not in KNOWN_VERSIONS:
        known = ", ".join(KNOWN_VERSIONS)
        version = header.get("scimmock")
        hint = f"known are {known}"
        raise FileError(f"is of the version {version!r}", where=f"{path}: log.{OWN}", hint=hint)
    for key in ("started", "base_url"):
        if key in header:
            wanted(header, key, str, f"{path}: log.{OWN}")
    if "started" in header:
        time_of(header["started"], f"{path}: log.{OWN}.started")
    exchanges = [
        exchange_of(entry, header, number, _place(path, number - 1))
        for number, entry in enumerate(entries, 1)
    ]
    return Har(header, exchanges, [])


def _place(path: Path, index: int) -> str:
    return f"{path}: log.entries[{index}]"


class _Candidate:
    """An entry of a foreign HAR: where it went to, and whether it is evidently SCIM."""

    def __init__(self, entry: Document, place: str) -> None:
        self.entry = entry
        self.place = place
        self.at = started_of(entry, place)
        request = wanted(entry, "request", dict, place)
        self.method = wanted(request, "method", str, f"{place}.request")
        url = wanted(request, "url", str, f"{place}.request")
        self.path, _ = split_url(url, f"{place}.request.url")
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.base = base_of(self.path) if parts.scheme in ("http", "https") else None

    @cached_property
    def is_evident(self) -> bool:
        """Whether SCIM's media type or one of its URNs stands in the request or the response."""
        told = json.dumps([self.entry.get("request"), self.entry.get("response")]).lower()
        return any(sign in told or sign in _plain(self.entry).lower() for sign in _SIGNS)


def _plain(entry: Document) -> str:
    """Return the answer of an entry that has it as base64, as browsers write what they take for no text."""
    response = entry.get("response")
    content = response.get("content") if isinstance(response, dict) else None
    if not isinstance(content, dict) or content.get("encoding") != "base64":
        return ""
    try:
        return base64.b64decode(str(content.get("text"))).decode("utf-8", "replace")
    except ValueError:
        return ""


def _foreign(entries: list[Document], path: Path) -> Har:
    found = [
        _Candidate(entry, _place(path, index))
        for index, entry in enumerate(entries)
        if not _is_no_http(entry)
    ]
    found.sort(key=lambda candidate: candidate.at)
    first = _first(found)
    if first is None or first.base is None:
        hint = "a URL such as https://app.example/scim/v2/Users would be one"
        raise FileError("has no exchange that could be SCIM", where=str(path), hint=hint)
    kept, left = [], len(entries) - len(found)
    for candidate in found:
        if _belongs(candidate, first):
            kept.append(candidate)
        else:
            left += 1
    header = make_header("har", first.origin + first.base, kept[0].at)
    connections: dict[str, int] = {}
    exchanges = [
        _exchange(candidate, header, number, connections) for number, candidate in enumerate(kept, 1)
    ]
    return Har(header, exchanges, _notices(kept, exchanges, left, first))


def _is_no_http(entry: Document) -> bool:
    """Whether an entry is of what browsers load without a host: ``data:``, ``blob:``, their extensions."""
    request = entry.get("request")
    url = request.get("url") if isinstance(request, dict) else None
    scheme = _SCHEME.match(url) if isinstance(url, str) else None
    return scheme is not None and scheme[0].lower() not in ("http:", "https:")


def _first(found: list[_Candidate]) -> _Candidate | None:
    """Return the first entry that shows a base path; evident SCIM goes first, since others have users too."""
    showing = [candidate for candidate in found if candidate.base is not None]
    return next((one for one in showing if one.is_evident), showing[0] if showing else None)


def _belongs(candidate: _Candidate, first: _Candidate) -> bool:
    if candidate.origin == first.origin:
        if candidate.base == first.base or (first.base and below(candidate.path, first.base)):
            return True
        if aim_of(candidate.method, candidate.path).operation == "token":
            return True
    return candidate.base is not None and candidate.is_evident


def _exchange(candidate: _Candidate, header: Document, number: int, connections: dict[str, int]) -> Document:
    entry = dict(candidate.entry)
    entry.pop(OWN, None)
    named = entry.pop("connection", None)
    exchange = exchange_of(entry, header, number, candidate.place)
    if isinstance(named, str | int) and named != "":
        exchange["connection"] = connections.setdefault(str(named), len(connections) + 1)
    request = exchange["request"]
    if request.get("base") == "" and candidate.base:
        # It lies below another base path than most: what it is for is told by what stands behind that.
        request["base"] = candidate.base
        request["path"] = below(candidate.path, candidate.base)
        aim = aim_of(request["method"], request["path"])
        exchange["trace"] |= {"operation": aim.operation, "resource": aim.resource, "id": aim.id}
    return exchange


def _notices(kept: list[_Candidate], exchanges: list[Document], left: int, first: _Candidate) -> list[str]:
    notices = []
    if left:
        those = "1 entry that is" if left == 1 else f"{left} entries that are"
        notices.append(f"{those} no SCIM left out")
    others = Counter(candidate.origin for candidate in kept if candidate.origin != first.origin)
    for origin, count in others.items():
        notices.append(f"{count} of {origin}, taken for {first.origin}")
    bare = sum((item["response"] or {}).get("body", {}).get("cut", False) for item in exchanges)
    if bare:
        notices.append(f"{bare} answer{'' if bare == 1 else 's'} whose body the HAR does not have")
    return notices
