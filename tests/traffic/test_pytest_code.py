"""Tests made of sessions: run by a real pytest, they pass where the service is the same."""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from scimmock.traffic.pytest_code import write_pytest

from .made_sessions import GROUP, USER, exchange, header_of, patch, provision, recorded

Tenant = Callable[..., httpx.Client]


def code_of(exchanges: list[dict[str, Any]], header: dict[str, Any] | None = None) -> str:
    out = io.StringIO()
    write_pytest(header or header_of(), lambda: exchanges, out)
    return out.getvalue()


def run(code: str, client: httpx.Client | None, folder: Path) -> tuple[int, str]:
    """Run generated code against a tenant; returns pytest's exit code and what it said."""
    path = folder / "test_session.py"
    path.write_text(code, "utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SCIM_", "PYTEST_"))}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if client is not None:
        env["SCIM_BASE_URL"] = str(client.base_url)
        env["SCIM_TOKEN"] = client.headers["Authorization"].removeprefix("Bearer ")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "--rootdir",
        ".",
    ]
    done = subprocess.run(
        [*command, path.name], env=env, cwd=folder, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout


def is_clean(code: str, folder: Path) -> bool:
    """Whether Python takes code without a warning, and ruff does where it is installed."""
    path = folder / "clean.py"
    path.write_text(code, "utf-8")
    compile(code, str(path), "exec")
    if importlib.util.find_spec("ruff") is None:
        return True
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "-q", path]
    return subprocess.run(ruff, capture_output=True, timeout=30).returncode == 0


def test_a_session_passes_against_a_fresh_service_and_fails_against_another(
    scim: httpx.Client, tenant: Tenant, tmp_path: Path
) -> None:
    """Other ids and versions are no difference, other answers are."""
    provision(scim)
    header, exchanges = recorded(scim)
    code = code_of(exchanges, header)
    assert "user_1 = id_of(answer)" in code and 'version_1 = answer.headers["ETag"]' in code
    other = tenant(seed=99)
    for endpoint in ("/Users", "/Groups"):  # so that versions are others too
        name = {"userName": "x"} if endpoint == "/Users" else {"displayName": "x"}
        schema = USER if endpoint == "/Users" else GROUP
        other.delete(f"{endpoint}/{other.post(endpoint, json={'schemas': [schema], **name}).json()['id']}")
    assert run(code, other, tmp_path)[0] == 0
    failed, said = run(code, other, tmp_path)  # everybody is there already
    assert failed == 1 and "POST /Users was answered 409" in said
    assert is_clean(code, tmp_path)


def test_ids_are_learned_from_lists_by_the_name(tenant: Tenant, tmp_path: Path) -> None:
    """Whoever was there before the session has another id in each service."""
    first, second = tenant(seed=1), tenant(seed=2)
    for client in (first, second):
        for name in ("ada@example.com", "bea@example.com"):
            client.post("/Users", json={"schemas": [USER], "userName": name})
    httpx.delete(
        str(first.base_url).replace("/scim/v2/", "/_scimmock/journal"),
        verify=False,
        headers={"Content-Type": "application/json"},
    )
    found = first.get("/Users").json()["Resources"]
    members = [{"value": user["id"]} for user in found]
    first.post("/Groups", json={"schemas": [GROUP], "displayName": "G", "members": members})
    code = code_of(recorded(first)[1])
    assert 'id_in(answer, "userName", "bea@example.com")' in code
    assert run(code, second, tmp_path)[0] == 0
    (group,) = second.get("/Groups").json()["Resources"]
    assert {member["display"] for member in group["members"]} == {"ada@example.com", "bea@example.com"}


