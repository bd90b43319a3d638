"""The changes that PATCH operations make to one attribute (RFC 7644 sections 3.5.2.1 to 3.5.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import InvalidFilter, ScimError
from .lenient import only_one
from .schema import Attribute
from .validate import (
    check_primaries,
    check_schemas,
    identity,
    invalid_value,
    normalise_element,
    normalise_value,
    unite,
    without_repetition,
)
from .values import is_unassigned

if TYPE_CHECKING:
    from .patch import Working
    from .patch_path import PatchPath


def _put(holder: dict[str, Any], name: str, value: Any) -> None:
    if value is None or value == [] or value == {}:
        holder.pop(name, None)
    else:
        holder[name] = value


def _key(value: Any) -> str | None:
    key = value.get("value") if isinstance(value, dict) else None
    return key if isinstance(key, str) else None


def set_schemas(working: Working, value: Any, op: str) -> None:
    """Set or extend ``schemas`` itself (section 3.5.2 allows it)."""
    if not isinstance(value, list):
        raise invalid_value("'schemas' is a list of URIs")
    current = working.document.get("schemas", [])
    if op == "add":
        value = [*current, *value]
    working.document["schemas"] = check_schemas(
        working.resource_type, {"schemas": value}, working.policy.leniency
    )


def set_value(
    working: Working, holder: dict[str, Any], attribute: Attribute, sub: Attribute | None, value: Any, op: str
) -> None:
    """add or replace at an attribute path without filter."""
    leniency = working.policy.leniency
    if attribute.name == "schemas" and holder is working.document:
        set_schemas(working, value, op)
    elif sub is not None:
        _set_sub(working, holder, attribute, sub, value)
    elif attribute.multi_valued:
        values = value if isinstance(value, list) or value is None else [value]
        if op == "add":
            _add_values(working, holder, attribute, normalise_value(attribute, values, leniency) or [])
        else:
            _store(working, holder, attribute, normalise_value(attribute, values, leniency))
    elif attribute.type == "complex" and not is_unassigned(value):
        if leniency.single_from_list:
            value = only_one(value)
        if leniency.empty_string_removes and value == "":
            holder.pop(attribute.name, None)
            return
        _merge_complex(working, holder, attribute, value, op)
    else:
        _put(holder, attribute.name, normalise_value(attribute, value, leniency))


def _merge_complex(
    working: Working, holder: dict[str, Any], attribute: Attribute, value: Any, op: str
) -> None:
    """Sub-attributes that are not named stay as they are (sections 3.5.2.1 and 3.5.2.3)."""
    new = normalise_element(attribute, value, working.policy.leniency)
    current = holder.get(attribute.name)
    whole = op == "replace" and working.policy.replace_whole
    if not isinstance(new, dict) or not isinstance(current, dict) or whole:
        _put(holder, attribute.name, new)
        return
    for sub in attribute.sub_attributes:
        if (
            sub.mutability == "immutable"
            and sub.name in new
            and current.get(sub.name, new[sub.name]) != new[sub.name]
        ):
            raise ScimError(400, f"{sub.path!r} is immutable and has a value", "mutability")
    merged = {**current, **new}
    for name, inner in value.items() if isinstance(value, dict) and op == "replace" else ():
        cleared = attribute.sub(name)
        if inner is None and cleared is not None:
            merged.pop(cleared.name, None)
    _put(holder, attribute.name, merged)


def _set_sub(
    working: Working, holder: dict[str, Any], attribute: Attribute, sub: Attribute, value: Any
) -> None:
    value = normalise_value(sub, value, working.policy.leniency)
    current = holder.get(attribute.name)
    if attribute.multi_valued:
        values = current if isinstance(current, list) and current else [{}]
        _assign(working, holder, attribute, values, range(len(values)), sub, value)
        return
    inner = dict(current) if isinstance(current, dict) else {}
    _put(inner, sub.name, value)
    _put(holder, attribute.name, inner)


def _assign(
    working: Working,
    holder: dict[str, Any],
    attribute: Attribute,
    values: list[Any],
    chosen: range | list[int],
    sub: Attribute,
    value: Any,
) -> None:
    """Set one sub-attribute of the chosen values."""
    if sub.mutability == "immutable":
        for index in chosen:
            shown = _shown(working, attribute, values[index])
            before = shown.get(sub.name) if isinstance(shown, dict) else None
            if before is not None and before != value:
                raise ScimError(400, f"{sub.path!r} is immutable and has a value", "mutability")
    fresh = list(values)
    for index in chosen:
        element = dict(fresh[index]) if isinstance(fresh[index], dict) else {}
        _put(element, sub.name, value)
        fresh[index] = element
    if sub.name == "primary" and value is True:
        if not working.policy.leniency.several_primaries:
            if len(chosen) > 1:
                raise invalid_value(f"more than one value of {attribute.path!r} would be primary")
            _yield_primary(fresh, keep=set(chosen))
    kept = without_repetition(attribute, [element for element in fresh if element != {}])
    _store(working, holder, attribute, kept)


def _shown(working: Working, attribute: Attribute, value: Any) -> Any:
    """Return a value as clients see it, with what follows from the resource behind it."""
    if working.show is None or attribute not in working.resource_type.references:
        return value
    return working.show(attribute, value)


def _yield_primary(values: list[Any], keep: set[int]) -> None:
    """Only the new primary value stays primary (section 3.5.2)."""
    for index, element in enumerate(values):
        if index not in keep and isinstance(element, dict) and element.get("primary") is True:
            values[index] = {**element, "primary": False}


def _store(working: Working, holder: dict[str, Any], attribute: Attribute, values: list[Any] | None) -> None:
    if attribute.name == working.tracked and holder is working.document:
        working.whole = True
    _put(holder, attribute.name, values)


def _add_values(working: Working, holder: dict[str, Any], attribute: Attribute, new: list[Any]) -> None:
    current = holder.get(attribute.name)
    values: list[Any] = list(current) if isinstance(current, list) else []
    tracked = attribute.name == working.tracked and holder is working.document
    if tracked and working.has and not working.whole and not working.policy.duplicate_members:
        _add_tracked(working, values, new)
        _put(holder, attribute.name, values)
        return
    if working.policy.duplicate_members and attribute is working.resource_type.membership:
        _store(working, holder, attribute, [*values, *new])
        return
    places = {identity(attribute, element): index for index, element in enumerate(values)}
    primary: set[int] = set()
    for element in new:
        key = identity(attribute, element)
        index = places.get(key)
        if index is None:
            index = places[key] = len(values)
            values.append(element)
        elif "$ref" not in attribute.subs:  # "already a member ..., no changes should be made" (3.5.2.1)
            values[index] = unite(attribute, values[index], element)
        if isinstance(element, dict) and element.get("primary") is True:
            primary.add(index)
    if primary and not working.policy.leniency.several_primaries:
        _yield_primary(values, keep=primary)
    check_primaries(attribute, values, working.policy.leniency)
    _store(working, holder, attribute, values)


def _add_tracked(working: Working, values: list[Any], new: list[Any]) -> None:
    """Add values by key without comparing them with the ones that are there."""
    assert working.has is not None
    for element in new:
        key = _key(element)
        if key is None:
            raise invalid_value(f"a value of {working.tracked!r} lacks its 'value'")
        if key in working.added or (working.has(key) and key not in working.removed):
            continue
        working.added.add(key)
        values.append(element)


def _chosen(working: Working, attribute: Attribute, values: list[Any], path: PatchPath) -> list[int]:
    """Return the places of the values that the path's filter selects."""
    if path.key is not None and attribute.name == working.tracked and working.has and not working.whole:
        key = path.key
        if key not in working.added and (key in working.removed or not working.has(key)):
            return []
        return [index for index, element in enumerate(values) if _key(element) == key]
    assert path.predicate is not None
    if path.key is None:
        values = [_shown(working, attribute, element) for element in values]
    chosen = [index for index, element in enumerate(values) if path.predicate(element)]
    exempt = working.policy.one_match
    if len(chosen) > 1 and exempt is not None and attribute.name not in exempt:
        raise InvalidFilter(f"{path.text!r} matches {len(chosen)} values, only one may be meant")
    return chosen


