"""Quirks of time and state, each a preset of fault rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...faults.values import Delay, Duration
from ..base import Quirk, quirk

_Some = Annotated[int, msgspec.Meta(ge=1)]


class Preset(Quirk):
    """The base of quirks that are played by a fault rule.

    ``every``, ``times`` and ``probability`` say how often, as in the ``when`` of a rule: always, unless
    they say otherwise.
    """

    every: _Some = 1
    times: _Some | None = None
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None

    def rule(self, do: dict[str, Any], **match: Any) -> dict[str, Any]:
        """Return the rule that does this to the requests that match."""
        given = {"every": self.every, "times": self.times, "probability": self.probability}
        when = {
            name: value
            for name, value in given.items()
            if (name, value) != ("every", 1) and value is not None
        }
        return {"match": match, "when": when, "do": do}


@quirk(
    "500-on-duplicate-race",
    who="Gravitee PR #8290",
    standard="409 uniqueness (RFC 7644 section 3.3)",
)
class DuplicateRace(Preset):
    """Answers 500 where a userName is taken, as a database error that nobody caught."""

    def rules(self) -> list[dict[str, Any]]:
        """The race is lost each time."""
        return [self.rule({"uniqueness_race": True})]


@quirk("write-lock-429", who="Slack", standard="writes do not exclude each other")
class WriteLock(Quirk):
    """Answers 429 to a write to a user or group whose earlier write is still under way."""

    def rules(self) -> list[dict[str, Any]]:
        """One lock for each resource; Slack has a word for that of groups."""
        return [
            {
                "name": f"{self.name}-groups",
                "match": {"resource": "Groups"},
                "do": {"write_lock": True, "detail": "resource_locked"},
            },
            {
                "name": f"{self.name}-users",
                "match": {"resource": "Users"},
                "do": {"write_lock": True},
            },
        ]


@quirk("unstable-order", who="Okta warns of it", standard="the order is left open, Okta needs it stable")
class UnstableOrder(Preset):
    """Lists resources in another order for each page, so that some come twice and some never."""

    def rules(self) -> list[dict[str, Any]]:
        """Shuffle."""
        return [self.rule({"page_drift": "shuffle"}, operation=["list", "search"])]


@quirk(
    "read-after-write-lag",
    who="Fleet #50724",
    standard="a write that was answered is seen by what reads afterwards",
)
class ReadAfterWriteLag(Preset):
    """Answers reads from the directory as it was some time ago.

    ``lag`` is a duration; ``reads`` takes its place with a number of reads that do not see a write.
    ``only: id`` is for reads of a single resource, ``only: filter`` for lists.
    """

    lag: str | float = "2s"
    reads: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    only: Literal["id", "filter"] | None = None

    def __post_init__(self) -> None:
        """Find fault with what is no duration."""
        Duration.read(self.lag)

    def rules(self) -> list[dict[str, Any]]:
        """Lag behind."""
        stale: Any = self.lag if self.reads is None else {"reads": self.reads}
        return [self.rule({"stale_read": stale, **({"only": self.only} if self.only else {})})]


@quirk("lost-update", who="Fleet #50724", standard="a PATCH is atomic (RFC 7644 section 3.5.2)")
class LostUpdate(Preset):
    """Applies a PATCH of a group to its members as they were before the latest change, which is lost."""

    def rules(self) -> list[dict[str, Any]]:
        """Lose it."""
        return [self.rule({"lost_update": True}, operation="patch", resource="Groups")]


@quirk(
    "html-proxy-error",
    who="a tunnel of Cloudflare",
    standard="errors are SCIM errors (RFC 7644 section 3.12)",
)
class ProxyError(Preset):
    """Answers as a proxy whose upstream is gone: 502 with the plain text of Cloudflare.

    ``form: html`` answers a web page instead.
    """

    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 502
    form: Literal["text", "html"] = "text"

    def rules(self) -> list[dict[str, Any]]:
        """Answer in the service's stead."""
        if self.form == "html":
            return [self.rule({"status": self.status, "shape": "html"})]
        body = f"error code: {self.status}"
        return [self.rule({"status": self.status, "body": body, "content_type": "text/plain; charset=UTF-8"})]


@quirk("slow", who="any; Okta closes the socket after 60 s", standard="left open")
class Slow(Preset):
    """Answers after more than a minute.

    ``delay`` is a duration or a distribution, as in the fault of that name.
    """

    delay: str | float | dict[str, Any] = "61s"

    def __post_init__(self) -> None:
        """Find fault with what is no delay."""
        Delay.read(self.delay)

    def rules(self) -> list[dict[str, Any]]:
        """Wait."""
        return [self.rule({"delay": self.delay})]
