"""The option that chooses the mended programs: pytest --fixed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--fixed", action="store_true", help="Test the programs without their defects.")
