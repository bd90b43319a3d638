"""`X-Scimmock-Fault`: a request that names the rules that fire for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import USER, Target

RULES = """
- {name: busy, match: {operation: delete}, do: {status: 503, detail: busy}}
- {name: spent, when: {after: 1000, times: 1}, do: {status: 500}}
- {name: slow, match: {resource: Groups}, do: {delay: 10ms}}
- {name: lost, match: {operation: delete}, do: {lost_write: true}}
- {name: cut, match: {operation: delete}, do: {truncate: 0.5}}
- {name: text, match: {operation: delete}, do: {wrong_content_type: text/plain}}
- {name: off, enabled: false, do: {status: 504}}
- {name: flap, match: {operation: delete}, do: {sequence: [502, pass]}}
"""


@pytest.fixture(scope="module")
def server(launch_for_module: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES)
    return launch_for_module("--users", "0", "--groups", "0", "--fault-header", "--faults", str(path))


@pytest.fixture
def asked(server: Any) -> Any:
    """The server with a clean directory, rules that counted nothing, and an empty journal."""
    with (
        httpx.Client(base_url=f"{server.url}/_scimmock", timeout=20) as control,
        server.client() as client,
    ):
        control.delete("/state")
        control.delete("/journal")
        yield Target(client, control, control)


def ask(target: Target, names: str, method: str = "GET", **options: Any) -> httpx.Response:
    return target.client.request(method, "/Users", headers={"X-Scimmock-Fault": names}, **options)


def test_without_the_option_the_header_means_nothing(target: Target) -> None:
    target.add({"status": 503}, name="busy", match={"operation": "delete"})
    assert ask(target, "busy").status_code == 200
    assert ask(target, "nonsense").status_code == 200
    assert target.hits("busy") == 0


def test_a_rule_fires_whatever_it_matches(asked: Target) -> None:
    hits = asked.hits("busy")
    answer = ask(asked, "busy")
    assert (answer.status_code, answer.json()["detail"]) == (503, "busy")
    (trace,) = asked.fired()
    assert (trace["name"], trace["asked_for"], trace["hit"]) == ("busy", True, hits + 1)
    assert asked.hits("busy") == hits + 1
    assert asked.client.get("/Users").status_code == 200


def test_a_rule_fires_whenever_it_is_asked_for(asked: Target) -> None:
    assert [ask(asked, "spent").status_code for _ in range(3)] == [500, 500, 500]
    assert asked.client.get("/Users").status_code == 200


@pytest.mark.parametrize("name", ["nobody", "off", "", "busy,nobody"])
def test_an_unknown_rule_is_refused_with_those_there_are(asked: Target, name: str) -> None:
    answer = ask(asked, name, "POST", json={"schemas": [USER], "userName": "bjensen"})
    assert answer.status_code == 400
    detail = answer.json()["detail"]
    assert "busy, spent, slow, lost, cut, text, flap" in detail and "off" not in detail.split("there are")[1]
    assert asked.state()["Users"] == []
    assert asked.last()["response"]["status"] == 400


def test_several_rules_one_for_each_stage(asked: Target) -> None:
    body = {"schemas": [USER], "userName": "bjensen"}
    answer = ask(asked, "text, lost,slow", "POST", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/plain")
    assert [rule["name"] for rule in asked.fired()] == ["slow", "lost", "text"]
    assert asked.state()["Users"] == []


def test_a_wire_fault(asked: Target) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        ask(asked, "cut")
    assert asked.last()["error"]["kind"] == "truncated"


def test_a_sequence_goes_on_from_request_to_request(asked: Target) -> None:
    assert [ask(asked, "flap").status_code for _ in range(3)] == [502, 200, 200]


def test_what_does_not_fit_the_request_is_not_counted(asked: Target) -> None:
    hits = asked.hits("lost")
    assert ask(asked, "lost").status_code == 200
    assert asked.hits("lost") == hits and asked.fired() == []


def test_a_rule_whose_time_has_ended_is_none(asked: Target) -> None:
    asked.add({"status": 418}, name="short", when={"ttl": "5s"})
    try:
        assert ask(asked, "short").status_code == 418
        asked.freeze()
        asked.advance("6s")
        assert ask(asked, "short").status_code == 400
    finally:
        asked.control.post("/clock", json={"release": True})
