"""``scimmock replay`` as a person calls it."""

from __future__ import annotations

import json
import os
import signal
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.conftest import ENTERPRISE
from tests.playback.pages import Page
from tests.traffic.made_sessions import GROUP, USER, exchange, header_of, provision, recorded, write

Command = Callable[..., tuple[int, str, str]]
Tenant = Callable[..., httpx.Client]

THROTTLED = {
    "name": "busy",
    "match": {"operation": "create", "resource": "Users"},
    "when": {"first": 1},
    "do": {"status": 429},
}


@pytest.fixture
def session(scim: httpx.Client, tmp_path: Path) -> Path:
    """A session of the tenant that ``scim`` is the client of."""
    provision(scim)
    return write(tmp_path / "s.jsonl", *recorded(scim))


class Replay:
    """The command against a tenant that is made for it; ``scim`` is its client afterwards."""

    scim: httpx.Client

    def __init__(self, command: Command, tenant: Tenant) -> None:
        self._command, self.tenant = command, tenant

    def __call__(self, file: Path | str, *arguments: str, **options: Any) -> tuple[int, str, str]:
        if options or not hasattr(self, "scim"):
            self.scim = self.tenant(**options)
        url = str(self.scim.base_url).rstrip("/")
        token = self.scim.headers["Authorization"].removeprefix("Bearer ")
        return self._command("replay", str(file), "--to", url, "--token", token, *arguments, here=False)

    def report(self, file: Path | str, *arguments: str, **options: Any) -> Any:
        """Return the report as JSON."""
        _, out, _ = self(file, "--json", "-", "--quiet", *arguments, **options)
        return json.loads(out)


@pytest.fixture
def replay(command: Command, tenant: Tenant, control: httpx.Client) -> Iterator[Replay]:
    yield Replay(command, tenant)
    control.post("/clock", json={"release": True})  # it was moved for others too


# ---- what comes out


def test_nothing_differs_at_a_service_like_it(replay: Replay, session: Path) -> None:
    code, out, err = replay(session)
    assert (code, err) == (0, ""), out
    count = len(session.read_text("utf-8").splitlines()) - 1
    assert out.startswith(f"{count} exchanges in ")
    assert out.endswith(f"{count} the same; 4 resources looked at in the end, as the recording implies\n")


def test_a_difference_is_exit_1_and_its_consequences_are_told_apart(replay: Replay, session: Path) -> None:
    code, out, _ = replay(session, faults=[THROTTLED])
    assert code == 1
    first, status, *_ = out.splitlines()
    assert first.split(maxsplit=1) == ["3", "POST User ada@example.com"]
    assert status.strip() == "status: 201 expected, 429 here"
    assert "       from it follow " in out
    assert ", 1 differ, " in out.splitlines()[-1]


def test_all_reports_tell_the_same(replay: Replay, session: Path, tmp_path: Path) -> None:
    files = ("--json", "r.json", "--junit", "r.xml", "--html", "r.html")
    code, out, err = replay(session, *files, "--quiet", faults=[THROTTLED])
    assert (code, out, err) == (1, "", "")
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    counts = report["counts"]
    assert counts["causes"] == 1 and counts["consequences"] > 3
    kinds = ("same", "causes", "like", "consequences", "skipped")
    assert sum(counts[name] for name in kinds) == counts["exchanges"] == len(report["exchanges"])
    assert report["ok"] is False and report["differences"][0]["says"].startswith("Too Many Requests")
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert (suite.get("failures"), suite.get("tests")) == ("1", str(counts["exchanges"] + 2))
    page = Page((tmp_path / "r.html").read_text("utf-8"))
    differing = {f"x{one['n']}" for one in report["differences"]}
    assert differing <= page.ids & page.linked
    assert page.linked <= page.ids


def test_the_report_goes_to_stdout_and_the_words_beside_it(replay: Replay, session: Path) -> None:
    _, out, err = replay(session, "--junit", "-")
    assert ElementTree.fromstring(out.encode()).get("failures") == "0"
    assert "the same" in err
    assert replay(session, "--json", "no/folder.json")[::2] == (
        4,
        "scimmock: no/folder.json: the report cannot be written: No such file or directory\n",
    )


# ---- what is played


def played(report: Any) -> list[int]:
    return [line["n"] for line in report["exchanges"]]


