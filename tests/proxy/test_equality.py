"""The session recorded through the proxy and the one recorded in the server are the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.playback.run import Excerpt
from scimmock.server.options import ServeOptions
from scimmock.server.replaying import ReplayOptions
from scimmock.traffic.recording import open_recording

from ..conftest import ENTERPRISE, GROUP, PATCH_OP, USER, Launch
from ..in_process import client_of, serving
from ..playback.playing import played, told
from .conftest import Dump

pytest.importorskip("mitmproxy")

# What each recorder says of itself, or measures by itself.
_MARKS = ("n", "at", "t", "timing", "connection", "summary")
_OWN_TRACE = (
    "tenant",
    "token",
    "seed",
    "rules",
    "notes",
    "quirks",
    "findings",
    "stages",
    "before",
    "after",
    "base_path",
    "protocol",
)


def common(exchange: dict[str, Any]) -> dict[str, Any]:
    """Return an exchange without the marks of its recorder; headers by name in lower case, sorted."""
    shown = {name: value for name, value in exchange.items() if name not in _MARKS}
    shown["trace"] = {name: value for name, value in exchange["trace"].items() if name not in _OWN_TRACE}
    for name in ("request", "response"):
        message = shown[name] = dict(exchange[name])
        message["headers"] = sorted([key.lower(), value] for key, value in message["headers"])
        # The date is added when an answer leaves, after it was recorded.
        message["headers"] = [pair for pair in message["headers"] if pair[0] != "date"]
    return shown


def traffic(client: httpx.Client) -> list[tuple[int, str]]:
    """Provision as an identity provider does; returns the answers, wherever the service was."""
    answers: list[httpx.Response] = []

    def ask(method: str, path: str, **options: Any) -> Any:
        answers.append(client.request(method, path, **options))
        return answers[-1].json() if answers[-1].content else None

    ask("GET", "/ServiceProviderConfig")
    ask(
        "GET", "/Users", params={"filter": 'userName eq "bjensen@example.com"', "startIndex": 1, "count": 100}
    )
    user = {
        "schemas": [USER, ENTERPRISE],
        "userName": "bjensen@example.com",
        "name": {"givenName": "Barbara", "familyName": "Jensen Ærø"},
        "password": "t1meMa$heen",
        ENTERPRISE: {"employeeNumber": "701984"},
    }
    made = ask("POST", "/Users", json=user)
    ask("POST", "/Users", json=user)
    ask("POST", "/Users", content=b"{not json", headers={"Content-Type": "application/scim+json"})
    ask("GET", f"/Users/{made['id']}")
    ask("GET", f"/Users/{made['id']}", headers={"If-None-Match": made["meta"]["version"]})
    change = {"op": "replace", "path": "active", "value": False}
    ask("PATCH", f"/Users/{made['id']}", json={"schemas": [PATCH_OP], "Operations": [change]})
    members = [{"value": made["id"], "$ref": made["meta"]["location"]}]
    group = ask("POST", "/Groups", json={"schemas": [GROUP], "displayName": "Tour", "members": members})
    ask("GET", "/Groups", params={"filter": 'displayName eq "Tour"'})
    ask("PUT", f"/Users/{made['id']}", json=user | {"title": "Tour Guide"})
    ask("GET", "/Users/no%20such%40one%2Fhere")
    ask("DELETE", f"/Groups/{group['id']}")
    ask("GET", "/Users", headers={"Authorization": "Bearer wrong"})
    ask("DELETE", f"/Users/{made['id']}")
    base = str(client.base_url).rstrip("/")
    return [(answer.status_code, answer.text.replace(base, "")) for answer in answers]


@pytest.mark.parametrize("redact", ["pseudonyms", "none"])
def test_both_recordings_are_equal(
    launch: Launch, mitmdump: Callable[..., Dump], tmp_path: Path, redact: str
) -> None:
    """What the proxy saw and what the server saw differ in the marks of the recorders alone."""
    path, key = tmp_path / "server.jsonl", tmp_path / "key"
    key.write_text("0123456789abcdef" * 4)
    has_key = redact == "pseudonyms"
    options = ("--record", str(path), "--redact", redact, *(("--redact-key", str(key)) if has_key else ()))
    server = launch("--users", "0", "--groups", "0", *options)
    more = {"scim_redact_key": key} if has_key else {}
    dump = mitmdump(f"reverse:{server.url}", scim_redact=redact, **more)
    headers = {"Authorization": "Bearer scimmock"}
    with httpx.Client(base_url=f"{dump.url}/scim/v2", headers=headers, trust_env=False) as client:
        answers = traffic(client)
    assert dump.stop() == 0 and server.stop() == 0
    ours, theirs = open_recording(dump.path), open_recording(path)
    assert ours.header["base_url"] == theirs.header["base_url"]
    assert (ours.header["by"], theirs.header["by"]) == ("addon", "server")
    one, other = [common(each) for each in ours], [common(each) for each in theirs]
    assert len(one) == len(other) == len(answers)
    for mine, its in zip(one, other, strict=True):
        assert json.dumps(mine, indent=1, sort_keys=True) == json.dumps(its, indent=1, sort_keys=True)
    assert_replays_alike(dump.path, path, len(answers) - 1)
    for recording in (dump.path, path):
        # Whoever recorded it, and though the persons in it are others: the same client is answered the same.
        replay = ServeOptions(port=0, replay=ReplayOptions(recording))
        with serving(replay) as (_, ready), client_of(ready) as again:
            assert traffic(again) == answers


def assert_replays_alike(one: Path, other: Path, count: int) -> None:
    """Play both sessions again, at directories with other ids: nothing differs.

    But for the request with a wrong token, which no recording has.
    """
    with serving(ServeOptions(port=0, users=0, groups=0, seed=77)) as (_, ready):
        for number, path in enumerate((one, other)):
            recording = open_recording(path)
            known = [each for each in recording if each["response"]["status"] != 401]
            base_url = ready.base_url.replace("/scim/v2", f"/t/{number}/scim/v2")
            outcome = played(Excerpt(recording.header, known), base_url, ready.token, "service")
            assert told(outcome) == []
            assert (len(outcome.lines), outcome.looked_at) == (count, 2)
