"""``scimmock record``."""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import click

from ..errors import FileError, UsageError, UserError
from .redaction import check_redaction, told_counts

if TYPE_CHECKING:
    from .mitmdump import Mitmdump, Tail

_FILE = click.Path(path_type=Path, dir_okay=False)
_URL = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._~%/-]*)?")
_PAUSE = 0.2  # seconds between looks at the recording
_LOST = 6
_PORTS = {"http": 80, "https": 443}


@click.command(
    short_help="Record what an identity provider and an application say to each other.",
    epilog="Examples:\n\n  scimmock record --upstream https://app.example/scim/v2 --out session.jsonl"
    "\n\n  scimmock record --upstream http://127.0.0.1:9000 --keep-host --out s.jsonl",
)
@click.option("--upstream", required=True, metavar="URL", help="The SCIM service, with its base path.")
@click.option("--out", required=True, type=_FILE, metavar="FILE", help="File to record in.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8081, show_default=True, help="Port, 0 for a free one."
)
@click.option(
    "--mode",
    type=click.Choice(["reverse", "regular"]),
    default="reverse",
    show_default=True,
    help="reverse: stand for the service; regular: be the proxy of clients that take one.",
)
@click.option("--keep-host", is_flag=True, help="Send the upstream the Host that the client sent.")
@click.option("--append", is_flag=True, help="Go on with a file that is there.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option(
    "--redact",
    type=click.Choice(["none", "secrets", "pseudonyms"]),
    default="pseudonyms",
    show_default=True,
    help="What is taken out before anything is written.",
)
@click.option("--redact-key", type=_FILE, metavar="F", help="Key of the pseudonyms. Default: this machine's.")
@click.option("--redact-field", multiple=True, metavar="P", help="Path of an attribute that is personal too.")
@click.option("--public-url", metavar="URL", help="Where clients reach the recorder: the URL of a tunnel.")
@click.option("--faults", multiple=True, metavar="NAME|FILE", help="Fault rules that act on what passes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same faults.")
@click.option(
    "--confdir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of mitmproxy's certificate authority. Default: one of scimmock's own.",
)
@click.option("--insecure", is_flag=True, help="Take any certificate of the upstream.")
@click.option(
    "--ready-file", type=_FILE, metavar="FILE", help="Write this file once connections are accepted."
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
@click.option(
    "--print",
    "print",
    type=click.Choice(["human", "json"]),
    default="human",
    show_default=True,
    help="json: one line at the start, one at the end.",
)
def command(**given: Any) -> int:
    """Record SCIM traffic with mitmproxy, until Ctrl-C; exit code 6 when exchanges were lost.

    The identity provider is given the address of the recorder in place of that of the service.  Secrets
    and persons are replaced before anything is written.
    """
    wanted = _Wanted(**given)
    _check(wanted)
    with tempfile.TemporaryDirectory(prefix="scimmock-") as folder:
        return _run(wanted, Path(folder))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The options of the command."""

    upstream: str
    out: Path
    host: str
    port: int
    mode: str
    keep_host: bool
    append: bool
    force: bool
    redact: str
    redact_key: Path | None
    redact_field: tuple[str, ...]
    public_url: str | None
    faults: tuple[str, ...]
    seed: int
    confdir: Path | None
    insecure: bool
    ready_file: Path | None
    quiet: bool
    print: str

    @property
    def service(self) -> SplitResult:
        return urlsplit(self.upstream)

    @property
    def base_path(self) -> str:
        return self.service.path.rstrip("/")

    @property
    def port_of_service(self) -> int:
        return self.service.port or _PORTS[self.service.scheme]


def _check(wanted: _Wanted) -> None:
    """Raise what can be known to be wrong before anything is started."""
    try:
        port_is_right = urlsplit(wanted.upstream).port != 0
    except ValueError:
        port_is_right = False
    if not _URL.fullmatch(wanted.upstream) or not port_is_right:
        raise UsageError(
            f"--upstream {wanted.upstream!r} is no URL", hint="https://app.example/scim/v2 would be one"
        )
    check_redaction(wanted.redact, wanted.redact_key, wanted.redact_field)
    if wanted.append and wanted.force:
        raise UsageError("--append goes on with the file, --force replaces it", hint="choose one of them")
    if wanted.out.exists() and not (wanted.append or wanted.force):
        hint = "--append goes on with it, --force replaces it"
        raise UsageError(f"{wanted.out} is there already", hint=hint)
    if not wanted.out.absolute().parent.is_dir():
        raise FileError("cannot be written: there is no such folder", where=str(wanted.out))
    if wanted.ready_file is not None and not wanted.ready_file.absolute().parent.is_dir():
        where = str(wanted.ready_file)
        raise FileError("the ready file cannot be written: there is no such folder", where=where)
    if wanted.mode == "regular" and (wanted.public_url or wanted.keep_host):
        raise UsageError("--public-url and --keep-host are for --mode reverse")
    if wanted.port:
        from ..server.binding import bind

        bind(wanted.host, wanted.port).close()


def _run(wanted: _Wanted, folder: Path) -> int:
    from .mitmdump import Mitmdump, Tail, alone, conf_folder

    confdir, stays = conf_folder(wanted.confdir, folder / "confdir")
    start = wanted.out.stat().st_size if wanted.append and wanted.out.exists() else 0
    with _stopping() as stop:
        with alone(confdir):
            dump = Mitmdump(folder, _arguments(wanted, confdir))
            try:
                dump.wait_until_ready()
            except UserError:
                if stop:  # Ctrl-C is for mitmdump too
                    return 128 + stop[0]
                raise
        try:
            _announce(wanted, dump, confdir if stays else None)
            _follow(wanted, dump, Tail(wanted.out, start), stop)
        finally:
            code = dump.end()
            if wanted.ready_file is not None:
                wanted.ready_file.unlink(missing_ok=True)
    return _conclude(wanted, dump, code)


def _arguments(wanted: _Wanted, confdir: Path) -> list[str]:
    """Return the arguments of mitmdump."""
    service = wanted.service
    sets: dict[str, Any] = {
        "confdir": confdir,
        "keep_host_header": "true" if wanted.keep_host else "false",
        "ssl_insecure": "true" if wanted.insecure else "false",
        "scim_record": wanted.out.absolute(),
        "scim_on_existing": "append" if wanted.append else "force" if wanted.force else "refuse",
        "scim_redact": wanted.redact,
        "scim_seed": wanted.seed,
    }
    if wanted.base_path:
        sets["scim_base"] = wanted.base_path
    if wanted.redact_key is not None:
        sets["scim_redact_key"] = wanted.redact_key.absolute()
    if wanted.public_url is not None:
        sets["scim_public_url"] = wanted.public_url
    if wanted.mode == "regular":
        mode, sets["scim_filter"] = "regular", _only(wanted)
    else:
        mode = f"reverse:{service.scheme}://{service.netloc}"
    lists = [("scim_redact_field", path) for path in wanted.redact_field]
    lists += [("scim_faults", name) for name in wanted.faults]
    options = ["--mode", mode, "--listen-host", wanted.host, "--listen-port", str(wanted.port)]
    for name, value in (*sets.items(), *lists):
        options += ["--set", f"{name}={value}"]
    return options


def _only(wanted: _Wanted) -> str:
    """Return the filter of mitmproxy for what goes to the service."""
    service = wanted.service
    host = re.sub(r"[^A-Za-z0-9-]", r"[\g<0>]", service.hostname or "")
    port = f":{wanted.port_of_service}"
    if wanted.port_of_service == _PORTS[service.scheme]:
        port = f"({port})?"
    return f'~u "^{service.scheme}://[[]?{host}[]]?{port}/"'


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """Collect the signals to end by in a list instead of ending by them."""
    stop: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        stop.append(number)

    before = {
        number: signal.signal(number, note)
        for name in ("SIGINT", "SIGTERM", "SIGHUP")
        if (number := getattr(signal, name, None)) and signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _follow(wanted: _Wanted, dump: Mitmdump, recording: Tail, stop: list[int]) -> None:
    """Show what is recorded and what is wrong until it is to end, or ends."""
    is_last = False
    while not is_last:
        is_last = bool(stop) or not dump.is_running
        if is_last:
            dump.end()
        for line in dump.output.lines():
            click.echo(line.decode("utf-8", "replace").rstrip(), err=True)
        for line in recording.lines():
            if not wanted.quiet and wanted.print == "human":
                _show(line)
        if not is_last:
            time.sleep(_PAUSE)


def _show(line: bytes) -> None:
    from .lines import line_of

    try:
        document = json.loads(line)
    except ValueError:
        return  # torn by an earlier run
    if "scimmock" not in document:
        click.echo(line_of(document))


def _announce(wanted: _Wanted, dump: Mitmdump, authority: Path | None) -> None:
    listening: list[list[Any]] = dump.ready["listen"]
    host, port = listening[0] if listening else (wanted.host, wanted.port)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    ready = {
        "url": url,
        "base_url": wanted.upstream if wanted.mode == "regular" else f"{url}{wanted.base_path}",
        "recording": str(wanted.out.absolute()),
        "pid": os.getpid(),
        "version": dump.ready["version"],
    }
    if wanted.ready_file is not None:
        from ..proxy.files import write_whole

        try:
            write_whole(wanted.ready_file, ready)
        except OSError as error:
            where = str(wanted.ready_file)
            raise FileError(f"the ready file cannot be written: {error.strerror}", where=where) from None
    if wanted.print == "json":
        click.echo(json.dumps(ready))
    elif not wanted.quiet:
        for line in _words(wanted, ready, authority):
            click.echo(line)


def _words(wanted: _Wanted, ready: dict[str, Any], authority: Path | None) -> Iterator[str]:
    """Yield what a person has to know to begin."""
    yield f"recording {wanted.upstream} in {wanted.out}, {_REDACTED[wanted.redact]}"
    if wanted.mode == "regular":
        yield f"  proxy for the client: HTTPS_PROXY={ready['url']} HTTP_PROXY={ready['url']}"
        yield from _trust(authority)
    else:
        shown = wanted.public_url.rstrip("/") + wanted.base_path if wanted.public_url else ready["base_url"]
        rest = "" if wanted.base_path else ", followed by the base path of the service"
        yield f"  address for the identity provider: {shown}{rest}"
        if not wanted.public_url:
            yield "  one in the cloud needs a public tunnel to it, whose URL is given as --public-url"
    yield "  Ctrl-C ends it"


_REDACTED = {
    "none": "with all secrets and persons",
    "secrets": "without secrets, with persons",
    "pseudonyms": "without secrets, persons as pseudonyms",
}


def _trust(authority: Path | None) -> Iterator[str]:
    if authority is None:
        yield "  there is no home to keep a certificate authority in: give --confdir to have one that stays"
        return
    path = authority / "mitmproxy-ca-cert.pem"
    yield f"  the client has to trust the authority {path}:"
    yield f"    SSL_CERT_FILE={path}        OpenSSL, httpx, Go, curl"
    yield f"    REQUESTS_CA_BUNDLE={path}   requests"
    yield f"    NODE_EXTRA_CA_CERTS={path}  Node.js"
    yield f"    keytool -importcert -alias scimmock -file {path} -keystore cacerts   Java"


def _conclude(wanted: _Wanted, dump: Mitmdump, code: int) -> int:
    """Say what came of it and return the exit code."""
    summary = dump.summary()
    if not summary or code not in (0, _LOST):
        click.echo(f"scimmock: mitmdump ended by itself with {code}, exchanges may be lost", err=True)
        return _LOST
    lost = summary["lost"] + summary["incomplete"]
    if wanted.print == "json":
        click.echo(json.dumps(summary))
    elif not wanted.quiet:
        click.echo(f"{summary['written']} exchange{_s(summary['written'])} in {wanted.out}")
        told = told_counts(summary["counts"])
        if told:
            click.echo(told)
        if summary["left_out"]:
            left = summary["left_out"]
            click.echo(f"{left} request{_s(left)} to others {'was' if left == 1 else 'were'} not recorded")
    if lost or summary["trouble"]:
        message = f"{lost} exchange{_s(lost)} lost or not complete: {summary['trouble']}"
        click.echo(f"scimmock: {message}", err=True)
    return _LOST if lost or code == _LOST else 0


def _s(count: int) -> str:
    return "" if count == 1 else "s"
