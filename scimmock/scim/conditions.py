"""Conditional requests (RFC 7644 section 3.14, RFC 9110 section 13)."""

from __future__ import annotations

from ..errors import ScimError


def _tags(header: str) -> list[str]:
    """Return the entity tags of a header without their weakness: SCIM compares weakly."""
    return [tag.strip().removeprefix("W/").removeprefix("w/").strip('"') for tag in header.split(",")]


def none_match(header: str, version: str | None) -> bool:
    """Whether If-None-Match names the current version, so that a GET answers 304."""
    if header.strip() == "*":
        return True
    return version is not None and _tags(version)[0] in _tags(header)


def check_match(if_match: str | None, if_none_match: str | None, version: str | None) -> None:
    """Raise 412 when If-Match does not name the current version, or If-None-Match of a write does."""
    if if_match is not None and if_match.strip() != "*":
        if version is None or _tags(version)[0] not in _tags(if_match):
            raise ScimError(412, "The precondition failed, the resource has changed on the server")
    if if_none_match is not None and none_match(if_none_match, version):
        raise ScimError(412, "The precondition failed, If-None-Match names the resource as it is")
