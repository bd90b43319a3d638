"""A run as a whole: an identity provider with its people, its dialect, a target, and scenarios."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..errors import UsageError, did_you_mean
from ..fixture import Fixture, load_fixture, shipped_names, variants_of
from ..fixture.dialect import DialectSpec
from ..fixture.spec import PeopleSpec
from ..outgoing.timeline import Timeline
from ..outgoing.waiting import wait_of
from .changes import Company
from .contexts import Chance
from .cycles import Cycles, Run
from .driver import Driver, Halted, Interrupted
from .events import Events, Finished
from .intention import Intention
from .playing import Playing
from .speech import Speech
from .staff import company
from .template import Rendered
from .wire import Answer, Speaker

__all__ = ["Client", "Job", "clean_up", "load_client"]

_ATTEMPTS = 5  # times that something is asked to be removed


@dataclass(frozen=True, slots=True)
class Client:
    """The client of an identity provider: ``parameters`` are those of the dialect, with what was set."""

    name: str
    dialect: DialectSpec
    gaps: tuple[str, ...] = ()
    people: PeopleSpec = field(default_factory=PeopleSpec)
    parameters: dict[str, Any] = field(default_factory=dict)


def load_client(name: str, settings: Sequence[str] = ()) -> Client:
    """Return the client of a fixture, ``NAME[@VARIANT]``; ``settings`` are NAME=VALUE for its parameters.

    Raises FileError for a fixture that cannot be read, UsageError where it has no client.
    """
    fixture = load_fixture(name)
    dialect = fixture.file.client
    if dialect is None:
        hint = f"there are {', '.join(_clients())}"
        raise UsageError(f"the fixture {name!r} does not say how a client speaks", hint=hint)
    parameters = dict(dialect.parameters)
    for setting in settings:
        key, equals, text = setting.partition("=")
        if key not in parameters or not equals:
            near = did_you_mean(key, parameters)
            known = ", ".join(parameters) or "none"
            hint = f"did you mean {near!r}?" if near and near != key else f"NAME=VALUE, names are: {known}"
            raise UsageError(f"--set {setting!r} sets nothing that {name} has", hint=hint)
        parameters[key] = _value(text)
    people = fixture.file.people or PeopleSpec()
    return Client(name, dialect, _gaps(fixture), people, parameters)


def _gaps(fixture: Fixture) -> tuple[str, ...]:
    return tuple(fixture.file.gaps or ())


def _clients() -> list[str]:
    """Return the names of the fixtures that have a client, with the variants that change it."""
    names = []
    for name in shipped_names():
        if load_fixture(name).file.client is not None:
            names.append(name)
        else:
            variants = (f"{name}@{variant}" for variant in variants_of(name))
            names += [variant for variant in variants if load_fixture(variant).file.client is not None]
    return names


def _value(text: str) -> Any:
    """Return what a setting says: JSON where it is some, else text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


class Job:
    """Plays scenarios as a client; ``stop`` ends it before the next request.

    ``intention`` is what the identity provider wants, to be compared afterwards.
    """

    def __init__(
        self,
        client: Client,
        speaker: Speaker,
        events: Events,
        timeline: Timeline,
        *,
        users: int = 25,
        groups: int = 5,
        seed: int = 1,
        allow_unverified: bool = False,
        cycles: Cycles | None = None,
        concurrency: int = 1,
        stop: threading.Event | None = None,
    ) -> None:
        self._events = events
        stop = stop or threading.Event()
        self.intention: Intention
        self.intention, applicants = company(users, groups, seed, client.people.external_id)
        speech = Speech(client.dialect, client.gaps, allow_unverified)
        self._driver = Driver(speech, speaker, events, timeline, Chance(seed), stop)
        self._playing = Playing(self._driver, self.intention, client.parameters)
        staff = Company(self.intention, applicants, seed)
        cycles = cycles or Cycles.of(client.dialect.cycle, 3, None, False)
        self._run = Run(self._driver, self._playing, staff, cycles, concurrency)

    @property
    def speech(self) -> Speech:
        """What the client can say."""
        return self._driver.speech

    @property
    def counts(self) -> Counter[str]:
        """What was counted: requests, retries, deviations, listed."""
        return self._driver.counts

    def play(self, scenarios: Sequence[str]) -> bool:
        """Play scenarios one after the other; returns False where the run was ended before its end.

        A job that is put into quarantine ends there.  Raises UnreachableError when nobody answers at all.
        """
        begun, interrupted = time.monotonic(), False
        try:
            for name in scenarios:
                self._run.play(name)
        except Halted:
            pass
        except Interrupted:
            interrupted = True
        counts = {
            **self.counts,
            "users": len(self.intention.people),
            "groups": len(self.intention.teams),
            "made_users": len(self.intention.made_users),
            "made_groups": len(self.intention.made_groups),
            "waiting": self._run.waiting,
        }
        self._events.note(Finished(counts, time.monotonic() - begun, interrupted))
        return not interrupted


def clean_up(intention: Intention, speaker: Speaker, pause: Callable[[float], None]) -> tuple[int, list[str]]:
    """Delete what the run has made; returns how many are gone, and what is left ("/Users/1: 500")."""
    gone, left = 0, []
    made = [("Groups", id) for id in intention.made_groups] + [("Users", id) for id in intention.made_users]
    for endpoint, id in made:
        target = f"/{endpoint}/{_segment(id)}"
        answer = Answer(None)
        for _ in range(_ATTEMPTS):
            answer = speaker.send(Rendered("DELETE", target, [], None))
            if answer.status is not None and answer.status not in (429, 502, 503, 504):
                break
            pause(wait_of(answer, time.time()))
        if answer.status in (200, 202, 204, 404, 410):
            gone += 1
        else:
            left.append(f"{target}: {answer.status or answer.error}")
    return gone, left


def _segment(id: str) -> str:
    """Return an id as one segment of a path, whatever a service has chosen."""
    if id in (".", ".."):
        return id.replace(".", "%2E")
    return quote(id, safe="", errors="surrogatepass")
