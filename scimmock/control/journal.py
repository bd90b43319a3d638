"""Calls about the journal of a tenant: what is in it, and whether that is as expected."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..journal.expectations import ExpectationError, read_expectations
from ..journal.verify import verify_within
from .asked import number_of, parameters_of, read_json
from .errors import ControlError
from .exchanges import FILTERS, documents_of, wanted_of
from .host import Call, Host, tenant_of

_PARAMETERS = (*FILTERS, "since", "limit", "last")
_LIMIT = 100
# What the paths of SCIM name beside the endpoints of the resource types.
_OTHER_RESOURCES = ("Bulk", "Me", "ServiceProviderConfig", "ResourceTypes", "Schemas")


async def _get_journal(host: Host, request: Request) -> Response:
    tenant = tenant_of(host, request)
    parameters = parameters_of(request, _PARAMETERS)
    since = number_of(parameters, "since", 0)
    if "last" in parameters and "limit" in parameters:
        raise ControlError(400, "it does not go together with limit", "last")
    journal = tenant.journal
    wanted = wanted_of(host, tenant, parameters)
    entries = [entry for entry in journal.since(since) if wanted(entry)]
    seen = max(since, journal.last)
    if "last" in parameters:
        count = number_of(parameters, "last", 0)
        entries = entries[-count:] if count else []
    else:
        limit = number_of(parameters, "limit", _LIMIT)
        entries = entries[:limit]
        seen = entries[-1].n if entries else since if limit == 0 else seen
    dropped = journal.dropped
    documents = await documents_of(host, tenant, entries)
    document = {"exchanges": documents, "dropped": dropped, "next": seen}
    return Response(msgspec.json.encode(document), media_type="application/json")


async def _delete_journal(host: Host, request: Request) -> Response:
    tenant_of(host, request).journal.clear()
    return Response(status_code=204)


async def _verify(host: Host, request: Request) -> Response:
    tenant = tenant_of(host, request)
    resources = (*tenant.endpoints, *_OTHER_RESOURCES)
    try:
        wanted = read_expectations(await read_json(request), resources)
    except ExpectationError as error:
        raise ControlError(400, error.message, error.field, error.did_you_mean) from None
    result = await verify_within(tenant.journal, wanted)
    return Response(
        msgspec.json.encode(result.as_dict()),
        status_code=200 if result.ok else 409,
        media_type="application/json",
    )


CALLS: tuple[Call, ...] = (
    ("GET", "journal", _get_journal),
    ("DELETE", "journal", _delete_journal),
    ("POST", "verify", _verify),
)
