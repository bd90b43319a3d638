"""scimmock: a mock SCIM server and traffic recorder for testing identity provisioning."""

from __future__ import annotations

from .version import __version__ as __version__
