"""app.py without its defect: what has to be done otherwise is all that stands here."""

from __future__ import annotations

from typing import Any

import app
from app import application

__all__ = ["Users", "application"]


class Users(app.Users):
    """The same, for clients that send booleans as text."""

    def kept(self, name: str, value: Any) -> Any:
        """Take "False", as Entra ID sends it, for false."""
        if name == "active" and isinstance(value, str):
            return value.lower() == "true"
        return super().kept(name, value)
