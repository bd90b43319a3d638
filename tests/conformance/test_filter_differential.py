"""Our filters against those of scim2-models, an independent implementation, over generated resources.

Filters are generated as trees and written out twice: once for us, in random case, spacing and with
needless brackets, and once for scim2-models.  Where the two read the standard differently, the second
text says in plain operators what the standard says (see `_for_them`), so that every other difference
is an error of one of the two.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import (
    EnterpriseUser,
    InvalidFilterException,
    Reference,
    Resource,
    Schema,
    ScimFilter,
    ScimPolicy,
    User,
)

from scimmock.errors import InvalidFilter
from scimmock.scim.filter import parse, split_strings, with_slots
from scimmock.scim.match import compile_filter, compile_shape
from scimmock.scim.plan import plan
from scimmock.scim.schema import ResourceType, load_schema, user_type

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DEVICE = "urn:example:params:scim:schemas:core:2.0:Device"

# The types that users do not have: numbers, and lists of plain values.
DEVICE_SCHEMA: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    "id": DEVICE,
    "name": "Device",
    "attributes": [
        {"name": "label", "type": "string", "caseExact": False},
        {"name": "code", "type": "string", "caseExact": True},
        {"name": "size", "type": "integer"},
        {"name": "weight", "type": "decimal"},
        {"name": "fresh", "type": "boolean"},
        {"name": "born", "type": "dateTime"},
        {"name": "blob", "type": "binary", "caseExact": True},
        {"name": "tags", "type": "string", "multiValued": True, "caseExact": False},
        {
            "name": "spot",
            "type": "complex",
            "subAttributes": [{"name": "number", "type": "integer"}, {"name": "street", "type": "string"}],
        },
        {
            "name": "parts",
            "type": "complex",
            "multiValued": True,
            "subAttributes": [
                {"name": "value", "type": "string", "caseExact": True},
                {"name": "count", "type": "integer"},
                {"name": "made", "type": "dateTime"},
                {"name": "spare", "type": "boolean"},
            ],
        },
    ],
}


@dataclass(frozen=True)
class Leaf:
    """An attribute to filter on: its path, the kind of its values, and the list that it is in, if any."""

    path: str
    kind: str
    inside: str | None = None  # the path of the multi-valued attribute
    sub: str | None = None  # the name within its values

    @property
    def multi(self) -> bool:
        return self.inside is not None


@dataclass(frozen=True)
class Op:
    leaf: Leaf
    op: str
    value: Any = None


@dataclass(frozen=True)
class Group:
    how: str  # and, or, not, [
    parts: tuple[Any, ...]
    path: str = ""


def _leaves(**attributes: Any) -> Iterator[Leaf]:
    for name, about in attributes.items():
        if isinstance(about, str):
            yield Leaf(name, about)
        elif isinstance(about, list):
            if isinstance(about[0], str):
                yield Leaf(name, about[0], name, "value")
                continue
            if "value" in about[0]:
                yield Leaf(name, about[0]["value"], name, "value")
            for sub, kind in about[0].items():
                yield Leaf(f"{name}.{sub}", kind, name, sub)
        else:
            for sub, kind in about.items():
                yield Leaf(f"{name}.{sub}", kind)


USER_ATTRIBUTES: dict[str, Any] = {
    "id": "exact",
    "externalId": "exact",
    "userName": "text",
    "displayName": "text",
    "title": "text",
    "profileUrl": "url",
    "active": "boolean",
    "name": {"givenName": "text", "familyName": "text"},
    "meta": {"created": "date", "lastModified": "date", "resourceType": "exact"},
    "emails": [{"value": "email", "type": "text", "display": "text", "primary": "boolean"}],
    "phoneNumbers": [{"value": "text", "type": "text"}],
    "addresses": [{"locality": "text", "country": "text", "primary": "boolean"}],
    "photos": [{"value": "url", "type": "text"}],
    "x509Certificates": [{"value": "binary", "display": "text"}],
}
EXTENSION_ATTRIBUTES: dict[str, Any] = {
    "employeeNumber": "text",
    "manager": {"value": "exact", "$ref": "url"},
}
DEVICE_ATTRIBUTES: dict[str, Any] = {
    "id": "exact",
    "label": "text",
    "code": "exact",
    "size": "integer",
    "weight": "decimal",
    "fresh": "boolean",
    "born": "date",
    "blob": "binary",
    "tags": ["text"],
    "spot": {"number": "integer", "street": "text"},
    "parts": [{"value": "exact", "count": "integer", "made": "date", "spare": "boolean"}],
}
USER_LEAVES = [
    *_leaves(**USER_ATTRIBUTES),
    *(Leaf(f"{ENTERPRISE}:{leaf.path}", leaf.kind) for leaf in _leaves(**EXTENSION_ATTRIBUTES)),
    Leaf(f"{USER}:userName", "text"),
    Leaf(f"{USER}:name.familyName", "text"),
    Leaf(f"{USER}:emails.type", "text", f"{USER}:emails", "type"),
]
DEVICE_LEAVES = list(_leaves(**DEVICE_ATTRIBUTES))

WORDS = ["", "a", "A", "ab", "Ab", "b", "work", "WORK", "home", 'q"', "\\"]
LETTERS = ["é", "e\u0301", "É", "ß", "SS", "ς", "Σ", "İ", "東"]
TEXT = st.sampled_from(WORDS + LETTERS) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=3
)
NUMBERS = st.sampled_from([-1, 0, 1, 2, 100])
EMAILS = st.sampled_from(["b@example.com", "B@example.com", "babs@example.com", "b@example.org"])
LEAP_DAY = datetime(2024, 2, 29, tzinfo=UTC)
ZONES = [UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=7, minutes=30))]
MOMENTS = st.builds(
    lambda seconds, zone: (LEAP_DAY + timedelta(seconds=seconds)).astimezone(zone).isoformat(),
    st.sampled_from([0, 0.5, 1, 3600, 86400]),
    st.sampled_from(ZONES),
).map(lambda text: text.replace("+00:00", "Z"))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "exact": TEXT,
    "email": EMAILS,
    "url": st.sampled_from(["https://example.com/a", "https://example.com/A", "https://example.com/b"]),
    "boolean": st.booleans(),
    "date": MOMENTS,
    "integer": NUMBERS,
    "decimal": NUMBERS | st.sampled_from([0.5, -1.5]),
    "binary": st.sampled_from(["YQ==", "YWI=", "YWJj"]),
}
ORDER = ("gt", "ge", "lt", "le")
PARTS = ("co", "sw", "ew")
# What both accept: no order among booleans and bytes (table 3), parts of text only.
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": ("eq", "ne", *ORDER, *PARTS),
    "exact": ("eq", "ne", *ORDER, *PARTS),
    "email": ("eq", "ne", *ORDER, *PARTS),
    "url": ("eq", "ne", *ORDER, *PARTS),
    "boolean": ("eq", "ne"),
    "date": ("eq", "ne", *ORDER),
    "integer": ("eq", "ne", *ORDER),
    "decimal": ("eq", "ne", *ORDER),
    "binary": ("eq", "ne"),
}


# Resources: plain documents as they are stored, where nothing is null and no list is empty.


def _object(about: dict[str, Any], always: tuple[str, ...] = ()) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: _attribute(inner) for name, inner in about.items()}
    return st.fixed_dictionaries(
        {name: fields[name] for name in always},
        optional={name: field for name, field in fields.items() if name not in always},
    )


def _attribute(about: Any) -> st.SearchStrategy[Any]:
    if isinstance(about, str):
        return VALUES[about]
    if isinstance(about, list):
        inner = VALUES[about[0]] if isinstance(about[0], str) else _object(about[0]).filter(bool)
        return st.lists(inner, min_size=1, max_size=3)
    return _object(about).filter(bool)


def _extended(user: dict[str, Any], extension: dict[str, Any]) -> dict[str, Any]:
    if not extension:
        return {"schemas": [USER], **user}
    return {"schemas": [USER, ENTERPRISE], **user, ENTERPRISE: extension}


USERS = st.builds(_extended, _object(USER_ATTRIBUTES, ("userName",)), _object(EXTENSION_ATTRIBUTES))
DEVICES = _object(DEVICE_ATTRIBUTES).map(lambda device: {"schemas": [DEVICE], **device})


# Filters: trees, and how they are written.


def _comparison(leaf: Leaf) -> st.SearchStrategy[Op]:
    null = st.builds(Op, st.just(leaf), st.sampled_from(["eq", "ne"]), st.none())
    present = st.builds(Op, st.just(leaf), st.just("pr"))
    full = st.builds(Op, st.just(leaf), st.sampled_from(OPERATORS[leaf.kind]), VALUES[leaf.kind])
    if "co" not in OPERATORS[leaf.kind]:
        return st.one_of(full, full, present, null)
    return st.one_of(full, full, st.builds(Op, st.just(leaf), st.sampled_from(PARTS), TEXT), present, null)


def _combined(terms: st.SearchStrategy[Any]) -> st.SearchStrategy[Group]:
    several = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Group, st.sampled_from(["and", "or"]), several),
        st.builds(Group, st.just("not"), st.tuples(terms)),
    )


def _filters(leaves: list[Leaf]) -> st.SearchStrategy[Any]:
    by_list: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        if leaf.inside is not None and leaf.sub is not None:
            inner = Leaf(leaf.sub, leaf.kind)
            by_list.setdefault(leaf.inside, [])
            if inner not in by_list[leaf.inside]:
                by_list[leaf.inside].append(inner)
    selections = [
        st.recursive(st.sampled_from(inside).flatmap(_comparison), _combined, max_leaves=3).map(
            lambda inner, path=path: Group("[", (inner,), path)
        )
        for path, inside in by_list.items()
    ]
    simple = st.sampled_from(leaves).flatmap(_comparison)
    return st.recursive(st.one_of(simple, simple, *selections), _combined, max_leaves=6)


class Writer:
    """Write a tree as text; ``choose`` decides on case, spaces and brackets that mean nothing."""

    def __init__(self, choose: Callable[[int], int]) -> None:
        self.choose = choose

    def case(self, word: str) -> str:
        how = self.choose(4)
        if how == 0:
            return word.upper()
        return word.swapcase() if how == 1 else word

    def space(self) -> str:
        return " " * (1 + (self.choose(6) == 0))

    def value(self, value: Any) -> str:
        if isinstance(value, bool | str) or value is None:
            return json.dumps(value, ensure_ascii=self.choose(2) == 0)
        return [str(value), f"{value}e0", str(float(value))][self.choose(3)]

    def write(self, node: Any, within: str = "") -> str:
        if isinstance(node, Op):
            return self.comparison(node)
        if node.how == "[":
            return f"{self.case(node.path)}[{self.write(node.parts[0])}]"
        if node.how == "not":
            return f"{self.case('not')}{self.space()}({self.write(node.parts[0])})"
        joint = f"{self.space()}{self.case(node.how)}{self.space()}"
        text = joint.join(self.write(part, node.how) for part in node.parts)
        needed = (node.how, within) == ("or", "and") or node.how == within
        return f"({text})" if needed or self.choose(3) == 0 else text

    def comparison(self, node: Op) -> str:
        text = f"{self.case(node.leaf.path)}{self.space()}{self.case(node.op)}"
        return text if node.op == "pr" else f"{text}{self.space()}{self.value(node.value)}"


def _for_them(node: Any) -> str:
    """Write a filter for scim2-models, with our reading of the standard spelled out.

    RFC 7644 section 3.4.2.2: "If the specified attribute in a filter expression is a multi-valued
    attribute, the filter matches if any of the values of the specified attribute match the specified
    criterion".  No operator is excepted, so ``emails.type ne "work"`` holds as soon as one type differs
    from "work".  scim2-models takes ``ne`` for "no value equals" (its own comment says that the RFC leaves
    this open), and counts a value without the sub-attribute as one more value, null.  We count the values
    that there are, and where there is none the attribute is as null (RFC 7643 section 2.5).
    """
    if isinstance(node, Op):
        leaf = node.leaf
        if leaf.multi and (node.op == "ne" or node.value is None) and node.op != "pr":
            assigned = f"{leaf.inside}[not ({leaf.sub} eq null)]"
            if node.value is None:
                return assigned if node.op == "ne" else f"not ({assigned})"
            other = f"{leaf.inside}[not ({leaf.sub} eq null) and {leaf.sub} ne {json.dumps(node.value)}]"
            return f"({other} or not ({assigned}))"
        return Writer(lambda _: 2).comparison(node)
    if node.how == "[":
        return f"{node.path}[{_for_them(node.parts[0])}]"
    if node.how == "not":
        return f"not ({_for_them(node.parts[0])})"
    return "(" + f" {node.how} ".join(map(_for_them, node.parts)) + ")"


def _key(binding: Any, value: str) -> str:
    """How strings compare, written from the standard and given to scim2-models.

    By default it lower-cases where we fold.  The standard names the profiles of RFC 7613 (RFC 7644
    section 5), and those map case "preferably using Unicode Default Case Folding", so that ``SS`` finds
    ``ß``; both spellings of an accented letter are one (NFC).  Exact attributes compare as they are:
    ``eq`` wants values that "must be identical" (table 3).  "A reference is case exact" (RFC 7643
    section 2.3.7), which the models do not declare for ``profileUrl`` and its like.
    """
    target = binding.target_type
    if binding.case_exact or (isinstance(target, type) and issubclass(target, Reference)):
        return value
    return normalize("NFC", normalize("NFC", value).casefold())


AS_THE_STANDARD = ScimPolicy(comparison_key=_key)

FullUser = User[EnterpriseUser]
Device: Any = Resource.from_schema(Schema.model_validate(DEVICE_SCHEMA))
USER_TYPE = user_type()
DEVICE_TYPE = ResourceType("Device", "/Devices", load_schema(DEVICE_SCHEMA))


def _ours(text: str, document: dict[str, Any], resource_type: ResourceType = USER_TYPE) -> bool:
    """Evaluate a filter on its own, and as one of many of the same shape; both must agree."""
    alone = compile_filter(parse(text), resource_type)(document)
    shape, strings = split_strings(text)
    shared = compile_shape(with_slots(parse(shape)), resource_type)(strings)(document)
    assert shared == alone, f"{text} is {alone}, but {shared} when compiled for all filters of its shape"
    return alone


def _theirs(text: str, document: dict[str, Any], model: Any = FullUser) -> bool:
    resource = model.model_validate(document)
    with AS_THE_STANDARD:
        return bool(ScimFilter[model](text).match(resource, strict=True))


CHOICES = st.randoms(use_true_random=False)
MANY = settings(
    deadline=None, max_examples=150, report_multiple_bugs=False, suppress_health_check=[HealthCheck.too_slow]
)


@MANY
@given(USERS, _filters(USER_LEAVES), CHOICES)
def test_filters_on_users_mean_what_they_mean_to_others(
    document: dict[str, Any], tree: Any, choices: Any
) -> None:
    """Any filter of the grammar holds for a user exactly when scim2-models says so."""
    text = Writer(choices.randrange).write(tree)
    assert _ours(text, document) == _theirs(_for_them(tree), document), text


@MANY
@given(DEVICES, _filters(DEVICE_LEAVES), CHOICES)
def test_filters_on_other_types_mean_what_they_mean_to_others(
    document: dict[str, Any], tree: Any, choices: Any
) -> None:
    """The same for a type of one's own with numbers, dates and bytes in all places."""
    text = Writer(choices.randrange).write(tree)
    assert _ours(text, document, DEVICE_TYPE) == _theirs(_for_them(tree), document, Device), text


