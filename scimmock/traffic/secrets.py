"""What counts as a secret by its name, and how text that tells of one is masked.

All of it takes time in proportion to the length of what is looked at: clients send what they like.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress

MASK = "***"
# The supported features of a service have "changePassword", the answer of a token endpoint "token_type",
# and people work in a secretariat.
_NAME = (
    r"(?:(?<!change)pass(?:word|phrase|code|wd)|secret(?!ar[yií])|token(?!_?type)"
    r"|credential|api[-_]?key|private[-_]?key|\bpin\b)"
)
_SECRET = re.compile(_NAME, re.I)
# One of these is in every name of a secret: most texts have none, and are done with that.
_STEMS = ("pass", "secret", "token", "credential", "key", "pin")
_HEADER = re.compile(
    r"authorization|\A(?:set-)?cookie2?\Z|token|secret|passw(?:or)?d|session|signature"
    r"|(?:api|access|private|subscription|functions)[-_]?key"
    r"|(?:\A|[-_])(?:auth|jwt|otp|assertion|sig)(?:[-_]|\Z)",
    re.I,
)
_PARAMETER = re.compile(
    r"signature|session|(?:access|subscription|functions)[-_]?key|\A(?:code|code_verifier|device_code|key|sig|jwt|auth|otp|(?:client_)?assertion|samlresponse)\Z",
    re.I,
)

# The schemes of Authorization (RFC 9110 section 11.1, and those of services), and those of them that are
# also words.
_SCHEMES = frozenset(
    "bearer basic digest negotiate ntlm token ssws apikey aws4-hmac-sha256 dpop mac oauth hawk key".split()
)
_WORDS = frozenset(("basic", "digest", "token", "mac", "key"))
_WITH_SCHEME = ("authorization", "proxy-authorization")
# What follows a scheme: a token (token68), or parameters, one of which is the credential.
_TOKEN = re.compile(r"[\w.~+/-]++=*+(?=\s*(?:,|\Z))", re.ASCII)
_NO_WORD = re.compile(r"[\d=]|[a-z][A-Z]|.{16}")
_CREDENTIAL = re.compile(r"\b(?:credential|signature|response|mac|oauth_\w++|token|id|key)\s*+=", re.I)

# What is a secret whatever it is called: a JSON Web Token (RFC 7519), a private key, a password in a URL.
_FORM = re.compile(
    r"(?<![\w-])eyJ[\w-]++\.[\w-]++\.|PRIVATE KEY-----|://[^\s/?#:@\"]*+:[^\s/?#@\"]++@", re.ASCII
)
_FORMS = ("eyJ", "KEY-----", "://")  # one of these is in each

_ESCAPE = re.compile(r"(?<!\\)\\++u([0-9a-fA-F]{4})")
# A word and what JSON, a form or a sentence puts behind it when its value follows.  An apostrophe right
# behind a word ends a name in quotes; in "the secretary's" it does not.
_WITH_VALUE = re.compile(r"""(?<![\w-])([\w-]++)(?:\s*+[\\":=]|\s++'|'(?=\s*+[:=]))|(?<=['.:$])([\w-]++)'""")

_MOST = 2_000  # characters; a longer filter that names a secret is masked whole
_PATHS = re.compile(r"[\w.:$-]++")
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
# What can be shown once its value is masked: a comparison with a string in quotes, after which the
# filter ends or goes on as filters do; ``pr``; brackets; a sub-attribute behind brackets.
_ENDS = r"(?=\s*+(?:[)\]]|\Z|(?<=\s)(?:and|or)\b))"
_OPERATOR = r"(?:eq|ne|co|sw|ew|gt|ge|lt|le)"
_VALUE = re.compile(rf"\b{_OPERATOR}\s++{_QUOTED}{_ENDS}", re.I | re.DOTALL)
_COMPARED = re.compile(rf"(\s++{_OPERATOR}\s++){_QUOTED}{_ENDS}", re.I | re.DOTALL)
_HARMLESS = re.compile(
    rf"(?:\s++[a-z]{{2}}\s++{re.escape(MASK)}|\[{re.escape(MASK)}\](?:\.[\w$-]++)?+(?:\s++pr\b)?+|\s++pr\b)"
    rf"{_ENDS}",
    re.I,
)


def is_secret(name: str) -> bool:
    """Whether the values of an attribute or parameter by that name, or at that path, are not to be shown."""
    if name.isascii():
        low = name.lower()
        for stem in _STEMS:
            if stem in low:
                break
        else:
            return False
    return _SECRET.search(name) is not None


def is_secret_path(path: str) -> bool:
    """Whether a PATCH path leads to a secret or to something within one; what it compares is no matter."""
    opening, closing = path.find("["), path.rfind("]")
    return is_secret(path[:opening] + path[closing + 1 :] if -1 < opening < closing else path)


def is_secret_header(name: str) -> bool:
    """Whether a header by that name may hold a credential."""
    return _HEADER.search(name) is not None


def is_credential(value: str) -> bool:
    """Whether the value of a header, whatever its name, has the form of one of Authorization.

    That is a scheme, such as Bearer, and behind a space something like a token or a signature.  The
    challenges of WWW-Authenticate and words such as "Basic plan" have not.  A JSON Web Token is one
    without a scheme too.
    """
    if has_form_of_secret(value):
        return True
    scheme, space, rest = value.strip().partition(" ")
    scheme, rest = scheme.lower(), rest.lstrip()
    if not space or scheme not in _SCHEMES:
        return False
    token = _TOKEN.match(rest)
    if token is None:
        return _CREDENTIAL.search(rest) is not None
    return scheme not in _WORDS or _NO_WORD.search(token[0]) is not None


def masked_header(name: str, value: str) -> str | None:
    """Return what is shown of a header that holds a credential, None where it holds none.

    The scheme stays in the headers that have one, if it is one: ``Bearer ***``.
    """
    if not is_secret_header(name) and not is_credential(value):
        return None
    scheme, space, _ = value.partition(" ")
    is_shown = space and name.lower() in _WITH_SCHEME and scheme.lower() in _SCHEMES
    return f"{scheme} {MASK}" if is_shown else MASK


def quotable(name: str, value: str) -> Iterator[str]:
    """Yield what others may quote of a header that holds a credential: its token, password or cookies."""
    if masked_header(name, value) is None:
        return
    if name.lower() in ("cookie", "set-cookie"):
        for pair in value.split(";"):
            yield pair.partition("=")[2].strip()
        return
    scheme, space, rest = value.strip().partition(" ")
    token = rest.strip() if space and scheme.lower() in _SCHEMES else value.strip()
    yield token
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield b64decode(token, validate=True).decode("utf-8").partition(":")[2]


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of a URL by that name may hold a credential."""
    return is_secret(name) or _PARAMETER.search(name) is not None


def has_form_of_secret(text: str) -> bool:
    """Whether a text has something in it that is a secret by its form, whatever it is called."""
    return any(part in text for part in _FORMS) and _FORM.search(text) is not None


def names_secret(text: str) -> bool:
    """Whether text that is no JSON has a secret or the name of one in it.

    Names may be spelled with ``\\u`` or in UTF-16.
    """
    return has_form_of_secret(text) or is_secret(_spelled(text))


def tells_secret(text: str) -> bool:
    """Whether a string has a secret, or the name of one and a value behind it, as JSON within JSON has."""
    if has_form_of_secret(text):
        return True
    spelled = _spelled(text)
    if not is_secret(spelled):
        return False
    return any(is_secret(found[1] or found[2]) for found in _WITH_VALUE.finditer(spelled))


def _spelled(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text.replace("\0", ""))


def masked_filter(filter: str) -> str:
    """Return a filter or PATCH path without the values that it compares a secret with.

    One that names a secret and is no clean comparison (``"x" eq password``, ``password eq x``) is
    masked whole: nobody can say which of its words is the value.  So is a very long one.
    """
    if not is_secret(filter) or _PATHS.fullmatch(filter.strip()):
        return filter
    if len(filter) > _MOST:
        return MASK
    rest = _VALUE.sub("", filter)
    if not is_secret(rest) and '"' not in rest:
        return filter  # only a value speaks of it
    shown = _compared(_within(filter))
    rest = _VALUE.sub("", _without_harmless(shown))
    return MASK if is_secret(rest) or '"' in rest else shown


def _secret_paths(text: str) -> Iterator[re.Match[str]]:
    return (path for path in _PATHS.finditer(text) if is_secret(path[0]))


def _within(filter: str) -> str:
    """Mask what stands in the brackets behind a secret, up to the last one that closes."""
    closing = filter.rfind("]")
    for path in _secret_paths(filter):
        if filter.startswith("[", path.end()) and path.end() < closing:
            return f"{filter[: path.end()]}[{MASK}{filter[closing:]}"
    return filter


def _compared(filter: str) -> str:
    """Mask the strings that secrets are compared with."""
    found, at = "", 0
    for path in _secret_paths(filter):
        match = _COMPARED.match(filter, path.end()) if path.start() >= at else None
        if match is not None:
            found, at = f"{found}{filter[at : path.end()]}{match[1]}{MASK}", match.end()
    return found + filter[at:]


def _without_harmless(filter: str) -> str:
    """Leave out secrets that stand where all can be shown."""
    found, at = "", 0
    for path in _secret_paths(filter):
        match = _HARMLESS.match(filter, path.end()) if path.start() >= at else None
        if match is not None:
            found, at = found + filter[at : path.start()], match.end()
        elif path.end() == len(filter) and path[0][0] == "." and filter[: path.start()].endswith("]"):
            return found + filter[at : path.start()]
    return found + filter[at:]
