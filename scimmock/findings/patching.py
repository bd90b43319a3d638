"""Checks of PATCH requests (RFC 7644 section 3.5.2): the message, its operations, where they aim."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import ScimError
from ..scim.filter import Dialect, parse
from ..scim.match import Semantics, compile_value_filter
from ..scim.patch_path import parse_patch_path
from ..scim.path import resolve
from ..scim.policy import Leniency, Policy
from ..scim.schema import Attribute, ResourceType
from . import values
from .aims import VALUE_PATH, Aim, aims, dotted_urn, read_only
from .asked import PATCH_OP, Asked, Part, by_lower
from .base import check, shown

_WITHOUT_SCHEMA = Policy(leniency=Leniency(store_unknown_attributes=True, unknown_filter_attributes=True))
_SEMANTICS = Semantics(unknown_is_absent=True, boolean_strings=True)


@check(
    "patch-schemas",
    "RFC 7644 section 3.5.2",
    "error",
    says="a PATCH whose `schemas` does not name the PatchOp message",
)
def patch_schemas(asked: Asked) -> Iterator[str]:
    for part in asked.patches:
        schemas = by_lower(part.data).get("schemas")
        urns = [urn.lower() for urn in schemas if isinstance(urn, str)] if isinstance(schemas, list) else []
        if PATCH_OP.lower() not in urns:
            yield f"{part.where}'schemas' of a PATCH holds {PATCH_OP!r}"


@check(
    "patch-no-operations",
    "RFC 7644 section 3.5.2",
    "error",
    says="a PATCH without a list `Operations` of one or more objects",
)
def patch_no_operations(asked: Asked) -> Iterator[str]:
    for part in asked.patches:
        operations = by_lower(part.data).get("operations")
        if not isinstance(operations, list) or not operations:
            yield f"{part.where}a PATCH has a list 'Operations' with one or more operations"
        elif not all(isinstance(item, dict) for item in operations):
            yield f"{part.where}each of 'Operations' is an object"


@check(
    "op-case",
    "RFC 7644 section 3.5.2",
    "hint",
    says='`op` with capitals ("Replace"), as Entra sends it',
)
def op_case(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        text = op.members.get("op")
        if op.op and text != op.op:
            yield f"{op.where}.op is {shown(text)}, {op.op!r} would be right"


@check("op-unknown", "RFC 7644 section 3.5.2", "error", says="`op` is none of add, remove and replace")
def op_unknown(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if not op.op:
            text = shown(op.members.get("op")) if "op" in op.members else "absent"
            yield f"{op.where}.op is {text}, it is one of 'add', 'remove' and 'replace'"


@check(
    "patch-value-missing",
    "RFC 7644 section 3.5.2.1",
    "error",
    says="an `add` or `replace` without `value`",
)
def patch_value_missing(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if op.op in ("add", "replace") and "value" not in op.members:
            yield f"{op.where} has no value to {op.op}"


@check(
    "remove-with-value",
    "RFC 7644 section 3.5.2.2",
    "warning",
    says='a `remove` with a `value`: what goes is said by the path, `members[value eq "..."]`',
)
def remove_with_value(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if op.op == "remove" and op.value is not None:
            first = op.value[0] if isinstance(op.value, list) and op.value else op.value
            wanted = first.get("value") if isinstance(first, dict) else None
            right = f"{op.path}[value eq {shown(wanted)}]" if isinstance(wanted, str) else "its path"
            yield f"{op.where} is a remove with a value, which has no meaning: {right} says what is removed"


@check(
    "remove-without-path",
    "RFC 7644 section 3.5.2.2",
    "error",
    says="a `remove` without `path`",
)
def remove_without_path(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if op.op == "remove" and op.path is None:
            yield f"{op.where} is a remove and names no path"


@check(
    "pathless-no-object",
    "RFC 7644 section 3.5.2.3",
    "error",
    says="an `add` or `replace` without path whose `value` is no object of attributes",
)
def pathless_no_object(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if op.op in ("add", "replace") and op.path is None and "value" in op.members:
            if not isinstance(op.value, dict):
                yield f"{op.where} has no path, its value would be an object of attributes"


@check(
    "pathless-dotted-key",
    "RFC 7643 section 2.1",
    "warning",
    says='a `value` without path that has dotted keys: `"name.givenName"`',
)
def pathless_dotted_key(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        if aim.keyed and "." in aim.name and ":" not in aim.name:
            outer, _, inner = aim.name.partition(".")
            right = f"{{{outer!r}: {{{inner!r}: ...}}}}"
            yield f"{aim.op.where}.value has the key {shown(aim.name)}, {right} would be right"


@check(
    "pathless-qualified-key",
    "RFC 7643 section 3.3",
    "warning",
    says="a `value` without path whose keys are fully qualified: the URI of an extension is an object",
)
def pathless_qualified_key(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        if aim.keyed and ":" in aim.name and aim.target.attribute is not None and aim.target.declared:
            yield (
                f"{aim.op.where}.value has the key {shown(aim.name)}, in a value an extension is an object "
                "with its URI as the key"
            )


@check(
    "path-dot-after-urn",
    "RFC 7644 section 3.10",
    "error",
    says="a path with a dot between the URI of a schema and the attribute, where a colon belongs",
)
def path_dot_after_urn(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        urn = dotted_urn(op.path.strip(), op.part.type) if op.path and op.part.type else None
        if urn is not None and op.path is not None:
            rest = op.path.strip()[len(urn) + 1 :]
            yield f"{op.where}.path has a dot after the schema, {urn}:{rest[:60]} would be right"


@check(
    "path-invalid",
    "RFC 7644 section 3.5.2",
    "error",
    says="a `path` that is no attribute path, or whose filter in brackets is wrong",
)
def path_invalid(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if "path" in op.members and op.members["path"] is not None:
            if not isinstance(op.members["path"], str):
                yield f"{op.where}.path is no string"
                continue
        if op.path is None or op.part.type is None or dotted_urn(op.path.strip(), op.part.type):
            continue
        try:
            parse_patch_path(op.path, op.part.type, _WITHOUT_SCHEMA)
        except ScimError as error:
            # A filter on a boolean that is written as a string is told by `path-filter-value`.
            if not _only_boolean_string(op.path, op.part.type):
                secret = values.is_secret_name(op.path)
                yield f"{op.where}.path cannot be read{'' if secret else f': {error.detail}'}"


def _only_boolean_string(path: str, resource_type: ResourceType) -> bool:
    found = VALUE_PATH.fullmatch(path.strip())
    if found is None:
        return False
    attribute = resolve(found["attribute"], resource_type).attribute
    if attribute is None:
        return False
    try:
        compile_value_filter(parse(found["filter"]), attribute, _SEMANTICS)
    except ScimError:
        return False
    return True


@check(
    "path-filter-value",
    "RFC 7644 section 3.4.2.2",
    "warning",
    says='a path that compares a boolean with a string: `roles[primary eq "True"]`',
)
def path_filter_value(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        attribute = aim.target.attribute
        if aim.filter is None or attribute is None or attribute.type == "any":
            continue
        try:
            node = parse(aim.filter, Dialect())
            compile_value_filter(node, attribute, _SEMANTICS)
        except ScimError:
            continue
        try:
            compile_value_filter(node, attribute, Semantics(unknown_is_absent=True))
        except ScimError as error:
            yield f"{aim.op.where}.path: {error.detail}"


@check(
    "path-unknown-attribute",
    "RFC 7644 section 3.5.2",
    "warning",
    says="a path, or a key of a value without path, that no schema declares, with the nearest name",
)
def path_unknown_attribute(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        resource_type = aim.op.part.type
        if aim.target.declared or resource_type is None:
            continue
        name = aim.name.partition("[")[0] if aim.filter is not None and not aim.target.sub else aim.name
        known = values.near(name, values.names_of(resource_type))
        what = f"{aim.op.where}.value" if aim.keyed else f"{aim.op.where}.path"
        yield f"{what} names {shown(name)}, which no schema of {resource_type.name} declares{known}"


@check(
    "path-no-target",
    "RFC 7644 section 3.5.2.3",
    "warning",
    says="an `add` or `replace` at a path whose filter selects nothing (noTarget)",
)
def path_no_target(asked: Asked) -> Iterator[str]:
    answer = asked.answer
    refused = isinstance(answer, dict) and answer.get("scimType") == "noTarget"
    touched: set[tuple[int, str]] = set()
    for aim in aims(asked):
        attribute = aim.target.attribute
        if attribute is None:
            continue
        key = id(aim.op.part), attribute.path
        if aim.filter is not None and aim.op.op != "remove" and key not in touched:
            if _selects(aim, attribute, aim.op.part) is False or (refused and aim.op.part.before is None):
                yield f"{aim.op.where}.path {shown(aim.name)} selects no value of {attribute.path}"
        touched.add(key)


def _selects(aim: Aim, attribute: Attribute, part: Part) -> bool | None:
    """Whether the filter of a path selects a value of the stored resource, None when that is unknown."""
    if part.before is None or aim.filter is None:
        return None
    stored = aim.target.container(part.before).get(attribute.name)
    try:
        predicate = compile_value_filter(parse(aim.filter), attribute, _SEMANTICS)
        return any(predicate(item) for item in stored) if isinstance(stored, list) else stored is not None
    except (ScimError, TypeError, AttributeError):
        return None


@check(
    "id-in-patch-value",
    "RFC 7644 section 3.5.2",
    "hint",
    says="a `value` without path that has the `id` of the resource, as Okta sends it to rename a group",
)
def id_in_patch_value(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        if aim.keyed and aim.name.lower() == "id":
            yield f"{aim.op.where}.value has an 'id', which is read-only and has no place in a PATCH"


@check(
    "read-only-in-patch",
    "RFC 7644 section 3.5.2",
    "error",
    says="an operation on a read-only attribute",
)
def read_only_in_patch(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        part = read_only(aim.target)
        if part is not None and not (aim.keyed and part.name == "id"):
            yield f"{aim.where}: {part.path} is read-only, no operation may change it"


@check(
    "active-by-add",
    "RFC 7644 section 3.5.2.1",
    "hint",
    "behaviour",
    says="`active` set by `add`: it has the same effect, but many services know `replace` only",
)
def active_by_add(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        attribute = aim.target.attribute
        if aim.op.op == "add" and attribute is not None and attribute.path == "active":
            yield f"{aim.op.where} sets active by add, replace is what services expect"
