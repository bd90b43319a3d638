"""Tables of what was measured, beside the targets."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from measure import CEILING, Figure
from operations import Operation

Row = Sequence[str]
SUBJECT, OTHER, PEER = "scimmock rfc", "scimmock okta", "scim2-server"
NONE = "-"
SPREAD = 1.25


class Limit(NamedTuple):
    """A value that has a target: at most it, or at least it."""

    what: str
    value: float
    target: float
    unit: str = ""
    at_least: bool = False

    @property
    def ok(self) -> bool:
        """Whether the value is within the target."""
        return self.value >= self.target if self.at_least else self.value <= self.target

    def __str__(self) -> str:
        """Value, target and verdict in one cell: `1.32 (<= 1.5 ok)`."""
        verdict = "ok" if self.ok else "UNDER" if self.at_least else "OVER"
        sign = ">=" if self.at_least else "<="
        return f"{short(self.value)}{self.unit} ({sign} {self.target:g}{self.unit} {verdict})"


class Compared(NamedTuple):
    """One operation in a small and in a large directory; no limit when it failed."""

    title: str
    small: Figure
    large: Figure
    limit: Limit | None


def short(value: float) -> str:
    """Three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine() -> str:
    """Processor, cores, system and Python of the machine that runs this, and when."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    libraries = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("uvicorn", "httptools", "uvloop", "starlette")
    )
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    day = time.strftime("%Y-%m-%d")
    return f"{model}, {os.cpu_count()} cores, {system}, {python}, {libraries}; {day}"


def table(head: Row, rows: Sequence[Row], markdown: bool) -> str:
    """A Markdown table, or the same in aligned columns."""
    if markdown:
        lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    plain = [[cell.replace("`", "") for cell in line] for line in (head, *rows)]
    widths = [max(len(line[column]) for line in plain) for column in range(len(head))]
    aligned = [
        [cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(pairs)]
        for pairs in (list(zip(line, widths, strict=True)) for line in plain)
    ]
    return "\n".join("  ".join(line).rstrip() for line in aligned)


def limits(operation: Operation, figures: dict[str, Figure]) -> list[Limit]:
    """The targets of one operation for which there is a value in this run."""
    good = {name: figure for name, figure in figures.items() if figure.error is None}
    subject, ceiling, peer = good.get(SUBJECT), good.get(CEILING), good.get(PEER)
    found: list[Limit] = []
    if subject is None:
        return found
    if operation.ceiling is not None and ceiling is not None:
        multiple = subject.best_cpu / ceiling.best_cpu
        found.append(Limit("times the ceiling's CPU", multiple, operation.ceiling))
    if operation.milliseconds is not None:
        found.append(Limit("CPU", subject.best_cpu * 1e3, operation.milliseconds, " ms"))
    if peer is not None:
        found.append(Limit("times the peer's rate", subject.rate / peer.rate, operation.peer, at_least=True))
    return found


def _cpu(figure: Figure | None) -> str:
    if figure is None:
        return NONE
    return "failed" if figure.error is not None else short(figure.best_cpu * 1e6)


def _rate(figure: Figure | None) -> str:
    return NONE if figure is None or figure.error is not None else short(figure.rate)


def _times(figure: Figure | None, ceiling: Figure | None) -> str:
    if figure is None or ceiling is None or figure.error or ceiling.error:
        return ""
    return f" ({short(figure.best_cpu / ceiling.best_cpu)} x)"


def operations_table(results: list[tuple[Operation, dict[str, Figure]]], markdown: bool) -> str:
    """CPU per request in microseconds, its multiple of the ceiling, and the rates."""
    head = [
        "operation", "answer, bytes", "ceiling, µs", f"{SUBJECT}, µs", "of the ceiling",
        f"{OTHER}, µs", f"{PEER}, µs", f"{SUBJECT}, /s", f"{PEER}, /s", f"of {PEER}'s rate",
    ]  # fmt: skip
    rows = []
    for operation, figures in results:
        subject, ceiling, peer = figures.get(SUBJECT), figures.get(CEILING), figures.get(PEER)
        other = figures.get(OTHER)
        sample = subject or peer
        found = limits(operation, figures)
        against_peer = next((str(limit) for limit in found if limit.at_least), NONE)
        against_ceiling = next((str(limit) for limit in found if not limit.at_least), NONE)
        rows.append([
            operation.title, f"{sample.size:,}" if sample else NONE, _cpu(ceiling), _cpu(subject),
            against_ceiling, _cpu(other) + _times(other, ceiling), _cpu(peer),
            _rate(subject), _rate(peer), against_peer,
        ])  # fmt: skip
    return table(head, rows, markdown)


def spread(results: list[tuple[Operation, dict[str, Figure]]]) -> list[str]:
    """Where the best round says too little: what the median round cost, when that is much more."""
    return [
        f"{operation.title}, {name}: median {short(figure.median_cpu * 1e6)} µs, "
        f"best {short(figure.best_cpu * 1e6)} µs"
        for operation, figures in results
        for name, figure in figures.items()
        if figure.error is None and figure.median_cpu > SPREAD * figure.best_cpu
    ]


def flat_table(rows: Sequence[Compared], sizes: Sequence[int], markdown: bool) -> str:
    """The same operations in a small and in a large directory."""
    head = ["operation", *[f"{size:,} users, µs" for size in sizes], "ratio"]
    return table(
        head,
        [[title, _cpu(small), _cpu(large), str(limit or "failed")] for title, small, large, limit in rows],
        markdown,
    )


def limits_table(found: list[Limit], markdown: bool) -> str:
    """Single values with their targets."""
    return table(["what", "value (target)"], [[limit.what, str(limit)] for limit in found], markdown)
