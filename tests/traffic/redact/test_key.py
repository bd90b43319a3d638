"""The key: made once, for its owner alone, shared as a file, and there where nothing can be written."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scimmock.errors import FileError
from scimmock.traffic.redact.key import default_key_file, load_key


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return tmp_path


def test_the_key_of_the_machine_is_made_once_for_its_owner(home: Path) -> None:
    key = load_key()
    file = default_key_file()
    assert file is not None and file.is_relative_to(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(key) == 32
    assert load_key() == key
    assert list(file.parent.iterdir()) == [file]


def test_a_state_folder_of_ones_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    load_key()
    assert (home / "state" / "scimmock" / "redact.key").is_file()


def test_a_key_file_can_be_shared(tmp_path: Path) -> None:
    shared = tmp_path / "team" / "redact.key"
    assert load_key(shared) == load_key(shared) == bytes.fromhex(shared.read_text().strip())


def test_many_that_begin_together_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_key(tmp_path / "k"), range(16)))
    assert len(set(keys)) == 1 and [file.name for file in tmp_path.iterdir()] == ["k"]


def test_without_a_place_to_write_it_lives_as_long_as_the_process(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    first, second = load_key(), load_key()
    assert len(first) == 32 and first != second


@pytest.mark.parametrize("content", ["", "secret", "ab" * 31, "zz" * 32])
def test_what_is_no_key_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    file = tmp_path / "k"
    file.write_text(content)
    with pytest.raises(FileError, match="64 hexadecimal digits"):
        load_key(file)
    assert file.read_text() == content


def test_a_key_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be used"):
        load_key(tmp_path / "file" / "k")
