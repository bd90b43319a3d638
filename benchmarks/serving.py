"""Serve an ASGI application as scimmock does, and say where: used by the ceiling and by the peer."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import uvicorn

TOKEN = "scimmock"


def serve(app: Any, ready_file: str, prefix: str) -> None:
    """Listen on a free port of 127.0.0.1, write the ready file, serve until the process is ended."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    ready = {
        "base_url": f"http://127.0.0.1:{listener.getsockname()[1]}{prefix}",
        "token": TOKEN,
        "pid": os.getpid(),
    }
    draft = Path(f"{ready_file}.draft")
    draft.write_text(json.dumps(ready))
    draft.replace(ready_file)
    config = uvicorn.Config(
        app, http="httptools", loop="uvloop", access_log=False, log_level="error", lifespan="off"
    )
    uvicorn.Server(config).run(sockets=[listener])
