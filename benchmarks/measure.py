"""Measure one operation on several servers, in turns, so that whatever slows the machine slows them alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from client import Answer, AnswerError, timed
from operations import Operation
from population import Directory
from servers import Server

CEILING = "ceiling"
FEWEST = 3
TRIALS = 3
FAILURES = (AnswerError, RuntimeError, OSError, ValueError, LookupError, TypeError)


@dataclass
class Contender:
    """A server and the people on it; the ceiling borrows those of the server under test."""

    server: Server
    directory: Directory


@dataclass
class Figure:
    """What an operation costs on one server: the best of all rounds, in seconds per request."""

    requests: int = 0
    status: int = 0
    size: int = 0
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    error: str | None = None

    @property
    def best_cpu(self) -> float:
        """CPU time of the server per request in its best round."""
        return min(self.cpu)

    @property
    def median_cpu(self) -> float:
        """CPU time of the server per request in its median round."""
        return median(self.cpu)

    @property
    def rate(self) -> float:
        """Requests per second in the best round."""
        return 1 / min(self.wall)

    def as_json(self) -> dict[str, object]:
        """The figure for a file."""
        if self.error is not None:
            return {"error": self.error}
        return {
            "requests_per_round": self.requests,
            "rounds": len(self.cpu),
            "status": self.status,
            "answer_bytes": self.size,
            "cpu_us": round(self.best_cpu * 1e6, 2),
            "cpu_us_median": round(self.median_cpu * 1e6, 2),
            "rate": round(self.rate, 1),
        }


def _trial(operation: Operation, contender: Contender, budget: float) -> Figure:
    """Check the answers of a few requests and choose how many make a round."""
    server, directory = contender.server, contender.directory
    calls = operation.calls(directory, TRIALS)
    expected = operation.status
    answers: list[Answer] = []
    walls: list[float] = []
    for call in calls:
        timing = timed(server.fresh()[:1], server.pid, [server.encode(call)], expected)
        if not operation.check(call, timing.answers[0]):
            raise AnswerError(f"unexpected answer to {call.path}: {timing.answers[0].body[:300]!r}")
        answers += timing.answers
        walls.append(timing.wall)
    operation.tidy(server, directory, answers)
    size = round(sum(len(answer.body) for answer in answers) / len(answers))
    count = min(operation.most, max(FEWEST, int(budget / min(walls))))
    return Figure(requests=count, status=answers[0].status, size=size)


def _round(operation: Operation, contender: Contender, figure: Figure) -> None:
    """One round on one server."""
    server, directory = contender.server, contender.directory
    calls = operation.calls(directory, figure.requests)
    figure.requests = len(calls)
    requests = [server.encode(call) for call in calls]
    timing = timed(server.fresh(), server.pid, requests, frozenset({figure.status}))
    figure.cpu.append(timing.cpu)
    figure.wall.append(timing.wall)
    if server.name != CEILING:
        operation.tidy(server, directory, timing.answers)


def measure(
    operation: Operation, contenders: list[Contender], rounds: int, budget: float
) -> dict[str, Figure]:
    """Rounds on all servers in turns. A ceiling answers what the first of the other servers answered."""
    figures: dict[str, Figure] = {}
    alive: list[Contender] = []
    for contender in sorted(contenders, key=lambda c: c.server.name == CEILING):
        server = contender.server
        try:
            if server.name == CEILING:
                model = figures[alive[0].server.name]
                server.prepare(model.status, model.size)
                figure = Figure(operation.most, model.status, model.size)
            else:
                figure = _trial(operation, contender, budget)
        except FAILURES as error:
            server.connect()
            figures[server.name] = Figure(error=f"{type(error).__name__}: {error}")
            continue
        figures[server.name] = figure
        alive.append(contender)
    for turn in range(rounds + 1):
        for contender in list(alive):
            figure = figures[contender.server.name]
            try:
                _round(operation, contender, figure)
                if turn == 0:  # a round to warm up
                    figure.cpu.clear()
                    figure.wall.clear()
            except FAILURES as error:
                figure.error = f"{type(error).__name__}: {error}"
                contender.server.connect()
                alive.remove(contender)
    return figures
