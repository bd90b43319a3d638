"""Hosts, URLs, paths and queries: endpoints and versions stay, whatever may name somebody is replaced."""

from __future__ import annotations

import re

from ...hosts import is_loopback
from ..routes import base_of, below
from ..secrets import MASK, is_secret_parameter
from .encoded import as_bytes_text, as_text, decoded, requoted
from .filters import Filters
from .forms import UUID, is_attribute_path, is_urn
from .fragments import WORD
from .kinds import Kind
from .known import Known
from .places import OF_RESOURCES, Place
from .values import Values, is_ip
from .vocabulary import ENDPOINTS, SEGMENTS, is_public_url
from .words import folded

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<host>[^/?#]*)(?P<rest>.*)", re.DOTALL)
_VERSION = re.compile(r"v\d+(?:\.\d+)*", re.I)
# An endpoint that is not known, as such are named: /ServicePrincipals.
_ENDPOINT = re.compile(r"(?:[A-Z][a-z]{2,})+s")
_NAME = re.compile(r"[$A-Za-z_][\w.$-]{0,60}", re.ASCII)
_DISCOVERY = ("schemas", "resourcetypes", "serviceproviderconfig")
_RELATIVE = re.compile(r"\.{0,2}/|\?")
_MOST_ADDRESSES = 1_000  # that are remembered, of each kind
_MOST_COLLECTIONS = 200
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
        self._hosts = Known(self._host, _MOST_ADDRESSES)
        self._heads_of_urls = Known(self._url, _MOST_ADDRESSES)
        self._heads_of_paths = Known(self._path_below, _MOST_ADDRESSES)
        self._collections: set[str] = set()
        self._has_plain_ids = "id" not in resources.rules.forced
        self._names: dict[str, tuple[Place, str, Kind]] = {}
        # The words of the service's own host; a sentence that has one of them says where it is.
        self.host_words: set[str] = set()
        self.urls = Place(resources.rules, OF_RESOURCES, "(addresses)")
        self.queries = Place(resources.rules, OF_RESOURCES, "(queries)")

    def forget(self) -> None:
        """Look at every address anew: words have become others."""
        self._hosts.clear()
        self._heads_of_urls.clear()
        self._heads_of_paths.clear()
        self._collections.clear()
        self._names.clear()

    def serve(self, base_url: str) -> str:
        """Know the URL of the service; returns it, redacted."""
        match = _URL.fullmatch(base_url)
        if match is None:
            return base_url
        self._origin, self._base_path = f"{match['scheme']}{match['host']}".lower(), match["rest"].rstrip("/")
        host = match["host"].rpartition("@")[2]
        if not is_loopback(host.partition(":")[0]):
            self.host_words.update(WORD.findall(folded(host)))
        return f"{match['scheme']}{self.host(match['host'])}{self.path(match['rest'], is_below=False)}"

    def host(self, text: str) -> str:
        """Return host and port; loopback stays, and so does the port."""
        return self._hosts[text]

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

    def is_address(self, text: str) -> bool:
        """Whether a text is a URL, or a path that leads to a resource."""
        if "://" in text or _RELATIVE.match(text):
            return True
        return text.partition("/")[0].lower() in ENDPOINTS

    def url(self, text: str) -> str:
        """Return a URL, or a path where it is none."""
        head = self._head(text)
        if head is None:
            found = self._url(text)
        else:
            shown = self._heads_of_urls[head]
            found = text if shown == head else shown + text[-37:]
        if found != text:
            self.urls.count += 1
        return found

    def _head(self, text: str) -> str | None:
        """Return what stands before the id in an address that ends with a UUID, None for any other.

        Such ids stay, and most of them stand below few collections.
        """
        if text[-37:-36] == "/" and UUID.fullmatch(text, len(text) - 36) and self._has_plain_ids:
            return text[:-37]
        return None

    def request_path(self, text: str) -> str:
        """Return the path of a request below the base."""
        if text in self._collections:
            return text
        head = self._head(text)
        if head is not None:
            shown = self._heads_of_paths[head]
            return text if shown == head else shown + text[-37:]
        found = self._path_below(text)
        if found == text and len(self._collections) < _MOST_COLLECTIONS:
            self._collections.add(text)
        return found

    def _path_below(self, text: str) -> str:
        return self.path(text, is_below=True)

    def _url(self, text: str) -> str:
        if is_public_url(text):
            return text
        match = _URL.fullmatch(text)
        whole = text if match is None else match["rest"]
        rest, fragment, anchor = whole.partition("#")
        path, mark, query = rest.partition("?")
        tail = f"{mark}{self.query(query)}{fragment}{self.values.person(anchor)}"
        if match is None:
            return self.path(path, is_below=True) + tail
        shown = self._path_of(f"{match['scheme']}{match['host']}", path)
        return f"{match['scheme']}{self.host(match['host'])}{shown}{tail}"

    def _path_of(self, origin: str, path: str) -> str:
        """Return the path of a URL: below the base of a service endpoints are known as such."""
        base = self._base_path
        if origin.lower() != self._origin or below(path, base) is None:
            base = base_of(path) or ""
            if not base and path.strip("/").partition("/")[0].lower() not in ENDPOINTS:
                return self.path(path, is_below=False)
        return self.path(base, is_below=False) + self.path(path[len(base) :], is_below=True)

    def path(self, text: str, is_below: bool) -> str:
        """Return a path; ``is_below``: its first segment is an endpoint of the service, else it is a base.

        Below an endpoint there are ids; below one of discovery names and URNs, which stay.
        """
        text, is_utf8 = as_text(text)
        parts = text.split("/")
        first = next((n for n, part in enumerate(parts) if part not in ("", ".", "..")), len(parts))
        is_discovery = first < len(parts) and parts[first].lower() in _DISCOVERY
        shown = [
            part
            if n < first or self._is_structure(part, n - first, is_below, is_discovery)
            else self._segment(part)
            for n, part in enumerate(parts)
        ]
        found = "/".join(shown)
        return as_bytes_text(found) if is_utf8 else found

    @staticmethod
    def _is_structure(part: str, depth: int, is_below: bool, is_discovery: bool) -> bool:
        """Whether a segment says what something is and not which one."""
        low = part.lower()
        if not is_below:
            return low in SEGMENTS or not part or _VERSION.fullmatch(part) is not None
        if depth == 0:
            return low in ENDPOINTS or _ENDPOINT.fullmatch(part) is not None
        if is_discovery:
            plain, _ = decoded(part)
            return is_urn(plain) or is_attribute_path(plain)
        return not part or part == ".search"

    def _segment(self, part: str) -> str:
        plain, charset = decoded(part)
        forced = "id" in self.resources.rules.forced
        shown = self.values.forced(plain) if forced else self.values.person(plain)
        return part if shown == plain else requoted(part, shown, charset=charset)

    def query(self, text: str) -> str:
        """Return a query, encoded as it was; filters by their attributes, secrets masked."""
        if not text:
            return text
        if "&" not in text and text.isascii():
            return self._parameter(text)
        text, is_utf8 = as_text(text)
        found = "&".join([self._parameter(pair) for pair in text.split("&")])
        return as_bytes_text(found) if is_utf8 else found

    def parameter(self, name: str, value: str) -> str:
        """Return the value of a parameter, not encoded."""
        kind = self._name(name)[2]
        return MASK if kind is Kind.SECRET else self._value(kind, value)

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
        asked = self.filters.asked(value) if kind is Kind.FILTER else None
        if asked is not None:
            if asked != value:
                place.count += 1
            return f"{shown_name}={asked}"
        plain, charset = decoded(value, is_form=True)
        shown = self._value(kind, plain)
        if shown == plain:
            return f"{shown_name}={value}"
        place.count += 1
        return f"{shown_name}={requoted(value, shown, is_form=True, charset=charset)}"

    def _name(self, name: str) -> tuple[Place, str, Kind]:
        """Return where a parameter is counted, how its name is shown, and what its values are."""
        plain, _ = decoded(name, is_form=True)
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
        return self.values.person(plain)
