"""A recorded session as it is shown: what each exchange did, and what is to be said about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import UserError
from ..findings.examine import Examiner
from ..journal.changes import changes
from ..journal.plain import plain
from ..journal.words import describe
from ..scim.schema import Attribute, ResourceType, Schema, group_type, undeclared, user_type
from ..traffic.directory import Learner, answer_of, document_of
from ..traffic.exchange import Exchange
from ..traffic.recording import Recording
from ..traffic.revive import exchange_of

_WRITES = ("create", "replace", "patch", "delete")
_TOLERANCE = 0.001  # seconds; what is recorded of times may have milliseconds only
_MAX_CLIENTS = 100
_MAX_KEPT = 20_000  # exchanges with findings
_NO_EXTENSIONS = (
    "urn:ietf:params:scim:api:messages:",
    "urn:ietf:params:scim:schemas:core:",
    "urn:scim:schemas:",
)


@dataclass(slots=True)
class Told:
    """An exchange of a recording with what can be told of it.

    ``findings`` have the form that they have in a trace.  ``changes`` are the phrases of
    `scimmock.journal.changes` for a write that was carried out, None where they are not known; ``doubt``
    says why the form before the write may not be what the service had.  ``during`` is the number of an
    exchange that had not ended when this one began.
    """

    document: dict[str, Any]
    exchange: Exchange
    summary: str
    findings: list[dict[str, str]]
    changes: list[str] | None = None
    doubt: str = ""
    during: int | None = None

    @property
    def wrote(self) -> bool:
        """Whether the service carried out a write to one resource."""
        return self.exchange.operation in _WRITES and _is_done(self.document)

    def as_dict(self) -> dict[str, Any]:
        """Return the line of the recording with ``summary`` and findings, as the journal has them."""
        trace = self.document.get("trace")
        trace = {**(trace if isinstance(trace, dict) else {}), "findings": self.findings}
        return {**self.document, "trace": trace, "summary": self.summary}


class Session:
    """The exchanges of a recording in their order, as often as wanted; one at a time in memory.

    What is remembered of earlier ones is the directory as it was last seen, what the checks keep, and, so
    that looking again is quick, the findings of a session that has not too many.  Looking again ends where
    the first look ended, should the file have grown meanwhile.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._found: dict[int, list[dict[str, str]]] | None = None
        self._last = 0

    def __iter__(self) -> Iterator[Told]:
        known, end, last = self._found, self._last, 0
        types = types_of(self.recording.header)
        examiner, learner, timeline = Examiner(types), Learner(), _Timeline()
        found: dict[int, list[dict[str, str]]] = {}
        for document in self.recording:
            exchange = exchange_of(document, self.recording.header)
            # A gap means that something was missed; in a file put together, numbers begin again.
            n, last = exchange.n, max(exchange.n, last + 1)
            if end and last > end:
                return
            changed, doubt = _learn(learner, document, exchange)
            if known is None:
                _accept(types, document)
                exchange.n = last
                findings = _findings(examiner, exchange)
                if findings and len(found) <= _MAX_KEPT:
                    found[last] = findings
            else:
                findings = known.get(last, [])
            exchange.n = n or last
            during = timeline.during(exchange)
            yield Told(document, exchange, describe(exchange), findings, changed, doubt, during)
        self._last = last
        if known is None and len(found) <= _MAX_KEPT:
            self._found = found


def _findings(examiner: Examiner, exchange: Exchange) -> list[dict[str, str]]:
    examiner.catch_up((exchange,), exchange.n)
    return [
        {key: plain(value) for key, value in finding.as_dict().items()} for finding in examiner.of(exchange.n)
    ]


def _learn(learner: Learner, document: dict[str, Any], exchange: Exchange) -> tuple[list[str] | None, str]:
    """Let an exchange know the resource before and after it, and return what changed and what is in doubt.

    A form that is in doubt is no ground for saying in a line, or in a finding, what a write changed.
    """
    place = exchange.resource or "", exchange.id or ""
    doubt = learner.directory.doubts.get(place, "")
    before, after = (_own(form, exchange.resource) for form in learner.see(document))
    if exchange.before is not None or exchange.after is not None:  # a journal knows better
        before, after, doubt = exchange.before, exchange.after, ""
    elif exchange.operation not in _WRITES or not _is_done(document):
        return None, ""
    else:
        if after == before and place in learner.directory.doubts:
            after = None  # what was asked for is not understood
        exchange.before, exchange.after = None if doubt else before, after
    if exchange.operation == "create" and after is not None:
        return changes({}, after), ""
    if before is None or after is None:
        return None, ""
    return changes(before, after), doubt


