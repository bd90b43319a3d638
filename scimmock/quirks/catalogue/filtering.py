"""What services do with filters."""

from __future__ import annotations

from dataclasses import replace

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.page import Page
from ...scim.policy import Filtering, Policy
from ..base import Quirk, quirk
from ..replies import several

_LISTS = ("list", "search")


Names = str | tuple[str, ...]


def _folded(names: Names) -> frozenset[str]:
    return frozenset(name.lower() for name in several(names))


def _restricted(filtering: Filtering, operators: Names, joins: Names, attributes: Names) -> Filtering:
    """Return what is left of the filter language when a service also knows no more than this."""
    named = _folded(attributes)
    return replace(
        filtering,
        operators=filtering.operators & _folded(operators),
        joins=filtering.joins & _folded(joins),
        attributes=named & filtering.attributes
        if named and filtering.attributes
        else named or filtering.attributes,
    )


@quirk(
    "case-sensitive-filter",
    who="many; Okta's test suite looks for it",
    standard="userName and most strings are caseExact false (RFC 7643 section 4.1.1), names have no case",
)
class CaseSensitiveFilter(Quirk):
    """Compares the values in filters with regard to case.

    ``names`` refuses attribute names that are not in their declared spelling, too; ``values`` false
    leaves the values alone.
    """

    values: bool = True
    names: bool = False

    def policy(self, policy: Policy) -> Policy:
        """Look at case."""
        filtering = policy.filtering
        return replace(
            policy,
            filtering=replace(
                filtering,
                exact_values=filtering.exact_values or self.values,
                exact_names=filtering.exact_names or self.names,
            ),
        )


@quirk(
    "ignores-filter",
    who="Metatavu keycloak-scim-server #46",
    standard="a filter is applied or refused (RFC 7644 section 3.4.2.2)",
)
class IgnoresFilter(Quirk):
    """Returns everything, whatever the filter says."""

    def request(self, call: Call) -> None:
        """Drop the filter."""
        request = call.request
        if call.operation not in _LISTS or request is None:
            return
        if "filter" in request.query:
            call.acted(self.name)
            request.query = {name: value for name, value in request.query.items() if name != "filter"}
        if isinstance(request.body, dict) and any(name.lower() == "filter" for name in request.body):
            call.acted(self.name)
            request.body = {name: value for name, value in request.body.items() if name.lower() != "filter"}


@quirk(
    "filter-unsupported-empty",
    who="Snowflake before 2026_03, Logfire",
    standard="400 invalidFilter (RFC 7644 section 3.4.2.2)",
)
class FilterUnsupportedEmpty(Quirk):
    """Answers filters that it does not support with 200 and no results.

    ``operators`` and ``joins`` (and, or, not, []) are what it supports, ``attributes`` what can be
    filtered by (none means any).
    """

    operators: Names = ("eq",)
    joins: Names = ()
    attributes: Names = ()

    def policy(self, policy: Policy) -> Policy:
        """Support less."""
        filtering = _restricted(policy.filtering, self.operators, self.joins, self.attributes)
        return replace(policy, filtering=filtering)

    def engine(self, call: Call, run: Run) -> Answer:
        """Find nothing instead of fault."""
        try:
            return run()
        except ScimError as error:
            if call.operation not in _LISTS or error.scim_type != "invalidFilter":
                raise
        call.acted(self.name)
        name = call.resource_type.name if call.resource_type is not None else None
        return Answer(200, Page(0, start_index=1), type_name=name)


@quirk(
    "filter-and-or-flat",
    who="Salesforce",
    standard="and binds tighter than or (RFC 7644 section 3.4.2.2)",
)
class FilterFlat(Quirk):
    """Reads and and or in filters from left to right, without precedence."""

    def policy(self, policy: Policy) -> Policy:
        """Forget precedence."""
        return replace(policy, filtering=replace(policy.filtering, flat=True))


@quirk(
    "filter-only-eq",
    who="AWS IAM Identity Center, Atlassian, services made for Okta only",
    standard="a service that filters knows all operators (RFC 7644 section 3.4.2.2)",
)
class FilterOnlyEq(Quirk):
    """Refuses filters with other operators than eq with 400 invalidFilter.

    ``joins`` are the ways to join comparisons that it knows (and, or, not, []): and for AWS, none for
    Atlassian.  ``operators`` and ``attributes`` (none means any) say more exactly what can be asked.
    ``detail`` words the refusal of an attribute, with {name} for its name.
    """

    operators: Names = ("eq",)
    joins: Names = ("and",)
    attributes: Names = ()
    detail: str = ""

    def policy(self, policy: Policy) -> Policy:
        """Support less."""
        filtering = _restricted(policy.filtering, self.operators, self.joins, self.attributes)
        unsupported = self.detail or filtering.unsupported
        return replace(policy, filtering=replace(filtering, unsupported=unsupported))
