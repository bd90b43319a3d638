"""`change_type`: values of another JSON type than the schema says."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any, Literal

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..document import read_document, write_document
from ..rule import Fired
from .attributes import read_path

_TYPES: tuple[tuple[type, str], ...] = ((bool, "boolean"), (str, "string"), (list, "array"), (dict, "object"))


@action(Stage.BODY, tentative=True, at_proxy=True)
class ChangeType(Action):
    """Answers an attribute as a value of another JSON type.

    The main value is an attribute path.  ``to: string`` writes the value as text (``"true"``),
    ``number`` makes 1 or 0 of true or false, a number of digits, and its length of anything else,
    ``boolean`` is false for what is empty, 0 or "false", ``array`` puts the value into a list,
    ``object`` under the name ``value``, ``null`` drops it.
    """

    change_type: str
    to: Literal["string", "number", "boolean", "array", "object", "null"]

    def check(self) -> None:
        """The path can be one."""
        self._path = read_path(self.change_type, "change_type")

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Change the values that are of another type."""
        document = read_document(reply.body)
        places = self._path.places(document, call.resource_type) if document is not None else []
        changed = 0
        for holder, key in places:
            value = holder[key]
            if _type_of(value) != self.to:
                holder[key] = _CHANGES[self.to](value)
                changed += 1
        if changed:
            reply.body = write_document(document)
            fired.count(attribute=self.change_type, to=self.to, places=changed)
        return reply


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "number")


def _string(value: Any) -> str:
    return write_document(value).decode("utf-8", "surrogatepass")


def _number(value: Any) -> int | float:
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return int(value)
        with contextlib.suppress(ValueError):
            number = float(value)
            if math.isfinite(number):
                return number
    return len(value)


def _boolean(value: Any) -> bool:
    return bool(value) and not (isinstance(value, str) and value.lower() == "false")


def _array(value: Any) -> list[Any]:
    return [value]


def _object(value: Any) -> dict[str, Any]:
    return {"value": value}


def _null(value: Any) -> None:
    return None


_CHANGES: dict[str, Callable[[Any], Any]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "array": _array,
    "object": _object,
    "null": _null,
}
