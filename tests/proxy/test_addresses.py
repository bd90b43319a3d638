"""Whole origins are replaced, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from scimmock.proxy.addresses import Origin, lead, origin_at, origin_of, same_places

APP = Origin("https", "app.example", 443)
HERE = Origin("http", "127.0.0.1", 8081)


@pytest.mark.parametrize(
    ("text", "led"),
    [
        ('"https://app.example/Users/1"', '"http://127.0.0.1:8081/Users/1"'),
        ('"https://app.example"', '"http://127.0.0.1:8081"'),
        ("https://app.example", "http://127.0.0.1:8081"),
        ('"HTTPS://App.Example/a"', '"http://127.0.0.1:8081/a"'),
        ('"https://app.example:443/a"', '"http://127.0.0.1:8081/a"'),
        ('"https://app.example?x"', '"http://127.0.0.1:8081?x"'),
        ('"https:\\/\\/app.example\\/a"', '"http:\\/\\/127.0.0.1:8081\\/a"'),
        ("u=https%3A%2F%2Fapp.example%2Fa", "u=http%3A%2F%2F127.0.0.1%3A8081%2Fa"),
        ("u=https%3a%2f%2fapp.example%3a443%2fa", "u=http%3A%2F%2F127.0.0.1%3A8081%2fa"),
        ("(see https://app.example/a, https://app.example/b)", "(see http://127.0.0.1:8081/a, http://127.0.0.1:8081/b)"),
        ('value%20eq%20%22https%3A%2F%2Fapp.example%22', 'value%20eq%20%22http%3A%2F%2F127.0.0.1%3A8081%22'),
    ],
)  # fmt: skip
def test_an_origin_is_led(text: str, led: str) -> None:
    assert lead(text.encode(), (APP,), HERE).decode() == led


@pytest.mark.parametrize(
    "text",
    [
        '"https://app.example.evil/a"',
        '"https://app.example:8443/a"',
        '"https://app.example:4431/a"',
        '"https://app.example@evil/a"',
        '"https://app.example:443@evil/a"',
        '"https://my.app.example/a"',
        '"https://app.example-2/a"',
        '"http://app.example/a"',
        '"xhttps://app.example/a"',
        '"app.example/a"',
        '"https://app.example%2eevil/a"',
        '"https:/app.example/a"',
        "https%3A//app.example.evil",
        "",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert lead(text.encode(), (APP,), HERE).decode() == text


def test_other_ports_and_addresses() -> None:
    """A port that is no default must stand there; IPv6 addresses stand in brackets."""
    app = Origin("http", "app.example", 9000)
    assert lead(b"http://app.example:9000/a http://app.example/b", (app,), APP) == (
        b"https://app.example/a http://app.example/b"
    )
    six = origin_of("http://[::1]:9000/x")
    assert six == Origin("http", "::1", 9000) and str(six) == "http://[::1]:9000"
    assert lead(b'"http://[::1]:9000/a"', (six,), APP) == b'"https://app.example/a"'
    assert lead(b'"https://app.example/a"', (APP,), six) == b'"http://[::1]:9000/a"'


def test_this_machine_has_several_names() -> None:
    led = lead(b"http://localhost:8081/a http://127.0.0.1:8081/b http://[::1]:8081/c", same_places(HERE), APP)
    assert led == b"https://app.example/a https://app.example/b https://app.example/c"
    assert same_places(APP) == (APP,)


def test_origins_of_urls_and_hosts() -> None:
    assert origin_of("HTTPS://App.Example/x") == APP == origin_at("https", "APP.example")
    assert origin_at("http", "app.example:81") == Origin("http", "app.example", 81)
    for wrong in ("app.example", "ftp://app.example", "https://", "https://a:b", "https://u@app.example"):
        assert origin_of(wrong) is None
    assert origin_at("https", "a b") is None and origin_at("gopher", "a") is None
