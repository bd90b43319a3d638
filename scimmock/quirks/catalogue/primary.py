"""Which of several values is the primary one, settled by the service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from ...errors import ScimError
from ...scim.draft import Draft
from ...scim.policy import Policy
from ...scim.values import fold
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]


@quirk(
    "primary-settled",
    who="Slack (emails, photos, addresses, roles)",
    standard="primary is optional, and values keep the order in which they came (RFC 7643 section 2.4)",
)
class PrimarySettled(Quirk):
    """Says of every value whether it is primary, and puts the primary one first.

    That is the value that is marked, else the first one of the type that ``by_type`` gives for the attribute,
    else the first one.  ``attributes`` are those for which it is so.  Of those in ``kept`` a PATCH that
    leaves only values which say that they are not primary is refused with 400.
    """

    attributes: Names = "emails"
    by_type: dict[str, str] = msgspec.field(default_factory=lambda: {"emails": "work"})
    kept: Names = ()

    def policy(self, policy: Policy) -> Policy:
        """Settle it."""
        return replace(policy, finish=(*policy.finish, self._settle))

    def _settle(self, draft: Draft) -> None:
        for path in several(self.attributes):
            name = draft.named(path)
            values = draft.document.get(name) if name is not None else None
            if name is None or not isinstance(values, list) or not draft.has_new(name):
                continue
            if draft.write == "patch" and path in several(self.kept) and all(map(_secondary, values)):
                detail = f"the primary value of {name!r} cannot be removed"
                raise ScimError(400, detail, "mutability", about=f"{name}.primary")
            first = _chosen(values, self.by_type.get(path, ""))
            rest = [value for index, value in enumerate(values) if index != first]
            draft.document[name] = [_marked(values[first], True), *(_marked(value, False) for value in rest)]


def _chosen(values: list[Any], kind: str) -> int:
    """Return the place of the primary value in a list of one or more."""
    objects = [value if isinstance(value, dict) else {} for value in values]
    marked = (place for place, value in enumerate(objects) if value.get("primary") is True)
    kinds = [fold(str(value.get("type", ""))) for value in objects] if kind else []
    return next(marked, kinds.index(fold(kind)) if fold(kind) in kinds else 0)


def _secondary(value: Any) -> bool:
    return isinstance(value, dict) and value.get("primary") is False


def _marked(value: Any, primary: bool) -> Any:
    return {**value, "primary": primary} if isinstance(value, dict) else value
