"""From what is known of an exchange to its line, the same in whichever process that is done."""

from __future__ import annotations

from ..quickjson import decode, encode
from ..traffic.recorded import Facts, recorded
from ..traffic.recorder import Recorder


def hold(recorder: Recorder, facts: Facts) -> None:
    """Let a recorder hold an exchange until it is flushed; one that cannot be recorded is lost."""
    try:
        document = recorded(facts, recorder.started, decode, encode)
    except Exception as error:  # a defect must not end the traffic
        recorder.lose(f"cannot be recorded: {type(error).__name__}: {error}")
        return
    recorder.hold(document)
