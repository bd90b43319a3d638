"""One request as fault rules see it, and what the server gives them to act with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote_plus

import msgspec

from ..clock import Clock
from ..errors import ScimError
from ..scim.answer import Request
from ..scim.assigned import assigned_values
from ..scim.loose import lowered, top
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply

if TYPE_CHECKING:
    from ..scim.policy import Policy
    from .base import Action
    from .rule import Fired

_NOTHING: Any = object()
_MAX_FACTS = 100  # entries of one kind in the trace of an exchange


def enter(facts: list[dict[str, Any]] | None, fact: dict[str, Any], **rest: Any) -> list[dict[str, Any]]:
    """Add to a list of the trace; beyond 100 its last entry, ``rest``, counts how many ``more`` came."""
    if facts is None:
        return [fact]
    if len(facts) < _MAX_FACTS:
        facts.append(fact)
    elif len(facts) == _MAX_FACTS:
        facts.append({**rest, "more": 1})
    else:
        facts[-1]["more"] += 1
    return facts


@dataclass(frozen=True, slots=True)
class Pending:
    """What a rule has yet to do: ``act`` when ``due()`` holds, unless the rule is gone by then.

    With ``counts`` only requests ask ``due``, each once, not who looks at the directory.
    """

    rule: str
    due: Callable[[], bool]
    act: Callable[[], None]
    counts: bool = False


class Ground(Protocol):
    """The tenant that a request is for, as far as actions need it."""

    name: str
    clock: Clock
    directory: Any  # scimmock.store.directory.Directory
    service: Any  # scimmock.scim.engine.Service
    policy: Policy

    def service_on(self, store: Any = None, policy: Policy | None = None) -> Any:
        """Return a service on another store or under another policy, with the quirks of this one."""

    def error_reply(self, error: ScimError) -> Reply:
        """Return an error as this service words it."""

    def schedule(self, pending: Pending) -> None:
        """Do something at the beginning of the first request for which it is due."""


def json_of(body: bytes) -> Any:
    """Return the JSON of a body, None when there is none or it is none."""
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def told_of(body: Any, operation: str | None) -> Any:
    """Return a body as filters see it: that of a PATCH also has what its operations set."""
    if operation == "patch" and isinstance(body, dict):
        body = {**assigned_values(body), **body}
    return top(body)


class Call:
    """A request on its way through the stages, or one operation of a bulk request (``inner``).

    ``request`` is what the engine gets (None until it is decoded), an action may put another in its
    place; ``resource_type`` is None for what is no single type.  ``service`` is the one that runs the
    request or ran it last: the tenant's own, or what an action has put in its place (None until the
    request is decoded).  ``finally_`` holds what must happen when the last byte of the answer is out.
    """

    __slots__ = (
        "_body",
        "_query",
        "_told",
        "actions",
        "exchange",
        "finally_",
        "ground",
        "id",
        "inner",
        "method",
        "operation",
        "path",
        "raw_body",
        "request",
        "resource",
        "resource_type",
        "service",
    )

    def __init__(
        self,
        exchange: Exchange,
        ground: Ground,
        method: str,
        path: str,
        operation: str | None,
        resource: str | None,
        id: str | None,
        resource_type: Any = None,
        inner: bool = False,
    ) -> None:
        self.exchange = exchange
        self.ground = ground
        self.method = method
        self.path = path
        self.operation = operation
        self.resource = resource
        self.id = id
        self.resource_type = resource_type
        self.inner = inner
        self.request: Request | None = None
        self.service: Any = None  # scimmock.scim.engine.Service
        self.raw_body = b""
        self.actions: list[tuple[Action, Fired]] = []
        self.finally_: list[Callable[[], None]] = []
        self._body: Any = _NOTHING
        self._query: dict[str, str] | None = None
        self._told: Any = _NOTHING

    @property
    def body(self) -> Any:
        """The JSON of the body, None when there is none or it is none."""
        if self._body is _NOTHING:
            self._body = json_of(self.raw_body)
        return self._body

    @body.setter
    def body(self, value: Any) -> None:
        self._body = value
        self._told = _NOTHING

    @property
    def told(self) -> Any:
        """The body as filters see it: that of a PATCH also has what its operations set."""
        if self._told is _NOTHING:
            self._told = told_of(self.body, self.operation)
        return self._told

    @property
    def lowered_body(self) -> Any:
        """The JSON of the body with names in lower case."""
        return lowered(self.body)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the URL, the last one of each name."""
        if self._query is None:
            pairs = (pair.partition("=") for pair in self.exchange.query.decode("latin-1").split("&") if pair)
            self._query = {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}
        return self._query

    @property
    def key(self) -> str:
        """What makes two requests be for the same resource: its id, natural key, or the filter to find it."""
        if self.id is not None:
            return f"{self.resource}/{self.id}"
        body = self.body if self.operation in ("create", "search") else None
        if isinstance(body, dict):
            by_name = {name.lower(): value for name, value in body.items()}
            for name in ("username", "displayname", "externalid", "filter"):
                if isinstance(by_name.get(name), str) and by_name[name]:
                    return f"{self.resource}?{by_name[name].lower()}"
        return f"{self.resource}?{self.query.get('filter', '')}"

    def forget(self) -> None:
        """Let go of everything that is not the exchange's: rules, bodies and hooks refer to each other."""
        self.actions, self.finally_ = [], []
        self.request = self.service = None
        self.raw_body = b""
        self.body = None

    def note(self, **facts: Any) -> None:
        """Add to the trace what is worth knowing though nothing was done (what is left of a limit)."""
        exchange = self.exchange
        exchange.notes = enter(exchange.notes, facts)

    def acted(self, quirk: str) -> None:
        """Enter the name of a quirk that changed something about this request into the trace."""
        if quirk not in self.exchange.quirks:
            self.exchange.quirks = (*self.exchange.quirks, quirk)

    async def sleep(self, seconds: float) -> None:
        """Let real time pass, whatever the server's clock shows."""
        if seconds > 0:
            await asyncio.sleep(seconds)

    def attach(self, action: Action, fired: Fired) -> None:
        """Let an action act on the later stages of this request."""
        self.actions.append((action, fired))
