"""A service that answers as it is told and notes what came, for tests of what is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Noting:
    """A service that answers as it is told, and notes what came; ``most`` is how many there were at once."""

    answer: Callable[[str, str], Answer] = lambda method, path: (200, None, {})
    came: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    most: int = 0
    inside: int = 0
    meet: threading.Barrier | None = None
    url: str = ""

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.came]


@contextmanager
def listening() -> Iterator[Noting]:
    """Run the service."""
    noted, lock = Noting(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                noted.came.append((self.command, self.path, dict(self.headers), json.loads(body or b"null")))
                noted.inside += 1
                noted.most = max(noted.most, noted.inside)
            if noted.meet is not None:
                noted.meet.wait(10)
            status, document, headers = noted.answer(self.command, self.path)
            content = json.dumps(document).encode() if document is not None else b""
            with lock:
                noted.inside -= 1
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    noted.url = f"http://127.0.0.1:{server.server_port}/app"
    yield noted
    server.shutdown()
    server.server_close()
    thread.join()
