"""Plays an intent for one object: its requests in order, and what the client does when one goes wrong.

Nothing that a target answers ends the driver: each deviation is met as the dialect says, and told.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..fixture.dialect import Branch, Intent, RequestSpec
from ..outgoing.timeline import Timeline
from ..outgoing.waiting import wait_of
from .contexts import Chance
from .events import Deviated, Event, Events, Quarantined, Retried, Sent
from .reactions import Verdict, deviation_of, id_of, reaction_to, retry_delay
from .speech import Plan, Speech
from .subject import Call, Result, Subject, resources_of, words_of
from .template import Rendered, TemplateError, has_value, render_request
from .wire import Answer, Speaker

__all__ = ["Driver", "Halted", "Interrupted"]

_MAX_WAITS = 10  # times that a request is sent again after Retry-After
_MAX_PAGES = 10_000
_PAGE = 100


class Halted(Exception):
    """The whole job has stopped: quarantined, or its configuration refused."""


class Interrupted(Exception):
    """The run is to end, since somebody wants it to."""


class _Ended(Exception):
    """The object's task is over, with this result."""

    def __init__(self, result: Result) -> None:
        super().__init__(result)
        self.result: Result = result


class _Recreate(Exception):
    """The object is gone at the target and is to be made again."""


class Driver:
    """A client at work.  ``events`` is told what happens, one thing at a time.

    ``stop`` ends it with Interrupted before the next request, ``halted`` is set once the job has
    stopped by itself.
    """

    def __init__(
        self,
        speech: Speech,
        speaker: Speaker,
        events: Events,
        timeline: Timeline,
        chance: Chance,
        stop: threading.Event,
    ) -> None:
        self.speech = speech
        self.timeline = timeline
        self.counts: Counter[str] = Counter()
        self.halted = threading.Event()
        self.stop = stop
        self._client = speech.client
        self._speaker = speaker
        self._events = events
        self._chance = chance
        self._lock = threading.Lock()

    def tell(self, event: Event, count: str = "") -> None:
        """Tell what happened, and count it for the summary."""
        with self._lock:
            if count:
                self.counts[count] += 1
            self._events.note(event)

    def play(self, step: str, intent: Intent, subject: Subject) -> Result:
        """Send the requests of an intent; raises Halted when the whole job has stopped."""
        plan = self.speech.plan(intent)
        if plan is None:
            return "skipped"
        try:
            try:
                self._steps(step, plan, subject)
            except _Recreate:
                self._recreate(step, subject)
        except _Ended as end:
            return end.result
        except _Recreate:
            return "failed"  # gone again while it was made again
        except TemplateError as error:
            self._failed(step, intent, subject, "no-value", str(error))
            return "failed"
        except RecursionError:
            self._failed(step, intent, subject, "too-deep", "what was answered is nested too deep")
            return "failed"
        return "done"

    def _recreate(self, step: str, subject: Subject) -> None:
        subject.linked(None)
        subject.again = True
        context = subject.context
        context[subject.kind]["id"] = None
        if subject.kind == "group":
            context["members"] = context["group"]["members"]
        plan = self.speech.plan("provision-group" if subject.kind == "group" else "provision-user")
        self._steps(step, plan or [], subject)

    def _steps(self, step: str, plan: Plan, subject: Subject) -> None:
        subject.context["random"] = self._chance.values(subject.key)
        many_is_known = any(isinstance(part, Branch) and part.outcome == "many" for part in plan)
        outcome: str | None = None
        for part in plan:
            if isinstance(part, str):
                outcome = None
                self._request(Call(step, part, self.speech.request(part), subject, many_is_known))
                continue
            # Branches that follow each other are alternatives, whatever is found in one of them.
            outcome = subject.outcome if outcome is None else outcome
            if part.outcome == outcome:
                for name in part.do:
                    self._request(Call(step, name, self.speech.request(name), subject, many_is_known))

    def _request(self, call: Call) -> None:
        context = call.subject.context
        if call.request.when is not None and not has_value(context, call.request.when):
            return
        changes = self.speech.changes(call.name)
        if changes and not any(has_value(context, name) for name in changes):
            return  # it would say that nothing has changed
        if call.request.per == "page":
            self._pages(call)
            return
        for more in _rounds(call.request, context):
            answer = self._send(call, more)
            if answer is not None:
                self._learn(call, answer)

    def _pages(self, call: Call) -> None:
        """Ask for one page after the other, until all is read or no more comes."""
        subject, seen = call.subject, 0
        fitting: list[Any] = []
        for _ in range(_MAX_PAGES):
            answer = self._send(call, {"page": {"startIndex": seen + 1, "count": _PAGE}, "seen": seen})
            resources = resources_of(answer.json) if answer is not None else []
            fitting += [item for item in resources if subject.is_wanted(item)]
            seen += len(resources)
            total = answer.json.get("totalResults") if answer is not None and resources else None
            if not isinstance(total, int) or seen >= total:
                break
        subject.context["seen"] = seen
        subject.found += seen
        if subject.kind:
            self._found(call, fitting)

    # ---- one request

    def _send(self, call: Call, more: dict[str, Any]) -> Answer | None:
        """Return an answer that is as expected, None where the client goes on without one."""
        rendered = _plain(render_request(call.request, self._client, {**call.subject.context, **more}))
        attempt = 0
        while True:
            attempt += 1
            answer = self._sent(call, rendered)
            what = deviation_of(call.request, answer)
            if what is None:
                return answer
            verdict = reaction_to(self._client, call.name, what, self.speech.allow_unverified)
            if verdict.do == "none" or (what.isdigit() and int(what) in call.request.expect):
                call.subject.outcome = "none"
                return None
            delay = self._delay(verdict.do, answer, attempt)
            if delay is None:
                self._react(call, what, verdict, answer)
                return None
            self._deviated(call, what, verdict, answer)
            self.tell(Retried(call.step, call.subject.label, call.name, attempt, delay), "retries")
            self.timeline.pass_by(delay)

    def _sent(self, call: Call, rendered: Rendered) -> Answer:
        if self.stop.is_set():
            raise Interrupted
        if self.halted.is_set():
            raise Halted
        answer = self._speaker.send(rendered)
        exchange, taken = answer.exchange, answer.milliseconds
        self.tell(
            Sent(call.step, call.subject.label, call.name, exchange, taken, answer.status, answer.error),
            "requests",
        )
        return answer

    def _delay(self, do: str, answer: Answer, attempt: int) -> float | None:
        """Return the seconds after which a request is sent again, None when it is not."""
        if do == "retry":
            return retry_delay(self._client.retry, attempt, wait_of(answer, self.timeline.now()))
        if do == "wait" and attempt <= _MAX_WAITS:
            return wait_of(answer, self.timeline.now())
        return None

    def _react(self, call: Call, what: str, verdict: Verdict, answer: Answer | None) -> None:
        """Do what the client does about an answer, other than sending the request again."""
        do = verdict.do
        if do in ("quarantine", "refuse"):
            self._deviated(call, what, verdict, answer, final=True)
            self._halt(call, what, verdict)
        if do == "skip" and call.request.method == "DELETE" and what == "404":
            self._deviated(call, what, verdict, answer)
            return  # it is gone, which was wanted
        if do == "adopt" and call.subject.kind:
            self._deviated(call, what, verdict, answer)
            self._adopt(call)
            return
        if do == "recreate" and call.subject.kind:
            self._deviated(call, what, verdict, answer)
            raise _Recreate
        is_final = do != "next-cycle"
        self._deviated(call, what, verdict, answer, final=is_final)
        raise _Ended("failed" if is_final else "later")

    def _halt(self, call: Call, what: str, verdict: Verdict) -> None:
        spec = verdict.spec
        if not self.halted.is_set() and spec is not None:
            self.halted.set()
            refused = verdict.do == "refuse"
            self.tell(Quarantined(call.step, call.name, what, spec.shown, spec.why, refused))
        raise Halted

    def _adopt(self, call: Call) -> None:
        """Look the resource up that exists already, and link it."""
        subject = call.subject
        subject.outcome = "none"
        self._steps(
            call.step,
            self.speech.plan("match-group" if subject.kind == "group" else "match-user") or [],
            subject,
        )
        if subject.outcome != "one":
            detail = f"it is said to exist already, the look-up finds {subject.outcome}"
            self._failed(call.step, call.name, subject, "not-found", detail)
            raise _Ended("failed")

    def _failed(self, step: str, name: str, subject: Subject, what: str, detail: str) -> None:
        """Tell of a failure that no reaction of the dialect is about."""
        label, key = subject.label, subject.task
        self.tell(Deviated(step, label, name, what, "fail", detail=detail, final=True, key=key), "deviations")

    def _deviated(
        self, call: Call, what: str, verdict: Verdict, answer: Answer | None, final: bool = False
    ) -> None:
        spec = verdict.spec
        shown, why = (spec.shown, spec.why) if spec is not None else ("", "")
        detail = words_of(answer) if answer is not None else ""
        do, label, key = verdict.do, call.subject.label, call.subject.task
        told = Deviated(call.step, label, call.name, what, do, shown, why, detail, final, spec is None, key)
        self.tell(told, "deviations")

    # ---- what is learnt from an answer

    def _learn(self, call: Call, answer: Answer) -> None:
        """Take from an answer what the requests after it need."""
        request, subject = call.request, call.subject
        if request.link:
            id = str(id_of(answer.json))
            kind = "group" if request.path.startswith("/Groups") else "user"
            subject.context.setdefault(kind, {})["id"] = id
            subject.made(kind, id)
            if subject.kind == kind:
                subject.linked(id)
        if request.found == "resource":
            self._compare(subject, answer.json)
        elif request.found == "list":
            resources = resources_of(answer.json)
            subject.found += len(resources)
            if subject.kind:
                is_filtered = "filter" in request.query
                self._found(call, [item for item in resources if is_filtered or subject.is_wanted(item)])

    def _found(self, call: Call, resources: list[Any]) -> None:
        subject = call.subject
        known = [(id, item) for item in resources if (id := id_of(item)) is not None]
        subject.outcome = "none" if not known else "one" if len(known) == 1 else "many"
        if subject.outcome == "many" and not call.many_is_known:
            what = "several-found"
            verdict = reaction_to(self._client, call.name, what, self.speech.allow_unverified)
            self._react(call, what, verdict, None)
        if subject.outcome == "one":
            id, resource = known[0]
            subject.context[subject.kind]["id"] = id
            subject.linked(id)
            self._compare(subject, resource)

    def _compare(self, subject: Subject, resource: dict[str, Any]) -> None:
        subject.context["found"] = resource
        if subject.differing is not None:
            subject.context["changes"] = subject.differing(resource)


def _rounds(request: RequestSpec, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the variables of each time that a request is sent."""
    members = context.get("members") or []
    if request.per == "member":
        yield from ({"member": member} for member in members)
    elif request.per == "chunk":
        size = request.chunk or max(1, len(members))
        yield from ({"members": members[at : at + size]} for at in range(0, len(members), size))
    elif request.per == "change":
        yield from ({"change": change} for change in context.get("operations") or [])
    else:
        yield {}


def _plain(rendered: Rendered) -> Rendered:
    """Return a request without the operations that say nothing, where others of its PATCH do."""
    body = rendered.body
    if not isinstance(body, dict) or not isinstance(body.get("Operations"), list):
        return rendered
    operations = [
        item for item in body["Operations"] if not (isinstance(item, dict) and item.get("value") == {})
    ]
    return rendered._replace(body={**body, "Operations": operations})
