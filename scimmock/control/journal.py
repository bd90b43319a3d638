"""Calls about the journal of a tenant: what is in it, and whether that is as expected."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..journal.expectations import ExpectationError, Expectations, read_expectations
from ..journal.verify import verify_within
from .answers import json_answer
from .asked import number_of, parameters_of, read_json
from .errors import ControlError
from .exchanges import FILTERS, documents_of, resources_of, those_of, wanted_of
from .host import Call, Host, tenant_of

_PARAMETERS = (*FILTERS, "since", "limit", "last")
_LIMIT = 100


async def _get_journal(host: Host, request: Request) -> Response:
    tenant = tenant_of(host, request)
    parameters = parameters_of(request, _PARAMETERS)
    since = number_of(parameters, "since", 0)
    if "last" in parameters and "limit" in parameters:
        raise ControlError(400, "it does not go together with limit", "last")
    journal = tenant.journal
    wanted = wanted_of(host, tenant, parameters)
    dropped, seen = journal.dropped, max(since, journal.last)
    entries = await those_of(host, tenant, journal.since(since), wanted, parameters)
    if "last" in parameters:
        count = number_of(parameters, "last", 0)
        entries = entries[-count:] if count else []
    else:
        limit = number_of(parameters, "limit", _LIMIT)
        entries = entries[:limit]
        seen = entries[-1].n if entries else since if limit == 0 else seen
    documents = await documents_of(host, tenant, entries)
    document = {"exchanges": documents, "dropped": dropped, "next": seen}
    return json_answer(document)


async def _delete_journal(host: Host, request: Request) -> Response:
    clear(tenant_of(host, request))
    return Response(status_code=204)


async def _verify(host: Host, request: Request) -> Response:
    tenant = tenant_of(host, request)
    wanted = expectations_for(tenant, await read_json(request))
    result = await verify_within(tenant.journal, wanted)
    return json_answer(result.as_dict(), 200 if result.ok else 409)


def clear(tenant: Any) -> None:
    """Forget all exchanges of a tenant."""
    tenant.journal.clear()
    # A test that begins with an empty journal has nothing to do with the one before.
    tenant.examiner.forget(tenant.journal.last)


def expectations_for(tenant: Any, document: Any) -> Expectations:
    """Return what the body of ``POST verify`` expects of a tenant; raises ControlError."""
    try:
        return read_expectations(document, resources_of(tenant))
    except ExpectationError as error:
        raise ControlError(400, error.message, error.field, error.did_you_mean) from None


CALLS: tuple[Call, ...] = (
    ("GET", "journal", _get_journal),
    ("DELETE", "journal", _delete_journal),
    ("POST", "verify", _verify),
)
