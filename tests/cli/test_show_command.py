"""``scimmock show``: recordings of real traffic and of made-up sessions, read by a person or a program."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
import weakref
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner

from scimmock.cli.lines import line_of
from scimmock.cli.session import Session
from scimmock.cli.show import command as show_command
from scimmock.traffic.recording import Writer, encode_line, make_header, open_recording

from .example_session import ANA, BADGE, PATCH_OP, USER, example, make_exchange, patch, write_session

DOCS = Path(__file__).parents[2] / "docs" / "show.md"
Command = Callable[..., tuple[int, str, str]]
Show = Callable[..., tuple[int, str, str]]


@pytest.fixture
def show(command: Command) -> Show:
    """Run ``scimmock show`` in the folder of the test."""
    return lambda *arguments: command("show", *arguments, here=False)


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return write_session(tmp_path / "session.jsonl", example())


def lines_of(output: str) -> list[str]:
    """Return the lines of exchanges."""
    return [line for line in output.splitlines() if re.match(r" +\d+  \d+:\d\d:\d\d\.\d{3}  ", line)]


def below(output: str, n: int) -> list[str]:
    """Return what stands below the line of an exchange."""
    lines = output.splitlines()
    start = next(index for index, line in enumerate(lines) if re.match(rf" +{n}  \d", line))
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("        "):
            break
        found.append(line.strip())
    return found


# ---- the documentation

EXAMPLES = re.findall(
    r"^```console\n\$ (scimmock show [^\n]*)\n(.*?)^```", DOCS.read_text("utf-8"), re.M | re.S
)


@pytest.mark.parametrize(("line", "output"), EXAMPLES, ids=[line for line, _ in EXAMPLES])
def test_the_examples_of_the_page_print_what_it_shows(
    show: Show, session: Path, line: str, output: str
) -> None:
    assert show(*shlex.split(line)[2:]) == (0, output, "")


def test_the_page_has_examples_and_all_options() -> None:
    text = DOCS.read_text("utf-8")
    assert len(EXAMPLES) >= 4
    options = [option.opts[0] for option in show_command.params if option.opts[0].startswith("--")]
    assert [option for option in options if f"`{option}" not in text] == []


# ---- real traffic


@pytest.fixture
def journal(shared_server: Any, control: httpx.Client) -> Callable[[httpx.Client], list[dict[str, Any]]]:
    """Return the journal of the tenant of a client."""

    def read(client: httpx.Client) -> list[dict[str, Any]]:
        name = client.base_url.path.split("/")[2]
        answer = httpx.get(f"{shared_server.url}/t/{name}/_scimmock/journal", params={"limit": 1000})
        found: list[dict[str, Any]] = answer.json()["exchanges"]
        return found

    return read


def as_recorded(exchanges: list[dict[str, Any]], path: Path, **header: Any) -> Path:
    """Write what a journal has as a recording, which knows no stored forms and no findings."""
    writer = Writer(path, "force")
    writer.write(encode_line(make_header("server", "http://127.0.0.1/scim/v2", time.time(), **header)))
    for exchange in exchanges:
        trace = {name: value for name, value in exchange["trace"].items() if name not in ("before", "after")}
        line = {name: value for name, value in exchange.items() if name != "summary"}
        writer.write(encode_line({**line, "trace": {**trace, "findings": []}}))
    writer.close()
    return path


def provision(scim: httpx.Client) -> None:
    """Do what identity providers do, oddities included."""
    scim.headers["User-Agent"] = "Okta SCIM Client 1.0.0"
    scim.get("/Users", params={"filter": 'userName eq "ana"'})
    user = {
        "schemas": [USER],
        "userName": "ana",
        "active": True,
        "emails": [{"type": "work", "value": "a@x.y"}],
    }
    id = scim.post("/Users", json={**user, "password": "t0p-s3cret"}).json()["id"]
    group = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Sales"}
    at = f"/Groups/{scim.post('/Groups', json=group).json()['id']}"
    scim.patch(at, json=patch({"op": "add", "path": "members", "value": [{"value": id}]}))
    for operations in (
        [{"op": "Replace", "path": "active", "value": "False"}],
        [{"op": "replace", "value": {"title": "Boss", "password": "0ther-s3cret"}}],
        [{"op": "replace", "path": 'emails[type eq "work"].value', "value": "b@x.y"}],
        [{"op": "replace", "path": "userName", "value": ""}],
    ):
        scim.patch(f"/Users/{id}", json=patch(*operations))
    scim.put(f"/Users/{id}", json={**user, "userName": "ana.b", "id": id})
    scim.get(f"/Users/{id}", params={"attributes": "userName"})
    scim.get("/users/1")
    scim.post("/Bulk", json={"schemas": [], "Operations": [{"method": "DELETE", "path": at}]})
    scim.delete(f"/Users/{id}")
    scim.delete(f"/Users/{id}")


def test_a_recording_tells_what_the_journal_tells(
    show: Show, scim: httpx.Client, journal: Callable[..., list[dict[str, Any]]], tmp_path: Path
) -> None:
    """The lines and the findings of a session are those that the server itself had for it."""
    provision(scim)
    exchanges = journal(scim)
    as_recorded(exchanges, tmp_path / "s.jsonl")
    code, output, errors = show("s.jsonl", "--json")
    assert (code, errors) == (0, "")
    told = [json.loads(line) for line in output.splitlines()]
    assert len(told) == len(exchanges) == 14
    # A password is never returned, so a recording cannot say that one changed.
    wanted = [exchange["summary"].replace("password changed, ", "") for exchange in exchanges]
    assert [exchange["summary"].replace("password changed, ", "") for exchange in told] == wanted
    findings = [exchange["trace"]["findings"] for exchange in exchanges]
    assert [exchange["trace"]["findings"] for exchange in told] == findings
    assert sum(map(len, findings)) >= 5
    for exchange, line in zip(exchanges, told, strict=True):
        assert all(line[name] == exchange[name] for name in ("n", "at", "request", "response", "timing"))


def test_no_secret_is_shown(
    show: Show, scim: httpx.Client, journal: Callable[..., list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Also not where a recording has them: redaction is the matter of `scimmock redact`."""
    provision(scim)
    path = as_recorded(journal(scim), tmp_path / "s.jsonl")
    path.write_text(
        path.read_text()
        .replace('"password":"***"', '"password":"t0p-s3cret"')
        .replace("Bearer ***", "Bearer s3cret-token")
        .replace('"query":""', '"query":"filter=password+eq+%22s3cret%22&token=s3cret"')
    )
    assert path.read_text().count("s3cret") >= 10
    code, output, _ = show("s.jsonl", "--verbose", "--diff")
    assert code == 0 and "s3cret" not in output and "> authorization: Bearer ***" in output


