"""What is wrong with a rule, before it is known whether a file or a call brought it."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import ScimmockError, did_you_mean


class RuleError(ScimmockError):
    """A rule that cannot be used.

    ``path`` leads to the field ("faults[0].do.retry_after"), ``hint`` says what would be right and
    ``suggestion`` is the known word that was probably meant.
    """

    def __init__(
        self, path: str, message: str, hint: str | None = None, suggestion: str | None = None
    ) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message
        self.hint = hint
        self.suggestion = suggestion

    @classmethod
    def unknown(cls, path: str, what: str, word: str, known: Iterable[str]) -> RuleError:
        """Return the error for a word that is not among the known ones."""
        words = list(known)
        near = did_you_mean(word, words)
        hint = None if near else f"known are {', '.join(words)}"
        return cls(path, f"unknown {what} {word!r}", hint, near)

    @property
    def advice(self) -> str | None:
        """The suggestion or the hint as words for a person."""
        return f"did you mean {self.suggestion!r}?" if self.suggestion else self.hint
