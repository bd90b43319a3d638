"""Our PATCH against that of scim2-models, an independent implementation, over generated resources.

Operations run one by one on both, from the same document, so that a difference names its operation.
Where the two read the standard differently, `_for_them` puts our reading in words that scim2-models
cannot take otherwise; each case quotes the text that decides.
"""

from __future__ import annotations

import copy
import json
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import Context, EnterpriseUser, Group, PatchOp, SCIMException, User

from scimmock.errors import ScimError
from scimmock.scim.patch import PATCH_OP, Patched, apply, read_operations
from scimmock.scim.policy import Policy
from scimmock.scim.schema import group_type, user_type

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

TYPES = {"User": user_type(), "Group": group_type()}
MODELS: dict[str, Any] = {"User": User[EnterpriseUser], "Group": Group}
POLICY = Policy()

MANY = settings(
    deadline=None, max_examples=150, report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow]
)

# What may stand in the attributes; no two words differ in case only (see `test_adding_what_is_there`).

WORD = st.sampled_from(["a", "b", "é", "東", "Ab c", 'x"y\\'])
LABEL = st.sampled_from(["work", "home", "other"])
EMAIL = st.sampled_from(["a@example.com", "b@example.com", "c@example.org"])
ID = st.sampled_from(["1", "2", "3", "4"])

SINGLE: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "User": {
        "externalId": WORD,
        "displayName": WORD,
        "title": WORD,
        "nickName": WORD,
        "active": st.booleans(),
        "name.givenName": WORD,
        "name.familyName": WORD,
        f"{USER}:title": WORD,
        f"{USER}:name.givenName": WORD,
        f"{ENTERPRISE}:department": WORD,
        f"{ENTERPRISE}:employeeNumber": WORD,
    },
    "Group": {"externalId": WORD, f"{GROUP}:externalId": WORD},
}
LISTS: dict[str, dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "User": {
        "emails": {"value": EMAIL, "type": LABEL, "display": WORD, "primary": st.booleans()},
        "phoneNumbers": {"value": WORD, "type": LABEL, "primary": st.booleans()},
        "addresses": {"locality": WORD, "country": LABEL, "type": LABEL, "primary": st.booleans()},
        "roles": {"value": WORD, "display": WORD},
    },
    "Group": {"members": {"value": ID, "display": WORD}},
}
# The ``display`` of a value is immutable unless a schema says otherwise (RFC 7643 section 2.4), so that of a
# member is; the models of scim2-models declare it readWrite.  It comes and goes with its member.
IMMUTABLE_HERE = {"members": ("display",)}
NAME = {"givenName": WORD, "familyName": WORD, "honorificPrefix": WORD}
EXTENSION = {"department": WORD, "employeeNumber": WORD, "costCenter": WORD}


def _optional(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields).filter(bool)


