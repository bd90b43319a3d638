"""Scenarios are data: what changes in a directory, and when the target is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..errors import UsageError, did_you_mean
from ..fixture.dialect import Intent
from ..yamlfile import read_yaml

__all__ = ["Phase", "ScenarioSpec", "StepSpec", "Whom", "in_order", "load_scenario", "scenario_names"]

_FOLDER = Path(__file__).parent / "scenarios"
Phase = Literal["users", "managers", "groups", "members"]
Whom = Literal["active", "inactive", "same"]
Change = Literal[
    "user-name",
    "family-name",
    "email",
    "department",
    "manager",
    "no-manager",
    "deactivate",
    "reactivate",
    "unassign",
    "dismiss",
    "hire",
    "join",
    "leave",
    "empty",
    "group-name",
    "found-group",
    "dissolve",
]


class StepSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A step does one of four things.

    ``play`` is an intent without an object.  ``change`` changes the directory: for a ``share`` of the
    people (or groups) in question, one at least, ``of`` those who are active, inactive, or the same as
    in the change before.  ``push`` tells the target what is pending, or "all"; ``only`` is which kinds.
    ``wait`` lets time pass: until the next cycle, or as long as it says where the target's clock can be
    moved.  ``title`` is what the step is called in the report.
    """

    play: Intent | None = None
    change: Change | None = None
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    of: Whom = "active"
    push: Literal["pending", "all"] | None = None
    only: tuple[Phase, ...] = ()
    wait: str | None = None
    title: str = ""


class ScenarioSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A scenario; those that it comes ``after`` are played before it, if they have not been."""

    title: str
    after: tuple[str, ...] = ()
    steps: tuple[StepSpec, ...]


def scenario_names() -> list[str]:
    """Return the names of the scenarios."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@cache
def load_scenario(name: str) -> ScenarioSpec:
    """Return a scenario; raises UsageError for a name that there is not."""
    names = scenario_names()
    if name not in names:
        near = did_you_mean(name, names)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(names)}"
        raise UsageError(f"there is no scenario {name!r}", hint=hint)
    return read_yaml(_FOLDER / f"{name}.yaml").convert(ScenarioSpec)


def in_order(names: Iterable[str]) -> list[str]:
    """Return the scenarios to play: those named, in their order, each behind those that it comes after."""
    ordered: dict[str, None] = {}
    for name in names:
        ordered.update(dict.fromkeys(_with_earlier(name)))
    return list(ordered)


def _with_earlier(name: str) -> Iterator[str]:
    for earlier in load_scenario(name).after:
        yield from _with_earlier(earlier)
    yield name
