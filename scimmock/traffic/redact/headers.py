"""Headers: those that speak of the message stay, those that speak of somebody are redacted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from ..clients import client_of
from ..secrets import MASK, masked_header
from .addresses import Addresses
from .encoded import requoted
from .texts import Texts
from .values import Values, is_ip
from .vocabulary import COMMON, attributes, words

Pairs = Sequence[Sequence[str]]

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = r"\d\d:\d\d:\d\d"
_DATE = re.compile(
    rf"{_DAY}[a-z]*, \d\d[ -]{_MONTH}[ -]\d\d(?:\d\d)? {_TIME} (?:GMT|UTC|[+-]0000)"
    rf"|{_DAY} {_MONTH} [ \d]\d {_TIME} \d{{4}}|-?\d{{1,12}}"
)
_TAG = re.compile(r"(?:W/)?\"[\w+/=.:-]{0,200}\"|\*")
_LANGUAGE = re.compile(
    r"(?:\*|[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?)(?:\s*;\s*q=[01](?:\.\d{1,3})?)?"
)
_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]{1,60}")  # of another header: all of those stay
# Headers whose values have a fixed form, in a list of which each part has it.
_FORMS = {
    name: form
    for form, names in (
        (_DATE, "date last-modified expires if-modified-since if-unmodified-since retry-after age"),
        (_DATE, "content-length max-forwards"),
        (_TAG, "etag if-match if-none-match"),
        (_LANGUAGE, "accept-language content-language"),
        (_NAME, "vary trailer access-control-allow-headers access-control-expose-headers"),
        (_NAME, "access-control-request-headers"),
    )
    for name in names.split()
}
# Headers that consist of words of the protocol, numbers and hosts; a word that is none of them is replaced.
_TECHNICAL = frozenset(
    "content-type content-encoding transfer-encoding accept accept-encoding accept-charset accept-ranges "
    "accept-patch accept-post connection keep-alive proxy-connection cache-control cdn-cache-control "
    "surrogate-control pragma allow upgrade te expect range content-range if-range upgrade-insecure-requests "
    "x-content-type-options x-frame-options x-xss-protection x-download-options x-dns-prefetch-control "
    "x-permitted-cross-domain-policies x-robots-tag x-ua-compatible x-requested-with "
    "strict-transport-security referrer-policy permissions-policy feature-policy content-security-policy "
    "content-security-policy-report-only origin-agent-cluster clear-site-data timing-allow-origin "
    "x-http-method x-http-method-override x-method-override x-forwarded-proto x-forwarded-protocol "
    "x-forwarded-scheme x-forwarded-port x-forwarded-ssl x-scheme x-url-scheme front-end-https forwarded "
    "prefer preference-applied priority early-data dnt alt-svc alt-used server-timing proxy-status "
    "cache-status cf-cache-status x-cache x-cache-hits x-cache-status x-cache-lookup x-proxy-cache x-runtime "
    "x-response-time x-envoy-upstream-service-time x-envoy-attempt-count report-to nel "
    "reporting-endpoints".split()
)
_TECHNICAL_TOO = re.compile(
    r"access-control-.*|cross-origin-.*|sec-(?:fetch|ch|gpc).*|x-rate-?limit-.*|ratelimit.*|x-retry-after.*"
)
_ADDRESSES = frozenset(
    "location content-location referer origin x-original-url x-original-uri x-rewrite-url x-forwarded-uri "
    "x-forwarded-prefix :path".split()
)
_HOSTS = frozenset("host x-forwarded-host x-forwarded-server x-original-host x-host :authority".split())
_SENTENCES = frozenset("user-agent server via x-powered-by warning".split())
# Headers with parameters, of which some are for people; all others are technical.
_PERSONAL = {
    "link": frozenset(("title", "title*")),
    "content-disposition": frozenset(("filename", "filename*", "name", "name*")),
    "www-authenticate": frozenset(),
    "proxy-authenticate": frozenset(),
}
_TOLD = frozenset(("realm", "error_description"))
_PARTS = re.compile(
    r"""<(?P<target>[^<>]{0,8000})>
    | (?P<name>[\w!\#$%&+.^`|~-]++\*?)(?P<equals>\s*+=\s*+)(?P<value>"(?:[^"\\]|\\.){0,4000}+"|[^\s;,"]*+)
    | (?P<rest>[^\s;,<]++)""",
    re.X,
)
_TOKENS = re.compile(
    r"""(?P<url>\b[a-z][a-z0-9+.-]{1,20}://[^\s"'<>;,()]++)
    | (?P<ip>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?<=\[)[0-9a-f:.]{2,45}(?=\]))
    | (?P<host>(?<![\w./+@-])(?:[a-z0-9-]++\.)+[a-z][a-z0-9-]++\.?(?::\d{1,5})?)(?P<path>/[^\s"'<>;,()]*+)?
    | (?P<word>[^\W_]++)""",
    re.X | re.I,
)
_NUMBER = re.compile(r"v?\d{1,13}", re.I)
_EXTENSION = re.compile(r"\.(?:csv|json|jsonl|ldif|xml|txt|pdf|zip|gz|html|xlsx|png|jpe?g)", re.I)


class _Request(NamedTuple):
    """What became of the headers of a request, which of them were replaced, and what client they tell of."""

    headers: list[list[str]]
    replaced: tuple[str, ...]
    client: str


class Headers:
    """Redacts the headers of requests and answers.

    ``client`` is whom the User-Agent of the latest request, redacted, tells of.
    """

    def __init__(self, values: Values, addresses: Addresses, texts: Texts) -> None:
        self.values = values
        self.addresses = addresses
        self.texts = texts
        self.counts: dict[str, int] = {}
        self.client = ""
        self._known: dict[tuple[str, str], str] = {}
        self._requests: dict[tuple[Sequence[str], ...], _Request] = {}

    def forget(self) -> None:
        """Count anew, and look at every header anew."""
        self.counts.clear()
        self._known.clear()
        self._requests.clear()

    def request(self, pairs: Pairs) -> list[list[str]]:
        """Return the headers of a request, not to be changed: clients send the same again and again."""
        key = pairs if type(pairs) is tuple else tuple(map(tuple, pairs))
        known = None if self.texts.heard else self._requests.get(key)
        if known is not None:
            for name in known.replaced:
                self.counts[name] += 1
        else:
            known = self._request(pairs)
            if not self.texts.heard:
                if len(self._requests) >= 200:
                    self._requests.clear()
                self._requests[key] = known
        self.client = known.client
        return known.headers

    def _request(self, pairs: Pairs) -> _Request:
        found = self.pairs(pairs)
        replaced = [
            name.lower() for (name, value), (_, shown) in zip(pairs, found, strict=True) if value != shown
        ]
        agents = (value for name, value in found if name.lower() == "user-agent")
        return _Request(found, tuple(replaced), client_of(next(agents, "").encode("latin-1", "replace")))

    def answer(self, pairs: Pairs) -> list[list[str]]:
        """Return the headers of an answer; one that quotes a secret of the request is masked."""
        found = self.pairs(pairs)
        for (name, value), shown in zip(pairs, found, strict=True) if self.texts.secrets else ():
            if shown[1] != MASK and self.texts.tells(value):
                if shown[1] == value:
                    self.counts[name.lower()] = self.counts.get(name.lower(), 0) + 1
                shown[1] = MASK
        return found

    def pairs(self, pairs: Pairs) -> list[list[str]]:
        """Return the headers in their order."""
        # Where words of persons were heard sentences are read with them in mind, and only there.
        known, counts = {} if self.texts.heard else self._known, self.counts
        found = []
        for name, value in pairs:
            shown = known.get((name, value)) or self._passing(name.lower(), value)
            if shown is None:
                if len(known) >= 1000:
                    known.clear()
                shown = known[name, value] = self.value(name, value)
            if shown != value:
                low = name.lower()
                counts[low] = counts.get(low, 0) + 1
            found.append([name, shown])
        return found

    def _passing(self, name: str, value: str) -> str | None:
        """Return a value that is no credential and will hardly come again; None for any other.

        Those are the length of a message, the version of a resource, and where that is.
        """
        if " " in value:
            return None
        form = _FORMS.get(name)
        if form is not None:
            is_number = form is _DATE and value.isdecimal() and len(value) < 13
            return value if is_number or form.fullmatch(value) else None
        is_url = name in _ADDRESSES and "/" in value and value.isascii()
        return self.addresses.url(value) if is_url else None

    def value(self, name: str, value: str) -> str:
        """Return what a header may say; one that was sent as UTF-8 is read as that, and stays so."""
        masked = masked_header(name, value)
        if masked is not None:
            return masked
        plain = _as_utf8(value)
        shown = self._shown(name.lower(), plain)
        return shown if plain == value else shown.encode("utf-8", "surrogateescape").decode("latin-1")

    def _shown(self, name: str, value: str) -> str:
        form = _FORMS.get(name)
        if form is not None:
            parts = value.split(",") if "," in value and form is not _DATE else (value,)
            return value if all(form.fullmatch(part.strip()) for part in parts) else self.technical(value)
        if name in _TECHNICAL or _TECHNICAL_TOO.fullmatch(name):
            return value if _DATE.fullmatch(value) or _TAG.fullmatch(value) else self.technical(value)
        if name in _PERSONAL:
            return _PARTS.sub(lambda match: self._part(match, name), value)
        if name in _ADDRESSES:
            return value if value in ("null", "*") else self.addresses.url(value)
        if name in _HOSTS:
            return ", ".join(map(self.addresses.host, value.split(", ")))
        if name in _SENTENCES:
            return self.texts.sentence(value)
        if is_ip(value):
            return self.values.ip(value)
        if "://" in value:
            return self.addresses.url(value)
        return ", ".join(
            self.values.ip(part) if is_ip(part) else self.values.person(part) for part in value.split(", ")
        )

    # ---- headers of the protocol

    def technical(self, value: str) -> str:
        """Return a value of which words of the protocol and numbers stay; hosts and others are redacted."""
        return _TOKENS.sub(self._token, value)

    def _token(self, match: re.Match[str]) -> str:
        text, kind = match[0], match.lastgroup
        if kind == "url":
            return self.addresses.url(text)
        if kind == "ip":
            return self.values.ip(text) if is_ip(text) else self.values.words.text(text)
        if kind in ("host", "path"):
            path = match["path"] or ""
            return self.addresses.host(match["host"]) + (self.addresses.url(path) if path else "")
        return text if _is_known(text) else self.values.words.word(text)

    # ---- headers with parameters

    def _part(self, match: re.Match[str], header: str) -> str:
        """Return a target in angle brackets, a parameter, or what stands beside them."""
        if match["target"] is not None:
            return f"<{self.addresses.url(match['target'])}>"
        if match["name"] is None:
            return self.technical(match[0])
        name, value = match["name"].lower(), match["value"]
        quote = '"' if value[:1] == '"' else ""
        bare = value[1:-1] if quote else value
        if name in _PERSONAL[header]:
            shown = self._extended(bare) if name.endswith("*") else self._file(bare)
        elif name == "anchor":
            shown = self.addresses.url(bare)
        elif name in _TOLD:
            shown = self.texts.sentence(bare)
        else:
            shown = self.technical(bare)
        return f"{self.technical(match['name'])}{match['equals']}{quote}{shown}{quote}"

    def _extended(self, value: str) -> str:
        """Return a value with its character set and language before it (RFC 8187 section 3.2)."""
        charset, mark, rest = value.rpartition("'")
        head = self.technical(charset) + mark
        if "%" not in rest:
            return head + self._file(rest)
        plain = _unquoted(rest)
        return head + (requoted(rest, self._file(plain)) if plain is not None else self.values.forced(rest))

    def _file(self, name: str) -> str:
        """Return the name of a file, or a title; what kind of file it is stays."""
        stem, dot, extension = name.rpartition(".")
        if stem and _EXTENSION.fullmatch(dot + extension):
            return self.values.forced(stem) + dot + extension
        return self.values.forced(name)


def _is_known(word: str) -> bool:
    low = word.lower()
    return (
        len(low) == 1
        or low in words()
        or low in COMMON
        or low in attributes()
        or _NUMBER.fullmatch(word) is not None
    )


def _as_utf8(value: str) -> str:
    """Return what a header says: its bytes, which are shown as Latin-1, are often UTF-8."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _unquoted(text: str) -> str | None:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return None
