"""What a filter means on resources of a type (RFC 7644 section 3.4.2.2).

A filter tree is compiled once per resource type into a predicate on plain dicts; the schema decides
how values compare.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InvalidFilter
from .filter import And, Compare, Node, Not, Or, Present, Slot, ValuePath
from .path import Target, resolve
from .schema import Attribute, ResourceType
from .values import fold, is_present, parse_date_time

Predicate = Callable[[dict[str, Any]], bool]
Test = Callable[[Any], bool]
# Filters of one shape (the same but for the strings in them) are compiled once; binding the strings
# to the slots of the shape makes the predicate.
Strings = Sequence[str]
Bind = Callable[[Strings], Predicate]
BindTest = Callable[[Strings], Test]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_SUBSTRING = ("co", "sw", "ew")


@dataclass(frozen=True, slots=True)
class Semantics:
    """Which liberties a service takes with filters.

    ``unknown_is_absent``: an attribute that no schema declares has no value, instead of being an error.
    ``boolean_strings``: "True" compares with the boolean true, as in Entra's ``roles[primary eq "True"]``.
    ``case_exact``: strings compare with regard to case, whatever the schema says.
    """

    unknown_is_absent: bool = False
    boolean_strings: bool = False
    case_exact: bool = False


STRICT = Semantics()


def _refuse(what: str, node: Compare) -> InvalidFilter:
    return InvalidFilter(what, node.position)


def _text_test(attribute: Attribute, op: str, wanted: str, semantics: Semantics = STRICT) -> Test:
    """Compare strings; written out for each operator because scans of the directory spend their time here."""
    if attribute.case_exact or semantics.case_exact:
        tests: dict[str, Test] = {
            "eq": lambda value: value == wanted,
            "ne": lambda value: value != wanted,
            "co": lambda value: type(value) is str and wanted in value,
            "sw": lambda value: type(value) is str and value.startswith(wanted),
            "ew": lambda value: type(value) is str and value.endswith(wanted),
        }
        if op in tests:
            return tests[op]
        order = _ORDER[op]
        return lambda value: type(value) is str and order(value, wanted)
    folded = fold(wanted)
    if op == "eq":
        return lambda value: (
            type(value) is str and (value.lower() if value.isascii() else fold(value)) == folded
        )
    if op == "co":
        return lambda value: (
            type(value) is str and folded in (value.lower() if value.isascii() else fold(value))
        )
    if op == "ne":
        return lambda value: type(value) is not str or fold(value) != folded
    if op == "sw":
        return lambda value: type(value) is str and fold(value).startswith(folded)
    if op == "ew":
        return lambda value: type(value) is str and fold(value).endswith(folded)
    compare = _ORDER[op]
    return lambda value: type(value) is str and compare(fold(value), folded)


def _date_test(node: Compare) -> Test:
    wanted = parse_date_time(node.value) if isinstance(node.value, str) else None
    if wanted is None:
        raise _refuse(f"{node.path!r} is compared with a date and time such as 2026-01-31T09:30:00Z", node)
    compare: Callable[[Any, Any], bool] = {"eq": operator.eq, "ne": operator.ne, **_ORDER}[node.op]

    def test(value: Any) -> bool:
        moment = parse_date_time(value) if isinstance(value, str) else None
        return moment is not None and compare(moment, wanted)

    return test


def _number_test(node: Compare) -> Test:
    wanted = node.value
    if type(wanted) not in (int, float) or node.op in _SUBSTRING:
        raise _refuse(f"{node.path!r} is a number and cannot be compared so", node)
    compare: Callable[[Any, Any], bool] = {"eq": operator.eq, "ne": operator.ne, **_ORDER}[node.op]
    return lambda value: type(value) in (int, float) and compare(value, wanted)


def _boolean_test(node: Compare, semantics: Semantics) -> Test:
    wanted = node.value
    if semantics.boolean_strings and isinstance(wanted, str) and wanted.lower() in ("true", "false"):
        wanted = wanted.lower() == "true"
    if node.op not in ("eq", "ne") or type(wanted) is not bool:
        raise _refuse(f"{node.path!r} is a boolean, only eq and ne with true or false fit", node)
    if node.op == "eq":
        return lambda value: value is wanted
    return lambda value: value is not wanted


def _untyped_test(attribute: Attribute, node: Compare, semantics: Semantics) -> Test:
    """Compare by the type of the filter's value: no schema says what the attribute is."""
    if isinstance(node.value, str):
        return _text_test(attribute, node.op, node.value, semantics)
    if type(node.value) is bool:
        return _boolean_test(node, STRICT)
    return _number_test(node)


