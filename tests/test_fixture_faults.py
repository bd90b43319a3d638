"""Faults and quirks of a fixture: how they are read, what is wrong with them, and that they are in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.errors import FileError
from scimmock.fixture import Fixture, combine, load_fixture
from tests.conftest import Here

HEAD = "fixture: mine\ntitle: Mine\nkind: service\n"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine"
    path.mkdir()
    return path


@pytest.fixture
def run(folder: Path, here: Here) -> Here:
    """Run ``scimmock`` with arguments beside the fixture's folder."""
    return lambda *arguments: here(*arguments, env={"COLUMNS": "400"}, cwd=folder.parent)


def load(folder: Path, text: str) -> Fixture:
    (folder / "fixture.yaml").write_text(HEAD + text, "utf-8")
    return load_fixture("./mine")


WELL_FORMED = """\
sources: {DOC: https://docs.example/scim}
behaviour:
  leniency: [boolean-strings]
  quirks:
    - nulls-emitted
    - {quirk: slow, delay: 1ms, why: its database is far, source: DOC, confidence: logged}
    - quirk: ids-as-int
faults:
  - name: busy
    match: {operation: create}
    when: {times: 1}
    do: {status: 429, retry_after: 30s}
    why: creates are throttled
    source: DOC
    confidence: documented
  - {do: {delay: 1ms}, enabled: false}
"""


def test_what_is_read(folder: Path) -> None:
    fixture = load(folder, WELL_FORMED)
    assert [(item.name, item.parameters) for item in fixture.quirks] == [
        ("nulls-emitted", {}),
        ("slow", {"delay": "1ms"}),
        ("ids-as-int", {}),
    ]
    assert [(rule.name, rule.source, rule.enabled) for rule in fixture.faults] == [
        ("busy", "fixture", True),
        ("rule-2", "fixture", False),
    ]
    assert fixture.faults[0].spec["why"] == "creates are throttled"
    assert load(folder, "behaviour: {}\n").quirks == () == load(folder, "people: {}\n").faults


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("behaviour: {quirks: slow}\n", "4:13", "list"),
        ("behaviour: {quirks: [5]}\n", "4:22", "wanted"),
        ("behaviour:\n  quirks: [slw]\n", "5:12", "did you mean 'slow'?"),
        ("behaviour:\n  quirks:\n    - quirk: slw\n", "6:7", "did you mean 'slow'?"),
        ("behaviour:\n  quirks:\n    - {quirk: slow, dely: 1s}\n", "6:21", "did you mean 'delay'?"),
        ("behaviour:\n  quirks:\n    - {quirk: slow, delay: soon}\n", "6:7", "'soon' is not a duration"),
        ("behaviour:\n  quirks:\n    - {delay: 1s}\n", "6:7", "'quirk'"),
        ("behaviour:\n  quirks: [slow, slow]\n", "5:18", "stands twice"),
        ("behaviour:\n  quirks:\n    - {quirk: slow, why: 5}\n", "6:21", "text"),
        ("behaviour:\n  quirks:\n    - {quirk: slow, confidence: loged}\n", "6:21", "did you mean 'logged'?"),
        ("behaviour:\n  quirks:\n    - {quirk: slow, confidence: 100}\n", "6:21", "text"),
        ("behaviour:\n  leniency: [boolean-strings]\n  quirks: [boolean-strings]\n", "6:12", "leniency"),
        (
            "behaviour:\n  leniency: [store-unknown-attributes]\n  quirks: [drop-unknown-attributes]\n",
            "6:12",
            "exclude each other",
        ),
        ("behaviour:\n  quirks: [skip-unknown-members, store-unknown-members]\n", "5:34", "exclude"),
        ("behaviour: {}\nfaults: {}\n", "5:1", "list"),
        ("behaviour: {}\nfaults: [5]\n", "5:10", "mapping"),
        ("behaviour: {}\nfaults:\n  - {name: a}\n", "6:5", "'do' is missing"),
        ("behaviour: {}\nfaults:\n  - {do: {staus: 503}}\n", "6:11", "did you mean 'status'?"),
        ("behaviour: {}\nfaults:\n  - {do: {status: 503}, mach: {}}\n", "6:25", "did you mean 'match'?"),
        (
            "behaviour: {}\nfaults:\n  - {do: {status: 503}, match: {resorce: Users}}\n",
            "6:33",
            "did you mean 'resource'?",
        ),
        ("behaviour: {}\nfaults:\n  - {do: {status: 503}, when: {first: 0}}\n", "6:32", "1"),
        (
            "behaviour: {}\nfaults:\n  - {do: {status: 503}, confidence: xyz}\n",
            "6:25",
            "documented, logged",
        ),
        (
            "behaviour: {}\nfaults:\n  - {name: a, do: {status: 503}}\n  - {name: a, do: {status: 503}}\n",
            "7:6",
            "taken",
        ),
        (
            "behaviour: {quirks: [slow]}\nfaults:\n  - {name: slow, do: {status: 503}}\n",
            "6:6",
            "the quirk 'slow'",
        ),
        ("people: {users: 1}\nfaults:\n  - {do: {status: 503}}\n", "5:1", "behaviour: {}"),
        ("behaviour: {}\nfaults: [" + "{do: {status: 503}}, " * 1001 + "]\n", "5:1", "1000"),
    ],
)
def test_what_is_wrong_is_found_with_its_place(folder: Path, text: str, where: str, what: str) -> None:
    with pytest.raises(FileError) as caught:
        load(folder, text)
    said = str(caught.value)
    assert f"mine/fixture.yaml:{where}: " in said and what in said, said
    assert len(said.splitlines()) == 1


