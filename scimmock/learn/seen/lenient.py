"""What the service takes beyond the standard: the fewest switches with which scimmock would take it too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from itertools import combinations
from typing import Any

from ...errors import ScimError
from ...scim.filter import Dialect, parse
from ...scim.match import Semantics, compile_filter
from ...scim.patch import apply, read_operations
from ...scim.path import resolve
from ...scim.policy import SWITCHES, Leniency, Policy
from ...scim.schema import ResourceType
from ...scim.validate import check_required, normalise_resource
from ..look import Document, Look, View, operations_in
from ..portrait import Portrait
from ..types import types_in
from .filters import filter_of

_MOST = 200  # requests of each operation that are tried
_TOGETHER = 3  # switches that one request may need
_NAMES = tuple(item.name for item in fields(Leniency))
# What makes others needless, so that it is tried last; and what scimmock's trial cannot tell.
_BROAD = ("store_unknown_attributes", "drop_unknown_attributes", "store_wrong_types", "json_strings")
_UNTRIED = ("skip_unknown_members", "store_unknown_members", "case_insensitive_path")
_ORDER = (*(n for n in _NAMES if n not in (*_BROAD, *_UNTRIED)), *_BROAD)
_FILTERS = {
    "unquoted_filter_values": "unquoted_values",
    "sub_attribute_after_value_path": "sub_attribute_after_value_path",
    "single_quoted_filter_values": "single_quotes",
}


class Lenience:
    """Tries each request that was accepted as scimmock would, strictly and then with switches."""

    def __init__(self) -> None:
        self._needed: dict[str, Look] = {}
        self._riddles: list[Look] = []
        self._accepted: list[Look] = []
        self._counts: Counter[str | None] = Counter()

    def see(self, look: Look, view: View) -> None:
        """Keep a request that was accepted."""
        if look.is_done and not look.made_up and self._counts[look.operation] < _MOST:
            self._counts[look.operation] += 1
            self._accepted.append(look)

    def _try(self, look: Look, resource_type: ResourceType, given: list[str]) -> None:
        if _clears_by_text(look, resource_type):
            self._needed.setdefault("empty_string_removes", look)
        trial = _trial(look, resource_type)
        known = [name for name in _ORDER if name in self._needed or name in given]
        if trial is None or not _fails(trial, known):
            return
        needed = _fewest(trial, known, look, resource_type)
        if needed is None:
            self._riddles.append(look)
        for name in needed or ():
            self._needed.setdefault(name, look)

    def tell(self, portrait: Portrait) -> None:
        """Try the requests with the resource types that were learned, and note the switches."""
        types = types_in(portrait)
        given = [name.replace("-", "_") for name in portrait.switches]
        for look in self._accepted:
            if look.resource in types:
                self._try(look, types[look.resource], given)
        for name, look in self._needed.items():
            switch = name.replace("_", "-")
            other = _OTHERS.get(switch)
            if other in portrait.switches:
                continue
            portrait.switch(switch, SWITCHES[switch], look)
        for look in self._riddles[:3]:
            says = f"A {look.operation} of {look.resource} was accepted that is refused here, no switch helps"
            portrait.gap(says, look)


_OTHERS = {
    "store-unknown-attributes": "drop-unknown-attributes",
    "drop-unknown-attributes": "store-unknown-attributes",
}
Trial = Callable[[Policy], Any]


def _trial(look: Look, resource_type: ResourceType) -> Trial | None:
    """Return what does as scimmock would with a request under a policy; raises ScimError where it refuses."""
    if look.operation in ("create", "replace"):
        return lambda policy: check_required(
            resource_type, normalise_resource(resource_type, look.sent, policy.leniency)
        )
    if look.operation == "patch" and look.before and isinstance(look.before.get("schemas", []), list):
        before: Document = look.before
        return lambda policy: apply(before, read_operations(look.sent, policy), resource_type, policy)
    text = filter_of(look)
    if text is None:
        return None
    return lambda policy: _filter(text, resource_type, policy.leniency)


def _filter(text: str, resource_type: ResourceType, leniency: Leniency) -> None:
    dialect = Dialect(**{name: getattr(leniency, switch) for switch, name in _FILTERS.items()})
    semantics = Semantics(
        unknown_is_absent=leniency.unknown_filter_attributes, boolean_strings=leniency.boolean_strings
    )
    compile_filter(parse(text, dialect), resource_type, semantics)


def _fails(trial: Trial, names: list[str]) -> bool:
    try:
        trial(Policy(leniency=Leniency(**dict.fromkeys(names, True))))
    except ScimError:
        return True
    except RecursionError:
        return False
    return False


def _fewest(
    trial: Trial, known: list[str], look: Look, resource_type: ResourceType
) -> tuple[str, ...] | None:
    """Return the fewest further switches with which a trial succeeds, None where no few do."""
    order = [name for name in _ORDER if name not in known]
    if _stores(look, resource_type):
        order = [name for name in order if name != "drop_unknown_attributes"]
    else:
        order = [name for name in order if name != "store_unknown_attributes"]
    if _fails(trial, [*known, *order]):
        return None
    for number in range(1, _TOGETHER + 1):
        for names in combinations(order, number):
            if not _fails(trial, [*known, *names]):
                return names
    return None


def _clears_by_text(look: Look, resource_type: ResourceType) -> bool:
    """Whether an empty text is sent for a complex attribute, which the resource does not have then."""
    if look.operation not in ("create", "replace", "patch") or not isinstance(look.told, dict):
        return False
    sent = [(item.get("path"), item.get("value")) for item in operations_in(look.sent)]
    if look.operation != "patch" and isinstance(look.sent, dict):
        sent = list(look.sent.items())
        sent += [
            (f"{urn}:{name}", value)
            for urn, inner in look.sent.items()
            if urn.lower().startswith("urn:") and isinstance(inner, dict)
            for name, value in inner.items()
        ]
    for path, value in sent:
        if value == "" and isinstance(path, str):
            target = resolve(path, resource_type)
            is_complex = target.attribute is not None and target.attribute.subs and target.sub is None
            if is_complex and target.attribute and target.attribute.name not in target.container(look.told):
                return True
    return False


def _stores(look: Look, resource_type: ResourceType) -> bool:
    """Whether an answer shows an attribute that no schema declares and that the client sent."""
    if not isinstance(look.sent, dict) or not isinstance(look.told, dict):
        return False
    return any(
        resource_type.attribute(name) is None and not name.lower().startswith("urn:") and name in look.told
        for name in look.sent
    )
