"""Faults written in Python: what they may do, and that an error in one harms nobody."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import scimmock.faults.python as module
from scimmock.errors import FileError
from scimmock.faults.python import load_python

from .conftest import USER, Target

FAULTS = """
import asyncio
import sys

from scimmock.errors import ScimError
from scimmock.faults.python import fault
from scimmock.traffic.reply import Delivery, Reply

SEEN = []


def named(name):
    return {"operation": "create", "filter": f'userName eq "{name}"'}


@fault(match={"operation": "create"}, goes_on=True)
def look(call):
    SEEN.append((call.exchange.method, call.body["userName"]))
    call.note(seen=len(SEEN), who=call.body["userName"], token=call.exchange.identity)


@fault(match=named("status"), when={"first": 1})
def as_status(call):
    return 503


@fault(match=named("reply"))
async def as_reply(call):
    await asyncio.sleep(0)
    return Reply(418, b"short", [(b"x-from", b"python")], b"text/plain")


@fault(match=named("reset"), name="a-reset")
def resetting(call):
    return Reply(0, delivery=Delivery(silent=True, end="reset"))


@fault(match=named("twice"), stage="engine")
def twice(call, run):
    run()
    call.request.body["userName"] = "twice-2"
    return run()


@fault(match=named("refused"), stage="engine")
def refused(call, run):
    run()
    raise ScimError(507, "the disk is full")


@fault(match=named("after"), stage="after")
def changed(call, reply):
    reply.headers.append((b"x-after", str(reply.status).encode()))


@fault(match=named("other"), stage="after")
def replaced(call, reply):
    return Reply(202)


@fault(match=named("wrong-before"))
def wrong_before(call):
    raise ValueError("a mistake")


@fault(match=named("wrong-async"))
async def wrong_async(call):
    await asyncio.sleep(0)
    return {}["missing"]


@fault(match=named("wrong-engine"), stage="engine")
def wrong_engine(call, run):
    raise ZeroDivisionError("in engine")


@fault(match=named("wrong-late"), stage="engine")
def wrong_late(call, run):
    run()
    raise ZeroDivisionError("behind engine")


@fault(match=named("wrong-answer"), stage="engine")
def wrong_answer(call, run):
    return 200


@fault(match=named("wrong-after"), stage="after")
def wrong_after(call, reply):
    return reply.nothing


@fault(match=named("wrong-return"))
def wrong_return(call):
    return "503"


@fault(match=named("wrong-exit"))
def wrong_exit(call):
    sys.exit(3)


@fault(match=named("wrong-deep"))
def wrong_deep(call):
    def again():
        again()
    again()
