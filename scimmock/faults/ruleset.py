"""The fault rules of one tenant: kept in order, found quickly, fired stage by stage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from ..clock import Clock
from ..traffic.reply import Reply
from .base import Stage
from .call import Call, Pending
from .errors import RuleError
from .match import check_resources
from .rule import Fired, Rule, read_rule, read_rules

log = logging.getLogger("scimmock")

MAX_RULES = 1000
_OTHERS = ("Bulk", "Me", "ServiceProviderConfig", "ResourceTypes", "Schemas")
MAX_PENDING = 1000  # things that rules have yet to do; the oldest is forgotten
_MAX_KINDS = 512
Kind = tuple[str, str | None, str | None]


class Candidates:
    """The rules that requests of one kind can meet, by stage, in order."""

    __slots__ = ("_watched", "asks_body", "by_stage", "needs_body", "with_head")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.by_stage: tuple[list[Rule], ...] = tuple([] for _ in Stage)
        self.needs_body = False
        self.with_head: list[Rule] = []  # limits that are asked before the body is read
        for rule in rules:
            if rule.action.stage is Stage.LIMIT and not rule.needs_body:
                self.with_head.append(rule)
            else:
                self.by_stage[rule.action.stage].append(rule)
                self.needs_body |= rule.needs_body
        self._watched = [
            (
                rule.matcher.literal,
                rule.schedule.tally if rule.matcher.fits_all else None,
                rule.matcher.body_test,
            )
            for stage in (self.with_head, *self.by_stage)
            for rule in stage
        ]
        # Whether a look at the body may show that none of the rules fires.
        self.asks_body = not self.with_head and any(test is not None for _, _, test in self._watched)

    def none_has_its_turn(self, path: str, told: Any = None) -> bool:
        """Whether it is certain that no rule fires for a request, which is counted then.

        Most rules wait for another path, another body or for their turn; to know that costs next to
        nothing.  ``told`` is the body as filters see it, None when it is not known.
        """
        waiting = []
        for literal, tally, test in self._watched:
            if literal not in path:
                continue
            if test is not None:
                if told is None or test(told):
                    return False
            elif tally is None or tally.seen + 1 >= tally.next:
                return False
            else:
                waiting.append(tally)
        for tally in waiting:
            tally.seen += 1
        return True


class RuleSet:
    """The rules of a tenant.

    Determinism: what fires depends on the seed, the names of the rules, the requests that match them
    and the clock, and on nothing else.
    """

    def __init__(self, seed: int, clock: Clock, type_names: dict[str, str] | None = None) -> None:
        self.seed = seed
        self.clock = clock
        self.type_names = type_names or {}
        # What `resource` can be; nothing is known of a proxy's service.
        self.resources = (
            frozenset((*self.type_names, *self.type_names.values(), *_OTHERS)) if type_names else frozenset()
        )
        self.begin = clock.elapsed()
        self.rules: list[Rule] = []
        self.active = False
        self._table: dict[Kind, Candidates | None] = {}
        self._pending: list[Pending] = []
        self._ending: float | None = None
        # Told whether any rule needs the directory to remember what it was.
        self.on_history: Callable[[bool], None] | None = None

    # ---- what the control API and the start of the server do

    def add(self, data: Any, path: str, source: str) -> list[Rule]:
        """Add rules, all or none; raises RuleError, also for a name that is taken."""
        rules = read_rules(data, path, source, tuple(rule.name for rule in self._present()))
        self.put(rules)
        return rules

    def add_one(self, data: Any, source: str) -> list[Rule]:
        """Add one rule; raises RuleError with paths that begin at the rule."""
        names = {rule.name for rule in self._present()}
        number = len(names) + 1
        while f"rule-{number}" in names:
            number += 1
        rule = read_rule(data, "", f"rule-{number}", source)
        if rule.name in names:
            raise RuleError("name", f"the name {rule.name!r} is taken", "choose another")
        check_resources(rule.match, self.resources, "match")
        self.put([rule])
        return [rule]

    def put(self, rules: list[Rule]) -> None:
        """Add rules that were read before; raises RuleError when there are too many or a name is taken."""
        present = self._present()
        if len(present) + len(rules) > MAX_RULES:
            raise RuleError("faults", f"there are at most {MAX_RULES} rules", "remove some first")
        names = {rule.name for rule in present}
        for index, rule in enumerate(rules):
            if rule.source == "control":
                check_resources(rule.match, self.resources, f"faults[{index}].match")
            if rule.name in names:
                raise RuleError(f"faults[{index}].name", f"the name {rule.name!r} is taken", "choose another")
            names.add(rule.name)
        for rule in rules:
            rule.start(self.seed, self.begin, self.clock.elapsed)
        self.rules = [*present, *rules]
        self._changed()

    def get(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def enable(self, name: str, enabled: bool) -> Rule | None:
        """Switch a rule on or off; returns it, None when there is none of that name."""
        rule = self.get(name)
        if rule is not None:
            rule.enabled = enabled
            self._changed()
        return rule

    def remove(self, name: str) -> bool:
        """Remove a rule; False when there is none of that name."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.name != name]
        self._changed()
        return len(self.rules) < before

    def clear(self, everything: bool = False, sources: tuple[str, ...] = ("fixture", "quirk")) -> None:
        """Remove all rules except those of the sources, or these too."""
        self.rules = [] if everything else [rule for rule in self.rules if rule.source in sources]
        self._changed()

    def replace_source(self, source: str, rules: list[Rule]) -> None:
        """Put rules in the place of all those of one source, or raise RuleError and leave all as it is."""
        before = self.rules
        self.rules = [rule for rule in before if rule.source != source]
        try:
            self.put(rules)
        except RuleError:
            self.rules = before
            self._changed()
            raise

    def rewind(self) -> None:
        """Begin anew: no rule has seen a request, nothing is to happen later; those switched off stay so."""
        self.begin = self.clock.elapsed()
        self._pending = []
        fresh = []
        for rule in self.rules:
            again = rule.fresh()
            again.enabled = rule.enabled
            again.start(self.seed, self.begin, self.clock.elapsed)
            fresh.append(again)
        self.rules = fresh
        self._changed()

    def listing(self) -> list[dict[str, Any]]:
        """Return the rules as they are listed; those whose time has ended are gone."""
        now = self.clock.elapsed()
        return [rule.as_dict(now) for rule in self._present()]

    def _present(self) -> list[Rule]:
        now = self.clock.elapsed()
        return [rule for rule in self.rules if not rule.schedule.is_over(now)]

    def _changed(self) -> None:
        self._table.clear()
        names = {rule.name for rule in self.rules if rule.enabled}
        self._pending = [item for item in self._pending if item.rule in names]
        on = [rule for rule in self.rules if rule.enabled]
        self.active = bool(on or self._pending)
        self._ending = min(
            (rule.schedule.ends for rule in on if rule.schedule.ends is not None), default=None
        )
        if self.on_history is not None:
            self.on_history(self.keeps_history)

    @property
    def keeps_history(self) -> bool:
        """Whether a rule needs the directory to remember what it was."""
        return any(rule.enabled and rule.action.keeps_history for rule in self.rules)

    # ---- what happens later

    def schedule(self, pending: Pending) -> None:
        """Do something at the beginning of the first request for which it is due, see `Ground`."""
        if len(self._pending) >= MAX_PENDING:
            del self._pending[0]
        self._pending.append(pending)
        self.active = True

    def settle(self, looking: bool = False) -> None:
        """Do what is due; called before a request is served or the directory is looked at."""
        if not self._pending:
            return
        ready = [item for item in self._pending if not (looking and item.counts) and item.due()]
        if ready:
            self._pending = [item for item in self._pending if item not in ready]
            self._changed()
            for item in ready:
                item.act()

    # ---- the stages of a request

    def candidates(self, method: str, operation: str | None, resource: str | None) -> Candidates | None:
        """Return the rules that such a request can meet, None when there are none."""
        if self._ending is not None and self.clock.elapsed() >= self._ending:
            self.rules = self._present()
            self._changed()
        kind = (method, operation, resource)
        try:
            return self._table[kind]
        except KeyError:
            pass
        type_name = self.type_names.get(resource) if resource is not None else None
        fitting = [rule for rule in self.rules if rule.enabled and rule.matcher.fits_kind(*kind, type_name)]
        if len(self._table) >= _MAX_KINDS:
            self._table.clear()
        found = self._table[kind] = Candidates(fitting) if fitting else None
        return found

    def named(self, name: str) -> Rule | None:
        """Return an enabled rule for the header that asks for it."""
        rule = self.get(name)
        if rule is None or not rule.enabled or rule.schedule.is_over(self.clock.elapsed()):
            return None
        return rule

    def turns(self, rules: Iterable[Rule], call: Call) -> Iterable[Fired]:
        """Yield the rules whose turn it is, up to the first that fires without going on."""
        path = call.path
        for rule in rules:
            matcher = rule.matcher
            if matcher.literal not in path or not (matcher.fits_all or matcher.fits(call)):
                continue
            turn = rule.schedule.take(call)
            if turn is None:
                continue
            fired = Fired(rule, turn, call)
            if not rule.action.tentative:
                fired.count()
            yield fired
            if fired.counted and not rule.goes_on:
                return

    async def before(self, rules: Iterable[Rule], call: Call) -> Reply | None:
        """Let rules act before the service does; returns the first answer in its stead."""
        for fired in self.turns(rules, call):
            reply = await self.act(fired, call)
            if reply is not None:
                return reply
        return None

    async def act(self, fired: Fired, call: Call) -> Reply | None:
        """Let one rule act before the service does, and stay for what follows."""
        call.attach(fired.rule.action, fired)
        return await fired.rule.action.before(call, fired)
