"""The form of errors: SCIM's own, or that of a framework, of another API, of a proxy."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ...scim.answer import ERROR
from ..look import Look, View
from ..portrait import Portrait

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+")
_GENERAL = "template"
_MOST = 20  # details of one status that are looked at


class Errors:
    """Which form errors have at which status."""

    def __init__(self) -> None:
        self._forms: dict[str, dict[int, Look]] = {}  # the first of each form and status
        self._counts: Counter[tuple[str, int]] = Counter()
        self._status: dict[type, Look] = {}
        self._conflicts: dict[bool, Look] = {}
        self._words: dict[int, dict[str, Look]] = {}
        self._extra: Look | None = None
        self._typed: dict[bool, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at an error."""
        if look.status < 400 or look.made_up:
            return
        form = form_of(look)
        self._forms.setdefault(form, {}).setdefault(look.status, look)
        self._counts[form, look.status] += 1
        if form not in ("scim", "nested"):
            return
        error = look.told if form == "scim" else look.told["response"]
        if isinstance(error.get("status"), int | str):
            self._status.setdefault(type(error["status"]), look)
        if look.status == 409:
            self._conflicts.setdefault(bool(error.get("scimType")), look)
        if look.status in (400, 409):
            self._typed.setdefault("scimType" in error, look)
        detail = error.get("detail")
        words = self._words.setdefault(look.status, {})
        if len(words) < _MOST:
            words.setdefault(str(detail), look)
        if "exceptionRequestId" in error and "timeStamp" in error:
            self._extra = self._extra or look

    def tell(self, portrait: Portrait) -> None:
        """Note the forms that are not SCIM's."""
        if not self._forms:
            portrait.unseen.append("errors")
            return
        self._settle()
        for form, statuses in self._forms.items():
            if form in _TELLERS:
                _TELLERS[form](portrait, statuses, len(self._forms) == 1)
        self._tell_shapes(portrait)
        if list(self._status) == [int]:
            portrait.quirk("error-status-int", "the status in an error is a number", self._status[int])
        if list(self._conflicts) == [False] and True in self._typed:
            portrait.quirk("409-no-scimtype", "a conflict has no scimType", self._conflicts[False])
        if self._extra is not None:
            says = "errors have exceptionRequestId and timeStamp"
            portrait.quirk("error-extra-fields", says, self._extra)
        self._tell_words(portrait)

    def _settle(self) -> None:
        """Leave each status to the form that most of its errors have."""
        usual: dict[int, str] = {}
        for (form, status), _ in self._counts.most_common():
            usual.setdefault(status, form)
        for form, statuses in self._forms.items():
            for status in [status for status in statuses if usual[status] != form]:
                del statuses[status]
        self._forms = {form: statuses for form, statuses in self._forms.items() if statuses}

    def _tell_shapes(self, portrait: Portrait) -> None:
        """Note the most frequent form of those of which a fixture can have one."""
        known = [form for form in self._forms if form not in _TELLERS and form != "scim"]
        counts = Counter({form: sum(self._counts[form, one] for one in self._forms[form]) for form in known})
        for number, (form, _) in enumerate(counts.most_common()):
            statuses = self._forms[form]
            look = next(iter(statuses.values()))
            if number:
                portrait.gap(f"Errors with {_listed(statuses)} have yet another form", look)
                continue
            more: dict[str, Any] = {} if len(self._forms) == 1 else {"statuses": sorted(statuses)}
            if form.startswith(_GENERAL):
                more["template"] = _template(look.told, look)
            else:
                more["shape"] = form
            says = f"errors with {_listed(statuses)} are not SCIM's"
            portrait.quirk("error-not-scim", says, look, **more)

    def _tell_words(self, portrait: Portrait) -> None:
        words: list[dict[str, Any]] = []
        for status, details in self._words.items():
            if all(map(_WORD.fullmatch, details)):
                if len(details) == 1:
                    words.append({"status": status, "word": next(iter(details))})
                else:
                    look = next(iter(details.values()))
                    portrait.gap(f"Errors with {status} are called {', '.join(details)}", look)
        typeless = list(self._typed) == [False]
        for word in words:
            look = self._words[word["status"]][word["word"]]
            more = {"as_type": ""} if typeless else {}
            portrait.word(word | more, "errors have words of the service's own", look)
        if typeless:
            portrait.word({"as_type": ""}, "errors have no scimType", self._typed[False])


