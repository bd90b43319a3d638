"""A page of HTML, read again."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = ("input", "meta")


class Page(HTMLParser):
    """What a page has in it: elements with their attributes and texts, ids, and where its links lead.

    Fails where something is not closed, an id is there twice, or anything is loaded from elsewhere.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.linked: set[str] = set()
        self.texts: dict[str, list[str]] = {}  # by the element that they stand in
        self.attributes: dict[str, list[dict[str, str | None]]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes.setdefault(tag, []).append(given)
        assert not [name for name in given if name in ("src", "style") or name.startswith("on")], given
        id = given.get("id")
        if id is not None:
            assert id not in self.ids
            self.ids.add(id)
        if "href" in given:
            assert str(given["href"]).startswith("#")
            self.linked.add(str(given["href"])[1:])
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    @property
    def text(self) -> str:
        """All that is to be read."""
        return " ".join(
            text for tag, texts in self.texts.items() if tag not in ("script", "style") for text in texts
        )
