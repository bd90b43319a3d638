"""Who is asking: bearer tokens, HTTP basic, OAuth 2.0 client credentials (RFC 7644 section 2)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus

from ..errors import ScimError
from ..fixture import AuthSpec, ClientSpec

_MAX_ISSUED = 10_000


@dataclass(frozen=True, slots=True)
class Identity:
    """A credential by its name; ``user`` is the userName that it stands for, if any."""

    name: str
    user: str | None = None


ANONYMOUS = Identity("anonymous")


@dataclass(slots=True)
class Issued:
    """A token that the token endpoint gave to a client; ``expires`` in seconds of the server's clock."""

    identity: Identity
    client_id: str
    expires: float


class Authenticator:
    """Checks the Authorization header of requests.

    ``tokens`` are the named tokens of the server itself, beside those of the fixture.  ``now`` gives
    seconds; tokens of the token endpoint expire by it.  ``issued`` holds those tokens; tenants share
    it, so that a token is good wherever its client is known.
    """

    def __init__(
        self,
        spec: AuthSpec,
        tokens: dict[str, str],
        now: Callable[[], float],
        required: bool = True,
        issued: dict[str, Issued] | None = None,
    ) -> None:
        self.required = required
        self.now = now
        self.clients: dict[str, ClientSpec] = {client.client_id: client for client in spec.clients}
        schemes = [str(scheme) for scheme in spec.schemes]
        self.schemes = tuple(schemes) if required else ()
        self._known: dict[bytes, Identity] = {}
        self._issued = issued if issued is not None else {}
        for name, value in tokens.items():
            self._add_bearer(value, Identity(name))
        for token in spec.tokens:
            self._add_bearer(token.value or secrets.token_urlsafe(24), Identity(token.name, token.user))
        for account in spec.basic:
            pair = f"{account.username}:{account.password}".encode()
            header = b"Basic " + base64.b64encode(pair)
            self._known[header] = Identity(account.username, account.user or account.username)

    def _add_bearer(self, value: str, identity: Identity) -> None:
        self._known[b"Bearer " + value.encode()] = identity

    def identify(self, header: bytes | None) -> Identity:
        """Return whose credential the header holds; raises 401."""
        found = self.recognise(header)
        if isinstance(found, ScimError):
            raise found
        return found

    def recognise(self, header: bytes | None) -> Identity | ScimError:
        """Return whose credential the header holds, or the 401 for it; nobody is judged yet."""
        if header is not None:
            identity = self._known.get(header)
            if identity is not None:
                return identity
        if not self.required:
            return ANONYMOUS
        if header is None:
            return self._refuse("no credentials were given", None)
        scheme, _, credential = header.partition(b" ")
        kind, credential = scheme.lower(), credential.strip()
        if kind == b"bearer":
            identity = self._known.get(b"Bearer " + credential)
            if identity is not None:
                return identity
            issued = self._issued.get(credential.decode("latin-1"))
            if issued is not None and issued.client_id in self.clients:
                if self.now() < issued.expires:
                    return issued.identity
                return self._refuse("the token has expired", "invalid_token")
            return self._refuse("the token is not known", "invalid_token")
        if kind == b"basic":
            try:
                canonical = base64.b64encode(base64.b64decode(credential, validate=True))
            except binascii.Error:
                canonical = b""
            identity = self._known.get(b"Basic " + canonical)
            if identity is not None:
                return identity
            return self._refuse("the user name or the password is wrong", None)
        return self._refuse("this kind of credentials is not accepted", None)

    def _refuse(self, detail: str, error: str | None) -> ScimError:
        challenges = []
        if not self.schemes or "bearer" in self.schemes or "oauth2" in self.schemes:
            suffix = f', error="{error}", error_description="{detail}"' if error else ""
            challenges.append(("WWW-Authenticate", f'Bearer realm="scimmock"{suffix}'))
        if "basic" in self.schemes:
            challenges.append(("WWW-Authenticate", 'Basic realm="scimmock", charset="UTF-8"'))
        return ScimError(401, f"Authorization failure: {detail}", headers=tuple(challenges))

    def issue(self, body: bytes, authorization: bytes | None) -> tuple[int, dict[str, object]]:
        """Answer a request to the token endpoint: (status, JSON), as RFC 6749 section 4.4 has it.

        Clients authenticate with HTTP basic or in the form (section 2.3.1).  Tokens are opaque.
        """
        try:
            form = {
                name: values[-1]
                for name, values in parse_qs(body.decode(), strict_parsing=bool(body)).items()
            }
        except (ValueError, UnicodeDecodeError):
            return 400, {"error": "invalid_request", "error_description": "the body is a form"}
        if form.get("grant_type") != "client_credentials":
            kind = "unsupported_grant_type" if "grant_type" in form else "invalid_request"
            return 400, {"error": kind, "error_description": "grant_type is client_credentials"}
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization is not None and authorization[:6].lower() == b"basic ":
            try:
                pair = base64.b64decode(authorization[6:].strip(), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                pair = ""
            client_id, _, secret = (unquote_plus(part) for part in pair.partition(":"))
        client = self.clients.get(client_id)
        if client is None or not hmac.compare_digest(client.client_secret.encode(), secret.encode()):
            return 401, {"error": "invalid_client", "error_description": "the client is not known"}
        token = secrets.token_urlsafe(32)
        self._forget_expired()
        self._issued[token] = Issued(
            Identity(client_id, client.user), client_id, self.now() + client.expires_in
        )
        answer: dict[str, object] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": client.expires_in,
        }
        if "scope" in form:
            answer["scope"] = form["scope"]
        return 200, answer

    def _forget_expired(self) -> None:
        if len(self._issued) < _MAX_ISSUED:
            return
        now = self.now()
        for token in [token for token, issued in self._issued.items() if issued.expires <= now]:
            del self._issued[token]
        while len(self._issued) >= _MAX_ISSUED:
            del self._issued[next(iter(self._issued))]
