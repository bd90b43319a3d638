"""The addon: ``mitmdump -s "$(scimmock addon-path)" --set scim_record=FILE`` records SCIM traffic.

It needs nothing but mitmproxy and the Python that this runs on: the package is found beside this file.
"""

from __future__ import annotations

import logging
import os
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mitmproxy import connection, ctx, exceptions, http
from mitmproxy.proxy import server_hooks

if sys.version_info < (3, 11):  # noqa: UP036
    # mitmproxy 11 itself runs on older ones.
    raise ImportError("the addon of scimmock needs Python 3.11 or newer, in the environment of mitmproxy")

try:
    import scimmock  # noqa: F401
except ImportError:
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from scimmock.errors import UserError
from scimmock.proxy.bodies import Tee
from scimmock.proxy.exchanges import Seen, Told
from scimmock.proxy.failures import Failure, failure_of
from scimmock.proxy.files import write_whole
from scimmock.proxy.leading import Leading, mark_control
from scimmock.proxy.leaving import kill
from scimmock.proxy.options import NAMES, OPTIONS, Settings, read_settings, unknown_option, wrong, wrong_value
from scimmock.proxy.replay import ProxyReplay
from scimmock.proxy.session import Session
from scimmock.version import __version__

logger = logging.getLogger(__name__)

_FAULT, _LED, _REPLAY = "a fault rule failed", "an answer cannot be led back", "the replay failed"
LOST = 6  # the exit code when exchanges were lost or are not complete


def _addon(name: str) -> Any:
    """Return an addon of mitmproxy, None when there is none by that name."""
    found: Any = ctx.master.addons
    return found.get(name)


STOPPED = Failure("stopped", "the recorder was stopped before there was an answer", "proxy", None)


class End:
    """Stands last in mitmproxy's chain, where leaving with an exit code keeps nobody from ending well."""

    name = "scimmock_end"

    def __init__(self) -> None:
        self.code = 0

    def done(self) -> None:
        if self.code:
            raise SystemExit(self.code)


