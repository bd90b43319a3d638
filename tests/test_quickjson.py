"""JSON by msgspec and JSON by the standard library are read alike, and either's lines by the other."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock import quickjson
from scimmock.traffic.form import body_bytes, body_form


def _without_msgspec() -> ModuleType:
    """Return the module as it is where msgspec is not installed."""
    spec = importlib.util.spec_from_file_location("scimmock.plainjson", Path(str(quickjson.__file__)))
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    with patch.dict(sys.modules, {"msgspec": None}):
        spec.loader.exec_module(found)
    return found


plain = _without_msgspec()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),  # with halves of surrogate pairs
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_both_are_what_they_should_be() -> None:
    assert quickjson._quick is not None and plain._quick is None


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_lines_are_read_alike(document: dict[str, Any]) -> None:
    lines = [module.line(document) for module in (quickjson, plain)]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert json.loads(lines[0]) == json.loads(lines[1]) == document


@given(VALUES, st.sampled_from([(",", ":"), (", ", ": "), (",", ": ")]), st.booleans())
def test_bodies_have_the_same_form(value: Any, separators: tuple[str, str], is_ascii: bool) -> None:
    text = json.dumps({"value": value}, separators=separators, ensure_ascii=is_ascii)
    body = text.encode("utf-8", "surrogatepass")
    one, other = (body_form(body, None, module.decode, module.encode) for module in (quickjson, plain))
    assert one == other and list(one) == list(other)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b'{"a":1,"a":2}',
        b'{"a":1.50}',
        b'{"a":-0}',
        b'{"a":1e400}',
        b'{"a":1E5}',
        b'{"a":100000.0}',
        b'{"a":NaN}',
        b'{"a":18446744073709551616}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\/"}',
        b"{'a':1}",
        b'{"a":1} x',
        b'\xef\xbb\xbf{"a":1}',
        b"[" * 2_000,
        b"[" * 200 + b"]" * 200,
    ],
)
def test_odd_bodies_have_the_same_form(body: bytes) -> None:
    one, other = (body_form(body, None, module.decode, module.encode) for module in (quickjson, plain))
    assert one == other
    if "cut" not in one and b" " not in body:
        assert body_bytes(one) == body or json.loads(body_bytes(one)) == json.loads(body)


@pytest.mark.parametrize("module", [quickjson, plain], ids=["msgspec", "json"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"nonsense", b'{"a":1} x'])
def test_what_is_no_json_is_a_value_error(module: Any, body: bytes) -> None:
    with pytest.raises(ValueError):
        module.decode(body)


@pytest.mark.parametrize("module", [quickjson, plain], ids=["msgspec", "json"])
def test_what_cannot_be_encoded_is_a_value_error(module: Any) -> None:
    with pytest.raises(ValueError):
        module.encode("\ud800")
