"""``scimmock serve --like RECORDING``: a server as the one that was recorded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.clock import format_time
from scimmock.errors import FileError
from scimmock.server.like import read_like
from scimmock.server.options import ServeOptions, blueprint_of, taken
from scimmock.server.recording import RecordOptions
from scimmock.traffic.recording import encode_line, make_header, open_recording

from ..conftest import USER
from ..in_process import client_of, serving

FIXTURE = """
fixture: mine
title: Mine
kind: service
behaviour: {base_path: /mine}
faults: [{name: own, match: {operation: bulk}, do: {status: 503}}]
"""
RULE = {"name": "busy", "match": {"operation": "create"}, "when": {"after": 1}, "do": {"status": 429}}


def recorded(path: Path, **header: Any) -> Path:
    """Write a recording that has nothing but its header."""
    by = header.pop("by", "server")
    server = header.pop("server", None)
    document = make_header(by, "http://127.0.0.1:8080/scim/v2", 0.0, **header)
    path.write_bytes(encode_line({**document, **({"server": server} if server is not None else {})}))
    return path


def named(page: dict[str, Any]) -> list[Any]:
    """Return ids and names of a page, and what the quirk does to it."""
    return [page["totalResults"], *((user["id"], user["userName"]) for user in page["Resources"])]


def options(path: Path, **more: Any) -> ServeOptions:
    return ServeOptions(port=0, like=path, **more)


def test_what_a_server_records_of_itself_makes_such_a_server(tmp_path: Path) -> None:
    """A fixture and people of one's own, quirks, rules and clock as they were at the first request."""
    own = tmp_path / "fixtures" / "mine"
    own.mkdir(parents=True)
    (own / "fixture.yaml").write_text(FIXTURE)
    people = tmp_path / "staff.csv"
    people.write_text("userName\nada\n")
    path = tmp_path / "sessions" / "s.jsonl"
    path.parent.mkdir()
    given = ServeOptions(
        port=0,
        fixtures=("okta", str(own)),
        quirks=("page-cap:size=2",),
        people=(people,),
        users=2,
        groups=1,
        seed=7,
        no_limits=True,
        record=RecordOptions(path, redact="none"),
    )
    with serving(given) as (_, ready), client_of(ready) as client:
        control = f"{ready.control_url}/"
        httpx.post(f"{control}clock", json={"freeze": "2026-01-05T08:00:00Z"}).raise_for_status()
        httpx.post(f"{control}faults", json=RULE).raise_for_status()
        before = client.get("/Users").json()
        client.post("/Users", json={"schemas": [USER], "userName": "one"})
    header = open_recording(path).header
    assert header["fixture"] == "okta+mine"
    assert header["faults"] == [RULE], "the fixture's own rules come with the fixture"
    assert header["server"] == {
        "fixtures": ["okta", "../fixtures/mine"],
        "seed": 7,
        "users": 2,
        "groups": 1,
        "people": ["../staff.csv"],
        "quirks": [{"quirk": "page-cap", "size": 2}],
        "no_limits": True,
    }
    assert str(tmp_path) not in path.read_text()
    with serving(options(path)) as (running, ready), client_of(ready) as client:
        assert ready.base_url.endswith("/mine") and ready.seed == 7
        after = client.get("/Users").json()
        statuses = [
            client.post("/Users", json={"schemas": [USER], "userName": name}).status_code for name in "ab"
        ]
    assert named(after) == named(before)
    assert statuses == [201, 429]
    assert running.clock.text() == header["clock"] == header["started"] == "2026-01-05T08:00:00.000Z"


