"""``wait``: what is waited on in vain, and what cannot be waited on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '"x"', "5", "null", "{}", '{"url": 5}', '{"url": ""}', "\xff"]
)
def test_wait_for_a_file_that_is_no_ready_file(outcome: Any, tmp_path: Path, content: str) -> None:
    """A file with other content is waited on until the time is over, never a traceback."""
    (tmp_path / "r.json").write_bytes(content.encode("latin-1"))
    code, text = outcome("wait", "--ready-file", "r.json", "--timeout", "0")
    assert code in (2, 5), text


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ftp://x",
        "http://",
        "http://localhost:99999",
        "http://[::1",
        "http://a..b",
        "http://x:y",
        "http://\x01/",
    ],
)
def test_wait_for_what_is_no_url(outcome: Any, url: str) -> None:
    """What is no URL of a server is a usage error or never ready, in one sentence."""
    code, text = outcome("wait", "--url", url, "--timeout", "0")
    assert code in (2, 5), text
    assert text.strip()


@pytest.mark.parametrize("timeout", ["soon", "-1s", "", "5 parsecs"])
def test_wait_for_no_duration(outcome: Any, timeout: str) -> None:
    """A timeout that is no duration is exit code 2 with examples of one."""
    code, text = outcome("wait", f"--timeout={timeout}")
    assert code == 2 and "200ms" in text