def test_check_and_show(run: Any, folder: Path) -> None:
    (folder / "fixture.yaml").write_text(HEAD + WELL_FORMED)
    assert run("fixtures", "check", "./mine").returncode == 0
    shown = run("fixtures", "show", "./mine").stdout
    rows = [line.split() for line in shown.splitlines()]
    for about, confidence in (
        ("boolean-strings", "UNVERIFIED"),
        ("nulls-emitted", "UNVERIFIED"),
        ("slow", "logged"),
        ("ids-as-int", "UNVERIFIED"),
        ("busy", "documented"),
        ("rule-2", "UNVERIFIED"),
    ):
        (row,) = [row for row in rows if row[:1] == [about]]
        assert row[-1] == confidence
    told = " ".join(shown.split())
    for text in (
        "its database is far",
        "{delay: 1ms}",
        "creates are throttled",
        "off until it is enabled",
    ):
        assert text in told
    assert "DOC  https://docs.example/scim" in shown
    (folder / "fixture.yaml").write_text(HEAD + "behaviour:\n  quirks: [slw]\n")
    for command in ("check", "show"):
        done = run("fixtures", command, "./mine")
        assert done.returncode == 4 and "mine/fixture.yaml:5:12" in done.stderr and "'slow'" in done.stderr


def test_a_later_layer_brings_its_own(folder: Path) -> None:
    """Faults and quirks are part of the behaviour slot, people alone leave them."""
    load(folder, WELL_FORMED)
    other = folder.parent / "other"
    other.mkdir()
    (other / "fixture.yaml").write_text(HEAD.replace("mine", "other") + "people: {users: 1}\n")
    assert [rule.name for rule in combine(("./mine", "./other")).behaviour.faults] == ["busy", "rule-2"]
    assert combine(("./mine", "rfc")).behaviour.faults == ()


# ---- in force

LIMITED = """\
behaviour:
  quirks: [nulls-emitted, write-lock-429, rate-limit-slack]
faults:
  - {name: no-deletes, match: {method: DELETE}, do: {status: 503}}
  - {name: few, match: {resource: Users}, do: {rate_limit: {tokens: 2, refill: 2, every: 1h}}}
people: {users: 3, groups: 0}
"""


def rules_at(url: str) -> dict[str, str]:
    found = httpx.get(f"{url}/_scimmock/faults").json()["faults"]
    return {rule["name"]: rule["origin"] for rule in found}


def test_they_are_in_force_in_every_tenant(launch: Any, folder: Path) -> None:
    (folder / "fixture.yaml").write_text(HEAD + LIMITED)
    server = launch("--fixture", str(folder))
    for url in (server.url, f"{server.url}/t/one"):
        with httpx.Client(base_url=f"{url}/scim/v2", headers={"Authorization": "Bearer scimmock"}) as scim:
            answers = [scim.get("/Users") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            assert ":null" in answers[0].text
            assert scim.delete("/Groups/1").status_code == 503
        rules = rules_at(url)
        assert list(rules)[:2] == ["no-deletes", "few"] and rules["no-deletes"] == "fixture"
        assert {name for name, source in rules.items() if source == "quirk"} >= {"rate-limit-slack-writes"}
    assert httpx.get(f"{server.url}/_scimmock/info").json()["quirks"] == [
        "nulls-emitted",
        "write-lock-429",
        "rate-limit-slack",
    ]


def test_no_limits_leaves_out_limits_only(launch: Any, folder: Path) -> None:
    (folder / "fixture.yaml").write_text(HEAD + LIMITED)
    server = launch("--fixture", str(folder), "--no-limits")
    for url in (server.url, f"{server.url}/t/one"):
        assert rules_at(url) == {"no-deletes": "fixture"}
        with httpx.Client(base_url=f"{url}/scim/v2", headers={"Authorization": "Bearer scimmock"}) as scim:
            answers = [scim.get("/Users") for _ in range(4)]
            assert {answer.status_code for answer in answers} == {200}
            assert ":null" in answers[0].text
            assert scim.delete("/Users/1").status_code == 503


def test_no_limits_leaves_what_was_asked_for(launch: Any, folder: Path) -> None:
    """The option is about the fixture; a limit in a faults file is somebody's wish."""
    (folder / "fixture.yaml").write_text(HEAD + LIMITED)
    (folder / "faults.yaml").write_text(
        "- {name: own, do: {rate_limit: {tokens: 1, refill: 1, every: 1h}}}\n"
    )
    server = launch("--fixture", str(folder), "--no-limits", "--faults", str(folder / "faults.yaml"))
    assert rules_at(server.url) == {"no-deletes": "fixture", "own": "faults"}
    with server.client() as scim:
        assert [scim.get("/Users").status_code for _ in range(2)] == [200, 429]


def test_a_fixture_of_ones_own_that_is_wrong_does_not_start(run: Any, folder: Path) -> None:
    (folder / "fixture.yaml").write_text(HEAD + "behaviour: {}\nfaults: [{do: {staus: 1}}]\n")
    done = run("serve", "--fixture", "./mine", "--port", "0")
    assert done.returncode == 4 and "mine/fixture.yaml:5:16" in done.stderr and "'status'" in done.stderr


def test_a_faults_file_with_a_name_of_the_fixture(run: Any, folder: Path) -> None:
    (folder / "fixture.yaml").write_text(HEAD + LIMITED)
    (folder / "f.yaml").write_text("- {name: few, do: {status: 503}}\n")
    done = run("serve", "--fixture", "./mine", "--port", "0", "--faults", "mine/f.yaml")
    assert done.returncode == 4 and "'few'" in done.stderr and "mine/f.yaml" in done.stderr
