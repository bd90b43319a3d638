"""Quirks as ``--quirk`` names them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import UsageError
from scimmock.quirks.base import names
from scimmock.quirks.options import chosen_quirks


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("slow", "slow", {}),
        ("slow:", "slow", {}),
        ("slow:delay=2s", "slow", {"delay": "2s"}),
        ("slow:delay=2", "slow", {"delay": 2}),
        ("slow: delay=0.5", "slow", {"delay": 0.5}),
        ('slow:delay="2"', "slow", {"delay": "2"}),
        ("html-proxy-error:status=503,form=html", "html-proxy-error", {"status": 503, "form": "html"}),
        ("read-after-write-lag:reads=2,only=id", "read-after-write-lag", {"reads": 2, "only": "id"}),
        (
            "no-discovery:endpoints=Schemas+ResourceTypes",
            "no-discovery",
            {"endpoints": ["Schemas", "ResourceTypes"]},
        ),
        ("slow:why=as a=b says", "slow", {}),
        ("boolean-strings", "boolean-strings", {}),
    ],
)
def test_what_is_understood(text: str, name: str, parameters: dict[str, Any]) -> None:
    (chosen,) = chosen_quirks([text])
    assert (chosen.name, chosen.parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["slw"], "--quirk slw: unknown quirk 'slw', did you mean 'slow'?"),
        ([""], "--quirk : unknown quirk ''"),
        (["slow:delay"], "--quirk slow:delay: 'delay' is no parameter, name=value would be right"),
        (["slow:=5"], "--quirk slow:=5: '=5' is no parameter"),
        (["slow:delay=1s,"], "'' is no parameter"),
        (["slow:quirk=lost-update"], "is no parameter"),
        (["slow:delay=1s,delay=2s"], "'delay' stands twice"),
        (
            ["boolean-strings", "slow:dely=1s"],
            "--quirk slow:dely=1s (dely): unknown key 'dely', did you mean",
        ),
        (["slow:delay=soon"], "'soon' is not a duration"),
        (["slow:delay=1s+2s"], "--quirk slow:delay=1s+2s"),
        (["html-proxy-error:status=200"], "(status)"),
        (["html-proxy-error:form=pdf"], "text, html would be right"),
        (["boolean-strings:x=1"], "no parameters"),
        (["slow", "slow"], "stands twice"),
        (["slow", "slow:delay=2s"], "--quirk slow:delay=2s: the quirk 'slow' stands twice"),
    ],
)
def test_what_is_not(texts: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen_quirks(texts)
    assert said in str(caught.value) and len(str(caught.value).splitlines()) == 1


@given(st.lists(st.text(max_size=20) | st.sampled_from(names()).map(lambda name: f"{name}:a=[{{+1,b")))
def test_any_text_is_read_or_refused(texts: list[str]) -> None:
    try:
        assert len(chosen_quirks(texts)) == len(texts)
    except UsageError as error:
        assert "--quirk" in str(error)