def test_a_recording_of_a_fixture_is_examined_by_its_types(
    show: Show,
    tenant: Callable[..., httpx.Client],
    journal: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    slack = tenant(fixture="slack")
    urn = "urn:ietf:params:scim:schemas:extension:slack:guest:2.0:User"
    guest = {"schemas": [USER, urn], "userName": "guest", urn: {"type": "multi", "tyype": "x"}}
    slack.post("/Users", json={**guest, "emails": [{"value": "g@example.com"}]})
    exchanges = journal(slack)
    names = [finding["name"] for finding in exchanges[0]["trace"]["findings"]]
    assert "unknown-attribute" in names
    for fixture in ("slack", "okta + slack"):
        as_recorded(exchanges, tmp_path / "s.jsonl", fixture=fixture)
        line = json.loads(show("s.jsonl", "--json")[1])
        assert line["trace"]["findings"] == exchanges[0]["trace"]["findings"]
    # A fixture that is not shipped is no file to be read because a recording says so.
    as_recorded(exchanges, tmp_path / "s.jsonl", fixture="./fixture")
    assert show("s.jsonl")[0] == 0


# ---- what a line says


def test_extensions_that_the_service_speaks_of_are_its_own(show: Show, tmp_path: Path) -> None:
    user = {"schemas": [USER, BADGE], "userName": "a", BADGE: {"number": 5}}
    accepted = make_exchange(0.1, "POST", "/Users", user, status=201, answer={**user, "id": "1"})
    ignored = make_exchange(0.1, "POST", "/Users", user, status=201, answer={**ANA, "id": "1"})
    near = {"schemas": [USER], "userName": "b", "nickNam": "b"}
    wrong = make_exchange(0.2, "POST", "/Users", near, status=201, answer={**near, "id": "2"})
    write_session(tmp_path / "a.jsonl", [accepted, wrong])
    output = show("a.jsonl")[1]
    assert below(output, 1) == []
    (finding,) = below(output, 2)
    assert "nickNam is declared by no schema of User" in finding and "nickName" in finding
    write_session(tmp_path / "b.jsonl", [ignored])
    assert len(below(show("b.jsonl")[1], 1)) == 2


def test_what_a_write_changed(show: Show, tmp_path: Path) -> None:
    sent = {"schemas": [USER], "userName": "ana@acme.example", "title": "a"}
    to_b = patch({"op": "replace", "path": "title", "value": "b"})
    exchanges = [
        make_exchange(1, "POST", "/Users", sent, status=201, answer={**sent, "id": "u-1", "groups": []}),
        make_exchange(2, "PATCH", "/Users/u-1", to_b, status=204),
        make_exchange(3, "PATCH", "/Users/u-1", patch({"op": "remove", "path": "title"}), status=500),
        make_exchange(4, "PUT", "/Users/u-1", sent, answer={**sent, "id": "u-1", "nickName": None}),
        make_exchange(5, "PATCH", "/Users/u-9", to_b, status=204),
        make_exchange(6, "PUT", "/Users/u-1", sent, answer={**sent, "id": "u-1", "groups": [{"value": "1"}]}),
        make_exchange(7, "DELETE", "/Users/u-1", status=204),
        make_exchange(8, "GET", "/Users/u-1", status=404),
    ]
    write_session(tmp_path / "s.jsonl", exchanges)
    code, output, _ = show("s.jsonl", "--diff")
    lines = lines_of(output)
    assert code == 0
    assert below(output, 1) == [
        'userName set to "ana@acme.example"',
        'title set to "a"',
        'id set to "u-1"',
    ]
    assert 'PATCH User ana@acme.example: title "a" -> "b"' in lines[1]
    assert below(output, 2) == ['title "a" -> "b"']
    assert "PATCH User u-1: remove title -> 500" in lines[2] and below(output, 3) == []
    # After a 500 nobody knows what the service has: the line says nothing of it, the list says so.
    assert below(output, 4) == [
        'title "b" -> "a"',
        "(as against what was known of it: a patch was answered 500)",
    ]
    assert below(output, 5) == ["(not seen before, what changed is not known)"]
    assert "PUT User ana@acme.example: nothing changed" in lines[5]
    assert "(nothing changed)" in below(output, 6)
    assert below(output, 7) == [] == below(output, 8)
    changes = [
        json.loads(line).get("changes") for line in show("s.jsonl", "--json", "--diff")[1].splitlines()
    ]
    assert changes[1] == ['title "a" -> "b"'] and changes[2] is None and changes[5] == []


def test_what_goes_on_at_the_same_time_is_marked(show: Show, tmp_path: Path) -> None:
    def read(t: float, wait: float, connection: int, http: str = "1.1") -> dict[str, Any]:
        exchange = make_exchange(t, "GET", "/Users", wait=wait, connection=connection)
        exchange["request"]["http"] = http
        return exchange

    exchanges = [
        read(1.0, 500, 1),
        read(1.1, 100, 2),  # during 1
        read(1.4, 10, 1),  # on the same connection: its clock is wrong
        read(1.5, 10, 2),  # 1 ended 0.8 ms later, which is no more than what times are good for
        read(3.0, 500, 3, "2"),
        read(3.1, 500, 3, "2"),  # during 5
        read(3.2, 10, 4),  # during 6, which ends after 5
        read(9.0, 10, 0),
    ]
    write_session(tmp_path / "s.jsonl", exchanges)
    marks = [re.findall(r"\[overlaps (\d+)\]", line) for line in lines_of(show("s.jsonl")[1])]
    assert marks == [[], ["1"], [], [], [], ["5"], ["6"], []]


def test_quirks_and_rules_are_marked(show: Show, tmp_path: Path) -> None:
    trace = {
        "operation": "list",
        "resource": "Users",
        "id": None,
        "rules": [{"name": "slow"}, {"name": "cut"}],
    }
    few, many = ["patch-204"], [f"quirk-{number}" for number in range(9)]
    exchanges = [
        make_exchange(1, "GET", "/Users", trace={**trace, "quirks": quirks}) for quirks in (few, many)
    ]
    write_session(tmp_path / "s.jsonl", exchanges)
    output = show("s.jsonl", "-v")[1]
    first, second = lines_of(output)
    assert first.endswith("[rule slow]  [rule cut]  [quirk patch-204]") and second.endswith("[9 quirks]")
    assert "! quirks: " + ", ".join(many) in output
    assert "quirk-8" in line_of(exchanges[1]) and line_of(exchanges[1], when="now").startswith("now  ")


def test_the_line_of_an_exchange_alone(session: Path) -> None:
    exchange = example()[2]
    assert re.sub("\x1b\\[[0-9;]*m", "", line_of(exchange)) == (
        "10:00:00.900  200      12.8 ms  PATCH User ana@acme.example: Replace title, replace active"
    )
    assert line_of({**exchange, "summary": "said before"}).endswith("said before")


# ---- which exchanges


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("--status", "4xx"), [5]),
        (("--status", "0"), [9]),
        (("--operation", "patch"), [3, 7]),
        (("--resource", "Groups"), [4, 7]),
        (("--client", "okta"), list(range(1, 10))),
        (("--client", "entra"), []),
        (("--rule", "throttle"), [5]),
        (("--rule", "*"), [5]),
        (("--finding", "op-case"), [3]),
        (("--finding", "*"), [2, 3, 6]),
        (("--n", "3-5"), [3, 4, 5]),
        (("--n", "8-"), [8, 9]),
        (("--n", "-2"), [1, 2]),
        (("-n", "7"), [7]),
        (("--n", "4-", "--resource", "Groups", "--operation", "patch"), [7]),
    ],
)
def test_only_some(show: Show, session: Path, options: tuple[str, ...], numbers: list[int]) -> None:
    code, output, _ = show("session.jsonl", *options)
    assert code == 0 and [int(line.split()[0]) for line in lines_of(output)] == numbers
    assert (f"{len(numbers)} of 9 exchanges shown" in output) == (len(numbers) < 9)
    lines = show("session.jsonl", "--json", *options)[1].splitlines()
    assert [json.loads(line)["n"] for line in lines] == numbers


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--status", "teapot"), "--status"),
        (("--operation", "pach"), "did you mean 'patch'"),
        (("--finding", "op-cse"), "did you mean 'op-case'"),
        (("--n", "5-x"), "5-20"),
        (("--n", "-"), "5-20"),
    ],
)
def test_wrong_options(show: Show, session: Path, options: tuple[str, ...], says: str) -> None:
    code, output, errors = show("session.jsonl", *options)
    assert code == 2 and output == "" and says in errors and len(errors.splitlines()) == 1


