"""`rate_limit` on a real server, by its own clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from scimmock.faults.base import describe
from scimmock.faults.errors import RuleError
from scimmock.faults.rule import read_action, read_rule

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
Advance = Callable[[float | str], None]
Limited = Callable[..., httpx.Client]


@pytest.fixture
def advance(control: httpx.Client) -> Iterator[Advance]:
    """Freeze the clock of the server, and move it."""
    assert control.post("/clock", json={"freeze": "2026-03-01T12:00:00.250Z"}).status_code == 200

    def move(by: float | str) -> None:
        assert control.post("/clock", json={"advance": by}).status_code == 200

    yield move
    control.post("/clock", json={"release": True})


def put_rules(client: httpx.Client, *rules: dict[str, Any]) -> None:
    url = str(client.base_url).replace("/scim/v2/", "/_scimmock/faults")
    answer = client.post(url, json={"faults": list(rules)})
    assert answer.status_code == 201, answer.text


def journal(client: httpx.Client) -> list[dict[str, Any]]:
    url = str(client.base_url).replace("/scim/v2/", "/_scimmock/journal")
    exchanges: list[dict[str, Any]] = client.get(url).json()["exchanges"]
    return exchanges


@pytest.fixture
def limited(tenant: Callable[..., httpx.Client], advance: Advance) -> Limited:
    """Make a tenant with these rules; a mapping with ``rate_limit`` is the ``do`` of one."""

    def make(*rules: dict[str, Any]) -> httpx.Client:
        client = tenant(users=3)
        put_rules(client, *({"do": rule} if "rate_limit" in rule else rule for rule in rules))
        return client

    return make


def statuses(client: httpx.Client, number: int, path: str = "Users") -> list[int]:
    return [client.get(path).status_code for _ in range(number)]


def user(name: str) -> dict[str, Any]:
    return {"schemas": [USER], "userName": name}


FORMS: list[dict[str, Any]] = [
    {"rate_limit": 3, "window": "1m"},
    {"rate_limit": 3, "window": "1m", "kind": "sliding"},
    {"rate_limit": 3, "window": "1m", "kind": "quota"},
    {"rate_limit": 3, "window": "1m", "kind": "token_bucket"},
    {"rate_limit": {"requests": 3, "window": "1m"}},
    {"rate_limit": {"requests": 3, "window": 60, "kind": "sliding"}},
    {"rate_limit": {"tokens": 3, "refill": 3, "every": "1m"}},
    {"rate_limit": {"tokens": 3}},
    {"rate_limit": 3},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_form_refuses_and_lets_in_again_after_retry_after(
    limited: Limited, advance: Advance, form: dict[str, Any]
) -> None:
    client = limited(form)
    assert statuses(client, 3) == [200, 200, 200]
    refused = client.get("Users")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/scim+json"
    document = refused.json()
    assert document["status"] == "429" and "Too many requests" in document["detail"]
    seconds = int(refused.headers["retry-after"])
    assert 0 < seconds <= 60
    advance(seconds - 1)
    assert client.get("Users").status_code == 429
    advance(1)
    assert client.get("Users").status_code == 200


def test_the_first_retry_after_is_exact(limited: Limited, advance: Advance) -> None:
    client = limited({"rate_limit": 1, "window": "1m"})
    client.get("Users")
    assert client.get("Users").headers["retry-after"] == "60"
    advance(0.4)
    assert client.get("Users").headers["retry-after"] == "60"
    advance(59)
    assert client.get("Users").headers["retry-after"] == "1"


def test_a_bucket_fills_evenly(limited: Limited, advance: Advance) -> None:
    client = limited({"rate_limit": {"tokens": 4, "refill": 6, "every": "1m"}})
    assert statuses(client, 5) == [200] * 4 + [429]
    advance("20s")
    assert statuses(client, 3) == [200, 200, 429]


def test_a_quota_is_over_at_midnight(limited: Limited, advance: Advance) -> None:
    client = limited({"rate_limit": 2, "window": "1d", "kind": "quota"})
    assert statuses(client, 3) == [200, 200, 429]
    assert client.get("Users").headers["retry-after"] == str(12 * 3600)
    advance(12 * 3600)
    assert statuses(client, 3) == [200, 200, 429]


def test_the_trace_says_how_much_was_left(limited: Limited) -> None:
    client = limited({"name": "few", "do": {"rate_limit": 2, "window": "1m"}})
    statuses(client, 3)
    first, second, third = (exchange["trace"] for exchange in journal(client))
    assert first["notes"] == [{"rule": "few", "limit": 2, "remaining": 1, "resets_in": 60.0}]
    assert second["notes"][0]["remaining"] == 0
    assert first["rules"] == second["rules"] == [] and third["notes"] == []
    assert third["rule"] == "few"
    assert third["rules"][0]["hit"] == 1
    assert third["rules"][0] | {"limit": 2, "remaining": 0, "retry_after": 60} == third["rules"][0]


def test_headers_of_each_family_go_with_every_answer(limited: Limited) -> None:
    families = ["retry-after", "x-ratelimit", "x-rate-limit", "ratelimit", "ratelimit-policy"]
    client = limited({"name": "few", "do": {"rate_limit": 2, "window": "90s", "headers": families}})
    let_in = client.get("Users/none")
    assert let_in.status_code == 404
    client.get("Users")
    refused = client.get("Users")
    assert refused.status_code == 429
    epoch = 1_772_366_400 + 91  # 12:00:00.250 and 90 seconds, never too early
    for answer, left in ((let_in, 1), (refused, 0)):
        assert {name: value for name, value in answer.headers.items() if "limit" in name} == {
            "x-ratelimit-limit": "2",
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": str(epoch),
            "x-rate-limit-limit": "2",
            "x-rate-limit-remaining": str(left),
            "x-rate-limit-reset": str(epoch),
            "ratelimit-limit": "2",
            "ratelimit-remaining": str(left),
            "ratelimit-reset": "90",
            "ratelimit": f'"few";r={left};t=90',
            "ratelimit-policy": '"few";q=2;w=90',
        }
    assert "retry-after" not in let_in.headers
    assert refused.headers["retry-after"] == "90"


def test_no_headers(limited: Limited) -> None:
    client = limited({"rate_limit": 1, "headers": "none"})
    client.get("Users")
    refused = client.get("Users")
    assert refused.status_code == 429
    assert not [name for name in refused.headers if "limit" in name or name == "retry-after"]


def test_retry_after_as_a_date_is_not_too_early(limited: Limited, control: httpx.Client) -> None:
    client = limited({"rate_limit": 1, "window": "90s", "retry_after_as": "date"})
    client.get("Users")
    assert client.get("Users").headers["retry-after"] == "Sun, 01 Mar 2026 12:01:31 GMT"
    control.post("/clock", json={"freeze": "2026-03-01T12:01:31Z"})
    assert client.get("Users").status_code == 200


def test_the_refusal_is_worded_as_asked(limited: Limited) -> None:
    client = limited(
        {
            "rate_limit": 1,
            "code": 503,
            "scim_type": "tooMany",
            "detail": "slow down",
            "retry_after": "7s",
        }
    )
    client.get("Users")
    refused = client.get("Users")
    assert refused.status_code == 503 and refused.headers["retry-after"] == "7"
    assert refused.json()["scimType"] == "tooMany" and refused.json()["detail"] == "slow down"


def test_the_refusal_in_another_shape(limited: Limited) -> None:
    client = limited({"rate_limit": 1, "shape": "html"})
    client.get("Users")
    refused = client.get("Users")
    assert refused.status_code == 429 and refused.headers["content-type"] == "text/html"
    assert b"429 Too Many Requests" in refused.content and "retry-after" in refused.headers


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("all", [200, 429, 429, 429, 429, 429]),
        ("token", [200, 429, 429, 429, 429, 429]),
        ("tenant", [200, 429, 429, 429, 429, 429]),
        ("client", [200, 429, 429, 429, 429, 200]),
        ("endpoint", [200, 429, 429, 200, 429, 429]),
        ("operation", [200, 429, 200, 429, 200, 429]),
        ("resource", [200, 429, 200, 200, 200, 429]),
        (["endpoint", "client"], [200, 429, 429, 200, 429, 200]),
    ],
    ids=str,
)
def test_what_counts_apart(limited: Limited, by: str | list[str], expected: list[int]) -> None:
    client = limited({"rate_limit": 1, "window": "1m", "by": by})
    id = "00000000-0000-4000-8000-000000000000"
    asked: list[tuple[str, str, str]] = [
        ("GET", "Users", "Okta SCIM Client 1.0.0"),
        ("GET", "Users", "Okta SCIM Client 1.0.0"),
        ("GET", f"Users/{id}", "Okta SCIM Client 1.0.0"),
        ("GET", "Groups", "Okta SCIM Client 1.0.0"),
        ("DELETE", f"Users/{id}-2", "Okta SCIM Client 1.0.0"),
        ("GET", "Users", "Other/1.0"),
    ]
    answers = [
        client.request(method, path, headers={"User-Agent": agent}).status_code
        for method, path, agent in asked
    ]
    assert [429 if status == 429 else 200 for status in answers] == expected


def test_only_what_matches_is_counted(limited: Limited) -> None:
    client = limited({"match": {"operation": "create"}, "do": {"rate_limit": 1, "window": "1m"}})
    assert statuses(client, 3) == [200] * 3
    assert client.post("Users", json=user("a")).status_code == 201
    assert client.post("Users", json=user("b")).status_code == 429
    assert client.get("Users").json()["totalResults"] == 4
    assert statuses(client, 3) == [200] * 3


@pytest.mark.parametrize("kind", ["fixed", "sliding", "quota", "token_bucket"])
def test_what_one_limit_refuses_another_does_not_count(limited: Limited, advance: Advance, kind: str) -> None:
    client = limited(
        {"name": "long", "do": {"rate_limit": 4, "window": "1d", "kind": kind, "headers": "x-ratelimit"}},
        {"name": "short", "do": {"rate_limit": 2, "window": "1m", "headers": "x-ratelimit"}},
    )
    answers = [client.get("Users") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429]
    # Whichever leaves less is told.
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"2"}
    refused = journal(client)[-1]["trace"]
    assert refused["rule"] == "short"
    assert refused["notes"][0] | {"rule": "long", "remaining": 2, "given_back": True} == refused["notes"][0]
    advance(60)
    assert statuses(client, 3) == [200, 200, 429]
    assert [exchange["trace"]["rule"] for exchange in journal(client)[-1:]] == ["long"]
    advance(60)
    assert statuses(client, 1) == [429]


def test_the_clock_opens_all_windows(limited: Limited, advance: Advance) -> None:
    client = limited({"rate_limit": 1, "window": "1d"}, {"rate_limit": {"tokens": 1, "every": "1h"}})
    assert statuses(client, 2) == [200, 429]
    advance("1d")
    assert statuses(client, 2) == [200, 429]


def test_when_says_how_often_it_refuses(limited: Limited) -> None:
    client = limited({"when": {"times": 2}, "do": {"rate_limit": 1, "window": "1m"}})
    assert statuses(client, 5) == [200, 429, 429, 200, 200]


def test_a_later_answer_carries_the_headers_too(limited: Limited) -> None:
    client = limited(
        {"do": {"rate_limit": 5, "headers": "ratelimit"}},
        {"match": {"resource": "Groups"}, "do": {"status": 503}},
    )
    answer = client.get("Groups")
    assert answer.status_code == 503 and answer.headers["ratelimit-remaining"] == "4"


def bulk(*names: str) -> dict[str, Any]:
    operations = [{"method": "POST", "path": "/Users", "bulkId": name, "data": user(name)} for name in names]
    return {"schemas": [BULK], "Operations": operations}


def test_a_bulk_request_that_is_counted_is_counted_once(limited: Limited) -> None:
    client = limited({"rate_limit": 2, "window": "1m"})
    answer = client.post("Bulk", json=bulk("a", "b", "c", "d"))
    assert [item["status"] for item in answer.json()["Operations"]] == ["201"] * 4
    assert statuses(client, 2) == [200, 429]


def test_operations_of_a_bulk_request_count_where_only_they_match(limited: Limited) -> None:
    client = limited(
        {"match": {"resource": "Users"}, "do": {"rate_limit": 2, "window": "1m"}},
        {"match": {"operation": "bulk"}, "do": {"rate_limit": 9, "window": "1m"}},
    )
    answer = client.post("Bulk", json=bulk("a", "b", "c"))
    assert answer.status_code == 200
    assert [item["status"] for item in answer.json()["Operations"]] == ["201", "201", "429"]


def test_tenants_count_apart(tenant: Callable[..., httpx.Client], advance: Advance) -> None:
    rule = {"do": {"rate_limit": 1, "window": "1m"}}
    one, other = tenant(), tenant()
    put_rules(one, rule)
    put_rules(other, rule)
    assert statuses(one, 2) == [200, 429] and statuses(other, 2) == [200, 429]


@pytest.mark.parametrize(
    ("do", "path"),
    [
        ({"rate_limit": 0}, "do.rate_limit"),
        ({"rate_limit": -1}, "do.rate_limit"),
        ({"rate_limit": "many"}, "do.rate_limit"),
        ({"rate_limit": {}}, "do.rate_limit"),
        ({"rate_limit": {"tokens": 1, "requests": 1}}, "do.rate_limit"),
        ({"rate_limit": {"tokens": 1, "window": "1m"}}, "do.rate_limit.window"),
        ({"rate_limit": {"concurrent": 1, "kind": "fixed"}}, "do.rate_limit.kind"),
        ({"rate_limit": {"requests": 1, "every": "1m"}}, "do.rate_limit.every"),
        ({"rate_limit": {"requests": 1}, "window": "1m"}, "do.window"),
        ({"rate_limit": {"requests": 1, "windw": "1m"}}, "do.rate_limit.windw"),
        ({"rate_limit": 1, "window": 0}, "do.rate_limit.window"),
        ({"rate_limit": 1, "window": "soon"}, "do.window"),
        ({"rate_limit": 1, "kind": "leaky"}, "do.kind"),
        ({"rate_limit": 200_000, "kind": "sliding"}, "do.rate_limit"),
        ({"rate_limit": {"tokens": 1, "refill": 1_000_000, "every": 1}}, "do.rate_limit"),
        ({"rate_limit": 1, "by": []}, "do.by"),
        ({"rate_limit": 1, "by": "planet"}, "do.by"),
        ({"rate_limit": 1, "shape": "round"}, "do.shape"),
        ({"rate_limit": 1, "headers": "x-limit"}, "do.headers"),
        ({"rate_limit": 1, "code": 42}, "do.code"),
    ],
    ids=str,
)
def test_what_is_no_limit_is_refused_with_its_place(do: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule({"do": do}, "", "r", "control")
    assert caught.value.path.lstrip(".").startswith(path), caught.value


def test_the_documentation_has_a_sentence() -> None:
    told = describe(type(read_action({"rate_limit": 1}, "")))
    assert told["name"] == "rate_limit" and told["stage"] == "limit" and told["does"].endswith(".")
