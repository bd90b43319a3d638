"""A small SCIM service: users, and as much of the protocol as Entra ID asks of it.

It has a defect in `Users.kept`. app_fixed.py does not have it.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Resource = dict[str, Any]
CORE = "urn:ietf:params:scim:schemas:core:2.0"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
CONDITION = re.compile(r'(\S+) eq "([^"]*)"')
ATTRIBUTES = ("userName", "externalId", "displayName", "active")
PATH = re.compile(rf'(?:({ENTERPRISE}):)?(\w+)(?:\[type eq "(\w+)"\])?(?:\.(\w+))?')


class Users:
    """The accounts, by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Resource] = {}

    def find(self, filter: str) -> list[Resource]:
        """Return the accounts that meet all conditions: `userName eq "ann" and ...`."""
        conditions = CONDITION.findall(filter)
        return [user for user in self.by_id.values() if all(self.meets(user, *one) for one in conditions)]

    def meets(self, user: Resource, name: str, value: str) -> bool:
        """Return whether an attribute has a value; a manager is known by the id."""
        found = user.get(ENTERPRISE, {}).get(name, user.get(name))
        found = found["value"] if isinstance(found, dict) else found
        return str(found).lower() == value.lower()

    def create(self, body: Resource) -> Resource:
        """Make an account."""
        if self.find(f'userName eq "{body["userName"]}"'):
            raise HTTPException(409, f"{body['userName']} has an account already")
        id = str(uuid.uuid4())
        return self.by_id.setdefault(id, body | {"id": id, "meta": {"resourceType": "User"}})

    def patch(self, user: Resource, operations: list[Resource]) -> None:
        """Carry out the operations of a PATCH, whose op may have capitals."""
        for operation in operations:
            path = PATH.fullmatch(operation["path"])
            if path is None:
                raise HTTPException(400, f"the path {operation['path']} is not understood")
            extension, name, kind, inner = path.groups("")
            holder = user.setdefault(extension, {}) if extension else user
            if operation["op"].lower() == "remove":
                holder.pop(name, None)
            elif kind:
                self.chosen(holder.setdefault(name, []), kind)[inner] = operation["value"]
            elif inner:
                holder.setdefault(name, {})[inner] = operation["value"]
            else:
                holder[name] = self.kept(name, operation["value"])

    def chosen(self, values: list[Resource], kind: str) -> Resource:
        """Return the value of that type, a new one if there is none."""
        for value in values:
            if value["type"] == kind:
                return value
        values.append({"type": kind})
        return values[-1]

    def kept(self, name: str, value: Any) -> Any:
        """Return the value of an attribute as it is stored, whatever a client sends for it."""
        if name == "active":
            return bool(value)
        return {"value": value} if name == "manager" else value


def application(users: Users, token: str) -> Starlette:
    """Return the service; it has one token."""

    def answer(request: Request, status: int, body: Resource, headers: Any = None) -> Response:
        if "id" in body:
            location = f"{request.base_url}scim/Users/{body['id']}"
            body = body | {"meta": body["meta"] | {"location": location}}
            headers = {"Location": location}
        return JSONResponse(body, status, headers, "application/scim+json")

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        body = {"schemas": [f"{MESSAGES}:Error"], "status": str(error.status_code), "detail": error.detail}
        if error.status_code == 409:
            body["scimType"] = "uniqueness"
        return answer(request, error.status_code, body, error.headers)

    def known(request: Request) -> Resource:
        if request.headers.get("Authorization") != f"Bearer {token}":
            raise HTTPException(401, "who is asking?", {"WWW-Authenticate": "Bearer"})
        id = request.path_params.get("id")
        if id and id not in users.by_id:
            raise HTTPException(404, f"there is no user {id}")
        return users.by_id[id] if id else {}

    def listed(request: Request, found: list[Resource]) -> Response:
        start = int(request.query_params.get("startIndex", "1"))
        page = found[start - 1 : start - 1 + int(request.query_params.get("count", "100"))]
        counters = {"totalResults": len(found), "startIndex": start, "itemsPerPage": len(page)}
        return answer(request, 200, {"schemas": [f"{MESSAGES}:ListResponse"], **counters, "Resources": page})

    async def schemas(request: Request) -> Response:
        known(request)
        schema = {"schemas": [f"{CORE}:Schema"], "id": f"{CORE}:User", "name": "User"}
        return listed(request, [schema | {"attributes": [{"name": name} for name in ATTRIBUTES]}])

    async def many(request: Request) -> Response:
        known(request)
        if request.method == "POST":
            return answer(request, 201, users.create(await request.json()))
        return listed(request, users.find(request.query_params.get("filter", "")))

    async def one(request: Request) -> Response:
        user = known(request)
        if request.method == "DELETE":
            del users.by_id[user["id"]]
            return Response(status_code=204)
        if request.method == "PATCH":
            users.patch(user, (await request.json())["Operations"])
        return answer(request, 200, user)

    routes = [
        Route("/scim/Schemas", schemas),
        Route("/scim/Users", many, methods=["GET", "POST"]),
        Route("/scim/Users/{id}", one, methods=["GET", "PATCH", "DELETE"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: refused})
