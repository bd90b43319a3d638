"""The report of a run as text: what was sent, what failed and how it would show, what differs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..journal.plain import plain, short
from .differences import KINDS, Comparison, Difference

if TYPE_CHECKING:
    from .events import Deviated
    from .report import Failure, Report, StepTally

__all__ = ["count_of", "lines", "quarantine_words", "what_words"]

_WIDTH = 12  # of the labels at the left
_SHOWN = 10  # of one kind; all are in the JSON
_DETAIL = 160
_NAMED = 3  # objects that stand for many
_SCENARIO = re.compile(r"[ :]")

_REACTIONS = {
    "fail": "it fails until a person acts",
    "skip": "it is left for this run",
    "none": "it counts as nothing found",
    "adopt": "what exists is looked up and linked",
    "recreate": "it is created again",
    "retry": "it is sent again",
    "next-cycle": "it is tried again in later cycles",
    "wait": "it is sent again after Retry-After",
    "quarantine": "the whole job is stopped",
    "refuse": "the configuration is not accepted",
}
_WHAT = {
    "timeout": "not answered in time",
    "reset": "not answered, the connection ended",
    "not-json": "answered with what is no JSON",
    "empty-body": "answered without the resource",
    "several-found": "answered with several that fit",
    "none-found": "answered with none that fits",
    "many-found": "answered with several that fit",
    "no-value": "not sent, it lacks a value",
}
_SILENT = ("timeout", "reset")  # nothing of it is in the server's words
_TITLES = {
    "missing": "missing",
    "orphaned": "orphaned",
    "leftover": "left over",
    "unlinked": "not linked",
    "duplicate": "superfluous",
    "stale": "stale",
    "membership": "members",
}
_KINDS = _TITLES | {"membership": "with other members"}


def lines(report: Report) -> list[str]:
    """Return the report, line by line, without colours."""
    return [plain(line) for line in _lines(report)]


def _lines(report: Report) -> Iterator[str]:
    yield from _head(report)
    yield from _steps(report)
    yield from _requests(report)
    yield from _quarantine(report)
    yield from _deviations(report)
    yield from _failures(report)
    yield from _left_out(report)
    yield from _server(report)
    if report.comparison is not None:
        yield from _comparison(report.comparison, report)
    yield ""
    yield _result(report)


def _labelled(label: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield texts in a column, with the label before the first; nothing where there is none."""
    for index, text in enumerate(texts):
        if not index:
            yield ""
        yield f"{label if not index else '':<{_WIDTH}}{text}".rstrip()


# ---- what was done


def _head(report: Report) -> Iterator[str]:
    about = report.about
    yield f"{about.idp} provisioned {about.target}"
    size = [
        count_of(number, noun)
        for number, noun in ((about.users, "user"), (about.groups, "group"))
        if number is not None
    ]
    seed = [f"seed {about.seed}"] if about.seed is not None else []
    if size or seed:
        yield f"{'people':<{_WIDTH}}{', '.join([*size, *seed])}"


def _steps(report: Report) -> Iterator[str]:
    """Yield what became of each scenario: the names of its steps begin with its own."""
    by_scenario: dict[str, list[StepTally]] = {}
    for name, step in report.steps.items():
        by_scenario.setdefault(_SCENARIO.split(name, maxsplit=1)[0], []).append(step)
    texts = []
    width = max((len(name) for name in by_scenario), default=0)
    for name, steps in by_scenario.items():
        well, late = sum(step.well for step in steps), sum(step.late for step in steps)
        failed = len({task for step in steps for task in step.failing})
        skipped = sum(step.skipped for step in steps)
        told = [f"{count_of(well, 'task')} well"] if well else []
        told += [f"{skipped:,} left out"] if skipped else []
        told += [f"{failed:,} failed"] if failed else []
        told += [f"{late:,} put right by a later step"] if late else []
        texts.append(f"{name:<{width}}  {', '.join(told) or 'nothing came to its end'}")
    yield from _labelled("scenarios", texts)


