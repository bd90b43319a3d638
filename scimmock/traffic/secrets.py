"""What counts as a secret by its name, and how text that tells of one is masked."""

from __future__ import annotations

import re

MASK = "***"
# The supported features of a service have "changePassword", the answer of a token endpoint "token_type".
_NAME = (
    r"(?:(?<!change)pass(?:word|phrase|code|wd)|secret|token(?!_?type)"
    r"|credential|api_?key|private_?key|\bpin\b)"
)
_SECRET = re.compile(_NAME, re.I)
_HEADER = re.compile(
    r"(proxy-)?authorization|(set-)?cookie2?|.*(token|secret|password|api-?key|session|signature).*", re.I
)
_PARAMETER = re.compile(r".*signature.*|code", re.I)
_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
# A name and what JSON, a form or a sentence puts behind it when its value follows.
_WITH_VALUE = re.compile(rf"{_NAME}\w*\s*[\\\"':=]", re.I)

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PATH = rf"[\w.:$-]*{_NAME}[\w.:$-]*"
_PLAIN_PATH = re.compile(r"[\w.:$-]+")
_WITHIN = re.compile(rf"({_PATH})\[.*\]", re.I | re.DOTALL)
_BRACKETS = re.compile(r"\[.*\]", re.DOTALL)
# What can be shown once its value is masked: a comparison with a string in quotes, after which the
# filter ends or goes on as filters do; ``pr``; brackets; a sub-attribute behind brackets.
_ENDS = r"(?=\s*(?:[)\]]|\Z)|\s+(?:and|or)\b)"
_VALUE = re.compile(rf"\b(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+{_QUOTED}{_ENDS}", re.I | re.DOTALL)
_COMPARED = re.compile(rf"({_PATH}\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+){_QUOTED}{_ENDS}", re.I | re.DOTALL)
_HARMLESS = re.compile(
    rf"{_PATH}\s+[a-z]{{2}}\s+{re.escape(MASK)}|{_PATH}\s+pr\b|{_PATH}\[{re.escape(MASK)}\]|(?<=\])\.{_PATH}\Z",
    re.I,
)


def is_secret(name: str) -> bool:
    """Whether the values of an attribute or parameter by that name, or at that path, are not to be shown."""
    return _SECRET.search(name) is not None


def is_secret_path(path: str) -> bool:
    """Whether a PATCH path leads to a secret or to something within one; what it compares is no matter."""
    return is_secret(_BRACKETS.sub("", path))


def is_secret_header(name: str) -> bool:
    """Whether a header by that name may hold a credential."""
    return _HEADER.fullmatch(name) is not None


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of a URL by that name may hold a credential."""
    return is_secret(name) or _PARAMETER.fullmatch(name) is not None


def names_secret(text: str) -> bool:
    """Whether text that is no JSON has the name of a secret in it, also spelled with ``\\u`` or in UTF-16."""
    return is_secret(_spelled(text))


def tells_secret(text: str) -> bool:
    """Whether a string has the name of a secret with a value behind it, such as JSON within JSON has."""
    return _WITH_VALUE.search(_spelled(text)) is not None


def _spelled(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text.replace("\0", ""))


def masked_filter(filter: str) -> str:
    """Return a filter or PATCH path without the values that it compares a secret with.

    One that names a secret and is no clean comparison (``"x" eq password``, ``password eq x``) is
    masked whole: nobody can say which of its words is the value.
    """
    if not is_secret(filter) or _PLAIN_PATH.fullmatch(filter.strip()):
        return filter
    rest = _VALUE.sub("", filter)
    if not is_secret(rest) and '"' not in rest:
        return filter  # only a value speaks of it
    shown = _COMPARED.sub(rf"\1{MASK}", _WITHIN.sub(rf"\1[{MASK}]", filter))
    rest = _VALUE.sub("", _HARMLESS.sub("", shown))
    return MASK if is_secret(rest) or '"' in rest else shown
