"""What takes the place of personal values, in their form: dates stay dates, addresses addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from math import isfinite

from ..secrets import MASK, tells_secret
from .encoded import decoded, requoted
from .forms import MOMENT, UUID
from .known import Known
from .permute import Keyed, Permutation
from .words import Words

_DATE = re.compile(r"((?:19|20)\d\d)-(\d\d)-(\d\d)")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_SCHEME = re.compile(r"(?:https?|ftp|mailto|tel|sip|sips|xmpp|data|urn|bulkId):(?://)?", re.I)
_URL = re.compile(r"https?://", re.I)
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
# What is words and nothing more, as most values are: it is no date, address or code.
_WORDS = re.compile(r"""(?!\d+[-.]\d)[^\\"':=%]*""")
_BOOLEANS = ("true", "false")
_FIRST = date(1900, 1, 1).toordinal()
_DAYS = date(2100, 1, 1).toordinal() - _FIRST
_MOST_KNOWN = 8_192


class Values:
    """Pseudonyms of values; the same value gets the same one wherever it stands.

    ``known`` are those that `person` found lately.
    """

    def __init__(self, keyed: Keyed, words: Words) -> None:
        self._keyed = keyed
        self._permutation = Permutation(keyed)
        self.words = words
        self.known = Known(self._person, _MOST_KNOWN)
        # How a URL is redacted, wherever it stands.
        self.url: Callable[[str], str] | None = None

    def forget(self) -> None:
        """Look at every value anew: words have learned something."""
        self.known.clear()

    def person(self, value: str) -> str:
        """Return the pseudonym of a value.  What names nobody stays: booleans, UUIDs, moments."""
        return self.known[value]

    def _person(self, value: str) -> str:
        length = len(value)
        if length < 6 and (not length or value.lower() in _BOOLEANS):
            return value
        if value.isalnum() and value.isascii():
            return self.words.word(value)
        if length == 36 and UUID.fullmatch(value):
            return value
        if length > 15 and value[0].isdigit() and MOMENT.fullmatch(value):
            return value
        return self.words.text(value) if _WORDS.fullmatch(value) else self.forced(value)

    def forced(self, value: str) -> str:
        """Return the pseudonym of a value also where it would name nobody."""
        if _WORDS.fullmatch(value):
            return self.words.text(value)
        if tells_secret(value):
            return MASK
        day = _DATE.match(value)
        if day is not None and (len(value) == 10 or MOMENT.fullmatch(value)):
            return self._date(day) + value[10:]
        if is_ip(value):
            return self.ip(value)
        if self.url is not None and _URL.match(value):
            return self.url(value)
        scheme = _SCHEME.match(value)
        start = scheme.end() if scheme is not None else 0
        rest = value[start:]
        if "%" in rest and _ESCAPED.search(rest):
            plain, charset = decoded(rest)
            if plain != rest:
                return value[:start] + requoted(rest, self.words.text(plain), charset=charset)
        return value[:start] + self.words.text(rest)

    def _date(self, match: re.Match[str]) -> str:
        try:
            day = date(*map(int, match.groups())).toordinal() - _FIRST
        except ValueError:
            return self.words.text(match[0])
        return date.fromordinal(_FIRST + self._permutation.below(day, _DAYS, "day")).isoformat()

    def number(self, value: int | float) -> int | float:
        """Return the pseudonym of a number: as many digits, the same ones as in a string."""
        text = repr(value)
        if isinstance(value, float):
            if not value or "n" in text:  # 0.0, inf and nan
                return value
            mantissa, e, exponent = text.partition("e")
            found = float(self.words.text(mantissa) + e + exponent)
            return found if isfinite(found) else float(f"1{e}{exponent}")
        return int(self.words.text(text))

    def ip(self, address: str) -> str:
        """Return an address of a private network for an IP address; loopback stays."""
        parsed = ipaddress.ip_address(address)
        if parsed.is_loopback:
            return address
        code = self._keyed.digest(f"ip:{parsed}".encode())
        if parsed.version == 4:
            return f"10.{code[0]}.{code[1]}.{code[2]}"
        return str(ipaddress.IPv6Address(b"\xfd" + code[:15]))


def is_ip(text: str) -> bool:
    """Whether a text is an IP address."""
    if _IPV4.fullmatch(text) is None and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
