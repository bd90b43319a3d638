"""HTML that cannot be broken by what is in it: every text is escaped, only markup made here is not."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from ...journal.plain import plain

__all__ = ["Html", "element", "joined", "link", "number", "text"]


_VOID = frozenset(("input", "meta"))  # elements without an end


class Html(str):
    """Markup; any other string is text."""

    __slots__ = ()


def text(value: Any) -> Html:
    """Return text as markup, without control characters and halves of surrogate pairs."""
    return value if isinstance(value, Html) else Html(escape(plain(str(value)), quote=True))


def joined(parts: Iterable[Any]) -> Html:
    """Return parts as one piece of markup."""
    return Html("".join(map(text, parts)))


def element(name: str, /, *children: Any, **attributes: Any) -> Html:
    """Return an element.  Attributes are left out that are None or False; ``class_`` stands for class."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in _VOID else f"</{name}>"
    return Html(f"<{name}{given}>{joined(children)}{end}")


def link(n: int, anchor: str = "x") -> Html:
    """Return a link to what is told of an exchange."""
    return element("a", n, href=f"#{anchor}{n}")


def number(value: float) -> str:
    """Return a number of milliseconds as it is read: 0.4, 12, 1,200."""
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"
