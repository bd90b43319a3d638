"""Quirks of how errors are worded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...faults.shapes import shape_error, shapes
from ...scim.answer import ERROR
from ...traffic.reply import Reply
from ..base import Quirk, quirk
from ..replies import decoded, is_scim_error, reword, several

_STANDARD = "an error is a SCIM error message (RFC 7644 section 3.12)"
_STATUS = "`status` is the HTTP status as text (RFC 7644 section 3.12)"


def _concerns(statuses: int | tuple[int, ...], error: ScimError) -> bool:
    wanted = several(statuses)
    return not wanted or error.status in wanted


@quirk(
    "error-not-scim",
    who="Infisical (framework), Zoom (code-message), Google (google-html), proxies (html, proxy-text)",
    standard=_STANDARD,
)
class ErrorNotScim(Quirk):
    """Errors are those of a web framework, of another API or of a proxy.

    ``shape`` names their form, the same ones that `status` faults have; ``statuses`` are the HTTP
    statuses at which they have it, all of them by default.  ``template`` is a JSON object that takes the
    place of the form, with {status}, {detail} and {scim_type} for what they are; a {status} that stands
    alone is a number.
    """

    shape: str = "framework"
    statuses: int | tuple[int, ...] = ()
    template: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Only known shapes."""
        if self.shape not in shapes():
            raise ValueError(f"there is no shape {self.shape!r}, there are {', '.join(shapes())}")

    def error(self, error: ScimError, reply: Reply) -> None:
        """Word it so."""
        if not _concerns(self.statuses, error):
            return
        if self.template is None:
            reply.body, reply.media_type = shape_error(self.shape, error)
        else:
            reply.body = msgspec.json.encode(_filled(self.template, error))
            reply.media_type = b"application/json"


_PLACE = re.compile(r"\{(status|detail|scim_type)\}")


def _filled(template: Any, error: ScimError) -> Any:
    """Return a template with what an error says in its places."""
    if isinstance(template, dict):
        return {name: _filled(inner, error) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, error) for inner in template]
    if template == "{status}":
        return error.status
    said = {"status": str(error.status), "detail": error.detail, "scim_type": error.scim_type or ""}
    # In one go: what stands in a detail is no place.
    return _PLACE.sub(lambda match: said[match[1]], template) if isinstance(template, str) else template


def _with_status(form: Callable[[str], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(document: dict[str, Any]) -> dict[str, Any]:
        status = str(document.get("status"))
        return document | {"status": form(status)} if status.isascii() and status.isdigit() else document

    return change


@quirk("error-status-int", who="Slack", standard=_STATUS)
class ErrorStatusInt(Quirk):
    """The `status` in an error is a number."""

    def error(self, error: ScimError, reply: Reply) -> None:
        """Turn it into a number."""
        reword(reply, _with_status(int))


@quirk("error-status-string", who="most services", standard=_STATUS)
class ErrorStatusString(Quirk):
    """The `status` in an error is text, as it should be, whatever stood there before."""

    def error(self, error: ScimError, reply: Reply) -> None:
        """Turn it into text."""
        reword(reply, _with_status(str))


@quirk("error-nested", who="SimpleIdServer, Pulumi Cloud", standard=_STANDARD)
class ErrorNested(Quirk):
    """The SCIM error lies under `response`, beside another `status`."""

    def error(self, error: ScimError, reply: Reply) -> None:
        """Wrap it."""
        document = decoded(reply)
        if is_scim_error(document):
            reply.body = msgspec.json.encode({"status": str(error.status), "response": document})


@quirk("error-extra-fields", who="AWS IAM Identity Center", standard=_STANDARD)
class ErrorExtraFields(Quirk):
    """Errors also have `schema`, `exceptionRequestId` and `timeStamp`."""

    def reply(self, call: Call, reply: Reply) -> None:
        """Add them to a SCIM error."""
        if reply.status < 400:
            return
        now = call.ground.clock.now()
        about = f"{now}\0{call.method}\0{call.path}\0{call.exchange.query!r}"
        request_id = UUID(bytes=blake2b(about.encode("utf-8", "replace"), digest_size=16).digest(), version=4)

        def change(document: dict[str, Any]) -> dict[str, Any]:
            extra = {"exceptionRequestId": str(request_id), "timeStamp": _time_stamp(now)}
            return {"schema": [ERROR], **document, **extra}

        if reword(reply, change):
            call.acted(self.name)


def _time_stamp(seconds: float) -> str:
    """Return a time with a space in it and no zeros at its end: ``2024-12-10 19:50:00.53``."""
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3].rstrip("0")
    return f"{text}0" if text.endswith(".") else text


@quirk("error-array-11", who="Okta's documentation of SCIM 1.1", standard=_STANDARD)
class ErrorArray11(Quirk):
    """Errors are those of SCIM 1.1: a list under `Errors`."""

    def error(self, error: ScimError, reply: Reply) -> None:
        """Word it so."""
        reply.body, reply.media_type = shape_error("errors-array", error)


@quirk("error-object-11", who="Slack (SCIM 1.1)", standard=_STANDARD)
class ErrorObject11(Quirk):
    """Errors are those of Slack's SCIM 1.1: an object under `Errors`."""

    def error(self, error: ScimError, reply: Reply) -> None:
        """Word it so."""
        reply.body, reply.media_type = shape_error("errors-object", error)


@quirk("error-empty-body", who="SimpleIdServer", standard=_STANDARD)
class ErrorEmptyBody(Quirk):
    """Errors have no body.

    ``statuses`` are the HTTP statuses of those that have none; an empty list means all of them.
    """

    statuses: int | tuple[int, ...] = (404, 405)

    def error(self, error: ScimError, reply: Reply) -> None:
        """Take the body away."""
        if _concerns(self.statuses, error):
            reply.body, reply.media_type = shape_error("empty", error)


@quirk(
    "409-no-scimtype",
    who="Slack, many services",
    standard="the `scimType` of a conflict is `uniqueness` (RFC 7644 section 3.3)",
)
class ConflictWithoutScimType(Quirk):
    """A conflict has no `scimType`."""

    def refuse(self, error: ScimError) -> ScimError:
        """Leave it out."""
        return error.worded(scim_type="") if error.status == 409 else error
