"""What the commands have in common that send requests to a service: its address, credentials, signals."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from ..errors import FileError, UsageError

_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(/[^?#\s]*)?")


def check_target(url: str, confirmed: bool, consequence: str) -> None:
    """Raise UsageError where ``--to`` is no URL, or of another machine and that is not confirmed."""
    from ..hosts import is_loopback

    match = _URL.fullmatch(url)
    if match is None:
        hint = "http://127.0.0.1:8080/scim/v2 would be one"
        raise UsageError(f"--to {url!r} is no URL of a SCIM service", hint=hint)
    if not is_loopback(match[1].strip("[]")) and not confirmed:
        hint = "--yes says that it is meant"
        raise UsageError(f"{match[1]} is not this machine: {consequence}", hint=hint)


def check_credentials(token: str | None, basic: str | None) -> None:
    """Raise UsageError where ``--token`` and ``--basic`` make no sense."""
    if token is not None and basic is not None:
        raise UsageError("--token and --basic exclude each other")
    if basic is not None and ":" not in basic:
        raise UsageError("--basic is a name and a password", hint="USER:PASSWORD would be right")


def check_reports(*files: str | None) -> None:
    """Raise UsageError where two reports go to stdout."""
    if files.count("-") > 1:
        raise UsageError("two reports both go to stdout", hint="one of them can go to a file")


def seconds(option: str, text: str | None, zero: bool = False) -> float | None:
    """Return a duration in seconds; raises UsageError, also for none at all unless ``zero`` is one."""
    from ..clock import parse_duration

    if text is None:
        return None
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--{option}: {error}") from None
    if not found and not zero:
        raise UsageError(f"--{option} {text} is no time at all")
    return found


def write_report(file: str, text: str) -> None:
    """Write a report to a file, ``-`` is stdout; raises FileError."""
    content = text.encode("utf-8", "backslashreplace")
    if file == "-":
        click.echo(content, nl=not text.endswith("\n"))
        return
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise FileError(f"the report cannot be written: {error.strerror}", where=file) from None


@contextmanager
def stopping(stop: threading.Event) -> Iterator[list[int]]:
    """Let the first Ctrl-C end the run in good order, the second one at once; yields what came."""
    before: dict[int, Any] = {}
    signals: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        stop.set()
        signal.signal(number, before[number])

    for one in (signal.SIGINT, signal.SIGTERM):
        number = int(one)
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.getsignal(number)
            signal.signal(number, note)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
