"""The shipped recordings played again: nothing differs at a service like theirs, elsewhere the dialect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scimmock.server.options import ServeOptions
from tests.in_process import serving
from tests.playback.playing import causes, played, told
from tests.recordings.make import RECORDINGS, sessions

FILES = [session.file for session in sessions()]
# What differs elsewhere, by recording: the kinds of causes at `--fixture rfc` and at scim2-server.
ELSEWHERE: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("elsewhere.json").read_text("utf-8")
)


@pytest.mark.parametrize("file", FILES)
def test_nothing_differs_at_a_service_like_it(file: str) -> None:
    with serving(ServeOptions(port=0, like=RECORDINGS / file)) as (_, ready):
        outcome = played(RECORDINGS / file, ready.base_url, ready.token)
    assert told(outcome) == []
    assert outcome.looked_up == 0 and outcome.skipped == 0
    assert len(outcome.lines) == outcome.survey.count > 15


def test_what_differs_at_the_standard_is_the_dialect() -> None:
    with serving(ServeOptions(port=0, users=0, groups=0)) as (_, ready):
        for file in FILES:
            base_url = ready.base_url.replace("/scim/v2", f"/t/{file.replace('/', '-')}/scim/v2")
            outcome = played(RECORDINGS / file, base_url, ready.token)
            assert sorted(causes(outcome)) == ELSEWHERE[file]["rfc"], file


@pytest.mark.usefixtures("peer_directory")
@pytest.mark.parametrize("file", FILES)
def test_what_differs_at_another_server_is_its_dialect(file: str, peer: dict[str, Any]) -> None:
    outcome = played(RECORDINGS / file, peer["base_url"], peer["token"])
    assert sorted(causes(outcome)) == ELSEWHERE[file]["scim2-server"]
