"""Which client sent a request, by its User-Agent."""

from __future__ import annotations

import re
from functools import lru_cache

# What the product tokens of known clients say, in lower case; see the fixtures for the sources.
_KNOWN = (
    ("okta", "okta"),
    ("authentik", "authentik"),
    ("ssosync", "ssosync"),
    ("keycloak", "keycloak"),
    ("onelogin", "onelogin"),
    ("jumpcloud", "jumpcloud"),
    ("sailpoint", "sailpoint"),
)
# The names of the known ones, which are those of their fixtures.
KNOWN = frozenset(name for _, name in _KNOWN)
_PRODUCT = re.compile(r"[^\s/;()]+")


@lru_cache(maxsize=256)
def client_of(user_agent: bytes) -> str:
    """Return a short name: that of a known provisioning client, else the first product in lower case.

    ``Okta SCIM Client 1.0.0`` is "okta", ``python-httpx/0.28`` is "python-httpx"; "" for no User-Agent.
    """
    text = user_agent.decode("latin-1").lower()
    for word, name in _KNOWN:
        if word in text:
            return name
    match = _PRODUCT.search(text)
    return match[0] if match else ""