def _requests(report: Report) -> Iterator[str]:
    finished = report.finished
    seconds = finished.seconds if finished is not None else 0.0
    pace = f" in {seconds:.1f} s" if seconds >= 0.05 else ""
    texts = [f"{report.sent:,} sent{pace}"] if report.sent else ["none was sent"]
    if report.times.count == 1:
        texts[0] += f", answered within {_ms(report.times.longest)}"
    elif report.times.count:
        median, most = report.times.quantile(0.5), report.times.quantile(0.95)
        longest = report.times.longest
        texts[0] += f", answered within {_ms(median)} (half), {_ms(most)} (95 %), {_ms(longest)} (all)"
    endpoints = sorted(report.requests.items(), key=lambda row: -row[1].total())
    width = max((len(f"{method} {endpoint}") for (method, endpoint), _ in endpoints), default=0)
    for (method, endpoint), statuses in endpoints:
        told = ", ".join(
            f"{number} x {'no answer' if status == 'none' else status}" for status, number in statuses.items()
        )
        texts.append(f"{statuses.total():>6}  {f'{method} {endpoint}':<{width}}  {told}")
    if report.unanswered:
        texts.append(f"without answer: {_counted(report.errors)}")
    if report.retries:
        texts.append(f"{report.retries} sent again, after {_seconds(report.retry_seconds)} of waiting in all")
    if report.next_cycles:
        texts.append(f"{count_of(report.next_cycles, 'task')} put off to a later cycle")
    yield from _labelled("requests", texts)


def _quarantine(report: Report) -> Iterator[str]:
    yield from _labelled(
        "STOPPED", (quarantine_words(report, index) for index in range(len(report.quarantined)))
    )


def quarantine_words(report: Report, index: int) -> str:
    """Return one sentence on why the client stopped the job."""
    event, name = report.quarantined[index], report.about.idp.partition("@")[0]
    verb = "would refuse this configuration" if event.refused else "would quarantine this application"
    why = f": {event.why}" if event.why else ""
    shown = f'; its administrator sees "{event.shown}"' if event.shown else ""
    return f"{name} {verb}, because {event.request} was {what_words(event.what)}{why}{shown}"


# ---- what went wrong


def what_words(what: str) -> str:
    """Return what happened to a request: "answered 409"."""
    return _WHAT.get(what, f"answered {what}")


def _deviations(report: Report) -> Iterator[str]:
    texts = []
    client = report.about.idp.partition("@")[0]
    for key, tally in sorted(report.deviations.items(), key=lambda row: -row[1].count):
        request, what, reaction, shown, why, standard = key
        told = "what the client does is not known, it counts as failed" if standard else _REACTIONS[reaction]
        texts.append(f"{tally.count:>6}  {request} {what_words(what)}: {told}")
        if tally.details and what not in _SILENT:
            texts.append(f'        the server says "{short(tally.details[0], _DETAIL)}"')
        if shown:
            texts.append(f'        {client} shows "{shown}"')
        elif why and reaction in ("fail", "skip", "refuse"):
            texts.append(f"        {why}")
    yield from _labelled("deviations", texts)


def _failures(report: Report) -> Iterator[str]:
    """Yield what failed, those together who failed in one way."""
    alike: dict[tuple[str, str], list[Failure]] = {}
    for failure in report.failures():
        trouble = failure.trouble
        alike.setdefault((trouble.request, trouble.what) if trouble is not None else ("", ""), []).append(
            failure
        )
    texts = []
    for failures in sorted(alike.values(), key=len, reverse=True):
        trouble = failures[0].trouble
        words = trouble_words(trouble) if trouble is not None else "not done"
        texts.append(f"{len(failures):>6}  {words}")
        texts.append(f"        {named([failure.object for failure in failures])}")
    yield from _labelled("failed", texts)


def named(objects: list[str]) -> str:
    """Return some names for all: "user ada, user bob and 3 more"."""
    names = [object or "the connection" for object in objects]
    more = len(names) - _NAMED
    if more > 0:
        return f"{', '.join(names[:_NAMED])} and {more:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def trouble_words(trouble: Deviated) -> str:
    """Return what went wrong with an object, in a few words."""
    said = trouble.detail if trouble.what not in _SILENT else ""
    detail = f" ({short(said, _DETAIL)})" if said else ""
    return f"{trouble.request} was {what_words(trouble.what)}{detail}"


