"""Every error that scimmock raises on purpose.

::

    ScimmockError
    ├── ScimError                 to the wire: an HTTP status and a SCIM error body (RFC 7644 section 3.12)
    │   └── InvalidFilter         400 invalidFilter, knows the position in the filter
    └── UserError                 to the person at the terminal: what is wrong, where, what would be right
        ├── UsageError            exit code 2: a wrong option or a wrong combination
        ├── BindError             exit code 3: the address cannot be listened on
        ├── FileError             exit code 4: a bad fixture, faults, people or recording file
        └── UnreachableError      exit code 5: a server or target does not answer

Anything else that escapes is a defect of scimmock.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ScimmockError(Exception):
    """The root of the tree; catch it to catch every deliberate error."""


class ScimError(ScimmockError):
    """An error that is answered to the SCIM client.

    ``status`` is the HTTP status, ``scim_type`` one of the keywords of RFC 7644 table 9 (or
    RFC 9865 section 2.1) or None, ``detail`` a sentence for a person.  ``headers`` go with the answer.
    ``about`` says what the error is about, for services that word theirs by that: an attribute path
    (``userName``), the name of a resource type that has no such resource, "filter", "schemas",
    "members", "endpoint" or "body"; "" where nothing is known.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        scim_type: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        about: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.scim_type = scim_type
        self.headers = headers
        self.about = about

    def worded(
        self, status: int | None = None, detail: str | None = None, scim_type: str | None = None
    ) -> ScimError:
        """Return the error in other words: what is None stays, an empty ``scim_type`` goes."""
        kept = self.scim_type if scim_type is None else scim_type or None
        return ScimError(
            status or self.status,
            self.detail if detail is None else detail,
            kept,
            self.headers,
            about=self.about,
        )


class InvalidFilter(ScimError):
    """400 invalidFilter; ``position`` counts characters from 1 (RFC 7644 section 3.4.2.2)."""

    def __init__(self, detail: str, position: int | None = None) -> None:
        where = f" (at character {position})" if position is not None else ""
        super().__init__(400, f"{detail}{where}", "invalidFilter", about="filter")
        self.position = position


class UserError(ScimmockError):
    """An error that is shown to the person who runs scimmock, never with a traceback.

    ``where`` is "path", "path:line" or "path:line:column"; ``hint`` says what would be right.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.message = message
        self.where = where
        self.hint = hint
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text}, {hint}" if hint else text)


class UsageError(UserError):
    """A wrong option, argument, environment variable or configuration key."""

    exit_code = 2


class BindError(UserError):
    """The server cannot listen where it was told to."""

    exit_code = 3


class FileError(UserError):
    """A file that scimmock was given cannot be used as it is."""

    exit_code = 4


class UnreachableError(UserError):
    """Nobody answers where a server was expected."""

    exit_code = 5


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to ``wrong``, or None when nothing is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None
