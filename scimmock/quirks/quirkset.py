"""The quirks of one service, in order, sorted by the seams at which they act."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from ..errors import ScimError
from ..faults.base import Run
from ..faults.call import Call
from ..faults.errors import RuleError
from ..faults.rule import Rule, read_rule
from ..scim.answer import Answer
from ..scim.page import Page
from ..scim.policy import SWITCHES, Policy
from ..scim.schema import ResourceType
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply
from ..yamlfile import explain
from .base import LenientSwitch, Quirk, names, quirks

_ABOUT = ("quirk", "why", "source", "confidence")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A quirk that is on, and what its fixture says about it."""

    quirk: Quirk
    spec: dict[str, Any]
    name: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Its parameters as they were given."""
        return {key: value for key, value in self.spec.items() if key not in _ABOUT}


def read_quirk(data: Any, path: str) -> Chosen:
    """Read ``name`` or ``{quirk: name, parameter: value, ...}``; raises RuleError with the path."""
    spec = {"quirk": data} if isinstance(data, str) else data
    if not isinstance(spec, dict) or not isinstance(spec.get("quirk"), str):
        raise RuleError(path, "a quirk is its name, or a mapping with 'quirk' and its parameters")
    name = spec["quirk"]
    for key in _ABOUT[1:]:
        if not isinstance(spec.get(key, ""), str):
            raise RuleError(f"{path}.{key}", "is text")
    given = {key: value for key, value in spec.items() if key not in _ABOUT}
    if name in SWITCHES:
        if given:
            raise RuleError(f"{path}.{next(iter(given))}", f"{name!r} has no parameters")
        return Chosen(LenientSwitch(switch=name), spec, name)
    kind = quirks().get(name)
    if kind is None:
        raise RuleError.unknown(f"{path}.quirk" if isinstance(data, dict) else path, "quirk", name, names())
    try:
        return Chosen(msgspec.convert(given, kind), spec, name)
    except msgspec.ValidationError as error:
        problem = explain(str(error), kind)
        where = f"{path}{problem.path[1:]}"
        raise RuleError(where, problem.message, problem.hint, problem.suggestion) from None


def read_quirks(data: Any, path: str) -> list[Chosen]:
    """Read a list of quirks, all or none; raises RuleError."""
    if not isinstance(data, list):
        raise RuleError(path, "is a list of quirks")
    found: list[Chosen] = []
    for index, item in enumerate(data):
        chosen = read_quirk(item, f"{path}[{index}]")
        if any(other.name == chosen.name for other in found):
            raise RuleError(f"{path}[{index}]", f"the quirk {chosen.name!r} stands twice", "keep one of them")
        found.append(chosen)
    return found


def rules_of(item: Chosen) -> list[Rule]:
    """Return the fault rules that play a quirk; those without a name are named after it."""
    return [
        read_rule(data, item.name, item.name if number == 0 else f"{item.name}-{number + 1}", "quirk")
        for number, data in enumerate(item.quirk.rules())
    ]


def _overrides(quirk: Quirk, seam: str) -> bool:
    return getattr(type(quirk), seam) is not getattr(Quirk, seam)


def _within(around: Callable[[Call, Run], Answer], call: Call, run: Run) -> Run:
    """Return how to run the engine within a quirk; another service reaches what lies within."""

    def within(service: Any = None) -> Answer:
        call.service = service or call.service
        return around(call, lambda other=None: run(other or service))

    return within


class QuirkSet:
    """Quirks put together; each seam has those that act at it, in their order.

    ``on_call`` says that some act on single requests, ``routes`` that some act on what a request is
    for, ``standing`` names those that are in every answer.  ``version`` is the version of SCIM that is
    spoken.
    """

    def __init__(self, chosen: Iterable[Chosen] = ()) -> None:
        self.chosen = tuple(chosen)
        everyone = [item.quirk for item in self.chosen]
        # What speaks another version is outermost: first on the way in, last on the way out.
        inward = sorted(everyone, key=lambda quirk: quirk.version is None)
        outward = sorted(everyone, key=lambda quirk: quirk.version is not None)

        def at(seam: str, order: list[Quirk]) -> list[Any]:
            return [getattr(quirk, seam) for quirk in order if _overrides(quirk, seam)]

        self._policies = at("policy", outward)
        self._routes = at("route", inward)
        self._heads = at("head", inward)
        self._requests = at("request", inward)
        self._bulks = at("bulk_request", inward)
        self._engines = at("engine", inward)
        self._documents = at("document", outward)
        self._pages = at("page", outward)
        self._configs = at("config", outward)
        self._refusals = at("refuse", outward)
        self._errors = at("error", outward)
        self._replies = at("reply", outward)
        self.version = next((quirk.version for quirk in reversed(everyone) if quirk.version), "2.0")
        self.on_call = bool(
            self._heads or self._requests or self._bulks or self._engines or self._pages or self._replies
        )
        self.standing = tuple(
            item.name
            for item in self.chosen
            if item.quirk.renamed or any(_overrides(item.quirk, seam) for seam in ("policy", "document"))
        )
        self.endpoints: dict[str, str | None] = {}
        for quirk in everyone:
            self.endpoints |= quirk.renamed
        self.routes = bool(self._routes or self.endpoints)
        self.ids = next((quirk.ids for quirk in reversed(everyone) if quirk.ids), None)

    def names(self) -> list[str]:
        """The names of the quirks, in order."""
        return [item.name for item in self.chosen]

    def inner(self) -> QuirkSet:
        """Return those within the one that speaks another version: they take and give SCIM 2.0."""
        if self.version == "2.0":
            return self
        return QuirkSet(item for item in self.chosen if item.quirk.version is None)

    def policy(self, policy: Policy) -> Policy:
        """Return the policy of a service with these quirks."""
        for change in self._policies:
            policy = change(policy)
        return policy

    def rules(self) -> list[Rule]:
        """Return the fault rules that play these quirks, named after them."""
        return [rule for item in self.chosen for rule in rules_of(item)]

    def route(self, exchange: Exchange, method: str, parts: list[str]) -> tuple[str, list[str]]:
        """Return the method that a request means, and the segments of its path in the standard's names.

        May raise ScimError: 404 for an endpoint that goes by another name here.
        """
        for change in self._routes:
            method, parts = change(exchange, method, parts)
        if parts and parts[0] in self.endpoints:
            name = self.endpoints[parts[0]]
            if name is None:
                raise ScimError(404, f"There is no endpoint /{'/'.join(parts)}", about="endpoint")
            parts = [name, *parts[1:]]
        return method, parts

    def head(self, call: Call) -> None:
        """Look at a request before its body is decoded; may raise ScimError."""
        for look in self._heads:
            look(call)

    def bulk_request(self, call: Call) -> None:
        """Change a decoded bulk request before it is run; may raise ScimError."""
        for change in self._bulks:
            change(call)

    def engine(self, call: Call, run: Callable[..., Answer]) -> Answer:
        """Run a decoded request on the engine; may raise ScimError."""
        for change in self._requests:
            change(call)
        for around in reversed(self._engines):
            run = _within(around, call, run)
        answer = run()
        if self._pages and isinstance(answer.body, Page):
            for change in self._pages:
                change(call, answer.body)
        return answer

    @property
    def dress(self) -> Callable[[dict[str, Any], ResourceType], dict[str, Any]] | None:
        """What turns a representation into what this service shows, None for nothing."""
        if not self._documents:
            return None

        def dressed(document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
            for change in self._documents:
                document = change(document, resource_type)
            return document

        return dressed

    @property
    def dress_config(self) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        """What turns the service provider's configuration into what this service says, None for nothing."""
        if not self._configs:
            return None

        def dressed(document: dict[str, Any]) -> dict[str, Any]:
            for change in self._configs:
                document = change(document)
            return document

        return dressed

    def refuse(self, error: ScimError) -> ScimError:
        """Return the error that this service answers."""
        for change in self._refusals:
            error = change(error)
        return error

    def error(self, error: ScimError, reply: Reply) -> Reply:
        """Word an encoded error as this service does."""
        for change in self._errors:
            change(error, reply)
        return reply

    def reply(self, call: Call, reply: Reply) -> Reply:
        """Change an encoded answer."""
        for change in self._replies:
            change(call, reply)
        return reply