def _left_out(report: Report) -> Iterator[str]:
    texts = []
    by_why: dict[str, list[str]] = {}
    for (intent, why), objects in report.left_out.items():
        by_why.setdefault(why, []).append(f"{intent} (for {objects})" if objects > 1 else intent)
    for why, intents in by_why.items():
        texts.append(f"{', '.join(intents)}: {why}")
    yield from _labelled("left out", texts)


# ---- about the target


def _server(report: Report) -> Iterator[str]:
    texts = []
    for oddity in report.answers.oddities():
        check = oddity.check
        texts.append(f"{oddity.count:>6}  {check.severity:<7} {oddity.message} [{check.section}]")
        if oddity.examples:
            texts.append(f"                {oddity.examples[0]}")
    yield from _labelled("the server", texts)


def _comparison(comparison: Comparison, report: Report) -> Iterator[str]:
    texts = []
    if comparison.unreadable:
        texts.append(f"the directory could not be read: {comparison.unreadable}")
    else:
        compared = [count_of(comparison.users, "account"), count_of(comparison.groups, "group")]
        others = f", {count_of(comparison.others, 'account')} there for others" if comparison.others else ""
        texts.append(f"{' and '.join(compared)} compared{others}")
    texts += comparison.notes
    yield from _labelled("directory", texts)
    for kind in KINDS:
        found = [one for one in comparison.differences if one.kind == kind]
        told = (_difference(one, report) for one in found[:_SHOWN])
        yield from _labelled(_TITLES[kind], _and_more(told, comparison.counts[kind]))
    explained = Counter((one.kind, one.attribute, one.explained) for one in comparison.explained)
    yield from _labelled("explained", (_explained(key, number) for key, number in explained.items()))


def _difference(difference: Difference, report: Report) -> str:
    text = f"{difference.object}: {difference.message}"
    trouble = report.trouble_behind(difference)
    if trouble is None:
        return text if difference.kind in ("duplicate", "unlinked") else f"{text}; no request failed"
    return f"{text}; {trouble.request} was {what_words(trouble.what)}"


def _explained(key: tuple[str, str, str], number: int) -> str:
    kind, attribute, why = key
    what = {
        "missing": "not there",
        "orphaned": "still there",
        "stale": f"with another {attribute} than intended",
        "membership": "with other members than intended",
    }.get(kind, kind)
    return f"{number} {what}: {why}"


def _and_more(texts: Iterable[str], total: int) -> Iterator[str]:
    shown = 0
    for text in texts:
        shown += 1
        yield text
    if total > shown:
        yield f"... and {total - shown} more"


def _result(report: Report) -> str:
    if report.interrupted:
        return "interrupted: what is told here is what was done until then"
    if report.exit_code == 5:
        return f"nobody answers at {report.about.target}"
    parts = []
    if report.failed:
        parts.append(f"{count_of(report.failed, 'task')} failed")
    if report.quarantined:
        parts.append("the job was stopped")
    comparison = report.comparison
    if comparison is not None and comparison.unreadable:
        parts.append("the directory could not be compared")
    elif comparison is not None and not comparison.equal:
        total = comparison.counts.total()
        kinds = ", ".join(
            f"{comparison.counts[kind]:,} {words}"
            for kind, words in _KINDS.items()
            if comparison.counts[kind]
        )
        parts.append(f"the directories differ in {count_of(total, 'place')} ({kinds})")
    elif comparison is not None and not comparison.users + comparison.groups:
        parts.append("there is nothing to compare")
    elif comparison is not None:
        known = comparison.explained_counts.total()
        but = f", but for {count_of(known, 'place')} that the client leaves so" if known else ""
        parts.append(f"the directories are equal{but}")
    return f"{'; '.join(parts)}" if parts else "done"


def count_of(number: int, noun: str) -> str:
    """Return "1 user", "2 users"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common())


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds / 1000:.1f} s"


def _seconds(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
