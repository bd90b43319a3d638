"""What recording costs: `serve --record` beside `serve`, and mitmdump with the addon beside mitmdump."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import measure
import report
from client import Answer, Timing, cpu_seconds, timed
from operations import create, page_at, replace_one
from population import Directory, explore
from servers import HERE, Call, Server, environment, running, scimmock_command, scimmock_serve

GROUP = 400
EXPECTED = frozenset({200, 201})
SERVE, PROXY = 0.5, 0.7  # of the rate without recording
Calls = Callable[[Directory, int], list[Call]]


def mix(directory: Directory, count: int) -> list[Call]:
    """Provision users as identity providers do: look for one who is not there yet, create that one, and
    change one who was created before."""
    third = max(1, count // 3)
    made = create(directory, third)
    found: list[Call] = []
    for number, call in enumerate(made):
        person: Any = call.document
        query = quote(f'userName eq "{person["userName"]}"', safe="")
        before = directory.externals[number % len(directory.externals)]
        found += [Call("GET", f"/Users?filter={query}"), call, replace_one(directory, before)]
    return found


@dataclass(frozen=True)
class Pair:
    """Two servers of which the second one records; ``least`` is the share of the rate that it must reach
    on the mix."""

    what: str
    plain: measure.Contender
    recording: measure.Contender
    least: float


def _delete_created(server: Server, answers: list[Answer]) -> None:
    for answer in answers:
        if answer.status == 201:
            server.ask(Call("DELETE", f"/Users/{answer.json()['id']}"), 204)


def _helpers(pid: int) -> list[int]:
    """Return the processes that a server has started to help it, where that can be looked up."""
    try:
        return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _round(contender: measure.Contender, calls: Calls, count: int) -> Timing:
    """Measure one round; the CPU is that of the server and of what helps it."""
    server = contender.server
    requests = [server.encode(call) for call in calls(contender.directory, count)]
    connections = server.fresh()
    before = {pid: cpu_seconds(pid) for pid in _helpers(server.pid)}
    timing = timed(connections, server.pid, requests, EXPECTED)
    helped = sum(cpu_seconds(pid) - begin for pid, begin in before.items())
    _delete_created(server, timing.answers)
    return timing._replace(cpu=timing.cpu + helped / len(requests))


def compared(
    pair: Pair, title: str, calls: Calls, count: int, rounds: int, least: float | None = None
) -> list[str]:
    """Measure both in turns; return a row of the table."""
    found: dict[str, list[Timing]] = {"plain": [], "recording": []}
    for turn in range(rounds + 1):
        for name, contender in (("plain", pair.plain), ("recording", pair.recording)):
            timing = _round(contender, calls, count)
            if turn:  # the first round is to warm up
                found[name].append(timing)
    rates = {name: 1 / min(timing.wall for timing in timings) for name, timings in found.items()}
    cpu = {name: min(timing.cpu for timing in timings) for name, timings in found.items()}
    shares = [one.wall / other.wall for one, other in zip(found["plain"], found["recording"], strict=True)]
    share = rates["recording"] / rates["plain"]
    verdict = "" if least is None else f" (>= {least:.1f} {'ok' if share >= least else 'MISSED'})"
    return [
        f"{pair.what}: {title}",
        f"{cpu['plain'] * 1e6:,.0f}",
        f"{cpu['recording'] * 1e6:,.0f}",
        f"{rates['plain']:,.0f}",
        f"{rates['recording']:,.0f}",
        f"{share:.2f}{verdict}",
        f"{median(shares):.2f}",
    ]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def proxied(upstream: Server, name: str, folder: Path, options: list[str]) -> Iterator[Server]:
    """Run mitmdump before a server, as its own CPU clock sees it."""
    port = _free_port()
    command = [str(Path(sys.executable).parent / "mitmdump"), "-q", "-p", str(port)]
    command += ["--listen-host", "127.0.0.1", "--mode", f"reverse:http://{upstream.host}:{upstream.port}"]
    command += ["--set", f"confdir={folder / 'confdir'}", *options]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment(), start_new_session=True)
    begin = time.perf_counter()
    try:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.perf_counter() - begin > 30:
                raise RuntimeError(f"{name} did not start: {(folder / f'{name}.log').read_text()}")
            time.sleep(0.05)
        server = replace(upstream, name=name, pid=process.pid, port=port, connections=[])
        server.connect()
        yield server
        server.close()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def pairs(args: argparse.Namespace, stack: ExitStack, folder: Path) -> Iterator[Pair]:
    """Start what is measured, one pair after the other."""
    serve = scimmock_serve(scimmock_command(), "rfc", args.users)
    width = args.connections
    redact = ["--redact", args.redact]
    if args.redact == "pseudonyms":
        redact += ["--redact-key", str(folder / "key")]

    def started(name: str, more: list[str]) -> measure.Contender:
        server = stack.enter_context(running(name, [*serve, *more], ["--ready-file"], width))
        return measure.Contender(server, explore(server, GROUP))

    plain = started("serve", [])
    recording = started("serve --record", ["--record", str(folder / "serve.jsonl"), *redact])
    yield Pair("serve", plain, recording, SERVE)
    if args.no_proxy:
        return
    addon = [
        "-s", str(HERE.parent / "scimmock" / "proxy" / "addon.py"),
        "--set", f"scim_record={folder / 'proxy.jsonl'}",
        "--set", f"scim_redact={args.redact}",
        "--set", f"scim_redact_key={folder / 'key'}",
    ]  # fmt: skip
    before = stack.enter_context(proxied(plain.server, "mitmdump", folder, []))
    within = stack.enter_context(proxied(plain.server, "with-addon", folder, addon))
    yield Pair(
        "mitmdump",
        measure.Contender(before, plain.directory),
        measure.Contender(within, plain.directory),
        PROXY,
    )


def main() -> int:
    """Measure and print; 0 unless something failed to run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--redact", choices=("none", "secrets", "pseudonyms"), default="pseudonyms")
    parser.add_argument("--no-proxy", action="store_true", help="leave mitmdump out")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--json", metavar="FILE", help="write the rows to FILE")
    args = parser.parse_args()
    rounds, scale = (3, 1) if args.quick else (7, 3)
    rows = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, ExitStack() as stack:
        for pair in pairs(args, stack, Path(name)):
            size = scale * (300 if pair.what == "mitmdump" else 900)
            for title, calls, count, least in (
                ("mix", mix, size, pair.least),
                ("pages of 100", page_at(0.5), size // 10, None),
            ):
                print(f"measuring {pair.what}, {title}", file=sys.stderr, flush=True)
                rows.append(compared(pair, title, calls, count, rounds, least))
    head = ["what", "plain, µs", "recording, µs", "plain, /s", "recording, /s", "of the rate", "median"]
    print(report.table(head, rows, args.markdown))
    if args.json:
        Path(args.json).write_text(json.dumps([dict(zip(head, row, strict=True)) for row in rows], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
