"""The control API (JSON over HTTP), for the server and for each tenant: all calls in one application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import ScimError, UserError
from . import clock, events, faults, journal, quirks, service, state
from .access import check_access
from .errors import ControlError
from .host import Call, Handler, Host, TenantOptions

_UNKNOWN = {404: "this call does not exist", 405: "this call does not take this method"}
_OPEN = ("healthz", "readyz")
_CALLS: tuple[Call, ...] = (
    *service.CALLS,
    *state.CALLS,
    *journal.CALLS,
    *events.CALLS,
    *clock.CALLS,
    *faults.CALLS,
    *quirks.CALLS,
)


def control_app(host: Host) -> Starlette:
    """Return the ASGI application of the control API for a server."""

    def endpoint(name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            try:
                if name not in _OPEN:
                    check_access(request, host.admin_token)
                return await handler(host, request)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it
            except ControlError as error:
                return JSONResponse(error.document(), status_code=error.status)
            except ScimError as error:
                refused = ControlError(error.status, error.detail)
                return JSONResponse(refused.document(), status_code=error.status)
            except UserError as error:
                return JSONResponse(ControlError(400, str(error)).document(), status_code=400)

        return call

    routes = [
        Route(f"/_scimmock/{path}", endpoint(path, handler), methods=[method])
        for method, path, handler in _CALLS
    ]

    async def unknown(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        message = _UNKNOWN.get(status, "an internal error, see the server's log")
        return JSONResponse(
            ControlError(status, message, request.url.path).document(),
            status_code=status,
            headers=getattr(error, "headers", None),
        )

    app = Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown, Exception: unknown})
    app.router.redirect_slashes = False  # a redirect would lead out of the tenant
    return app


__all__ = ["Host", "TenantOptions", "control_app"]
