"""Answers that quote the credentials they were asked with, which no report is to show."""

from __future__ import annotations

import base64
import re

from ..traffic.secrets import MASK
from .target import Answer, decoded

_SURE = 16  # characters of a token that is no word
_SHORTEST = 6  # of one that has more than letters in it


def without_credentials(answer: Answer, authorization: str | None) -> Answer:
    """Return an answer with `MASK` for the credentials of ``authorization``, should they stand in it.

    What may be a word as well, a short one of letters alone, is taken out only behind its scheme or, as a
    password, behind its name.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if not token:
        return answer
    found = {authorization or "": f"{scheme} {MASK}"} | _hidden(token)
    if scheme.lower() == "basic":
        found |= _of_pair(token)
    for secret, mask in found.items():
        # A short one may stand within a word.
        pattern = re.escape(secret) if len(secret) >= _SURE else rf"(?<!\w){re.escape(secret)}(?!\w)"
        shown = mask.replace("\\", r"\\")
        if secret.encode() in answer.body:
            answer.body = re.sub(pattern.encode(), shown.encode(), answer.body)
            answer.json = decoded(answer.body)
        answer.headers = [(name, re.sub(pattern, shown, value)) for name, value in answer.headers]
    return answer


def _of_pair(token: str) -> dict[str, str]:
    """Return what stands for a name with a password, and for the password (RFC 7617)."""
    try:
        pair = base64.b64decode(token, validate=True).decode()
    except ValueError:
        return {}
    name, colon, password = pair.partition(":")
    return {pair: f"{name}:{MASK}"} | _hidden(password) if colon and password else {}


def _hidden(secret: str) -> dict[str, str]:
    """Return what stands for a secret, {} for one that may be a word."""
    is_sure = len(secret) >= _SURE or (len(secret) >= _SHORTEST and not secret.isalpha())
    return {secret: MASK} if is_sure else {}