def _listed(statuses: dict[int, Look]) -> str:
    return ", ".join(map(str, sorted(statuses)))


def form_of(look: Look) -> str:
    """Return the form of an error: "scim", that of a quirk, the name of a shape, or "template..."."""
    told = look.told
    if isinstance(told, dict):
        return _form_of_json(told)
    if not look.text.strip():
        return "empty"
    if re.fullmatch(r"error code: \d+", look.text.strip()):
        return "proxy-text"
    if "html" in look.media_type or look.text.lstrip().lower().startswith(("<!doctype", "<html")):
        return "google-html" if "That\u2019s an error" in look.text else "html"
    return "text"


def _form_of_json(told: dict[str, Any]) -> str:
    schemas = told.get("schemas")
    if isinstance(schemas, list) and ERROR in schemas:
        return "scim"
    inner = told.get("response")
    if isinstance(inner, dict) and isinstance(inner.get("schemas"), list) and ERROR in inner["schemas"]:
        return "nested"
    errors = told.get("Errors")
    if isinstance(errors, list | dict):
        return "errors-array" if isinstance(errors, list) else "errors-object"
    keys = set(told)
    if keys == {"reqId", "statusCode", "message", "error"}:
        return "framework"
    if keys == {"code", "message"} and isinstance(told["code"], int):
        return "code-message"
    if {"message", "documentation_url"} <= keys:
        return "message-url"
    return f"{_GENERAL} {sorted(keys)}"


def _template(value: Any, look: Look) -> Any:
    """Return a body with places for what changes from error to error."""
    if isinstance(value, dict):
        longest = max((len(inner) for inner in value.values() if isinstance(inner, str)), default=0)
        return {name: _filled(inner, longest, look) for name, inner in value.items()}
    return value


def _filled(value: Any, longest: int, look: Look) -> Any:
    if isinstance(value, dict | list):
        return _template(value, look) if isinstance(value, dict) else [_template(one, look) for one in value]
    if value == look.status and not isinstance(value, bool):
        return "{status}"
    if isinstance(value, str) and len(value) == longest and " " in value:
        return "{detail}"
    return value


def _nested(portrait: Portrait, statuses: dict[int, Look], alone: bool) -> None:
    portrait.quirk("error-nested", "the error lies under response", next(iter(statuses.values())))


def _message_url(portrait: Portrait, statuses: dict[int, Look], alone: bool) -> None:
    look = next(iter(statuses.values()))
    says = f"errors with {_listed(statuses)} have a message and a documentation_url"
    url = str(look.told["documentation_url"])
    portrait.quirk("error-message-url", says, look, statuses=[] if alone else sorted(statuses), url=url)


def _empty(portrait: Portrait, statuses: dict[int, Look], alone: bool) -> None:
    look = next(iter(statuses.values()))
    if statuses.keys() == {501} or look.method == "HEAD":
        return
    says = f"errors with {_listed(statuses)} have no body"
    portrait.quirk("error-empty-body", says, look, statuses=[] if alone else sorted(statuses))


def _array(portrait: Portrait, statuses: dict[int, Look], alone: bool) -> None:
    if "behaviour.protocol" not in portrait.settings:  # in SCIM 1.1 that is the form of errors
        look = next(iter(statuses.values()))
        portrait.quirk("error-array-11", "errors are those of SCIM 1.1, a list", look)


def _object(portrait: Portrait, statuses: dict[int, Look], alone: bool) -> None:
    portrait.quirk("error-object-11", "errors are an object under Errors", next(iter(statuses.values())))


# Forms that have a quirk of their own.
_TELLERS = {
    "nested": _nested,
    "message-url": _message_url,
    "empty": _empty,
    "errors-array": _array,
    "errors-object": _object,
}
