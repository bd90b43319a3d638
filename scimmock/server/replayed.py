"""What the control API asks for and is told of recordings that answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..control.errors import ControlError
from ..control.host import ReplayedFile, TenantOptions
from ..errors import FileError, UsageError
from ..traffic.pace import parse_pace
from .like import behind
from .replay_options import ReplayOptions
from .tenant import Tenant

if TYPE_CHECKING:
    from .replaying import ReplayPlan


def replayed(tenant: Tenant) -> dict[str, Any] | None:
    """Return what a tenant has played of its session, None where it has none."""
    if tenant.replaying is None:
        return None
    counts = tenant.replaying.counts
    return {
        "file": str(tenant.replaying.plan.options.path),
        "exchanges": counts.total,
        "played": counts.played,
        "missed": counts.missed,
    }


def with_replay(options: TenantOptions) -> tuple[TenantOptions, ReplayPlan | None]:
    """Return what is asked for with what the recording says where nothing else is, and what it plays.

    Raises ControlError for a recording that cannot answer.
    """
    if not options.replay:
        return options, None
    from .replaying import read_plan

    try:
        replay = replay_of(options.replay)
        plan = read_plan(replay)
        fixtures = options.fixture or list(behind(replay.path).fixtures) or None
    except (FileError, UsageError) as error:
        raise ControlError(400, str(error), "replay") from None
    # Who is there is what the session shows.
    users = 0 if options.users is None else options.users
    groups = 0 if options.groups is None else options.groups
    return msgspec.structs.replace(options, fixture=fixtures, users=users, groups=groups), plan


def replay_of(asked: str | ReplayedFile) -> ReplayOptions:
    """Return how a session is to be played that was asked for; raises UsageError for a pace that is none."""
    asked = ReplayedFile(asked) if isinstance(asked, str) else asked
    return ReplayOptions(Path(asked.file), asked.order, asked.on_miss, parse_pace(asked.pace, "pace"))
