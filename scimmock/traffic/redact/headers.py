"""Headers: those that speak of the message stay, those that speak of somebody are redacted."""

from __future__ import annotations

import re

from ..secrets import MASK, is_secret_header
from .addresses import Addresses
from .texts import Texts
from .values import Values, is_ip

Pairs = list[list[str]]

_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*, .{5,40}|\d{1,12}|-1|0")
_TOKENS = re.compile(r"[\w!#$%&'*+.^`|~-]*(?:/[\w.*+-]+)?(?:\s*;\s*[\w-]+=(?:\"[^\"@]*\"|[^\s;,@\"]+))*")
_TAG = re.compile(r"(?:W/)?\"[\w+/=.:-]{0,200}\"|\*")
# Headers with values of a fixed form, and the form; a value without that form is personal.
_FORMS = {
    name: form
    for form, names in (
        (
            _DATE,
            "date last-modified expires if-modified-since if-unmodified-since retry-after age content-length",
        ),
        (_TAG, "etag if-match if-none-match"),
        (
            _TOKENS,
            "content-type content-encoding transfer-encoding accept accept-encoding accept-charset "
            "accept-language accept-ranges connection keep-alive cache-control pragma vary allow upgrade "
            "te expect x-content-type-options x-frame-options content-language x-xss-protection",
        ),
    )
    for name in names.split()
}
_ADDRESSES = ("location", "content-location", "referer", "origin", "link")
_HOSTS = ("host", "x-forwarded-host", "x-original-host", ":authority")
_SENTENCES = (
    "user-agent",
    "server",
    "via",
    "x-powered-by",
    "www-authenticate",
    "warning",
)
_LIMITS = re.compile(r"x-rate-?limit-.*|ratelimit.*|x-ratelimit.*|x-retry-after.*", re.I)
_LIMIT = re.compile(r"[\d.,;=\"\s\w-]{0,100}")


class Headers:
    """Redacts the headers of requests and answers."""

    def __init__(self, values: Values, addresses: Addresses, texts: Texts) -> None:
        self.values = values
        self.addresses = addresses
        self.texts = texts
        self.counts: dict[str, int] = {}
        self._known: dict[tuple[str, str], str] = {}

    def forget(self) -> None:
        """Count anew, and look at every header anew."""
        self.counts.clear()
        self._known.clear()

    def pairs(self, pairs: Pairs) -> Pairs:
        """Return the headers in their order."""
        known, counts = self._known, self.counts
        found = []
        for name, value in pairs:
            shown = known.get((name, value))
            if shown is None:
                shown = self.value(name, value)
            if shown != value:
                low = name.lower()
                counts[low] = counts.get(low, 0) + 1
            found.append([name, shown])
        return found

    def value(self, name: str, value: str) -> str:
        """Return what a header may say."""
        if len(self._known) >= 1000:
            self._known.clear()
        shown = self._known[name, value] = self._shown(name.lower(), value)
        return shown

    def _shown(self, name: str, value: str) -> str:
        if is_secret_header(name):
            scheme, space, _ = value.partition(" ")
            return f"{scheme} {MASK}" if space and scheme.isalpha() else MASK
        form = _FORMS.get(name)
        if form is not None:
            parts = value.split(",") if "," in value and form is not _DATE else (value,)
            return value if all(form.fullmatch(part.strip()) for part in parts) else self.values.person(value)
        if name in _ADDRESSES:
            return self.addresses.url(value)
        if name in _HOSTS:
            return self.addresses.host(value)
        if name in _SENTENCES:
            return self.texts.sentence(value)
        if _LIMITS.fullmatch(name) and _LIMIT.fullmatch(value):
            return value if value[:1].isdigit() else self.texts.sentence(value)
        if is_ip(value):
            return self.values.ip(value)
        if "://" in value:
            return self.addresses.url(value)
        return ", ".join(
            self.values.ip(part) if is_ip(part) else self.values.person(part) for part in value.split(", ")
        )
