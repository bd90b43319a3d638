"""`drop_attribute`, `rename_attribute` and `set_attribute`: answers whose attributes are not as they were.

Attributes are named as in SCIM: ``userName``, ``name.givenName``, ``emails.value`` (in each value),
``emails[type eq "work"].value``, ``urn:...:User:department``, or the URN of an extension as a whole.
In a list they are those of each resource; what the list says of itself (``totalResults``,
``itemsPerPage``, ``startIndex``, ``Resources``, cursors) is changed by these names.  A rule that finds
nothing to change is not counted.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..document import AttributePath, read_document, write_document
from ..errors import RuleError
from ..rule import Fired


def read_path(text: str, field: str) -> AttributePath:
    """Return the attribute path of a rule's field; raises RuleError."""
    try:
        return AttributePath.read(text)
    except ValueError as error:
        raise RuleError(f".{field}", str(error)) from None


def read_named(text: str, field: str) -> AttributePath:
    """Return a path that leads to something with a name of its own; raises RuleError."""
    path = read_path(text, field)
    if path.is_element:
        raise RuleError(f".{field}", f"{text!r} has no name", f"{text}.value would be right")
    return path


@action(Stage.BODY, tentative=True, at_proxy=True)
class DropAttribute(Action):
    """Leaves an attribute out of the answer.

    The main value is an attribute path or a list of them.
    """

    drop_attribute: str | list[str]

    def check(self) -> None:
        """Every path can be one."""
        given = self.drop_attribute
        if not given:
            raise RuleError(".drop_attribute", "names no attribute", "userName would be right")
        if isinstance(given, str):
            self._paths = [read_path(given, "drop_attribute")]
        else:
            self._paths = [read_path(text, f"drop_attribute[{at}]") for at, text in enumerate(given)]

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Leave them out."""
        document = read_document(reply.body)
        if document is None:
            return reply
        dropped: dict[str, int] = {}
        for path in self._paths:
            # Backwards, for what goes from a list moves what follows it.
            for holder, key in reversed(path.places(document, call.resource_type)):
                del holder[key]
                dropped[path.text] = dropped.get(path.text, 0) + 1
        if dropped:
            reply.body = write_document(document)
            fired.count(attribute=", ".join(dropped), places=sum(dropped.values()))
        return reply


@action(Stage.BODY, tentative=True, at_proxy=True)
class RenameAttribute(Action):
    """Gives an attribute another name.

    The main value is an attribute path; ``to`` is the name that takes the place of its last one.
    """

    rename_attribute: str
    to: str

    def check(self) -> None:
        """There are two names, and they differ."""
        self._path = read_named(self.rename_attribute, "rename_attribute")
        if not self.to or self.to == self._path.leaf:
            raise RuleError(".to", f"{self.to!r} is no other name")

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Rename it, in its place."""
        document = read_document(reply.body)
        places = self._path.places(document, call.resource_type) if document is not None else []
        for holder, key in places:
            # Another attribute that had the name gives way.
            members = [(name, value) for name, value in holder.items() if name == key or name != self.to]
            holder.clear()
            holder.update((self.to if name == key else name, value) for name, value in members)
        if places:
            reply.body = write_document(document)
            fired.count(attribute=self.rename_attribute, to=self.to, places=len(places))
        return reply


@action(Stage.BODY, tentative=True, at_proxy=True)
class SetAttribute(Action):
    """Gives an attribute another value, or adds it to resources that lack it.

    The main value is an attribute path, ``value`` any JSON.  Error messages only get members that they
    may have (``status``, ``scimType``, ``detail``, ``schemas``).
    """

    set_attribute: str
    value: Any

    def check(self) -> None:
        """The path can be one."""
        self._path = read_path(self.set_attribute, "set_attribute")

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Set it."""
        document = read_document(reply.body)
        if document is None:
            return reply
        changed = 0
        for holder, key in self._path.places(document, call.resource_type):
            if not _same(holder[key], self.value):
                holder[key] = deepcopy(self.value)
                changed += 1
        changed += self._path.add(document, self.value, call.resource_type)
        if changed:
            reply.body = write_document(document)
            fired.count(attribute=self.set_attribute, places=changed)
        return reply


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: true is not 1."""
    return write_document(one) == write_document(other)
