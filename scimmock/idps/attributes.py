"""Where the attributes of people stand in a SCIM user, and when two values are the same (RFC 7643).

People have flat names ("name.givenName", "email", "address.postalCode"); a target shows them in the
form of SCIM 2.0 or 1.1, and each in its own spelling of what is optional.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["ABSENT", "found_values", "get", "is_active", "is_same", "member_ids", "text_of"]

# Stands for an attribute that a resource does not show.
ABSENT: Any = object()

_EXACT = ("externalId", "id", "manager")
_ENTERPRISE = ("employeeNumber", "costCenter", "organization", "division", "department")
_TYPES = {
    "email": ("emails", "work"),
    "phone": ("phoneNumbers", "work"),
    "mobile": ("phoneNumbers", "mobile"),
}
_PHONES = ("phone", "mobile")
_SEPARATORS = re.compile(r"[\s().-]|^tel:", re.IGNORECASE)  # RFC 3966 section 5.1.1


def get(document: Any, name: str) -> Any:
    """Return an attribute of a document, `ABSENT` where it has none; names ignore case (section 2.1)."""
    if not isinstance(document, dict):
        return ABSENT
    if name in document:
        value = document[name]
    else:
        lower = name.lower()
        value = next((value for key, value in document.items() if key.lower() == lower), ABSENT)
    return ABSENT if value is None else value


def found_values(document: dict[str, Any], name: str) -> list[Any]:
    """Return the values that a SCIM user has for an attribute of a person, none where it shows none.

    There may be several: an e-mail address may stand among others.
    """
    if name in _TYPES:
        return _typed(document, *_TYPES[name])
    if name.startswith("address."):
        part = name.removeprefix("address.")
        return [value for item in _items(document, "addresses") if (value := get(item, part)) is not ABSENT]
    if name == "manager":
        return [value for item in _extension(document, name) for value in _manager(item)]
    if name in _ENTERPRISE:
        return _extension(document, name)
    found: Any = document
    for part in name.split("."):
        found = get(found, part)
    return [] if found is ABSENT or found == "" else [found]


def is_same(name: str, wanted: Any, found: Any) -> bool:
    """Whether a value is the wanted one: text ignores case but where the schema says otherwise.

    Of the attributes of a user only ids are case-exact (RFC 7643 section 8.7.1); telephone numbers
    are the same whatever separates their digits.
    """
    if isinstance(wanted, str) and isinstance(found, str):
        if name in _EXACT:
            return wanted == found
        if name in _PHONES:
            return _SEPARATORS.sub("", wanted) == _SEPARATORS.sub("", found)
        return wanted.strip().casefold() == found.strip().casefold()
    if isinstance(wanted, bool) or isinstance(found, bool):
        return str(wanted).lower() == str(found).lower()
    return bool(wanted == found) or str(wanted) == str(found)


def is_active(document: dict[str, Any]) -> bool:
    """Whether an account can be used: `active` is true, or not shown; "False" is a way to say false."""
    value = get(document, "active")
    return value is ABSENT or str(value).strip().lower() not in ("false", "0", "")


def member_ids(document: dict[str, Any], name: str = "members") -> list[str] | None:
    """Return the ids of a group's members (or a user's ``groups``), None where it shows no such list."""
    value = get(document, name)
    if not isinstance(value, list):
        return None
    ids = (get(item, "value") if isinstance(item, dict) else item for item in value)
    return [str(id) for id in ids if id is not ABSENT and id is not None]


def text_of(value: Any) -> str:
    """Return a value in a sentence: text in quotes, nothing as "nothing"."""
    if value is None or value is ABSENT or value == "":
        return "nothing"
    return (
        f'"{value}"'
        if isinstance(value, str)
        else str(value).lower()
        if value in (True, False)
        else f"{value}"
    )


def _items(document: dict[str, Any], name: str) -> list[Any]:
    value = get(document, name)
    return value if isinstance(value, list) else [] if value is ABSENT else [value]


def _typed(document: dict[str, Any], name: str, wanted: str) -> list[Any]:
    """Return the values of that type, where there is none those without type, or the only one."""
    items = [item if isinstance(item, dict) else {"value": item} for item in _items(document, name)]
    fits: tuple[Callable[[Any], bool], ...] = (
        lambda item: str(get(item, "type")).lower() == wanted,
        lambda item: get(item, "type") is ABSENT,
        lambda item: len(items) == 1 and wanted == "work",
    )
    for fit in fits:
        values = [get(item, "value") for item in items if fit(item)]
        if values := [value for value in values if value is not ABSENT and value != ""]:
            return values
    return []


def _extension(document: dict[str, Any], name: str) -> list[Any]:
    """Return an attribute of the enterprise extension, whatever its URN is; some keep it flat."""
    homes = [value for key, value in document.items() if "enterprise" in key.lower()]
    values = (get(home, name) for home in [*homes, document])
    return [value for value in values if value is not ABSENT and value not in ("", {}, [])][:1]


def _manager(value: Any) -> Iterator[str]:
    """Yield the id of a manager: in an object, a list of one, or alone; SCIM 1.1 names it managerId."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            id = get(item, "value")
            item = get(item, "managerId") if id is ABSENT else id
        if item is not ABSENT and item != "":
            yield str(item)
