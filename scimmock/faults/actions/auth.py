"""`unauthorized` and `forbidden`: requests that are refused though their credentials are good."""

from __future__ import annotations

from typing import Literal

from ...errors import ScimError
from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..credentials import check_shape, refusal, unauthorized
from ..rule import Fired

OauthError = Literal["invalid_request", "invalid_token", "insufficient_scope"]


@action(Stage.ANSWER, at_proxy=True)
class Unauthorized(Action):
    """Answers 401 with a WWW-Authenticate challenge, whatever the credentials are.

    With ``when: {every: 3}`` or a probability the service seems to forget a good token now and then.
    ``error`` is the code in the challenge (null sends none), ``detail`` and ``shape`` word the body.
    """

    unauthorized: Literal[True]
    error: OauthError | None = "invalid_token"
    detail: str = "the token is not known"
    shape: str | None = None

    def check(self) -> None:
        """Only known shapes."""
        check_shape(self.shape)

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Refuse."""
        return unauthorized(call, self.detail, self.error, self.shape)


@action(Stage.ANSWER, at_proxy=True)
class Forbidden(Action):
    """Answers 403: the credentials are good, but not for this.

    ``match`` says which operations they are not good for; ``detail``, ``scim_type`` and ``shape`` word
    the answer.
    """

    forbidden: Literal[True]
    detail: str = "The credentials do not permit this operation"
    scim_type: str | None = None
    shape: str | None = None

    def check(self) -> None:
        """Only known shapes."""
        check_shape(self.shape)

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Refuse."""
        return refusal(call, ScimError(403, self.detail, self.scim_type), self.shape)
