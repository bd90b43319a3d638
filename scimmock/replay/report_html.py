"""The outcome of a replay as one page of HTML."""

from __future__ import annotations

from typing import Any

__all__ = ["page"]


def page(report: dict[str, Any]) -> str:
    """Return the page for the document of `report.document`."""
    return ""
