"""One fault rule: what it is for (`match`), how often (`when`), what it does (`do`), and its counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec

from ..traffic.secrets import masked_filter
from ..yamlfile import explain
from .base import Action, actions
from .call import Call, enter
from .errors import RuleError
from .match import Match, Matcher, check_match
from .values import convert
from .when import Schedule, Turn, When, check_when

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MAX_KEY = 500  # characters of a key in the trace


class _Shape(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The keys of a rule; ``why``, ``source`` and ``confidence`` are for rules that describe a vendor."""

    do: dict[str, Any]
    name: str | None = None
    match: dict[str, Any] = {}
    when: dict[str, Any] = {}
    continue_: bool = msgspec.field(name="continue", default=False)
    enabled: bool = True
    why: str = ""
    source: str = ""
    confidence: str = ""


_KEYS = frozenset(field.encode_name for field in msgspec.structs.fields(_Shape))
_WHEN = frozenset(field.encode_name for field in msgspec.structs.fields(When))


def _converted(data: Any, kind: type[Any], path: str) -> Any:
    try:
        return convert(data, kind)
    except msgspec.ValidationError as error:
        problem = explain(str(error), kind)
        raise RuleError(
            f"{path}{problem.path[1:]}", problem.message, problem.hint, problem.suggestion
        ) from None


def read_action(data: Any, path: str) -> Action:
    """Return the action of a ``do``; raises RuleError for none, several or an unknown one."""
    if not isinstance(data, dict) or not data:
        raise RuleError(path, "is an action such as {status: 503}", f"actions are {', '.join(actions())}")
    known = actions()
    named = [name for name in data if name in known]
    if not named:
        first = next(iter(data))
        raise RuleError.unknown(f"{path}.{first}", "action", str(first), known)
    if len(named) > 1:
        raise RuleError(
            path, f"has {len(named)} actions: {', '.join(named)}", "keep one, a rule does one thing"
        )
    action: Action = _converted(data, known[named[0]], path)
    try:
        action.check()
    except ValueError as error:
        raise RuleError(path, str(error)) from None
    except RuleError as error:
        raise RuleError(f"{path}{error.path}", error.message, error.hint, error.suggestion) from None
    return action


class Fired:
    """A rule that has its turn for one request.

    Most rules count at once; an action that is tentative calls `count` when it finds something to do.
    """

    __slots__ = ("call", "counted", "rule", "trace", "turn")

    def __init__(self, rule: Rule, turn: Turn, call: Call) -> None:
        self.rule = rule
        self.turn = turn
        self.call = call
        self.counted = False
        self.trace: dict[str, Any] = {}

    def count(self, **facts: Any) -> None:
        """Count the hit and enter it, with facts worth knowing, into the trace of the exchange."""
        if not self.counted:
            self.counted = True
            turn = self.turn
            self.trace = {"name": self.rule.name, "action": self.rule.action.name, "hit": turn.hit()}
            self.trace["seen"] = turn.seen
            if turn.draw is not None:
                self.trace["draw"] = round(turn.draw, 6)
                self.trace["probability"] = turn.schedule.when.probability
            if turn.key:
                self.trace["key"] = masked_filter(turn.key)[:_MAX_KEY]
            exchange = self.call.exchange
            exchange.rules = enter(exchange.rules, self.trace, name="...")
        self.trace.update(facts)

    def tell(self, **facts: Any) -> None:
        """Add facts to the trace of a rule that has been counted."""
        if self.counted:
            self.trace.update(facts)


class Rule:
    """A rule in force.

    ``spec`` is what it was made from, ``source`` who brought it: "fixture", "faults" (a file or pack
    at the start), "control", or "quirk".
    """

    def __init__(self, spec: dict[str, Any], name: str, make: Callable[[], Action], source: str) -> None:
        shape = convert(spec, _Shape)
        self.spec = spec
        self.name = name
        self.make = make
        self.action = make()
        self.source = source
        self.goes_on = bool(shape.continue_)
        self.enabled = bool(shape.enabled)
        self.when: When = convert(shape.when, When)
        self.match: Match = convert(shape.match, Match)
        self.matcher = Matcher(self.match)
        self.needs_body = self.matcher.needs_body or self.when.per == "resource"
        self.schedule = Schedule(self.when, 0, name, 0.0, float)

    def start(self, seed: int, begin: float, now: Callable[[], float]) -> None:
        """Begin to count; see `Schedule`."""
        self.schedule = Schedule(self.when, seed, self.name, begin, now)

    def fresh(self) -> Rule:
        """Return the rule as it was before it counted anything, for another tenant."""
        rule = copy(self)
        rule.action = self.make()
        rule.enabled = bool(self.spec.get("enabled", True))
        rule.schedule = Schedule(self.when, 0, self.name, 0.0, float)
        return rule

    def as_dict(self, now: float) -> dict[str, Any]:
        """Return the rule as it is listed, with its counts."""
        shown = {"name": self.name, **{key: value for key, value in self.spec.items() if key != "name"}}
        shown["enabled"] = self.enabled
        shown["origin"] = self.source
        shown["hits"] = self.schedule.hits
        shown["seen"] = self.schedule.seen
        shown["left"] = self.schedule.left
        if self.schedule.ends is not None:
            shown["expires_in"] = round(max(0.0, self.schedule.ends - now), 3)
        return shown


def read_rule(data: Any, path: str, name: str, source: str) -> Rule:
    """Check a rule and return it; ``name`` is for one that has none.  Raises RuleError with its path."""
    if not isinstance(data, dict):
        raise RuleError(path, "a rule is a mapping with 'do', and 'match' and 'when' if need be")
    for key, kind in (
        ("match", Match),
        ("when", When),
    ):  # a word misspelt there says more than what is missing
        if isinstance(data.get(key), dict):
            _converted(data[key], kind, f"{path}.{key}")
    misplaced = next((key for key in data if key not in _KEYS and key in _WHEN), None)
    if misplaced is not None:
        raise RuleError(
            f"{path}.{misplaced}", f"{misplaced!r} belongs into 'when'", None, f"when.{misplaced}"
        )
    shape: _Shape = _converted(data, _Shape, path)
    given = shape.name if shape.name is not None else name
    if not _NAME.fullmatch(given):
        raise RuleError(
            f"{path}.name", f"{given!r} is no name", "letters, digits, '.', '_' and '-' make one, 100 at most"
        )
    check_match(_converted(shape.match, Match, f"{path}.match"), f"{path}.match")
    check_when(_converted(shape.when, When, f"{path}.when"), f"{path}.when")
    return Rule(data, given, lambda: read_action(shape.do, f"{path}.do"), source)


def read_rules(data: Any, path: str, source: str, taken: tuple[str, ...] = ()) -> list[Rule]:
    """Check a list of rules, all or none; rules without a name get one.  Raises RuleError."""
    if not isinstance(data, list):
        raise RuleError(path, "is a list of rules")
    rules: list[Rule] = []
    names = set(taken)
    explicit = {item["name"] for item in data if isinstance(item, dict) and isinstance(item.get("name"), str)}
    for index, item in enumerate(data):
        number = index + 1
        while f"rule-{number}" in names or f"rule-{number}" in explicit:
            number += 1
        rule = read_rule(item, f"{path}[{index}]", f"rule-{number}", source)
        if rule.name in names:
            raise RuleError(f"{path}[{index}].name", f"the name {rule.name!r} is taken", "choose another")
        names.add(rule.name)
        rules.append(rule)
    return rules
