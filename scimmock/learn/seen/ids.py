"""The form of the ids that the service gives."""

from __future__ import annotations

import re

from ...store.ids import wrong_form
from ..look import Look, View
from ..portrait import Portrait

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_TYPES = {"Users": "User", "Groups": "Group"}
_MOST = 500  # ids of each kind that are looked at


class Ids:
    """UUIDs, hexadecimal digits, numbers, or a pattern of what stands at each place."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, Look]] = {}
        self._numbers: Look | None = None
        self._external: dict[bool, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Keep the ids that are shown."""
        for resource in look.shown:
            id = resource.get("id")
            if isinstance(id, int) and not isinstance(id, bool):
                self._numbers = self._numbers or look
            if isinstance(id, str | int) and look.resource in _TYPES:
                found = self._ids.setdefault(look.resource, {})
                if len(found) < _MOST:
                    found.setdefault(str(id), look)
        if look.operation == "create" and look.shown and isinstance(look.sent, dict):
            external = look.sent.get("externalId")
            if isinstance(external, str) and external:
                self._external.setdefault(str(look.told.get("id")) == external, look)

    def tell(self, portrait: Portrait) -> None:
        """Note the forms."""
        forms = {}
        for resource, found in self._ids.items():
            form = form_of(list(found))
            look = next(iter(found.values()))
            if all("&" in id for id in found):
                portrait.quirk("url-unsafe-ids", "ids have to be escaped in URLs", look)
            elif form is not None:
                forms[_TYPES[resource]] = form
                says = f"ids of {resource} have this form"
                portrait.setting(f"behaviour.ids.{_TYPES[resource]}", form, says, look, len(found) > 2)
            else:
                portrait.gap(f"The form of the ids of {resource} is not clear; UUIDs are given here", look)
        if not self._ids:
            portrait.unseen.append("the form of ids")
        if self._numbers is not None:
            portrait.quirk("ids-as-int", "ids are numbers in JSON", self._numbers)
        if list(self._external) == [True]:
            look = self._external[True]
            portrait.quirk("id-is-external-id", "the id is the externalId that was given", look)
            for name in forms:
                portrait.settings.pop(f"behaviour.ids.{name}")


def form_of(ids: list[str]) -> str | None:
    """Return the form that all ids have, as fixtures say it; None where there is none."""
    if all(map(_UUID.fullmatch, ids)):
        return "uuid"
    if all(re.fullmatch(r"[0-9a-f]{32}", id) for id in ids):
        return "hex"
    if all(re.fullmatch(r"[1-9][0-9]{9}", id) for id in ids):
        return "number"
    tail = [id[-36:] for id in ids]
    if all(map(_UUID.fullmatch, tail)):
        head = _pattern([id[:-36] for id in ids])
        return None if head is None else f"{head}<uuid>"
    pattern = _pattern(ids)
    return pattern if pattern and wrong_form(pattern) is None else None


def _pattern(texts: list[str]) -> str | None:
    """Return what stands at each place of texts of one length, in the form of patterns of ids."""
    if len(set(map(len, texts))) != 1:
        return None
    pieces: list[tuple[str, int]] = []
    for places in zip(*texts, strict=True):
        piece = _place(set(places))
        if piece is None:
            return None
        if pieces and pieces[-1][0] == piece:
            pieces[-1] = piece, pieces[-1][1] + 1
        else:
            pieces.append((piece, 1))
    return "".join(_written(piece, count) for piece, count in _joined(pieces))


def _place(characters: set[str]) -> str | None:
    """Return a character that is always the same, or the narrowest class that has all of them."""
    if not all(re.fullmatch(r"[A-Za-z0-9_.~-]", one) for one in characters):
        return None
    if len(characters) == 1:
        return next(iter(characters))
    kinds = [kind for kind in ("0-9", "a-z", "A-Z") if any(re.fullmatch(f"[{kind}]", c) for c in characters)]
    return None if any(c in "_.~-" for c in characters) else f"[{''.join(kinds)}]"


def _joined(pieces: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Put places together that differ by chance: digits alone among letters and digits."""
    varied = [piece for piece, _ in pieces if piece.startswith("[")]
    if not varied:
        return pieces
    kinds = [kind for kind in ("0-9", "a-z", "A-Z") if any(kind in piece for piece in varied)]
    whole = f"[{''.join(kinds)}]"
    result: list[tuple[str, int]] = []
    begun = False
    for piece, count in pieces:
        begun = begun or piece.startswith("[")
        fits = begun and (piece.startswith("[") or re.fullmatch(whole, piece) is not None)
        found = whole if fits else piece
        if result and result[-1][0] == found:
            result[-1] = found, result[-1][1] + count
        else:
            result.append((found, count))
    return result


def _written(piece: str, count: int) -> str:
    if piece.startswith("["):
        return piece if count == 1 else f"{piece}{{{count}}}"
    return piece * count
