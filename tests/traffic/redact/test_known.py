"""What is remembered is bounded, and what comes again and again stays."""

from __future__ import annotations

from scimmock.traffic.redact.known import Known


def test_what_comes_again_is_worked_out_once() -> None:
    asked: list[str] = []

    def find(text: str) -> str:
        asked.append(text)
        return text.upper()

    known = Known(find, 10)
    for number in range(100):
        assert known["often"] == "OFTEN" and known[f"n{number}"] == f"N{number}"
        assert len(known) + len(known._before) <= 10
    assert asked.count("often") == 1 and len(asked) == 101
    assert known["n0"] == "N0" and asked[-1] == "n0"
    known.clear()
    assert known["often"] == "OFTEN" and asked[-1] == "often"
