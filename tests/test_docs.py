"""The documentation names everything that there is to name."""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner

from scimmock.cli.main import COMMANDS
from scimmock.cli.reference import reference
from scimmock.control.api import _CALLS
from scimmock.faults.actions.rate_limit import Amount
from scimmock.faults.actions.token_expiry import Life
from scimmock.faults.base import Stage, actions, describe
from scimmock.faults.files import packs
from scimmock.faults.limits.headers import FAMILIES
from scimmock.faults.match import METHODS, OPERATIONS, Match
from scimmock.faults.python import load_python
from scimmock.faults.rule import read_rules
from scimmock.faults.shapes import shapes
from scimmock.faults.values import Duration
from scimmock.faults.when import When
from scimmock.fixture import load_fixture, shipped_names
from scimmock.fixture.overview import overview
from scimmock.quirks.base import quirks, sentence
from scimmock.quirks.options import chosen_quirks
from scimmock.scim.policy import SWITCHES
from scimmock.yamlfile import read_yaml
from scimmock.yamltext import flow

from .command_lines import root
from .conftest import Launch
from .reader import write_files

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_every_option_of_serve_is_documented() -> None:
    text = (DOCS / "serve.md").read_text("utf-8")
    command: click.Command = importlib.import_module("scimmock.cli.serve").command
    options = [option.opts[-1] for option in command.params if isinstance(option, click.Option)]
    assert [option for option in options if f"`{option}" not in text] == []


def test_every_command_is_documented_with_its_options() -> None:
    written = (DOCS / "commands.md").read_text("utf-8")
    assert written == reference(), "write it anew: python -m scimmock.cli.reference > docs/commands.md"


def test_what_exec_adds_is_documented() -> None:
    text = (DOCS / "ci.md").read_text("utf-8")
    own, served = (
        importlib.import_module(f"scimmock.cli.{name}").command.params for name in ("exec", "serve")
    )
    options = {option.opts[-1] for option in own} - {option.opts[-1] for option in served} - {"argv"}
    assert options and [option for option in options if f"| `{option} " not in text] == []


def test_every_leniency_switch_is_documented() -> None:
    text = (DOCS / "fixtures.md").read_text("utf-8")
    for name, what in SWITCHES.items():
        assert f"| `{name}` | " in text, name
        told = re.search(rf"\| `{name}` \| (.*) \|", text)
        assert told and told[1].replace("`", "") == what.replace("`", ""), name


def test_every_fixture_is_documented_with_its_fidelity() -> None:
    text = (DOCS / "fixtures.md").read_text("utf-8")
    assert [name for name in shipped_names() if f"| `{name}` | " not in text] == []
    table = text.partition("<!-- scimmock fixtures list --markdown -->\n")[2].partition("<!-- end -->")[0]
    assert table == overview(), "write it anew: scimmock fixtures list --markdown"