def _null_test(node: Compare) -> Test:
    if node.op == "eq":
        return lambda value: value is None
    if node.op == "ne":
        return lambda value: value is not None
    raise _refuse(f"null fits eq and ne, not {node.op}", node)


def _value_test(attribute: Attribute, node: Compare, semantics: Semantics) -> Test:
    if attribute.returned == "never":
        raise _refuse(f"{node.path!r} cannot be used in a filter", node)
    if node.value is None:
        return _null_test(node)
    kind = attribute.type
    if kind == "any":
        return _untyped_test(attribute, node, semantics)
    if kind == "boolean":
        return _boolean_test(node, semantics)
    if kind in ("integer", "decimal"):
        return _number_test(node)
    if kind == "dateTime" and node.op not in _SUBSTRING:
        return _date_test(node)
    if kind == "binary" and node.op in _ORDER:
        raise _refuse(f"{node.path!r} is binary and has no order", node)
    if not isinstance(node.value, str):
        raise _refuse(f"{node.path!r} is compared with a string in quotes", node)
    return _text_test(attribute, node.op, node.value, semantics)


def _bind_test(attribute: Attribute, node: Compare, semantics: Semantics) -> BindTest:
    """Return how to make the test of a comparison when its string is known."""
    slot = node.value
    if not isinstance(slot, Slot):
        test = _value_test(attribute, node, semantics)
        return lambda strings: test
    index = slot.index
    if attribute.type in ("string", "reference", "any") and attribute.returned != "never":
        op = node.op
        return lambda strings: _text_test(attribute, op, strings[index], semantics)
    return lambda strings: _value_test(attribute, replace(node, value=strings[index]), semantics)


def _implied_value(attribute: Attribute, path: str, position: int) -> Attribute:
    """Return the ``value`` of a complex attribute that is compared without naming a sub-attribute."""
    value = attribute.sub("value")
    if value is None:
        names = ", ".join(sub.name for sub in attribute.sub_attributes)
        raise InvalidFilter(f"{path!r} is complex, name one of its sub-attributes: {names}", position)
    return value


class _Compiler:
    def __init__(self, resource_type: ResourceType, semantics: Semantics) -> None:
        self.resource_type = resource_type
        self.semantics = semantics

    def target(self, path: str, position: int) -> Target:
        target = resolve(path, self.resource_type)
        if not target.declared and not self.semantics.unknown_is_absent:
            raise InvalidFilter(f"{self.resource_type.name} has no attribute {path!r}", position)
        return target

    def node(self, node: Node) -> Bind:
        if isinstance(node, Compare):
            return self.compare(node)
        if isinstance(node, Present):
            predicate = self.present(node)
            return lambda strings: predicate
        if isinstance(node, ValuePath):
            return self.value_path(node)
        if isinstance(node, Not):
            return _negate(self.node(node.inner))
        return _combine(node, [self.node(term) for term in node.terms])

    def compare(self, node: Compare) -> Bind:
        target = self.target(node.path, node.position)
        attribute, sub = target.attribute, target.sub
        if attribute is None:
            raise InvalidFilter(f"{node.path!r} is a schema, not an attribute", node.position)
        if sub is None and attribute.type == "complex":
            sub = _implied_value(attribute, node.path, node.position)
        bind_test = _bind_test(sub or attribute, node, self.semantics)
        absent = node.op == "ne" if node.value is not None else node.op == "eq"
        extension = target.extension
        return lambda strings: _reader(extension, attribute, sub, bind_test(strings), absent)

    def present(self, node: Present) -> Predicate:
        target = self.target(node.path, node.position)
        leaf = target.leaf
        if leaf is None:
            urn = target.extension
            return (lambda document: is_present(document.get(urn))) if urn else (lambda document: True)
        if leaf.returned == "never":
            raise InvalidFilter(f"{node.path!r} cannot be used in a filter", node.position)
        assert target.attribute is not None
        return _reader(target.extension, target.attribute, target.sub, is_present, False)

    def value_path(self, node: ValuePath) -> Bind:
        target = self.target(node.path, node.position)
        attribute = target.attribute
        if attribute is None or target.sub is not None:
            raise InvalidFilter(f"{node.path!r} has no values to choose from", node.position)
        if not attribute.multi_valued and attribute.type not in ("complex", "any"):
            raise InvalidFilter(f"{node.path!r} has no sub-attributes to choose by", node.position)
        bind_inner = _bind_inside(node.inner, attribute, self.semantics)
        name, urn = attribute.name, target.extension
        return lambda strings: _any_value(urn, name, bind_inner(strings))