def _own(form: dict[str, Any] | None, resource: str | None) -> dict[str, Any] | None:
    """Return what a resource has of its own.

    What has no value is not there (RFC 7643 section 2.5: null, [] and absence are one), and the groups of
    a user change with other resources (section 4.1.2), not with what is written to the user.
    """
    if form is None:
        return None
    derived = ("groups",) if resource == "Users" else ()
    return {
        name: value
        for name, value in form.items()
        if value is not None and value != [] and name not in derived
    }


def _is_done(document: dict[str, Any]) -> bool:
    """Whether the service did what was asked, whatever the client saw of it."""
    answer = answer_of(document)
    return answer is not None and 200 <= answer["status"] < 300


class _Timeline:
    """Knows which exchange ended last so far."""

    def __init__(self) -> None:
        self._last: tuple[float, int, int] = (0.0, 0, 0)  # end, number, connection

    def during(self, exchange: Exchange) -> int | None:
        """Return the number of an earlier exchange that had not ended when this one began."""
        end, n, connection = self._last
        # On one connection of HTTP/1 there is no other, whatever a clock that was frozen says.
        alone = connection == exchange.connection != 0 and exchange.http.startswith("1")
        found = n if exchange.begin < end - _TOLERANCE and not alone else None
        if exchange.end >= end:
            self._last = exchange.end, exchange.n, exchange.connection
        return found


# ---- the resource types of the service


def types_of(header: dict[str, Any]) -> tuple[ResourceType, ...]:
    """Return the resource types of a shipped fixture that a header names, else those of RFC 7643."""
    from ..fixture import combine, shipped_names
    from ..fixture.folders import split_variant

    fixture = header.get("fixture")
    names = tuple(re.split(r"\s*[+,]\s*", fixture)) if isinstance(fixture, str) else ()
    if names and all(split_variant(name)[0] in shipped_names() for name in names):
        try:
            # Copies: they are extended by what the session shows.
            return tuple(map(replace, combine(names).behaviour.types))
        except UserError:  # a variant that this release does not have any more
            pass
    return user_type(), group_type()


class _Open(Schema):
    """A schema of which no more than the URI is known: it may have any attribute."""

    def attribute(self, name: str) -> Attribute | None:
        return undeclared(name, self.id)


def _accept(types: tuple[ResourceType, ...], document: dict[str, Any]) -> None:
    """Let all types have the extensions that the service's own answer speaks of."""
    answer = answer_of(document)
    told = document_of(answer.get("body")) if answer and answer["status"] < 300 else None
    if not isinstance(told, dict):
        return
    resources = told.get("Resources")
    for resource in (told, *(resources if isinstance(resources, list) else ())):
        urns = resource.get("schemas") if isinstance(resource, dict) else None
        for urn in urns if isinstance(urns, list) else ():
            if isinstance(urn, str) and not urn.lower().startswith(_NO_EXTENSIONS):
                _extend(types, urn)


def _extend(types: tuple[ResourceType, ...], urn: str) -> None:
    bases = {item.schema.id.lower() for item in types}
    for item in types:
        if urn.lower() not in item.extensions and urn.lower() not in bases:
            item.extensions[urn.lower()] = _Open(urn, urn, {}, (), {})
            # Names without a URN are not to be found in it, so what is listed has no attributes.
            item.extension_schemas = (*item.extension_schemas, (Schema(urn, urn, {}, (), {}), False))


# ---- the session as a whole


@dataclass(slots=True)
class Totals:
    """What can be counted in a session; ``seconds`` is when the last exchange ended."""

    exchanges: int = 0
    seconds: float = 0.0
    classes: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    findings: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # severity, name, section

    def count(self, told: Told) -> None:
        """Count one exchange in."""
        exchange = told.exchange
        self.exchanges += 1
        self.seconds = max(self.seconds, exchange.end)
        if exchange.status:
            self.classes[f"{exchange.status // 100}xx"] += 1
        else:
            self.unanswered[str((exchange.error or {}).get("kind") or "not known why")] += 1
        client = exchange.client
        if client and (client in self.clients or len(self.clients) < _MAX_CLIENTS):
            self.clients[client] += 1
        for finding in told.findings:
            self.severities[finding["severity"]] += 1
            self.findings[finding["severity"], finding["name"], finding["section"]] += 1