def _element(name: str, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = LISTS[kind][name]
    if name == "members":
        return st.fixed_dictionaries({"value": fields["value"]}, optional={"display": fields["display"]})
    return _optional(fields)


def _same(name: str, element: Any) -> Any:
    """What makes two values of a list one: (value, type), for members the value (RFC 7643 section 2.4)."""
    if not isinstance(element, dict):
        return element
    if "value" not in element:
        return json.dumps(element, sort_keys=True)
    folded = normalize("NFC", str(element["value"])).casefold()
    return folded if name == "members" else (folded, str(element.get("type")).casefold())


def _is_well_formed(document: dict[str, Any]) -> bool:
    """No two values of a list are the same, at most one is primary."""
    for name, values in document.items():
        if isinstance(values, list) and name != "schemas":
            keys = [_same(name, value) for value in values]
            if len(set(keys)) != len(keys) or sum(value.get("primary") is True for value in values) > 1:
                return False
    return True


def _list(name: str, kind: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    values = st.lists(
        _element(name, kind), min_size=1, max_size=3, unique_by=lambda value: _same(name, value)
    )
    return values.filter(lambda values: sum(value.get("primary") is True for value in values) < 2)


def _top_level(kind: str) -> dict[str, st.SearchStrategy[Any]]:
    return {name: values for name, values in SINGLE[kind].items() if "." not in name and ":" not in name}


def _user(fields: dict[str, Any], extension: dict[str, Any] | None) -> dict[str, Any]:
    extra: dict[str, Any] = {ENTERPRISE: extension} if extension else {}
    return {"schemas": [USER, *extra], "id": "u1", **fields, **extra, "meta": {"resourceType": "User"}}


STORED: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "User": st.builds(
        _user,
        st.fixed_dictionaries(
            {"userName": WORD},
            optional={
                **_top_level("User"),
                **{name: _list(name, "User") for name in LISTS["User"]},
                "name": _optional(NAME),
            },
        ),
        st.none() | _optional(EXTENSION),
    ),
    "Group": st.fixed_dictionaries(
        {"schemas": st.just([GROUP]), "id": st.just("g1"), "displayName": WORD},
        optional={"externalId": WORD, "members": _list("members", "Group")},
    ),
}


# Operations.


def _any_case(path: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(path, path.map(str.swapcase), path.map(str.upper))


def _condition(name: str, kind: str) -> st.SearchStrategy[str]:
    fields = LISTS[kind][name]
    comparisons = [
        st.builds(
            lambda value, op, sub=sub: f"{sub} {op} {json.dumps(value, ensure_ascii=False)}",
            values,
            st.sampled_from(["eq", "eq", "eq", "ne"]),
        )
        for sub, values in fields.items()
    ]
    one = st.one_of(*comparisons, st.sampled_from(list(fields)).map(lambda sub: f"{sub} pr"))
    both = st.builds(lambda a, joint, b: f"{a} {joint} {b}", one, st.sampled_from(["and", "or"]), one)
    return st.one_of(one, one, both, one.map(lambda inner: f"not ({inner})"))


def _write(path: st.SearchStrategy[str], value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    null = _replace(path, st.none())
    full = st.fixed_dictionaries({"op": st.sampled_from(["add", "replace"]), "path": path, "value": value})
    return st.one_of(full, full, full, null)


def _replace(
    path: st.SearchStrategy[str], value: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": st.just("replace"), "path": path, "value": value})


def _remove(path: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": st.just("remove"), "path": path})


def _nullable(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return _optional({name: st.one_of(values, values, st.none()) for name, values in fields.items()})


def _on_list(name: str, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    fields, element, condition = LISTS[kind][name], _element(name, kind), _condition(name, kind)
    values = st.one_of(_list(name, kind), element, st.lists(element, max_size=3))
    selected = condition.map(lambda inner: f"{name}[{inner}]")
    options = [_write(_any_case(st.just(name)), values), _remove(st.just(name)), _remove(selected)]
    changeable = {sub: inner for sub, inner in fields.items() if sub not in IMMUTABLE_HERE.get(name, ())}
    options.append(_write(selected, _optional(changeable)))
    for sub, inner in changeable.items():
        part = condition.map(lambda text, sub=sub: f"{name}[{text}].{sub}")
        options += [_write(part, inner), _remove(part), _write(st.just(f"{name}.{sub}"), inner)]
        options.append(_remove(st.just(f"{name}.{sub}")))
    return st.one_of(options)


def _without_path(kind: str, op: str) -> st.SearchStrategy[dict[str, Any]]:
    # Nulls are for replace: "add" has nothing to add then, and the standard does not say more.
    inner = _nullable if op == "replace" else _optional
    fields = _top_level(kind) | {name: _list(name, kind) for name in LISTS[kind]}
    if kind == "User":
        fields |= {"name": inner(NAME), ENTERPRISE: inner(EXTENSION)}
    lower = {name.lower(): values for name, values in fields.items()}
    return st.fixed_dictionaries({"op": st.just(op), "value": inner(fields) | inner(lower)})


def _operation(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    options = [_without_path(kind, "add"), _without_path(kind, "replace")]
    for path, values in SINGLE[kind].items():
        options += [_write(_any_case(st.just(path)), values), _remove(st.just(path))]
    options += [_on_list(name, kind) for name in LISTS[kind]] * 3
    if kind == "User":
        for path in ("name", f"{USER}:name"):
            options += [_write(st.just(path), _optional(NAME)), _remove(st.just(path))]
            options.append(_replace(st.just(path), _nullable(NAME)))
        urn = _any_case(st.just(ENTERPRISE))
        options += [_write(urn, _optional(EXTENSION)), _replace(urn, _nullable(EXTENSION)), _remove(urn)]
        options.append(_write(st.just("userName"), WORD))
    return st.one_of(options)


def _wrong(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    required = "userName" if kind == "User" else "displayName"
    several = "emails" if kind == "User" else "members"
    return st.sampled_from(
        [
            {"op": "remove"},
            {"op": "add", "path": "externalId"},
            {"op": "replace", "path": "externalId"},
            {"op": "add", "path": "externalId", "value": None},
            {"op": "replace", "path": "externalId", "value": {"a": "b"}},
            {"op": "replace", "path": "externalId", "value": ["a"]},
            {"op": "replace", "path": several, "value": ["a"]},
            {"op": "replace", "value": "a"},
            {"op": "remove", "path": required},
            {"op": "replace", "path": required, "value": None},
            {"op": "replace", "path": "id", "value": "other"},
            {"op": "replace", "value": {"id": "other"}},
            {"op": "add", "path": "meta.version", "value": "1"},
            {"op": "remove", "path": "meta"},
            {"op": "add", "path": "nothing", "value": "a"},
            {"op": "add", "path": f"{several}.nothing", "value": "a"},
            {"op": "remove", "path": "urn:example:nothing:a"},
            {"op": "add", "path": f"{several}[", "value": "a"},
            {"op": "add", "path": f"{several}[]", "value": "a"},
            {"op": "add", "path": f'{several}[value eq "a@example.com"]x', "value": "a"},
            {"op": "add", "path": f'{several}[value eq "a@example.com"].nothing', "value": "a"},
            {"op": "add", "path": f'{several}[nothing eq "a"]', "value": {"display": "a"}},
            {"op": "add", "path": f'{several}[value eq "nobody@example.com"]', "value": {"display": "a"}},
            {"op": "replace", "path": f'{several}[value eq "nobody@example.com"].display', "value": "a"},
            {"op": "remove", "path": several, "value": [{"value": "1"}]},
            {"op": "move", "path": several},
        ]
    )


OPERATION = {kind: _operation(kind) for kind in TYPES}
ANY_OPERATION = {kind: st.one_of(OPERATION[kind], OPERATION[kind], _wrong(kind)) for kind in TYPES}


# The two implementations.


class Refused(Exception):
    """A PATCH that is answered 400, with its scimType."""


def _ours(kind: str, document: dict[str, Any], *operations: dict[str, Any], **tracking: Any) -> Patched:
    try:
        read = read_operations({"schemas": [PATCH_OP], "Operations": list(operations)}, POLICY)
        return apply(document, read, TYPES[kind], POLICY, **tracking)
    except ScimError as error:
        assert error.status == 400
        raise Refused(error.scim_type) from error


def _as_served(kind: str, document: dict[str, Any], *operations: dict[str, Any]) -> Patched:
    """Apply operations as the engine does, which finds the members of a group by index."""
    if kind != "Group":
        return _ours(kind, document, *operations)
    members = {member["value"] for member in document.get("members", ())}
    return _ours(kind, document, *operations, tracked="members", has=members.__contains__)


def _theirs(kind: str, document: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    model = MODELS[kind]
    resource = model.model_validate(document)
    body = {"schemas": [PATCH_OP], "Operations": list(operations)}
    try:
        PatchOp[model].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(resource)
    except SCIMException as error:
        raise Refused(error.scim_type) from error
    except ValidationError as error:
        kinds = [item["type"] for item in error.errors() if item["type"].startswith("scim_")]
        raise Refused(kinds[0].removeprefix("scim_") if kinds else "invalidValue") from error
    dumped: dict[str, Any] = resource.model_dump()
    return dumped


def _assigned(value: Any) -> Any:
    """Leave out what counts as unassigned: null, empty lists and objects (RFC 7643 section 2.5)."""
    if isinstance(value, dict):
        pairs = {name: _assigned(inner) for name, inner in value.items()}
        return {name: inner for name, inner in pairs.items() if inner not in (None, [], {})}
    if isinstance(value, list):
        return [inner for inner in map(_assigned, value) if inner not in (None, {})]
    return value


def _comparable(document: dict[str, Any]) -> dict[str, Any]:
    return {**_assigned(document), "schemas": sorted(document["schemas"])}


def _for_them(kind: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Spell out what ``replace`` of the values that a filter selects means.

    "If the target location is a multi-valued attribute and a value selection ("valuePath") filter is
    specified that matches one or more values of the multi-valued attribute, then all matching record
    values SHALL be replaced" (RFC 7644 section 3.5.2.3): the record is what the value says, no more.
    scim2-models keeps the sub-attributes that the value leaves out, as for a single complex attribute.
    """
    path, value = operation.get("path", ""), operation.get("value")
    if operation["op"] != "replace" or not path.endswith("]") or not isinstance(value, dict):
        return operation
    nothing = dict.fromkeys(LISTS[kind][path.partition("[")[0]])
    return {**operation, "value": {**nothing, **value}}


def _once(document: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Make values of a list that are the same one, as writing them does here.

    A service "SHOULD NOT return the same (type, value) combination more than once per attribute" (RFC 7643
    section 2.4).  scim2-models tells values apart by all of their sub-attributes and keeps both.
    ``before`` is the document to which the values are added: "if the user was already a member of this
    group, no changes should be made" (RFC 7644 section 3.5.2.1).
    """
    result = dict(document)
    for name, values in document.items():
        if isinstance(values, list) and name != "schemas":
            merged: dict[Any, dict[str, Any]] = {}
            kept = {_same(name, value) for value in before.get(name, ())} if name == "members" else set()
            for value in values:
                key = _same(name, value)
                if key not in merged:
                    merged[key] = value
                elif key not in kept:
                    merged[key] = {**merged[key], **value}
            result[name] = list(merged.values())
    return result


def _outcome(run: Any, *args: Any) -> tuple[str | None, Any]:
    try:
        return None, run(*args)
    except Refused as refusal:
        return str(refusal), None


def _is_explained(operation: dict[str, Any], ours: str | None, theirs: str | None) -> bool:
    """Whether a difference in what is refused is one that the standard settles for us."""
    path = operation.get("path", "")
    # Table 9: invalidFilter is for a filter that "does not comply with Figure 1", in a PATCH path too.
    if (ours, theirs) == ("invalidFilter", "invalidPath") and "[" in path:
        return True
    # What does not "conform to the request schema" is invalidSyntax in table 9, for POST and PUT; what is
    # "not compatible with the operation" is invalidValue, for PATCH too.  An unknown operation fits both.
    if (ours, theirs) == ("invalidSyntax", "invalidValue"):
        return operation["op"] == "move"
    # Null is the same as unassigned (RFC 7643 section 2.5), so replacing the selected values or an extension
    # by null removes them, as it does with an attribute (`test_null_takes_away`).
    if (ours, theirs) == (None, "invalidValue"):
        whole = path.endswith("]") or path.lower() == ENTERPRISE.lower()
        return whole and operation["op"] == "replace" and operation["value"] is None
    # "true" MUST appear no more than once (RFC 7643 section 2.4): one operation cannot make two values
    # primary.  scim2-models lets it when one of them has been primary before.
    if (ours, theirs) == ("invalidValue", None):
        value = operation.get("value")
        sets_primary = value is True if path.lower().endswith(".primary") else _says_primary(value)
        return sets_primary and ("[" in path or path.lower().endswith(".primary"))
    return False


def _says_primary(value: Any) -> bool:
    return isinstance(value, dict) and value.get("primary") is True


@pytest.mark.parametrize("kind", ["User", "Group"])
@MANY
@given(st.data())
def test_operations_do_what_they_do_for_others(kind: str, data: st.DataObject) -> None:
    """Each operation of a PATCH gives the document, or the scimType, that scim2-models gives."""
    document = data.draw(STORED[kind], "stored")
    operations = data.draw(st.lists(ANY_OPERATION[kind], min_size=1, max_size=4), "operations")
    for operation in operations:
        our_error, patched = _outcome(_as_served, kind, document, operation)
        their_error, their_document = _outcome(_theirs, kind, document, _for_them(kind, operation))
        if our_error != their_error:
            assert _is_explained(operation, our_error, their_error), (operation, our_error, their_error)
            event("refused differently, as the standard has it")
            return
        if patched is None:
            event(f"both refuse: {our_error}")
            return
        expected, got = _comparable(their_document), _comparable(patched.document)
        expected = _once(expected, document if operation["op"] == "add" else {})
        if _creates_value(operation, document):
            assert _assigned(patched.document)[operation["path"].partition(".")[0]] == [
                {operation["path"].partition(".")[2]: operation["value"]}
            ]
        else:
            assert got == expected, operation
        event("both change" if patched.document is not document else "both leave")
        document = patched.document
        assume(_is_well_formed(document))


def _creates_value(operation: dict[str, Any], document: dict[str, Any]) -> bool:
    """Whether a sub-attribute is set of a list that has no values yet.

    "If the target location path specifies an attribute that does not exist, the service provider SHALL
    treat the operation as an "add"", and then "the attribute and value are added" (RFC 7644 sections
    3.5.2.3 and 3.5.2.1): a value with that sub-attribute.  scim2-models leaves the resource as it is.
    """
    name, dot, _ = operation.get("path", "").partition(".")
    known = {attribute for lists in LISTS.values() for attribute in lists}
    return bool(dot) and name in known and name not in document and operation.get("value") is not None


# Properties of our own, on whole PATCH requests.


@pytest.mark.parametrize("kind", ["User", "Group"])
@MANY
@given(st.data())
def test_a_patch_never_touches_what_it_is_given(kind: str, data: st.DataObject) -> None:
    """The stored document and the request stay as they were, whether the PATCH succeeds or fails halfway."""
    document = data.draw(STORED[kind], "stored")
    operations = data.draw(st.lists(ANY_OPERATION[kind], min_size=1, max_size=5), "operations")
    before = copy.deepcopy((document, operations))
    _outcome(_ours, kind, document, *operations)
    assert (document, operations) == before


@pytest.mark.parametrize("kind", ["User", "Group"])
@MANY
@given(st.data())
def test_a_patch_is_its_operations_one_after_the_other(kind: str, data: st.DataObject) -> None:
    """All operations at once give what they give in single requests, or fail with the first that fails."""
    document = data.draw(STORED[kind], "stored")
    operations = data.draw(st.lists(OPERATION[kind], min_size=2, max_size=4), "operations")
    error, patched = _outcome(_ours, kind, document, *operations)
    single: Any = document
    for operation in operations:
        single_error, result = _outcome(_ours, kind, single, operation)
        if single_error is not None:
            assert error == single_error
            return
        single = result.document
    assert error is None and patched.document == single


@pytest.mark.parametrize("kind", ["User", "Group"])
@MANY
@given(st.data())
def test_the_outcome_is_well_formed(kind: str, data: st.DataObject) -> None:
    """At most one value is primary, none stands twice, nothing is null or empty, ``schemas`` is true."""
    document = data.draw(STORED[kind], "stored")
    operations = data.draw(st.lists(OPERATION[kind], min_size=1, max_size=4), "operations")
    error, patched = _outcome(_ours, kind, document, *operations)
    if error is not None:
        return
    outcome = patched.document
    assert _is_well_formed(outcome)
    assert outcome == _assigned(outcome)
    assert (ENTERPRISE in outcome["schemas"]) == (ENTERPRISE in outcome)
    assert len(set(outcome["schemas"])) == len(outcome["schemas"])


@pytest.mark.parametrize("kind", ["User", "Group"])
@MANY
@given(st.data())
def test_what_does_not_change_is_the_same_object(kind: str, data: st.DataObject) -> None:
    """An outcome equal to the stored document is that document: no new version, no write."""
    document = data.draw(STORED[kind], "stored")
    operations = data.draw(st.lists(OPERATION[kind], min_size=1, max_size=3), "operations")
    error, patched = _outcome(_ours, kind, document, *operations)
    if error is None:
        assert (patched.document is document) == (patched.document == document)


@pytest.mark.parametrize("kind", ["User", "Group"])
@MANY
@given(st.data())
def test_saying_it_twice_changes_nothing_more(kind: str, data: st.DataObject) -> None:
    """``replace`` and ``add`` without a filter, and every ``remove``, are done when done once."""
    document = data.draw(STORED[kind], "stored")
    operation = data.draw(OPERATION[kind], "operation")
    assume("[" not in operation.get("path", "") or operation["op"] == "remove")
    error, once = _outcome(_ours, kind, document, operation)
    if error is not None:
        return
    again = _ours(kind, once.document, operation)
    assert again.document is once.document


@MANY
@given(STORED["Group"], st.lists(OPERATION["Group"], min_size=1, max_size=4))
def test_members_found_by_index_are_those_found_by_looking(
    document: dict[str, Any], operations: list[dict[str, Any]]
) -> None:
    """With the index of members the outcome is as without, and what came and went is told truly."""
    before = {member["value"] for member in document.get("members", ())}
    error, plain = _outcome(_ours, "Group", document, *operations)
    try:
        tracked = _ours("Group", document, *operations, tracked="members", has=before.__contains__)
    except Refused as refusal:
        assert str(refusal) == error
        return
    assert error is None

    def members(patched: Patched) -> list[str]:
        return [member.get("value") for member in patched.document.get("members", ())]

    assert members(tracked) == members(plain)
    if tracked.added is not None and tracked.removed is not None:
        after = set(members(tracked))
        assert tracked.added - tracked.removed == after - before
        assert tracked.removed - tracked.added == before - after


# Single cases in which the standard decides.


def _stored(**attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "id": "u1", "userName": "a", **attributes}


@pytest.mark.parametrize(
    ("stored", "added"),
    [
        ({"value": "a@example.com", "type": "work"}, {"value": "A@example.com", "type": "WORK"}),
        ({"value": "a@example.com"}, {"value": "a@example.com"}),
        ({"value": "a@example.com", "display": "é"}, {"value": "a@example.com", "display": "e\u0301"}),
    ],
)
def test_adding_what_is_there(stored: dict[str, Any], added: dict[str, Any]) -> None:
    """ "If the target location already contains the value specified, no changes SHOULD be made" (3.5.2.1).

    Whether it is contained is a matter of comparison, so of ``caseExact``: neither list nor spelling change.
    """
    document = _stored(emails=[stored])
    operation = {"op": "add", "path": "emails", "value": [added]}
    assert _comparable(_theirs("User", document, operation)) == _comparable(document)
    assert _ours("User", document, operation).document is document


def test_a_new_primary_value_takes_over() -> None:
    """Setting one ``primary`` sets the others to false (section 3.5.2), whichever way it is set."""
    document = _stored(emails=[{"value": "a@example.com", "primary": True}, {"value": "b@example.com"}])
    new = {"value": "c@example.com", "primary": True}
    for operation in (
        {"op": "add", "path": "emails", "value": new},
        {"op": "replace", "path": 'emails[value eq "b@example.com"].primary', "value": True},
        {"op": "add", "path": 'emails[value eq "b@example.com"]', "value": {"primary": True}},
        {"op": "replace", "path": 'emails[value eq "b@example.com"]', "value": new},
    ):
        values = _ours("User", document, operation).document["emails"]
        assert values[0] == {"value": "a@example.com", "primary": False}, operation
        assert [value.get("primary", False) for value in values].count(True) == 1


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": 'members[value eq "1"].value', "value": "2"},
        {"op": "replace", "path": 'members[value eq "1"].value', "value": None},
        {"op": "remove", "path": 'members[value eq "1"].value'},
        {"op": "replace", "path": 'members[value eq "1"]', "value": {"value": "2"}},
        {"op": "replace", "path": 'members[value eq "1"]', "value": {"display": "x"}},
        {"op": "add", "path": 'members[value eq "1"]', "value": {"value": "2"}},
        {"op": "remove", "path": "members.value"},
        {"op": "replace", "path": "members.value", "value": "2"},
    ],
)
def test_who_a_member_is_cannot_be_changed(operation: dict[str, Any]) -> None:
    """The ``value`` of a member is immutable (RFC 7643 section 4.2): a member comes and goes, no more."""
    member = {"value": "1", "display": "d"}
    document = {"schemas": [GROUP], "id": "g1", "displayName": "a", "members": [member]}
    with pytest.raises(Refused, match=r"^mutability$"):
        _theirs("Group", document, _for_them("Group", operation))
    with pytest.raises(Refused, match=r"^mutability$"):
        _ours("Group", document, operation)


def test_null_takes_away() -> None:
    """ "null" and "unassigned" are the same state (RFC 7643 section 2.5): replacing by null is removing."""
    document = {
        **_stored(title="a", emails=[{"value": "a@example.com", "type": "work"}, {"value": "b@example.com"}]),
        "schemas": [USER, ENTERPRISE],
        ENTERPRISE: {"department": "d"},
    }
    for path in ("title", "emails", 'emails[type eq "work"]', 'emails[type eq "work"].type', ENTERPRISE):
        by_null = _ours("User", document, {"op": "replace", "path": path, "value": None}).document
        assert by_null == _ours("User", document, {"op": "remove", "path": path}).document != document, path


def test_what_is_required_is_never_given_up() -> None:
    """ "If an attribute is removed or becomes unassigned and is defined as a required attribute": mutability.

    Each operation counts (section 3.5.2): a later one that gives a value again does not make up for it.
    """
    operations = (
        {"op": "replace", "path": "userName", "value": None},
        {"op": "replace", "path": "userName", "value": "b"},
    )
    for implementation in (_theirs, _ours):
        with pytest.raises(Refused, match=r"^mutability$"):
            implementation("User", _stored(), *operations)


def test_a_user_name_is_not_empty() -> None:
    """ "Each User MUST include a non-empty userName value" (RFC 7643 section 4.1.1)."""
    operation = {"op": "replace", "path": "userName", "value": ""}
    assert _theirs("User", _stored(), operation)["userName"] == ""
    with pytest.raises(Refused):
        _ours("User", _stored(), operation)


@pytest.mark.parametrize(
    "value", [{"nothing": "a"}, {"name": {"nothing": "a"}}, {"emails": [{"nothing": "a"}]}]
)
def test_unknown_attributes_in_a_value_are_refused(value: dict[str, Any]) -> None:
    """What no schema declares is refused with a detail type of table 9.

    Table 9 has invalidSyntax for what does "not conform to the request schema", listed for POST and PUT,
    and invalidValue for what is not "compatible with" the "resource schema", listed for PATCH too: either
    tells the client enough.
    """
    operation = {"op": "replace", "value": value}
    with pytest.raises(Refused, match=r"^invalidValue$"):
        _theirs("User", _stored(), operation)
    with pytest.raises(Refused, match=r"^invalid(Value|Syntax)$"):
        _ours("User", _stored(), operation)


def test_what_an_extension_needs_follows_its_attributes() -> None:
    """A qualified path adds the extension's URN to ``schemas``, its last attribute takes it along."""
    added = _ours("User", _stored(), {"op": "add", "path": f"{ENTERPRISE}:department", "value": "d"}).document
    assert added["schemas"] == [USER, ENTERPRISE] and added[ENTERPRISE] == {"department": "d"}
    removed = _ours("User", added, {"op": "remove", "path": f"{ENTERPRISE}:department"}).document
    assert removed == _stored()
