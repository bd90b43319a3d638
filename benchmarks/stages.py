"""What the stages of faults, quirks and journal cost: without them, with them, and with 50 rules."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import measure
import report
from operations import OPERATIONS
from population import explore
from servers import HERE, running, scimmock_command, scimmock_serve

IDLE, BUSY = 1.15, 1.40
GROUP = 400
WORDS = ("by id", "userName", "first", "POST", "title")


def fifty_rules() -> list[dict[str, object]]:
    """Rules of mixed kinds that fit no request of the benchmark, or never have their turn."""
    rules: list[dict[str, object]] = []
    for number in range(13):
        methods = ("OPTIONS", "PUT", "HEAD")
        rules.append({"match": {"method": methods[number % 3]}, "do": {"status": 503}})
        rules.append({"match": {"filter": f'userName eq "nobody-{number}"'}, "do": {"reset": True}})
        rules.append({"match": {"path": f"*/Devices-{number}/*"}, "do": {"close": True}})
        rules.append({"when": {"probability": 0}, "do": {"status": 500}})
    return [{"name": f"rule-{number}", **rule} for number, rule in enumerate(rules[:50])]


def main() -> int:
    """Measure and print; 0 unless something failed to run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    args = parser.parse_args()
    rounds, budget = (5, 0.15) if args.quick else (11, 0.5)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        rules = Path(folder) / "rules.json"
        rules.write_text(json.dumps(fifty_rules()))
        serve = scimmock_serve(scimmock_command(), "rfc", args.users)
        at = serve.index("serve")
        without = [sys.executable, str(HERE / "without_stages.py"), *serve[at:]]
        contenders = []
        for name, command in (
            ("without", without),
            ("no rule", serve),
            ("50 rules", [*serve, "--faults", str(rules)]),
        ):
            print(f"starting: {name}", file=sys.stderr, flush=True)
            server = stack.enter_context(running(name, command, ["--ready-file"], args.connections))
            contenders.append(measure.Contender(server, explore(server, GROUP)))
        rows = []
        failed = False
        for operation in OPERATIONS:
            if not any(word in operation.title for word in WORDS):
                continue
            print(f"measuring {operation.title}", file=sys.stderr, flush=True)
            figures = measure.measure(operation, contenders, rounds, budget)
            base, idle, busy = (figures[contender.server.name] for contender in contenders)
            if base.error or idle.error or busy.error:
                failed = True
                rows.append([operation.title, str(base.error or idle.error or busy.error), "", "", "", ""])
                continue
            cells = [operation.title] + [f"{figure.best_cpu * 1e6:.1f}" for figure in (base, idle, busy)]
            for figure, most in ((idle, IDLE), (busy, BUSY)):
                ratio = figure.best_cpu / base.best_cpu
                verdict = "ok" if ratio <= most else "MISSED"
                cells.append(f"{ratio:.2f} (<= {most:.2f} {verdict})")
            rows.append(cells)
    head = ["operation", "without, µs", "no rule, µs", "50 rules, µs", "no rule", "50 rules"]
    print(report.table(head, rows, args.markdown))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
