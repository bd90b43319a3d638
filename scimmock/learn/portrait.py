"""What was learned of a service, each piece with the exchange in which it was seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from .look import Look, Source, View

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """A setting, switch, quirk or rule: ``says`` in words what was seen, ``look`` where.

    ``is_sure`` is False for what was concluded from too little, or is a guess.
    """

    value: Any
    says: str
    look: Look
    is_sure: bool = True

    @property
    def why(self) -> str:
        """What was seen, and where."""
        return f"{self.says} ({self.look.where})"

    @property
    def confidence(self) -> str:
        """How sure it is, in the words of fixtures."""
        return "logged" if self.is_sure else "unverified"


@dataclass(slots=True)
class Portrait:
    """A service as sessions show it.

    ``settings`` are by their path ("behaviour.paging.max_page_size"), ``switches`` and ``quirks`` by their
    name, ``types`` are the resource types, ``files`` what stands beside the fixture.yaml, by name.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    exchanges: int = 0
    settings: dict[str, Piece] = field(default_factory=dict)
    switches: dict[str, Piece] = field(default_factory=dict)
    quirks: dict[str, Piece] = field(default_factory=dict)
    rules: list[Piece] = field(default_factory=list)
    types: dict[str, Document] = field(default_factory=dict)
    schemas_are_told: bool = False  # by /Schemas
    types_seen: Piece | None = None  # where the resource types are known from
    files: dict[str, str] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Take out settings of resource types that there are not."""
        names = self.types or self.standard_types()
        for path in list(self.settings):
            slot, _, name = path.rpartition(".")
            if slot in ("behaviour.ids", "behaviour.patch_answers") and name not in names:
                del self.settings[path]

    def standard_types(self, described: dict[str, Document] | None = None) -> dict[str, Document]:
        """Return the resource types of the standard, with the descriptions of others."""
        found: dict[str, Document] = {
            "User": {
                "name": "User",
                "endpoint": "/Users",
                "schema": "user",
                "extensions": [{"schema": "enterprise_user"}],
            },
            "Group": {"name": "Group", "endpoint": "/Groups", "schema": "group"},
        }
        for name, other in (described or {}).items():
            if name in found and "description" in other:
                found[name]["description"] = other["description"]
        return found

    def spec(self, endpoint: str, make: bool = True) -> Document:
        """Return the resource type at an endpoint ("Users"), to be changed; {} where there is none.

        ``make`` begins with the types of the standard where none were noted.
        """
        if not self.types and make:
            self.types = self.standard_types()
        return next((spec for spec in self.types.values() if spec["endpoint"] == f"/{endpoint}"), {})

    def rename_schema(self, old: str, new: str) -> None:
        """Let all types that have a schema have another one in its place."""
        self.types = self.types or self.standard_types()
        for spec in self.types.values():
            for holder in (spec, *spec.get("extensions", ())):
                if holder["schema"] == old:
                    holder["schema"] = new

    def note_types(self, says: str, look: Look) -> None:
        """Note where the resource types are known from; what was noted first stays."""
        self.types_seen = self.types_seen or Piece(None, says, look)

    def lack(self, resource: str, paths: list[str], look: Look) -> None:
        """Note that a type was seen to lack attributes, which clients send all the same."""
        says = f"{', '.join(paths)} of {resource} is accepted and never shown"
        self.note_types(says, look)
        self.switch("drop-unknown-attributes", says, look)

    def setting(self, path: str, value: Any, says: str, look: Look, is_sure: bool = True) -> None:
        """Note a setting of ``behaviour`` or ``auth``; what was noted first stays."""
        self.settings.setdefault(path, Piece(value, says, look, is_sure))

    def switch(self, name: str, says: str, look: Look) -> None:
        """Note a leniency switch."""
        self.switches.setdefault(name, Piece(name, says, look))

    def quirk(self, name: str, says: str, look: Look, is_sure: bool = True, **parameters: Any) -> None:
        """Note a quirk with its parameters."""
        self.quirks.setdefault(name, Piece({"quirk": name, **parameters}, says, look, is_sure))

    def word(self, word: Document, says: str, look: Look) -> None:
        """Note how one kind of error is called: an entry of the quirk error-words."""
        piece = self.quirks.get("error-words")
        if piece is None:
            self.quirk("error-words", says, look, words=[word])
        else:
            piece.value["words"].append(word)

    def rule(self, spec: Document, says: str, look: Look, is_sure: bool = True) -> None:
        """Note a fault rule."""
        self.rules.append(Piece(spec, says, look, is_sure))

    def gap(self, text: str, look: Look | None = None) -> None:
        """Note what is known and cannot be played, or is not clear."""
        self.gaps.append(f"{text} ({look.where})" if look is not None else text)


class Recogniser(Protocol):
    """Recognises one matter: sees the exchanges one after the other, then tells what it makes of them."""

    def see(self, look: Look, view: View) -> None:
        """Look at an exchange; ``view`` is what is known after it."""
        ...

    def tell(self, portrait: Portrait) -> None:
        """Note what was seen."""
        ...
