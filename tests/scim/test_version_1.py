"""SCIM 1.1 in the forms of 2.0 and back."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import InvalidFilter, ScimError
from scimmock.scim.bulk import BULK_REQUEST
from scimmock.scim.filter import STRICT, parse
from scimmock.scim.patch import PATCH_OP, apply, read_operations
from scimmock.scim.policy import Leniency, Policy
from scimmock.scim.schema import Attribute, ResourceType, group_type, load_schema, user_type
from scimmock.scim.validate import normalise_resource
from scimmock.scim.version_1.discovery import child_name, config_of_1, schema_of_1
from scimmock.scim.version_1.merging import merged, without_operation
from scimmock.scim.version_1.messages import bulk_of_1, bulk_of_2, error_of_1, list_of_1, refused
from scimmock.scim.version_1.names import CORE, ENTERPRISE, Names
from scimmock.scim.version_1.patching import patch_of_2
from scimmock.scim.version_1.queries import OPERATORS, attributes_of_2, filter_of_2, query_of_2
from scimmock.scim.version_1.resources import resource_of_1, resource_of_2

USER_TYPE, GROUP_TYPE = user_type(), group_type()
USER = USER_TYPE.schema.id
ENTERPRISE_2 = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
NAMES = Names()
USERS, GROUPS = NAMES.of(USER_TYPE), NAMES.of(GROUP_TYPE)
STRICTLY = Leniency()
POLICY = Policy().with_leniency(remove_with_value=True)

words = st.text("abAB é", min_size=1, max_size=4)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            words
            | st.sampled_from(
                [
                    "schemas",
                    "meta",
                    "attributes",
                    "emails",
                    "value",
                    "operation",
                    "name",
                    "members",
                    ENTERPRISE,
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
_OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "binary": st.sampled_from(["YQ==", "YWI=", "YWJj"]),
}


def _values(attribute: Attribute) -> st.SearchStrategy[Any]:
    """Values of an attribute that both versions can say."""
    if attribute.type != "complex":
        return _OF_TYPE.get(attribute.type, words)
    known = [sub for sub in attribute.sub_attributes if sub.name not in ("$ref", "displayName", "primary")]
    required = {sub.name: _values(sub) for sub in known if attribute.name == "manager"}
    optional = {sub.name: _values(sub) for sub in known if sub.name not in required}
    values = st.fixed_dictionaries(required, optional=optional).filter(bool)
    return st.lists(values, min_size=1, max_size=3) if attribute.multi_valued else values


def _writable(resource_type: ResourceType, urn: str) -> dict[str, st.SearchStrategy[Any]]:
    schema = resource_type.extensions.get(urn.lower(), resource_type.schema)
    return {item.name: _values(item) for item in schema.attributes if item.mutability != "readOnly"}


users = st.fixed_dictionaries(
    {"schemas": st.just([USER, ENTERPRISE_2]), "userName": words},
    optional={
        **{name: values for name, values in _writable(USER_TYPE, USER).items() if name != "userName"},
        ENTERPRISE_2: st.fixed_dictionaries({}, optional=_writable(USER_TYPE, ENTERPRISE_2)),
    },
)


# ---- names


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("userName", "userName"),
        ("NAME.givenname", "NAME.givenname"),
        (f"{CORE}:name.givenName", "name.givenName"),
        (CORE.upper() + ":userName", "userName"),
        (CORE, USER),
        (ENTERPRISE, ENTERPRISE_2),
        (f"{ENTERPRISE}:department", f"{ENTERPRISE_2}:department"),
        (f"{ENTERPRISE.upper()}:Manager.managerID", f"{ENTERPRISE_2}:Manager.value"),
        (f"{ENTERPRISE}:manager", f"{ENTERPRISE_2}:manager"),
        ("urn:hr:schemas:user:age", "urn:hr:schemas:user:age"),
        ("nothing", "nothing"),
        ("emails.nothing", "emails.nothing"),
        (f"{ENTERPRISE}:manager.value", None),
        (f"{ENTERPRISE}:manager.$ref", None),
        (f"{CORE}:User:userName", None),
        (USER, None),
        (f"{USER.upper()}:userName", None),
        (f"{ENTERPRISE_2}:department", None),
        ("department", None),
        ("manager.managerId", None),
        ("groups.$ref", None),
        ("meta.resourceType", None),
    ],
)
def test_paths(old: str, new: str | None) -> None:
    assert USERS.path_of_2(old) == new


def test_a_service_has_urns_of_its_own() -> None:
    schema = load_schema({"id": "urn:acme:2.0:Badge", "attributes": [{"name": "colour"}]})
    kind = ResourceType("User", "/Users", USER_TYPE.schema, extension_schemas=((schema, False),))
    assert Names().of(kind).path_of_2("urn:acme:2.0:badge:colour") == "urn:acme:2.0:Badge:colour"
    names = Names({"urn:acme:2.0:BADGE": "urn:acme:1.0"})
    assert names.of(kind).path_of_2("urn:acme:1.0:colour") == "urn:acme:2.0:Badge:colour"
    assert names.of(kind).path_of_2("urn:acme:2.0:Badge:colour") is None
    shown = resource_of_1({"schemas": [USER, schema.id], schema.id: {"colour": "red"}}, names.of(kind))
    assert shown == {"schemas": [CORE, "urn:acme:1.0"], "urn:acme:1.0": {"colour": "red"}}
    assert names.text_of_1("no urn:acme:2.0:Badge:x") == "no urn:acme:1.0:x"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"'schemas' holds {USER!r}", f"'schemas' holds {CORE!r}"),
        (f"'{ENTERPRISE_2}:manager.value' is a string", f"'{ENTERPRISE}:manager.managerId' is a string"),
        (f"not {BULK_REQUEST}", f"not {CORE}"),
        ("Resource 1 not found", "Resource 1 not found"),
    ],
)
def test_sentences_have_the_names_of_1_1(text: str, told: str) -> None:
    assert NAMES.text_of_1(text) == told


# ---- resources


@given(users)
def test_resources_come_back_as_they_were(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    shown = resource_of_1(document, USERS)
    assert "urn:ietf" not in json.dumps(shown)
    assert resource_of_2(shown, USERS, STRICTLY) == document == before
    assert resource_of_1(resource_of_2(shown, USERS, STRICTLY), USERS) == shown


@given(users)
def test_the_engine_takes_what_was_shown(document: dict[str, Any]) -> None:
    taken = normalise_resource(
        USER_TYPE, resource_of_2(resource_of_1(document, USERS), USERS, STRICTLY), STRICTLY
    )
    assert taken == normalise_resource(USER_TYPE, document, STRICTLY)


@given(anything, st.booleans())
def test_any_json_is_translated_or_refused(body: Any, partial: bool) -> None:
    before = copy.deepcopy(body)
    try:
        resource_of_2(body, USERS, STRICTLY, partial)
    except ScimError as error:
        assert error.status == 400
    assert body == before


def test_what_only_2_0_has_is_not_shown() -> None:
    document = {
        "schemas": [USER, ENTERPRISE_2],
        "groups": [{"value": "1", "$ref": "x", "display": "A", "type": "direct"}],
        ENTERPRISE_2: {"manager": {"value": "2", "$ref": "y", "displayName": "B"}, "department": "C"},
        "meta": {"resourceType": "User", "version": "1"},
        "urn:other": {"$ref": "kept"},
    }
    assert resource_of_1(document, USERS) == {
        "schemas": [CORE, ENTERPRISE],
        "groups": [{"value": "1", "display": "A", "type": "direct"}],
        ENTERPRISE: {"manager": {"managerId": "2", "displayName": "B"}, "department": "C"},
        "meta": {"version": "1"},
        "urn:other": {"$ref": "kept"},
    }


def test_wrong_data_is_shown_as_it_is() -> None:
    document = {"schemas": "x", "emails": "y", "meta": None, ENTERPRISE_2: {"manager": "z"}, "groups": [1]}
    shown = resource_of_1(document, USERS)
    assert shown == {"schemas": "x", "emails": "y", "meta": None, ENTERPRISE: {"manager": "z"}, "groups": [1]}
    assert resource_of_1({ENTERPRISE_2: 1}, USERS) == {ENTERPRISE: 1}


def test_what_is_unknown_is_left_out_where_that_is_allowed() -> None:
    lenient = Leniency.of(["drop-unknown-attributes"])
    manager = {"managerId": "1", "value": "2", "$ref": "x"}
    body = {"schemas": [CORE, USER], ENTERPRISE_2: {"department": "x"}, ENTERPRISE: {"manager": manager}}
    taken = resource_of_2(body, USERS, lenient)
    assert taken == {"schemas": [USER], ENTERPRISE_2: {"manager": {"value": "1"}}}


# ---- queries

paths = st.sampled_from(
    [
        ("userName", "userName"),
        (f"{CORE}:title", "title"),
        ("name.familyName", "name.familyName"),
        (f"{ENTERPRISE}:manager.managerId", f"{ENTERPRISE_2}:manager.value"),
        (f"{ENTERPRISE.upper()}:department", f"{ENTERPRISE_2}:department"),
    ]
)
literals = st.sampled_from(['"a"', f'"{ENTERPRISE}:department"', '"\\" and (ne"', "true", "12"])


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, str]:
    old, new = draw(paths)
    operator = draw(st.sampled_from([*sorted(OPERATORS), "pr", "EQ"]))
    rest = "pr" if operator == "pr" else f"{operator} {draw(literals)}"
    space = draw(st.sampled_from([" ", "  "]))
    return f"{old}{space}{rest}", f"{new}{space}{rest}"


filters = st.recursive(
    comparisons(),
    lambda inner: (
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(
            lambda parts: (parts[0][0] + parts[1] + parts[2][0], parts[0][1] + parts[1] + parts[2][1])
        )
        | inner.map(lambda pair: (f"({pair[0]})", f"({pair[1]})"))
    ),
    max_leaves=6,
)


@given(filters)
def test_filters_change_their_names_only(pair: tuple[str, str]) -> None:
    old, new = pair
    assert filter_of_2(old, USERS, STRICT) == new
    parse(new, STRICT)


@given(st.text("ab. ()[]\"'\\:urneqotp", max_size=30))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        found = filter_of_2(text, USERS, STRICT)
    except InvalidFilter as error:
        assert error.status == 400
    else:
        parse(found, STRICT)


def test_the_place_of_an_unknown_name_is_told() -> None:
    with pytest.raises(InvalidFilter) as raised:
        filter_of_2(f'title pr and {USER}:userName eq "a"', USERS, STRICT)
    assert raised.value.position == 14


def test_queries() -> None:
    query = {"filter": f"{CORE}:title pr", "sortBy": f"{ENTERPRISE}:division", "count": "1", "cursor": "x"}
    assert query_of_2(query, USERS, STRICT) == {
        "filter": "title pr",
        "sortBy": f"{ENTERPRISE_2}:division",
        "count": "1",
    }
    assert query_of_2({"sortBy": "", "excludedAttributes": "x", "other": "y"}, USERS, STRICT) == {
        "sortBy": "",
        "other": "y",
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("", ""), (" , ", " , "), ("userName", "userName,id,meta"), (f"department,{USER}:title", "id,meta")],
)
def test_attributes(text: str, wanted: str) -> None:
    assert attributes_of_2(text, USERS) == wanted


# ---- PATCH

STORED: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE_2],
    "id": "1",
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "L"},
    "emails": [{"value": "a@b", "type": "work", "primary": True}, {"value": "c@d", "type": "home"}],
    ENTERPRISE_2: {"department": "x", "manager": {"value": "2"}},
    "meta": {},
}


def _patched(stored: dict[str, Any], **body: Any) -> dict[str, Any]:
    message = patch_of_2({"schemas": [CORE], **body}, USERS, stored, STRICTLY)
    return apply(stored, read_operations(message, POLICY), USER_TYPE, POLICY).document


@given(anything | st.fixed_dictionaries({"schemas": st.just([CORE])}, optional=_writable(USER_TYPE, USER)))
def test_any_body_is_a_patch_or_refused(body: Any) -> None:
    before = copy.deepcopy((body, STORED))
    try:
        message = patch_of_2(body, USERS, STORED, STRICTLY)
        assert message["schemas"] == [PATCH_OP]
        apply(STORED, read_operations(message, POLICY), USER_TYPE, POLICY)
    except ScimError as error:
        assert error.status == 400
    assert (body, STORED) == before


simple = st.fixed_dictionaries(
    {}, optional={name: words for name in ("title", "nickName", "userType", "locale", "displayName")}
)


@given(simple, simple, st.sets(st.sampled_from(["title", "nickName", "userType", "locale"])))
def test_singular_attributes_are_replaced_and_cleared(
    stored: dict[str, Any], sent: dict[str, Any], cleared: set[str]
) -> None:
    document = {"schemas": [USER], "id": "1", "userName": "ada", **stored}
    wanted = {name: value for name, value in document.items() if name not in cleared} | sent
    assert _patched(document, meta={"attributes": sorted(cleared)}, **sent) == wanted


def test_extensions_and_complex_attributes_are_merged() -> None:
    shown = _patched(
        STORED, name={"familyName": "K"}, **{ENTERPRISE: {"division": "y", "manager": {"managerId": "3"}}}
    )
    assert shown["name"] == {"givenName": "Ada", "familyName": "K"}
    assert shown[ENTERPRISE_2] == {"department": "x", "division": "y", "manager": {"value": "3"}}
    shown = _patched(
        STORED, meta={"attributes": ["name", f"{ENTERPRISE}:department"]}, name={"familyName": "K"}
    )
    assert shown["name"] == {"familyName": "K"} and shown[ENTERPRISE_2] == {"manager": {"value": "2"}}


def test_values_of_a_list() -> None:
    work, home = STORED["emails"]
    more = _patched(STORED, emails=["E@F", {"VALUE": "c@d", "display": "C", "operation": None}])["emails"]
    assert more == [work, {**home, "display": "C"}, {"value": "E@F"}]
    fewer = _patched(
        STORED, emails=[{"value": "A@B", "operation": "delete"}, {"value": "x", "operation": "delete"}]
    )
    assert fewer["emails"] == [home]
    none = _patched(STORED, emails=[{**value, "operation": "delete"} for value in STORED["emails"]])
    assert "emails" not in none
    anew = _patched(STORED, meta={"attributes": ["Emails"]}, emails=["g@h", {**work, "operation": "delete"}])
    assert anew["emails"] == [{"value": "g@h"}]
    assert _patched(STORED, emails=[work]) is STORED


def test_members_are_not_compared_with_those_that_are_there() -> None:
    body = {
        "schemas": [CORE],
        "members": ["1", {"value": "2", "type": "user"}, {"value": "3", "operation": "delete"}],
    }
    assert patch_of_2(body, GROUPS, {"members": [{"value": "3"}]}, STRICTLY)["Operations"] == [
        {"op": "remove", "path": "members", "value": [{"value": "3"}]},
        {"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
    ]


def test_of_a_resource_that_is_not_known() -> None:
    values = [{"value": 'a"b', "operation": "delete"}, "c@d"]
    operations = patch_of_2({"schemas": [CORE], "emails": values}, USERS, None, STRICTLY)["Operations"]
    assert operations == [
        {"op": "remove", "path": 'emails[value eq "a\\"b"]'},
        {"op": "add", "path": "emails", "value": [{"value": "c@d"}]},
    ]
    for name in ("addresses", "emails"):
        body = {"schemas": [CORE], name: [{"type": "work", "operation": "delete"}]}
        with pytest.raises(ScimError):
            patch_of_2(body, USERS, None, STRICTLY)


emails = st.lists(
    st.fixed_dictionaries(
        {"value": st.sampled_from(["a", "A", "b", "c"])},
        optional={"type": st.sampled_from(["work", "home"]), "primary": st.booleans()},
    ),
    max_size=4,
)
EMAILS = USER_TYPE.attribute("emails")
assert EMAILS is not None


def _unique(values: list[Any]) -> bool:
    return len({value["value"].lower() for value in values}) == len(values)


@given(emails, emails)
def test_values_are_merged_once(stored: list[Any], new: list[Any]) -> None:
    assert EMAILS is not None
    before = copy.deepcopy((stored, new))
    once = merged(EMAILS, stored, [], new)
    assert (stored, new) == before
    known = {value["value"].lower() for value in (*stored, *new)}
    assert {value["value"].lower() for value in once} == known
    named = {value["value"].lower(): value.get("primary") for value in new if "primary" in value}
    wanted = [key for key, primary in named.items() if primary]
    if _unique(stored) and wanted:
        shown = [value["value"].lower() for value in once if value.get("primary") is True]
        assert sorted(shown) == sorted(wanted)


@given(emails, emails)
def test_what_is_deleted_is_gone(stored: list[Any], gone: list[Any]) -> None:
    assert EMAILS is not None
    try:
        left = merged(EMAILS, stored, gone, [])
    except ScimError as error:
        assert error.status == 400 and not _unique(stored)
        return
    assert all(value in stored for value in left)
    names = {value["value"].lower() for value in gone}
    if _unique(stored):
        assert left == [value for value in stored if value["value"].lower() not in names]


def test_only_deletion_is_an_operation() -> None:
    assert EMAILS is not None
    gone, kept = without_operation(EMAILS, [{"Value": "a", "Operation": "delete"}, "b", {"value": "c"}])
    assert (gone, kept) == ([{"value": "a"}], ["b", {"value": "c"}])
    with pytest.raises(ScimError, match="'delete'"):
        without_operation(EMAILS, [{"value": "a", "operation": "add"}])


# ---- messages


def test_lists_and_errors() -> None:
    envelope = {"schemas": ["x"], "totalResults": 1, "nextCursor": "y"}
    assert list_of_1(envelope) == {"schemas": [CORE], "totalResults": 1}
    assert error_of_1(404, "x") == {"Errors": [{"description": "x", "code": "404"}]}


def _type_of(path: str) -> ResourceType | None:
    return {"Users": USER_TYPE, "Groups": GROUP_TYPE}.get(path.strip("/").partition("/")[0])


def test_bulk_requests() -> None:
    partial = {"schemas": [CORE], "title": "x"}
    body = {
        "schemas": [CORE],
        "failOnErrors": 1,
        "Operations": [
            {"method": "post", "path": "/Users", "bulkId": "a", "data": {"schemas": [CORE], "userName": "x"}},
            {"method": "PUT", "path": "/Groups/1", "data": {"schemas": [USER]}},
            {"method": "PATCH", "path": "/Users/1", "data": partial},
            {"method": "POST", "path": "/Nothing", "data": {"schemas": [USER]}},
        ],
    }
    found = bulk_of_2(body, NAMES, STRICTLY, _type_of)
    assert (found["schemas"], found["failOnErrors"]) == ([BULK_REQUEST], 1)
    assert found["Operations"][0]["data"] == {"schemas": [USER], "userName": "x"}
    error = refused(found["Operations"][1]["data"])
    assert error is not None and error.status == 400
    assert found["Operations"][2:] == body["Operations"][2:]  # type: ignore[index]
    assert refused(partial) is None and refused({"schemas": ScimError(400, "x")}) is None


@given(anything)
def test_any_json_is_a_bulk_request_or_refused(body: Any) -> None:
    try:
        bulk_of_2(body, NAMES, STRICTLY, _type_of)
    except ScimError as error:
        assert error.status == 400


def test_bulk_answers() -> None:
    results = [
        {"method": "POST", "bulkId": "a", "status": "201", "location": "x"},
        {"method": "PUT", "status": "400", "response": {"status": "400", "detail": f"no {USER}"}},
    ]
    assert bulk_of_1({"Operations": results}, NAMES)["Operations"] == [
        {"method": "POST", "bulkId": "a", "location": "x", "status": {"code": "201"}},
        {"method": "PUT", "status": {"code": "400", "description": f"no {CORE}"}},
    ]
    assert bulk_of_1({}, NAMES) == {"schemas": [CORE], "Operations": []}


# ---- discovery


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("emails", "email"),
        ("addresses", "address"),
        ("ims", "im"),
        ("x509Certificates", "x509Certificate"),
        ("entries", "entry"),
        ("boxes", "box"),
        ("access", "access"),
        ("staff", "staff"),
    ],
)
def test_names_of_children(many: str, one: str) -> None:
    assert child_name(many) == one


def _check_attribute(attribute: dict[str, Any], top: bool) -> None:
    needed = {"name", "type", "multiValued", "description", "readOnly", "required", "caseExact"}
    optional = {"multiValuedAttributeChildName", "canonicalValues", "subAttributes"}
    assert needed | ({"schema"} if top else set()) <= attribute.keys() <= needed | optional | {"schema"}
    assert ("schema" in attribute) == top
    assert ("multiValuedAttributeChildName" in attribute) == attribute["multiValued"]
    assert attribute["type"] in ("string", "boolean", "decimal", "integer", "dateTime", "binary", "complex")
    assert attribute["description"]
    for sub in attribute.get("subAttributes", ()):
        _check_attribute(sub, top=False)


@pytest.mark.parametrize("kind", [USER_TYPE, GROUP_TYPE], ids=lambda kind: kind.name)
def test_schemas_have_the_form_of_1_1(kind: ResourceType) -> None:
    schema = schema_of_1(kind, NAMES)
    assert (schema["id"], schema["endpoint"]) == (f"{CORE}:{kind.name}", kind.endpoint)
    for attribute in schema["attributes"]:
        _check_attribute(attribute, top=True)
    names = [attribute["name"] for attribute in schema["attributes"]]
    assert len(set(names)) == len(names)
    assert "urn:ietf" not in json.dumps(schema)
    (meta,) = (attribute for attribute in schema["attributes"] if attribute["name"] == "meta")
    told = {sub["name"]: sub["readOnly"] for sub in meta["subAttributes"]}
    assert told == {
        "created": True,
        "lastModified": True,
        "location": True,
        "version": True,
        "attributes": False,
    }


def test_the_configuration() -> None:
    document = {
        "schemas": ["x"],
        "documentationUri": "y",
        "patch": {"supported": False},
        "pagination": {"cursor": True},
        "authenticationSchemes": [{"name": "A", "specUri": "s", "documentationUri": "d"}],
    }
    assert config_of_1(document) == {
        "schemas": [CORE],
        "documentationUrl": "y",
        "patch": {"supported": False},
        "xmlDataFormat": {"supported": False},
        "authenticationSchemes": [{"name": "A", "specUrl": "s", "documentationUrl": "d"}],
    }
