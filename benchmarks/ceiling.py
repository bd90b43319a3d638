"""The ceiling: what uvicorn and one bare Starlette route cost when the answer is ready and nothing is done.

It is asked the very requests that the server under test is asked, reads the body of a write, and answers
bytes of the size that the server under test answered. `PUT /answer` sets status and size beforehand.
"""

from __future__ import annotations

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PREFIX = "/scim/v2"


class Prepared:
    """The answer to the requests that follow."""

    status = 200
    body = b"{}"


async def read(request: Request) -> Response:
    """Answer the prepared bytes."""
    return Response(Prepared.body, Prepared.status, media_type="application/scim+json")


async def write(request: Request) -> Response:
    """Read the body, answer the prepared bytes."""
    await request.body()
    return Response(Prepared.body, Prepared.status, media_type="application/scim+json")


async def prepare(request: Request) -> Response:
    """Take status and size of the answers that follow: `{"status": 200, "size": 812}`."""
    wanted = await request.json()
    Prepared.status = wanted["status"]
    Prepared.body = b"x" * wanted["size"]
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route(f"{PREFIX}/Users/{{id}}", read, methods=["GET"]),
        Route(f"{PREFIX}/Users/{{id}}", write, methods=["PATCH"]),
        Route(f"{PREFIX}/Users", read, methods=["GET"]),
        Route(f"{PREFIX}/Users", write, methods=["POST"]),
        Route(f"{PREFIX}/Groups/{{id}}", write, methods=["PATCH"]),
        Route("/answer", prepare, methods=["PUT"]),
    ]
)

if __name__ == "__main__":
    from serving import serve

    serve(app, ready_file=sys.argv[1], prefix=PREFIX)