def test_options_win_over_the_recording(tmp_path: Path) -> None:
    told = {"users": 4, "groups": 0, "seed": 3, "quirks": ["patch-204"], "no_auth": True}
    path = recorded(tmp_path / "s.jsonl", fixture="okta", faults=[RULE], clock=format_time(0), server=told)
    like = read_like(path)
    plain = blueprint_of(options(path), like)
    assert plain.layers.names == ("okta",)
    assert [rule.name for rule in plain.faults] == ["busy"]
    assert (plain.seed, plain.population.users, plain.population.groups) == (3, 4, 0)
    assert [item.name for item in plain.quirks] == ["patch-204"]
    assert not plain.auth_required and plain.tokens == {}
    assert like.clock == 0
    assert taken(like, options(path), plain.layers) == [
        *("fixture okta", "1 fault rule", "quirks patch-204", "seed 3", "4 users", "0 groups"),
        *("no credentials", "the clock, frozen at 1970-01-01T00:00:00.000Z"),
    ]
    given = {
        "fixtures": ("slack",),
        "faults": ("slow",),
        "quirks": ("error-status-int",),
        "seed": 1,
        "users": 1,
        "groups": 2,
        "tokens": {"default": "t"},
    }
    other = blueprint_of(options(path, **given), like)
    assert other.layers.names == ("slack",)
    assert "busy" not in [rule.name for rule in other.faults]
    assert (other.seed, other.population.users, other.population.groups) == (1, 1, 2)
    assert [item.name for item in other.quirks] == ["error-status-int"]
    assert other.auth_required and other.tokens == {"default": "t"}
    told = taken(like, options(path, **given), other.layers)
    assert told == ["the clock, frozen at 1970-01-01T00:00:00.000Z"]