@pytest.mark.parametrize(
    ("stored", "sought", "alike"),
    [
        ("BJensen", "bjENSEN", True),
        ("é", "e\u0301", True),
        ("É", "e\u0301", True),
        ("straße", "STRASSE", True),
        ("ΜΆΪΟΣ", "μάϊος", True),
        ("\u1e9b\u0323", "\u1e9b\u0323", True),
        ("résumé", "resume", False),
        ("a", "a ", False),
    ],
)
def test_strings_are_alike_when_their_profile_says_so(stored: str, sought: str, alike: bool) -> None:
    """Case and accents: ignoring case compares in all spellings, exact attributes compare as they are."""
    document = {"schemas": [USER], "userName": stored, "externalId": stored}
    for path, expected in (("userName", alike), ("externalId", stored == sought)):
        text = f"{path} eq {json.dumps(sought)}"
        assert _ours(text, document) == _theirs(text, document) == expected, text


INDEXED = frozenset({"id", "userName", "externalId", "displayName", "emails.value", "phoneNumbers.value"})


def _found_at(document: Any, path: str) -> list[str]:
    name, _, sub = path.partition(".")
    values = document.get(name, [])
    values = values if isinstance(values, list) else [values]
    return [value.get(sub) for value in values] if sub else values


@MANY
@given(USERS, _filters([leaf for leaf in USER_LEAVES if leaf.kind in ("text", "exact", "email")]), CHOICES)
def test_index_look_ups_miss_nothing(document: dict[str, Any], tree: Any, choices: Any) -> None:
    """A resource that a filter matches is found by one of the look-ups planned for the filter."""
    text = Writer(choices.randrange).write(tree)
    node = parse(text)
    steps = plan(node, USER_TYPE, INDEXED)
    if steps is None or not compile_filter(node, USER_TYPE)(document):
        return

    def key(path: str, value: str) -> str:
        return value if path in ("id", "externalId") else normalize("NFC", normalize("NFC", value).casefold())

    assert any(
        key(step.path, step.value) == key(step.path, value)
        for step in steps
        for value in _found_at(document, step.path)
        if value is not None
    ), (text, steps)