def test_exchanges_can_be_chosen(replay: Replay, session: Path) -> None:
    assert played(replay.report(session, "--from", "2", "--to-exchange", "4")) == [2, 3, 4]
    creates = ("--only", "operation=create", "--only", "resource=Users")
    assert played(replay.report(session, *creates, "--only", "status=4xx", users=0)) == [8]
    assert len(played(replay.report(session, *creates, users=0))) == 4


def test_the_end_is_the_first_difference_if_that_is_wanted(replay: Replay, session: Path) -> None:
    report = replay.report(session, "--stop-on-diff", faults=[THROTTLED])
    assert played(report) == [1, 2, 3]
    assert report["counts"]["looked_at"] == 0 and not report["interrupted"]


def test_the_directory_is_compared_unless_it_is_not_wanted(replay: Replay, session: Path) -> None:
    lost = {
        "name": "lost",
        "match": {"operation": "create"},
        "when": {"first": 1},
        "do": {"lost_write": True},
    }
    cut = ("--to-exchange", "3")
    report = replay.report(session, *cut, faults=[lost])
    assert report["counts"]["same"] == 3 and [one["n"] for one in report["directory"]] == [3]
    assert replay(session, *cut, "--no-final-check", faults=[lost])[0] == 0


def test_what_was_there_before_can_be_made(replay: Replay, session: Path) -> None:
    """Without that the lookup finds nobody, and says so for all that follows."""
    later = ("--from", "9")
    missing = replay.report(session, *later)
    assert missing["differences"][0]["differences"][0]["expected"] == 'userName eq "ada@example.com"'
    code, out, err = replay(session, *later, "--seed-state", users=0)
    assert err == "3 resources that were there before are created\n"
    assert code == 0, out
    names = {one["userName"] for one in replay.scim.get("/Users").json()["Resources"]}
    assert names == {"ada@example.com", "ohara"}


def test_what_is_made_first_refers_to_what_is_there(replay: Replay, tmp_path: Path) -> None:
    """A group with a member who only comes later, and a user before their manager."""
    boss, ada, late = (f"recorded-id-of-{name}" for name in ("the-boss", "ada", "the-late-one"))
    managed = {ENTERPRISE: {"manager": {"value": boss}}}
    people = [
        {"schemas": [USER, ENTERPRISE], "id": ada, "userName": "ada", **managed},
        {"schemas": [USER], "id": boss, "userName": "boss"},
    ]
    members = {
        "schemas": [GROUP],
        "id": "group-1",
        "displayName": "All",
        "members": [{"value": ada}, {"value": late}],
    }
    new = {"schemas": [USER], "userName": "late"}
    known = [
        exchange(1, "GET", "/Groups", None, 200, {"Resources": [members]}),
        exchange(2, "GET", "/Users", None, 200, {"Resources": people}),
        exchange(3, "POST", "/Users", new, 201, {**new, "id": late}),
    ]
    path = write(tmp_path / "s.jsonl", header_of(), known)
    _, _, err = replay(path, "--seed-state", "--from", "3", "--no-final-check")
    assert err == "3 resources that were there before are created\n"
    ids = {one["userName"]: one["id"] for one in replay.scim.get("/Users").json()["Resources"]}
    made = replay.scim.get(f"/Users/{ids['ada']}").json()
    assert made[ENTERPRISE]["manager"]["value"] == ids["boss"]
    (group,) = replay.scim.get("/Groups").json()["Resources"]
    assert [one["value"] for one in group["members"]] == [ids["ada"]]


def test_a_manager_who_was_there_before_is_looked_up(replay: Replay, tmp_path: Path) -> None:
    boss = {"schemas": [USER], "id": "recorded-id-of-the-boss", "userName": "boss"}
    new = {"schemas": [USER, ENTERPRISE], "userName": "ada", ENTERPRISE: {"manager": {"value": boss["id"]}}}
    known = [
        exchange(1, "GET", "/Users", None, 200, {"Resources": [boss]}),
        exchange(2, "POST", "/Users", new, 201, {**new, "id": "recorded-id-of-ada"}),
    ]
    path = write(tmp_path / "s.jsonl", header_of(), known)
    replay.scim = replay.tenant()
    here = replay.scim.post("/Users", json={"schemas": [USER], "userName": "boss"}).json()["id"]
    report = replay.report(path, "--from", "2")
    assert report["counts"]["looked_up"] == 1
    (made,) = replay.scim.get("/Users", params={"filter": 'userName eq "ada"'}).json()["Resources"]
    assert made[ENTERPRISE]["manager"]["value"] == here


