"""What ``scimmock replay --minimize`` does: resets the target, tries fewer exchanges, writes what is left."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from ..clock import format_time
from ..errors import FileError, UnreachableError, UsageError, UserError
from ..outgoing.remote import control_of
from ..outgoing.target import Target
from ..outgoing.timeline import Ask, RealTimeline, find_timeline
from ..playback.minimize import Goal, Minimizer, adjusted, goal_of, needs_of, related, shown
from ..playback.order import number_of
from ..playback.player import MOST_CONNECTIONS
from ..playback.replaying import Replaying
from ..playback.run import Excerpt, Outcome, Plan, Replay
from ..playback.seeding import seed_state
from ..playback.survey import survey
from ..traffic.bindings import Bindings
from ..traffic.recording import Recording, encode_line

_PATIENCE = 20.0  # seconds until the reference is there
_RESET = 60.0  # seconds that a reset may take
_LEFT_OUT = ("SCIMMOCK_",)

_TEST = '''\
"""{what}

Written by scimmock replay --minimize; the session stands in {file} beside this file.

    export SCIM_BASE_URL=http://127.0.0.1:8080/scim/v2 SCIM_TOKEN=scimmock
    pytest {name}
"""

import os
from pathlib import Path

import scimmock

SESSION = Path(__file__).with_name({file!r})


def test_session() -> None:
    outcome = scimmock.replay(
        SESSION,
        os.environ["SCIM_BASE_URL"],
        token=os.environ.get("SCIM_TOKEN"),{options}
    )
    assert outcome.ok, outcome
'''
# The options that say what differs, by their names in both places.
_KEPT = ("ignore", "header", "strict", "expect", "seed_state")


@dataclass(frozen=True, slots=True)
class _Bench:
    """A service at which exchanges are tried, and how it is put back before that."""

    target: Target
    timeline: RealTimeline
    reset: Callable[[], None]
    plan: Plan


def check_minimize(given: dict[str, Any]) -> None:
    """Raise UsageError where the file of ``--minimize`` is there already."""
    for file in (given["minimize"], _test_of(given["minimize"])):
        if file.exists():
            raise UsageError(f"{file} is there already", hint="another name for --minimize would be right")


def check_reset(given: dict[str, Any], timeline: RealTimeline) -> None:
    """Raise UsageError where nothing can put the target back before each attempt."""
    if not timeline.leaps and given["reset_url"] is None and given["reset_command"] is None:
        hint = "--reset-url URL or --reset-command COMMAND puts it back before each attempt"
        raise UsageError("--minimize tries the session many times, and the target is no scimmock", hint=hint)


def minimize(given: dict[str, Any], run: Replaying, stop: threading.Event) -> None:
    """Write the fewest exchanges that still show the first cause of a replay, and a test."""
    recording = run.recording
    goal = goal_of(run.replayed.outcome)
    assert goal is not None
    exchanges = [one for one in recording if run.select(one)]
    places = {number_of(one): place for place, one in enumerate(exchanges)}
    target = places[goal.n]
    if goal.id is None:
        exchanges = exchanges[: target + 1]
    plan = replace(run.plan, look_at_the_end=goal.id is not None, stop_on_difference=False)
    bench = _bench(given, run.timeline, plan)
    try:
        with _reference(recording, plan) as reference:
            left = _reduced(exchanges, recording, goal, target, bench, reference, given, stop)
    finally:
        bench.target.close()
    if left is not None and not stop.is_set():
        _write(given, recording, left, goal, len(exchanges))


def _reduced(
    exchanges: list[dict[str, Any]],
    recording: Recording,
    goal: Goal,
    target: int,
    bench: _Bench,
    reference: _Bench | None,
    given: dict[str, Any],
    stop: threading.Event,
) -> list[dict[str, Any]] | None:
    def at(one: _Bench, chosen: list[dict[str, Any]]) -> frozenset[tuple[object, ...]]:
        excerpt = Excerpt(recording.header, chosen)
        return shown(_attempt(one, excerpt, given["seed_state"], stop)[0], goal)

    if at(bench, exchanges) != goal.aspects:
        click.echo("scimmock: not minimized: after a reset the difference does not show again", err=True)
        return None
    judge = reference
    if judge is not None and at(judge, exchanges):
        judge = None  # it is not as the recorded service was
    likely = related(exchanges, target)
    must = {target} if judge is not None else {target} | likely

    def test(chosen: list[int]) -> bool:
        some = [exchanges[place] for place in chosen]
        # Where the reference differs too, the recorded answer is not right any more.
        return at(bench, some) == goal.aspects and not (judge is not None and at(judge, some))

    def tried(size: int, count: int, shown: bool) -> None:
        if not given["quiet"] and sys.stderr.isatty():
            click.echo(f"\rattempt {count}: {size} exchanges {'show it' if shown else 'do not'}   ", nl=False)

    minimizer = Minimizer(needs_of(exchanges, judge is None), test, tried, stop.is_set)
    left = minimizer.reduce(range(len(exchanges)), must, likely)
    if not given["quiet"]:
        count = f"{minimizer.tests} attempts"
        how = "" if judge is not None else "; what wrote to the same resources before it is kept"
        click.echo(f"minimized from {len(exchanges)} to {len(left)} exchanges in {count}{how}", err=True)
    few = [exchanges[place] for place in left]
    if judge is None:
        return few
    return adjusted(few, *_attempt(judge, Excerpt(recording.header, few), given["seed_state"], stop))


def _attempt(bench: _Bench, excerpt: Excerpt, seeds: bool, stop: threading.Event) -> tuple[Outcome, Bindings]:
    bench.reset()
    found = survey(excerpt, lambda one: True, with_documents=seeds)
    play = Replay(excerpt, found, bench.target, bench.timeline, bench.plan, stop=stop)
    if seeds:
        seed_state(play.player, found)
    return play.run(), play.player.bindings


# ---- the services


def _bench(given: dict[str, Any], timeline: RealTimeline, plan: Plan) -> _Bench:
    target = Target(given["to"], timeout=given["timeout"], connections=MOST_CONNECTIONS)
    if given["reset_url"] is not None:
        return _Bench(target, timeline, lambda: _post(given["reset_url"]), plan)
    if given["reset_command"] is not None:
        return _Bench(target, timeline, lambda: _run(given["reset_command"]), plan)
    ask = control_of(given["to"], given["admin_token"])
    return _Bench(target, timeline, lambda: _rewind(ask, timeline.frozen), plan)


def _rewind(ask: Ask, frozen: float | None) -> None:
    """Put a scimmock back: its directory, its rules, and its clock where that stands still."""
    ask("DELETE", "state?faults=true", None)
    if frozen is not None:
        ask("POST", "clock", {"freeze": format_time(frozen)})


def _post(url: str) -> None:
    request = urllib.request.Request(url, b"", method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=_RESET) as answer:
            answer.read()
    except OSError as error:
        raise UnreachableError(f"{url} does not reset the target: {error}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _run(command: str) -> None:
    try:
        done = subprocess.run(shlex.split(command), timeout=_RESET, capture_output=True, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"--reset-command cannot be run: {error}") from None
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip()[-200:]
        raise UserError(f"--reset-command ended with {done.returncode}: {told}")


@contextmanager
def _reference(recording: Recording, plan: Plan) -> Iterator[_Bench | None]:
    """Run a mock like the recorded service, to know which answers are still right; None without one."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready.json")
        command = [sys.executable, "-m", "scimmock", "serve", "--like", str(recording.path.resolve())]
        if not recording.header.get("fixture"):
            command += ["--fixture", "rfc"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
        process = subprocess.Popen(
            [*command, "--port", "0", "--ready-file", str(ready), "--quiet"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            told = _told(process, ready)
            if told is None:
                yield None
                return
            to = told["local_url"] + told["base_url"].removeprefix(told["url"])
            ask = control_of(to, told["admin_token"])
            timeline = find_timeline(threading.Event(), ask)
            options = replace(plan.options, authorization=f"Bearer {told['token']}")
            bench = _Bench(
                Target(to, connections=MOST_CONNECTIONS),
                timeline,
                lambda: _rewind(ask, timeline.frozen),
                replace(plan, options=options),
            )
            yield bench
            bench.target.close()
        finally:
            process.terminate()
            process.wait()


def _told(process: subprocess.Popen[bytes], ready: Path) -> dict[str, Any] | None:
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        if ready.exists():
            found: dict[str, Any] = json.loads(ready.read_text("utf-8"))
            return found
        time.sleep(0.02)
    return None


# ---- what is written


def _test_of(file: Path) -> Path:
    name = file.stem.replace("-", "_").replace(".", "_")
    return file.with_name(f"test_{name}.py")


def _write(
    given: dict[str, Any], recording: Recording, left: list[dict[str, Any]], goal: Goal, count: int
) -> None:
    file: Path = given["minimize"]
    test = _test_of(file)
    header = {**recording.header, "minimized": {"exchange": goal.n, "from": count}}
    what = f"The fewest exchanges of {recording.path.name} that show what differs in exchange {goal.n}."
    try:
        file.write_bytes(b"".join(map(encode_line, [header, *left])))
        file.chmod(0o600)
        options = "".join(f"\n        {name}={given[name]!r}," for name in _KEPT if given[name])
        text = _TEST.format(what=what, file=file.name, name=test.name, options=options)
        test.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}", where=str(file)) from None
    if not given["quiet"]:
        click.echo(f"written: {file}, {test}", err=True)
