"""Where exchanges are recorded: in this process, or by a scribe while connections have work at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..errors import FileError
from ..scribe.beside import Item, Scribe, helps_here, let_go
from ..scribe.lines import hold
from ..traffic.recorder import Recorder

log = logging.getLogger("scimmock")

# How many exchanges that came together call a scribe, and how many that came alone, one after the other,
# for which two processes take longer than one, let it give the recorder back.
_TOGETHER = 64
_ALONE = 256


class Desk:
    """Records with ``recorder``, which is another one when a scribe has given it back."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._scribe: Scribe | None = None
        # Where nothing is redacted there is nothing to win.
        self._helps = recorder.redactor.mode != "none" and helps_here()
        self._together = self._alone = 0

    @property
    def is_helped(self) -> bool:
        """Whether a scribe has the recorder now."""
        return self._scribe is not None and self._scribe.in_charge

    def record(self, items: Sequence[Item]) -> None:
        """Record exchanges that came together, and let those go on who wait for that, at once or later."""
        if self._helps:
            self._watch(len(items))
        scribe = self._scribe
        if scribe is not None and scribe.in_charge:
            scribe.record(items)
        else:
            self._record_here(items)

    def _record_here(self, items: Sequence[Item]) -> None:
        for known, _ in items:
            hold(self.recorder, known)
        self.recorder.flush()
        for item in items:
            let_go(item)

    def _watch(self, count: int) -> None:
        """Look at whether exchanges come together, and let a scribe help, or help no more."""
        scribe = self._scribe
        if count > 1 or (scribe is not None and scribe.waiting):
            self._alone = 0
            self._together += count
            if self._together >= _TOGETHER and not self.is_helped:
                self._call(scribe)
            return
        self._alone += 1
        if self._alone >= _ALONE:
            self._together = 0
            if scribe is not None and scribe.in_charge:
                self._take_back(scribe)

    def _call(self, scribe: Scribe | None) -> None:
        try:
            if scribe is None:
                self._scribe = Scribe(self._go_on)
            elif scribe.is_ready and self.recorder.begun:
                scribe.take_over(self.recorder)
        except Exception as error:  # whatever it is: this process can do it, too
            log.debug("what is recorded stays in this process: %s: %s", type(error).__name__, error)
            self._helps, self._scribe = False, None
            if scribe is not None:
                scribe.close()

    def take_back(self) -> None:
        """Have all that was to be recorded in the file, and the recorder here."""
        if self._scribe is not None and self._scribe.in_charge:
            self._take_back(self._scribe)

    def _take_back(self, scribe: Scribe) -> None:
        on_lost = self.recorder.on_lost
        found = scribe.give_back()
        if found is not None:
            self.recorder = found
            found.on_lost = on_lost

    def _go_on(self, why: str, items: list[Item]) -> None:
        """Go on here where the scribe has ended by itself."""
        was_in_charge = self.is_helped
        self._scribe, self._helps = None, False
        if not was_in_charge:
            return
        log.warning(
            "the process that wrote %s %s: this one goes on, and does not know what that has replaced",
            self.recorder.path,
            why,
        )
        try:
            more = self.recorder.go_on_anew()
        except FileError as error:
            for item in items:
                self.recorder.lose(error.message)
                let_go(item)
            return
        for item in items[:more]:
            let_go(item)
        self._record_here(items[more:])

    def close(self) -> None:
        """Close the file."""
        self.take_back()
        if self._scribe is not None:
            self._scribe.close()
        self.recorder.close()
