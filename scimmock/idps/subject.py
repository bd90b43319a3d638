"""Whom an intent is played for, and one request that is under way for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ..fixture.dialect import RequestSpec
from .wire import Answer

__all__ = ["Call", "Result", "Subject", "resources_of", "words_of"]

# What became of a task: "later" is tried again in another cycle, "skipped" had no requests.
Result = Literal["done", "failed", "skipped", "later"]
_DETAIL = 200  # characters of the server's own words


def _nothing(*_: Any) -> None:
    pass


@dataclass(slots=True)
class Subject:
    """Whom an intent is played for.

    ``kind`` is "user", "group" or "" for none, ``context`` its variables, in which ids are kept up to
    date.  ``linked`` is told a new link (None when there is none any more), ``made`` the kind and id of
    what was created.  ``differing`` gives the changes that make a resource as it should be, and
    ``wanted`` are the names, in lower case, by which the object is known in a list.  ``outcome`` is what
    the last look-up found, ``found`` how many resources were listed, ``again`` that it was recreated.
    """

    kind: Literal["user", "group", ""]
    label: str
    key: str
    context: dict[str, Any]
    linked: Callable[[str | None], None] = _nothing
    made: Callable[[str, str], None] = _nothing
    differing: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    wanted: tuple[str, ...] = ()
    outcome: str = "none"
    found: int = 0
    again: bool = False

    @property
    def task(self) -> str:
        """Return the key of the object as it is told, "" where there is no object."""
        return self.key if self.kind else ""

    def is_wanted(self, item: Any) -> bool:
        """Whether a resource of a list is the object, by its name."""
        if not isinstance(item, dict):
            return False
        name = item.get("displayName" if self.kind == "group" else "userName")
        return isinstance(name, str) and name.casefold() in self.wanted


class Call(NamedTuple):
    """A request of an intent in a step; ``many_is_known``: the plan says what to do when many are found."""

    step: str
    name: str
    request: RequestSpec
    subject: Subject
    many_is_known: bool


def resources_of(document: Any) -> list[Any]:
    """Return the resources of a list, none where it is no list."""
    found = document.get("Resources") if isinstance(document, dict) else None
    return found if isinstance(found, list) else []


def words_of(answer: Answer) -> str:
    """Return what the server itself says about an error (RFC 7644 section 3.12, SCIM 1.1 section 3.9)."""
    document = answer.json
    if answer.error is not None:
        text = answer.message
    elif isinstance(document, dict):
        errors = document.get("Errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            document = {"detail": errors[0].get("description")}
        text = str(document.get("detail") or "")
    else:
        text = answer.body[: 4 * _DETAIL].decode("utf-8", "replace").strip().partition("\n")[0]
    return text[:_DETAIL]
