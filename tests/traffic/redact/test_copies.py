"""A redactor that goes to another process in the midst of a session goes on there as it would have here."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from scimmock.traffic.recording import open_recording
from scimmock.traffic.redact.redactor import MODES, RedactMode, Redactor

from .sessions import exchange, patch
from .test_properties import KEY, SECRETS, persons, session

ROOT = Path(__file__).parents[3]
RECORDINGS = sorted((ROOT / "recordings").rglob("*.jsonl"))


def begun(mode: RedactMode = "pseudonyms", fields: tuple[str, ...] = ()) -> Redactor:
    own = Redactor(mode, KEY if mode == "pseudonyms" else b"", fields)
    own.header({"base_url": "https://acme.org/scim/v2"})
    return own


def copied(own: Redactor) -> Redactor:
    found: Redactor = pickle.loads(pickle.dumps(own))
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_shipped_sessions(path: Path, mode: RedactMode) -> None:
    own, other = begun(mode), begun(mode)
    for number, each in enumerate(islice(open_recording(path), 60)):
        if number % 3 == 0:
            other = copied(other)
        assert json.dumps(other.exchange(each)) == json.dumps(own.exchange(each))
    assert (other.counts, other.unkept, other.about()) == (own.counts, own.unkept, own.about())


@settings(max_examples=25, deadline=None)
@given(persons(), persons(), SECRETS)
def test_sessions_of_anybody(one: dict[str, Any], two: dict[str, Any], secret: str) -> None:
    own, other = begun(fields=("title", "nickName=drop")), begun(fields=("title", "nickName=drop"))
    for each in [*session(one, secret), *session(two, secret), *session(one, secret)]:
        other = copied(other)
        assert json.dumps(other.exchange(each)) == json.dumps(own.exchange(each))
    assert (other.counts, other.unkept) == (own.counts, own.unkept)


def test_what_it_has_heard_of_secrets_goes_along() -> None:
    own = begun()
    schema = {"id": "urn:x", "attributes": [{"name": "pin", "returned": "never"}]}
    own.exchange(exchange(path="/Schemas", answer=schema, trace={"operation": "discovery"}))
    found = copied(own).exchange(exchange("PATCH", body=patch({"op": "add", "path": "pin", "value": "1234"})))
    assert "1234" not in json.dumps(found)


def test_how_deep_bodies_are_makes_no_difference() -> None:
    """Names below the fortieth level are looked up each time, so that a tree of them can be gone through."""
    own = begun()
    body: Any = {"mail": "bjensen@acme.org"}
    for level in range(220):
        body = {f"level{level}": body}
    found = own.exchange(exchange("POST", body=body))
    assert "bjensen" not in json.dumps(found)
    assert json.dumps(copied(own).exchange(exchange("POST", body=body))) == json.dumps(found)


def test_words_are_known_where_hashes_are_others(tmp_path: Path) -> None:
    """Those that were first seen before a filter was learned keep what they became, past the first 16,384."""
    own = begun()
    people = [exchange("POST", body={"userName": f"makoto{n}q"}) for n in range(17_000)]
    before = [own.exchange(each) for each in people][-300:]
    own.exchange(exchange(query='filter=userName sw "makoto"'))
    (tmp_path / "redactor").write_bytes(pickle.dumps(own))
    (tmp_path / "people").write_bytes(pickle.dumps(people[-300:]))
    script = (
        "import pickle, sys, json; own, people = (pickle.load(open(name, 'rb')) for name in sys.argv[1:])"
    )
    script += "; print(json.dumps([own.exchange(each) for each in people]))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "redactor"), str(tmp_path / "people")],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            timeout=60,
        )
        assert json.loads(done.stdout) == json.loads(json.dumps(before))
