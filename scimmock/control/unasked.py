"""What a call does not take."""

from __future__ import annotations

from starlette.requests import Request

from .errors import ControlError


def refuse_parameters(request: Request) -> None:
    """Raise 400 for a query parameter of a call that takes none: it would be ignored in silence."""
    name = next(iter(request.query_params), None)
    if name is not None:
        raise ControlError(400, "unknown parameter, this call takes none", name)
