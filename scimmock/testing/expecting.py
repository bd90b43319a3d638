"""What a test expects of a tenant's journal, and how a failure is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..control.journal import expectations_for
from ..errors import UsageError
from ..journal.expectations import COUNTS, Expectations
from ..journal.told import explained as lines_of
from ..journal.verify import Result, verify, verify_within
from .journal import Entry
from .reach import Access, explained

__all__ = ["check", "check_async", "expected", "met", "wait_document"]

Document = dict[str, Any]


def expected(operation: str | None, given: Mapping[str, Any]) -> Document:
    """Return the body of ``POST verify`` for one expectation in keyword arguments."""
    one = {name: value for name, value in given.items() if value is not None}
    around: Document = {name: one.pop(name) for name in ("within", "since", "no_others") if name in one}
    if operation is not None:
        one["operation"] = operation
    return {"expect": [one], **around}


def wait_document(operation: str | None, timeout: Any, given: Mapping[str, Any]) -> Document:
    """Return the same for what is waited for: so many exchanges at least."""
    counts = [name for name in COUNTS if name != "times" and given.get(name) is not None]
    if counts:
        raise UsageError(f"{counts[0]} cannot be waited for", hint="times=2 waits for the second one")
    times = given.get("times") or 1
    rest = {name: value for name, value in given.items() if name != "times"}
    return expected(operation, {**rest, "at_least": times, "within": timeout})


def check(access: Access, document: Document) -> Result:
    """Hold the journal against expectations, waiting as long as they say; raises UsageError."""
    if document.get("within"):
        with explained(_prefix(document)):
            return access.reach.wait(lambda: _within(access, document))
    return access.call(
        lambda tenant: verify(tenant.journal.since(), expectations_for(tenant, document)), _prefix(document)
    )


async def check_async(access: Access, document: Document) -> Result:
    """Do the same for who waits on an event loop."""
    with explained(_prefix(document)):
        return await access.reach.wait_async(lambda: _within(access, document))


def _prefix(document: Document) -> str:
    """Return what a field of a single expectation begins with."""
    return "expect[0]." if len(document["expect"]) == 1 else ""


async def _within(access: Access, document: Document) -> Result:
    tenant = access.served()
    wanted: Expectations = expectations_for(tenant, document)
    return await verify_within(tenant.journal, wanted)


def met(result: Result) -> list[list[Entry]]:
    """Return the exchanges of each expectation; raises AssertionError with what is missing."""
    __tracebackhide__ = True
    if result.ok:
        return [[Entry(exchange) for exchange in matches] for matches in result.matches]
    lines = [line for failure in result.failures for line in lines_of(failure)]
    checked = result.checked
    told = f"{checked} exchange{'' if checked == 1 else 's'} checked" if checked else "there was no exchange"
    raise AssertionError("\n".join([*lines, told]))
