"""Which requests a rule is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import InvalidFilter
from ..scim.loose import loose_filter
from .errors import RuleError

if TYPE_CHECKING:
    from .call import Call

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OPERATIONS = (
    "create",
    "read",
    "list",
    "replace",
    "patch",
    "delete",
    "bulk",
    "search",
    "discovery",
    "token",
)
_BODIES = ("POST", "PUT", "PATCH")
Words = str | list[str] | None
Test = Callable[["Call"], bool]


class Match(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """The conditions of a rule; all of them must hold, none means every request.

    ``path`` is a glob over the path below the base (``*`` stands for anything, slashes included),
    ``filter`` a SCIM filter over the body; in a PATCH also over
    what its operations set.  The values of the others may be globs too, and lists of
    which one must fit.
    """

    method: Words = None
    path: Words = None
    resource: Words = None
    operation: Words = None
    filter: str | None = None
    query: dict[str, str | int | bool] | None = None
    header: dict[str, str] | None = None
    token: Words = None
    tenant: Words = None
    client: Words = None


def _words(value: Words) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def check_match(match: Match, path: str) -> None:
    """Raise RuleError for words that no request can ever fit; ``path`` leads to the match."""
    for kind, known in (("method", METHODS), ("operation", OPERATIONS)):
        for word in _words(getattr(match, kind)):
            fits = word.upper() if kind == "method" else word
            if fits not in known:
                raise RuleError.unknown(f"{path}.{kind}", kind, word, known)
    for word in _words(match.path):
        if not word.startswith(("/", "*", "?", "[")):
            raise RuleError(
                f"{path}.path", f"{word!r} fits no path", f"'/{word}' or '*{word}' would be right"
            )
    if match.filter is not None:
        try:
            loose_filter(match.filter)
        except InvalidFilter as error:
            raise RuleError(f"{path}.filter", f"is no SCIM filter: {error.detail}") from None


def check_resources(match: Match, known: frozenset[str], path: str) -> None:
    """Raise RuleError for a resource that a service does not have; ``known`` are endpoints and types."""
    if not known:
        return
    lower = {name.lower() for name in known}
    for word in _words(match.resource):
        if word.strip("/").lower() not in lower:
            raise RuleError.unknown(f"{path}.resource", "resource", word, sorted(known))


class Matcher:
    """A `Match` made ready.

    `fits_kind` looks at what requests of one kind share (method, operation, endpoint), so that its
    answer can be kept for them; `fits` looks at the single request, ``fits_all`` says that it need not.
    ``needs_body`` says that the body must be read before.
    """

    def __init__(self, match: Match) -> None:
        self._methods = frozenset(word.upper() for word in _words(match.method))
        self._operations = frozenset(_words(match.operation))
        self._resources = frozenset(word.strip("/").lower() for word in _words(match.resource))
        self.needs_body = match.filter is not None
        self._tests: list[Test] = []
        # What every path that fits has in it; "" when nothing is known.
        self.literal = _literal(_words(match.path))
        if match.path is not None:
            self._tests.append(_path_test(_words(match.path)))
        for kind, read in _READERS:
            words = _words(getattr(match, kind))
            if words:
                self._tests.append(_text_test(read, _globs(words)))
        for name, value in (match.header or {}).items():
            self._tests.append(_header_test(name, value))
        for name, given in (match.query or {}).items():
            text = str(given).lower() if isinstance(given, bool) else str(given)
            self._tests.append(_query_test(name, _globs([text])))
        # The test of a body, where nothing else must be known of a request.
        self.body_test: Callable[[Any], bool] | None = None
        if match.filter is not None:
            if not self._tests:
                self.body_test = loose_filter(match.filter)
            self._tests.append(_filter_test(match.filter))
        self._only = self._tests[0] if len(self._tests) == 1 else None
        self.fits_all = not self._tests

    def fits_kind(
        self, method: str, operation: str | None, resource: str | None, type_name: str | None
    ) -> bool:
        """Whether a request of this kind can fit."""
        if self._methods and method not in self._methods:
            return False
        if self._operations and operation not in self._operations:
            return False
        if self.needs_body and method not in _BODIES:
            return False
        if self._resources:
            names = {name.lower() for name in (resource, type_name) if name}
            return bool(names & self._resources)
        return True

    def fits(self, call: Call) -> bool:
        """Whether this very request fits."""
        if self._only is not None:
            return self._only(call)
        return all(test(call) for test in self._tests)


def _globs(words: list[str]) -> Callable[[str], bool]:
    if not any(character in word for word in words for character in "*?["):
        exact = frozenset(word.lower() for word in words)
        return lambda text: text.lower() in exact
    pattern = re.compile("|".join(map(translate, words)), re.IGNORECASE)
    return lambda text: pattern.fullmatch(text) is not None


def _literal(words: list[str]) -> str:
    """Return the longest text that every path which fits a glob has in it."""
    if len(words) != 1 or "[" in words[0]:
        return ""
    return max(re.split(r"[*?]", words[0]), key=len)


def _path_test(words: list[str]) -> Test:
    fits = re.compile("|".join(map(translate, words))).match
    return lambda call: fits(call.path) is not None


def _text_test(read: Callable[[Call], str], fits: Callable[[str], bool]) -> Test:
    return lambda call: fits(read(call))


def _header_test(name: str, value: str) -> Test:
    wanted, fits = name.lower().encode("latin-1", "replace"), _globs([value])
    return lambda call: any(
        found == wanted and fits(text.decode("latin-1")) for found, text in call.exchange.headers
    )


def _query_test(name: str, fits: Callable[[str], bool]) -> Test:
    return lambda call: name in call.query and fits(call.query[name])


def _filter_test(text: str) -> Test:
    predicate = loose_filter(text)

    def test(call: Call) -> bool:
        body = call.told
        return isinstance(body, dict) and predicate(body)

    return test


def _token(call: Call) -> str:
    return call.exchange.identity or ""


def _tenant(call: Call) -> str:
    return call.exchange.tenant


def _client(call: Call) -> str:
    return call.exchange.client


_READERS: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("token", _token),
    ("tenant", _tenant),
    ("client", _client),
)