def set_selected(working: Working, holder: dict[str, Any], path: PatchPath, value: Any, op: str) -> None:
    """add or replace at a valuePath, with or without sub-attribute."""
    attribute, sub = path.target.attribute, path.target.sub
    assert attribute is not None
    current = holder.get(attribute.name)
    values: list[Any] = list(current) if isinstance(current, list) else []
    chosen = _chosen(working, attribute, values, path)
    leniency = working.policy.leniency
    if not chosen:
        if not leniency.value_path_creates or path.equals is None:
            raise ScimError(400, f"no value of {attribute.path!r} matches {path.text!r}", "noTarget")
        fixed = {}
        for name, wanted in path.equals:
            named = attribute.sub(name)
            if named is not None:
                fixed[named.name] = wanted
        chosen = [len(values)]
        values.append(normalise_element(attribute, fixed, leniency))
    if sub is not None:
        new = normalise_value(sub, value, leniency)
        _assign(working, holder, attribute, values, chosen, sub, new)
        return
    if isinstance(value, list):
        if len(value) != 1:
            raise invalid_value(f"{path.text!r} is replaced by one value, not by a list")
        value = value[0]
    if value is None:
        _store(working, holder, attribute, [v for index, v in enumerate(values) if index not in set(chosen)])
        return
    element = normalise_element(attribute, value, leniency)
    _put_elements(working, holder, attribute, values, chosen, element, merge=op == "add")


