"""Answers that quote the credentials they were asked with, which no report is to show."""

from __future__ import annotations

from ..traffic.secrets import MASK
from .target import Answer, decoded

_SURE = 16  # characters of a token that is no word


def without_credentials(answer: Answer, authorization: str | None) -> Answer:
    """Return an answer with `MASK` for the credentials of ``authorization``, should they stand in it.

    What is shorter than a token may be a word as well: it is taken out only behind its scheme.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if not token:
        return answer
    found = {authorization or "": f"{scheme} {MASK}"} | ({token: MASK} if len(token) >= _SURE else {})
    for secret, mask in found.items():
        if secret.encode() in answer.body:
            answer.body = answer.body.replace(secret.encode(), mask.encode())
            answer.json = decoded(answer.body)
        answer.headers = [(name, value.replace(secret, mask)) for name, value in answer.headers]
    return answer