# ---- files


def test_a_torn_line_is_skipped_with_a_notice(show: Show, session: Path) -> None:
    with session.open("ab") as file:
        file.write(b'{"n": 10, "request": {"met')
    for options in ((), ("--json",)):
        code, output, errors = show("session.jsonl", *options)
        assert code == 0 and "no answer (client gone)" in output
        assert errors == "scimmock: session.jsonl:11: the line was not written to its end, it is skipped\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"scimmock": "recording/9"}\n', "recording/1"),
        (
            b'{"log": {"version": "1.2", "entries": []}}',
            "is a HAR, no recording, scimmock convert x --to recording",
        ),
        (b'\xef\xbb\xbf{\n  "log": {\n', "is a HAR"),
        (b"1234:8:response;0:~", "is a flow file of mitmproxy"),
        (zlib.compress(b'{"log": {}}'), "is a HAR"),
        (b"{}\n", "a recording begins with"),
        (b"hello\n", "a recording begins with"),
        (b"", "nothing was recorded"),
        (b'{"scimmock": "recording/1"}\n{"n": 1}\n', "x:2"),
    ],
)
def test_what_is_no_recording(show: Show, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "x").write_bytes(content)
    code, output, errors = show("x")
    assert code == 4 and output == "" and says in errors and len(errors.splitlines()) == 1


