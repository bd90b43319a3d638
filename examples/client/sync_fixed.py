"""sync.py without its defects: what has to be done otherwise is all that stands here."""

from __future__ import annotations

from typing import Any

import httpx
import sync


class Sync(sync.Sync):
    """The same, for services that are busy and for connections that break."""

    def join(self, number: str, name: str) -> None:
        """Look for an account before one is made, again after each create that got no answer."""
        for _ in range(sync.TRIES):
            found = self.http.get("/Users", params={"filter": f'externalId eq "{number}"'}).json()
            if found["totalResults"]:
                self.ids[number] = found["Resources"][0]["id"]
                return
            try:
                return super().join(number, name)
            except httpx.TransportError:
                continue

    def send(self, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send a request, again when the service says so."""
        for _ in range(sync.TRIES):
            try:
                answer = self.http.request(method, path, json=body)
            except httpx.TransportError:
                if method == "POST":  # it may have been carried out: once more could make a second one
                    raise
                continue
            if answer.status_code not in (429, 503):
                return answer
            self.sleep(float(answer.headers.get("Retry-After", "1")))
        raise RuntimeError(f"{method} {path}: the service cannot be used")