def test_people_of_ones_own_come_without_those_of_the_recording(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl", fixture="okta", server={"users": 4, "groups": 2})
    staff = tmp_path / "staff.csv"
    found = blueprint_of(options(path, people=(staff,)), read_like(path)).population
    assert (found.users, found.groups, found.files) == (0, 0, (staff,))


@pytest.mark.parametrize(("by", "seed", "users"), [("server", 9, 12), ("addon", 9, 12), ("provision", 1, 25)])
def test_numbers_in_a_header_are_the_servers_if_no_provider_was_played(
    by: str, seed: int, users: int, tmp_path: Path
) -> None:
    """Whoever plays an identity provider has people too, and says of the server only what it knows."""
    path = recorded(tmp_path / "s.jsonl", by=by, fixture="okta", seed=9, users=12, groups=3)
    found = blueprint_of(options(path), read_like(path))
    assert (found.seed, found.population.users) == (seed, users)


def test_a_session_with_a_service_that_is_not_known_needs_a_fixture(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl", by="addon", faults=[RULE])
    like = read_like(path)
    with pytest.raises(
        FileError, match=r"does not say what the service was like.*--fixture NAME beside --like"
    ):
        blueprint_of(options(path), like)
    found = blueprint_of(options(path, fixtures=("slack",)), like)
    assert [rule.name for rule in found.faults] == ["busy"]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"fixture": "oktaa"}, r"s.jsonl:1: .*no fixture 'oktaa', did you mean 'okta'\?, --fixture NAME"),
        ({"server": {"fixtures": ["../gone"]}}, r"gone: there is no fixture.yaml here"),
        ({"server": []}, "its server is no object"),
        ({"server": {"users": "4"}}, "is no header: its users: "),
        ({"server": {"users": -1}}, "is no header: its users: "),
        (
            {"server": {"quirks": ["pach-204"]}},
            r"quirks\[0\]: unknown quirk 'pach-204', did you mean 'patch-204'",
        ),
        ({"clock": "noon"}, "its clock is no time"),
        ({"clock": 5}, "its clock is no time"),
        ({"faults": [{"name": "x", "do": {"stattus": 4}}]}, r"faults\[0\].do.stattus: unknown action"),
        (
            {"faults": [{"name": "f", "do": {"python": "my.py:f"}}]},
            "was a function, in my.py:f, --faults FILE",
        ),
    ],
)
def test_what_is_wrong_in_a_header_is_said(header: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl", **{"fixture": "rfc", **header})
    with pytest.raises(FileError, match=says) as caught:
        blueprint_of(options(path), read_like(path))
    assert caught.value.where == f"{path}:1"


def test_rules_of_a_fixture_are_not_doubled_by_those_of_a_recording(tmp_path: Path) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    (own / "fixture.yaml").write_text(FIXTURE)
    path = recorded(tmp_path / "s.jsonl", fixture="rfc", faults=[{"name": "own", "do": {"status": 500}}])
    with pytest.raises(FileError, match="the rule name 'own' is taken by the fixture"):
        blueprint_of(options(path, fixtures=(str(own),)), read_like(path))


def test_people_with_pseudonyms_have_them_in_the_server_too(tmp_path: Path) -> None:
    """A session that was redacted can be played again to a server with made-up people."""
    path = tmp_path / "s.jsonl"
    record = RecordOptions(path, key_file=tmp_path / "key")
    given = ServeOptions(port=0, fixtures=("github",), users=6, groups=2, record=record)
    with serving(given) as (_, ready), client_of(ready) as client:
        page = client.get("/Users?count=4").json()
        name = page["Resources"][1]["userName"]
        assert client.get("/Users", params={"filter": f'userName eq "{name}"'}).json()["totalResults"] == 1
        client.get("/Groups")
    assert name not in path.read_text()
    recorded_pages = [exchange["response"]["body"]["json"] for exchange in open_recording(path)]
    with serving(options(path)) as (running, ready), client_of(ready) as client:
        told = taken(running.like, running.options, running.tenants.blueprint.layers)
        assert "the names that people have there" in told
        for exchange, before in zip(open_recording(path), recorded_pages, strict=True):
            request = exchange["request"]
            after = client.get(f"{request['path']}?{request['query']}").json()
            assert same_words(after) == same_words(before)


def same_words(page: dict[str, Any]) -> str:
    """Return a page without addresses and versions, which are those of each server."""
    text = json.dumps(page, sort_keys=True)
    return re.sub(r'"(location|\$ref|version)": "[^"]*(\\"[^"]*)*"', "", text)


def test_of_a_service_that_is_not_known_there_are_the_people_who_were_seen(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl", by="addon")
    seen = {"id": "7", "userName": "ada", "schemas": [USER], "meta": {"created": "2020-01-01T00:00:00Z"}}
    listed = {"totalResults": 1, "Resources": [seen]}
    answer = {"status": 200, "headers": [], "body": {"json": listed}}
    made = {"status": 201, "headers": [], "body": {"json": {**seen, "id": "8", "userName": "bob"}}}
    lines = [
        {"n": 1, "request": {"method": "GET", "path": "/Users"}, "response": answer},
        {"n": 2, "request": {"method": "POST", "path": "/Users"}, "response": made},
    ]
    with path.open("ab") as file:
        file.writelines(map(encode_line, lines))
    chosen = options(path, fixtures=("slack",))
    with serving(chosen) as (running, ready), client_of(ready) as client:
        page = client.get("/Users").json()
        assert [(user["id"], user["userName"]) for user in page["Resources"]] == [("7", "ada")]
        assert "the people whom it shows" in taken(running.like, chosen, running.tenants.blueprint.layers)
    people = blueprint_of(options(path, fixtures=("slack",), users=3), read_like(path)).population
    assert (people.users, people.seen) == (3, None)


def test_a_fixture_with_people_of_its_own_keeps_them(tmp_path: Path) -> None:
    own = tmp_path / "mine"
    own.mkdir()
    (own / "fixture.yaml").write_text(f"{FIXTURE}people: {{file: staff.csv}}\n")
    (own / "staff.csv").write_text("userName\nada\n")
    path = tmp_path / "s.jsonl"
    given = ServeOptions(port=0, fixtures=(str(own),), record=RecordOptions(path, redact="none"))
    with serving(given):
        pass
    assert open_recording(path).header["server"]["own_people"] is True
    again = blueprint_of(options(path), read_like(path)).population
    assert [file.name for file in again.files] == ["staff.csv"]
    other = recorded(tmp_path / "o.jsonl", fixture="okta", server={"users": 4, "groups": 2})
    found = blueprint_of(options(other, fixtures=(str(own),)), read_like(other)).population
    assert (found.users, found.groups) == (0, 0)
    assert [file.name for file in found.files] == ["staff.csv"]
