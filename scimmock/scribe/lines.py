"""From what is known of an exchange to its line, the same in whichever process that is done."""

from __future__ import annotations

from typing import Any

import msgspec

from ..traffic.recorded import Facts, recorded
from ..traffic.recorder import Recorder

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def hold(recorder: Recorder, facts: Facts) -> None:
    """Let a recorder hold an exchange until it is flushed; one that cannot be recorded is lost."""
    try:
        document = recorded(facts, recorder.started, _decode, _encoder.encode)
    except Exception as error:  # a defect must not end the traffic
        recorder.lose(f"cannot be recorded: {type(error).__name__}: {error}")
        return
    recorder.hold(document)


def line(document: dict[str, Any]) -> bytes:
    """Return a header or an exchange as a line."""
    return _encoder.encode(document) + b"\n"


def _decode(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
