"""``scimmock faults`` against a running server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.cli.flow import rule_text
from scimmock.cli.rules import state
from scimmock.faults.files import packs
from scimmock.yamlfile import read_yaml
from scimmock.yamltext import flow

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="command")
def faults_command(command: Command) -> Command:
    """Run ``scimmock faults`` in this process, for the tenant of ``scim``."""
    return lambda *arguments, here=True: command("faults", *arguments, here=here)


@pytest.fixture
def rules(scim: httpx.Client) -> Callable[[], list[dict[str, Any]]]:
    """The rules of the tenant, as the control API lists them."""

    def get() -> list[dict[str, Any]]:
        url = str(scim.base_url).replace("/scim/v2/", "/_scimmock/faults")
        found: list[dict[str, Any]] = httpx.get(url, verify=False).json()["faults"]
        return found

    return get


def spec(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: rule[key] for key in ("name", "match", "when", "do", "continue") if key in rule}


# ---- add


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--do", "status=503"], {"name": "rule-1", "do": {"status": 503}}),
        (
            ["--name", "busy", "--match", "operation=create", "--match", "resource=Users",
             "--when", "after=2", "--when", "times=3", "--ttl", "40m",
             "--do", "status=429", "--do", "retry_after=30s"],
            {
                "name": "busy",
                "match": {"operation": "create", "resource": "Users"},
                "when": {"after": 2, "times": 3, "ttl": "40m"},
                "do": {"status": 429, "retry_after": "30s"},
            },
        ),
        (
            ["--match", 'query.startIndex="101"', "--match", "query.count=5", "--do", "truncate=0.5"],
            {
                "name": "rule-1",
                "match": {"query": {"startIndex": "101", "count": 5}},
                "do": {"truncate": 0.5},
            },
        ),
        (
            ["--match", 'filter=userName eq "a"', "--do", "sequence=[503, 503, pass]"],
            {
                "name": "rule-1",
                "match": {"filter": 'userName eq "a"'},
                "do": {"sequence": [503, 503, "pass"]},
            },
        ),
        (
            ["--do", "delay.lognormal.median=2ms", "--do", "delay.lognormal.sigma=0.4"],
            {"name": "rule-1", "do": {"delay": {"lognormal": {"median": "2ms", "sigma": 0.4}}}},
        ),
        (
            ["{name: r, match: {method: GET}, do: {stale_read: 5s}}"],
            {"name": "r", "match": {"method": "GET"}, "do": {"stale_read": "5s"}},
        ),
        (['{"name": "r", "do": {"status": 503}, "continue": true}'],
         {"name": "r", "do": {"status": 503}, "continue": True}),
        (["name: r\ndo: {status: 503}"], {"name": "r", "do": {"status": 503}}),
        (["[{name: r, do: {reset: true}}]"], {"name": "r", "do": {"reset": True}}),
    ],
)  # fmt: skip
def test_every_form_of_a_rule(
    command: Command, rules: Any, arguments: list[str], expected: dict[str, Any]
) -> None:
    code, output, errors = command("add", *arguments)
    assert code == 0 and errors == "" and output.startswith(f"{expected['name']}  0 hits")
    assert [spec(rule) for rule in rules()] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "faults:\n  - {name: one, do: {status: 503}}\n  - {name: two, do: {reset: true}}\n",
        "title: Two\ndescription: of them\nfaults:\n- {name: one, do: {status: 503}}\n"
        "- {name: two, do: {reset: true}}\n",
        "- {name: one, do: {status: 503}}\n- {name: two, do: {reset: true}}\n",
        '[{"name": "one", "do": {"status": 503}}, {"name": "two", "do": {"reset": true}}]',
    ],
)
@pytest.mark.parametrize("name", ["f.yaml", "with: colon", "slow"])
def test_a_file(command: Command, rules: Any, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    code, output, _ = command("add", name)
    assert code == 0 and [line.split()[0] for line in output.splitlines()] == ["one", "two"]
    assert [rule["name"] for rule in rules()] == ["one", "two"]


def test_a_file_of_one_rule(command: Command, rules: Any, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("name: one\ndo: {status: 503}\n")
    assert command("add", "one.yaml")[0] == 0 and rules()[0]["name"] == "one"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("faults:\n  - {name: a, do: {staus: 503}}\n", "f.yaml:2:20", "'status'"),
        ("faults:\n  - {name: a, do: {status: 503}}\n  - {do: {status: x}}\n", "f.yaml:3:11", "int"),
        ("- do: {status: 503}\n  wen: {first: 1}\n", "f.yaml:2:3", "'when'"),
        ("- {name: a, do: {status: 503}}\n- {name: a, do: {status: 503}}\n", "f.yaml:2:4", "taken"),
        ("name: a\ndo: {status: 503, retry_aftr: 5}\n", "f.yaml:2:19", "'retry_after'"),
        ("name: present\ndo: {status: 503}\n", "f.yaml:1:1", "taken"),
        ("falts:\n  - {do: {status: 503}}\n", "f.yaml:1:1", "'faults'"),
        ("titel: x\nfaults: []\n", "f.yaml:1:1", "'title'"),
        ("faults: {}\n", "f.yaml:1:1", "list"),
        ("", "f.yaml:1:1", "'faults'"),
        ("words\n", "f.yaml:1:1", "'faults'"),
        ("faults: [\n", "f.yaml:2:1", "YAML"),
    ],
)
def test_a_wrong_file_is_exit_code_4_with_the_place(
    command: Command, rules: Any, tmp_path: Path, text: str, where: str, what: str
) -> None:
    command("add", "--name", "present", "--do", "status=503")
    (tmp_path / "f.yaml").write_text(text)
    code, output, errors = command("add", "f.yaml")
    assert code == 4 and output == "", errors
    assert where in errors and what in errors and len(errors.strip().splitlines()) == 1
    assert [rule["name"] for rule in rules()] == ["present"]


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        ([], 2, "--do"),
        (["--match", "method=GET"], 2, "--do"),
        (["slow", "--do", "status=503"], 2, "--do"),
        (["slow", "--name", ""], 2, "--do"),
        (["--do", "status"], 2, "--do status=..."),
        (["--do", "=503"], 2, "KEY=VALUE"),
        (["--do", "status=[5"], 2, "--do status"),
        (["--do", "status=503", "--do", "status=504"], 2, "value already"),
        (["--do", "delay=1s", "--do", "delay.uniform=2s"], 2, "value already"),
        (["--do", "staus=503"], 2, "do.staus: unknown action 'staus', did you mean 'status'?"),
        (["--do", "status=503", "--when", "first=0"], 2, "when.first"),
        (["--do", "status=503", "--ttl", "soon"], 2, "when.ttl"),
        (["--do", "status=503", "--name", "a b"], 2, "name"),
        (["--do", "status=503", "--name", ""], 2, "name"),
        (["{do: {staus: 503}}"], 2, "did you mean 'status'?"),
        (["{do: {status: 503}"], 2, "YAML"),
        (["do: status: 503"], 2, "RULE:1:11"),
        (["a:b"], 2, "is no rule"),
        (["slw"], 2, "did you mean 'slow'?"),
        (["nothing.yaml"], 4, "nothing.yaml"),
        (["./nothing"], 4, "./nothing"),
        (["nothing.py"], 4, "nothing.py"),
        ([""], 2, "pack"),
        (["x" * 5000], 2, "pack"),
    ],
)
def test_what_cannot_be_added(
    command: Command, rules: Any, arguments: list[str], code: int, what: str
) -> None:
    found, output, errors = command("add", *arguments)
    assert found == code and output == "" and what in errors, errors
    assert rules() == []


def test_faults_in_python_are_for_the_start(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    code, _, errors = command("add", "mine.py")
    assert code == 2 and "serve --faults mine.py" in errors


@pytest.mark.parametrize("name", sorted(packs()))
def test_a_pack(command: Command, rules: Any, name: str) -> None:
    code, output, _ = command("add", name)
    assert code == 0 and {rule["name"] for rule in rules()} <= set(output.split())
    code, _, errors = command("add", name)
    assert code == 2 and "taken" in errors


# ---- list


def test_the_list(command: Command, scim: httpx.Client) -> None:
    assert command("list") == (0, "no rules\n", "")
    command("add", "{name: a-long-name, match: {method: GET}, when: {times: 2}, do: {status: 503}}")
    command("add", "{name: b, do: {delay: 1ms}, when: {ttl: 40m}, enabled: false}")
    scim.get("/Users")
    assert command("list")[1].splitlines() == [
        "a-long-name  1 hit, 1 left             match {method: GET} when {times: 2} do {status: 503}",
        "b            off, 0 hits, ends in 40m  when {ttl: 40m} do {delay: 1ms}",
    ]


def test_the_list_as_json(command: Command, rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(command("list", "--json")[1]) == []
    command("add", "{name: other, do: {status: 503}}")
    command("add", "slow")
    assert json.loads(command("list", "--json")[1]) == rules() != []
    monkeypatch.setenv("SCIMMOCK_FAULTS_LIST_JSON", "1")
    assert json.loads(command("list")[1]) == rules()


@pytest.mark.parametrize("columns", [60, 100, 140])
@pytest.mark.parametrize("name", ["chaos-harsh", "schema-mismatch"])
def test_long_rules_go_on_in_further_lines(
    command: Command, monkeypatch: pytest.MonkeyPatch, rules: Any, columns: int, name: str
) -> None:
    command("add", name)
    command(
        "add",
        "{name: long, match: {path: [" + ", ".join(f"/a{n}" for n in range(40)) + "]}, do: {status: 503}}",
    )
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = command("list")[1].splitlines()
    assert max(map(len, lines)) <= columns
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == [
        rule["name"] for rule in rules()
    ]
    # Nothing of it is lost.
    told = " ".join(" ".join(lines).split())
    assert all(" ".join(rule_text(rule).split()) in told for rule in rules())


def test_who_is_no_terminal_gets_a_line_for_each_rule(
    command: Command, monkeypatch: pytest.MonkeyPatch, rules: Any
) -> None:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr("os.get_terminal_size", lambda *_: (_ for _ in ()).throw(OSError()))
    command("add", "chaos-harsh")
    assert len(command("list")[1].splitlines()) == len(rules())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"enabled": True, "hits": 0}, "0 hits"),
        ({"enabled": True, "hits": 1, "left": 0}, "1 hit, 0 left"),
        ({"enabled": False, "hits": 2, "left": None}, "off, 2 hits"),
        ({"enabled": True, "hits": 2, "left": 3, "when": {"per": "token"}}, "2 hits, 3 per token"),
        ({"enabled": True, "hits": 0, "expires_in": 0.4}, "0 hits, ends in 0.4s"),
        ({"enabled": True, "hits": 0, "expires_in": 59.6}, "0 hits, ends in 60s"),
        ({"enabled": True, "hits": 0, "expires_in": 2400}, "0 hits, ends in 40m"),
        ({"enabled": True, "hits": 0, "expires_in": 7200.0}, "0 hits, ends in 2h"),
        ({"enabled": True, "hits": 0, "origin": "fixture"}, "0 hits (fixture)"),
        ({"enabled": True, "hits": 0, "origin": "control"}, "0 hits"),
    ],
)
def test_how_a_rule_stands(rule: dict[str, Any], words: str) -> None:
    assert state(rule) == words


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from(["true", "null", "503", "1e5", "~", "- a", 'it\'s "so"', "a: b", "a #b", "tab\there"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc: {}'\"-", max_size=4), inner),
    max_leaves=8,
)


@given(_JSON)
def test_what_is_shown_can_be_given_back(value: Any) -> None:
    text = flow(value)
    assert "\n" not in text
    assert read_yaml(Path("x"), lambda _: text).data == value


# ---- enable, disable, clear


def test_rules_are_switched(command: Command, rules: Any, scim: httpx.Client) -> None:
    for name in "abc":
        command("add", f"{{name: {name}, do: {{status: 503}}}}")
    code, output, _ = command("disable", "a", "b", "c")
    assert code == 0 and [line.split()[:2] for line in output.splitlines()] == [
        [name, "off,"] for name in "abc"
    ]
    assert scim.get("/Users").status_code == 200
    code, output, _ = command("enable", "b")
    assert code == 0 and output.startswith("b  0 hits")
    assert [rule["enabled"] for rule in rules()] == [False, True, False]
    assert scim.get("/Users").status_code == 503


@pytest.mark.parametrize("act", ["enable", "disable", "clear"])
def test_all_names_or_none(command: Command, rules: Any, act: str) -> None:
    command("add", "{name: busy, do: {status: 503}}")
    if act == "enable":
        command("disable", "busy")
    before = rules()
    for name, hint in (
        ("bsy", "did you mean 'busy'?"),
        ("../x", "faults list"),
        ("busy?all=true", ""),
        ("", ""),
    ):
        code, output, errors = command(act, "busy", name)
        assert code == 2 and output == "" and repr(name) in errors and hint in errors
        assert rules() == before
    if act != "clear":
        assert command(act)[0] == 2


def test_rules_are_removed(command: Command, rules: Any) -> None:
    for name in "abcd":
        command("add", f"{{name: {name}, do: {{status: 503}}}}")
    assert command("clear", "a", "c", "a") == (0, "", "")
    assert [rule["name"] for rule in rules()] == ["b", "d"]
    assert command("clear", "b", "--all")[0] == 2 and len(rules()) == 2
    assert command("clear") == (0, "", "") and rules() == []


def test_what_a_quirk_brought_stays_unless_all_is_said(
    command: Command, rules: Any, scim: httpx.Client
) -> None:
    url = str(scim.base_url).replace("/scim/v2/", "/_scimmock/quirks")
    httpx.put(url, json={"quirks": ["slow"]}, verify=False)
    command("add", "{name: mine, do: {status: 503}}")
    assert "slow  0 hits (quirk)" in command("list")[1]
    code, output, _ = command("clear")
    assert code == 0 and output.startswith("1 ") and "--all" in output
    assert [rule["name"] for rule in rules()] == ["slow"]
    assert command("clear", "--all") == (0, "", "") and rules() == []


# ---- which server


@pytest.mark.parametrize("arguments", ["list", "add slow", "enable a", "disable a", "clear", "clear a"])
def test_nobody_there_is_exit_code_5(command: Command, arguments: str) -> None:
    code, output, errors = command(*arguments.split(), "--url", "http://127.0.0.1:1", here=False)
    assert code == 5 and output == "" and "http://127.0.0.1:1" in errors


def test_a_ready_file_and_a_tenant_tell_where(
    command: Command, shared_server: Any, scim: httpx.Client, rules: Any, tmp_path: Path
) -> None:
    (tmp_path / "ready.json").write_text(json.dumps(shared_server.ready))
    tenant = scim.base_url.path.split("/")[2]
    place = ("--ready-file", "ready.json", "--tenant", tenant)
    assert command("add", "--do", "status=503", *place, here=False)[0] == 0
    assert command(*place, "disable", "rule-1", here=False)[0] == 0
    assert [rule["enabled"] for rule in rules()] == [False]
    assert "rule-1" not in command("list", "--ready-file", "ready.json", here=False)[1]


def test_packs_need_no_server(command: Command) -> None:
    code, output, _ = command("packs", here=False)
    assert code == 0 and [line.split()[0] for line in output.splitlines()] == sorted(packs())
    assert all(pack.title in output for pack in packs().values())


def test_an_unknown_subcommand(command: Command) -> None:
    assert command("lst", here=False)[0] == 2
