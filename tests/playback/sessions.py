"""Sessions that are made up and recorded: a client does at random what clients do, as it is answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from scimmock.clock import format_time
from scimmock.traffic.form import body_form
from scimmock.traffic.recording import make_header
from scimmock.traffic.routes import aim_of

Document = dict[str, Any]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
_STARTED = 1_767_600_000.0


@dataclass
class Session:
    """A recording in memory; the exchanges of a client that waits for each answer."""

    base_url: str
    exchanges: list[Document] = field(default_factory=list)

    @property
    def header(self) -> Document:
        return make_header("provision", self.base_url, _STARTED)

    def __iter__(self) -> Iterator[Document]:
        return iter(self.exchanges)


class Recorder:
    """Sends requests and keeps them as a recording does."""

    def __init__(self, client: httpx.Client) -> None:
        self.session = Session(str(client.base_url).rstrip("/"))
        self._client = client

    def ask(
        self, method: str, path: str, body: Any = None, query: str = "", headers: Document | None = None
    ) -> httpx.Response:
        """Return the answer, with its exchange kept."""
        url = f"{self.session.base_url}{path}{f'?{query}' if query else ''}"
        request = self._client.build_request(method, url, json=body, headers=headers)
        answer = self._client.send(request)
        n, aim = len(self.session.exchanges) + 1, aim_of(method, path)
        self.session.exchanges.append(
            {
                "n": n,
                "at": format_time(_STARTED + n),
                "t": float(n),
                "request": {
                    "method": method,
                    "path": path,
                    "query": query,
                    "http": "1.1",
                    "headers": [list(pair) for pair in request.headers.items()],
                    "body": body_form(request.content),
                },
                "response": {
                    "status": answer.status_code,
                    "headers": [list(pair) for pair in answer.headers.items()],
                    "body": body_form(answer.content),
                },
                "timing": {"request_ms": 0.0, "wait_ms": 1.0, "response_ms": 0.0},
                "connection": 1,
                "error": None,
                "trace": {"operation": aim.operation, "resource": aim.resource, "id": aim.id, "rule": None},
            }
        )
        return answer


class Client:
    """Provisions people and teams as `steps` say; ``people`` and ``teams`` are the ids that it knows."""

    def __init__(self, recorder: Recorder) -> None:
        self._ask = recorder.ask
        self.people: list[str] = []
        self.teams: list[str] = []
        self._versions: dict[str, str] = {}
        self._count = 0

    def do(self, step: str, random_: random.Random) -> None:
        """Do a step, with what chance gives it."""
        STEPS[step](self, random_)

    def _one(self, ids: list[str], random_: random.Random) -> str:
        return random_.choice(ids) if ids else "there-is-no-such-resource"

    def create_user(self, random_: random.Random) -> None:
        self._count += 1
        name = f"user{self._count if random_.random() < 0.9 else 1}@example.com"
        body: Document = {
            "schemas": [USER, ENTERPRISE],
            "userName": name,
            "externalId": f"E{self._count}",
            "name": {"givenName": f"Given {self._count}", "familyName": "Family"},
            "emails": [{"value": name, "type": "work", "primary": True}],
            "active": True,
        }
        if self.people and random_.random() < 0.5:
            body[ENTERPRISE] = {"manager": {"value": self._one(self.people, random_)}}
        answer = self._ask("POST", "/Users", body)
        if answer.status_code == 201:
            self.people.append(answer.json()["id"])
            self._versions[self.people[-1]] = answer.headers.get("etag", "")

    def create_group(self, random_: random.Random) -> None:
        self._count += 1
        members = random_.sample(self.people, min(len(self.people), random_.randrange(4)))
        body = {
            "schemas": [GROUP],
            "displayName": f"Team {self._count}",
            "members": [{"value": id} for id in members],
        }
        answer = self._ask("POST", "/Groups", body)
        if answer.status_code == 201:
            self.teams.append(answer.json()["id"])

    def look_up(self, random_: random.Random) -> None:
        filters = [
            f'userName eq "user{random_.randrange(1, 9)}@example.com"',
            f'externalId eq "E{random_.randrange(1, 9)}" and active eq true',
            f'id eq "{self._one(self.people, random_)}"',
        ]
        self._ask("GET", "/Users", query=f"filter={quote(random_.choice(filters))}&count=10")

    def list_page(self, random_: random.Random) -> None:
        start = random_.randrange(1, 4)
        self._ask("GET", "/Users", query=f"sortBy=userName&startIndex={start}&count=3")

    def search(self, random_: random.Random) -> None:
        member = self._one(self.people, random_)
        body = {"schemas": [SEARCH], "filter": f'members[value eq "{member}"]', "attributes": ["displayName"]}
        self._ask("POST", "/Groups/.search", body)

    def read(self, random_: random.Random) -> None:
        answer = self._ask("GET", f"/Users/{self._one(self.people, random_)}")
        if answer.status_code == 200:
            self._versions[answer.json()["id"]] = answer.headers.get("etag", "")

    def read_group(self, random_: random.Random) -> None:
        self._ask("GET", f"/Groups/{self._one(self.teams, random_)}")

    def replace(self, random_: random.Random) -> None:
        id = self._one(self.people, random_)
        read = self._ask("GET", f"/Users/{id}")
        if read.status_code == 200:
            body = read.json() | {"title": f"Title {random_.randrange(9)}", "active": random_.random() < 0.5}
            self._ask("PUT", f"/Users/{id}", body)

    def patch(self, random_: random.Random) -> None:
        id = self._one(self.people, random_)
        operation = {"op": "replace", "path": "title", "value": f"Title {random_.randrange(9)}"}
        version = self._versions.get(id)
        headers = {"If-Match": version} if version and random_.random() < 0.5 else None
        body = {"schemas": [PATCH], "Operations": [operation]}
        answer = self._ask("PATCH", f"/Users/{id}", body, headers=headers)
        if answer.headers.get("etag"):
            self._versions[id] = answer.headers["etag"]

    def join(self, random_: random.Random) -> None:
        member = self._one(self.people, random_)
        operation = random_.choice(
            [
                {"op": "add", "path": "members", "value": [{"value": member}]},
                {"op": "remove", "path": f'members[value eq "{member}"]'},
            ]
        )
        body = {"schemas": [PATCH], "Operations": [operation]}
        self._ask("PATCH", f"/Groups/{self._one(self.teams, random_)}", body)

    def delete(self, random_: random.Random) -> None:
        ids = self.people if random_.random() < 0.7 else self.teams
        kind = "Users" if ids is self.people else "Groups"
        id = self._one(ids, random_)
        self._ask("DELETE", f"/{kind}/{id}")
        if id in ids and random_.random() < 0.7:  # some clients forget that they have deleted
            ids.remove(id)

    def bulk(self, random_: random.Random) -> None:
        self._count += 1
        user = {"schemas": [USER], "userName": f"bulk{self._count}@example.com"}
        group = {
            "schemas": [GROUP],
            "displayName": f"Bulk {self._count}",
            "members": [{"value": "bulkId:u"}, {"value": self._one(self.people, random_)}],
        }
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": user},
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
            {"method": "DELETE", "path": f"/Users/{self._one(self.people, random_)}"},
        ]
        answer = self._ask("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
        made = answer.json().get("Operations") or [{}]
        if str(made[0].get("status")) == "201":
            self.people.append(made[0]["location"].rpartition("/")[2])


STEPS: dict[str, Callable[[Client, random.Random], None]] = {
    name: getattr(Client, name)
    for name in (
        "create_user create_group look_up list_page search read read_group replace patch join delete bulk"
    ).split()
}
