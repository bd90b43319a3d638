"""Rules for a proxy, which stands before a service that is not scimmock's: what it can do of them.

A proxy sees requests and answers.  It has no directory, knows tokens only by sight, and leaves the
writing of answers to mitmproxy.  What it cannot do truly is refused rather than done nearly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..clock import Clock
from ..errors import FileError, ScimError
from ..traffic.reply import Reply
from .files import load_faults
from .rule import Rule
from .ruleset import MAX_RULES
from .shapes import shape_error


@dataclass(frozen=True, slots=True)
class ProxyGround:
    """What actions have at a proxy of all that a `Ground` is: no directory, no service, no policy."""

    clock: Clock
    name: str = ""

    def error_reply(self, error: ScimError) -> Reply:
        """Return an error as the standard words it (RFC 7644 section 3.12)."""
        body, media_type = shape_error("scim", error)
        headers = [
            (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in error.headers
        ]
        return Reply(error.status, body, headers, media_type)


def load_for_proxy(names: Sequence[str]) -> list[Rule]:
    """Read packs and files; raises FileError for wrong rules, and one for all that a proxy cannot do."""
    rules: list[Rule] = []
    taken: dict[str, str] = {}
    refused: dict[str, list[str]] = {}
    for name in names:
        for rule in load_faults(name):
            if rule.name in taken:
                raise FileError(f"the rule name {rule.name!r} is taken by {taken[rule.name]}", where=name)
            taken[rule.name] = name
            rules.append(rule)
            why = beyond_proxy(rule)
            if why is not None:
                refused.setdefault(name, []).append(f"{rule.name} ({rule.action.name}): {why}")
        if len(rules) > MAX_RULES:
            raise FileError(f"there are at most {MAX_RULES} rules", where=name, hint="leave some out")
    if refused:
        told = "; ".join(one for several in refused.values() for one in several)
        raise FileError(
            f"a proxy cannot do: {told}",
            where=", ".join(refused),
            hint="leave these rules out, or use them with scimmock serve",
        )
    return rules


def beyond_proxy(rule: Rule) -> str | None:
    """Return why a proxy cannot do what a rule says, None where it can."""
    if rule.match.token is not None:
        return "a proxy does not know the names of tokens, match by a header"
    if rule.match.tenant is not None or rule.when.per == "tenant":
        return "a proxy knows no tenants"
    return rule.action.beyond_proxy
