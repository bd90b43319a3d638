"""Packs and files of rules: what they load, what they do, and what is said of wrong ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.errors import FileError
from scimmock.faults.files import load_faults, packs

from .conftest import USER, Target, Targets

NAMES = [
    "chaos-harsh",
    "chaos-mild",
    "flaky-network",
    "lost-writes",
    "orphaned-accounts",
    "outage",
    "page-drift",
    "schema-mismatch",
    "slow",
    "stale-reads",
    "throttled",
    "token-expiry",
]


def ask(target: Target, method: str, path: str, body: Any = None) -> Any:
    """Send a request; whatever the network does to it is None."""
    with suppress(httpx.HTTPError, ValueError):
        answer = target.client.request(method, path, json=body)
        return answer.json() if answer.content else None
    return None


def reads(target: Target) -> None:
    for start in range(1, 40, 3):
        for path in ("/Users/nobody", "/Groups", f"/Users?startIndex={start % 12}&count=3"):
            ask(target, "GET", path)


def writes(target: Target) -> None:
    titles = [{"op": "replace", "path": path, "value": "x"} for path in ("title", "nickName")]
    off = [{"op": "replace", "path": "active", "value": False}]
    for number in range(8):
        ask(target, "POST", "/Users", {"schemas": [USER], "userName": f"new-{number}"})
    for user in target.state()["Users"][:8]:
        for operations in (titles, titles, off):
            ask(target, "PATCH", f"/Users/{user['id']}", {"schemas": [PATCH], "Operations": operations})
        ask(target, "GET", f"/Users/{user['id']}")
        ask(target, "GET", "/Users?count=2")
        ask(target, "DELETE", f"/Users/{user['id']}")


def paging(target: Target) -> None:
    for _ in range(15):
        for start in (1, 4, 7, 10):
            ask(target, "GET", f"/Users?startIndex={start}&count=3")


def slowly(target: Target) -> None:
    for _ in range(2):
        ask(target, "GET", "/Users")


# Nobody needs to wait for the answers of these.
SLOW = ("chaos-harsh", "chaos-mild", "slow")
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# What each pack is tried with, and the rules that must have fired (none named: any of them).
WORK: dict[str, tuple[tuple[Callable[[Target], None], ...], set[str]]] = {
    "chaos-harsh": ((reads, writes), set()),
    "chaos-mild": ((reads, writes, writes), set()),
    "flaky-network": ((reads, writes), set()),
    "lost-writes": ((writes,), {"lost-answer", "half-patched", "lost-write"}),
    "orphaned-accounts": ((writes,), {"orphan-deactivation", "orphan-delete", "orphan-return"}),
    "outage": ((reads,), {"outage"}),
    "page-drift": ((paging,), {"drift-total", "drift-order", "drift-repeat", "drift-vanish"}),
    "schema-mismatch": (
        (paging,),
        {"mismatch-json", "mismatch-type", "mismatch-name", "mismatch-total", "mismatch-media"},
    ),
    "slow": ((slowly,), {"slow"}),
    "stale-reads": ((writes,), {"stale-by-id", "stale-by-filter"}),
    "throttled": ((writes,), {"throttled-minute", "throttled-writes"}),
    "token-expiry": ((paging, reads), {"token-ends", "token-mistake", "token-revoked"}),
}


def test_these_packs_are_shipped() -> None:
    assert sorted(packs()) == sorted(WORK) == sorted(NAMES)
    assert all(pack.title for pack in packs().values())


def test_all_packs_together_have_no_name_twice() -> None:
    names = [rule.name for name in packs() for rule in load_faults(name)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_fires_under_a_fitting_workload(targets: Targets, name: str) -> None:
    target = targets(users=12, seed=3)
    target.freeze()
    if name in SLOW:
        target.client.timeout = httpx.Timeout(0.15)
    added = target.control.post("/faults", json={"pack": name})
    assert added.status_code == 201 and added.json()["faults"]
    if name == "outage":
        target.advance("35s")
    work, wanted = WORK[name]
    for do in work:
        do(target)
    fired = {rule["name"] for rule in target.control.get("/faults").json()["faults"] if rule["hits"]}
    assert fired >= wanted and fired
    if wanted:
        told = {rule["name"] for one in target.exchanges() for rule in one["trace"]["rules"]}
        assert told >= wanted - {"slow"}  # a slow answer is in the journal when it is out
    target.control.delete("/faults", params={"all": "true"})
    target.client.timeout = httpx.Timeout(20)
    assert target.client.get("/Users").status_code == 200


def test_a_deactivation_does_not_stick(targets: Targets) -> None:
    """The point of orphaned-accounts: the client is told that the account is off, and it is not."""
    target = targets()
    id = target.create("bjensen", active=True)["id"]
    target.control.post("/faults", json={"pack": "orphaned-accounts"})
    for op in (
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "value": {"active": False}},
    ):
        target.patch(f"/Users/{id}", {"op": "replace", "path": "active", "value": True})
        assert target.patch(f"/Users/{id}", op).json()["active"] is False
    assert target.stored(id)["active"] is True
    assert target.hits("orphan-deactivation") == 1


# ---- files


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


YAML = "faults:\n  - {name: mine, match: {operation: delete}, do: {status: 418}}\n"


def test_packs_and_files_together(launch: Callable[..., Any], tmp_path: Path) -> None:
    yaml = write(tmp_path, "mine.yaml", YAML)
    given = {"faults": [{"name": "from-json", "match": {"method": "PUT"}, "do": {"status": 417}}]}
    own = write(tmp_path, "mine.json", json.dumps(given, indent="\t"))
    server = launch("--faults", "lost-writes", "--faults", yaml, "--faults", own)
    with httpx.Client(base_url=f"{server.url}/_scimmock") as control, server.client() as client:
        rules = control.get("/faults").json()["faults"]
        assert [rule["name"] for rule in rules] == [
            "lost-answer",
            "half-patched",
            "lost-write",
            "mine",
            "from-json",
        ]
        assert {rule["origin"] for rule in rules} == {"faults"}
        assert client.delete("/Users/nobody").status_code == 418
        assert client.put("/Users/nobody", json={}).status_code == 417
        # A new tenant begins with the same rules, which have counted nothing.
        control.put("/tenants/other", json={})
        others = control.get(f"{server.url}/t/other/_scimmock/faults").json()["faults"]
        assert [rule["name"] for rule in others] == [rule["name"] for rule in rules]
        assert all(rule["hits"] == rule["seen"] == 0 for rule in others)


def start(*faults: str) -> subprocess.CompletedProcess[str]:
    options = [part for name in faults for part in ("--faults", name)]
    command = [sys.executable, "-m", "scimmock", "serve", "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_name_that_two_of_them_use(tmp_path: Path) -> None:
    yaml = write(tmp_path, "mine.yaml", "- {name: lost-write, do: {status: 418}}\n")
    done = start("lost-writes", yaml)
    assert done.returncode == 4
    assert "'lost-write' is taken by lost-writes" in done.stderr and "mine.yaml" in done.stderr


def test_a_wrong_rule_is_told_with_its_place(tmp_path: Path) -> None:
    path = write(
        tmp_path, "wrong.yaml", "faults:\n  - name: fine\n    do: {status: 503}\n  - do: {statsu: 503}\n"
    )
    done = start(path)
    assert done.returncode == 4
    assert re.search(r"wrong\.yaml:4:\d+", done.stderr) and "did you mean 'status'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("faults:\n  - {name: a, do: {status: 503}}\n  - {name: a, do: {status: 503}}\n", ":3:", "taken"),
        ("falts: []\n", ":1:", "did you mean 'faults'?"),
        ("title: x\n", ":1:", "has no rules"),
        ("faults: {do: 1}\n", ":1:", "is a list of rules"),
        ("- {do: {status: 503}, when: {between: [5s, 1s]}}\n", ":1:", "the first time comes before"),
        ("- {do: {status: 503}, match: {operation: raed}}\n", ":1:", "did you mean 'read'?"),
        ("- {do: {status: 503}, match: {filter: 'userName eq'}}\n", ":1:", "no SCIM filter"),
        ("- do: {status: 503\n", ":", ""),
        ('[\n\t{"do": {"status": 999}}\n]\n', ":2:", "<= 599"),
        ("", ":", ""),
    ],
)
def test_what_is_wrong_in_a_file(tmp_path: Path, text: str, place: str, told: str) -> None:
    path = write(tmp_path, "rules.yaml", text)
    with pytest.raises(FileError) as caught:
        load_faults(path)
    assert f"rules.yaml{place}" in str(caught.value) and told in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lost-wites", "did you mean 'lost-writes'?"),
        ("nonsense", "packs are chaos-harsh"),
        ("missing.yaml", "no such faults file"),
        ("missing.json", "no such faults file"),
        ("missing.py", "no such faults file"),
        ("folder/missing", "no such faults file"),
    ],
)
def test_what_is_not_there(name: str, told: str) -> None:
    with pytest.raises(FileError) as caught:
        load_faults(name)
    assert told in str(caught.value)


def test_a_file_goes_before_a_pack_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "slow", "- {name: own, do: {status: 503}}\n")
    monkeypatch.chdir(tmp_path)
    assert [rule.name for rule in load_faults("slow")] == ["own"]
