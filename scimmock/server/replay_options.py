"""How a recorded session is to be played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # what plays is loaded where something is to be played
    from ..traffic.answering.player import Order

OnMiss = Literal["404", "engine"]


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """Which session answers, in which order, how fast (`scimmock.traffic.pace`), and what answers else."""

    path: Path
    order: Order = "per-resource"
    on_miss: OnMiss = "404"
    factor: float | None = None
