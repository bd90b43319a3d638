"""Errors in a service's own words, each chosen by what the error is."""

from __future__ import annotations

import msgspec

from ...errors import ScimError
from ..base import Quirk, quirk
from ..replies import several


class Word(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an error is called: what it must be, then what it becomes.

    ``status`` (an HTTP status or several), ``scim_type`` ("" for none) and ``about`` (see `ScimError`)
    are conditions, one that is left out always holds.  ``word`` is the new detail, ``answer`` the new
    HTTP status, ``as_type`` the new scimType ("" takes it away); what is left out stays as it is.
    """

    status: int | tuple[int, ...] | None = None
    scim_type: str | tuple[str, ...] | None = None
    about: str | tuple[str, ...] | None = None
    word: str | None = None
    answer: int | None = None
    as_type: str | None = None

    def __post_init__(self) -> None:
        """Errors stay errors."""
        if self.answer is not None and not 400 <= self.answer <= 599:
            raise ValueError("answer is the HTTP status of an error, 400 to 599")

    def fits(self, error: ScimError) -> bool:
        """Whether it is for an error."""
        return (
            (self.status is None or error.status in several(self.status))
            and (self.scim_type is None or (error.scim_type or "") in several(self.scim_type))
            and (self.about is None or error.about in several(self.about))
        )


@quirk(
    "error-words",
    who="Slack (words such as username_taken); AWS IAM Identity Center, Atlassian, Zoom (their texts)",
    standard="`detail` is a text for people, of any wording (RFC 7644 section 3.12)",
)
class ErrorWords(Quirk):
    """Errors are called as the service calls them.

    ``words`` is a list of mappings: the first one that fits an error by its ``status``, ``scim_type`` and
    ``about`` gives it the detail ``word``, the HTTP status ``answer`` and the scimType ``as_type``, as far
    as it has them.  ``otherwise`` is the detail of errors that none fits.  Errors of faults are called so
    too, those of rate limits among them.
    """

    words: tuple[Word, ...] = ()
    otherwise: str | None = None

    def refuse(self, error: ScimError) -> ScimError:
        """Call it so."""
        for word in self.words:
            if word.fits(error):
                return error.worded(word.answer, word.word, word.as_type)
        return error if self.otherwise is None else error.worded(detail=self.otherwise)
