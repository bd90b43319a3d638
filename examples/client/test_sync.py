"""What the sync job has to get right, also where the service or the network does not."""

from __future__ import annotations

from typing import Any

from scimmock import Tenant

STAFF = {"1001": "ann", "1002": "bob"}


def test_who_joins_gets_an_account(sync: Any, scim_server: Tenant) -> None:
    sync.run(STAFF)
    scim_server.assert_called("create", resource="Users", times=2)
    assert scim_server.users["ann"]["active"] and scim_server.users["bob"]["active"]


def test_who_leaves_cannot_log_in_any_more(sync: Any, scim_server: Tenant) -> None:
    sync.run(STAFF)
    sync.run({"1002": "bob"})
    assert not scim_server.users["ann"]["active"] and scim_server.users["bob"]["active"]


def test_a_busy_service_is_given_the_time_that_it_asks_for(sync: Any, scim_server: Tenant) -> None:
    scim_server.faults.add(
        match={"operation": "create"}, when={"first": 1}, do={"status": 429, "retry_after": "30s"}
    )
    sync.run(STAFF)
    scim_server.assert_called("create", status=201, times=2)
    assert scim_server.findings == []


def test_who_leaves_cannot_log_in_any_more_though_an_answer_was_lost(sync: Any, scim_server: Tenant) -> None:
    scim_server.faults.add(match={"operation": "create"}, when={"first": 1}, do={"lost_response": "reset"})
    sync.run(STAFF)
    sync.run({})
    assert [user["userName"] for user in scim_server.users if user["active"]] == []
    assert scim_server.findings == []
