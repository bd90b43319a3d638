"""Quirks of what a resource shows: what is missing, empty or of another type than its schema says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...scim.schema import Attribute, ResourceType
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "members-omitted",
    who="Logfire, vCenter",
    standard="`members` is returned by default (RFC 7643 section 7, RFC 7644 section 3.4.2.5)",
)
class MembersOmitted(Quirk):
    """Groups are shown without their members."""

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Leave the members out."""
        members = resource_type.membership
        if members is not None:
            document.pop(members.name, None)
        return document


@quirk(
    "members-empty",
    who="AWS IAM Identity Center (an empty list); Okta's samples (null)",
    standard="`members` is returned by default, with those that the group has (RFC 7643 section 4.2)",
)
class MembersEmpty(Quirk):
    """Every group is shown as if it had no members.

    ``null`` shows null instead of an empty list.
    """

    null: bool = False

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Take the members out of the list, which is there even where it was not asked for."""
        members = resource_type.membership
        if members is not None:
            document[members.name] = None if self.null else []
        return document


@quirk(
    "active-missing-when-false",
    who="servers that fail Entra's validator",
    standard="an attribute with a value is returned, false too (RFC 7643 section 2.4)",
)
class ActiveMissingWhenFalse(Quirk):
    """A user who is not active is shown without the attribute `active`."""

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Leave a false value out, in whatever form it stands there."""
        if str(document.get("active")).lower() == "false":
            del document["active"]
        return document


@quirk(
    "booleans-as-strings-out",
    who="Slack (in its samples)",
    standard="a boolean is a JSON boolean (RFC 7643 section 2.3.2)",
)
class BooleansAsStringsOut(Quirk):
    """Booleans are shown as text, as in "primary": "true".

    ``attributes`` names those that are, at any depth; without it all are.
    """

    attributes: str | tuple[str, ...] = ()

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Turn booleans into text."""
        names = {name.lower() for name in several(self.attributes)}
        shown = _booleans_as_text(document, names, not names)
        assert isinstance(shown, dict)
        return shown


def _booleans_as_text(value: Any, names: set[str], meant: bool) -> Any:
    if isinstance(value, dict):
        return {
            name: _booleans_as_text(inner, names, not names or name.lower() in names)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_booleans_as_text(inner, names, meant) for inner in value]
    return str(value).lower() if isinstance(value, bool) and meant else value


@quirk(
    "nulls-emitted",
    who="Slack",
    standard="null and absent mean the same, and what has no value is left out (RFC 7643 section 2.5)",
)
class NullsEmitted(Quirk):
    """What has no value inside an object is shown as null.

    ``top_level`` shows the absent attributes of the resource itself as null too.
    """

    top_level: bool = False

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Fill objects with nulls for what their schema declares."""
        for name, value in list(document.items()):
            extension = resource_type.extensions.get(name.lower())
            attribute = resource_type.schema.attribute(name)
            if extension is not None and isinstance(value, dict):
                document[name] = _extension_with_nulls(value, extension.attributes)
            elif attribute is not None and attribute.sub_attributes:
                document[name] = _with_nulls(value, attribute)
        if self.top_level:
            for attribute in resource_type.schema.attributes:
                if _is_shown(attribute):
                    document.setdefault(attribute.name, None)
        return document


def _is_shown(attribute: Attribute) -> bool:
    return attribute.returned in ("always", "default")


def _with_nulls(value: Any, attribute: Attribute) -> Any:
    if isinstance(value, list):
        return [_with_nulls(element, attribute) for element in value]
    if not isinstance(value, dict):
        return value
    return value | {
        sub.name: None for sub in attribute.sub_attributes if _is_shown(sub) and sub.name not in value
    }


def _extension_with_nulls(value: dict[str, Any], attributes: Iterable[Attribute]) -> dict[str, Any]:
    filled = dict(value)
    for attribute in attributes:
        if not _is_shown(attribute):
            continue
        if attribute.sub_attributes and not attribute.multi_valued:
            filled[attribute.name] = _with_nulls(filled.get(attribute.name, {}), attribute)
        else:
            filled.setdefault(attribute.name, None)
    return filled
