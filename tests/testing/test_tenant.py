"""Faults, clock, journal and assertions of a tenant in Python."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scimmock import Server, Tenant, UsageError
from scimmock.faults.call import Call
from scimmock.faults.python import fault

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def create(tenant: Tenant, name: str, **attributes: Any) -> int:
    body = {"schemas": [USER], "userName": name, **attributes}
    scim = {"Content-Type": "application/scim+json"}
    return tenant.client.post("/Users", json=body, headers=scim).status_code


# ---- faults


def test_a_rule_is_put_in_force_counted_and_switched(made: Tenant) -> None:
    busy = made.faults.add(name="busy", match={"operation": "create"}, when={"times": 2}, do={"status": 429})
    assert (busy.hits, busy.left, busy.enabled) == (0, 2, True)
    assert create(made, "ann") == 429
    assert (busy.hits, busy.left, busy.seen) == (1, 1, 1) and made.journal[-1].rule == "busy"
    busy.disable()
    assert create(made, "ann") == 201 and not busy.enabled
    busy.enable()
    assert create(made, "bob") == 429
    busy.remove()
    assert "busy" not in made.faults and len(made.faults) == 0
    with pytest.raises(UsageError, match="there is no rule 'busy'"):
        assert busy.hits
    with pytest.raises(UsageError, match="there is no rule 'busi'"):
        made.faults["busi"]


def test_rules_come_as_mappings_lists_packs_and_functions(made: Tenant) -> None:
    made.faults.add({"name": "a", "do": {"status": 503}})
    made.faults.add_all([{"name": "b", "do": {"status": 503}}, {"do": {"status": 500}}])
    assert [rule.name for rule in made.faults] == ["a", "b", "rule-2"]
    assert len(made.faults.add_pack("flaky-network")) + 3 == len(made.faults)
    made.faults.clear()

    @fault(match={"operation": "create"})
    def no_guests(call: Call) -> int:
        return 403

    assert made.faults.add(no_guests).name == "no_guests"
    assert create(made, "ann") == 403 and made.faults["no_guests"].hits == 1


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"do": {"statuss": 503}}, r"do.statuss: unknown action 'statuss', did you mean 'status'"),
        ({"match": {"operaton": "create"}, "do": {"status": 503}}, "did you mean 'operation'"),
        ({"when": {"first": 1}}, "do"),
    ],
)
def test_what_is_wrong_in_a_rule_is_said(made: Tenant, rule: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        made.faults.add(rule)
    with pytest.raises(UsageError, match="pack"):
        made.faults.add_pack("flaky-netwrk")
    assert len(made.faults) == 0


# ---- clock


def test_the_clock_moves_for_the_service(server: Server) -> None:
    """Whoever moves it through a tenant leaves it as it was."""
    with server.tenant() as made:
        made.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
        assert made.clock.frozen and made.clock.now == datetime(2030, 1, 1, tzinfo=UTC)
        made.clock.advance("40m")
        made.clock.advance(timedelta(minutes=20))
        assert made.users.add(userName="ann")["meta"]["created"] == "2030-01-01T01:00:00.000Z"
        with pytest.raises(UsageError, match="advance"):
            made.clock.advance("-1s")
        with pytest.raises(UsageError, match="no time zone"):
            made.clock.freeze(datetime(2030, 1, 1))
    assert not server.clock.frozen and abs(server.clock.now - datetime.now(UTC)) < timedelta(minutes=1)


# ---- journal


def test_the_journal_has_what_was_said(made: Tenant) -> None:
    create(made, "ann", password="secret-word")
    made.client.get("/Users", params={"filter": 'userName eq "ann"'})
    first, second = made.journal
    assert (first.n, first.operation, first.resource, first.method, first.path) == (
        1, "create", "Users", "POST", "/Users",
    )  # fmt: skip
    assert first.status == 201 and first.request_json["userName"] == "ann"
    assert first.response_json["id"] == first.id == made.users["ann"]["id"]
    assert second.query == {"filter": 'userName eq "ann"'} and second.response_json["totalResults"] == 1
    assert ("content-type", "application/scim+json") in first.request_headers
    assert any(name == "etag" for name, _ in first.response_headers)
    assert first.token == "default" and first.client == "python-httpx" and first.rule is None
    assert first.summary == "POST User ann -> 201" and "secret-word" not in str(first.document)
    assert abs(first.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [entry.n for entry in made.journal[-1:]] == [2] and made.journal.dropped == 0
    assert made.journal.select("create", status="2xx")[0].n == 1 and made.journal.select(path="/G*") == []
    assert "POST User ann -> 201" in repr(made.journal) and len(made.journal.text(last=1).splitlines()) == 1
    made.journal.clear()
    assert len(made.journal) == 0 and repr(made.journal) == "<journal, empty>"


def test_findings_say_what_and_where(made: Tenant) -> None:
    assert create(made, "ann") == 201 and made.findings == []
    made.client.post("/Users", json={"userName": "bob"})
    found = {finding.name: finding for finding in made.findings}
    assert found["schemas-missing"].n == 2 and found["schemas-missing"].severity == "error"
    assert "RFC 7643" in repr(found["schemas-missing"])


# ---- expectations


def test_what_was_called_is_returned(made: Tenant) -> None:
    create(made, "ann")
    create(made, "bob")
    (entry,) = made.assert_called("create", resource="Users", filter='userName eq "ann"', times=1)
    assert entry.request_json["userName"] == "ann"
    assert len(made.assert_called("create", at_least=2, status=201)) == 2
    assert made.assert_called("create", at_most=2)
    made.assert_not_called("delete")
    made.assert_not_called("create", since=2)
    made.verify([{"operation": "create", "times": 2}], order=True, no_others=True)


def test_a_failure_tells_what_came_nearest(made: Tenant) -> None:
    with pytest.raises(AssertionError, match="create: 0 found, at least 1 wanted\nthere was no exchange"):
        made.assert_called("create")
    create(made, "bob")
    with pytest.raises(AssertionError) as caught:
        made.assert_called("create", filter='userName eq "ann"')
    assert str(caught.value).splitlines() == [
        'create, filter userName eq "ann": 0 found, at least 1 wanted',
        "nearest: 1  POST User bob -> 201",
        '  filter: wanted userName eq "ann", found userName is "bob"',
        "1 exchange checked",
    ]
    with pytest.raises(AssertionError, match="create: 1 found, none wanted\nfound: 1  POST User bob"):
        made.assert_not_called("create")
    with pytest.raises(AssertionError, match="1 exchange was not expected"):
        made.verify([{"operation": "delete", "never": True}], no_others=True)


@pytest.mark.parametrize(
    ("operation", "criteria", "told"),
    [
        ("creat", {}, "^operation: there is no operation 'creat'.*did you mean 'create'"),
        ("create", {"resource": "User"}, "^resource: .*did you mean 'Users'"),
        ("create", {"filter": "userName"}, "^filter: "),
        ("create", {"stats": 4}, "^stats: unknown key.*did you mean 'status'"),
        ("create", {"within": "soon"}, "within"),
    ],
)
def test_an_expectation_that_makes_no_sense(
    made: Tenant, operation: str, criteria: dict[str, Any], told: str
) -> None:
    """It is no failure of what was tested, and is said at once."""
    with pytest.raises(UsageError, match=told):
        made.assert_called(operation, **criteria)


def test_waiting_ends_with_the_exchange(made: Tenant) -> None:
    """The thread of the test waits, the server serves; what is found is returned."""
    begun = threading.Event()

    def client() -> None:
        begun.wait(10)
        create(made, "ann")
        create(made, "bob")

    thread = threading.Thread(target=client)
    thread.start()
    begun.set()
    assert made.wait_for("create", times=2, timeout="10s").request_json["userName"] == "bob"
    assert made.assert_called("create", times=2, within="10s")[0].request_json["userName"] == "ann"
    thread.join()
    with pytest.raises(AssertionError, match="delete: 0 found, at least 1 wanted"):
        made.wait_for("delete", timeout=0.01)
    with pytest.raises(UsageError, match="at_most cannot be waited for"):
        made.wait_for("delete", at_most=1)
    made.assert_not_called("delete", within=0.01)
