"""How long an answer asks to wait."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from .target import Answer

PAUSE = 1.0  # seconds, where an answer does not say
_LONGEST_WAIT = 24 * 3600.0  # seconds that a Retry-After may ask for; more counts as this


def wait_of(answer: Answer, now: float) -> float:
    """Return the seconds that Retry-After asks for (RFC 9110 section 10.2.3), a second without one.

    ``now`` is in seconds since 1970, for dates where the answer itself has none.
    """
    text = (answer.header("retry-after") or "").strip()
    if text.isdigit():
        seconds = float(text[:12])
    else:
        at = _moment(text)
        seconds = PAUSE if at is None else at - (_moment(answer.header("date") or "") or now)
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
