"""Reports of replays, as `scimmock.playback.report.document` returns them."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def line(n: int, verdict: str = "same", **more: Any) -> Document:
    """Return an exchange as the list of all of them has it."""
    return {
        "n": n,
        "begin": n / 10,
        "method": "GET",
        "path": f"/Users/{n}",
        "expected": 200,
        "got": 200,
        "verdict": verdict,
        "milliseconds": 1.5,
        "recorded_milliseconds": 3.0,
        **more,
    }


def status(expected: int = 201, got: int = 409) -> Document:
    return {"what": "status", "path": "", "expected": expected, "got": got}


def body(path: str, **sides: Any) -> Document:
    """Return a difference in a body: ``body("title", expected="a", got="b")``, without a side: nothing."""
    return {"what": "body", "path": path, **sides}


def message(document: Any, **more: Any) -> Document:
    return {"headers": [["content-type", "application/scim+json"]], "body": document, **more}


def told(n: int, *differences: Document, **more: Any) -> Document:
    """Return an exchange that differs; ``expected`` and ``got`` are the documents of the answers."""
    sides = {side: message(more.pop(side, None), status=200) for side in ("expected", "got")}
    return {
        "n": n,
        "what": f"GET User {n}",
        "operation": "read",
        "resource": "Users",
        "id": str(n),
        "cause": None,
        "like": None,
        "differences": list(differences) or [status()],
        "request": message(None, method="GET", path=f"/Users/{n}"),
        **sides,
        **more,
    }


def report_of(*differing: Document, same: int = 0, **more: Any) -> Document:
    """Return a report of exchanges that differ, and of some after them that do not."""
    lines = [
        line(one["n"], "follows" if one["cause"] else "like" if one["like"] else "cause") for one in differing
    ]
    first = max((one["n"] for one in differing), default=0) + 1
    lines += [line(n) for n in range(first, first + same)]
    verdicts = [one["verdict"] for one in lines]
    return {
        "file": "session.jsonl",
        "target": "http://127.0.0.1:9000/scim/v2",
        "by": "server",
        "idp": None,
        "fixture": "rfc",
        "started": "2026-01-05T08:00:00.000Z",
        "pace": "max",
        "ok": not differing,
        "interrupted": False,
        "unreachable": False,
        "seconds": 0.5,
        "counts": {
            "exchanges": len(lines),
            "same": same,
            "differ": len(differing),
            "causes": verdicts.count("cause"),
            "like": verdicts.count("like"),
            "consequences": verdicts.count("follows"),
            "skipped": 0,
            "directory": len(more.get("directory", ())),
            "looked_up": 0,
            "looked_at": 3,
        },
        "notes": [],
        "unbindable": [],
        "differences": list(differing),
        "directory": [],
        "exchanges": lines,
        **more,
    }
