"""Recordings that answer, as Python code asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimmock import Server, UsageError
from tests.traffic.answering_session import life, lookup, sent, write_session

KIM = "kim@example.com"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("s") / "s.jsonl", life())


def test_a_tenant_answers_from_a_recording(server: Server, recording: Path) -> None:
    with server.tenant(replay=recording) as plain, server.tenant(replay=str(recording)) as other:
        assert plain.client.delete("/Users/u1").status_code == 204
        assert plain.client.get("/Users/u1").status_code == 404
        assert other.client.get("/Users/u1").status_code == 200, "each has the session for itself"


def test_it_says_how(server: Server, recording: Path) -> None:
    how = {"file": str(recording), "order": "strict", "on_miss": "engine"}
    with server.tenant(replay=how) as made:
        assert made.client.get(f"/Users?{lookup(KIM)}").json()["totalResults"] == 0
        assert made.client.post("/Users", json=sent("new")).status_code == 201, "by the engine"
        assert made.client.post("/Users", json=sent(KIM, externalId="e1")).json()["id"] == "u1"


def test_a_server_of_its_own_checks_nobodys_credentials(recording: Path) -> None:
    with Server(replay=recording) as server:
        assert server.token is None
        assert server.client.get(f"/Users?{lookup(KIM)}").status_code == 200


@pytest.mark.parametrize(
    ("replay", "said"),
    [
        ("missing.jsonl", "missing.jsonl: cannot be read"),
        ({"file": "x", "order": "loose"}, "order"),
        ({"file": "x", "pace": "fast"}, "original, max or 10x would be right"),
    ],
)
def test_what_is_wrong_is_told(server: Server, replay: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        server.tenant(**{"replay": replay})
