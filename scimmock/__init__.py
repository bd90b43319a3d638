"""scimmock: a mock SCIM server and traffic recorder for testing identity provisioning.

Names are imported when they are first used: the package itself needs the standard library only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from .errors import BindError as BindError
    from .errors import FileError as FileError
    from .errors import ScimError as ScimError
    from .errors import ScimmockError as ScimmockError
    from .errors import UnreachableError as UnreachableError
    from .errors import UsageError as UsageError
    from .errors import UserError as UserError
    from .idps.provisioning import provision as provision
    from .idps.report import Report as Report
    from .playback.replaying import Replayed as Replayed
    from .playback.replaying import replay as replay
    from .testing.directory import UnknownResource as UnknownResource
    from .testing.journal import Entry as Entry
    from .testing.journal import Finding as Finding
    from .testing.server import App as App
    from .testing.server import Server as Server
    from .testing.server import create_app as create_app
    from .testing.tenant import Tenant as Tenant
    from .traffic.recording import Recording as Recording
    from .traffic.recording import open_recording as open_recording

# The public names by the module that has them.
_MODULES = {
    "App": "testing.server",
    "BindError": "errors",
    "Entry": "testing.journal",
    "FileError": "errors",
    "Finding": "testing.journal",
    "Recording": "traffic.recording",
    "Replayed": "playback.replaying",
    "Report": "idps.report",
    "ScimError": "errors",
    "ScimmockError": "errors",
    "Server": "testing.server",
    "Tenant": "testing.tenant",
    "UnknownResource": "testing.directory",
    "UnreachableError": "errors",
    "UsageError": "errors",
    "UserError": "errors",
    "create_app": "testing.server",
    "open_recording": "traffic.recording",
    "provision": "idps.provisioning",
    "replay": "playback.replaying",
}
__all__ = [
    "App",
    "BindError",
    "Entry",
    "FileError",
    "Finding",
    "Recording",
    "Replayed",
    "Report",
    "ScimError",
    "ScimmockError",
    "Server",
    "Tenant",
    "UnknownResource",
    "UnreachableError",
    "UsageError",
    "UserError",
    "__version__",
    "create_app",
    "open_recording",
    "provision",
    "replay",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