def test_a_file_that_is_not_there(show: Show) -> None:
    code, _, errors = show("nothing.jsonl")
    assert code == 4 and "nothing.jsonl" in errors


def test_a_session_without_exchanges(show: Show, tmp_path: Path) -> None:
    write_session(tmp_path / "s.jsonl", [], fixture="okta@oin", seed=7, users=1, groups=2, synthetic=True)
    code, output, _ = show("s.jsonl")
    assert code == 0 and output.startswith("s.jsonl: 0 exchanges in 0:00:00.000\n")
    assert "fixture     okta@oin, 1 user, 2 groups, seed 7\n" in output and "synthetic" in output


def test_a_file_that_was_put_together(show: Show, session: Path, tmp_path: Path) -> None:
    """Numbers that begin again keep nothing from being examined."""
    (tmp_path / "two.jsonl").write_bytes(session.read_bytes() * 2)
    output = show("two.jsonl")[1]
    assert len(lines_of(output)) == 18 and "     2  error    boolean-as-string" in output


# ---- how it is printed


def test_only_few_exchanges_at_a_time_are_in_memory(tmp_path: Path) -> None:
    exchanges = [
        make_exchange(number, "PATCH", "/Users/u-1", patch({"op": "Add", "value": {"title": str(number)}}))
        for number in range(500)
    ]
    recorded = Session(open_recording(write_session(tmp_path / "s.jsonl", exchanges)))
    for _ in range(2):
        alive: weakref.WeakSet[Any] = weakref.WeakSet()
        most = findings = 0
        for told in recorded:
            alive.add(told.exchange)
            most, findings = max(most, len(alive)), findings + len(told.findings)
        assert most < 20 and findings >= 500


