"""A session in two passes: what its end tells holds from its beginning."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from scimmock.traffic.recording import make_header
from scimmock.traffic.redact.redactor import Redactor
from scimmock.traffic.redact.session import redact_session

from .sessions import exchange

KEY = b"a key of the tests, 32 bytes lon"
HEADER = make_header("addon", "https://acme.org/scim/v2", 0.0)


def redacted(
    *exchanges: dict[str, Any], own: Redactor | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header, again = redact_session(HEADER, lambda: exchanges, own or Redactor("pseudonyms", KEY))
    first, second = list(again()), list(again())
    assert first == second
    return header, first


def names(shown: dict[str, Any]) -> list[str]:
    return [item["userName"] for item in shown["response"]["body"]["json"]["Resources"]]


def test_a_part_of_a_word_that_is_looked_for_at_the_end_is_kept_from_the_beginning() -> None:
    people = [{"userName": name} for name in ("makoto", "makena", "mary")]
    _, (listed, asked) = redacted(
        exchange(answer={"Resources": people}), exchange(query="filter=userName+sw+%22MAK%22")
    )
    part = unquote_plus(asked["request"]["query"]).split('"')[1].lower()
    assert [name.startswith(part) for name in names(listed)] == [True, True, False]


def test_what_a_schema_at_the_end_calls_never_returned_was_never_written() -> None:
    schema = {"attributes": [{"name": "petName", "returned": "never"}]}
    _, (created, _) = redacted(
        exchange("POST", body={"petName": "Rex"}),
        exchange(path="/Schemas", answer={"Resources": [schema]}, trace={"operation": "discovery"}),
    )
    assert created["request"]["body"]["json"] == {"petName": "***"}


def test_the_header_counts_each_replacement_once() -> None:
    header, _ = redacted(exchange("POST", body={"userName": "a"}), exchange("POST", body={"userName": "b"}))
    assert header["redaction"]["counts"] == {"userName": 2}
    assert "acme" not in header["base_url"]


def test_words_without_parts_to_keep_are_those_of_one_pass() -> None:
    one = Redactor("pseudonyms", KEY)
    one.header(HEADER)
    sent = exchange("POST", body={"userName": "makoto.yamamoto@acme.org"})
    assert redacted(sent)[1] == [one.exchange(sent)]
