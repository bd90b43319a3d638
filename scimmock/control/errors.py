"""Errors of the control API: ``{"error": {"field", "message", "did_you_mean"}}``."""

from __future__ import annotations

from typing import Any

from ..faults.errors import RuleError


class ControlError(Exception):
    """An error that is answered to the caller of the control API."""

    def __init__(
        self, status: int, message: str, field: str | None = None, did_you_mean: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.did_you_mean = did_you_mean

    def document(self) -> dict[str, Any]:
        """Return the body of the answer."""
        error: dict[str, Any] = {"field": self.field, "message": self.message}
        if self.did_you_mean:
            error["did_you_mean"] = self.did_you_mean
        return {"error": error}


def rule_error(error: RuleError) -> ControlError:
    """Return what is wrong with a rule or quirk as an error of the control API."""
    hint = f", {error.hint}" if error.hint and not error.suggestion else ""
    status = 409 if error.message.endswith("is taken") else 400
    return ControlError(status, f"{error.message}{hint}", error.path.lstrip(".") or None, error.suggestion)