def _any_value(urn: str | None, name: str, inner: Predicate) -> Predicate:
    def predicate(document: dict[str, Any]) -> bool:
        holder = document if urn is None else document.get(urn)
        values = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(values, list):
            return any(map(inner, values))
        return values is not None and inner(values)

    return predicate


def _negate(bind: Bind) -> Bind:
    def negated(strings: Strings) -> Predicate:
        inner = bind(strings)
        return lambda document: not inner(document)

    return negated


def _combine(node: And | Or, binds: list[Bind]) -> Bind:
    conjunction = isinstance(node, And)

    if len(binds) == 2:
        bind_first, bind_second = binds
        if conjunction:

            def both(strings: Strings) -> Predicate:
                first, second = bind_first(strings), bind_second(strings)
                return lambda value: first(value) and second(value)

            return both

        def either(strings: Strings) -> Predicate:
            first, second = bind_first(strings), bind_second(strings)
            return lambda value: first(value) or second(value)

        return either

    def combined(strings: Strings) -> Predicate:
        terms = [bind(strings) for bind in binds]
        if conjunction:
            return lambda value: all(term(value) for term in terms)
        return lambda value: any(term(value) for term in terms)

    return combined


def _reader(
    urn: str | None, attribute: Attribute, sub: Attribute | None, test: Test, absent: bool
) -> Predicate:
    """Read the value or values of an attribute and apply the test; any value is enough.

    ``absent`` is the answer where there is no value at all.
    """
    name = attribute.name
    if urn is None and sub is None and not attribute.multi_valued:

        def simple(document: dict[str, Any]) -> bool:
            value = document.get(name)
            if type(value) is str:
                return test(value)
            if value is None:
                return absent
            return any(map(test, value)) if type(value) is list else test(value)

        return simple
    sub_name = sub.name if sub else None

    def general(document: dict[str, Any]) -> bool:
        holder = document if urn is None else document.get(urn)
        value = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(value, list):
            if sub_name is not None:
                value = [element.get(sub_name) if isinstance(element, dict) else element for element in value]
            values = [element for element in value if element is not None]
            return any(map(test, values)) if values else absent
        if sub_name is not None:
            value = value.get(sub_name) if isinstance(value, dict) else None
        return absent if value is None else test(value)

    return general


def compile_shape(node: Node, resource_type: ResourceType, semantics: Semantics = STRICT) -> Bind:
    """Compile a filter whose strings may be slots; binding may still raise InvalidFilter for a bad string."""
    return _Compiler(resource_type, semantics).node(node)


def compile_filter(node: Node, resource_type: ResourceType, semantics: Semantics = STRICT) -> Predicate:
    """Return the predicate of a filter on resources of the type; raises InvalidFilter."""
    return compile_shape(node, resource_type, semantics)(())


def compile_value_filter(node: Node, attribute: Attribute, semantics: Semantics = STRICT) -> Predicate:
    """Return the predicate of the filter inside ``attribute[...]`` on one value of the attribute.

    On a multi-valued attribute of simple values, ``value`` is the value itself.
    """
    return _bind_inside(node, attribute, semantics)(())


def _bind_inside(node: Node, attribute: Attribute, semantics: Semantics) -> Bind:
    if isinstance(node, Not):
        return _negate(_bind_inside(node.inner, attribute, semantics))
    if isinstance(node, And | Or):
        return _combine(node, [_bind_inside(term, attribute, semantics) for term in node.terms])
    if isinstance(node, ValuePath):
        raise InvalidFilter("'[' inside '[' is not allowed", node.position)
    simple = not attribute.subs and attribute.type != "any"
    sub = attribute if simple and node.path.lower() == "value" else attribute.sub(node.path)
    if sub is None:
        if not semantics.unknown_is_absent and attribute.type != "any":
            raise InvalidFilter(f"{attribute.path!r} has no sub-attribute {node.path!r}", node.position)
        sub = Attribute(node.path, type="any", parent=attribute)
    name = None if simple else sub.name
    if isinstance(node, Present):
        present = _element_test(name, is_present, False)
        return lambda strings: present
    bind_test = _bind_test(sub, node, semantics)
    absent = node.op == "ne" if node.value is not None else node.op == "eq"
    return lambda strings: _element_test(name, bind_test(strings), absent)


def _element_test(name: str | None, test: Test, absent: bool) -> Predicate:
    """Test one value of a multi-valued attribute, or its sub-attribute ``name``."""
    if name is None:
        return lambda value: absent if value is None else test(value)

    def predicate(element: Any) -> bool:
        value = element.get(name) if isinstance(element, dict) else None
        return absent if value is None else test(value)

    return predicate
