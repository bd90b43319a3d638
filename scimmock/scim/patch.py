"""PATCH (RFC 7644 section 3.5.2): operations on one resource, all or none.

The document that is patched is never changed: whatever an operation touches is copied first, so that
the stored resource stays as it was when a later operation fails, and two versions share the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import ScimError
from . import edit
from .lenient import PATCH_OP as PATCH_OP
from .lenient import parsed_list, patch_of_1
from .patch_path import PatchPath, parse_patch_path
from .policy import Policy
from .schema import Attribute, ResourceType, Schema
from .validate import invalid_syntax, invalid_value
from .values import same

_PLAIN_NAME = re.compile(r"[A-Za-z$][A-Za-z0-9_$-]*")


def mutability_error(detail: str, about: str = "") -> ScimError:
    return ScimError(400, detail, "mutability", about=about)


def no_target(detail: str) -> ScimError:
    return ScimError(400, detail, "noTarget")


@dataclass(slots=True)
class Patched:
    """The outcome of a PATCH.

    ``document`` is the very object that was given when nothing changed.  ``added`` and ``removed``
    hold the keys of the values that a tracked attribute gained and lost (see `apply`); both are None
    when they are not known and the whole attribute must be compared.
    """

    document: dict[str, Any]
    added: set[str] | None = None
    removed: set[str] | None = None


@dataclass(slots=True)
class Working:
    """The state of one PATCH between its operations.

    ``tracked`` names an attribute with very many values (the members of a group) whose values are
    found by key through ``has`` instead of being compared one by one.
    """

    original: dict[str, Any]
    document: dict[str, Any]
    resource_type: ResourceType
    policy: Policy
    tracked: str | None = None
    has: Callable[[str], bool] | None = None
    show: Callable[[Attribute, Any], Any] | None = None
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    whole: bool = False  # the tracked attribute was set as a whole: `has` no longer tells

    def holder(self, extension: str | None) -> dict[str, Any]:
        """Return the object that holds an attribute, private to this PATCH."""
        if extension is None:
            return self.document
        inner = self.document.get(extension)
        fresh = dict(inner) if isinstance(inner, dict) else {}
        self.document[extension] = fresh
        return fresh

    def tidy(self, extension: str | None) -> None:
        """Keep ``schemas`` true to what an operation did to an extension (section 3.5.2)."""
        if extension is None:
            return
        schemas = self.document.get("schemas", [])
        if self.document.get(extension):
            if extension not in schemas:
                self.document["schemas"] = [*schemas, extension]
        else:
            self.document.pop(extension, None)
            declared = extension in self.original.get("schemas", ())
            if extension in schemas and (self.original.get(extension) or not declared):
                self.document["schemas"] = [urn for urn in schemas if urn != extension]


def read_operations(body: Any, policy: Policy) -> list[dict[str, Any]]:
    """Return the operations of a PatchOp message with lower-case names; raises 400 invalidSyntax."""
    if not isinstance(body, dict):
        raise invalid_syntax("the body is a JSON object", "body")
    if policy.leniency.scim_1_bodies:
        body = patch_of_1(body)
    by_name = {name.lower(): value for name, value in body.items()}
    schemas = by_name.get("schemas")
    named = isinstance(schemas, list) and any(
        isinstance(urn, str) and urn.lower() == PATCH_OP.lower() for urn in schemas
    )
    if not named and not (schemas is None and policy.leniency.schemas_optional):
        raise invalid_syntax(f"'schemas' holds {PATCH_OP!r}", "schemas")
    operations = by_name.get("operations")
    if policy.leniency.json_strings:
        operations = parsed_list(operations)
    if not isinstance(operations, list) or not operations:
        raise invalid_syntax("'Operations' is a list of one or more operations")
    if len(operations) > policy.limits.patch_operations:
        raise ScimError(413, f"a PATCH has at most {policy.limits.patch_operations} operations")
    return [_read_operation(operation, index) for index, operation in enumerate(operations)]


def _read_operation(operation: Any, index: int) -> dict[str, Any]:
    if not isinstance(operation, dict):
        raise invalid_syntax(f"Operations[{index}] is an object")
    read = {name.lower(): value for name, value in operation.items()}
    op = read.get("op")
    if not isinstance(op, str) or op.lower() not in ("add", "replace", "remove"):
        raise invalid_syntax(f"Operations[{index}].op is add, replace or remove")
    read["op"] = op.lower()
    path = read.get("path")
    if path is not None and not isinstance(path, str):
        raise ScimError(400, f"Operations[{index}].path is a string", "invalidPath")
    if read["op"] != "remove":
        if "value" not in read or (read["op"] == "add" and read["value"] is None):
            raise invalid_value(f"Operations[{index}] has no value to {read['op']}")
    elif not path:
        raise no_target(f"Operations[{index}] is a remove and names no path")
    return read


def apply(
    document: dict[str, Any],
    operations: list[dict[str, Any]],
    resource_type: ResourceType,
    policy: Policy,
    tracked: str | None = None,
    has: Callable[[str], bool] | None = None,
    show: Callable[[Attribute, Any], Any] | None = None,
) -> Patched:
    """Apply the operations of `read_operations` to a stored resource and return the outcome.

    ``tracked`` and ``has`` speed up one attribute with many values: ``has(key)`` says whether the
    given document has a value with that ``value`` sub-attribute.  ``show(attribute, value)`` returns
    a value as clients see it, for filters on what follows from other resources (``display``).

    Raises 400 noTarget, invalidPath, invalidFilter, mutability, invalidValue or invalidSyntax.
    """
    working = Working(document, dict(document), resource_type, policy, tracked, has, show)
    for operation in operations:
        path = operation.get("path")
        if path:
            parsed = parse_patch_path(path, resource_type, policy)
            _with_path(working, operation, parsed)
        else:
            _without_path(working, operation)
        _check_required(working)
    if same(working.document, document):
        return Patched(document, set(), set())
    if working.whole:
        return Patched(working.document)
    return Patched(working.document, working.added, working.removed)


def _check_required(working: Working) -> None:
    """What is required stays assigned after every operation (section 3.5.2.2)."""
    resource_type, document = working.resource_type, working.document
    for attribute in resource_type.required_attributes:
        if document.get(attribute.name) in (None, ""):
            raise mutability_error(f"{attribute.path!r} is required and cannot be removed", attribute.path)
    for urn in resource_type.required_extensions:
        if not document.get(urn):
            raise mutability_error(f"{urn!r} is required and cannot be removed")
    for schema, _ in resource_type.extension_schemas:
        inner = document.get(schema.id)
        for attribute in schema.attributes if inner else ():
            if attribute.required and attribute.name not in (inner or {}):
                detail = f"{attribute.path!r} is required and cannot be removed"
                raise mutability_error(detail, attribute.path)


def _guard(working: Working, path: PatchPath, holder: dict[str, Any], value: Any) -> bool:
    """Say whether the operation may go on, by the mutability of its target (section 3.5.2).

    What is immutable inside a list of values is checked value by value.
    """
    attribute, sub = path.target.attribute, path.target.sub
    assert attribute is not None
    current = holder.get(attribute.name)
    for part in (attribute, sub):
        if part is not None and part.mutability == "readOnly":
            if working.policy.leniency.ignore_read_only:
                return False
            raise mutability_error(f"{part.path!r} is read-only", part.path)
    if sub is not None and not attribute.multi_valued and isinstance(current, dict):
        if sub.mutability == "immutable" and not same(current.get(sub.name, value), value):
            raise mutability_error(f"{sub.path!r} is immutable and has a value")
    if attribute.mutability == "immutable" and current is not None:
        if sub is not None or path.predicate is not None or not same(current, value):
            raise mutability_error(f"{attribute.path!r} is immutable and has a value")
    return True


def _with_path(working: Working, operation: dict[str, Any], path: PatchPath) -> None:
    target, op, value = path.target, operation["op"], operation.get("value")
    if target.attribute is None:
        _whole_schema(working, op, target.extension, value)
        return
    if not target.declared and working.policy.leniency.drop_unknown_attributes:
        return
    holder = working.holder(target.extension)
    try:
        if not _guard(working, path, holder, value):
            return
        if op == "remove":
            _remove(working, holder, path, value, "value" in operation)
        elif path.predicate is not None:
            edit.set_selected(working, holder, path, value, op)
        else:
            edit.set_value(working, holder, target.attribute, target.sub, value, op)
    finally:
        working.tidy(target.extension)


def _remove(working: Working, holder: dict[str, Any], path: PatchPath, value: Any, has_value: bool) -> None:
    attribute = path.target.attribute
    assert attribute is not None
    leaf = path.target.sub or attribute
    if leaf.required and (path.target.sub is None or not attribute.multi_valued or path.predicate):
        raise mutability_error(f"{leaf.path!r} is required and cannot be removed", leaf.path)
    if has_value and value is not None:
        if not working.policy.leniency.remove_with_value:
            raise invalid_value("a remove has no value, its path says what is removed")
        if path.predicate is None and path.target.sub is None and attribute.multi_valued:
            edit.remove_values(working, holder, attribute, value)
            return
    edit.remove(working, holder, path)


def _whole_schema(working: Working, op: str, extension: str | None, value: Any) -> None:
    """The path is the URN of a schema: the operation is for all of its attributes."""
    if extension is None:
        if op == "remove":
            raise mutability_error("the core schema cannot be removed")
        _each(working, op, value, "")
    elif op == "remove":
        if extension in working.resource_type.required_extensions:
            raise mutability_error(f"{extension!r} is required and cannot be removed")
        working.document.pop(extension, None)
        working.tidy(extension)
    else:
        if value is None:
            value = {attribute.name: None for attribute in _extension(working, extension).attributes}
        _each(working, op, value, extension)


def _extension(working: Working, urn: str) -> Schema:
    return working.resource_type.extensions[urn.lower()]


def _without_path(working: Working, operation: dict[str, Any]) -> None:
    _each(working, operation["op"], operation["value"], "")


def _each(working: Working, op: str, value: Any, extension: str) -> None:
    """Apply an operation without path: one for each attribute of its value."""
    if not isinstance(value, dict):
        raise invalid_value("without a path, value is an object of attributes")
    leniency = working.policy.leniency
    for name, inner in value.items():
        if extension and name.lower() == "schemas":
            continue  # see `normalise_extension`
        if extension:
            _one(working, op, f"{extension}:{name}", inner)
        elif name.lower() == "schemas":
            edit.set_schemas(working, inner, op)
        elif name.lower() in working.resource_type.extensions:
            urn = working.resource_type.extensions[name.lower()].id
            _whole_schema(working, op, urn, inner)
        elif not _PLAIN_NAME.fullmatch(name) and not leniency.dotted_keys:
            if leniency.store_unknown_attributes:
                working.document[name] = inner
            elif not leniency.drop_unknown_attributes:
                raise invalid_syntax(f"{working.resource_type.name} has no attribute {name!r}")
        else:
            _one(working, op, name, inner)


def _one(working: Working, op: str, name: str, value: Any) -> None:
    path = parse_patch_path(name, working.resource_type, working.policy, in_value=True)
    attribute: Attribute | None = path.target.attribute
    if attribute is not None and op == "add" and value is None:
        return
    _with_path(working, {"op": op, "value": value}, path)
