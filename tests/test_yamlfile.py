"""YAML with JSON's types only, and a position for everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimmock.errors import FileError
from scimmock.yamlfile import YamlFile, read_yaml


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a file and read it; errors then name it by its bare name."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(content: str | bytes) -> YamlFile:
        Path("f.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
        return read_yaml(Path("f.yaml"))

    return write_and_read


def said(read: Any, content: str | bytes) -> str:
    with pytest.raises(FileError) as caught:
        read(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("Off", "Off"), ("True", "True"), ("FALSE", "FALSE"),
        ("y", "y"),
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("NULL", "NULL"),
        ("2024-01-01", "2024-01-01"), ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"), ("12:30:45",
        "12:30:45"),
        ("0123", "0123"), ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), ("+1", "+1"), (".5",
        ".5"), ("1.", "1."),
        ("0", 0), ("-0", 0), ("12", 12), ("-12", -12), ("1.5", 1.5), ("1e3", 1000.0), ("-2.5E-1", -0.25),
        (".inf", ".inf"),
        ("'true'", "true"), ('"12"', "12"), ("'null'", "null"), ('""', ""), ("=", "="), ("<<", "<<"),
        ("zoë", "zoë"),
        ("[1, true, NO]", [1, True, "NO"]), ("{a: 1, 2024: x}", {"a": 1, "2024": "x"}), ("|\n  true\n",
        "true\n"),
    ],
)  # fmt: skip
def test_scalars(read: Any, text: str, value: Any) -> None:
    """Only null, true, false and JSON numbers are read as such, and only where they are not quoted."""
    found = read(f"key: {text}\n").data["key"]
    assert found == value and type(found) is type(value)


def test_keys_are_text(read: Any) -> None:
    """Keys stay as they are written: no numbers, no truth values, no dates."""
    assert list(read("on: 1\n2024: 2\ntrue: 3\n2024-01-01: 4\nnull: 5\n").data) == [
        "on",
        "2024",
        "true",
        "2024-01-01",
        "null",
    ]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abé. [", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
def test_json_is_yaml(read: Any, value: Any) -> None:
    """Every JSON document reads as itself."""
    assert read(msgspec.json.encode(value)).data == value


def test_positions(read: Any) -> None:
    """Every value knows its line and column; an unknown path, those of what is around it."""
    file = read("a:\n  - b: 1\n    c: [x, yy]\n  - z\n'd.e': {f: 2}\n")
    assert file.where("$") == "f.yaml:1:1"
    assert file.where("$.a") == "f.yaml:1:1"
    assert file.where("$.a[0].c") == "f.yaml:3:5"
    assert file.where("$.a[0].c[1]") == "f.yaml:3:12"
    assert file.where("$.a[1]") == "f.yaml:4:5"
    assert file.where("$.d.e.f") == "f.yaml:5:9"
    assert file.where("$.a[0].nothing.here") == "f.yaml:2:5"
    assert file.where("$.nothing") == "f.yaml:1:1"


@pytest.mark.parametrize("content", ["\ufeffa: 1\n", "a: 1\r\n", "# x\n---\na: 1\n...\n", "&x a: 1\n"])
def test_other_ways_to_write_it(read: Any, content: str) -> None:
    """A byte order mark, CRLF, comments and document marks change nothing."""
    assert read(content).data == {"a": 1}


def test_an_empty_file_is_nothing(read: Any) -> None:
    """Nothing, comments only, and an explicit null are None."""
    for content in ("", "# x\n", "---\n", "null\n"):
        assert read(content).data is None


def test_aliases_are_copies(read: Any) -> None:
    """An alias stands for what its anchor holds."""
    assert read("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        ("a: 1\n\tb: 2\n", "f.yaml:2:1", "YAML"),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:", "YAML"),
        ("a: 'x\n", "f.yaml:", "YAML"),
        ("a: 1\nb: 2\n  a: 3\n", "f.yaml:3:", "YAML"),
        ("a: *nobody\n", "f.yaml:1:4", "YAML"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1", "YAML"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1", "'a' stands twice"),
        ("x: {a: 1, a: 2}\n", "f.yaml:1:11", "'a' stands twice"),
        ("? [1, 2]\n: x\n", "f.yaml:1:3", "plain text"),
        ("a: @x\n", "f.yaml:1:4", "YAML"),
        ("a: %x\n", "f.yaml:1:4", "YAML"),
    ],
)
def test_what_is_no_yaml(read: Any, content: str, where: str, what: str) -> None:
    """What is wrong is said with line and column."""
    text = said(read, content)
    assert text.startswith(where) and what in text


@pytest.mark.parametrize(
    "content",
    [
        b"a: \xff\n",
        b"a: \x00\n",
        "a: 1\n".encode("utf-16"),
        b"a: " + b"[" * 20_000,
        b"a: &x [*x]\n",
        b"a: " + b"7" * 5000,
    ],
    ids=["no UTF-8", "NUL", "UTF-16", "too deep", "an alias in itself", "an endless number"],
)
def test_hostile_files(read: Any, content: bytes) -> None:
    """Files that are made to break a reader are refused with the file's name."""
    assert said(read, content).startswith("f.yaml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file and a folder are errors with the name."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(FileError, match="cannot be read"):
            read_yaml(path)


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    size: int = 0
    colour: str = ""


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    inner: Inner = msgspec.field(default_factory=Inner)
    many: list[str | Inner] = []
    table: dict[str, int] = {}


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        ("nmae: x\n", "f.yaml:1:1", "'name'"),
        ("name: x\ninner: {siez: 1}\n", "f.yaml:2:9", "'size'"),
        ("name: x\nmany:\n  - a\n  - {colr: red}\n", "f.yaml:4:6", "'colour'"),
        ("name: x\nzzzz: 1\n", "f.yaml:2:1", "known are"),
        ("inner: {}\n", "f.yaml:1:1", "'name' is missing"),
        ("name: 5\n", "f.yaml:1:1", "str"),
        ("name: x\ninner:\n  size: big\n", "f.yaml:3:3", "int"),
        ("name: x\ninner: {size: 1.5}\n", "f.yaml:2:9", "int"),
        ("name: x\nmany: [1]\n", "f.yaml:2:8", ""),
        ("name: x\ntable: {a: b}\n", "f.yaml:2:", "int"),
        ("- name\n", "f.yaml:1:1", "object"),
    ],
)
def test_what_does_not_fit(read: Any, content: str, where: str, what: str) -> None:
    """A wrong type, an unknown and a missing key are said with position and what would be right."""
    file = read(content)
    with pytest.raises(FileError) as caught:
        file.convert(Outer)
    assert str(caught.value).startswith(where), str(caught.value)
    assert what in str(caught.value)


def test_what_fits(read: Any) -> None:
    """A file that is right becomes the object."""
    assert read("name: x\nmany: [a, {size: 2}]\n").convert(Outer) == Outer("x", many=["a", Inner(2)])
