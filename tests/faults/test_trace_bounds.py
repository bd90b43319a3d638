"""What the trace keeps of very many facts."""

from __future__ import annotations

from typing import Any

from scimmock.faults.call import enter


def test_beyond_a_hundred_facts_are_counted() -> None:
    facts: list[dict[str, Any]] | None = None
    for number in range(150):
        facts = enter(facts, {"name": str(number)}, name="...")
    assert facts is not None and len(facts) == 101
    assert facts[99] == {"name": "99"} and facts[-1] == {"name": "...", "more": 50}
