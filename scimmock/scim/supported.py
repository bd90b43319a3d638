"""Which filters of the grammar a service refuses in queries (see `scimmock.scim.policy.Filtering`)."""

from __future__ import annotations

from ..errors import InvalidFilter
from .filter import And, Compare, Node, Not, Or, ValuePath
from .path import resolve
from .policy import Filtering
from .schema import ResourceType


def check_supported(node: Node, resource_type: ResourceType, filtering: Filtering) -> None:
    """Raise InvalidFilter for an operator, a join or an attribute that the service does not filter by."""
    _check(node, "", resource_type, filtering)


def _check(node: Node, holder: str, resource_type: ResourceType, filtering: Filtering) -> None:
    if isinstance(node, And | Or):
        _check_join("and" if isinstance(node, And) else "or", filtering)
        for term in node.terms:
            _check(term, holder, resource_type, filtering)
    elif isinstance(node, Not):
        _check_join("not", filtering)
        _check(node.inner, holder, resource_type, filtering)
    elif isinstance(node, ValuePath):
        _check_join("[]", filtering)
        _check_name(node.path, node.position, resource_type, filtering)
        _check(node.inner, f"{node.path}.", resource_type, filtering)
    else:
        operator = node.op if isinstance(node, Compare) else "pr"
        if operator not in filtering.operators:
            known = ", ".join(sorted(filtering.operators))
            raise InvalidFilter(f"this service filters with {known}, not with {operator}", node.position)
        _check_name(holder + node.path, node.position, resource_type, filtering)


def _check_join(join: str, filtering: Filtering) -> None:
    if join not in filtering.joins:
        raise InvalidFilter(f"this service does not support {join!r} in a filter")


def _check_name(path: str, position: int, resource_type: ResourceType, filtering: Filtering) -> None:
    leaf = resolve(path, resource_type).leaf
    if leaf is None:
        return
    declared = leaf.path.rpartition(":")[2]
    if filtering.exact_names and path.rpartition(":")[2] != declared:
        raise InvalidFilter(f"{resource_type.name} has no attribute {path!r}", position)
    # A value path is allowed where its sub-attribute is.
    allowed = filtering.attributes
    if allowed and not any(name == declared.lower() or _within(name, declared.lower()) for name in allowed):
        if filtering.unsupported:
            raise InvalidFilter(filtering.unsupported.replace("{name}", path))
        raise InvalidFilter(f"this service does not filter by {path!r}", position)


def _within(one: str, other: str) -> bool:
    return one.startswith(f"{other}.") or other.startswith(f"{one}.")
