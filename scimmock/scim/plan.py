"""Which index look-ups a filter allows: an ``eq`` on an indexed attribute never visits the directory."""

from __future__ import annotations

from dataclasses import dataclass

from .filter import And, Compare, Node, Or, Slot, ValuePath
from .path import resolve
from .schema import ResourceType


@dataclass(frozen=True, slots=True)
class Lookup:
    """One index look-up: the resources whose ``path`` has the value, before any other condition.

    In the plan of a shape the value is a Slot.
    """

    path: str
    value: str | Slot


def plan(node: Node, resource_type: ResourceType, indexed: frozenset[str]) -> tuple[Lookup, ...] | None:
    """Return look-ups whose united results contain every match, or None when a scan is needed.

    ``indexed`` holds the paths that have an index, in declared spelling (``emails.value``).
    """
    if isinstance(node, Compare):
        return _plan_compare(node, "", resource_type, indexed)
    if isinstance(node, ValuePath):
        return _plan_inside(node.inner, node.path, resource_type, indexed)
    if isinstance(node, And):
        plans = [found for term in node.terms if (found := plan(term, resource_type, indexed)) is not None]
        return min(plans, key=len) if plans else None
    if isinstance(node, Or):
        return _united([plan(term, resource_type, indexed) for term in node.terms])
    return None


def _united(branches: list[tuple[Lookup, ...] | None]) -> tuple[Lookup, ...] | None:
    """Return the look-ups of all branches of an ``or``, None when one of them needs a scan."""
    steps: list[Lookup] = []
    for branch in branches:
        if branch is None:
            return None
        steps += branch
    return tuple(steps)


def _plan_inside(
    node: Node, path: str, resource_type: ResourceType, indexed: frozenset[str]
) -> tuple[Lookup, ...] | None:
    if isinstance(node, Compare):
        return _plan_compare(node, path, resource_type, indexed)
    if isinstance(node, And):
        plans = [_plan_inside(term, path, resource_type, indexed) for term in node.terms]
        return min((steps for steps in plans if steps is not None), key=len, default=None)
    if isinstance(node, Or):
        return _united([_plan_inside(term, path, resource_type, indexed) for term in node.terms])
    return None


def _plan_compare(
    node: Compare, holder: str, resource_type: ResourceType, indexed: frozenset[str]
) -> tuple[Lookup, ...] | None:
    if node.op != "eq" or not isinstance(node.value, str | Slot):
        return None
    target = resolve(f"{holder}.{node.path}" if holder else node.path, resource_type)
    if target.extension is not None or target.attribute is None:
        return None
    name = target.attribute.name
    if target.sub is not None:
        name = f"{name}.{target.sub.name}"
    elif target.attribute.type == "complex":
        name = f"{name}.value"
    return (Lookup(name, node.value),) if name in indexed else None
