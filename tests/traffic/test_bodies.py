"""Bodies and filters as they are shown: nothing of a secret, whatever form it came in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.traffic.bodies import body_form, masked_query
from scimmock.traffic.secrets import MASK, masked_filter

SECRET = "hunter2"


def shown(document: Any) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return body_form(body, len(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"password": "hunter2", "x": "\xff"}',
        '{"password": "hunter2"}'.encode("utf-16"),
        '{"password": "hunter2"}'.encode("utf-16-le"),
        {"value": json.dumps({"password": SECRET})},
        {"value": json.dumps({"x": json.dumps({"password": SECRET})})},
        {"value": '{"pass\\u0077ord": "hunter2"}'},
        {"path": 'password[value eq "hunter2"]', "value": SECRET},
        {"path": " password ", "value": SECRET},
        {"Path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "Value": SECRET},
        {"filter": '"hunter2" eq password'},
        {"filter": "password eq hunter2"},
        {"status": "400", "scimType": "invalidFilter", "detail": "'hunter2' at 3 of: password eq hunter2"},
        {" password ": SECRET},
    ],
)
def test_no_form_of_a_body_shows_a_password(body: Any) -> None:
    form = shown(body)
    assert SECRET not in json.dumps(form) and MASK in json.dumps(form)


def test_what_only_sounds_like_a_secret_is_shown() -> None:
    config = {"changePassword": {"supported": True}, "filter": {"supported": True, "maxResults": 5}}
    assert shown(config)["json"] == config
    refused = {"status": "401", "detail": "the token is unknown"}
    assert shown(refused)["json"] == refused
    answer = shown({"access_token": "x", "token_type": "Bearer"})
    assert answer["json"] == {"access_token": MASK, "token_type": "Bearer"}
    assert "base64" in shown(b"\xff\xfe nothing to hide")


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ('userName eq "password"', 'userName eq "password"'),
        ('password eq "a b" and active eq true', "password eq *** and active eq true"),
        ('not (urn:x:User:password sw "a")', "not (urn:x:User:password sw ***)"),
        ("password pr", "password pr"),
        ('password[value eq "x"]', "password[***]"),
        ("password", "password"),
        ('"hunter2" eq password', MASK),
        ("password eq hunter2", MASK),
        ('password eq "hun" ter2"', MASK),
        ('"password" eq "x"', MASK),
        ('userName eq "a" or password eq', MASK),
    ],
)
def test_filters(filter: str, expected: str) -> None:
    assert masked_filter(filter) == expected


@given(
    before=st.sampled_from(("", "password ", 'userName eq "a" and ', "(", '"', "not (password pr) or ")),
    name=st.sampled_from(("password", "Password", "x.password", '"password"', "password ", "client_secret")),
    middle=st.sampled_from((" eq ", "  EQ ", " = ", "[value eq ", " eq eq ", " eq a ")),
    value=st.sampled_from(('"zq9"', "zq9", '"zq9', 'zq9"', '"a" zq9"', r'"\"zq9"', "'zq9'")),
    after=st.sampled_from(("", "]", ")", " ", ' and userName eq "b"', "].x", '"')),
)
def test_no_filter_on_a_password_shows_its_value(
    before: str, name: str, middle: str, value: str, after: str
) -> None:
    filter = f"{before}{name}{middle}{value}{after}"
    assert "zq9" not in masked_filter(filter)
    assert "zq9" not in masked_filter(masked_filter(filter))


def test_queries() -> None:
    assert "hunter2" not in masked_query("filter=%22hunter2%22+eq+password&count=1")
    assert masked_query("api_key=x&code=y&count=1") == "api_key=***&code=***&count=1"
    assert masked_query("filter=userName+eq+%22a%22") == "filter=userName+eq+%22a%22"