def test_the_examples_in_fixtures_can_be_used(tmp_path: Path) -> None:
    """Each part of a fixture in the page is put into one of its own."""
    head = "fixture: x\ntitle: X\nkind: idp\nsources: {DOC: https://example.com}\n"
    badge = {"id": "urn:example:badge", "name": "Badge", "attributes": [{"name": "number"}]}
    device = {"id": "urn:example:device", "name": "Device", "attributes": [{"name": "serial"}]}
    for name, document in (("badge", badge), ("device", device)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    parts = [
        text
        for text in YAML.findall((DOCS / "fixtures.md").read_text("utf-8"))
        if not text.startswith("fixture:")
    ]
    assert len(parts) >= 3
    for text in parts:
        (tmp_path / "fixture.yaml").write_text(head + text)
        assert load_fixture(str(tmp_path)).name == "x"


def test_every_control_call_is_documented() -> None:
    text = (DOCS / "control-api.md").read_text("utf-8")
    assert [f"{method} {path}" for method, path, _ in _CALLS if f"`{method} {path}" not in text] == []


PAGES = sorted(
    [*DOCS.glob("*.md"), *(ROOT / folder / "README.md" for folder in ("", "examples", "recordings"))]
)


def of_root(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=of_root)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def anchors(path: Path) -> set[str]:
    """Return what links into a page can end with, as GitHub names its headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=of_root)
def test_links_lead_to_headings(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", path.read_text("utf-8")):
        page = path.parent / target if target else path
        assert anchor in anchors(page), f"{target}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    """By job, by what is to be looked up, or both; and no page stands alone."""
    index = (DOCS / "README.md").read_text("utf-8")
    names = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert [name for name in sorted(names) if not re.search(rf"\]\({name}[#)]", index)] == []


def test_every_command_has_two_examples() -> None:
    for name, (module, _) in COMMANDS.items():
        command: click.Command = importlib.import_module(f"scimmock.cli.{module}").command
        commands = [command, *getattr(command, "commands", {}).values()]
        for item in commands:
            assert (item.epilog or "").count(f"scimmock {name}") >= 2, item.name


# ---- faults and quirks

YAML = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(scimmock (?:[^\n\\]|\\\n)+)", re.MULTILINE)


def rows(page: str) -> dict[str, list[str]]:
    """Return the cells of each row of a page's tables after the first, by the names in the first cell."""
    found = {}
    for line in (DOCS / page).read_text("utf-8").splitlines():
        if line.startswith("| `"):
            cells = re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |"))
            found[cells[0]] = [cell.replace("\\|", "|").strip() for cell in cells[1:]]
    return found


def plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def fields(kind: type) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def from_yaml(text: str) -> Any:
    return read_yaml(Path("example.yaml"), lambda path: text).data


def rule_examples() -> list[Any]:
    """Return the lists of rules in the YAML examples of docs/faults.md."""
    return [from_yaml(text)["faults"] for text in YAML.findall((DOCS / "faults.md").read_text("utf-8"))]


@pytest.mark.parametrize("name", actions())
def test_every_action_is_documented(name: str) -> None:
    kind = actions()[name]
    text = (DOCS / "faults.md").read_text("utf-8")
    stage = text.partition(f"\n### {kind.stage.name}: ")[2].partition("\n### ")[0]
    assert f"| `{name}` | " in stage
    does, main, parameters = rows("faults.md")[f"`{name}`"]
    assert plain(does) == plain(str(describe(kind)["does"]))
    assert main != ""
    for field in msgspec.structs.fields(kind)[1:]:
        assert re.search(rf"`{field.encode_name}[`=:]", parameters), field.encode_name
        told = re.search(rf"`{field.encode_name}=([^`]*)`", parameters)
        if isinstance(field.default, int | str) and told:
            default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            given = told[1]
            assert given == default or Duration.read(given) == float(default), field.encode_name


@pytest.mark.parametrize("name", actions())
def test_every_action_has_an_example(name: str) -> None:
    assert any(name in rule["do"] for rules in rule_examples() for rule in rules)


def test_the_mappings_of_actions_are_documented() -> None:
    text = rows("faults.md")
    assert [name for name in fields(Amount) if f"{name}:" not in text["`rate_limit`"][1]] == []
    assert [name for name in fields(Life) if f"{name}:" not in text["`token_expiry`"][1]] == []


@pytest.mark.parametrize("rules", rule_examples(), ids=lambda rules: str(rules[0]["name"]))
def test_every_example_of_a_rule_can_be_used(rules: Any) -> None:
    assert len(read_rules(rules, "faults", "faults")) == len(rules)


@pytest.mark.parametrize("kind", [Match, When], ids=["match", "when"])
def test_every_condition_is_documented(kind: type) -> None:
    section = (DOCS / "faults.md").read_text("utf-8").partition(f"\n## {kind.__name__.lower()}\n")[2]
    section = section.partition("\n## ")[0]
    assert [name for name in fields(kind) if not re.search(rf"^\| `{name}[`:]", section, re.MULTILINE)] == []


def test_the_words_of_conditions_are_documented() -> None:
    text = rows("faults.md")
    assert [word for word in OPERATIONS if f"`{word}`" not in text["`operation`"][0]] == []
    assert [word for word in METHODS if f"`{word}`" not in text["`method`"][0]] == []


def test_stages_stand_in_their_order() -> None:
    text = (DOCS / "faults.md").read_text("utf-8")
    assert re.findall(r"^### ([A-Z]+):", text, re.MULTILINE) == [stage.name for stage in Stage]
    assert re.findall(r"^\| ([A-Z]+) \|", text, re.MULTILINE) == [stage.name for stage in Stage]


def test_the_example_of_a_fixture_can_be_used(tmp_path: Path) -> None:
    (text,) = re.findall(
        r"^```yaml\n(fixture: .*?)^```", (DOCS / "fixtures.md").read_text("utf-8"), re.M | re.S
    )
    (tmp_path / "fixture.yaml").write_text(text)
    fixture = load_fixture(str(tmp_path))
    assert fixture.quirks and fixture.faults


def test_every_pack_and_shape_and_header_family_is_documented() -> None:
    text = rows("faults.md")
    for name, pack in packs().items():
        assert plain(text[f"`{name}`"][0]) == plain(str(read_yaml(pack.path).data["description"])), name
    for name, told in shapes().items():
        assert plain(text[f"`{name}`"][0]) == plain(told), name
    assert [name for name in FAMILIES if f"`{name}`" not in text] == []


def test_the_example_in_python_can_be_used(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "faults.md").read_text("utf-8"), re.DOTALL)
    path = tmp_path / "my_faults.py"
    path.write_text(code)
    assert [rule.name for rule in load_python(path)] == ["no_robots", "patch_twice", "from_the_cache"]


