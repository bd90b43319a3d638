"""What `scimmock replay` costs beside a bare loop of the same requests with the same HTTP client."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import report
from servers import Server, environment, running, scimmock_command

from scimmock.outgoing.target import Target
from scimmock.outgoing.timeline import RealTimeline
from scimmock.playback.player import Options, headers_to_send
from scimmock.playback.run import Outcome, Plan, Replay
from scimmock.playback.survey import survey
from scimmock.traffic.form import body_bytes
from scimmock.traffic.recording import Recording, open_recording

LEAST = 0.5  # of the rate of the bare loop
SEED = 1


def base_url(server: Server, tenant: str) -> str:
    """The SCIM base of a tenant that is made when it is first asked for."""
    return f"http://{server.host}:{server.port}/t/{tenant}{server.prefix}"


def recorded(server: Server, name: str, file: Path, users: int) -> Recording:
    """Record a session of an identity provider; the tenant is of its own."""
    command = [*scimmock_command(), "provision", "--as", name, "--to", base_url(server, "recorded")]
    command += ["--token", server.token, "--users", str(users), "--groups", "50", "--seed", str(SEED)]
    command += [
        "--scenario",
        "onboard",
        "--scenario",
        "group-push",
        "--record",
        str(file),
        "--redact",
        "none",
    ]
    done = subprocess.run([*command, "--quiet"], env=environment(), check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}")
    return open_recording(file)


def replayed(server: Server, tenant: str, recording: Recording) -> tuple[Outcome, float]:
    """Replay at a tenant with other ids; returns the outcome, and the exchanges in a second."""
    plan = Plan(lambda one: True, options=Options(f"Bearer {server.token}"), look_at_the_end=False)
    begin = time.perf_counter()
    found = survey(recording, plan.select)
    target = Target(base_url(server, tenant))
    timeline = RealTimeline(threading.Event())
    outcome = Replay(recording, found, target, timeline, plan).run()
    target.close()
    return outcome, len(outcome.lines) / (time.perf_counter() - begin)


def looped(server: Server, recording: Recording) -> float:
    """Send the recorded requests as they stand to the tenant that they were recorded at, made anew: the ids
    are the same. Returns how many there were in a second."""
    url, authorization = base_url(server, "recorded"), f"Bearer {server.token}"
    prepared = []
    found = survey(recording, lambda one: True)
    for exchange in recording:
        request = exchange["request"]
        query = f"?{request['query']}" if request["query"] else ""
        headers = headers_to_send([(name, value) for name, value in request["headers"]], authorization, found)
        content = body_bytes(request["body"]) or None
        prepared.append((request["method"], f"{url}{request['path']}{query}", headers, content))
    with httpx.Client() as http:
        http.delete(f"http://{server.host}:{server.port}/_scimmock/tenants/recorded").raise_for_status()
        begin = time.perf_counter()
        for method, target, sent, body in prepared:
            answer = http.request(method, target, headers=sent, content=body)
            if answer.content:
                answer.json()
        return len(prepared) / (time.perf_counter() - begin)


def peak_memory(server: Server, tenant: str, file: Path, last: int | None = None) -> float:
    """Run the command; returns its largest resident set, in megabytes."""
    command = [*scimmock_command(), "replay", str(file), "--to", base_url(server, tenant)]
    command += ["--token", server.token, "--quiet", "--no-final-check"]
    command += ["--to-exchange", str(last)] if last is not None else []
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    highest = 0
    while process.poll() is None:
        with suppress(OSError):
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    highest = int(line.split()[1])
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return highest / 1024


def main() -> int:
    """Measure and print; 0 unless something failed to run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--as", dest="clients", action="append", metavar="IDP", help="default: okta and entra"
    )
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    args = parser.parse_args()
    rows = []
    for name in args.clients or ["okta", "entra"]:
        serve = [*scimmock_command(), "serve", "--fixture", name, "--users", "0", "--groups", "0", "--quiet"]
        with (
            tempfile.TemporaryDirectory() as folder,
            running("serve", [*serve, "--port", "0"], ["--ready-file"]) as server,
        ):
            file = Path(folder, "session.jsonl")
            recording = recorded(server, name, file, args.users)
            rates = []
            for turn in range(args.rounds):
                print(f"measuring {name}, round {turn + 1}", file=sys.stderr, flush=True)
                outcome, rate = replayed(server, f"round-{turn}", recording)
                if not outcome.is_same:
                    print(f"{name}: {len(outcome.differing)} exchanges differ", file=sys.stderr)
                rates.append((rate, looped(server, recording)))
            few = peak_memory(server, "few", file, 500)
            many = peak_memory(server, "many", file)
            size = file.stat().st_size / 1e6
        best, bare = max(rate for rate, _ in rates), max(loop for _, loop in rates)
        verdict = "ok" if best / bare >= LEAST else "MISSED"
        share = f"{best / bare:.2f} (>= {LEAST:.1f} {verdict})"
        count = len(outcome.lines)
        rows.append(
            [
                name,
                f"{count:,}",
                f"{size:,.0f}",
                f"{best:,.0f}",
                f"{bare:,.0f}",
                share,
                f"{few:,.0f}",
                f"{many:,.0f}",
            ]
        )
    head = ["session of", "exchanges", "MB", "replay, /s", "bare loop, /s", "of the rate"]
    head += ["peak with 500 exchanges, MB", "peak with all, MB"]
    print(report.table(head, rows, args.markdown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
