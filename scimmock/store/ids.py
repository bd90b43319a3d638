"""Ids for new resources: the same requests with the same seed get the same ids."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b


class Minter:
    """Issues ids of one tenant.

    An id comes from (seed, tenant, type, natural key, occurrence) and from nothing else, so that it
    does not depend on what other requests do in between.  An id that was deleted is never issued
    again (RFC 7643 section 3.1).  ``form`` is "uuid", "hex" (32 digits), "number" (10 digits) or
    "unsafe" (22 letters, digits, ``-``, ``_``, and a ``&``, which must be escaped in some parts of a URL).
    """

    def __init__(self, seed: int, tenant: str, form: str = "uuid") -> None:
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
        name = (kind, key.lower())
        occurrence = self._occurrences.get(name, 0)
        while True:
            text = f"{self.seed}\0{self.tenant}\0{kind}\0{name[1]}\0{occurrence}"
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            id = _shape(digest, self.form)
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
    text = digest.hex()
    # Version 4 and the RFC variant, so that clients which parse ids as UUIDs are content.
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
