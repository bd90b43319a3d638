"""Files that hold a session in another form, told by how they begin."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

_HAR = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:')
_FLOWS = re.compile(rb"\d+:\d+:\w+[;,]")


def foreign_form(file: Path) -> str | None:
    """Return what a file is that holds a session in another form ("a HAR"), None for any other."""
    try:
        with open(file, "rb") as opened:
            head = opened.read(4096)
        if _HAR.match(zlib.decompressobj().decompress(head, 100) if head[:1] == b"x" else head):
            return "a HAR"
    except (OSError, zlib.error):
        return None
    return "a flow file of mitmproxy" if _FLOWS.match(head) else None
