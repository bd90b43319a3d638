"""An identity provider works again, with the names of people, against its recording with pseudonyms."""

from __future__ import annotations

import httpx
import pytest

from scimmock.cli.provision import command
from scimmock.server.options import ServeOptions
from scimmock.server.replaying import ReplayOptions
from tests.in_process import serving
from tests.recordings.make import sessions

SESSIONS = {session.file: session for session in sessions()}


@pytest.mark.parametrize(
    "file",
    ["okta/oin-throttled", "entra/legacy-lifecycle", "authentik/adopted", "onelogin/flaky-network"],
)
def test_a_provider_finds_the_service_of_its_recording(file: str) -> None:
    """Every exchange is played once, and the directory that the engine shows in the end is the right one."""
    session = SESSIONS[f"{file}.jsonl"]
    replay = ReplayOptions(session.path, on_miss="engine")
    with serving(ServeOptions(port=0, replay=replay)) as (running, ready):
        frozen = {"freeze": "2026-01-05T08:00:00.000Z"}
        assert httpx.post(f"{ready.control_url}/clock", json=frozen, trust_env=False).status_code == 200
        code = command.main(
            [
                *("--as", session.as_, "--to", ready.base_url, "--token", "any"),
                *("--users", str(session.users), "--groups", str(session.groups)),
                *("--seed", str(session.seed), "--quiet"),
                *(part for name in session.scenarios for part in ("--scenario", name)),
            ],
            prog_name="scimmock provision",
            standalone_mode=False,
        )
        replaying = running.tenants.default.replaying
    assert code == session.exit
    assert replaying is not None and replaying.counts.unplayed == []
