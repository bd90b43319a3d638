"""A tenant that answers from a recorded session: what is asked, what the engine does beside it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from ..learn.people import people_before
from ..traffic.answering.asked import Asked, decoded, headers_of
from ..traffic.answering.nearest import Miss
from ..traffic.answering.player import Counts
from ..traffic.answering.replayer import Given, Replayer, miss_note, miss_reply
from ..traffic.answering.session import Session, read_session
from ..traffic.exchange import Exchange
from ..traffic.recording import open_recording
from ..traffic.reply import Reply
from .codec import encode
from .learning import Content, Follower
from .replay_options import ReplayOptions

_TOKEN_LIFE = 3600  # seconds


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """Options whose session has been read; ``before`` are the resources that were there at its beginning."""

    options: ReplayOptions
    session: Session
    before: Content


def read_plan(options: ReplayOptions) -> ReplayPlan:
    """Read the session that is to answer; raises FileError."""
    before: Content = {}
    if options.on_miss == "engine":
        before = people_before(open_recording(options.path), alone=False)
    return ReplayPlan(options, read_session(options.path), before)


class Replaying:
    """The session as one tenant plays it.  ``base`` is the tenant's base path, with its prefix.

    ``of`` is how the tenant plays it whose face this is: they have one directory.
    """

    def __init__(self, plan: ReplayPlan, base: str, of: Replaying | None = None) -> None:
        self.plan = plan
        self._of = of
        options = plan.options
        backed = options.on_miss == "engine"
        self._replayer = Replayer(plan.session, base, options.order, options.factor, backed)
        self._follower = self._fresh_follower()

    def _fresh_follower(self) -> Follower | None:
        return Follower(self.plan.before) if self.plan.options.on_miss == "engine" else None

    @property
    def follower(self) -> Follower | None:
        """What keeps the directory as the session has shown it so far, where the engine answers as well."""
        return self._follower if self._of is None else self._of.follower

    def reset(self) -> None:
        """Begin anew."""
        self._replayer.reset()
        self._follower = self._fresh_follower()

    @property
    def counts(self) -> Counts:
        """What has been played so far."""
        return self._replayer.counts

    def answer(
        self,
        exchange: Exchange,
        path: str,
        body: bytes,
        base_url: str,
        is_open: bool,
        knows: Callable[[str], bool],
    ) -> Reply | None:
        """Return the recorded answer to a request, or a 404; None where the engine is to answer.

        ``path`` is the raw path below the base.  ``is_open``: nobody's credentials are checked; ``knows``
        says whether the directory has a resource with an id.
        """
        headers = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers)
        query = exchange.query.decode("latin-1")
        asked = Asked(exchange.method, path, query, headers_of(headers), decoded(body))
        if exchange.operation is None:  # the fixture may not know the endpoint
            exchange.operation, exchange.resource, exchange.id = (
                asked.aim.operation,
                asked.aim.resource,
                asked.aim.id,
            )
        found = self._replayer.answer(asked, base_url, lambda id: not knows(id))
        if isinstance(found, Miss):
            return self._missed(exchange, found, is_open)
        exchange.notes = [*(exchange.notes or ()), found.note]
        self._played(exchange, asked, found, base_url)
        found.reply.wait = found.wait
        return found.reply

    def _played(self, exchange: Exchange, asked: Asked, found: Given, base_url: str) -> None:
        answer = self._replayer.service_answer(found, base_url)
        if exchange.operation == "create" and answer is not None and answer["status"] < 300:
            exchange.id = found.found.step.about or None
        if self.follower is not None and answer is not None and not found.found.again:
            self.follower.see(asked, answer, found.found.exchange.get("trace") or {})

    def _missed(self, exchange: Exchange, miss: Miss, is_open: bool) -> Reply | None:
        note = miss_note(miss)
        exchange.notes = [*(exchange.notes or ()), note]
        options = self.plan.options
        if exchange.operation == "token" and is_open:
            return _any_token()
        discovers = exchange.operation == "discovery" and options.order != "strict"
        if discovers or options.on_miss == "engine" or exchange.operation == "token":
            note["answered_by"] = "engine"
            return None
        return miss_reply(miss)


def _any_token() -> Reply:
    """Return an access token for whoever asks, where any is accepted (RFC 6749 section 5.1)."""
    token = secrets.token_urlsafe(24)
    document = {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LIFE}
    return Reply(200, encode(document), [(b"cache-control", b"no-store")], b"application/json")
