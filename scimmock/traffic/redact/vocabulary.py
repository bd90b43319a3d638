"""What is known to be harmless: words of errors and servers, names of SCIM, values that its schemas list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ..routes import DISCOVERY

_PACKAGE = Path(__file__).parents[2]
# Words without which no sentence is one; somebody's name may be such a word, but tells of nobody by it.
COMMON = frozenset(
    "a an and are as at be been but by can cannot could did do does for from had has have how if in into "
    "is it its may must no nor not of on or other so than that the their them then there these they this "
    "those to too was were what when where which who will with would you your already exists found".split()
)
# What errors quote that is no attribute: operators, operations and methods.
OPERATORS = frozenset(
    "eq ne co sw ew gt ge lt le pr and or not unique add replace remove delete get post put patch head "
    "options".split()
)
CANONICAL = frozenset(
    "work home other mobile fax pager photo thumbnail aim gtalk icq xmpp msn skype qq yahoo user group "
    "direct indirect employee contractor intern temp external unknown index cursor".split()
)
# What the messages of the standard have beside resources (RFC 7644 section 8.2, RFC 9865 section 2).
_MESSAGES = (
    "operations op path bulkid method data response failonerrors status scimtype detail resources "
    "totalresults itemsperpage startindex count cursor nextcursor previouscursor filter sortby sortorder "
    "attributes excludedattributes"
)
# Who publishes the standards that services refer to, and what the addresses of those look like.
PUBLIC_HOSTS = frozenset(
    "rfc-editor.org www.rfc-editor.org ietf.org www.ietf.org tools.ietf.org datatracker.ietf.org "
    "iana.org www.iana.org w3.org www.w3.org json-schema.org simplecloud.info www.simplecloud.info "
    "scim.cloud www.scim.cloud oauth.net openid.net".split()
)
_PUBLIC_URL = re.compile(
    r"https?://(?P<host>[a-z0-9.-]+)"
    r"(?:/(?:info|doc|html|pdf|id|rfc|specs?|2|rfc\d{3,5}|draft-(?:ietf|scim)-[a-z0-9-]+)(?:\.(?:txt|html?|pdf))?)*"
    r"/?(?:#(?:section|appendix|page)-[\dA-Z.]{1,9})?",
    re.I,
)
# Endpoints, and other segments that base paths are made of, in lower case.
ENDPOINTS = frozenset(
    (
        *(name.lower() for name in DISCOVERY),
        *"users groups me bulk .search roles entitlements devices agents agenticapplications".split(),
        *"serviceprincipals self".split(),
    )
)
SEGMENTS = ENDPOINTS | frozenset(
    "scim scim1 scim2 v1 v2 v3 api rest services t tenants tenant orgs org organizations organisations "
    "enterprises enterprise accounts account workspaces workspace identity directory directories "
    "provisioning auth oauth oauth2 token iam admin aad gsuite gw id idp sso saml2 public".split()
)


@cache
def words() -> frozenset[str]:
    """Return the words, in lower case, that errors and servers use."""
    return frozenset(Path(__file__).with_name("words.txt").read_text("utf-8").split())


@cache
def attributes() -> frozenset[str]:
    """Return the names, in lower case, of every attribute and sub-attribute of the standard's schemas."""
    found = set(
        f"id externalid meta schemas resourcetype created lastmodified location version {_MESSAGES}".split()
    )
    for path in _standard():
        found |= set(_names(json.loads(path.read_text("utf-8")).get("attributes", ())))
    return frozenset(found)


def _names(attributes: Any) -> list[str]:
    return [
        name
        for item in attributes
        for name in (str(item["name"]).lower(), *_names(item.get("subAttributes", ())))
    ]


def is_public_url(url: str) -> bool:
    """Whether a URL is that of a standard, such as https://www.rfc-editor.org/info/rfc6750."""
    match = _PUBLIC_URL.fullmatch(url)
    return match is not None and match["host"].lower() in PUBLIC_HOSTS


def known_sentence(text: str) -> bool:
    """Whether a name or description in the answers of discovery is one that scimmock ships, word for word."""
    return " ".join(text.split()) in _sentences()


@cache
def _sentences() -> frozenset[str]:
    """Return what the schemas of the standard and of the shipped fixtures say of attributes.

    The fixtures need not be there: the addon runs without them.
    """
    from ...scim.discovery import SCHEMES

    inside = _PACKAGE / "_shipped" / "fixtures"
    fixtures = inside if inside.is_dir() else _PACKAGE.parent / "fixtures"
    found = set(_described(list(SCHEMES.values())))
    paths = [path for folder in fixtures.glob("*/fixture.yaml") for path in folder.parent.glob("*.json")]
    for path in (*_standard(), *paths):
        document = json.loads(path.read_text("utf-8"))
        if isinstance(document, dict) and "attributes" in document:
            found.update(_described(document))
    return frozenset(found)


def _standard() -> list[Path]:
    return sorted((_PACKAGE / "scim" / "data").glob("*.json"))


def _described(value: Any) -> Iterator[str]:
    """Yield the names and descriptions in a schema."""
    if isinstance(value, list):
        for item in value:
            yield from _described(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("name", "description") and isinstance(inner, str):
                yield " ".join(inner.split())
            else:
                yield from _described(inner)


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the time zones that this machine knows."""
    from zoneinfo import available_timezones

    return frozenset(available_timezones())
