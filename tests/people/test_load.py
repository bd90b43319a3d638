"""People from files: what each format becomes, and what is said of a wrong one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import FileError
from scimmock.people.generate import generate_users
from scimmock.people.load import People, load_people

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
JANE = {"id": "7", "userName": "jane", "active": "False", "x": [1, None, {"y": 1.5}], "manager": "bob"}
STAFF = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": "7"}]}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a file and load it; errors then name it by its bare name."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(name: str, content: str | bytes) -> People:
        raw = content.encode() if isinstance(content, str) else content
        Path(name).write_bytes(raw)
        return load_people(Path(name))

    return write_and_load


def said(load: Any, name: str, content: str | bytes) -> str:
    with pytest.raises(FileError) as caught:
        load(name, content)
    return str(caught.value)


# JSON


@pytest.mark.parametrize(
    "document",
    [
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "Resources": [JANE, STAFF]},
        {"Resources": [JANE, STAFF]},
        {"resources": [JANE, STAFF]},
        [JANE, STAFF],
        {"Users": [JANE], "Groups": [STAFF]},
        {"groups": [STAFF], "users": [JANE]},
    ],
)
@pytest.mark.parametrize("name", ["people.json", "people.txt", "people.csv", "people.jsonl"])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_shapes_whatever_the_extension(load: Any, document: Any, name: str, indent: int | None) -> None:
    people = load(name, json.dumps(document, indent=indent))
    assert (people.users, people.groups, people.others) == ([JANE], [STAFF], {})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n\n"])
def test_json_lines(load: Any, end: str) -> None:
    for name in ("people.jsonl", "people.json"):
        people = load(name, json.dumps(JANE) + end + json.dumps(STAFF) + end)
        assert (people.users, people.groups) == ([JANE], [STAFF])


def test_one_resource_alone(load: Any) -> None:
    alone = {"userName": "jane", "groups": [{"value": "1"}]}
    assert load("one.json", json.dumps(alone)).users == [alone]


def test_a_byte_order_mark_is_fine(load: Any) -> None:
    assert load("people.json", b"\xef\xbb\xbf" + json.dumps([JANE]).encode()).users == [JANE]
    assert load("people.csv", b"\xef\xbb\xbfuserName\njane\n").users[0]["userName"] == "jane"


def test_generated_people_come_back_exactly(load: Any) -> None:
    users = list(generate_users(300, 1))
    lines = "\n".join(json.dumps(user, ensure_ascii=False) for user in users)
    assert load("people.jsonl", lines).users == users


def test_an_answer_that_found_nothing(load: Any) -> None:
    document = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0}
    assert load("people.json", json.dumps(document)) == People()


def test_line_separators_within_strings_do_not_end_a_json_line(load: Any) -> None:
    line = json.dumps({"userName": "a\u2028b"}, ensure_ascii=False)
    assert [u["userName"] for u in load("p.jsonl", f"{line}\n{line}").users] == ["a\u2028b"] * 2


@pytest.mark.parametrize(
    ("resource", "endpoint"),
    [
        ({"meta": {"resourceType": "Group"}, "userName": "x"}, "Groups"),
        ({"meta": {"resourceType": "User"}, "members": []}, "Users"),
        ({"meta": {"resourceType": "Device"}, "schemas": [USER]}, "Devices"),
        ({"meta": "wrong", "userName": "x"}, "Users"),
        ({"schemas": [GROUP], "userName": "x"}, "Groups"),
        ({"schemas": [USER], "displayName": "no user name"}, "Users"),
        ({"schemas": ["urn:scim:schemas:core:1.0:Group"]}, "Groups"),
        ({"schemas": "wrong", "userName": "x"}, "Users"),
        ({"members": [], "userName": "x"}, "Groups"),
        ({"displayName": "x"}, "Groups"),
        ({"name": {"familyName": "x"}, "displayName": "x"}, "Users"),
    ],
)
def test_the_kind_of_a_resource(load: Any, resource: dict[str, Any], endpoint: str) -> None:
    people = load("people.json", json.dumps([resource]))
    found = {"Users": people.users, "Groups": people.groups, **people.others}
    assert {name: list_ for name, list_ in found.items() if list_} == {endpoint: [resource]}


def test_in_an_object_of_lists_the_key_decides(load: Any) -> None:
    people = load("people.json", '{"Users": [{"displayName": "x"}], "Groups": [], "Devices": [{}]}')
    assert people == People(users=[{"displayName": "x"}], others={"Devices": [{}]})


# CSV


def test_csv_of_users(load: Any) -> None:
    text = (
        'userName,name.givenName,name.familyName,active,emails.value,emails[type eq "home"].value,'
        'emails[type eq "home"].primary,phoneNumbers[type eq "mobile"].value,roles,'
        f"{ENTERPRISE}:department,{ENTERPRISE}:manager,urn:example:2.0:User:badge.color\n"
        'jane,Jane,True,TRUE,jane@a.example,jane@b.example,False,+1,admin,"R&D, East",42,red\r\n'
        "bob,,,false\n"
        ",,,,,,\n"
    )
    people = load("people.csv", text)
    jane, bob = people.users
    assert jane == {
        "schemas": [USER, ENTERPRISE, "urn:example:2.0:User"],
        "userName": "jane",
        "name": {"givenName": "Jane", "familyName": "True"},
        "active": True,
        "emails": [
            {"value": "jane@a.example", "type": "work", "primary": True},
            {"value": "jane@b.example", "type": "home", "primary": False},
        ],
        "phoneNumbers": [{"value": "+1", "type": "mobile"}],
        "roles": [{"value": "admin"}],
        ENTERPRISE: {"department": "R&D, East", "manager": {"value": "42"}},
        "urn:example:2.0:User": {"badge": {"color": "red"}},
    }
    assert bob == {"schemas": [USER], "userName": "bob", "active": False}
    assert next(iter(jane)) == "schemas" and people.groups == []


@pytest.mark.parametrize("heading", ["members", "members.value", "Members", f"{GROUP}:members"])
@pytest.mark.parametrize("cell", ["1;2", "1 2", '"1; 2;\n"'])
def test_members(load: Any, heading: str, cell: str) -> None:
    people = load("groups.csv", f"displayName,{heading}\nStaff,{cell}\nEmpty,\n")
    assert people.groups == [
        {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": "1"}, {"value": "2"}]},
        {"schemas": [GROUP], "displayName": "Empty"},
    ]


def test_headings_of_one_element_merge(load: Any) -> None:
    text = 'userName,emails[type eq "work"].value,emails[Type EQ "work"].display,emails.primary\nj,a,b,true\n'
    assert load("p.csv", text).users[0]["emails"] == [
        {"value": "a", "display": "b", "primary": True, "type": "work"}
    ]


def test_headings_are_spelled_as_the_standard_does(load: Any) -> None:
    user = load(
        "p.csv", f" USERNAME , Name.GivenName,{USER}:NickName,{ENTERPRISE.upper()}:costcenter\nj,J,n,1\n"
    )
    assert user.users == [
        {
            "schemas": [USER, ENTERPRISE],
            "userName": "j",
            "name": {"givenName": "J"},
            "nickName": "n",
            ENTERPRISE: {"costCenter": "1"},
        }
    ]


def test_schemas_and_resource_type_of_a_row(load: Any) -> None:
    text = f"displayName,schemas,meta.resourceType\nStaff,{GROUP};urn:x:y,\nPhone,,Device\n"
    people = load("p.csv", text)
    assert people.groups == [{"schemas": [GROUP, "urn:x:y"], "displayName": "Staff"}]
    assert people.others == {"Devices": [{"displayName": "Phone", "meta": {"resourceType": "Device"}}]}


def test_an_attribute_of_ones_own_is_kept(load: Any) -> None:
    assert load("p.csv", 'userName,shoeSize,badges[type eq "x"].value\nj,43,1\n').users == [
        {"schemas": [USER], "userName": "j", "shoeSize": "43", "badges": [{"value": "1", "type": "x"}]}
    ]


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(rows=st.lists(st.tuples(VALUES.filter(bool), VALUES, VALUES), min_size=1, max_size=5))
def test_simple_values_come_back_from_csv(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    path = tmp_path_factory.mktemp("csv") / "people.csv"
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("userName", "title", "name.givenName"), *rows])
    path.write_text(written.getvalue(), encoding="utf-8", newline="")
    expected = []
    for user_name, title, given_name in rows:
        user: dict[str, Any] = {"schemas": [USER], "userName": user_name}
        if title:
            user["title"] = title
        if given_name:
            user["name"] = {"givenName": given_name}
        expected.append(user)
    assert load_people(path).users == expected


# What is said of wrong files


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "people.json: the file is empty"),
        (b"\xef\xbb\xbf \n", "people.json: the file is empty"),
        (b'[{"userName": "a"},\n {"userName": "\xe4"}]', "people.json:2:16: not UTF-8, save it as UTF-8"),
        ("[]".encode("utf-16"), "people.json:1:1: not UTF-8, it looks like UTF-16: save it as UTF-8"),
        (b'[{"userName": "a"},\n]', "people.json:2:1: not valid JSON: "),
        (b'[{"userName": "a"},\n]', "take away the comma before it"),
        (b"[{'userName': 1}]", "use double quotes"),
        (b'[{"userName": "a"}\n', "it ends too early: close every quote, { and ["),
        (b'[{"userName" "a"}]', "people.json:1:14: not valid JSON: "),
        (b"userName\njane", "people.json:1:1: not valid JSON: "),
        (b'[{"userName": "a", "n": NaN}]', "people.json:1:25: not valid JSON: NaN is no value"),
        (b'[\n{"userName": "\\ud83d"}]', "people.json:2:15: not valid JSON: half of a surrogate pair"),
        (b'[{"userName": "a", "n": 1e999}]', "people.json:1: not valid JSON: Number out of range"),
        (b"[" * 100_000, "people.json: nested too deeply"),
        (b'"jane"', "people.json: the document is a string, give a SCIM ListResponse, a list"),
        (b"{}", "people.json: the object is no resource and has no list of resources, give a SCIM"),
        (b'{"User": []}', "did you mean Users?"),
        (b'{"Resources": {}}', 'people.json: Resources is an object, not a list, write "Resources": [...]'),
        (b'{"Users": null}', "people.json: Users is null, not a list"),
        (
            b'{"Resources": [{"userName": "a"}, 5]}',
            "people.json: Resources[1]: this is a number, not a resource, ",
        ),
        (
            b'{"Groups": [true]}',
            "people.json: Groups[0]: this is a boolean, not a resource, write a resource such",
        ),
        (b'[{"userName": "a"}, []]', "people.json: [1]: this is a list, not a resource"),
        (
            b'[{"id": "1", "profile": {}}]',
            "people.json: [0]: nothing says which kind of resource this is, a user",
        ),
    ],
)
def test_wrong_json(load: Any, content: bytes, text: str) -> None:
    assert text in said(load, "people.json", content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('{"userName": "a"}\n\n{"userName": }', "p.jsonl:3:14: not valid JSON: "),
        (
            '{"userName": "a"}\n"b"',
            "p.jsonl:2: the line is a string, not a resource, write one JSON object on each",
        ),
        ('{"userName": "a"}\n{"a": 1}', "p.jsonl:2: nothing says which kind of resource this is"),
        ('{"userName": \n', "p.jsonl:1:"),
    ],
)
def test_wrong_json_lines(load: Any, content: str, text: str) -> None:
    assert text in said(load, "p.jsonl", content)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            "userName,First Name\n",
            'p.csv:1:10: the heading "First Name" is not an attribute path, did you mean name.g',
        ),
        ("userName,e-mail\n", 'p.csv:1:10: "e-mail" is not a SCIM attribute, did you mean emails.value?'),
        ("userName,department\n", f"did you mean {ENTERPRISE}:department?"),
        ("userName,name.firstName\n", "did you mean name.givenName?"),
        ("usernam\n", 'p.csv:1:1: "usernam" is not a SCIM attribute, did you mean userName?'),
        ('userName,email[type eq "x"].value\n', 'did you mean emails[type eq "x"].value?'),
        ("userName,emails.0.value\n", 'name the element by its type: emails[type eq "work"].value'),
        (
            '"userName","emails[type = 1].value"\n',
            'p.csv:1:12: the heading "emails[type = 1].value" is not an attr',
        ),
        ("userName,,title\n", "p.csv:1:10: a heading is empty, write an attribute path such as userName"),
        ("userName;title\na;b\n", "separate the headings, and the cells, with commas"),
        (f"userName,{ENTERPRISE}\n", "add an attribute to the URN"),
        ("userName,name\n", 'p.csv:1:10: "name" has parts, did you mean name.formatted?'),
        ("displayName,members.type\n", 'p.csv:1:13: "members.type" cannot be a column, write "members"'),
        (
            "userName,title,Title\n",
            'p.csv:1:16: the headings "title" and "Title" mean the same, keep one of them',
        ),
        ('userName,emails.value,emails[type eq "work"].value\n', "mean the same"),
        (
            "userName,size,size.eu\n",
            'the headings "size" and "size.eu" contradict each other, give the attribute as',
        ),
        (
            "userName,title\n\na,b\nc,d,e\n",
            "p.csv:4:5: the row has 3 cells for 2 headings, put a cell that contains",
        ),
        ('userName,title\n"a\nb",c,d\n', "p.csv:3:6: the row has 3 cells for 2 headings"),
        ("userName,active\na,true\nb,yes\n", 'p.csv:3:3: active is "yes", write true or false'),
        ('userName,title\na,"b\nc\n', "p.csv:2:3: a quoted cell is never closed, add the double quote"),
        ('userName,title\na,"b"c\n', "p.csv:2: not valid CSV: "),
        (
            "userName,locale\na,b\n,c\n",
            "p.csv:3:1: nothing says whether this row is a user or a group, a user needs",
        ),
        (b"userName\n\xff\n", "p.csv:2:1: not UTF-8"),
    ],
)
def test_wrong_csv(load: Any, content: str | bytes, text: str) -> None:
    assert text in said(load, "p.csv", content)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.json: there is no such file, check the path"):
        load_people(tmp_path / "none.json")
    with pytest.raises(FileError, match="cannot be read: "):
        load_people(tmp_path)
