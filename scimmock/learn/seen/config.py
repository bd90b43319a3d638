"""What the service says of itself: the ServiceProviderConfig, and who may read it."""

from __future__ import annotations

from typing import Any

from ..look import Look, View
from ..portrait import Portrait

_SCHEMES = {"oauthbearertoken": "bearer", "oauth2": "oauth2", "httpbasic": "basic", "oauth": "bearer"}
_DISCOVERY = ("ServiceProviderConfig", "ResourceTypes", "Schemas")
_SWITCHES = {
    "patch": "patch",
    "bulk.supported": "bulk",
    "filter": "filter",
    "sort": "sort",
    "etag": "etag",
    "change_password": "changePassword",
}
_SIZES = {
    "bulk.max_operations": ("bulk", "maxOperations"),
    "bulk.max_payload_size": ("bulk", "maxPayloadSize"),
    "paging.max_page_size": ("filter", "maxResults"),
    "paging.default_page_size": ("pagination", "defaultPageSize"),
    "paging.cursor_timeout": ("pagination", "cursorTimeout"),
}
_MOST = 10**12  # what is larger is no size
_PLURAL = "ServiceProviderConfigs"


class Config:
    """The capabilities that are advertised."""

    def __init__(self) -> None:
        self._look: Look | None = None
        self._paths: dict[str, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Keep the configuration."""
        name = look.path.strip("/")
        if look.method != "GET" or name not in (_PLURAL, _DISCOVERY[0]) or look.made_up:
            return
        if look.is_done and isinstance(look.told, dict):
            self._look = look
            self._paths.setdefault(name, look)

    def tell(self, portrait: Portrait) -> None:
        """Note what it says."""
        look = self._look
        if look is None:
            portrait.unseen.append("the ServiceProviderConfig")
            return
        if "behaviour.protocol" not in portrait.settings and _PLURAL in self._paths:
            both = _DISCOVERY[0] in self._paths
            name = "spc-both-paths" if both else "spc-plural-path"
            portrait.quirk(name, "the configuration is at ServiceProviderConfigs", self._paths[_PLURAL])
        for setting, key in _SWITCHES.items():
            supported = _in(look.told, key, "supported")
            if isinstance(supported, bool):
                says = f"the configuration says that {key} is {'' if supported else 'not '}supported"
                portrait.setting(f"behaviour.{setting}", supported, says, look)
        for setting, (key, sub) in _SIZES.items():
            size = _in(look.told, key, sub)
            if isinstance(size, int) and not isinstance(size, bool) and 0 < size < _MOST:
                says = f"the configuration has {key}.{sub} {size}"
                portrait.setting(f"behaviour.{setting}", size, says, look)
        self._tell_paging(portrait, look)
        self._tell_schemes(portrait, look)
        address = look.told.get("documentationUri")
        if isinstance(address, str) and address:
            portrait.setting("behaviour.documentation_uri", address, "the configuration names it", look)

    @staticmethod
    def _tell_paging(portrait: Portrait, look: Look) -> None:
        for way in ("cursor", "index"):
            on = _in(look.told, "pagination", way)
            if isinstance(on, bool):
                says = f"the configuration says that paging by {way} is {'' if on else 'not '}supported"
                portrait.setting(f"behaviour.paging.{way}", on, says, look)
        if "pagination" not in look.told:
            says = "the configuration says nothing of paging by cursor (RFC 9865)"
            portrait.setting("behaviour.paging.cursor", False, says, look)

    @staticmethod
    def _tell_schemes(portrait: Portrait, look: Look) -> None:
        schemes = look.told.get("authenticationSchemes")
        kinds = [_in(item, "type") for item in schemes] if isinstance(schemes, list) else []
        known = [_SCHEMES[str(kind)] for kind in kinds if str(kind) in _SCHEMES]
        if known:
            found = list(dict.fromkeys(known))
            portrait.setting("auth.schemes", found, "the configuration has these schemes", look)


def _in(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


class Credentials:
    """How clients say who they are, and what answers without that."""

    def __init__(self) -> None:
        self._schemes: dict[str, Look] = {}
        self._open: dict[str, Look] = {}
        self._closed: dict[str, Look] = {}

    def see(self, look: Look, view: View) -> None:
        """Look at the credentials of a request."""
        if look.made_up:
            return
        given = look.asked_headers.get("authorization", "")
        scheme = {"bearer": "bearer", "basic": "basic"}.get(given.partition(" ")[0].lower())
        if scheme is not None and look.is_done:
            self._schemes.setdefault(scheme, look)
        name = look.path.strip("/").partition("/")[0]
        if not given and name in _DISCOVERY:
            (self._open if look.is_done else self._closed).setdefault(name, look)

    def tell(self, portrait: Portrait) -> None:
        """Note it."""
        if self._schemes:
            look = next(iter(self._schemes.values()))
            portrait.setting("auth.schemes", list(self._schemes), "requests have such credentials", look)
        else:
            portrait.unseen.append("credentials")
        if self._open or self._closed:
            look = next(iter((self._open or self._closed).values()))
            names = [name for name in _DISCOVERY if name in self._open]
            says = f"without credentials {', '.join(names) or 'nothing'} is answered"
            portrait.setting("behaviour.open", names, says, look)
        else:
            portrait.unseen.append("what is answered without credentials")
