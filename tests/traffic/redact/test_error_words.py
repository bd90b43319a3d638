"""Errors stay readable: of what services say only that is replaced which varies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import scimmock.traffic.redact.vocabulary as vocabulary
from scimmock.traffic.redact.permute import Keyed
from scimmock.traffic.redact.texts import Texts
from scimmock.traffic.redact.values import Values
from scimmock.traffic.redact.words import Words
from scimmock.traffic.secrets import MASK, names_secret

from .said import MARKER, reasons, sentences_of_code, sentences_of_fixtures

TEXTS = Texts(Values(Keyed(b"k" * 32), Words(Keyed(b"k" * 32))))
PSEUDONYM = TEXTS.values.words.text(MARKER)


def replaced(sentence: str) -> list[str]:
    """Return the words of a sentence that are replaced though nothing about them varies."""
    shown = TEXTS.sentence(sentence)
    if shown == MASK and names_secret(sentence) and MARKER in sentence:
        return []  # what varies might be the secret
    before, after = (re.findall(r"[^\W_]+", text) for text in (sentence, shown.replace(PSEUDONYM, MARKER)))
    return [word for word, new in zip(before, after, strict=False) if word != new] + after[len(before) :]


def check(sentences: list[tuple[str, str]], least: int) -> None:
    assert len(sentences) >= least
    found = {text: (where, words) for where, text in sentences if (words := replaced(text))}
    assert found == {}


def test_what_scimmock_answers_stays() -> None:
    check(sentences_of_code(), 200)


def test_what_the_shipped_fixtures_and_packs_answer_stays() -> None:
    check(list(sentences_of_fixtures()), 60)


def test_what_http_calls_its_statuses_stays() -> None:
    check(list(reasons()), 50)


def test_the_check_sees_a_word_that_is_replaced() -> None:
    assert replaced("the resource belongs to Henrietta of Glassworks") == ["Henrietta", "Glassworks"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A human-readable name for the Group. REQUIRED.",
        "A unique identifier for the user, typically used to authenticate directly to the service provider",
        "The full street address component, which may include house number and multi-line information",
        "A Boolean value indicating the primary or preferred attribute value for this attribute",
        "Canonicalized telephone number, mobile, fax or pager; optional, case insensitive, never returned",
        "Authentication scheme using the OAuth Bearer Token Standard",
        "The attribute's data type, its mutability and the schema extensions that are REQUIRED or OPTIONAL",
    ],
)
def test_what_services_say_of_the_standards_attributes_stays(sentence: str) -> None:
    assert replaced(sentence) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "the recorder was stopped before there was an answer",
        "peer closed connection without sending complete message body (incomplete chunked read)",
        "HTTP/2 protocol error: stream reset by client (CANCEL)",
        "[Errno 113] No route to host",
        "Certificate verify failed: self-signed certificate in certificate chain",
        "Certificate verify failed: unable to get local issuer certificate",
        "Certificate verify failed: hostname mismatch",
        "Temporary failure in name resolution",
        "Received both a Transfer-Encoding and a Content-Length header, refusing to prevent attacks",
        "Invalid HTTP request form (expected: authority or absolute, got: relative)",
        "illegal chunk header",
    ],
)
def test_what_is_said_of_connections_stays(sentence: str) -> None:
    assert replaced(sentence) == []


def test_what_varies_is_replaced_in_every_sentence() -> None:
    kept = [
        (where, text)
        for where, text in [*sentences_of_code(), *sentences_of_fixtures()]
        if MARKER in text and MARKER in TEXTS.sentence(text)
    ]
    assert kept == []


def test_the_list_is_in_order_and_names_nobody() -> None:
    text = Path(vocabulary.__file__).with_name("words.txt").read_text("utf-8")
    listed = text.split()
    assert listed == sorted(set(listed)) and max(map(len, text.splitlines())) <= 110
    people = "mark john jane bob anna grace frank rose ivan smith jensen muller garcia mary peter"
    assert set(listed).isdisjoint(people.split())
