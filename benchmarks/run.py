"""Measure scimmock beside a bare route (the ceiling) and scim2-server (the peer); see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import measure
import report
from operations import OPERATIONS, Operation
from population import explore, load
from servers import HERE, Server, peer_interpreter, running, scimmock_command, scimmock_serve
from startup import measure_startup

FLAT_USERS = (1_000, 100_000)
FLAT_RATIO = 1.3
GROUP, FLAT_GROUP = 5_000, 400
Results = list[tuple[Operation, dict[str, measure.Figure]]]


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000, help="size of the directory (default 10000)")
    parser.add_argument("--connections", type=int, default=8, help="requests in flight (default 8)")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--flat", action="store_true", help="also compare 1,000 with 100,000 users")
    parser.add_argument(
        "--only", action="append", metavar="WORD", help="only operations with WORD in their title"
    )
    parser.add_argument("--json", metavar="FILE", help="write every figure to FILE")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--command", help="how to call scimmock (default: the one beside this interpreter)")
    parser.add_argument("--peer-python", metavar="PATH", help="interpreter that has scim2-server")
    parser.add_argument("--no-peer", action="store_true", help="leave scim2-server out")
    parser.add_argument("--no-okta", action="store_true", help="leave the okta fixture out")
    parser.add_argument("--no-startup", action="store_true", help="leave start-up and memory out")
    parser.add_argument(
        "--only-references", action="store_true", help="no scimmock: the two references alone"
    )
    return parser.parse_args()


def note(text: str) -> None:
    """Progress goes to standard error; standard output is the report."""
    print(text, file=sys.stderr, flush=True)


def start(stack: ExitStack, width: int, name: str, command: list[str], *ready_option: str) -> Server:
    """Start a server that ends with the stack."""
    note(f"starting {name}")
    server = stack.enter_context(running(name, command, list(ready_option), width))
    note(f"{name} ready after {server.ready_after:.2f} s")
    return server


def chosen(args: argparse.Namespace) -> list[Operation]:
    """The operations that were asked for."""
    words = args.only or [""]
    return [o for o in OPERATIONS if any(word.lower() in o.title.lower() for word in words)]


def compare(args: argparse.Namespace, command: list[str], rounds: int, budget: float) -> Results:
    """All operations on all servers."""
    with ExitStack() as stack:
        contenders: list[measure.Contender] = []
        fixtures = [] if args.only_references else ["rfc"] if args.no_okta else ["rfc", "okta"]
        for fixture in fixtures:
            serve = scimmock_serve(command, fixture, args.users)
            server = start(stack, args.connections, f"scimmock {fixture}", serve, "--ready-file")
            contenders.append(measure.Contender(server, explore(server, GROUP)))
        if not args.no_peer:
            python = stack.enter_context(peer_interpreter(args.peer_python))
            server = start(stack, args.connections, report.PEER, [python, str(HERE / "peer.py")])
            note(f"creating {args.users} users in {report.PEER}")
            load(server, args.users)
            contenders.append(measure.Contender(server, explore(server, GROUP)))
        if not contenders:
            raise SystemExit("nothing to measure: no scimmock and no peer")
        bare = [sys.executable, str(HERE / "ceiling.py")]
        ceiling = start(stack, args.connections, measure.CEILING, bare)
        contenders.append(measure.Contender(ceiling, contenders[0].directory))
        for contender in contenders[:-1]:
            note(f"{contender.server.name}: the group has {len(contender.directory.members)} members")
        results: Results = []
        for operation in chosen(args):
            note(f"measuring {operation.title}")
            results.append((operation, measure.measure(operation, contenders, rounds, budget)))
        return results


def flatness(
    args: argparse.Namespace, command: list[str], rounds: int, budget: float
) -> list[report.Compared]:
    """The same operations in a small and in a large directory, in turns."""
    rows: list[report.Compared] = []
    with ExitStack() as stack:
        contenders = []
        for users in FLAT_USERS:
            serve = scimmock_serve(command, "rfc", users)
            server = start(stack, args.connections, f"scimmock rfc {users}", serve, "--ready-file")
            contenders.append(measure.Contender(server, explore(server, FLAT_GROUP)))
        for operation in chosen(args):
            if not operation.flat:
                continue
            note(f"measuring {operation.title}")
            figures = measure.measure(operation, contenders, rounds, budget)
            small, large = (figures[contender.server.name] for contender in contenders)
            limit = None
            if small.error is None and large.error is None:
                limit = report.Limit(operation.title, large.best_cpu / small.best_cpu, FLAT_RATIO)
            rows.append(report.Compared(operation.title, small, large, limit))
    return rows


def report_all(args: argparse.Namespace) -> int:
    """Measure, print, write; 0 unless something failed to run."""
    command = shlex.split(args.command) if args.command else scimmock_command()
    rounds, budget = (3, 0.1) if args.quick else (7, 0.5)
    out: dict[str, object] = {
        "machine": report.machine(),
        "users": args.users,
        "connections": args.connections,
    }
    print(f"Machine: {report.machine()}\n")
    results = compare(args, command, rounds, budget)
    print(f"CPU time of the server per request, {args.users:,} users, {args.connections} connections:\n")
    print(report.operations_table(results, args.markdown), flush=True)
    if uneven := report.spread(results):
        print("\nUneven rounds:\n")
        print("\n".join(f"- {line}" for line in uneven), flush=True)
    failed = [
        f"{operation.title}, {name}: {figure.error}"
        for operation, figures in results
        for name, figure in figures.items()
        if figure.error is not None
    ]
    out["operations"] = {
        operation.title: {
            "servers": {name: figure.as_json() for name, figure in figures.items()},
            "targets": [{**limit._asdict(), "ok": limit.ok} for limit in report.limits(operation, figures)],
        }
        for operation, figures in results
    }
    if args.flat and not args.only_references:
        rows = flatness(args, command, rounds, budget)
        print(f"\nThe same with {' and with '.join(f'{size:,}' for size in FLAT_USERS)} users (rfc):\n")
        print(report.flat_table(rows, FLAT_USERS, args.markdown), flush=True)
        failed += [
            f"{title}, flat: {f.error}" for title, *pair, _ in rows for f in pair if f.error is not None
        ]
        out["flat"] = {
            title: {
                "small": small.as_json(),
                "large": large.as_json(),
                "ratio": limit and round(limit.value, 3),
            }
            for title, small, large, limit in rows
        }
    if not args.no_startup and not args.only_references:
        found = measure_startup(command, repeat=3 if args.quick else 5, large=not args.quick)
        print("\nStart-up and memory:\n")
        print(report.limits_table(found, args.markdown))
        out["startup"] = [{**limit._asdict(), "ok": limit.ok} for limit in found]
    for line in failed:
        note(f"failed: {line}")
    if args.json:
        Path(args.json).write_text(json.dumps({**out, "failed": failed}, indent=2, ensure_ascii=False) + "\n")
    return 1 if failed else 0


def main() -> int:
    """Run with compiled modules, as installed software has them, and end the servers also on SIGTERM."""
    args = options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with TemporaryDirectory(prefix="benchmark-") as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        return report_all(args)


if __name__ == "__main__":
    sys.exit(main())
