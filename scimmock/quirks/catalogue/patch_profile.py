"""PATCH as the stricter profiles of SCIM want it: paths, filters and values in one form only."""

from __future__ import annotations

from dataclasses import replace

from ...errors import ScimError
from ...faults.call import Call
from ...scim.path import resolve
from ...scim.policy import Policy
from ..asks import attribute_in, op_of, patched, path_of
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]


def _folded(names: Names) -> frozenset[str]:
    return frozenset(name.lower() for name in several(names))


@quirk(
    "patch-element-target-refused",
    who="the draft SCIM interoperability profile",
    standard="a path with a filter may be for the values as a whole (RFC 7644 section 3.5.2)",
)
class PatchElementTargetRefused(Quirk):
    """Refuses PATCH paths with a filter but no sub-attribute behind it with 400 invalidPath.

    ``except_for`` names attributes whose values may be chosen as a whole.
    """

    except_for: Names = "members"

    def request(self, call: Call) -> None:
        """Refuse."""
        spared = _folded(self.except_for)
        for operation in patched(call):
            path = path_of(operation).strip()
            if path.endswith("]") and attribute_in(path) not in spared:
                call.acted(self.name)
                raise ScimError(400, f"{path!r} does not name a sub-attribute", "invalidPath", about="filter")


@quirk(
    "patch-filter-one-match",
    who="the draft SCIM interoperability profile",
    standard="an operation is for all values that the filter matches (RFC 7644 section 3.5.2)",
)
class PatchFilterOneMatch(Quirk):
    """Refuses PATCH paths whose filter matches more than one value with 400 invalidFilter.

    ``except_for`` names attributes of which several may match.
    """

    except_for: Names = ()

    def policy(self, policy: Policy) -> Policy:
        """Count."""
        return replace(policy, one_match=frozenset(several(self.except_for)))


@quirk(
    "patch-array-required",
    who="the draft SCIM interoperability profile",
    standard="a single value may be added to a multi-valued attribute (RFC 7644 section 3.5.2.1)",
)
class PatchArrayRequired(Quirk):
    """Refuses a single value where a PATCH sets a multi-valued attribute with 400 invalidValue."""

    def request(self, call: Call) -> None:
        """Refuse."""
        kind = call.resource_type
        if kind is None:
            return
        for operation in patched(call):
            path, value = path_of(operation), operation.get("value")
            if op_of(operation) == "remove" or value is None or "[" in path:
                continue
            given = {path: value} if path else value if isinstance(value, dict) else {}
            for name, inner in given.items():
                target = resolve(name, kind)
                multi = target.sub is None and target.attribute is not None and target.attribute.multi_valued
                if multi and inner is not None and not isinstance(inner, list):
                    call.acted(self.name)
                    raise ScimError(400, f"{name!r} is a list of values", "invalidValue", about=name)


@quirk(
    "patch-replace-whole",
    who="the draft SCIM interoperability profile",
    standard="a replace of a complex attribute leaves the sub-attributes that it does not name"
    " (RFC 7644 section 3.5.2.3)",
)
class PatchReplaceWhole(Quirk):
    """Replaces a complex attribute as a whole: what the PATCH does not name is gone."""

    def policy(self, policy: Policy) -> Policy:
        """Forget the rest."""
        return replace(policy, replace_whole=True)
