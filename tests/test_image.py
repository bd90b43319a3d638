"""The Dockerfile: what it copies and sets is there, and its commands work where there is no image."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[1]
FILE = (ROOT / "Dockerfile").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """Return the instructions in order, each with its arguments in one line."""
    lines = [line for line in FILE.splitlines() if line.strip() and not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split()[0], line.partition(" ")[2]) for line in whole.splitlines()]


def of(name: str) -> list[str]:
    return [arguments for instruction, arguments in instructions() if instruction == name]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in of("ENV") for pair in line.split())


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out of the build, the last pattern that fits counts."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#"):
            fits = fnmatch.fnmatch(path, pattern) or path.startswith(f"{pattern}/")
            ignored = not line.startswith("!") if fits else ignored
    return ignored


def test_it_has_what_the_wheel_is_made_of() -> None:
    """Everything that pyproject.toml names for the wheel is copied, and nothing of it is ignored."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    meta = project["project"]
    wanted = {
        "pyproject.toml",
        meta["readme"],
        *meta["license-files"],
        *wheel["packages"],
        *wheel["force-include"],
    }
    copied = {word for line in of("COPY") if not line.startswith("--from") for word in line.split()[:-1]}
    assert copied == wanted
    assert [name for name in copied if not (ROOT / name).exists() or is_ignored(name)] == []
    assert (
        is_ignored("tests/conftest.py")
        and is_ignored(".git/config")
        and is_ignored("scimmock/cli/__pycache__")
    )


def test_it_ends_as_a_user_without_power() -> None:
    names = [name for name, _ in instructions()]
    user = of("USER")[-1]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user) and f"--uid {user.partition(':')[0]}" in FILE
    assert names.index("USER") < names.index("ENTRYPOINT") and "RUN" not in names[names.index("USER") :]
    assert names.count("FROM") == 2 and len({line.split()[0] for line in of("FROM")}) == 1


def test_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = re.findall(r"EXTRAS=(\w+)", FILE + (ROOT / "docs" / "ci.md").read_text("utf-8"))
    assert asked and set(asked) <= set(project["project"]["optional-dependencies"])


@pytest.fixture(scope="module")
def contained(launch_for_module: Any) -> Any:
    """A server as the image starts it, on a free port."""
    entry, command = json.loads(of("ENTRYPOINT")[0]), json.loads(of("CMD")[0])
    assert [*entry, *command] == ["scimmock", "serve"]
    own = {name: value for name, value in environment().items() if name.startswith("SCIMMOCK_")}
    assert own.pop("SCIMMOCK_SERVE_PORT") in of("EXPOSE")
    return launch_for_module(
        env=own | {"SCIMMOCK_SERVE_TOKEN": "secret", "SCIMMOCK_SERVE_ADMIN_TOKEN": "adm"}
    )


def test_its_health_is_asked_for(contained: Any) -> None:
    """The command is well while the server is there, and not at another port."""
    command = of("HEALTHCHECK")[0].partition("CMD ")[2]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def health(**variables: str) -> int:
        shell = command.replace("--timeout 3s", "--timeout 0")
        return subprocess.run(
            ["sh", "-c", shell], env={"PATH": path, **variables}, capture_output=True
        ).returncode

    assert "--timeout 3s" in command
    assert health(SCIMMOCK_SERVE_PORT=str(contained.address[1])) == 0
    assert health(SCIMMOCK_SERVE_PORT="9", SCIMMOCK_URL=contained.url) == 0
    assert health(SCIMMOCK_SERVE_PORT="9") == 5


def test_another_container_can_use_it(contained: Any) -> None:
    """Under the name of a service it answers, locations lead to it, control takes the admin token."""
    port = contained.address[1]
    host = {"Host": f"scimmock:{port}"}
    with httpx.Client(base_url=f"http://127.0.0.2:{port}", headers=host, timeout=20) as client:
        assert client.get("/scim/v2/Users").status_code == 401
        users = client.get("/scim/v2/Users?count=1", headers={"Authorization": "Bearer secret"})
        location = users.json()["Resources"][0]["meta"]["location"]
        assert location.startswith(f"http://127.0.0.2:{port}/scim/v2/Users/")
        assert httpx.get(location, headers={"Authorization": "Bearer secret"}).status_code == 200
        assert client.get("/_scimmock/readyz").status_code == 200
        assert client.get("/_scimmock/info").status_code == 401
        assert client.get("/_scimmock/info", headers={"Authorization": "Bearer adm"}).status_code == 200
