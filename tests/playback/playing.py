"""Plays a session at a service, as the command does, and says what differs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from scimmock.outgoing.remote import control_of
from scimmock.outgoing.target import Target
from scimmock.outgoing.timeline import find_timeline
from scimmock.playback.causes import kinds_of
from scimmock.playback.played import Played
from scimmock.playback.player import MOST_CONNECTIONS, Options
from scimmock.playback.run import Outcome, Plan, Replay, Session
from scimmock.playback.survey import survey
from scimmock.traffic.recording import open_recording


def played(
    session: Session | Path, base_url: str, token: str | None, expect: str = "client", **plan: Any
) -> Outcome:
    """Return the outcome at full speed, with the clock of a target that is a scimmock."""
    recording = open_recording(session) if isinstance(session, Path) else session
    timeline = find_timeline(threading.Event(), control_of(base_url, None))
    target = Target(base_url, connections=MOST_CONNECTIONS)
    options = Options(f"Bearer {token}" if token else None, upstream=expect == "service")
    try:
        found = survey(recording, lambda one: True)
        return Replay(
            recording, found, target, timeline, Plan(lambda one: True, options=options, **plan)
        ).run()
    finally:
        target.close()


def told(outcome: Outcome) -> list[tuple[Any, ...]]:
    """Return what differs, to be read in a failed test."""
    return [
        (one.n, one.method, one.path, one.cause, one.like, one.differences)
        for one in [*outcome.differing, *outcome.closing]
    ]


def causes(outcome: Outcome) -> set[str]:
    """Return in words the kinds of differences that no other one explains."""
    return {words for one in [*outcome.differing, *outcome.closing] if one.is_cause for words in _words(one)}


def _words(one: Played) -> list[str]:
    head = f"{one.aim.operation} {one.aim.resource}"
    return [f"{head}: {' '.join(map(str, filter(None, kind)))}" for kind in kinds_of(one)]
