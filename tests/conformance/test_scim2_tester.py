"""scim2-tester, an independent compliance checker, finds nothing wrong with the server."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

MakeClient = Callable[..., BaseSyncSCIMClient]
MakeTenant = Callable[..., httpx.Client]

WRONG = {Status.ERROR, Status.CRITICAL}
# What a full run must have looked at: a checker that stops early finds no error either.
AREAS = {
    "service_provider_config_endpoint",
    "query_all_resource_types",
    "query_all_schemas",
    "random_url",
    "object_creation",
    "object_query",
    "object_query_without_id",
    "object_replacement",
    "object_deletion",
    "check_add_attribute",
    "check_replace_attribute",
    "check_remove_attribute",
}


def _report(results: list[CheckResult]) -> str:
    lines = [f"{len(results)} of the checks failed:"]
    for result in results:
        lines.append(f"{result.status.name} {result.resource_type or ''} {result.title}: {result.reason}")
    return "\n".join(lines)


PEOPLE = [{"users": 0, "groups": 0}, {"users": 25, "groups": 5}]


@pytest.mark.parametrize("fixture", ["rfc", "okta"])
@pytest.mark.parametrize("people", PEOPLE, ids=["empty", "peopled"])
def test_the_compliance_checker_finds_no_error(
    tenant: MakeTenant, scim2_client: MakeClient, fixture: str, people: dict[str, int]
) -> None:
    """Every check of scim2-tester passes, with nothing and with people in the directory.

    They reach discovery, both types of resource and all PATCH operations, and skip none.
    """
    results = check_server(scim2_client(tenant(fixture=fixture, **people)))
    wrong = [result for result in results if result.status in WRONG]
    assert not wrong, _report(wrong)
    for kind in ("User", "Group"):
        assert {result.title for result in results if result.resource_type == kind} >= {
            title for title in AREAS if title.startswith(("object", "check"))
        }
    assert {result.title for result in results} >= AREAS
    assert [result.title for result in results if result.status is Status.SKIPPED] == []


def test_the_compliance_checker_can_fail(tenant: MakeTenant, scim2_client: MakeClient) -> None:
    """When a create answers 200 in place of 201 the checker complains: it would notice."""

    def spoil(response: httpx.Response) -> None:
        response.read()
        if response.request.method == "POST" and response.status_code == 201:
            response.status_code = 200

    client = tenant()
    client.event_hooks = {"response": [spoil]}
    results = check_server(scim2_client(client), include_tags={"crud:create"})
    assert any(result.status in WRONG for result in results)
