"""What is known to be harmless: words of errors and servers, names of SCIM, values that its schemas list."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ..routes import DISCOVERY

# Words without which no sentence is one; somebody's name may be such a word, but tells of nobody by it.
COMMON = frozenset(
    "a an and are as at be been but by can cannot could did do does for from had has have how if in into "
    "is it its may must no nor not of on or other so than that the their them then there these they this "
    "those to too was were what when where which who will with would you your already exists found".split()
)
OPERATORS = frozenset("eq ne co sw ew gt ge lt le pr and or not add replace remove".split())
CANONICAL = frozenset(
    "work home other mobile fax pager photo thumbnail aim gtalk icq xmpp msn skype qq yahoo user group "
    "direct indirect employee contractor intern temp external unknown".split()
)
# Segments of paths that say what kind of thing something is, in lower case.
SEGMENTS = frozenset(
    (
        *(name.lower() for name in DISCOVERY),
        *"users groups me bulk .search roles entitlements devices agents agenticapplications "
        "serviceprincipals self scim scim1 scim2 v1 v2 v3 api rest services t tenants tenant orgs org "
        "organizations organisations enterprises enterprise accounts account workspaces "
        "workspace identity directory directories provisioning auth oauth oauth2 token iam admin aad "
        "gsuite gw id idp sso saml2 public".split(),
    )
)


@cache
def words() -> frozenset[str]:
    """Return the words, in lower case, that errors and servers use."""
    return frozenset(Path(__file__).with_name("words.txt").read_text("utf-8").split())


@cache
def attributes() -> frozenset[str]:
    """Return the names, in lower case, of every attribute and sub-attribute of the standard's schemas."""
    found = set("id externalid meta schemas resourcetype created lastmodified location version".split())
    for path in (Path(__file__).parents[2] / "scim" / "data").glob("*.json"):
        found |= set(_names(json.loads(path.read_text("utf-8")).get("attributes", ())))
    return frozenset(found)


def _names(attributes: Any) -> list[str]:
    return [
        name
        for item in attributes
        for name in (str(item["name"]).lower(), *_names(item.get("subAttributes", ())))
    ]


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the time zones that this machine knows."""
    from zoneinfo import available_timezones

    return frozenset(available_timezones())
