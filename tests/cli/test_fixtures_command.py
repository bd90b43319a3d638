"""``fixtures list | show | check | new``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scimmock.fixture import load_fixture, shipped_names, variants_of
from scimmock.fixture.facts import facts_of
from tests.conftest import Here


def test_list(run: Any) -> None:
    """One line for each shipped fixture, with its kind and title."""
    done = run("fixtures", "list")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and [line.split()[0] for line in lines] == shipped_names()
    assert {"rfc", "okta"} <= set(shipped_names())
    for line in lines:
        file = load_fixture(line.split()[0]).file
        assert file.kind in line and file.title in line


@pytest.mark.parametrize("name", ["rfc", "okta", "slack@v1", "entra"])
def test_show(here: Here, name: str) -> None:
    """Title, variants, every behaviour with what it means and how it is known; then the gaps."""
    done = here("fixtures", "show", name, env={"COLUMNS": "160"})
    fixture = load_fixture(name)
    assert done.returncode == 0 and done.stdout.startswith(f"{fixture.name}: {fixture.title}\n")
    squeezed = "".join(done.stdout.split())
    for fact in facts_of(fixture):
        assert "".join(fact.about.split())[:20] in squeezed
    for variant in variants_of(name):
        assert f"@{variant} " in done.stdout
    for address in fixture.file.sources.values():
        assert address in done.stdout
    for gap in fixture.file.gaps:
        assert "".join(gap.split()) in squeezed


def test_show_makes_what_is_unverified_visible(here: Here, tmp_path: Path) -> None:
    """A behaviour without evidence cannot be taken for a known one."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "fixture.yaml").write_text(
        "fixture: mine\ntitle: Mine\nkind: service\nsources: {DOC: https://example.com}\n"
        "behaviour:\n  sort: false\n  etag: false\n  quirks: [patch-204]\n"
        "evidence: {behaviour.sort: {source: DOC, confidence: documented, says: Lists are not sorted.}}\n"
    )
    lines = here("fixtures", "show", str(folder), env={"COLUMNS": "160"}).stdout.splitlines()
    (known,) = [line for line in lines if line.startswith(" behaviour.sort")]
    assert known.split() == ["behaviour.sort", "Lists", "are", "not", "sorted.", "DOC", "documented"]
    for about in (" behaviour.etag", " patch-204"):
        (line,) = [line for line in lines if line.startswith(about)]
        assert line.split()[-1] == "UNVERIFIED"
    assert any(line.startswith("fidelity") and "33% of 3 behaviours" in line for line in lines)


def test_show_as_json(here: Here) -> None:
    """The same for programs."""
    document = json.loads(here("fixtures", "show", "okta@aiw", "--json").stdout)
    assert document["fixture"] == "okta@aiw" and 0 < document["fidelity"] <= 1
    assert {"section", "about", "says", "source", "confidence"} <= document["behaviours"][0].keys()


def test_new(here: Here, tmp_path: Path) -> None:
    """What it writes can be served as it is, and it never writes over anything."""
    path = tmp_path / "my-app"
    done = here("fixtures", "new", str(path))
    assert done.returncode == 0 and str(path / "fixture.yaml") in done.stdout
    assert here("fixtures", "check", str(path)).returncode == 0
    assert load_fixture(str(path)).name == "my-app"
    assert json.loads((path / "fixture.schema.json").read_text())["title"]
    before = (path / "fixture.yaml").read_text()
    done = here("fixtures", "new", str(path))
    assert done.returncode == 4 and "is there already" in done.stderr
    assert (path / "fixture.yaml").read_text() == before


def test_new_from_another(here: Here, tmp_path: Path) -> None:
    """It may begin with a shipped fixture, of which it then has everything."""
    path = tmp_path / "mine"
    assert here("fixtures", "new", str(path), "--extends", "slack@v1").returncode == 0
    mine, slack = load_fixture(str(path)), load_fixture("slack@v1")
    assert [item.name for item in mine.quirks] == [item.name for item in slack.quirks]
    assert mine.file.behaviour and slack.file.behaviour
    assert mine.file.behaviour.base_path == slack.file.behaviour.base_path
    assert mine.file.behaviour.protocol == "1.1"
    done = here("fixtures", "new", str(tmp_path / "other"), "--extends", "slak")
    assert done.returncode == 4 and "did you mean 'slack'" in done.stderr
    assert not (tmp_path / "other").exists()


def test_check(here: Here, tmp_path: Path) -> None:
    """Good ones are named with exit code 0; the first wrong one is 4 with path, line and column."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder, key in ((good, "title"), (bad, "titel")):
        folder.mkdir()
        (folder / "fixture.yaml").write_text(f"fixture: x\nkind: service\n{key}: X\n")
    done = here("fixtures", "check", "okta", "rfc", "./good", "good/fixture.yaml")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 4
    done = here("fixtures", "check", "./good", "./bad")
    assert done.returncode == 4 and "bad/fixture.yaml:3:1" in done.stderr and "'title'" in done.stderr


def test_check_looks_at_all_variants_and_what_they_stand_beside(here: Here, tmp_path: Path) -> None:
    """What only shows when a variant is chosen, or served beside another, is found too."""
    head = "fixture: x\nkind: service\ntitle: X\n"
    for name, text, what in (
        ("variant", "variants: {a: {title: A, behaviour: {sort: 5}}}\n", "variant/fixture.yaml:4:38"),
        ("nobody", "behaviour: {also: ['@b']}\n", "has no variant 'b'"),
        ("same", "behaviour: {also: [rfc]}\n", "both are at /scim/v2"),
        ("header", 'behaviour: {media_type: "a/b\\r\\nx: y"}\n', "header/fixture.yaml:4:13"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "fixture.yaml").write_text(head + text)
        done = here("fixtures", "check", f"./{name}")
        assert done.returncode == 4 and what in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("check", "nothing"), ("show", "nothing"), ("check", "./nothing"), ("show", "okt")]
)
def test_fixtures_that_are_not_there(here: Here, arguments: tuple[str, ...]) -> None:
    """A fixture that does not exist is exit code 4 with its name."""
    done = here("fixtures", *arguments)
    assert done.returncode == 4 and arguments[1] in done.stderr and len(done.stderr.splitlines()) == 1
