"""What every action of a fault rule is, and where actions register themselves.

An action is a small msgspec struct: its first field has the action's name and holds its main value,
the others are parameters.  ``{status: 429, retry_after: 30s}`` is ``Status(status=429, retry_after=30)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from ..scim.answer import Answer
from ..traffic.reply import Reply

if TYPE_CHECKING:
    from .call import Call
    from .rule import Fired

Run = Callable[..., Answer]


class Stage(IntEnum):
    """Where an action acts, in the order in which a request passes.  One rule fires for each stage.

    LIMIT decides from the head of a request whether it may come in at all, TIME makes it wait, ANSWER
    answers in the service's stead, STATE changes what the service does, BODY changes what it answers,
    WIRE how that leaves.
    """

    LIMIT = 0
    TIME = 1
    ANSWER = 2
    STATE = 3
    BODY = 4
    WIRE = 5


class Action(msgspec.Struct, forbid_unknown_fields=True, dict=True, kw_only=True):
    """The base of all actions; one instance belongs to one rule and may keep state for it.

    A request passes the hooks in their order; an action implements those that it needs.  ``tentative``
    is for actions that may find nothing to do: they call ``fired.count()`` themselves when they act,
    and do not keep later rules of their stage from firing.
    """

    name: ClassVar[str] = ""
    stage: ClassVar[Stage] = Stage.ANSWER
    tentative: ClassVar[bool] = False
    # Whether a proxy can do it too, which has no directory and leaves the writing to mitmproxy.
    at_proxy: ClassVar[bool] = False
    # Whether the directory must remember what it was, from the moment that the rule is in force.
    keeps_history: ClassVar[bool] = False

    @property
    def changes_engine(self) -> bool:
        """Whether the action acts around the service."""
        return type(self).engine is not Action.engine

    @property
    def beyond_proxy(self) -> str | None:
        """Why a proxy cannot do it, in words that follow "because"; None where it can."""
        return None if self.at_proxy else "it acts inside the service"

    def check(self) -> None:
        """Find fault with values that fit their types; raises ValueError."""

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Act before the service sees the request; a reply is the answer in its stead."""
        return None

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Act around the service: ``run()`` runs it (see `Call`); may raise ScimError."""
        return run()

    def answered(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Act at a proxy, where `engine` cannot, on what the service behind it has answered."""
        return reply

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Act on the answer, which may be changed in place."""
        return reply


_registry: dict[str, type[Action]] = {}
_A = TypeVar("_A", bound=type[Action])


def action(stage: Stage, *, tentative: bool = False, at_proxy: bool = False) -> Callable[[_A], _A]:
    """Register a class as the action that has the name of its first field."""

    def register(kind: _A) -> _A:
        kind.name = msgspec.structs.fields(kind)[0].encode_name
        kind.stage, kind.tentative, kind.at_proxy = stage, tentative, at_proxy
        _registry[kind.name] = kind
        return kind

    return register


@cache
def actions() -> dict[str, type[Action]]:
    """Return every action by its name; the first call imports the files that define them."""
    from . import actions as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_registry.items()))


def describe(kind: type[Action]) -> dict[str, Any]:
    """Return what the documentation says of an action: its sentence, main value and parameters."""
    fields = msgspec.structs.fields(kind)
    return {
        "name": kind.name,
        "stage": kind.stage.name.lower(),
        "does": (kind.__doc__ or "").strip().partition("\n")[0],
        "parameters": [field.encode_name for field in fields[1:]],
    }
