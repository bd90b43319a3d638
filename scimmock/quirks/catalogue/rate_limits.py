"""The rate limits of services, as far as they publish numbers."""

from __future__ import annotations

from typing import Any, Literal

from ..base import Quirk, quirk

_STANDARD = "429 with Retry-After (RFC 6585 section 4); numbers are left open"
_WRITES = ["create", "replace", "patch", "delete", "bulk"]
_READS = ["read", "list", "search", "discovery"]
_CHANGES = ["replace", "patch"]


def _limit(name: str, amount: dict[str, Any], by: str, match: dict[str, Any], **more: Any) -> dict[str, Any]:
    do = {"rate_limit": amount, "by": by, **more}
    return {"name": name, "match": match, "do": do, "continue": True}


@quirk("rate-limit-slack", who="Slack", standard=_STANDARD)
class SlackLimits(Quirk):
    """Limits requests as Slack does, for the whole organisation: each kind of call per minute, with bursts.

    Writes 600 (burst 180), reads 1000 (1000), a user or group by id 300 (300); creating, changing and
    deleting users 180 (20) each, creating and deleting groups 180 (20) each, changing groups 180 (80).
    """

    def rules(self) -> list[dict[str, Any]]:
        """One bucket for each line of Slack's table."""
        lines: list[tuple[str, int, int, dict[str, Any]]] = [
            ("writes", 600, 180, {"operation": _WRITES}),
            ("reads", 1000, 1000, {"operation": _READS}),
        ]
        for kind in ("Users", "Groups"):
            word = kind.lower()
            burst = 20 if kind == "Users" else 80
            lines += [
                (f"read-{word}", 300, 300, {"operation": "read", "resource": kind}),
                (f"create-{word}", 180, 20, {"operation": "create", "resource": kind}),
                (f"change-{word}", 180, burst, {"operation": _CHANGES, "resource": kind}),
                (f"delete-{word}", 180, 20, {"operation": "delete", "resource": kind}),
            ]
        return [
            _limit(
                f"{self.name}-{name}",
                {"tokens": burst, "refill": rate, "every": "1m"},
                "tenant",
                match,
                detail="too_many_requests",
            )
            for name, rate, burst, match in lines
        ]


@quirk("rate-limit-zscaler", who="Zscaler", standard=_STANDARD)
class ZscalerLimits(Quirk):
    """Limits requests as Zscaler does: ZIA 5 in a second, ZIdentity 50."""

    product: Literal["zia", "zidentity"] = "zia"

    def rules(self) -> list[dict[str, Any]]:
        """So many in a second."""
        requests = 5 if self.product == "zia" else 50
        return [_limit(self.name, {"requests": requests, "window": "1s"}, "tenant", {})]


@quirk("rate-limit-miro", who="Miro", standard=_STANDARD)
class MiroLimits(Quirk):
    """Limits requests as Miro does, each kind of call in 30 seconds.

    Reading users 200, changing one 100, deleting one 20, listing groups 5, reading one 20, patching one
    100, but 5 where the body has more than 500 bytes (by its Content-Length; bodies from 1000 bytes count
    apart from the shorter ones).
    """

    def rules(self) -> list[dict[str, Any]]:
        """One window for each line of Miro's table."""
        patch = {"operation": "patch", "resource": "Groups"}
        lines: list[tuple[str, int, dict[str, Any]]] = [
            ("read-users", 200, {"operation": ["list", "read"], "resource": "Users"}),
            ("change-users", 100, {"operation": _CHANGES, "resource": "Users"}),
            ("delete-users", 20, {"operation": "delete", "resource": "Users"}),
            ("list-groups", 5, {"operation": "list", "resource": "Groups"}),
            ("read-groups", 20, {"operation": "read", "resource": "Groups"}),
            ("patch-groups-large", 5, {**patch, "header": {"content-length": "[5-9]??"}}),
            ("patch-groups-larger", 5, {**patch, "header": {"content-length": "????*"}}),
            ("patch-groups", 100, patch),
        ]
        return [
            _limit(f"{self.name}-{name}", {"requests": requests, "window": "30s"}, "tenant", match)
            for name, requests, match in lines
        ]


@quirk("rate-limit-snowflake", who="Snowflake", standard=_STANDARD)
class SnowflakeLimits(Quirk):
    """Limits requests as Snowflake does: 500 at the same time on each endpoint."""

    concurrent: int = 500

    def rules(self) -> list[dict[str, Any]]:
        """So many under way."""
        return [_limit(self.name, {"concurrent": self.concurrent}, "endpoint", {})]


@quirk("rate-limit-deel", who="Deel", standard=_STANDARD)
class DeelLimits(Quirk):
    """Limits requests as Deel does: 5 in a second with each token."""

    def rules(self) -> list[dict[str, Any]]:
        """So many in a second."""
        return [_limit(self.name, {"requests": 5, "window": "1s"}, "token", {})]


@quirk("rate-limit-peakon", who="Peakon", standard=_STANDARD)
class PeakonLimits(Quirk):
    """Limits operations as Peakon does: 25,000 in an hour, each operation of a bulk request for one."""

    def rules(self) -> list[dict[str, Any]]:
        """Count everything but bulk requests, so that what is in them is counted one by one."""
        operations = [name for name in (*_WRITES, *_READS) if name != "bulk"]
        amount = {"requests": 25_000, "window": "1h"}
        return [_limit(self.name, amount, "tenant", {"operation": operations})]


@quirk("rate-limit-github", who="GitHub", standard=_STANDARD)
class GitHubLimits(Quirk):
    """Limits new users as GitHub does: 1,000 in an hour."""

    def rules(self) -> list[dict[str, Any]]:
        """So many creates in an hour."""
        match = {"operation": "create", "resource": "Users"}
        return [_limit(self.name, {"requests": 1000, "window": "1h"}, "tenant", match)]
