"""The path of a PATCH operation: ``attrPath / valuePath [subAttr]`` (RFC 7644 section 3.5.2 figure 7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..errors import InvalidFilter, ScimError
from .filter import And, Compare, Node, parse
from .lenient import dotted_urn
from .match import compile_value_filter
from .path import Target, resolve
from .policy import Policy
from .schema import ResourceType
from .validate import invalid_syntax

_PATH = re.compile(
    r"(?P<attribute>[^\[\]\s\"]+)(?:\[(?P<filter>.*)\](?:\.(?P<sub>[A-Za-z$][\w$-]*))?)?", re.DOTALL
)
_NAME = re.compile(r"(?:[A-Za-z][^\s]*:)?[A-Za-z$][\w$.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class PatchPath:
    """A parsed path: the attribute, and for a valuePath the predicate that selects its values.

    ``equals`` holds the sub-attributes that the filter fixes with ``eq`` (joined by ``and`` only),
    None when it says more than that; with them a missing value can be created.
    ``key`` is the wanted ``value`` when the filter is just ``value eq "..."``.
    """

    text: str
    target: Target
    predicate: Callable[[Any], bool] | None = None
    equals: tuple[tuple[str, Any], ...] | None = None
    key: str | None = None


def _invalid_path(detail: str) -> ScimError:
    return ScimError(400, detail, "invalidPath")


def _equals(node: Node) -> tuple[tuple[str, Any], ...] | None:
    if isinstance(node, Compare):
        return ((node.path, node.value),) if node.op == "eq" and node.value is not None else None
    if isinstance(node, And):
        parts = [_equals(term) for term in node.terms]
        return None if None in parts else tuple(pair for part in parts if part for pair in part)
    return None


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[str, str | None, str | None] | None:
    match = _PATH.fullmatch(text.strip())
    if match is None or not _NAME.fullmatch(match["attribute"]):
        return None
    return match["attribute"], match["filter"], match["sub"]


def parse_patch_path(
    text: str, resource_type: ResourceType, policy: Policy, in_value: bool = False
) -> PatchPath:
    """Parse and resolve a path; ``in_value`` says that it is a key of a value without path.

    Raises 400 invalidPath for a bad path or an unknown attribute (for a key: invalidSyntax),
    400 invalidFilter for a bad filter in brackets.
    """
    if len(text) > policy.limits.filter_length:
        raise _invalid_path(f"a path has at most {policy.limits.filter_length} characters")
    parts = _split(text)
    if parts is None:
        raise _invalid_path(f"{text!r} is not an attribute path")
    name, filter_text, sub_name = parts
    target = resolve(name, resource_type)
    leniency = policy.leniency
    if not target.declared and leniency.urn_dot_path:
        name = dotted_urn(name, resource_type)
        target = resolve(name, resource_type)
    if not target.declared and not leniency.accepts_unknown:
        detail = f"{resource_type.name} has no attribute {name!r}"
        raise invalid_syntax(detail) if in_value else _invalid_path(detail)
    if filter_text is None:
        return PatchPath(text, target)
    attribute = target.attribute
    if attribute is None or target.sub is not None or not (attribute.multi_valued or attribute.type == "any"):
        raise _invalid_path(f"{name!r} has no list of values to choose from")
    if not filter_text.strip():
        raise InvalidFilter("the filter in brackets is empty", len(name) + 2)
    node = parse(filter_text, policy.filter_dialect)
    predicate = compile_value_filter(node, attribute, policy.filter_semantics)
    if sub_name is not None:
        sub = attribute.sub(sub_name)
        if sub is None:
            if not leniency.accepts_unknown:
                raise _invalid_path(f"{attribute.path!r} has no sub-attribute {sub_name!r}")
            return PatchPath(text, resolve(f"{name}.{sub_name}", resource_type), predicate, _equals(node))
        target = Target(target.extension, attribute, sub, target.declared)
    key = None
    if (
        isinstance(node, Compare)
        and node.op == "eq"
        and node.path.lower() == "value"
        and "value" in attribute.subs
    ):
        key = node.value if isinstance(node.value, str) else None
    return PatchPath(text, target, predicate, _equals(node), key)
