"""The command line.  One file a command; whatever is heavy is imported inside the command."""

from __future__ import annotations

from .main import main as main
