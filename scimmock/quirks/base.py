"""What every quirk is, and where quirks register themselves.

A quirk is a small msgspec struct whose fields are its parameters, all with defaults.  It acts at one or
more seams by overriding the method of the seam.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, TypeVar

import msgspec

from ..errors import ScimError
from ..faults.base import Run
from ..faults.call import Call
from ..scim.answer import Answer
from ..scim.page import Page
from ..scim.policy import SWITCHES, Policy
from ..scim.schema import ResourceType
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply


class Quirk(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The base of all quirks, without effect at any seam.

    ``who`` names the services that are known for it, ``standard`` says what the standard asks for
    instead.  The first sentence of a quirk's docstring says what it does.
    A quirk that acts on one request says so with ``call.acted(self.name)``; quirks of policy, documents
    and configuration are traits of every answer and listed with all of them.
    """

    name: ClassVar[str] = ""
    who: ClassVar[str] = ""
    standard: ClassVar[str] = ""
    # The form of new ids, see `scimmock.store.ids.Minter`; None leaves the fixture's.
    ids: ClassVar[str | None] = None
    # Other names of endpoints, each with the standard's name, or None for one that there is not.
    renamed: ClassVar[dict[str, str | None]] = {}
    # The version of SCIM that is spoken in the place of 2.0.  Such a quirk is the outermost wherever it
    # stands: the first that sees a request and the last that sees an answer, the others see 2.0.
    version: ClassVar[str | None] = None

    def policy(self, policy: Policy) -> Policy:
        """Engine policy: return the policy with switches set otherwise."""
        return policy

    def route(self, exchange: Exchange, method: str, parts: list[str]) -> tuple[str, list[str]]:
        """Request in, before it is known what it is for; may raise ScimError.

        Return the method that is meant and the segments of the path below the base.
        """
        return method, parts

    def head(self, call: Call) -> None:
        """Request in, before its body is decoded; may raise ScimError.  The client is known."""

    def request(self, call: Call) -> None:
        """Request in, decoded (``call.request``); may change it, or raise ScimError."""

    def bulk_request(self, call: Call) -> None:
        """Request in, a bulk request as a whole; may change it, or raise ScimError.

        Its operations come through the other seams each.
        """

    def engine(self, call: Call, run: Run) -> Answer:
        """Around the engine: ``run()`` runs it."""
        return run()

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Document out: return what is shown of a resource; the dict may be changed, what is in it not.

        Addresses in it (``$ref``, ``meta.location``) are opaque objects, not text.
        """
        return document

    def page(self, call: Call, page: Page) -> None:
        """List out: change a page of results, see `scimmock.scim.page.Page`."""

    def config(self, document: dict[str, Any]) -> dict[str, Any]:
        """Document out: return what is shown of the service provider's configuration."""
        return document

    def refuse(self, error: ScimError) -> ScimError:
        """Error out: return the error that is answered instead."""
        return error

    def error(self, error: ScimError, reply: Reply) -> None:
        """Error out: change how an error is worded; ``reply`` holds the encoded SCIM error."""

    def reply(self, call: Call, reply: Reply) -> None:
        """Answer out: change the encoded answer, errors included."""

    def rules(self) -> list[dict[str, Any]]:
        """The fault rules that play this quirk, where it is one of time, limits or state."""
        return []


class LenientSwitch(Quirk):
    """A leniency switch of the engine, under its own name (see `scimmock.scim.policy.SWITCHES`)."""

    switch: str

    def policy(self, policy: Policy) -> Policy:
        """Set the switch."""
        return policy.with_leniency(**{self.switch.replace("-", "_"): True})


_registry: dict[str, type[Quirk]] = {}
_Q = TypeVar("_Q", bound=type[Quirk])


def quirk(name: str, *, who: str, standard: str) -> Callable[[_Q], _Q]:
    """Register a class as the quirk of that name; ``who`` and ``standard`` are for the documentation."""

    def register(kind: _Q) -> _Q:
        if name in _registry:
            raise ValueError(f"the quirk {name!r} is defined twice")
        kind.name, kind.who, kind.standard = name, who, standard
        _registry[name] = kind
        return kind

    return register


@cache
def quirks() -> dict[str, type[Quirk]]:
    """Return every quirk by its name; the first call imports the files that define them."""
    from . import catalogue

    for module in pkgutil.iter_modules(catalogue.__path__):
        importlib.import_module(f"{catalogue.__name__}.{module.name}")
    return dict(sorted(_registry.items()))


def names() -> list[str]:
    """Return the names that can be switched on: quirks and leniency switches."""
    return [*quirks(), *SWITCHES]


def sentence(kind: type[Quirk]) -> str:
    """Return what a quirk does, in a sentence."""
    return (kind.__doc__ or "").strip().partition("\n\n")[0].replace("\n    ", " ")