def test_exchanges_that_overlap_are_played_so_and_one_by_one(
    replay: Replay, tmp_path: Path, scim: httpx.Client
) -> None:
    sent = [{"schemas": [USER], "userName": f"user-{n}"} for n in range(6)]
    creates = [
        exchange(
            n, "POST", "/Users", body, 201, {**body, "id": f"id-of-the-user-{n}"}, t=0.001 * n, connection=n
        )
        for n, body in enumerate(sent, 1)
    ]
    for one in creates:
        one["response"]["headers"] = [
            *one["response"]["headers"],
            ["ETag", "1"],
            ["Location", f"https://app.example/scim/v2/Users/{one['response']['body']['json']['id']}"],
        ]
    reads = [exchange(7, "GET", "/Users/id-of-the-user-6", None, 200, None, t=1.0)]
    path = write(tmp_path / "o.jsonl", header_of(), [*creates, *reads])
    ignored = [part for name in ("meta", "header:etag", "active") for part in ("--ignore", name)]
    for options in ((), ("--serial",)):
        report = replay.report(path, "--no-final-check", *options, *ignored, users=0)
        statuses = [(line["n"], line["got"]) for line in report["exchanges"]]
        assert statuses == [(n, 201) for n in range(1, 7)] + [(7, 200)], options
        assert [one["n"] for one in report["differences"]] == [7]


def test_halves_of_surrogate_pairs_and_control_characters(replay: Replay, tmp_path: Path) -> None:
    sent = {"userName": "\ud800\u001b[2J", "password": "hunter2"}
    odd = exchange(1, "POST", "/Users", {}, 201, {"id": "u1"}, headers=[["X-Odd", "\u001b[2J"]])
    odd["request"]["body"] = {"json": sent, "size": 9}
    odd["response"]["body"] = {"json": {"id": "u1", "title": "\ud800\u001b"}, "size": 9}
    file = write(tmp_path / "odd.jsonl", header_of(), [odd])
    for arguments in (["--dry-run"], ["--json", "-", "--quiet"], ["--junit", "-", "--quiet"], []):
        _, out, err = replay(file, *arguments)
        assert out and "\u001b" not in out + err and "hunter2" not in out + err, out


def test_a_dry_run_sends_nothing(replay: Replay, session: Path) -> None:
    code, out, err = replay(session, "--dry-run", "--only", "operation=patch")
    assert (code, err) == (0, "")
    assert out.count("authorization: Bearer ***") == 4
    assert out.count("# exchange ") == 4
    assert "was there before, it is looked up by userName eq" in out
    assert replay.scim.get("/Users").json()["totalResults"] == 0


def test_the_clock_of_a_scimmock_passes_over_the_pauses(
    replay: Replay, tmp_path: Path, control: httpx.Client
) -> None:
    there = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "Resources": [],
    }
    pair = [exchange(n, "GET", "/Users", None, 200, there, t=t) for n, t in ((1, 0.0), (2, 7200.0))]
    path = write(tmp_path / "p.jsonl", header_of(), pair)

    def passed(*options: str) -> float:
        control.post("/clock", json={"freeze": "2030-01-01T00:00:00Z"})
        replay(path, *options)
        now = control.get("/clock").json()["now"]
        return (int(now[11:13]) * 60 + int(now[14:16])) / 60 + (int(now[8:10]) - 1) * 24

    assert passed("--no-clock") == 0
    assert passed() == pytest.approx(2, abs=0.1)
    assert passed("--max-gap", "30m") == pytest.approx(0.5, abs=0.1)


def test_requests_for_tokens_are_left_out(replay: Replay, tmp_path: Path) -> None:
    token = exchange(1, "POST", "/oauth/token", None, 200, {"access_token": "***"})
    token["trace"]["operation"] = "token"
    path = write(tmp_path / "t.jsonl", header_of(), [token, exchange(2, "GET", "/Users/x", None, 404)])
    _, out, err = replay(path)
    assert "1 requests for access tokens are left out" in err
    assert "1 exchanges in" in out


