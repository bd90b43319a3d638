"""A session that shows much of a service: the requests are always the same, whatever is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_SCIM = {"Content-Type": "application/scim+json", "Accept": "application/scim+json"}
_NOBODY = "00000000-0000-4000-8000-000000000000"


def user(number: int, **more: Any) -> dict[str, Any]:
    """Return a user as most services take one."""
    name = f"Person{number}@example.com"
    return {
        "schemas": [USER],
        "externalId": f"ext-{number}",
        "userName": name,
        "displayName": f"Person {number}",
        "name": {
            "givenName": "Person",
            "familyName": f"Number{number}",
            "formatted": f"Person Number{number}",
        },
        "emails": [{"value": name.lower(), "type": "work", "primary": True}],
        "active": True,
        **more,
    }


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


class Player:
    """Sends requests and keeps what was answered; ``ids`` are those of what was made."""

    def __init__(self, client: httpx.Client, pause: Callable[[], None]) -> None:
        self.client = client
        self.pause = pause
        self.answers: list[tuple[str, httpx.Response]] = []
        self.ids: list[str] = []

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Send a request."""
        self.pause()
        options.setdefault("headers", _SCIM)
        if body is not None:
            options["json"] = body
        answer = self.client.request(method, path, **options)
        self.answers.append((f"{method} {path.partition('?')[0]}", answer))
        return answer

    def create(self, path: str, body: Any) -> str:
        """Send a POST and return the id of what was made, that of nobody where there is none."""
        answer = self.send("POST", path, body)
        location = answer.headers.get("location", "")
        id = location.rpartition("/")[2]
        if answer.content and answer.status_code < 300:
            id = str(answer.json().get("id", id))
        self.ids.append(id or _NOBODY)
        return id or _NOBODY


def play(client: httpx.Client, pause: Callable[[], None]) -> Player:
    """Play the session: discovery, people, groups, filters, pages, errors; ``pause`` comes before each."""
    player = Player(client, pause)
    for part in (_discovery, _people, _groups, _queries, _errors):
        part(player)
    return player


def _discovery(player: Player) -> None:
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        player.send("GET", path)
        player.send("GET", path, headers={"Accept": "*/*", "Authorization": ""})


def _people(player: Player) -> None:
    ada, bob, cyd = (player.create("/Users", user(number)) for number in (1, 2, 3))
    player.send("GET", f"/Users/{ada}")
    player.send("PATCH", f"/Users/{ada}", patch({"op": "replace", "path": "displayName", "value": "Ada"}))
    player.send("GET", f"/Users/{ada}")
    player.send("PATCH", f"/Users/{ada}", patch({"op": "replace", "value": {"active": False}}))
    player.send("GET", f"/Users/{ada}")
    player.send("PATCH", f"/Users/{ada}", patch({"op": "replace", "value": {"active": True}}))
    player.send("PUT", f"/Users/{bob}", user(2, displayName="Bob"))
    player.send("DELETE", f"/Users/{cyd}")
    player.send("GET", f"/Users/{cyd}")
    player.send("DELETE", f"/Users/{cyd}")


def _groups(player: Player) -> None:
    ada, bob = player.ids[:2]
    members = [{"value": ada}, {"value": bob}]
    team = player.create("/Groups", {"schemas": [GROUP], "displayName": "Team"})
    player.create("/Groups", {"schemas": [GROUP], "displayName": "Team"})
    for member in members:
        change = {"op": "add", "path": "members", "value": [member]}
        player.send("PATCH", f"/Groups/{team}", patch(change))
    player.send("GET", f"/Groups/{team}")
    player.send("GET", f"/Users/{ada}")
    player.send("PATCH", f"/Groups/{team}", patch({"op": "remove", "path": f'members[value eq "{ada}"]'}))
    player.send("PUT", f"/Groups/{team}", {"schemas": [GROUP], "displayName": "Crew", "members": members})
    player.send("DELETE", f"/Groups/{team}")
    player.send("GET", f"/Groups/{team}")


def _queries(player: Player) -> None:
    for query in _query_strings():
        player.send("GET", f"/Users?{query}")
    player.send("GET", "/Groups")
    player.send("GET", "/Groups?startIndex=1&count=1")


def _query_strings() -> Iterator[str]:
    yield from ("", "startIndex=1&count=2", "startIndex=2&count=2", "startIndex=1&count=100000")
    yield 'filter=userName eq "person1@example.com"'
    yield 'filter=userName eq "nobody@example.com"'
    yield 'filter=externalId eq "ext-1"'
    yield 'filter=userName sw "p"'
    yield 'filter=userName eq "person1@example.com" and active eq true'
    yield "sortBy=userName"


def _errors(player: Player) -> None:
    player.send("POST", "/Users", user(1))
    player.send("POST", "/Users", content=b"{")
    player.send("GET", f"/Users/{_NOBODY}")
    player.send("GET", "/Me")
    player.send("POST", "/Bulk", {"schemas": [], "Operations": []})
    player.send("GET", "/Users", headers={**_SCIM, "Authorization": "Bearer wrong"})
