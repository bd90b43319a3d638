"""`duplicate_key`: an attribute that stands twice in the JSON (RFC 8259 section 4)."""

from __future__ import annotations

from typing import Any

import msgspec

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..document import read_document, write_document
from ..rule import Fired
from .attributes import read_named


@action(Stage.BODY, tentative=True, at_proxy=True)
class DuplicateKey(Action):
    """Lets an attribute stand twice in its object, the second time with another value.

    The main value is an attribute path, ``value`` the second value; without it, it is one that differs
    (a text with ``-2`` at its end, a number one higher, the opposite of true or false, else null).
    Most parsers take the last of the two, some the first, some refuse them.
    """

    duplicate_key: str
    value: Any = msgspec.UNSET

    def check(self) -> None:
        """The path leads to something with a name."""
        self._path = read_named(self.duplicate_key, "duplicate_key")

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Write it twice."""
        document = read_document(reply.body)
        places = self._path.places(document, call.resource_type) if document is not None else []
        if not places:
            return reply
        given = None if self.value is msgspec.UNSET else self.value
        mark = _mark(write_document([document, given]))
        for holder, key in places:
            second = _other(holder[key]) if self.value is msgspec.UNSET else given
            members = list(holder.items())
            at = next(index for index, (name, _) in enumerate(members) if name == key)
            members.insert(at + 1, (f"{mark}{key}", second))
            holder.clear()
            holder.update(members)
        reply.body = write_document(document).replace(mark.encode(), b"")
        fired.count(attribute=self.duplicate_key, places=len(places))
        return reply


def _mark(text: bytes) -> str:
    """Return what a text does not hold: Python's objects have each name once, marked they can be two."""
    mark = "#"
    while mark.encode() in text:
        mark += "#"
    return mark


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value}-2"
    if isinstance(value, int | float):
        return value + 1
    return None if value is not None else ""
