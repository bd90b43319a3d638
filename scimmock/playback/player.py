"""Plays the exchanges of a session at a target, in their order and with their overlaps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ..outgoing.quoting import without_credentials
from ..outgoing.target import MISSING, Answer, Target
from ..outgoing.timeline import RealTimeline
from ..outgoing.waiting import wait_of
from ..traffic.alike import Difference
from ..traffic.bindings import Bindings, Rewritten
from ..traffic.diff import Comparer, end_of
from ..traffic.directory import aim_in, resources_in
from ..traffic.pairing import attribute, id_of
from ..traffic.secrets import MASK
from .order import Step, ordered, with_overlaps
from .pace import Pace
from .played import Document, Played
from .races import Race, own_keys
from .survey import Survey

MOST_CONNECTIONS = 64
_RETRIES = 5
# Headers of one connection (RFC 9110 section 7.6.1), those that httpx writes, and credentials, which are
# those of the replay.
_NOT_SENT = frozenset(
    "host content-length connection keep-alive te trailer transfer-encoding upgrade expect accept-encoding"
    " authorization proxy-authorization cookie".split()
)


@dataclass(slots=True)
class Options:
    """How it is played.  ``serial`` sends one request at a time; ``retry`` sends again what is throttled."""

    authorization: str | None = None
    serial: bool = False
    retry: bool = False
    upstream: bool = False  # what the service answered is expected, whatever the client saw of it


@dataclass(slots=True)
class _Flight:
    step: Step
    request: Rewritten
    notes: tuple[str, ...]
    writes: list[Step]  # that overlapped it


class Player:
    """Plays steps at a target; ``listen`` is told each exchange once it is answered and compared."""

    def __init__(
        self,
        target: Target,
        base_url: str,
        survey: Survey,
        comparer: Comparer,
        pace: Pace,
        timeline: RealTimeline,
        options: Options,
        listen: Callable[[Played], None],
        stop: threading.Event,
    ) -> None:
        self.target = target
        self.bindings: Bindings = comparer.bindings
        self.looked_up = 0
        self.survey = survey
        self._comparer = comparer
        self._pace = pace
        self._timeline = timeline
        self._options = options
        self._listen = listen
        self._stop = stop
        self._recorded_path = urlsplit(base_url).path.rstrip("/")
        self._missed: set[str] = set()  # ids of resources that were looked up in vain
        self._flights: dict[Future[Answer], _Flight] = {}
        self._pool: ThreadPoolExecutor | None = None

    def play(self, exchanges: Iterable[Document]) -> None:
        """Play exchanges; raises UnreachableError when there is no connection for the first of them."""
        try:
            for step, following, writes in with_overlaps(ordered(exchanges)):
                self._settle(step)
                if self._stop.is_set():
                    break
                request = self._ready(step)
                self._pace.wait(step)
                if self._stop.is_set():
                    break
                alone = self._options.serial or following is None or following.followed(step)
                if alone and not self._flights:
                    flight = _Flight(step, *request, writes)
                    self._done(flight, self._send(step, flight.request))
                    continue
                if self._pool is None:
                    self._pool = ThreadPoolExecutor(MOST_CONNECTIONS, "replay")
                future = self._pool.submit(self._send, step, request[0])
                self._flights[future] = _Flight(step, *request, writes)
                if len(self._flights) >= MOST_CONNECTIONS:
                    wait(self._flights, return_when=FIRST_COMPLETED)
            self._settle()
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)

    def _settle(self, step: Step | None = None) -> None:
        """Take in the answers that are there, and wait for those that came before a step began; None: all."""
        for future, flight in [*self._flights.items()]:
            needed = step is None or self._options.serial or step.followed(flight.step)
            if needed or future.done():
                self._done(flight, future.result())
                del self._flights[future]

    # ---- what is sent

    def _ready(self, step: Step) -> tuple[Rewritten, tuple[str, ...]]:
        """Return a request with all ids that can be known, and what is to be said about the others."""
        request = self.bindings.rewrite(step.document["request"])
        if self._flights and request.unbound & self.survey.created:
            self._settle()
            request = self.bindings.rewrite(step.document["request"])
        if request.unbound and self.look_up(request.unbound):
            request = self.bindings.rewrite(step.document["request"])
        notes = tuple(f"nothing stands for the id {id}" for id in sorted(request.unbound)[:3])
        return request, notes

    def look_up(self, ids: set[str]) -> bool:
        """Find resources that were there before by their natural key; returns whether one was found."""
        found = False
        for id in sorted(ids - self._missed):
            before = self.survey.before.get(id)
            if before is None or before.key is None or not before.resource:
                continue
            name, value = before.key
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            filter = quote(f'{name} eq "{escaped}"', safe="")
            headers = [("Accept", "application/scim+json"), *self.authorization()]
            path = f"{self.target.path}/{before.resource}?filter={filter}"
            answer = self.target.send("GET", path, headers)
            self.looked_up += 1
            resources = resources_in(answer.json) if answer.status == 200 else []
            # A service that cannot filter shows others too.
            same = [one for one in resources if str(attribute(one, name)).lower() == value.lower()]
            live = id_of(same[0]) if len(same) == 1 else None
            if live is None:
                self._missed.add(id)
            else:
                self.bindings.bind(id, live, before.resource)
                found = True
        return found

    def authorization(self) -> list[tuple[str, str]]:
        """Return the header with the credentials of this replay, if there are any."""
        given = self._options.authorization
        return [("Authorization", given)] if given is not None else []

    def _send(self, step: Step, request: Rewritten) -> Answer:
        recorded = step.document["request"]
        where = target_of(recorded, request.path, request.query, self._recorded_path, self.target.path)
        headers = headers_to_send(request.headers, self._options.authorization, self.survey)
        if "base64" not in (recorded.get("body") or {}):  # what was compressed is recorded as it was before
            headers = [one for one in headers if one[0].lower() != "content-encoding"]
        content = request.body or (b"" if recorded["method"] in ("POST", "PUT", "PATCH") else None)
        for attempt in range(_RETRIES + 1):
            answer = self.target.send(recorded["method"], where, headers, content)
            if not self._is_throttled(step, answer) or attempt == _RETRIES:
                break
            self._timeline.pass_by(wait_of(answer, self._timeline.now()))
        return without_credentials(answer, self._options.authorization)

    def _is_throttled(self, step: Step, answer: Answer) -> bool:
        """Whether an answer asks to come again, where the recorded one did not."""
        if not self._options.retry or answer.status not in (429, 503) or answer.header("retry-after") is None:
            return False
        return (step.document.get("response") or {}).get("status") != answer.status

    # ---- what came back

    def _done(self, flight: _Flight, answer: Answer) -> None:
        step, document = flight.step, flight.step.document
        sent, aim = document["request"], aim_in(document)
        expected = document.get("response")
        expected_end = end_of(document.get("error")) if document.get("error") else None
        if self._options.upstream and document.get("upstream"):
            expected, expected_end = document["upstream"], None
        got = _form(answer)
        played = Played(
            n=step.n,
            aim=aim,
            method=sent["method"],
            path=sent["path"] + (f"?{sent['query']}" if sent.get("query") else ""),
            expected=expected,
            got=got,
            expected_end=expected_end,
            got_end=end_of({"kind": answer.error}) if got is None else None,
            keys=frozenset(flight.request.mentions),
            own=frozenset(own_keys(document)),
            milliseconds=answer.milliseconds,
            recorded_milliseconds=(step.end - step.begin) * 1000,
            begin=step.begin,
            notes=flight.notes,
            request=sent,
        )
        self._compare(document, played)
        if played.differences and flight.writes:
            race = Race((one.document for one in flight.writes), self.survey.known)
            played.differences = race.decided(played)
        self._listen(played)

    def _compare(self, document: Document, played: Played) -> None:
        error = document.get("error") or {}
        if error.get("kind") == "client_gone" and not self._options.upstream:
            played.skipped = "the client did not wait for the answer"
            if document.get("upstream") and played.got is not None:
                self.bindings.learn(document, document["upstream"], played.got)
            return
        mine = "an answer" if played.expected_end is None else played.expected_end
        theirs = "an answer" if played.got_end is None else played.got_end
        if played.expected is None and played.expected_end is None:
            played.skipped = "the recording does not say how it was answered"
        elif mine != theirs:
            shown = (_said(played.expected, mine), _said(played.got, theirs))
            played.differences = [Difference("answer", "", *shown)]
        elif played.expected_end is None and played.expected is not None and played.got is not None:
            self.bindings.learn(document, played.expected, played.got)
            played.differences = self._comparer.answers(played.aim, played.expected, played.got)
            if played.expected["status"] == 401 != played.got["status"]:
                played.notes += ("the recorded credentials are not known, those of this replay were sent",)


def headers_to_send(
    recorded: list[tuple[str, str]], authorization: str | None, found: Survey
) -> list[tuple[str, str]]:
    """Return the headers to send for recorded ones: with other credentials where there were some.

    Where the session shows none at all, they were not recorded, and stand in each request.
    """
    headers = []
    if authorization is not None and not found.shows_credentials:
        headers.append(("Authorization", authorization))
    for name, value in recorded:
        lowered = name.lower()
        if lowered == "authorization":
            headers += [(name, authorization)] if authorization is not None else []
        elif lowered not in _NOT_SENT and MASK not in value and not lowered.startswith(":"):
            headers.append((name, value))
    return headers


def target_of(request: Document, path: str, query: str, recorded_path: str, target_path: str) -> str:
    """Return the whole path of a request at the target, with the query.

    What was sent below another base path, such as a tenant's, goes to the same place there.
    """
    base, prefix = request.get("base"), target_path
    if isinstance(base, str) and base != recorded_path:
        of_tenant = recorded_path and base.endswith(recorded_path)
        prefix = f"{base.removesuffix(recorded_path)}{target_path}" if of_tenant else base
    return f"{prefix}{path}" + (f"?{query}" if query else "")


def _said(answer: Document | None, end: str) -> Any:
    return answer["status"] if answer is not None and end == "an answer" else end


def _form(answer: Answer) -> Document | None:
    """Return an answer as a recording has it."""
    if answer.status is None:
        return None
    body: Document = {"size": len(answer.body)}
    if answer.json is not MISSING:
        body = {"json": answer.json, **body}
    elif answer.body:
        body = {"text": answer.body.decode("utf-8", "replace"), **body}
    return {"status": answer.status, "headers": [list(pair) for pair in answer.headers], "body": body}