def _put_elements(
    working: Working,
    holder: dict[str, Any],
    attribute: Attribute,
    values: list[Any],
    chosen: list[int],
    element: Any,
    merge: bool,
) -> None:
    for sub in attribute.sub_attributes:
        if sub.mutability == "immutable" and isinstance(element, dict) and sub.name in element:
            for index in chosen:
                old = values[index]
                if isinstance(old, dict) and old.get(sub.name, element[sub.name]) != element[sub.name]:
                    raise ScimError(400, f"{sub.path!r} is immutable and has a value", "mutability")
    for index in chosen:
        old = values[index]
        values[index] = (
            {**old, **element} if merge and isinstance(old, dict) and isinstance(element, dict) else element
        )
    if isinstance(element, dict) and element.get("primary") is True:
        if len(chosen) > 1 and not working.policy.leniency.several_primaries:
            raise invalid_value(f"more than one value of {attribute.path!r} would be primary")
        _yield_primary(values, keep=set(chosen))
    kept = without_repetition(attribute, [element for element in values if element != {}])
    _store(working, holder, attribute, kept)


def remove(working: Working, holder: dict[str, Any], path: PatchPath) -> None:
    """remove at any path; what is not there is no error (section 3.5.2.2)."""
    attribute, sub = path.target.attribute, path.target.sub
    assert attribute is not None
    current = holder.get(attribute.name)
    if current is None:
        return
    if path.predicate is None:
        if sub is None:
            _store(working, holder, attribute, None)
        elif isinstance(current, dict):
            _put(holder, attribute.name, {name: inner for name, inner in current.items() if name != sub.name})
        elif isinstance(current, list):
            _assign(working, holder, attribute, current, range(len(current)), sub, None)
        return
    if not isinstance(current, list):
        return
    chosen = _chosen(working, attribute, current, path)
    if not chosen:
        return
    if sub is not None:
        _assign(working, holder, attribute, current, chosen, sub, None)
        return
    if attribute.name == working.tracked and holder is working.document and not working.whole:
        _remove_tracked(working, holder, attribute, current, chosen)
        return
    places = set(chosen)
    _store(
        working, holder, attribute, [element for index, element in enumerate(current) if index not in places]
    )


def _remove_tracked(
    working: Working, holder: dict[str, Any], attribute: Attribute, current: list[Any], chosen: list[int]
) -> None:
    fresh = list(current)
    for index in reversed(chosen):
        key = _key(fresh[index])
        if key is not None:
            if key in working.added:
                working.added.discard(key)
            else:
                working.removed.add(key)
        del fresh[index]
    _put(holder, attribute.name, fresh)


def remove_values(working: Working, holder: dict[str, Any], attribute: Attribute, value: Any) -> None:
    """remove with a list of values, as Entra and others send it for members."""
    wanted = value if isinstance(value, list) else [value]
    current = holder.get(attribute.name)
    if not isinstance(current, list):
        return
    keys = {_key(item) if isinstance(item, dict) else item for item in wanted if isinstance(item, dict | str)}
    if any(_key(item) is not None for item in wanted) or attribute.subs:
        chosen = [index for index, element in enumerate(current) if _key(element) in keys]
    else:
        chosen = [index for index, element in enumerate(current) if element in keys]
    if attribute.name == working.tracked and holder is working.document and not working.whole:
        _remove_tracked(working, holder, attribute, current, chosen)
        return
    places = set(chosen)
    _store(
        working, holder, attribute, [element for index, element in enumerate(current) if index not in places]
    )
