"""The key of pseudonyms: it stays on the machine, readable by its owner alone."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from ...errors import FileError

_HEX = re.compile(r"[0-9a-f]{64}")


def default_key_file() -> Path | None:
    """Return where the key of this machine lies, None when there is no home to keep it in."""
    state = os.environ.get("XDG_STATE_HOME")
    try:
        root = Path(state) if state else Path.home() / ".local" / "state"
    except RuntimeError:
        return None
    return root / "scimmock" / "redact.key"


def load_key(path: Path | None = None) -> bytes:
    """Return the 32 bytes of a key, made when the file is not there yet; raises FileError.

    Without a path it is the key of this machine, and where that cannot be kept (no writable home) one
    that lives as long as the process.
    """
    if path is not None:
        try:
            return _read_or_make(path)
        except OSError as error:
            raise FileError(f"the key cannot be used: {error.strerror}", where=str(path)) from None
    own = default_key_file()
    try:
        if own is not None:
            return _read_or_make(own)
    except OSError:
        pass
    return secrets.token_bytes(32)


def _read_or_make(path: Path) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError:
        pass
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = secrets.token_hex(32)
    # Whole or not at all, also when several processes begin at the same time.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return _read(path)


def _read(path: Path) -> bytes:
    text = path.read_text("ascii", errors="replace").strip()
    if not _HEX.fullmatch(text):
        raise FileError("is no key of pseudonyms", where=str(path), hint="64 hexadecimal digits would be one")
    return bytes.fromhex(text)