# ---- secrets


class Echo(BaseHTTPRequestHandler):
    """A service that quotes what it should not."""

    body = b""

    def do_GET(self) -> None:
        quoted = self.headers["Authorization"]
        told = {"detail": f"no such token: {quoted}", "status": "400", "token": quoted}
        body = self.body or json.dumps(told).encode()
        self.send_response(200 if self.body else 400)
        self.send_header("Content-Type", "application/scim+json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Quoted", str(quoted))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def answering(kind: type[Echo]) -> Iterator[str]:
    """Run a service in a thread; yields its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/scim"
        server.shutdown()
        thread.join()


@pytest.fixture
def echo() -> Iterator[str]:
    with answering(Echo) as url:
        yield url


def test_no_output_has_the_token(command: Command, echo: str, tmp_path: Path) -> None:
    sent = [["Authorization", "Bearer ***"], ["Accept", "application/scim+json"]]
    one = exchange(1, "GET", "/Users", None, 400, {"detail": "-", "status": "400"}, headers=sent)
    path = write(tmp_path / "s.jsonl", header_of(), [one])
    secret = "a-token-of-the-service"
    files = ("--json", "r.json", "--junit", "r.xml", "--html", "r.html")
    to = ("replay", str(path), "--to", echo, "--token", secret)
    code, out, err = command(*to, *files, "--strict", "--header", "x-quoted", here=False)
    assert code == 1
    _, dry, _ = command(*to, "--dry-run", here=False)
    assert "Authorization: Bearer ***" in dry
    reports = [(tmp_path / name).read_text("utf-8") for name in files[1::2]]
    assert [text for text in (out, err, dry, *reports) if secret in text] == []
    assert all("x-quoted" in text and "***" in text for text in reports)


# ---- how it is played


def test_what_is_throttled_now_is_sent_again_if_that_is_wanted(replay: Replay, session: Path) -> None:
    rule = THROTTLED | {"do": {"status": 429, "retry_after": "30s"}}
    assert replay(session, "--retry-after", "live", faults=[rule])[0] == 0
    assert replay.scim.get("/Users").json()["totalResults"] == 2


def test_what_the_service_had_answered_can_be_expected(replay: Replay, tmp_path: Path) -> None:
    """The recorder stood between the two, and the client saw something else."""
    told = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}
    upstream = exchange(1, "GET", "/Users/x", None, 404, told)["response"]
    one = exchange(1, "GET", "/Users/x", None, 502, upstream=upstream)
    path = write(tmp_path / "s.jsonl", {**header_of(), "by": "addon"}, [one])
    assert replay(path)[0] == 0
    assert replay(path, "--expect", "client")[0] == 1
    assert replay(write(path, header_of(), [one]))[0] == 1


def test_credentials_go_with_all_requests_of_a_session_that_shows_none(
    replay: Replay, tmp_path: Path
) -> None:
    asked = exchange(1, "GET", "/Users/x", None, 404, headers=[["Accept", "application/scim+json"]])
    path = write(tmp_path / "s.jsonl", header_of(), [asked])
    assert [line["got"] for line in replay.report(path)["exchanges"]] == [404]
    known = exchange(2, "GET", "/Users/x", None, 404, headers=[["authorization", "Bearer ***"]])
    path = write(tmp_path / "s.jsonl", header_of(), [asked, known])
    assert [line["got"] for line in replay.report(path)["exchanges"]] == [401, 404]


def test_what_cannot_be_bound_is_told_before(replay: Replay, tmp_path: Path) -> None:
    change = {"schemas": [], "Operations": []}
    path = write(tmp_path / "s.jsonl", header_of(), [exchange(1, "PATCH", "/Users/u-1", change, 204)])
    told = "exchange 1 uses /Users/u-1, which was there before"
    assert told in replay(path)[2]
    assert replay(path, "--quiet") == (1, "", "")
    report = replay.report(path)
    assert report["unbindable"] == [{"id": "u-1", "resource": "Users", "n": 1}]


class Deep(Echo):
    """A service whose answers nobody can go through."""

    body = b'{"a":[' * 300 + b"]}" * 300


def test_answers_that_are_nested_too_deep_are_another_body(command: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", header_of(), [exchange(1, "GET", "/Users", None, 200, {"a": [1]})])
    with answering(Deep) as url:
        code, out, err = command("replay", str(path), "--to", url, "--html", "r.html", here=False)
    assert (code, err) == (1, "")
    assert "body: JSON expected, another body here" in out


class Interrupting(Echo):
    """A service that is asked once, then the person presses Ctrl-C."""

    def do_GET(self) -> None:
        if "_scimmock" not in self.path:  # it is asked whether it is a scimmock
            os.kill(os.getpid(), signal.SIGINT)
        super().do_GET()


def test_ctrl_c_ends_a_long_pause_and_is_in_the_reports(command: Command, tmp_path: Path) -> None:
    pair = [exchange(n, "GET", "/Users", None, 400, t=t) for n, t in ((1, 0.0), (2, 36_000.0))]
    path = write(tmp_path / "s.jsonl", header_of(), pair)
    files = ("--json", "r.json", "--junit", "r.xml", "--html", "r.html")
    with answering(Interrupting) as url:
        code, out, err = command("replay", str(path), "--to", url, "--pace", "2x", *files, here=False)
    assert code == 130
    assert out.splitlines()[-1].startswith("interrupted; 1 exchanges in")
    assert err == "at this pace it takes 5 hours: --max-gap 1s shortens the pauses\n"
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["ok"], report["interrupted"]) == (False, True)
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert "interrupted" in [one.get("message") for one in suite.iter("failure")]
    assert "interrupted" in (tmp_path / "r.html").read_text()


# ---- what is wrong

HERE = ("--to", "http://127.0.0.1:1/scim")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--to", "http://app.example/scim"), 2, "--yes says that it is meant"),
        (("--to", "app.example"), 2, "is no URL of a SCIM service"),
        ((), 2, "Missing option '--to'"),
        ((*HERE, "--pace", "fast"), 2, "original, max or 10x would be right"),
        ((*HERE, "--pace", "0x"), 2, "is no pace"),
        ((*HERE, "--max-gap", "soon"), 2, "--max-gap"),
        ((*HERE, "--timeout", "0"), 2, "no time at all"),
        ((*HERE, "--only", "operaton=create"), 2, "did you mean operation=create?"),
        ((*HERE, "--only", "status=9xx"), 2, "--only status"),
        ((*HERE, "--only", "operation=bulk"), 2, "has no such exchange"),
        ((*HERE, "--from", "5", "--to-exchange", "4"), 2, "comes after"),
        ((*HERE, "--token", "t", "--basic", "u:p"), 2, "exclude each other"),
        ((*HERE, "--json", "-", "--junit", "-"), 2, "both go to stdout"),
        ((*HERE, "--dry-run", "--html", "x.html"), 2, "--html has no effect with --dry-run"),
        ((*HERE, "--reset-command", "true"), 2, "belong to --minimize"),
        (HERE, 5, "does not answer"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    path = write(tmp_path / "s.jsonl", header_of(), [exchange(1, "GET", "/Users", None, 200)])
    got, _, err = command("replay", str(path), *arguments, here=False)
    assert got == code
    assert said in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        ("", "is empty, nothing was recorded"),
        ("userName,displayName\n", "its first line is no JSON"),
        ('{"scimmock": "recording/9"}\n', "is of the version 'recording/9'"),
        ('{"logs": {}}\n', "its first line has no 'scimmock'"),
    ],
)
def test_a_file_that_is_no_recording_is_exit_4(
    command: Command, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "s.jsonl"
    if content is not None:
        path.write_text(content)
    code, _, err = command("replay", str(path), *HERE, here=False)
    assert code == 4
    assert err.startswith(f"scimmock: {path}") and said in err


def test_a_target_out_of_reach_is_in_the_reports(command: Command, tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", header_of(), [exchange(1, "GET", "/Users", None, 200)])
    files = ("--json", "r.json", "--junit", "r.xml", "--html", "r.html")
    code, out, err = command("replay", str(path), *HERE, *files, here=False)
    assert (code, out) == (5, "")
    assert "127.0.0.1:1" in err
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["ok"], report["unreachable"]) == (False, True)
    assert ElementTree.parse(tmp_path / "r.xml").getroot().get("failures") == "1"
    assert "The service does not answer" in (tmp_path / "r.html").read_text()
