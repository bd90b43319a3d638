"""docs/pytest.md and docs/python.md: they name all that there is, and their examples do what they say."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest

import scimmock
from scimmock.idps.provisioning import provision
from scimmock.pytest_plugin import MARKER, OPTIONS
from scimmock.testing.clock import Clock
from scimmock.testing.directory import Resources
from scimmock.testing.faults import Fault, Faults
from scimmock.testing.journal import Entry, Journal
from scimmock.testing.options import SERVER_ARGUMENTS, TENANT_ARGUMENTS

ROOT = Path(__file__).parents[2]
PYTEST, PYTHON = ((ROOT / "docs" / name).read_text("utf-8") for name in ("pytest.md", "python.md"))

pytest_plugins = "pytester"


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def section(page: str, title: str) -> str:
    return re.split(r"^#+ ", page.partition(f" {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def members(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


@pytest.mark.parametrize("code", blocks(PYTHON, "python"), ids=lambda code: re.findall(r"\w+", code)[-1])
def test_every_example_in_python_runs(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(code, "docs/python.md", "exec"), {"__name__": "example"})


def test_every_example_for_pytest_runs(pytester: pytest.Pytester) -> None:
    """In one run for the first, in another with the configuration that is shown for the others."""
    first, *others = blocks(PYTEST, "python")
    pytester.makepyfile(test_page=first)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)
    (configuration,) = blocks(PYTEST, "toml")
    assert tomllib.loads(configuration)["tool"]["pytest"]["ini_options"]
    pytester.makepyprojecttoml(configuration)
    pytester.makepyfile(**{f"test_{number}": code for number, code in enumerate(others)})
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "test_0.py", "test_1.py")
    result.assert_outcomes(passed=len(others))


def test_the_example_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_example=(ROOT / "examples" / "test_offboarding.py").read_text("utf-8"))
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error").assert_outcomes(passed=3)


def test_every_member_is_documented() -> None:
    text = section(PYTHON, "What a tenant has")
    missing = [name for name in members(scimmock.Tenant) if not re.search(rf"`{name}\b", text)]
    assert missing == []
    for kind, title in (
        (Resources, "The directory"),
        (Fault, "Faults"),
        (Faults, "Faults"),
        (Clock, "The clock"),
        (Entry, "What happened"),
        (Journal, "What happened"),
    ):
        text = section(PYTHON, title)
        shown = {name for name in members(kind) if re.search(rf"\b{name}\b", text)}
        assert members(kind) - shown - {"findings", "count", "index"} == set(), title
    of_its_own = members(scimmock.Server) - members(scimmock.Tenant) - {"start", "stop"}
    assert [name for name in of_its_own if f"`{name}" not in PYTHON] == []


def test_every_argument_is_documented() -> None:
    marker = section(PYTEST, "The marker")
    assert [name for name in TENANT_ARGUMENTS if f"`{name}`" not in marker] == []
    assert re.findall(r"(\w+)=None", MARKER) == list(TENANT_ARGUMENTS)
    server = section(PYTHON, "A server")
    assert [name for name in SERVER_ARGUMENTS if not re.search(rf"`{name}\b", server)] == []
    text = section(PYTHON, "Be the identity provider")
    names = inspect.signature(provision).parameters
    assert [name for name in names if name not in ("idp", "to") and not re.search(rf"\b{name}\b", text)] == []


def test_every_option_is_documented() -> None:
    for name, _, _ in OPTIONS:
        assert f"`--scimmock-{name}`" in PYTEST and f"`scimmock_{name}`" in PYTEST, name


def test_public_names_are_documented() -> None:
    text = section(PYTHON, "Names and errors")
    assert set(re.findall(r"`(\w+)`", text)) == set(scimmock.__all__) - {"__version__"} | {
        "KeyError",
        "scim_server",
    }


def test_the_example_of_the_readme_runs(pytester: pytest.Pytester) -> None:
    (code,) = blocks(section((ROOT / "README.md").read_text("utf-8"), "In pytest"), "python")
    pytester.makepyfile(test_readme=code)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