NOISE = [*'()[]".$- \\eqornt1,', "not", "and", " or ", " pr", "null", "[]", "()", " eq "]


@MANY
@given(
    _filters([leaf for leaf in USER_LEAVES if ":" not in leaf.path]),
    CHOICES,
    st.sampled_from(NOISE),
    st.booleans(),
)
def test_what_we_take_for_a_filter_is_one(tree: Any, choices: Any, noise: str, insert: bool) -> None:
    """A filter with an error put into it is never accepted by us alone.

    Schema URIs are left out: the grammar takes any URI of RFC 3986, scim2-models only URNs.
    """
    text = Writer(choices.randrange).write(tree)
    start = choices.randrange(len(text) + 1)
    end = start if insert else start + choices.randrange(1, 4)
    broken = text[:start] + (noise if insert else "") + text[end:]
    try:
        compile_filter(parse(broken), USER_TYPE)
    except InvalidFilter:
        return
    try:
        ScimFilter(broken)
    except InvalidFilterException as error:
        raise AssertionError(f"only we accept {broken!r}: {error}") from None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "userName",
        "userName eq",
        'eq "a"',
        'userName eq "a',
        'userName eq a"',
        'userName = "a"',
        'userName regex "a"',
        'userName eq "a" and',
        'and userName eq "a"',
        'userName eq "a" userName eq "b"',
        'userName eq "a" xor title pr',
        '(userName eq "a"',
        'userName eq "a")',
        "()",
        "not ()",
        "not userName pr",
        "emails[]",
        'emails[type eq "work"',
        'emails[type eq "work"]]',
        'emails[addresses[country eq "DE"]]',
        'emails[type eq "work"].value',
        'emails.type[value eq "a"]',
        'emails.type.value eq "a"',
        "userName eq 'a'",
        r'userName eq "\x41"',
        'userName eq "\n"',
        "active eq 01",
        "active eq .5",
        "active eq 1e999",
        'active eq "perhaps"',
        "active gt true",
        'active co "t"',
        'x509Certificates.value gt "YQ=="',
        'meta.created gt "yesterday"',
        "userName eq true",
        "userName eq 1",
        'nothing eq "a"',
        'name.nothing eq "a"',
        'urn:example:nothing:userName eq "a"',
        'emails[nothing eq "a"]',
        'displayName[value eq "a"]',
    ],
)
def test_both_refuse_what_is_no_filter(text: str) -> None:
    """Bad syntax, unknown attributes and comparisons that make no sense are invalidFilter for both."""
    document = {"schemas": [USER], "userName": "a", "emails": [{"value": "a@example.com"}]}
    with pytest.raises(InvalidFilter) as caught:
        _ours(text, document)
    assert caught.value.status == 400 and caught.value.scim_type == "invalidFilter"
    with pytest.raises(InvalidFilterException):
        _theirs(text, document)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("active eq TRUE", "'rules from JSON (RFC 7159)': the literals of JSON are lower case"),
        ('emails [type eq "work"]', 'valuePath = attrPath "[" valFilter "]": no space'),
        ('emails[type eq "work"].value eq "a@example.com"', "not in the grammar, one service's own"),
        ("title co 1", "table 3: a substring is of text"),
        ('active eq "true"', "a string is not a boolean"),
        ('name eq "a"', "'for complex attributes, a fully qualified sub-attribute MUST be specified'"),
        ("title gt null", "null has no order"),
        ('password eq "a"', "never returned; a service MAY allow it in a filter (RFC 7643 section 7)"),
    ],
)
def test_we_are_strict_where_others_are_lenient(text: str, why: str) -> None:
    """What scim2-models lets pass beyond the standard, the strict reading refuses."""
    document = {"schemas": [USER], "userName": "a", "title": "a1"}
    assert _theirs(text, document) in (True, False)
    with pytest.raises(InvalidFilter):
        _ours(text, document)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('name[givenName eq "a" and familyName eq "b"]', "table 5 says 'parent attribute', not 'list'"),
        ('employeeNumber eq "7"', "section 3.10: extended attributes SHOULD be qualified, not MUST"),
        (f"{ENTERPRISE} pr", "the extension is a node of the resource, and not empty"),
        ('meta.created sw "2024-02"', "table 3 restricts the order of dates, not the search in their text"),
        ('meta.created eq "2024-02-29T00:00:00"', "the zone is optional in xsd:dateTime, it counts as UTC"),
        ('x509Certificates.value sw "YQ"', "table 3 refuses bytes for gt, ge, lt and le only"),
        ('emails.value eq "no address"', "emails.value is of type string (RFC 7643 section 8.7.1)"),
    ],
)
def test_we_take_what_the_standard_allows_and_others_do_not(text: str, why: str) -> None:
    """Filters within the standard that scim2-models refuses, or never finds anything with."""
    document = {
        "schemas": [USER, ENTERPRISE],
        "userName": "a",
        "name": {"givenName": "a", "familyName": "b"},
        "emails": [{"value": "no address"}],
        "x509Certificates": [{"value": "YQ=="}],
        "meta": {"created": "2024-02-29T00:00:00Z"},
        ENTERPRISE: {"employeeNumber": "7", "manager": {"value": "1", "$ref": "https://example.com/a"}},
    }
    assert _ours(text, document) is True
    known = {**document, "emails": [{"value": "a@example.com"}]}
    with contextlib.suppress(InvalidFilterException):
        assert not _theirs(text, known)


def test_ne_holds_when_any_value_differs() -> None:
    """The example behind `_for_them`: one value differs, so the filter matches; scim2-models says no."""
    document = {
        "schemas": [USER],
        "userName": "a",
        "emails": [{"value": "a@example.com", "type": "work"}, {"value": "b@example.com", "type": "home"}],
    }
    assert _ours('emails.type ne "work"', document) is True
    assert _theirs('emails.type ne "work"', document) is False
    assert _ours('emails.type ne "work"', {**document, "emails": document["emails"][:1]}) is False
