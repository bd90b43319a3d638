"""Hosts, URLs, paths and queries: endpoints and versions stay, whatever may name somebody is replaced."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from ...hosts import is_loopback
from ..secrets import MASK, is_secret_parameter
from .encoded import requoted
from .filters import Filters
from .forms import UUID, is_attribute_path
from .kinds import Kind
from .places import Place
from .values import Values, is_ip
from .vocabulary import SEGMENTS

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<host>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_VERSION = re.compile(r"v\d+(?:\.\d+)*", re.I)
# An endpoint that is not known, as such are named: /ServicePrincipals.
_ENDPOINT = re.compile(r"(?:[A-Z][a-z]{2,})+s")
_NAME = re.compile(r"[$A-Za-z_][\w.$-]{0,60}")
_PARAMETERS = {
    "filter": Kind.FILTER,
    "attributes": Kind.NAME,
    "excludedattributes": Kind.NAME,
    "sortby": Kind.NAME,
    "sortorder": Kind.NAME,
    "startindex": Kind.NUMBER,
    "count": Kind.NUMBER,
    "grant_type": Kind.NAME,
}


class Addresses:
    """Redacts where things are.  ``base`` is the URL of the service, as its answers begin with it."""

    def __init__(self, values: Values, filters: Filters, resources: Place) -> None:
        self.values = values
        self.filters = filters
        self.resources = resources
        self._origin = self._base_path = ""
        self._hosts: dict[str, str] = {}
        self._heads: dict[str, str] = {}
        self._names: dict[str, tuple[Place, str, Kind]] = {}
        self.urls = Place(resources.rules, {}, "(addresses)")
        self.queries = Place(resources.rules, {}, "(queries)")

    def serve(self, base_url: str) -> str:
        """Know the URL of the service; returns it, redacted."""
        match = _URL.fullmatch(base_url)
        if match is None:
            return base_url
        self._origin, self._base_path = f"{match['scheme']}{match['host']}".lower(), match["rest"].rstrip("/")
        return f"{match['scheme']}{self.host(match['host'])}{self.path(match['rest'], is_below=False)}"

    def host(self, text: str) -> str:
        """Return host and port; loopback stays, and so does the port."""
        found = self._hosts.get(text)
        if found is None:
            if len(self._hosts) > 1000:
                self._hosts.clear()
            found = self._hosts[text] = self._host(text)
        return found

    def _host(self, text: str) -> str:
        account, at, host = text.rpartition("@")
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdigit():
            name, colon, port = host, "", ""
        bare = name.strip("[]")
        if is_loopback(name):
            shown = name
        elif is_ip(bare):
            shown = name.replace(bare, self.values.ip(bare))
        else:
            shown = self.values.words.text(name)
        return f"{MASK if account else ''}{at}{shown}{colon}{port}"

    def url(self, text: str) -> str:
        """Return a URL, or a path where it is none."""
        # Most end with a UUID, and stand below few collections.
        head, _, id = text.rpartition("/")
        if len(id) == 36 and UUID.fullmatch(id):
            known = self._heads.get(head)
            if known is None:
                if len(self._heads) >= 1000:
                    self._heads.clear()
                known = self._heads[head] = self._url(head)
            if known == head:
                return text
            self.urls.count += 1
            return f"{known}/{id}"
        return self._unless_same(text, self._url(text))

    def _url(self, text: str) -> str:
        match = _URL.fullmatch(text)
        if match is None:
            path, mark, query = text.partition("?")
            return self.path(path, is_below=True) + mark + self.query(query)
        rest, mark, query = match["rest"].partition("?")
        path = self._path_of(f"{match['scheme']}{match['host']}", rest)
        return f"{match['scheme']}{self.host(match['host'])}{path}{mark}{self.query(query)}"

    def _unless_same(self, text: str, found: str) -> str:
        if text != found:
            self.urls.count += 1
        return found

    def _path_of(self, origin: str, path: str) -> str:
        """Return the path of a URL: below the base of the service endpoints are known as such."""
        base = self._base_path
        if origin.lower() == self._origin and path.startswith(base) and path[len(base) :][:1] in ("/", ""):
            return self.path(base, is_below=False) + self.path(path[len(base) :], is_below=True)
        return self.path(path, is_below=False)

    def path(self, text: str, is_below: bool) -> str:
        """Return a path; ``is_below``: its first segment is an endpoint of the service."""
        parts = text.split("/")
        first = 1 if parts[0] == "" else 0
        return "/".join(self._segment(part, is_below and n == first) for n, part in enumerate(parts))

    def _segment(self, part: str, is_endpoint: bool) -> str:
        low = part.lower()
        if not part or low in SEGMENTS or part in (".", "..") or _VERSION.fullmatch(part):
            return part
        if is_endpoint and _ENDPOINT.fullmatch(part):
            return part
        plain = unquote(part)
        shown = self.values.person(plain)
        if shown == plain:
            return part
        return requoted(part, shown)

    def query(self, text: str) -> str:
        """Return a query, encoded as it was; filters by their attributes, secrets masked."""
        if not text:
            return text
        return "&".join(self._parameter(pair) for pair in text.split("&"))

    def _parameter(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        known = self._names.get(name)
        if known is None:
            known = self._name(name)
            if len(self._names) < 200:
                self._names[name] = known
        place, shown_name, kind = known
        if not value:
            return shown_name + equals
        if place.kind is Kind.SECRET or kind is Kind.SECRET:
            place.count += 1
            return f"{shown_name}={MASK}"
        plain = unquote_plus(value)
        shown = self._value(kind, plain)
        if shown == plain:
            return f"{shown_name}={value}"
        place.count += 1
        return f"{shown_name}={requoted(value, shown, is_form=True)}"

    def _name(self, name: str) -> tuple[Place, str, Kind]:
        """Return where a parameter is counted, how its name is shown, and what its values are."""
        plain = unquote_plus(name)
        kind = _PARAMETERS.get(plain.lower(), Kind.PERSON)
        if is_secret_parameter(plain):
            kind = Kind.SECRET
        if _NAME.fullmatch(plain):
            return self.queries.child(plain), name, kind
        return self.queries, requoted(name, self.values.forced(plain), is_form=True), kind

    def _value(self, kind: Kind, plain: str) -> str:
        if kind is Kind.FILTER:
            return self.filters.filter(plain)
        if kind is Kind.NUMBER and re.fullmatch(r"[+-]?\d{1,9}", plain.strip()):
            return plain
        if kind is Kind.NAME and all(map(is_attribute_path, re.split(r"[,\s]+", plain.strip()))):
            return plain
        if "://" in plain:
            return self.url(plain)
        return self.values.person(plain)