def test_a_closed_pipe_ends_it_quietly(tmp_path: Path) -> None:
    write_session(tmp_path / "s.jsonl", example() * 300)
    for options in ((), ("--json",)):
        process = subprocess.Popen(
            [sys.executable, "-m", "scimmock", "show", "s.jsonl", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
        )
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith((b"s.jsonl: 2700 exchanges", b'{"n": 1,'))
        process.stdout.close()
        with process.stderr as errors:
            assert errors.read() == b""
        assert process.wait(timeout=20) == 0


def test_colours_are_for_terminals(session: Path) -> None:
    """A terminal gets them unless it is told otherwise; what is printed is the same."""
    plain, coloured, off, told = (
        CliRunner(env={"NO_COLOR": no_color}).invoke(show_command, [str(session), *options], color=terminal)
        for terminal, options, no_color in (
            (False, (), None),
            (True, (), None),
            (True, ("--no-color",), None),
            (True, (), "1"),
        )
    )
    assert plain.exit_code == 0 and "\x1b" not in plain.output
    assert "\x1b[32m200" in coloured.output and click.unstyle(coloured.output) == plain.output
    assert off.output == told.output == plain.output


def test_control_characters_never_reach_the_terminal(show: Show, tmp_path: Path) -> None:
    odd = "a\x1b[31m\x9b5m\u202eb"
    exchange = make_exchange(1, "POST", "/Users", {"schemas": [USER], "userName": odd, odd: 1}, status=201)
    exchange["request"]["headers"] += [[f"X-{odd}", odd]]
    exchange["request"]["query"] = odd
    exchange["response"]["body"] = {"text": odd, "size": 9}
    exchange["error"] = {"kind": odd, "message": odd}
    exchange["trace"] = {"operation": "create", "resource": odd, "rule": odd, "quirks": [odd]}
    write_session(tmp_path / "s.jsonl", [exchange], idp=odd, faults=[{"name": odd}, odd])
    code, output, _ = show("s.jsonl", "-v", "--diff")
    assert code == 0 and not re.search("[\x1b\x9b\u202e]", output)
    assert "\x1b" not in show("s.jsonl", "--json")[1]


@pytest.mark.parametrize("part", ["timing", "at", "t", "n", "connection"])
@pytest.mark.parametrize("value", [None, "x", 5, [], {}, [{}], -1.5, 10**30])
def test_odd_lines_are_shown(show: Show, tmp_path: Path, part: str, value: Any) -> None:
    exchange = make_exchange(1, "PATCH", "/Users/1", {"schemas": [PATCH_OP]}, answer=ANA)
    write_session(tmp_path / "s.jsonl", [{**exchange, part: value}, exchange])
    code, output, errors = show("s.jsonl", "-v", "--diff")
    assert code == 0 and errors == "" and "PATCH User" in output
