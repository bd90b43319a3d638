"""How auth faults know a token again without keeping it, and how they refuse it."""

from __future__ import annotations

from hashlib import blake2b

from ..errors import ScimError
from ..traffic.reply import Reply
from .call import Call
from .errors import RuleError
from .shapes import shape_error, shapes


def check_shape(shape: str | None) -> None:
    """Raise RuleError for the shape of an error that there is not."""
    if shape is not None and shape not in shapes():
        raise RuleError.unknown(".shape", "shape", shape, shapes())


def credential(call: Call) -> str | None:
    """Return a digest of the credentials that a request came with, None when there is nothing to take away.

    That is a request without credentials or with wrong ones, and one for the token endpoint, where
    clients get the next token.
    """
    if call.exchange.identity is None or call.operation == "token":
        return None
    header = _authorization(call)
    if header is None:
        return None
    scheme, _, value = header.partition(b" ")
    return blake2b(scheme.lower() + b" " + value.strip(), digest_size=16).hexdigest()


def unauthorized(call: Call, detail: str, error: str | None, shape: str | None = None) -> Reply:
    """Return a 401 with its challenge (RFC 9110 section 11.6.1) in the scheme that the client uses.

    ``error`` is the code of RFC 6750 section 3.1, such as ``invalid_token``, which is not for requests
    without credentials; ``detail`` describes it there and in the body, which is worded as the service
    does or in a named shape.
    """
    header = _authorization(call)
    scheme, _, _ = (header or b"").partition(b" ")
    if scheme.lower() == b"basic":
        challenge = 'Basic realm="scimmock", charset="UTF-8"'
    else:
        suffix = f', error="{error}", error_description="{_quotable(detail)}"' if error and header else ""
        challenge = f'Bearer realm="scimmock"{suffix}'
    return refusal(
        call,
        ScimError(401, f"Authorization failure: {detail}", headers=(("WWW-Authenticate", challenge),)),
        shape,
    )


def refusal(call: Call, error: ScimError, shape: str | None) -> Reply:
    """Return an error as the service words it, or with its body in a named shape."""
    reply = call.ground.error_reply(error)
    if shape is not None:
        reply.body, reply.media_type = shape_error(shape, error)
    return reply


def _authorization(call: Call) -> bytes | None:
    return next((value for name, value in call.exchange.headers if name == b"authorization"), None)


def _quotable(text: str) -> str:
    """Return a text with what RFC 6750 section 3 does not let into an error_description replaced."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
