"""What `scimmock provision` costs beside a bare loop of the same requests with the same HTTP client."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import report
from servers import Server, environment, running, scimmock_command

from scimmock.idps.cycles import Cycles
from scimmock.idps.job import Client, Job, load_client
from scimmock.idps.report import About, Report
from scimmock.idps.scenario import in_order
from scimmock.idps.template import Rendered
from scimmock.idps.wire import Answer, Wire, encoded, headers_of
from scimmock.outgoing.timeline import DryTimeline

LEAST = 0.6  # of the rate of the bare loop
SEED = 1


@dataclass
class Listening:
    """A wire that keeps what it sends, to send it again later."""

    wire: Wire
    sent: list[tuple[Rendered, int | None]] = field(default_factory=list)

    def send(self, rendered: Rendered) -> Answer:
        """Return the answer of the target."""
        answer = self.wire.send(rendered)
        self.sent.append((rendered, answer.status))
        return answer


def base_url(server: Server, tenant: str) -> str:
    """The SCIM base of a tenant that is made when it is first asked for."""
    return f"http://{server.host}:{server.port}/t/{tenant}{server.prefix}"


def provisioned(
    client: Client, server: Server, tenant: str, args: argparse.Namespace
) -> tuple[list[tuple[Rendered, int | None]], float]:
    """Play the scenarios; returns the requests, and how many of them there were in a second."""
    url = base_url(server, tenant)
    scenarios = in_order(args.scenario)
    wire = Wire(url, f"Bearer {server.token}", protocol=client.dialect.protocol)
    listening = Listening(wire)
    listener = Report(About(client.name, url, tuple(scenarios), SEED, args.users, args.groups))
    size = {"users": args.users, "groups": args.groups, "seed": SEED}
    cycles = Cycles.of(client.dialect.cycle, 3, None, True)
    begin = time.perf_counter()
    Job(client, listening, listener, DryTimeline(), cycles=cycles, **size).play(scenarios)
    rate = len(listening.sent) / (time.perf_counter() - begin)
    wire.close()
    return listening.sent, rate


def looped(
    client: Client, server: Server, tenant: str, requests: list[tuple[Rendered, int | None]]
) -> tuple[float, int]:
    """Send the requests again to the tenant, made anew: it gives the same ids to the same resources.

    Returns how many requests there were in a second, and how many were answered otherwise than before.
    """
    url, authorization = base_url(server, tenant), f"Bearer {server.token}"
    prepared = [
        (
            rendered.method,
            url + rendered.target,
            headers_of(rendered, client.dialect.protocol, authorization),
            encoded(rendered.body) if rendered.body is not None else None,
            status,
        )
        for rendered, status in requests
    ]
    different = 0
    with httpx.Client() as http:
        control = f"http://{server.host}:{server.port}/_scimmock/tenants/{tenant}"
        http.delete(control).raise_for_status()
        begin = time.perf_counter()
        for method, target, headers, content, status in prepared:
            answer = http.request(method, target, headers=headers, content=content)
            if answer.content:
                answer.json()
            different += answer.status_code != status
        return len(prepared) / (time.perf_counter() - begin), different


def peak_memory(name: str, server: Server, tenant: str, args: argparse.Namespace, users: int) -> float:
    """Run the command with so many people; returns the largest resident set, in megabytes."""
    command = [*scimmock_command(), "provision", "--as", name, "--to", base_url(server, tenant)]
    command += ["--token", server.token, "--users", str(users), "--groups", str(args.groups), "--quiet"]
    command += [word for scenario in args.scenario for word in ("--scenario", scenario)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    highest = 0
    # What wait4 tells would be at least the size of this process, of which the command was a copy.
    while process.poll() is None:
        highest = _high_water(process.pid) or highest
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return highest / 1024


def _high_water(pid: int) -> int:
    """Return the largest resident set of a process until now, in kilobytes; 0 when it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def main() -> int:
    """Measure and print; 0 unless something failed to run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--as", dest="clients", action="append", metavar="IDP", help="default: okta and entra"
    )
    parser.add_argument("--scenario", action="append", help="default: onboard and group-push")
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--groups", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    args = parser.parse_args()
    args.scenario = args.scenario or ["onboard", "group-push"]
    rows = []
    for name in args.clients or ["okta", "entra"]:
        client = load_client(name)
        serve = [*scimmock_command(), "serve", "--fixture", name, "--users", "0", "--groups", "0", "--quiet"]
        with running("serve", [*serve, "--port", "0"], ["--ready-file"]) as server:
            rates: list[tuple[float, float]] = []
            for turn in range(args.rounds):
                print(f"measuring {name}, round {turn + 1}", file=sys.stderr, flush=True)
                requests, rate = provisioned(client, server, f"round-{turn}", args)
                loop, different = looped(client, server, f"round-{turn}", requests)
                if different:
                    print(f"{name}: {different} answers of the loop differ", file=sys.stderr)
                rates.append((rate, loop))
            memory = [peak_memory(name, server, f"memory-{users}", args, users) for users in (50, args.users)]
        best = max(rate for rate, _ in rates)
        bare = max(loop for _, loop in rates)
        verdict = "ok" if best / bare >= LEAST else "MISSED"
        share = f"{best / bare:.2f} (>= {LEAST:.1f} {verdict})"
        sizes = [f"{megabytes:,.0f}" for megabytes in memory]
        rows.append([name, f"{len(requests):,}", f"{best:,.0f}", f"{bare:,.0f}", share, *sizes])
    few, many = (f"peak with {users:,} users, MB" for users in (50, args.users))
    head = ["as", "requests", "provision, /s", "bare loop, /s", "of the rate", few, many]
    print(report.table(head, rows, args.markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