@pytest.mark.parametrize("name", quirks())
def test_every_quirk_is_documented(name: str) -> None:
    kind = quirks()[name]
    does, who, standard, parameters = rows("quirks.md")[f"`{name}`"]
    assert plain(does).startswith(plain(sentence(kind)))
    assert (plain(who), plain(standard)) == (plain(kind.who), plain(kind.standard))
    shown = re.findall(r"`([^`]+)`", parameters)
    assert [item.partition("=")[0] for item in shown] == fields(kind)
    # What is shown as the defaults makes no difference when it is given.
    given = ",".join(item for item in shown if "=" in item)
    (chosen,) = chosen_quirks([f"{name}:{given}" if given else name])
    for field, (_, value) in zip(fields(kind), msgspec.structs.asdict(kind()).items(), strict=True):
        found = getattr(chosen.quirk, field)
        assert found == value or (found,) == value, field


def examples_of(command: str) -> list[str]:
    """Return the examples in the documentation and the README that begin with a command.

    Those of commands.md are no story that could be played: they are what --help shows of each command.
    """
    pages = [*sorted(set(DOCS.glob("*.md")) - {DOCS / "commands.md"}), ROOT / "README.md"]
    fences = [
        block for page in pages for block in re.findall(r"```.*?\n```", page.read_text("utf-8"), re.DOTALL)
    ]
    return [line for block in fences for line in COMMAND.findall(block) if line.startswith(command)]


def test_every_example_of_the_faults_command_works(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = launch("--users", "0", "--groups", "0")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SCIMMOCK_")]:
        monkeypatch.delenv(name)
    (tmp_path / "faults.yaml").write_text("faults: [{do: {status: 503}}]")
    write_files((DOCS / "write-a-fault.md").read_text("utf-8"), tmp_path)
    command: click.Command = importlib.import_module("scimmock.cli.faults").command
    lines = examples_of("scimmock faults")
    assert sum(line.startswith("scimmock faults add") for line in lines) >= 8
    for line in lines:
        words = ["--url", server.url, *shlex.split(line, comments=True)[2:]]
        done = CliRunner().invoke(command, words, catch_exceptions=False, parent=root())
        assert done.exit_code == 0, line


@pytest.mark.parametrize("line", examples_of("scimmock serve"))
def test_every_example_of_serve_has_options_that_exist(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command: click.Command = importlib.import_module("scimmock.cli.serve").command
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"--people (\S+)", line):
        (tmp_path / name).touch()
    with command.make_context("serve", shlex.split(line.rstrip(" &"))[2:], parent=root()) as context:
        chosen_quirks(context.params["quirk"])
        for name in context.params["faults"]:
            assert name in packs() or Path(name).suffix in (".yaml", ".py")


def test_every_rule_of_every_pack_is_documented() -> None:
    text = " ".join((DOCS / "packs.md").read_text("utf-8").split())
    for pack in packs().values():
        data = read_yaml(pack.path).data
        assert f"## {pack.name} {pack.title}. {' '.join(data['description'].split())}" in text
        for rule in data["faults"]:
            assert f"| `{rule['name']}` | " in text and f"`{flow(rule['do'])}`" in text, rule["name"]