"""


@pytest.fixture(scope="module")
def server(launch_for_module: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("python") / "my_faults.py"
    path.write_text(FAULTS)
    return launch_for_module("--users", "0", "--groups", "0", "--faults", str(path))


@pytest.fixture
def python(server: Any) -> Any:
    with (
        httpx.Client(base_url=f"{server.url}/_scimmock", timeout=20) as control,
        server.client() as client,
    ):
        control.delete("/state")
        yield Target(client, control, control)


def create(target: Target, name: str) -> httpx.Response:
    return target.client.post("/Users", json={"schemas": [USER], "userName": name})


def names(target: Target) -> list[str]:
    return [user["userName"] for user in target.state()["Users"]]


def test_a_status_answers_in_the_place_of_the_service(python: Target) -> None:
    assert create(python, "status").status_code == 503
    assert names(python) == []
    assert create(python, "status").status_code == 201  # the rule was for the first
    assert (python.rule("as_status")["hits"], python.rule("as_status")["left"]) == (1, 0)
    assert python.rule("as_status")["do"] == {"python": "my_faults.py:as_status"}


def test_a_reply_of_a_coroutine(python: Target) -> None:
    answer = create(python, "reply")
    assert (answer.status_code, answer.text, answer.headers["x-from"]) == (418, "short", "python")
    assert answer.headers["content-type"] == "text/plain"


def test_a_reply_that_ends_the_connection(python: Target) -> None:
    with pytest.raises(httpx.ReadError):
        create(python, "reset")
    assert python.fired()[-1]["name"] == "a-reset" and python.last()["error"]["kind"] == "reset"


def test_around_the_service(python: Target) -> None:
    assert create(python, "twice").json()["userName"] == "twice-2"
    assert names(python) == ["twice", "twice-2"]
    answer = create(python, "refused")
    assert (answer.status_code, answer.json()["detail"]) == (507, "the disk is full")
    assert "refused" in names(python)


def test_behind_the_service(python: Target) -> None:
    assert create(python, "after").headers["x-after"] == "201"
    answer = create(python, "other")
    assert (answer.status_code, answer.content) == (202, b"")
    assert python.last()["upstream"]["status"] == 201
    assert names(python) == ["after", "other"]


def test_who_looks_sees_the_exchange_and_keeps_nobody_from_firing(python: Target) -> None:
    create(python, "plain")
    note = python.last()["trace"]["notes"][-1]
    assert note["who"] == "plain" and note["seen"] >= 1 and note["token"]
    assert [rule["name"] for rule in python.fired()] == ["look"]
    create(python, "reply")
    assert [rule["name"] for rule in python.fired()] == ["look", "as_reply"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("wrong-before", "ValueError: a mistake"),
        ("wrong-async", "KeyError: 'missing'"),
        ("wrong-engine", "ZeroDivisionError: in engine"),
        ("wrong-late", "ZeroDivisionError: behind engine"),
        ("wrong-answer", "TypeError: an Answer is wanted, int was returned"),
        ("wrong-after", "AttributeError: 'Reply' object has no attribute 'nothing'"),
        ("wrong-return", "TypeError: a status, a Reply or None is wanted, '503' was returned"),
        ("wrong-exit", "SystemExit: 3"),
        ("wrong-deep", "RecursionError"),
    ],
)
def test_an_error_is_told_and_the_request_served_as_if_there_were_no_fault(
    python: Target, server: Any, name: str, told: str
) -> None:
    answer = create(python, name)
    assert (answer.status_code, answer.json()["userName"]) == (201, name)
    assert names(python) == [name]
    error = python.fired()[-1]["error"]
    assert re.search(r"my_faults\.py:\d+: ", error) and told in error
    line = int(error.split("my_faults.py:")[1].split(":")[0])
    if "Error:" in told and "wanted" not in told:
        assert FAULTS.splitlines()[line - 1].strip().startswith(("raise", "return"))
    assert f"the fault '{name.replace('-', '_')}' failed" in server.log.read_text()
    assert server.process.poll() is None


WRONG: list[tuple[str, str, str]] = [
    ("def broken(:\n    pass\n", "1", "is not Python"),
    ("\nimport no_such_module_at_all\n", "2", "ModuleNotFoundError"),
    ("\n\nraise SystemExit(7)\n", "3", "SystemExit: 7"),
    ("x = 1\n", "", "has no faults"),
    (
        "from scimmock.faults.python import fault\n@fault(match={'operatoin': 'read'})\ndef f(call): pass\n",
        "2",
        "match.operatoin",
    ),
    ("from scimmock.faults.python import fault\n@fault(stage='late')\ndef f(call): pass\n", "2", "stage"),
    (
        "from scimmock.faults.python import fault\n@fault(stage='after')\nasync def f(call, reply): pass\n",
        "2",
        "async",
    ),
    ("from scimmock.faults.python import fault\n@fault()\nclass F: pass\n", "", "no function"),
    (
        "from scimmock.faults.python import fault\n@fault(name='a b')\ndef f(call): pass\n",
        "2",
        "is no name",
    ),
    (
        "from scimmock.faults.python import fault\n@fault(name='a')\ndef f(call): pass\n"
        "@fault(name='a')\ndef g(call): pass\n",
        "4",
        "stands twice",
    ),
]


@pytest.mark.parametrize(("text", "line", "told"), WRONG)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, line: str, told: str) -> None:
    path = tmp_path / "faults.py"
    path.write_text(text)
    with pytest.raises(FileError) as caught:
        load_python(path)
    assert told in str(caught.value)
    assert f"{path}{':' * bool(line)}{line}" in str(caught.value)


def test_an_error_in_what_it_imports_names_that_file(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "imported_and_broken.py").write_text("\n\nx = (\n")
    path = tmp_path / "faults.py"
    path.write_text("import imported_and_broken\n")
    with pytest.raises(FileError, match=r"imported_and_broken\.py:3"):
        load_python(path)


@pytest.mark.parametrize("text", [WRONG[0][0], WRONG[1][0], WRONG[2][0]])
def test_the_server_does_not_start_with_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.py"
    path.write_text(text)
    command = [sys.executable, "-m", "scimmock", "serve", "--port", "0", "--faults", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 4 and re.search(r"faults\.py:\d+", done.stderr)
    assert "Traceback" not in done.stderr


def test_the_example_of_the_documentation(launch: Callable[..., Any], tmp_path: Path) -> None:
    assert module.__doc__ is not None
    example = module.__doc__.split("::\n\n")[1].split("\n\nAn error")[0]
    path = tmp_path / "example.py"
    path.write_text("\n".join(line.removeprefix("    ") for line in example.splitlines()))
    server = launch("--users", "0", "--groups", "0", "--faults", str(path))
    body = {"schemas": [USER], "userName": "g", "userType": "Guest"}
    with server.client() as client:
        assert client.post("/Users", json={"schemas": [USER], "userName": "e"}).status_code == 201
        assert [client.post("/Users", json=body).status_code for _ in range(4)] == [503, 503, 201, 409]


def test_the_example_of_the_page(launch: Callable[..., Any], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
    path = tmp_path / "my_faults.py"
    path.write_text(page.split("## Faults in Python")[1].split("```python\n")[1].split("```")[0])
    server = launch("--users", "0", "--groups", "0", "--faults", str(path))
    body = {"schemas": [USER], "userName": "robot-1"}
    with server.client() as client:
        assert client.post("/Users", json=body).status_code == 403
        assert client.get("/Users").headers["x-cache"] == "HIT"


def test_inside_a_bulk_request(python: Target) -> None:
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": {"schemas": [USER], "userName": name}}
        for name in ("reply", "refused", "wrong-engine", "wrong-before")
    ]
    results = python.bulk(*operations).json()["Operations"]
    assert [result["status"] for result in results] == ["418", "507", "201", "201"]
    assert names(python) == ["refused", "wrong-engine", "wrong-before"]
