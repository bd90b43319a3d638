"""What the pytest plugin costs: for each test that uses it, in memory, and for suites that do not."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import report

MOST_MS = 3.0  # for each test with a directory of its own
MOST_COLLECTION_MS = 30.0
MOST_GROWTH_KB = 1.0  # for each test, once all is warm

# Takes the CPU time of all threads from the setup of tests to their teardown, and the memory now and then.
WATCH = """
import gc, json, os, time
import pytest

seconds, done, memory = 0.0, 0, []


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    global seconds, done
    begin = time.process_time()
    result = yield
    if done:  # the first one starts the server
        seconds += time.process_time() - begin
    done += 1
    if done % 100 == 0:
        gc.collect()
        memory.append(resident())
    return result


def pytest_sessionfinish():
    with open(os.environ["WATCHED"], "w") as file:
        json.dump({"ms": seconds * 1000 / max(1, done - 1), "memory": memory}, file)
"""
# What pytest itself takes for a test with a marker, two fixtures of its own and two of the session.
NOTHING = """
import pytest


@pytest.fixture(scope="session")
def options(request):
    return {{}}


@pytest.fixture(scope="session")
def server(options):
    yield 1


@pytest.fixture
def maker(request, server):
    yield request.node.name


@pytest.fixture
def made(request, options, maker):
    return list(request.node.iter_markers("scimmock"))


@pytest.mark.parametrize("number", range({tests}))
def test_nothing(made, number):
    pass
"""
DIRECTORY = """
import pytest


@pytest.mark.scimmock(fixture={fixture!r})
@pytest.mark.parametrize("number", range({tests}))
def test_directory(scim_server, number):
    pass
"""
USED = """
import pytest


@pytest.mark.scimmock(fixture={fixture!r})
@pytest.mark.parametrize("number", range({tests}))
def test_used(scim_server, number):
    assert scim_server.client.get("/Users").status_code == 200
    scim_server.assert_called("list", times=1)
"""


def run(folder: Path, code: str, *options: str) -> dict[str, Any]:
    """Run a suite in a process of its own; returns what was watched, and the CPU time of it all in ms."""
    (folder / "conftest.py").write_text(WATCH)
    (folder / "test_suite.py").write_text(code)
    watched = folder / "watched.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)]
    begin = _children()
    done = subprocess.run(
        command, env={**os.environ, "WATCHED": str(watched)}, capture_output=True, text=True, cwd=folder
    )
    total = (_children() - begin) * 1000
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return {**json.loads(watched.read_text()), "total": total}


def _children() -> float:
    """Return the CPU seconds that processes have taken which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def growth(memory: list[int]) -> float:
    """Return by how many kB a test lets the process grow: from the second half of the run."""
    half = memory[len(memory) // 2 :]
    return (half[-1] - half[0]) / 1024 / (100 * (len(half) - 1))


def measured(folder: Path, code: str, rounds: int) -> tuple[float, float]:
    """Return the best of several runs: milliseconds and kB of growth for each test."""
    found = [run(folder, code) for _ in range(rounds)]
    return min(one["ms"] for one in found), min(growth(one["memory"]) for one in found)


def main() -> int:
    """Measure and print; 0 unless something failed to run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fixture", action="append", help="default: rfc, okta and slack")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty, own = measured(folder, NOTHING.format(tests=args.tests), args.rounds)
        rows.append(["fixtures that do nothing", "", report.short(empty), "", f"{own:.2f}"])
        for fixture in args.fixture or ("rfc", "okta", "slack"):
            for title, code in (("a directory", DIRECTORY), ("and a request, and an assertion", USED)):
                print(f"measuring {fixture}, {title}", file=sys.stderr, flush=True)
                suite = code.format(tests=args.tests, fixture=fixture)
                cost, grown = measured(folder, suite, args.rounds)
                added = report.Limit("", cost - empty, MOST_MS)
                more = report.Limit("", max(0.0, grown - own), MOST_GROWTH_KB)
                shown = str(added) if code is DIRECTORY else report.short(cost - empty)
                rows.append([title, fixture, report.short(cost), shown, f"{grown:.2f}, {more} more"])
        print("measuring the collection", file=sys.stderr, flush=True)
        totals: dict[str, list[float]] = {"with": [], "without": []}
        for _ in range(8 * args.rounds):
            for which, options in (("with", ()), ("without", ("-p", "no:scimmock"))):
                suite = NOTHING.format(tests=100)
                totals[which].append(float(run(folder, suite, "--collect-only", *options)["total"]))
    print(report.table(["a test with", "fixture", "CPU, ms", "added, ms", "growth, kB"], rows, args.markdown))
    print()
    added = median(one - other for one, other in zip(totals["with"], totals["without"], strict=True))
    middle = [report.short(median(totals[which])) for which in ("without", "with")]
    rows = [[*middle, str(report.Limit("", added, MOST_COLLECTION_MS))]]
    head = ["collecting a suite with -p no:scimmock, CPU ms", "with the plugin", "added, median of pairs"]
    print(report.table(head, rows, args.markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
