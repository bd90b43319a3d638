"""The form that a body has in a recording, and the way back to bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

Decode = Callable[[bytes], Any]
Encode = Callable[[Any], bytes]

_DEEPEST = 100  # levels of JSON within each other; no resource has ten
# How JSON is usually spaced: what was written so is recognised without a look at its parts.
_SEPARATORS = ((",", ":"), (", ", ": "), (",", ": "))


def compact(document: Any) -> bytes:
    """Return JSON without spaces; raises ValueError for halves of surrogate pairs, NaN and the like."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=_SEPARATORS[0]).encode()


def encoded(document: Any) -> bytes:
    """Return JSON without spaces, letters as they are; all as ASCII where that is no JSON of today."""
    try:
        return compact(document)
    except ValueError:
        return json.dumps(document, separators=_SEPARATORS[0]).encode()


def body_form(
    body: bytes,
    size: int | None = None,
    decode: Decode = json.loads,
    encode: Encode = compact,
) -> dict[str, Any]:
    """Return ``{"json"}``, ``{"text"}`` or ``{"base64"}`` with the size in bytes as it was sent.

    ``json`` only where encoding it again gives the same document: no key twice, no number that would
    change its form, no half of a surrogate pair.  ``size`` differs from the length of ``body`` where
    that is decompressed.
    """
    if not body:
        return {"size": size or 0}
    size = len(body) if size is None else size
    if body[:1] in b"{[" or body.lstrip()[:1] in (b"{", b"["):
        try:
            document = decode(body)
            again = encode(document)
            if again == body or _without_spaces(again) == _without_spaces(body) or _is_exact(body, document):
                return {"json": document, "size": size}
        except (ValueError, RecursionError):
            pass
    try:
        return {"text": body.decode(), "size": size}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode(), "size": size}


def shallow(body: bytes | str) -> Any:
    """Return the JSON of a body; raises ValueError where it is none, or deeper than can be gone through."""
    document = json.loads(body)
    level = [document]
    for _ in range(_DEEPEST):
        level = [inner for value in level for inner in _within(value)]
        if not level:
            return document
    raise ValueError(f"it is nested deeper than {_DEEPEST} levels")


def _within(value: Any) -> Iterable[Any]:
    """Return what stands in an object or an array."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def cut_form(body: bytes, size: int) -> dict[str, Any]:
    """Return the form of the beginning of a body of which not all is kept."""
    return {"text": body.decode("utf-8", "replace"), "size": size, "cut": True}


def body_bytes(form: dict[str, Any] | None) -> bytes:
    """Return the bytes of a recorded body; JSON without spaces, where it may have had some.

    Halves of surrogate pairs, which only a recording of others has, become escapes in JSON, "?" in text.
    """
    if not form:
        return b""
    if "json" in form:
        return encoded(form["json"])
    if "base64" in form:
        return base64.b64decode(form["base64"])
    return str(form.get("text", "")).encode("utf-8", "replace")


def _without_spaces(body: bytes) -> bytes:
    """Return JSON without any space: what was encoded again has the same ones in strings, or other bytes."""
    return body.replace(b" ", b"")


def _is_exact(body: bytes, document: Any) -> bool:
    """Whether a document has lost nothing of the JSON that it was decoded from; raises ValueError."""
    text = body.decode()
    for separators in _SEPARATORS[1:]:
        if json.dumps(document, ensure_ascii=False, separators=separators) == text:
            return True
    if json.dumps(document, separators=_SEPARATORS[1]) == text:
        return True
    again = exact_document(text)
    json.dumps(again, ensure_ascii=False).encode()
    return bool(again == document)


def exact_document(text: str) -> Any:
    """Return what JSON decodes to; raises ValueError where encoding that would give another document."""
    return json.loads(
        text,
        object_pairs_hook=_pairs,
        parse_float=_exact_float,
        parse_int=_exact_int,
        parse_constant=_no_constant,
    )


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _exact_float(text: str) -> float:
    number = float(text)
    if repr(number) != text:
        raise ValueError("the number would change its form")
    return number


def _exact_int(text: str) -> int:
    if len(text) > 20 or text == "-0":
        raise ValueError("the number would change its form")
    number = int(text)
    if not -(2**63) <= number < 2**64:
        raise ValueError("the number has more than 64 bits")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