class Addon:
    """Options and hooks; what they do is in the modules beside this one."""

    name = "scimmock"

    def __init__(self) -> None:
        self.settings: Settings | None = None
        self.session: Session | None = None
        self.faults: Any = None
        self.replay: ProxyReplay | None = None
        self._leading: Leading | None = None
        self._runs = False
        self._pending: dict[str, tuple[http.HTTPFlow, Seen]] = {}
        self._numbers: dict[str, int] = {}
        self._connections = 0
        self._readers: weakref.WeakKeyDictionary[connection.Connection, Any] = weakref.WeakKeyDictionary()

    # ---- options and life

    def load(self, loader: Any) -> None:
        for name, kind, default, text in OPTIONS:
            loader.add_option(name, kind, default, text)
        # mitmproxy itself would go on without this addon when one of its options has a wrong value.
        bad = wrong_value(ctx.options.deferred)
        try:
            if bad is None:
                ctx.options.process_deferred()
        except (exceptions.OptionsError, TypeError) as error:
            bad = str(error)
        if bad is not None:
            logger.error(f"scimmock: {bad}")

    def configure(self, updated: set[str]) -> None:
        if not updated & {*NAMES, "keep_host_header"}:
            return
        try:
            self._apply(read_settings(ctx.options))
        except (exceptions.OptionsError, UserError) as error:
            if self._runs:
                raise wrong(str(error)) from None
            self._refuse(str(error), getattr(error, "exit_code", 2))

    def _apply(self, settings: Settings) -> None:
        before, self.settings = self.settings, settings
        self._leading = (
            Leading(settings.public, ctx.options.keep_host_header) if settings.leads_back else None
        )
        given = (settings.faults, settings.seed)
        if before is None or given != (before.faults, before.seed):
            self.faults = self._faults(settings) if settings.faults else None
        if before is None or (settings.replay, settings.base) != (before.replay, before.base):
            self._tell_replay()
            self.replay = ProxyReplay(settings.replay, settings.base) if settings.replay else None
        if self._runs:
            self._open(settings)

    def _faults(self, settings: Settings) -> Any:
        try:
            from scimmock.proxy.faults import ProxyFaults
        except ImportError as error:
            hint = "scim_faults needs scimmock installed beside mitmproxy: pip install scimmock"
            raise wrong(f"{hint} ({error})") from None
        return ProxyFaults(
            settings.faults, settings.seed, lambda: self.session.base if self.session else None
        )

    def _open(self, settings: Settings) -> None:
        if self.session is not None:
            if self.session.goes_on_with(settings):
                return
            self._close()
        if settings.record is not None:
            rules = self.faults.rules.rules if self.faults is not None else ()
            told = [{"name": rule.name, **rule.spec} for rule in rules]
            self.session = Session(settings, settings.record, told)

    def _refuse(self, message: str, code: int) -> None:
        """Say why this cannot start: an error that is logged before mitmproxy runs makes it end with 1."""
        logger.error(f"scimmock: {message}")
        if ctx.options.scim_summary:
            self._write(Path(ctx.options.scim_summary), {"refused": message, "exit_code": code})

    def running(self) -> None:
        unknown = unknown_option(ctx.options.deferred)
        if unknown is not None:
            self._refuse(unknown, 2)
        settings = self.settings
        if settings is None or unknown is not None:
            return
        options: Any = ctx.options
        if not options.has_changed("connection_strategy"):
            # An upstream that is down is an answer to each request then, and not a connection that ends.
            options.update(connection_strategy="lazy")
        if settings.replay is not None and settings.replay.on_miss != "forward":
            if not options.has_changed("upstream_cert"):
                options.update(upstream_cert=False)  # nor is it asked for its certificate
        self._runs = True
        addons: Any = ctx.master.addons
        if _addon(End.name) is None:
            addons.add(End())
        try:
            self._open(settings)
        except UserError as error:
            self._refuse(str(error), error.exit_code)
            return
        if settings.ready is not None:
            servers = _addon("proxyserver").servers
            ready = {
                "pid": os.getpid(),
                "listen": [list(address[:2]) for server in servers for address in server.listen_addrs],
                "recording": str(settings.record) if settings.record else None,
                "version": __version__,
            }
            self._write(settings.ready, ready)

    def _write(self, path: Path, document: dict[str, Any]) -> None:
        try:
            write_whole(path, document)
        except OSError as error:
            logger.error(f"scimmock: {path}: cannot be written: {error.strerror}")

    def done(self) -> None:
        if ctx.master.should_exit.is_set():  # else the addon is loaded anew, and goes on with them
            for flow, seen in list(self._pending.values()):
                seen.failure = STOPPED
                self._record(flow, seen)
        self._close()
        self._tell_replay()
        if self.settings is not None and self.settings.ready is not None:
            self.settings.ready.unlink(missing_ok=True)

    def _close(self) -> None:
        session, self.session = self.session, None
        if session is None:
            return
        session.close()
        end = _addon(End.name)
        if session.has_lost and end is not None:
            end.code = LOST
        said = session.summary()
        left = f", left out {said['left_out']}" if said["left_out"] else ""
        logger.info(f"scimmock: {said['recording']}: exchanges recorded {said['written']}{left}")
        if session.settings.summary is not None:
            played = {"replay": self.replay.summary} if self.replay is not None else {}
            self._write(session.settings.summary, said | played)

    def _tell_replay(self) -> None:
        """Say what was played of a session that answers no more."""
        replay, settings = self.replay, self.settings
        if replay is None:
            return
        counts = replay.counts
        unplayed = f", not played {', '.join(map(str, counts.unplayed[:20]))}" if counts.unplayed else ""
        logger.info(
            f"scimmock: {replay.settings.path}: exchanges played {counts.played} of {counts.total}, "
            f"requests not in it {counts.missed}{unplayed}"
        )
        if settings is not None and settings.summary is not None and settings.record is None:
            self._write(settings.summary, {"replay": replay.summary})

    # ---- connections

    def server_connected(self, data: server_hooks.ServerConnectionHookData) -> None:
        # Only its reader knows whether a connection was ended or reset; mitmproxy says the same of both.
        try:
            handler = _addon("proxyserver").connections[data.client.id]
            self._readers[data.server] = handler.transports[data.server].reader
        except (AttributeError, KeyError, TypeError):
            pass

    def client_disconnected(self, client: connection.Client) -> None:
        self._numbers.pop(client.id, None)

    def _was_reset(self, flow: http.HTTPFlow) -> bool:
        reader = self._readers.get(flow.server_conn) if flow.server_conn else None
        exception = getattr(reader, "exception", None)
        return callable(exception) and isinstance(exception(), ConnectionResetError)

    def _number(self, flow: http.HTTPFlow) -> int:
        client = flow.client_conn.id
        if client not in self._numbers:
            self._connections += 1
            self._numbers[client] = self._connections
        return self._numbers[client]

    # ---- flows

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        seen = Seen(self._number(flow))
        self._pending[flow.id] = (flow, seen)
        self._guarded("a request cannot be marked", mark_control, flow)
        if self.faults is not None:
            self._guarded(_FAULT, self.faults.requestheaders, flow)
        if self.replay is not None:
            self._guarded(_REPLAY, self.replay.requestheaders, flow)
        if self.settings is not None:
            seen.request = self._tee(flow.request, self.settings.max_body)

    async def request(self, flow: http.HTTPFlow) -> None:
        if self._leading is not None:
            self._guarded("a request cannot be led on", self._leading.request, flow)
        if self.faults is not None:
            try:
                await self.faults.request(flow)
            except Exception as error:
                self._failed(_FAULT, error)
        if self.replay is not None:
            try:
                await self.replay.request(flow)
            except Exception as error:
                self._failed(_REPLAY, error)
                kill(flow)  # the upstream is not to be asked

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if flow.id not in self._pending or flow.response is None or self.settings is None:
            return
        _, seen = self._pending[flow.id]
        if self.faults is not None:
            self._guarded(_FAULT, self.faults.responseheaders, flow)
        seen.response = self._tee(flow.response, self.settings.max_body)
        if flow.response.stream and self._leading is not None:
            seen.headers = flow.response.headers.fields
            # They are sent before the body has come.
            self._guarded(_LED, self._leading.headers, flow)

    async def response(self, flow: http.HTTPFlow) -> None:
        if flow.error is not None and flow.error.msg == flow.error.KILLED_MESSAGE:
            self.error(flow)  # another addon did; mitmproxy calls nobody else to that
            return
        if self.faults is not None:
            try:
                await self.faults.response(flow)
            except Exception as error:
                self._failed(_FAULT, error)
        if self.replay is not None:
            try:
                await self.replay.response(flow)
            except Exception as error:
                self._failed(_REPLAY, error)
        seen = self._seen(flow)
        self._record(flow, seen)
        if self._leading is not None and flow.response is not None and not flow.response.stream:
            # What a rule has cut off or miscounted is not to be mended.
            is_broken = seen.told is not None and seen.told["error"] is not None
            self._guarded(_LED, self._leading.headers if is_broken else self._leading.response, flow)

    def error(self, flow: http.HTTPFlow) -> None:
        seen = self._seen(flow)
        try:
            seen.failure = failure_of(flow, self._was_reset(flow))
        except Exception as error:
            self._failed("what went wrong cannot be told", error)
            seen.failure = Failure("incomplete", str(flow.error), "proxy", None)
        if self.faults is not None:
            self._guarded(_FAULT, self.faults.error, flow)
        self._record(flow, seen)

    def _seen(self, flow: http.HTTPFlow) -> Seen:
        found = self._pending.pop(flow.id, None)
        return found[1] if found else Seen(self._number(flow))

    @staticmethod
    def _tee(message: http.Request | http.Response, most: int) -> Tee | None:
        """Keep what is streamed; what may be, because nobody knows how much will come, is streamed too."""
        may_be = ctx.options.stream_large_bodies and "content-length" not in message.headers
        if not (message.stream or may_be):
            return None
        tee = Tee(most, message.stream)
        message.stream = tee
        return tee

    def _record(self, flow: http.HTTPFlow, seen: Seen) -> None:
        if self.session is None:
            return
        faults: Told | None = self.faults
        if faults is not None:
            try:
                seen.rules, seen.told = faults.rules_of(flow), faults.told(flow)
            except Exception as error:
                self._failed("what a fault rule did cannot be told", error)
        if self.replay is not None:
            seen.notes = self.replay.notes_of(flow)
            seen.told = seen.told or self.replay.told(flow)
        self.session.record(flow, seen)

    def _guarded(self, what: str, act: Callable[[http.HTTPFlow], None], flow: http.HTTPFlow) -> None:
        """Do something to a flow; what goes wrong is told, and the traffic goes on."""
        try:
            act(flow)
        except Exception as error:
            self._failed(what, error)

    def _failed(self, what: str, error: Exception) -> None:
        why = f"{what}: {type(error).__name__}: {error}"
        if self.session is not None:
            self.session.has_failed(why)
        else:
            logger.error(f"scimmock: {why}")


addons = [Addon()]
