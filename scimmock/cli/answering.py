"""The options of ``scimmock serve`` that let a recorded session answer, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from ..server.replay_options import ReplayOptions
    from ..server.replaying import ReplayPlan
    from ..server.run import Running

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)
_MOST_TOLD = 20  # numbers of exchanges


def replay_options(command: F) -> F:
    """Add --replay, --order, --on-miss and --pace to a command that serves."""
    for option in (
        click.option(
            "--pace",
            metavar="original|max|Nx",
            help="How long recorded answers take: as recorded, no time, N times as fast. Default: max.",
        ),
        click.option(
            "--on-miss",
            type=click.Choice(["404", "engine"]),
            help="What answers a request that was not recorded. Default: 404.",
        ),
        click.option(
            "--order",
            type=click.Choice(["strict", "per-resource", "any"]),
            help="Which order of the session is kept. Default: per-resource.",
        ),
        click.option("--replay", type=_FILE, metavar="FILE", help="Answer from this recording."),
    ):
        command = option(command)
    return command


def replay_of(given: dict[str, Any]) -> ReplayOptions | None:
    """Take those options out of what was given; raises UsageError where they do not go together."""
    from ..server.replay_options import ReplayOptions
    from ..traffic.pace import parse_pace

    path = given.pop("replay")
    chosen = {name: given.pop(name) for name in ("order", "on_miss", "pace")}
    if path is None:
        alone = next((name for name, value in chosen.items() if value is not None), None)
        if alone is not None:
            option = f"--{alone.replace('_', '-')}"
            raise UsageError(
                f"{option} says how a session is replayed, and there is none", hint="--replay FILE"
            )
        return None
    return ReplayOptions(
        path,
        chosen["order"] or "per-resource",
        chosen["on_miss"] or "404",
        parse_pace(chosen["pace"] or "max"),
    )


def told_of(plan: ReplayPlan) -> str:
    """Return in words what is replayed and how."""
    options = plan.options
    count = sum(len(part.steps) for part in plan.session.parts.values())
    pace = "at once" if options.factor is None else f"{options.factor:g}x the recorded pace"
    otherwise = "404" if options.on_miss == "404" else "the engine"
    return f"{options.path}: {count} exchanges, order {options.order}, {pace}, else {otherwise}"


def end_replay(running: Running) -> None:
    """Say what was played of the session, by each tenant that did."""
    for name, tenant in running.tenants.tenants.items():
        if tenant.replaying is None:
            continue
        counts = tenant.replaying.counts
        if name and not (counts.played or counts.missed):
            continue
        who = f"/t/{name}: " if name else ""
        again = f", {counts.again} answered again" if counts.again else ""
        click.echo(
            f"{who}{counts.played} of {counts.total} recorded exchanges played{again},"
            f" {counts.missed} requests not recorded",
            err=True,
        )
        if counts.unplayed:
            listed = ", ".join(map(str, counts.unplayed[:_MOST_TOLD]))
            more = len(counts.unplayed) - _MOST_TOLD
            click.echo(f"{who}not played: {listed}{f' and {more} more' if more > 0 else ''}", err=True)