def test_what_the_service_did_is_what_is_asserted() -> None:
    """An answer that was lost on its way is asserted, one that a rule made up is left out."""
    lost = exchange(1, "POST", "/Users", {}, None, error={"kind": "reset", "message": ""})
    lost["upstream"] = {"status": 201, "headers": [], "body": {"json": {"id": "abc"}, "size": 12}}
    throttled = exchange(2, "GET", "/Users", status=429, trace={"rule": "busy", "rules": []})
    slow = exchange(3, "GET", "/Users/abc", trace={"rule": "s", "rules": [{"name": "s", "action": "delay"}]})
    gone = exchange(4, "GET", "/Users/abc", status=None, error={"kind": "timeout", "message": ""})
    out = io.StringIO()
    notices = write_pytest(header_of(), lambda: [lost, throttled, slow, gone], out)
    code = out.getvalue()
    assert notices == ["1 left out: a fault rule gave the answer"]
    assert 'answer = service.ask("POST", "/Users", 201,' in " ".join(code.split()).replace("( ", "(")
    assert "# 2: GET /Users -> 429: left out, a fault rule gave the answer" in code
    assert 'service.ask("GET", f"/Users/{user_1}", 200)' in code
    assert 'service.ask("GET", f"/Users/{user_1}", None)' in code


def test_any_text_arrives_as_it_was(scim: httpx.Client, tmp_path: Path) -> None:
    odd = 'it\'s "quoted" {x} \\ \n\r\t\x7f\u2028\u202e zoë 🙂 """ \'\'\''
    texts = [odd, 'only "double"', "only 'single'", "{}", ""]
    session = [
        exchange(index, "POST", "/Users", {"a": text, text: 1}, None) for index, text in enumerate(texts)
    ]
    for index, text in enumerate(texts):
        one = exchange(index, "POST", "/Users", None, None)
        one["request"]["body"] = {"text": text, "size": 1}
        session.append(one)
    session.append(exchange(9, "POST", "/Users", None, None))
    session[-1]["request"]["body"] = {"base64": "/wAK", "size": 3}
    code = code_of(session, header_of('https://x"""\n\\') | {"started": '"""\nimport evil'})
    assert run(code, scim, tmp_path)[0] == 0
    bodies = [item["request"]["body"] for item in recorded(scim)[1]]
    assert [item["json"] for item in bodies[:5]] == [{"a": text, text: 1} for text in texts]
    assert [item.get("text", "") for item in bodies[5:8]] == texts[:3]
    assert bodies[8]["json"] == {} and bodies[9]["size"] == 0 and bodies[10] == {"base64": "/wAK", "size": 3}
    assert is_clean(code, tmp_path)


def test_every_character_of_the_code_can_be_seen() -> None:
    one = exchange(1, "POST", "/Users\u202e")
    one["request"]["body"] = {"json": {"a": "\u202e\U000e0001\x7f"}, "size": 9}
    code = code_of([one])
    assert all(character.isprintable() or character == "\n" for character in code)
    assert r'"\u202e\U000e0001\u007f"' in code


def test_what_httpx_cannot_encode_is_sent_as_the_text_it_was() -> None:
    one = exchange(1, "POST", "/Users")
    one["request"]["body"] = {"json": {"a": "\ud800"}, "size": 14}
    code = code_of([one])
    assert r"""content='{"a":"\\ud800"}'""" in code and "json=" not in code


def test_lines_are_as_long_as_formatters_want_them() -> None:
    operation = {"op": "add", "path": "members", "value": [{"value": "a" * 36}, {"value": "b" * 36}]}
    code = code_of([exchange(1, "PATCH", "/Groups/x", patch(operation, operation), 204)])
    assert max(map(len, code.splitlines())) <= 88
    assert '\n                    "value": [' in code


def test_without_a_service_it_fails_and_says_why(tmp_path: Path) -> None:
    code, said = run(code_of([exchange(1, "GET", "/Users")]), None, tmp_path)
    assert code == 1 and "SCIM_BASE_URL is not set" in said


def test_where_nothing_can_be_done_again_it_is_skipped(tmp_path: Path) -> None:
    code = code_of([exchange(1, "?", "", status=None)])
    assert "what was sent is no HTTP" in code and "pytest.skip(" in code and is_clean(code, tmp_path)


def test_status_and_scim_type_are_asserted(scim: httpx.Client, tmp_path: Path) -> None:
    wrong = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "scimType": "tooMany"}
    session = [
        exchange(1, "GET", "/Users", status=401),  # credentials are not recorded, they are sent wrong again
        exchange(2, "GET", "/Users", status=400, told=wrong, query="filter=a"),
    ]
    code, said = run(code_of(session), scim, tmp_path)
    assert code == 1 and "GET /Users?filter=a was answered 400" in said and "tooMany" in said
