"""What an exchange says of persons and holds of secrets, so that its errors are read with that in mind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from ..secrets import MASK, is_secret, is_secret_parameter, quotable
from .filters import Filters
from .kinds import Kind
from .places import Place
from .texts import Texts

_SHORT = 3  # characters of a secret of a body that is too short to be told from a word
_SHORT_TOKEN = 8  # those of a token: it stays the same, and would mask what has nothing to do with it
_MOST_FIELDS = 1_000  # of a form or query


class Hearing:
    """Hears what failed exchanges say, for ``texts``; ``resources`` is the place of their documents."""

    def __init__(self, filters: Filters, texts: Texts, resources: Place) -> None:
        self.filters = filters
        self.texts = texts
        self.resources = resources

    def hear(self, document: dict[str, Any]) -> None:
        """Know which words of an error are somebody's, and which secrets it may quote.

        Those are the words that the same exchange says of persons, and the secrets of its request.
        """
        request = document["request"]
        for answer in (request, document.get("response"), document.get("upstream")):
            body = (answer or {}).get("body") or {}
            if "json" in body and ((answer or {}).get("status") or 0) < 400:
                self._hear_in(body["json"], self.resources)
        self.texts.hear_query(request.get("path") or "", request.get("query") or "")
        self.texts.secrets.update(token for token in _credentials(request) if len(token) > _SHORT_TOKEN)

    def is_about_secret(self, request: dict[str, Any]) -> bool:
        """Whether an error may quote a secret without its name: a filter or path of the request has that."""
        if self._names_one(request.get("query") or ""):
            return True
        document = (request.get("body") or {}).get("json")
        return isinstance(document, dict) and self._asks_for_one(document)

    def _names_one(self, text: str) -> bool:
        low = text.lower()
        return is_secret(text) or any(name in low for name in self.resources.rules.never)

    def _asks_for_one(self, document: dict[str, Any]) -> bool:
        for operation in [document, *_operations(document)]:
            for key, value in operation.items():
                low = key.lower()
                if low in ("path", "filter") and isinstance(value, str) and self._names_one(value):
                    return True
                if low == "data" and isinstance(value, dict) and self._asks_for_one(value):
                    return True
        return False

    def unquoted(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body of an answer without the strings of its document that quote a secret."""
        if "json" not in body or not self.texts.secrets:
            return body
        return {**body, "json": self._unquoted(body["json"])}

    def _unquoted(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._unquoted(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._unquoted(inner) for inner in value]
        return MASK if isinstance(value, str) and self.texts.tells(value) else value

    def _hear_in(self, value: Any, place: Place) -> None:
        if isinstance(value, dict):
            path = value.get("path") if place.is_operations else None
            is_path = isinstance(path, str) and not path.startswith("/")
            target = self.filters.path(str(path))[1] if is_path else self.resources
            for key, inner in value.items():
                low = key.lower()
                if place.is_operations and low in ("value", "data"):
                    self._hear_in(inner, target if low == "value" else self.resources)
                else:
                    self._hear_in(inner, place.child(key))
        elif isinstance(value, list):
            for inner in value:
                self._hear_in(inner, place)
        elif isinstance(value, str):
            if place.kind in (Kind.PERSON, Kind.FORCED):
                self.texts.hear(value)
            elif place.kind is Kind.SECRET and len(value) > _SHORT:
                self.texts.secrets.add(value)


def is_form(request: dict[str, Any]) -> bool:
    """Whether the body of a request is that of a form."""
    for name, value in request.get("headers") or ():
        if name.lower() == "content-type":
            media_type = str(value).partition(";")[0].strip().lower()
            return media_type == "application/x-www-form-urlencoded"
    return False


def _credentials(request: dict[str, Any]) -> Iterator[str]:
    """Yield the tokens and passwords of a request, as somebody may quote them."""
    for name, value in request.get("headers") or ():
        yield from quotable(name, value)
    queries = [request.get("query") or ""]
    if is_form(request):
        queries.append((request.get("body") or {}).get("text") or "")
    for query in queries:
        for name, _, value in (pair.partition("=") for pair in query.split("&")[:_MOST_FIELDS]):
            if is_secret_parameter(unquote_plus(name)):
                yield unquote_plus(value)


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    listed = next((value for key, value in document.items() if key.lower() == "operations"), None)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
