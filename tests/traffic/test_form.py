"""JSON that can be gone through, and JSON that cannot."""

from __future__ import annotations

import json

import pytest

from scimmock.traffic.form import shallow


@pytest.mark.parametrize("text", ['{"a": [1, {"b": "]]]"}]}', b"[]", '"text"', "null", "[" * 100 + "]" * 100])
def test_json_of_a_usual_depth(text: str | bytes) -> None:
    assert shallow(text) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "[" * 101 + "]" * 101, '{"a":' * 300 + "1" + "}" * 300])
def test_what_is_no_json_or_too_deep(text: str) -> None:
    with pytest.raises(ValueError):
        shallow(text)
