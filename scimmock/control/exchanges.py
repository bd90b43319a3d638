"""Exchanges as the control API shows them, and which of them a query asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ..errors import did_you_mean
from ..journal.criteria import WrongCriterion, criterion, glob
from ..journal.expectations import OPERATIONS
from ..journal.plain import plain
from ..journal.words import describe
from ..traffic.exchange import Exchange
from .errors import ControlError
from .host import Host

# The parameters that narrow down exchanges, in the journal and in the events.
FILTERS = ("operation", "resource", "method", "path", "status", "client", "rule", "finding")
_AT_ONCE = 100  # exchanges that are written before others get the event loop

# What the paths of SCIM name beside the endpoints of the resource types.
_OTHER_RESOURCES = ("Bulk", "Me", "ServiceProviderConfig", "ResourceTypes", "Schemas")

Wanted = Callable[[Exchange], bool]


def resources_of(tenant: Any) -> tuple[str, ...]:
    """Return what ``resource`` may be for an exchange of a tenant."""
    return (*tenant.endpoints, *_OTHER_RESOURCES)


def wanted_of(host: Host, tenant: Any, parameters: dict[str, str]) -> Wanted:
    """Return the test for the exchanges that the parameters ask for; raises 400.

    ``rule`` and ``finding`` are names, ``*`` for any; ``path`` is a glob; ``status`` is 404, 4xx, or 0
    for no answer.  Before the test for a ``finding`` the exchanges must have been examined.
    """
    _check_word(parameters, "operation", OPERATIONS)
    _check_word(parameters, "resource", resources_of(tenant))
    tests: list[Wanted] = []
    for name in FILTERS:
        if name in parameters and name != "finding":
            try:
                (found,) = criterion(name, parameters[name])
            except WrongCriterion as error:
                raise ControlError(400, error.message, name) from None
            tests.append(_met(found.look))
    finding = parameters.get("finding")
    if finding is not None:
        if not finding:
            raise ControlError(400, "the name of a finding, or * for any, would be right", "finding")
        tests.append(_with_finding(host, tenant, finding))
    return lambda exchange: all(test(exchange) for test in tests)


def _check_word(parameters: dict[str, str], name: str, known: Collection[str]) -> None:
    value = parameters.get(name)
    if value and value not in known:
        listed = ", ".join(known)
        near = did_you_mean(value, known)
        raise ControlError(400, f"there is no {name} {value!r}, there are {listed}", name, near)


def _met(look: Callable[[Exchange], tuple[bool, str]]) -> Wanted:
    return lambda exchange: look(exchange)[0]


def _with_finding(host: Host, tenant: Any, wanted: str) -> Wanted:
    fits = glob(wanted)

    def test(exchange: Exchange) -> bool:
        found = host.findings(tenant, [exchange]).get(exchange.n, ())
        return any(fits(str(one.get("name", ""))) for one in found)

    return test


async def those_of(
    host: Host, tenant: Any, entries: Sequence[Exchange], wanted: Wanted, parameters: dict[str, str]
) -> list[Exchange]:
    """Return the exchanges that `wanted_of` the parameters wants."""
    if "finding" in parameters:
        await host.examine(tenant)
    found: list[Exchange] = []
    for start in range(0, len(entries), _AT_ONCE):
        if start:
            await asyncio.sleep(0)
        found += filter(wanted, entries[start : start + _AT_ONCE])
    return found


async def documents_of(host: Host, tenant: Any, entries: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Return exchanges in the form of a recording with ``summary`` and findings."""
    documents = []
    await host.examine(tenant)
    for start in range(0, len(entries), _AT_ONCE):
        if start:
            await asyncio.sleep(0)
        part = entries[start : start + _AT_ONCE]
        findings = host.findings(tenant, part)
        documents += [_document(entry, findings.get(entry.n, [])) for entry in part]
    return documents


def _document(exchange: Exchange, findings: list[dict[str, Any]]) -> dict[str, Any]:
    document = exchange.as_dict()
    document["summary"] = describe(exchange)
    # Findings quote what was sent, which may be text that JSON cannot carry.
    document["trace"]["findings"] = [
        {key: plain(value) if isinstance(value, str) else value for key, value in finding.items()}
        for finding in findings
    ]
    return document
