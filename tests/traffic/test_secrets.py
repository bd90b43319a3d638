"""What is a secret and what is not, in time that grows with what is looked at and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from scimmock.traffic.exchange import Exchange
from scimmock.traffic.secrets import (
    MASK,
    is_credential,
    is_secret,
    is_secret_header,
    is_secret_parameter,
    is_secret_path,
    masked_filter,
    masked_header,
    names_secret,
    tells_secret,
)

# What made regular expressions try the same again and again, some of it found by a review.
HOSTILE = {
    "names in one path": "pin:" * 25_000 + " eq",
    "short parts of a path": "x password " + "a." * 50_000,
    "names in one word": "token" * 20_000,
    "names in one word, and a line end": "token" * 20_000 + "\n",
    "names in apostrophes": "password'" * 12_500,
    "backslashes": "password" + "\\" * 100_000,
    "brackets that open": "password" + "[" * 100_000,
    "brackets that close": "password[" + "]" * 100_000,
    "spaces": ("password" + " " * 1_000) * 100,
    "operators": "password " + "eq " * 33_000,
    "quotes that open": "password " + 'eq "' * 25_000,
    "escaped quotes": "password " + 'eq \\"' * 20_000,
    "masks": "password eq *** " * 6_000,
    "presence": "password pr " * 8_000,
    "a long token": "Token " + "a" * 100_000 + "!",
    "parameters": "Bearer " + "mac " * 25_000,
    "escapes": "\\u0070" * 16_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "judge",
    [
        is_secret,
        is_secret_path,
        is_secret_header,
        is_secret_parameter,
        is_credential,
        names_secret,
        tells_secret,
        masked_filter,
        lambda text: masked_header("x", text),
        lambda text: masked_filter(text[:1_990]),
    ],
)
def test_a_hundred_thousand_characters_take_no_time(judge: Callable[[str], object], text: str) -> None:
    """A few milliseconds; what is quadratic takes minutes, so that a second tells them apart anywhere."""
    begin = time.process_time()
    judge(text)
    assert time.process_time() - begin < 1


def test_a_long_filter_that_names_a_secret_is_masked_whole() -> None:
    clause = 'userName eq "a" or '
    assert masked_filter(clause * 500 + 'title eq "b"') == clause * 500 + 'title eq "b"'
    assert masked_filter(clause * 50 + 'password eq "b"') == clause * 50 + "password eq ***"
    assert masked_filter(clause * 500 + 'password eq "b"') == MASK


@pytest.mark.parametrize(
    ("filter", "shown"),
    [
        ('password[type eq "a"].value eq "hunter2"', MASK),
        ('password[value eq "x"] hunter2', MASK),
        ("password pr hunter2", MASK),
        ("password eq *** hunter2", MASK),
        ('password[value eq "x"].value pr', "password[***].value pr"),
        ('password[value eq "x"] and userName eq "b"', 'password[***] and userName eq "b"'),
        ('emails[type eq "work"].secret', 'emails[type eq "work"].secret'),
        ('secretary eq "Ann"', 'secretary eq "Ann"'),
    ],
)
def test_what_stands_behind_a_masked_value_is_shown_only_when_it_is_known(filter: str, shown: str) -> None:
    assert masked_filter(filter) == shown


@pytest.mark.parametrize("name", ["secretary", "Secretariat", "secretaries", "secretaría", "changePassword"])
def test_who_works_in_an_office_is_no_secret(name: str) -> None:
    assert not is_secret(name) and is_secret("clientSecret") and is_secret("secretArgument")


@pytest.mark.parametrize(
    "text",
    ["Secretary's Office", "Secretary: Ann", "the password's owner", "The Tokens' Guild", "Secret Garden"],
)
def test_a_title_tells_no_secret(text: str) -> None:
    assert not tells_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "x"}',
        r"{\"password\": \"x\"}",
        "{'password': 'x'}",
        "{'user.password' : 1}",
        "'password' is x",
        "'user.password' is x",
        "the password 'x'",
        "password=x",
        "Password: x",
        "api-key: x",
        r"pass\u0077ord: x",
    ],
)
def test_a_value_behind_a_name_is_told(text: str) -> None:
    assert tells_secret(text)


@pytest.mark.parametrize(
    "name",
    "client_assertion assertion sig key jwt auth otp code X-Amz-Signature access_token api-key".split(),
)
def test_parameters_that_carry_credentials(name: str) -> None:
    assert is_secret_parameter(name) and is_secret_parameter(name.upper())


def test_parameters_that_carry_none() -> None:
    names = ("client_assertion_type", "token_type", "sortBy", "keyword", "author", "design", "count")
    assert not [name for name in names if is_secret_parameter(name)]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "Bearer ***"),
        ("authorization", "SSWS 00abc", "SSWS ***"),
        ("Proxy-Authorization", "Basic dXNlcg==", "Basic ***"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/1, Signature=f0", "AWS4-HMAC-SHA256 ***"),
        ("Authorization", "hunter2 is it", MASK),
        ("Authorization", "hunter2", MASK),
        ("X-API-Key", "correct horse battery", MASK),
        ("X-API-Key", "Bearer abc", MASK),
        ("Set-Cookie", "a b=c", MASK),
        ("api_key", "x", MASK),
        ("X-Auth", "x", MASK),
        ("X-Original-Authorization", "x", MASK),
        ("X-Forwarded-For-App", "Bearer abc", MASK),
        ("X-Custom", "basic dXNlcjpwYXNz", MASK),
        ("X-Custom", 'Digest username="a", response="0f"', MASK),
        ("X-Plan", "Basic plan", None),
        ("X-Title", "Key account manager", None),
        ("X-Headline", "Bearer of bad news", None),
        ("X-Ring", "Token ring", None),
        ("WWW-Authenticate", 'Bearer realm="scim", error="invalid_token"', None),
        ("WWW-Authenticate", 'Digest realm="a", nonce="b"', None),
        (":authority", "app.example", None),
        ("Idempotency-Key", "1", None),
        ("Author", "Ann", None),
    ],
)
def test_headers(name: str, value: str, shown: str | None) -> None:
    assert masked_header(name, value) == shown
    headers = [(name.encode(), value.encode())]
    exchange = Exchange(0.0, 0.0, "", "GET", "/Users", b"", headers, "1.1")
    assert exchange.as_dict()["request"]["headers"] == [[name, value if shown is None else shown]]
