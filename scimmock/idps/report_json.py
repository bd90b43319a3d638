"""The report of a run as JSON: all that the text has, and all differences that were kept."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from .differences import Comparison, Difference
from .report_text import quarantine_words

if TYPE_CHECKING:
    from .report import Report

__all__ = ["document"]

_FAILURES = 2_000


def document(report: Report) -> dict[str, Any]:
    """Return the report; keys are only ever added."""
    about = asdict(report.about)
    about["scenarios"] = list(report.about.scenarios)
    finished = report.finished
    return {
        **about,
        "ok": report.exit_code == 0,
        "exit_code": report.exit_code,
        "interrupted": report.interrupted,
        "seconds": round(finished.seconds, 3) if finished is not None else None,
        "counts": dict(finished.counts) if finished is not None else {},
        "steps": [
            {
                "step": name,
                "intents": step.intents,
                "cycles": step.cycles,
                "well": step.well,
                "left_out": step.skipped,
                "late": step.late,
                "failed": len(step.failing),
            }
            for name, step in report.steps.items()
        ],
        "requests": _requests(report),
        "deviations": [
            {
                "request": request,
                "what": what,
                "reaction": reaction,
                "known": not standard,
                "shown": shown,
                "why": why,
                "count": tally.count,
                "final": tally.final,
                "objects": tally.objects,
                "details": tally.details,
            }
            for (request, what, reaction, shown, why, standard), tally in report.deviations.items()
        ],
        "failed": [
            {
                "step": step,
                "object": object,
                "request": trouble.request if trouble is not None else None,
                "what": trouble.what if trouble is not None else None,
                "detail": trouble.detail if trouble is not None else "",
                "shown": trouble.shown if trouble is not None else "",
            }
            for step, object, trouble in islice(report.failures(), _FAILURES)
        ],
        "quarantine": [
            {**asdict(event), "message": quarantine_words(report, index)}
            for index, event in enumerate(report.quarantined)
        ],
        "left_out": [
            {"intent": intent, "why": why, "objects": objects}
            for (intent, why), objects in report.left_out.items()
        ],
        "server": [
            {
                "name": oddity.check.name,
                "section": oddity.check.section,
                "severity": oddity.check.severity,
                "message": oddity.message,
                "count": oddity.count,
                "examples": oddity.examples,
            }
            for oddity in report.answers.oddities()
        ],
        "comparison": _comparison(report.comparison) if report.comparison is not None else None,
    }


def _requests(report: Report) -> dict[str, Any]:
    times = report.times
    return {
        "sent": report.sent,
        "unanswered": report.unanswered,
        "errors": dict(report.errors),
        "sent_again": report.retries,
        "waited_seconds": round(report.retry_seconds, 3),
        "put_off": report.next_cycles,
        "milliseconds": {
            "median": round(times.quantile(0.5), 1),
            "95": round(times.quantile(0.95), 1),
            "longest": round(times.longest, 1),
        },
        "by_endpoint": [
            {"method": method, "endpoint": endpoint, "count": statuses.total(), "statuses": dict(statuses)}
            for (method, endpoint), statuses in report.requests.items()
        ],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "equal": comparison.equal,
        "unreadable": comparison.unreadable or None,
        "users": comparison.users,
        "groups": comparison.groups,
        "others": comparison.others,
        "notes": comparison.notes,
        "counts": dict(comparison.counts),
        "differences": [_difference(one) for one in comparison.differences],
        "explained_counts": dict(comparison.explained_counts),
        "explained": [_difference(one) for one in comparison.explained],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return asdict(difference)
