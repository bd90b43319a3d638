"""Values and sentences where only secrets are dropped: everything else stays as it is."""

from __future__ import annotations

from ..secrets import MASK, has_form_of_secret, names_secret, tells_secret
from .permute import Keyed
from .places import Place
from .texts import Texts
from .values import Values
from .words import Words


class PlainWords(Words):
    """Words that stay what they are."""

    def learn(self, operator: str, text: str) -> bool:
        return False

    def text(self, text: str) -> str:
        return text

    def word(self, word: str) -> str:
        return word


class PlainValues(Values):
    """Values that stay what they are, but for those that tell a secret."""

    def __init__(self, keyed: Keyed) -> None:
        super().__init__(keyed, PlainWords(keyed))

    def _person(self, value: str) -> str:
        return self.forced(value)

    def forced(self, value: str) -> str:
        return MASK if tells_secret(value) else value

    def number(self, value: int | float) -> int | float:
        return value

    def ip(self, address: str) -> str:
        return address


class PlainTexts(Texts):
    """Sentences that stay what they are, but for those that might quote a secret."""

    def __init__(self, values: Values, careful: Texts) -> None:
        super().__init__(values)
        self._careful = careful

    def sentence(self, text: str, place: Place | None = None) -> str:
        is_masked = self.tells(text) or has_form_of_secret(text)
        if is_masked or (names_secret(text) and self._careful.sentence(text) != text):
            if place is not None:
                place.count += 1
            return MASK
        return text
