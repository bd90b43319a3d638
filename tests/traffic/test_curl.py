"""Scripts of curl commands: run by a real bash, they do the session again."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.traffic.curl import write_curl
from tests.conftest import LiveServer

from .made_sessions import GROUP, USER, exchange, header_of, patch, provision, recorded

Tenant = Callable[..., httpx.Client]


def script_of(exchanges: list[dict[str, Any]], header: dict[str, Any] | None = None) -> str:
    out = io.StringIO()
    write_curl(header or header_of(), lambda: exchanges, out)
    return out.getvalue()


def run(script: str, client: httpx.Client, folder: Path) -> list[int]:
    """Run a script against a tenant and return the statuses that it prints."""
    path = folder / "session.sh"
    path.write_text(script, "utf-8")
    base_url = str(client.base_url)  # ends with a slash, which the script does not mind
    token = client.headers["Authorization"].removeprefix("Bearer ")
    done = subprocess.run(
        ["bash", path],
        env=os.environ | {"SCIM_BASE_URL": base_url, "SCIM_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [int(line) for line in done.stdout.splitlines() if re.fullmatch(r"\d{3}", line)]


def asked(client: httpx.Client) -> list[dict[str, Any]]:
    return [item["request"] for item in recorded(client)[1]]


def test_a_session_is_done_again_with_new_ids(scim: httpx.Client, tenant: Tenant, tmp_path: Path) -> None:
    """What is asked is the same but for ids, and so is what is left in the directory."""
    provision(scim)
    header, exchanges = recorded(scim)
    other = tenant(seed=99)
    statuses = run(script_of(exchanges, header), other, tmp_path)
    expected = [item["response"]["status"] for item in exchanges]
    assert statuses == [200 if status == 412 else status for status in expected]
    for endpoint, key in (("/Users", "userName"), ("/Groups", "displayName")):
        here, there = (one.get(endpoint).json()["Resources"] for one in (scim, other))
        assert [one[key] for one in here] == [one[key] for one in there] != []
        assert {one["id"] for one in here}.isdisjoint(one["id"] for one in there)
    (group,) = other.get("/Groups").json()["Resources"]
    assert [member["display"].split("\n")[0] for member in group["members"]] == ["ada@example.com"]
    for mine, yours in zip(asked(scim), asked(other), strict=False):
        if (mine["method"], mine["path"]) == ("POST", "/Users"):
            assert mine["body"]["json"] == yours["body"]["json"]


@pytest.mark.parametrize(
    "text",
    [
        "it's \"quoted\" 'twice' $HOME `id` \\ \\n !! %s {} @file",
        "a\nb\r\n\tc\x7f",
        "zoë 山本 \u202e 🙂",
        "",
        "-d @/etc/hosts",
        "ﾀ" * 60_000,
    ],
    ids=["quotes", "lines", "letters", "empty", "option", "long"],
)
def test_any_body_arrives_as_it_was(scim: httpx.Client, tmp_path: Path, text: str) -> None:
    user = {"schemas": [USER], "userName": "x", "nickName": text, text[:40] or "empty": text}
    session = [exchange(1, "POST", "/Users", user), exchange(2, "POST", "/Users", query="a=$HOME")]
    session[1]["request"]["body"] = {"text": text, "size": 1}
    run(script_of(session), scim, tmp_path)
    first, second = asked(scim)[:2]
    if len(text) < 10_000:
        assert first["body"]["json"] == user and second["body"].get("text", "") == text
    else:  # of which the journal keeps the beginning
        assert first["body"]["size"] > second["body"]["size"] == len(text.encode())
    assert second["query"] == "a=$HOME"


def test_bytes_that_are_no_text_arrive_as_they_were(scim: httpx.Client, tmp_path: Path) -> None:
    session = [exchange(1, "POST", "/Users", headers=[["Content-Type", "image/png"], ["X-Empty", ""]])]
    form = {"base64": base64.b64encode(b"\xff\x00\n'\xfe").decode(), "size": 5}
    session[0]["request"]["body"] = form
    run(script_of(session), scim, tmp_path)
    (request,) = asked(scim)
    assert request["body"] == form
    headers = dict(request["headers"])
    assert headers["content-type"] == "image/png" and headers["x-empty"] == ""
    assert "user-agent" not in headers and headers["authorization"].startswith("Bearer")


def test_an_id_is_taken_from_a_list_with_one_resource(tenant: Tenant, tmp_path: Path) -> None:
    """Where a list has several, it stays as it was recorded."""
    ada, bea = ({"schemas": [USER], "id": id, "userName": id} for id in ("ada-0123456789", "bea-0123456789"))
    session = [
        exchange(1, "GET", "/Users", query='filter=userName+eq+"ada-0123456789"', told={"Resources": [ada]}),
        exchange(2, "DELETE", "/Users/ada-0123456789", status=204),
        exchange(3, "GET", "/Users", told={"Resources": [ada, bea]}),
        exchange(4, "DELETE", "/Users/bea-0123456789", status=404),
    ]
    client = tenant()
    client.post("/Users", json={"schemas": [USER], "userName": "ada-0123456789"})
    script = script_of(session)
    assert "user_2=bea-0123456789  # one of several: as it was recorded" in script
    assert run(script, client, tmp_path) == [200, 204, 200, 404]


def test_what_is_left_out() -> None:
    headers = [["Host", "h"], ["Authorization", "Bearer ***"], ["Content-Length", "2"], ["X-Kept", "it's"]]
    script = script_of([exchange(1, "GET", "/Users", headers=[*headers, ["IF-MATCH", 'W/"1"']])])
    assert "-H 'X-Kept: it'\"'\"'s'" in script and "# without its If-Match" in script
    for name in ("Host", "***", "Content-Length", "IF-MATCH"):
        assert name not in script
    refused = exchange(1, "?", "", None, error={"kind": "refused", "message": "x\ny"})
    assert "no HTTP" in script_of([refused]) and "curl -" not in script_of([refused])


def test_ids_that_are_hardly_ids_stay_where_they_may_be_something_else() -> None:
    """A short id is one in a path, in a filter and as a member, not in a phone number."""
    user = {"schemas": [USER], "id": "7", "userName": "ada"}
    members = {"schemas": [GROUP], "displayName": "7", "members": [{"value": "7"}]}
    phone = patch({"op": "add", "path": "phoneNumbers", "value": [{"value": "7", "type": "work", "x": "7"}]})
    script = script_of(
        [
            exchange(1, "POST", "/Users", {"userName": "ada"}, 201, user),
            exchange(2, "GET", "/Groups", query="filter=members%20eq%20%227%22&count=7"),
            exchange(3, "POST", "/Groups", members),
            exchange(4, "PATCH", "/Users/7", phone),
        ]
    )
    assert '%22${user_1}%22&count=7"' in script and "/Users/${user_1}" in script
    assert script.count("${user_1}") == 3 and '"displayName": "7"' in script


def test_another_base_path_is_on_the_same_service(shared_server: LiveServer, tmp_path: Path) -> None:
    session = [exchange(1, "GET", "/healthz")]
    session[0]["request"]["base"] = "/_scimmock"
    with shared_server.client() as client:
        assert run(script_of(session), client, tmp_path) == [200]


def test_a_script_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text(script_of([]))
    env = {name: value for name, value in os.environ.items() if not name.startswith("SCIM_")}
    done = subprocess.run(["bash", tmp_path / "a.sh"], env=env, capture_output=True, text=True)
    assert done.returncode != 0 and "the base URL of a SCIM service" in done.stderr


def test_no_line_of_the_session_runs_as_a_command(tmp_path: Path) -> None:
    """Comments keep to their line whatever the session says."""
    evil = exchange(1, "GET", "/Users\ntouch evil\n", at="2026-09-21T\ntouch evil\n")
    header = header_of("https://x\ntouch evil\n") | {"started": "\ntouch evil\n"}
    (tmp_path / "a.sh").write_text(script_of([evil], header))
    env = os.environ | {"SCIM_BASE_URL": "http://127.0.0.1:1", "SCIM_TOKEN": "x"}
    subprocess.run(["bash", "a.sh"], env=env, cwd=tmp_path, capture_output=True)
    assert not (tmp_path / "evil").exists()
