"""Quirks of how lists are divided into pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import msgspec

from ...faults.call import Call
from ...scim.page import Page
from ...scim.policy import Policy
from ..base import Quirk, quirk

_Size = Annotated[int, msgspec.Meta(ge=1)]
_DEFAULT = "a service may have any default size of pages (RFC 7644 section 3.4.2.4)"


@quirk(
    "no-paging",
    who="Google Cloud Identity; AWS IAM Identity Center formerly (the first 50)",
    standard="`startIndex` and `count` choose a part of the results (RFC 7644 section 3.4.2.4)",
)
class NoPaging(Quirk):
    """Lists come in one piece, whatever `startIndex`, `count` and `cursor` say.

    ``size`` is how many results come at most, those behind them cannot be had.
    """

    size: _Size = 1_000_000

    def policy(self, policy: Policy) -> Policy:
        """Do without pages."""
        paging = replace(
            policy.paging,
            index=False,
            cursor=False,
            default_method="index",
            default_page_size=self.size,
            max_page_size=self.size,
        )
        return replace(policy, paging=paging)


@quirk(
    "page-cap",
    who="AWS IAM Identity Center (50, later 100), HCP Terraform (200), Slack (1000)",
    standard="a service may return fewer results than `count` (RFC 7644 section 3.4.2.4)",
)
class PageCap(Quirk):
    """A page has at most ``size`` results, whatever `count` says."""

    size: _Size = 50

    def policy(self, policy: Policy) -> Policy:
        """Cut pages."""
        size = min(self.size, policy.paging.max_page_size)
        default = min(size, policy.paging.default_page_size)
        return replace(policy, paging=replace(policy.paging, max_page_size=size, default_page_size=default))


class _DefaultPage(Quirk):
    size: ClassVar[int]

    def policy(self, policy: Policy) -> Policy:
        """Set the size of pages for which no `count` is given."""
        largest = max(self.size, policy.paging.max_page_size)
        return replace(
            policy, paging=replace(policy.paging, max_page_size=largest, default_page_size=self.size)
        )


@quirk("default-page-10", who="Slack", standard=_DEFAULT)
class DefaultPage10(_DefaultPage):
    """A page has 10 results where the client gives no `count`."""

    size = 10


@quirk("default-page-20", who="GitLab", standard=_DEFAULT)
class DefaultPage20(_DefaultPage):
    """A page has 20 results where the client gives no `count`."""

    size = 20


@quirk("default-page-100", who="AWS IAM Identity Center (2026), HCP Terraform", standard=_DEFAULT)
class DefaultPage100(_DefaultPage):
    """A page has 100 results where the client gives no `count`."""

    size = 100


@quirk("default-page-200", who="Mirantis MKE", standard=_DEFAULT)
class DefaultPage200(_DefaultPage):
    """A page has 200 results where the client gives no `count`."""

    size = 200


@quirk(
    "cursor-paging",
    who="AWS IAM Identity Center (2026)",
    standard="a page by cursor keeps `totalResults` (RFC 9865 section 2, RFC 7644 section 3.4.2)",
)
class CursorPaging(Quirk):
    """A list that is asked for with `cursor` has another envelope, without `totalResults`.

    A page has ``size`` results, or fewer.
    """

    size: _Size = 100

    def policy(self, policy: Policy) -> Policy:
        """Page by cursor beside pages by index."""
        paging = replace(policy.paging, cursor=True, default_page_size=self.size, max_page_size=self.size)
        return replace(policy, paging=paging)

    def page(self, call: Call, page: Page) -> None:
        """Take out of the envelope what is known of pages by index."""
        if page.start_index is None:
            page.dressers.append(_cursor_envelope)
            call.acted(self.name)


def _cursor_envelope(envelope: dict[str, Any]) -> dict[str, Any]:
    gone = ("totalresults", "startindex")
    return {name: value for name, value in envelope.items() if name.lower() not in gone}
