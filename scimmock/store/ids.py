"""Ids for new resources: the same requests with the same seed get the same ids."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b, shake_256
from string import ascii_lowercase, ascii_uppercase, digits

_FORMS = ("uuid", "hex", "number", "unsafe")
_PIECE = re.compile(r"\[([^\]]+)\](?:\{([0-9]+)\})?|<uuid>|([A-Za-z0-9_.~-])")
_RANGES = re.compile(r"(?:[A-Za-z0-9_.~](?:-[A-Za-z0-9])?)+")
_RUNS = (digits, ascii_lowercase, ascii_uppercase)
_LONGEST = 200


class Minter:
    """Issues ids of one tenant.

    An id comes from (seed, tenant, type, natural key, occurrence) and from nothing else, so that it
    does not depend on what other requests do in between.  An id that was deleted is never issued
    again (RFC 7643 section 3.1).  ``form`` is "uuid", "hex" (32 digits), "number" (10 digits) or
    "unsafe" (22 letters, digits, ``-``, ``_``, and a ``&``, which must be escaped in some parts of a URL),
    or a pattern of characters, ranges and ``<uuid>`` such as ``U[0-9A-Z]{10}``; a mapping has one of them
    for each type.
    """

    def __init__(self, seed: int, tenant: str, form: str | Mapping[str, str] = "uuid") -> None:
        self.seed = seed
        self.tenant = tenant
        self.form = form
        self.retired: set[str] = set()
        self._occurrences: dict[tuple[str, str], int] = {}

    def adopt(self, other: Minter) -> None:
        """Take over what another minter has issued."""
        self.retired = set(other.retired)
        self._occurrences = dict(other._occurrences)

    def retire(self, id: str) -> None:
        """Never issue this id again."""
        self.retired.add(id)

    def mint(self, kind: str, key: str, taken: Callable[[str], bool]) -> str:
        """Return an id that is neither taken nor retired."""
        form = self.form if isinstance(self.form, str) else self.form.get(kind, "uuid")
        name = (kind, key.lower())
        occurrence = self._occurrences.get(name, 0)
        while True:
            text = f"{self.seed}\0{self.tenant}\0{kind}\0{name[1]}\0{occurrence}"
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            id = _shape(digest, form)
            if id not in self.retired and not taken(id):
                break
            occurrence += 1
        if occurrence or not key:
            self._occurrences[name] = occurrence + 1
        return id


def _shape(digest: bytes, form: str) -> str:
    if form == "hex":
        return digest.hex()
    if form == "number":
        return str(10**9 + int.from_bytes(digest[:8], "big") % (9 * 10**9))
    if form == "unsafe":
        letters = urlsafe_b64encode(digest).rstrip(b"=").decode()
        return f"{letters[0]}&{letters[2:]}"
    return _uuid(digest) if form == "uuid" else _after(form, digest)


def _uuid(digest: bytes) -> str:
    text = digest.hex()
    # Version 4 and the RFC variant, so that clients which parse ids as UUIDs are content.
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


@lru_cache(maxsize=100)
def _pieces(pattern: str) -> tuple[str, ...]:
    """Return the characters that may stand at each place of a pattern, "" for a UUID.

    Raises ValueError for what is no pattern.
    """
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        found = _PIECE.match(pattern, at)
        if found is None:
            raise ValueError(f"{pattern!r} is no form of ids at character {at + 1}")
        at = found.end()
        if found[0] == "<uuid>":
            pieces.append("")
        else:
            count = int(found[2] or 1) if len(found[2] or "") < 4 else _LONGEST + 1
            if len(pieces) + count > _LONGEST:
                raise ValueError(f"{pattern!r} makes ids that are too long")
            pieces += [found[3] or _range(found[1], pattern)] * count
    return tuple(pieces)


def _range(text: str, pattern: str) -> str:
    """Return the characters of what stands between brackets: ``0-9a-f``."""
    if not _RANGES.fullmatch(text):
        raise ValueError(
            f"{pattern!r} has brackets with other things than letters, digits and ranges of them"
        )
    characters = ""
    for first, last in re.findall(r"([A-Za-z0-9_.~])(?:-([A-Za-z0-9]))?", text):
        run = next((run for run in _RUNS if first in run), first)
        if last and last not in run[run.index(first) :]:
            raise ValueError(f"{pattern!r} has a range from {first!r} to {last!r}")
        characters += run[run.index(first) : run.index(last or first) + 1]
    return characters


def wrong_form(form: str) -> str | None:
    """Return what is wrong with a form of ids, None when nothing is."""
    if form in _FORMS:
        return None
    try:
        pieces = _pieces(form)
    except ValueError as error:
        return str(error)
    places = 1
    for piece in pieces:
        places = min(places * (len(piece) or 2**60), 2**60)
    return f"{form!r} has too few different ids" if places < 10**6 else None


def _after(pattern: str, digest: bytes) -> str:
    """Return the id of a pattern that a digest stands for."""
    pieces = _pieces(pattern)
    stream = iter(shake_256(digest).digest(16 * (len(pieces) + 1)))
    text = ""
    for piece in pieces:
        drawn = bytes(next(stream) for _ in range(16))
        text += piece[int.from_bytes(drawn[:8], "big") % len(piece)] if piece else _uuid(drawn)
    return text
