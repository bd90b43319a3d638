"""The options of the addon: their names, their texts, what they may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, cast

from mitmproxy import exceptions, flow, flowfilter

from ..errors import UsageError, did_you_mean
from ..traffic.answering.player import ORDERS, Order
from ..traffic.pace import parse_pace
from ..traffic.recording import Mode
from ..traffic.redact.redactor import RedactMode
from .addresses import Origin, origin_of
from .replay import OnMiss, ReplaySettings

_ON_EXISTING: dict[str, Mode] = {"refuse": "new", "append": "append", "force": "force"}
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_ON_MISS = ("404", "kill", "forward")
_REDACT = ("none", "secrets", "pseudonyms")

_MAY_BE = Optional[str]  # noqa: UP045 - mitmproxy does not know `str | None`
# Name, type, default, what it does.
OPTIONS: tuple[tuple[str, Any, Any, str], ...] = (
    ("scim_record", _MAY_BE, None, "Record SCIM traffic in this file."),
    (
        "scim_on_existing",
        str,
        "refuse",
        "What to do when the file is there already: refuse, append (go on with it) or force (replace it).",
    ),
    (
        "scim_base",
        str,
        "",
        "Base path of the SCIM service, such as /scim/v2. Default: what the first request that names an "
        "endpoint shows.",
    ),
    (
        "scim_redact",
        str,
        "pseudonyms",
        "What is taken out before anything is written: none, secrets, or pseudonyms (secrets, and persons "
        "get stable pseudonyms).",
    ),
    (
        "scim_redact_key",
        _MAY_BE,
        None,
        "File with the key of the pseudonyms. Default: the key of this machine.",
    ),
    (
        "scim_redact_field",
        Sequence[str],
        [],
        "Replace the values of this attribute too, PATH=drop drops them; may be repeated.",
    ),
    (
        "scim_filter",
        str,
        "",
        "Record the flows that match this filter of mitmproxy. Default: all in reverse mode, else those "
        "that look like SCIM.",
    ),
    (
        "scim_public_url",
        str,
        "",
        "Where clients reach the recorder, such as the URL of a tunnel; addresses in answers lead there.",
    ),
    (
        "scim_lead_back",
        bool,
        True,
        "In reverse mode, let addresses of the service in its answers lead through the recorder.",
    ),
    ("scim_max_body", int, 10_000_000, "Of a body with more bytes the beginning is kept."),
    ("scim_ready", _MAY_BE, None, "Write this file (JSON) once connections are accepted."),
    ("scim_summary", _MAY_BE, None, "Write this file (JSON) at the end."),
    (
        "scim_faults",
        Sequence[str],
        [],
        "Fault rules that act on what passes: a pack or a file; may be repeated. Needs scimmock installed.",
    ),
    ("scim_seed", int, 1, "Same seed, same decisions of fault rules with a probability."),
    ("scim_replay", _MAY_BE, None, "Answer from this recording; the upstream is not asked."),
    (
        "scim_on_miss",
        str,
        "404",
        "What becomes of a request that is not in the recording: 404, kill (the connection) or forward (to "
        "the upstream).",
    ),
    (
        "scim_order",
        str,
        "per-resource",
        "Which order of the recording is kept: strict, per-resource or any.",
    ),
    ("scim_pace", str, "max", "How long recorded answers take: original, max (no time) or Nx."),
)
NAMES = tuple(name for name, *_ in OPTIONS)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options, checked; the meaning of each is in `OPTIONS`."""

    record: Path | None
    mode: Mode
    base: str | None
    redact: RedactMode
    redact_key: Path | None
    redact_fields: tuple[str, ...]
    matches: Callable[[flow.Flow], bool] | None
    public: Origin | None
    leads_back: bool
    max_body: int
    ready: Path | None
    summary: Path | None
    faults: tuple[str, ...]
    seed: int
    replay: ReplaySettings | None


def read_settings(options: Any) -> Settings:
    """Return the settings that mitmproxy's options make; raises OptionsError saying what would be right."""
    redact = cast(RedactMode, _chosen("scim_redact", options.scim_redact, _REDACT))
    _check_redaction(redact, options.scim_redact_key, options.scim_redact_field)
    return Settings(
        record=_path(options.scim_record),
        mode=_ON_EXISTING[_chosen("scim_on_existing", options.scim_on_existing, _ON_EXISTING)],
        base=_base(options.scim_base),
        redact=redact,
        redact_key=_path(options.scim_redact_key),
        redact_fields=tuple(options.scim_redact_field),
        matches=_filter(options.scim_filter),
        public=_public(options.scim_public_url),
        leads_back=options.scim_lead_back,
        max_body=_at_least("scim_max_body", options.scim_max_body, 1),
        ready=_path(options.scim_ready),
        summary=_path(options.scim_summary),
        faults=tuple(options.scim_faults),
        seed=options.scim_seed,
        replay=_replay(options),
    )


def wrong(message: str) -> Exception:
    """Return mitmproxy's error for an option that cannot be as it is."""
    make: Any = exceptions.OptionsError
    error: Exception = make(message)
    return error


def wrong_value(deferred: Mapping[str, Any]) -> str | None:
    """Return a sentence on the first value on the command line that is of no use, else None."""
    for name, kind, _, _ in OPTIONS:
        values = getattr(deferred.get(name), "val", None)
        if values is None or kind == Sequence[str]:
            continue
        if len(values) > 1:
            return f"{name} stands {len(values)} times, once would be right"
        if kind is bool:
            if values and values[0] not in ("true", "false", "toggle"):
                return f"{name}: {values[0]!r} is neither true nor false"
        elif not values:
            return f"{name} has no value, {name}=... would be right"
        elif kind is int and not _INTEGER.fullmatch(values[0]):
            return f"{name}: {values[0]!r} is no whole number"
    return None


def unknown_option(names: Iterable[str]) -> str | None:
    """Return a sentence on the first name that looks like an option of ours and is none, else None."""
    for name in sorted(names):
        if name.startswith("scim_") and name not in NAMES:
            near = did_you_mean(name, NAMES)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(NAMES)}"
            return f"there is no option {name}, {hint}"
    return None


def _replay(options: Any) -> ReplaySettings | None:
    """Return how a recording answers, None where none does."""
    on_miss = cast(OnMiss, _chosen("scim_on_miss", options.scim_on_miss, _ON_MISS))
    order = cast(Order, _chosen("scim_order", options.scim_order, ORDERS))
    try:
        factor = parse_pace(options.scim_pace, "scim_pace")
    except UsageError as error:
        raise wrong(str(error)) from None
    path = _path(options.scim_replay)
    return ReplaySettings(path, on_miss, order, factor) if path is not None else None


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _chosen(name: str, value: str, known: Iterable[str]) -> str:
    if value in known:
        return value
    near = did_you_mean(value, known)
    hint = f"did you mean {near}?" if near else f"one of {', '.join(known)} would be right"
    raise wrong(f"{name}: {value!r} is not known, {hint}")


def _base(text: str) -> str | None:
    if not text:
        return None
    if not text.startswith("/") or "?" in text or "#" in text or "//" in text or " " in text:
        raise wrong(f"scim_base: {text!r} is no path, /scim/v2 would be one")
    return text.rstrip("/")


def _filter(text: str) -> Callable[[flow.Flow], bool] | None:
    if not text:
        return None
    try:
        found = flowfilter.parse(text)
    except ValueError as error:
        hint = "'~u /scim/ & !~m GET' would be one"
        raise wrong(f"scim_filter: {text!r} is no filter ({error}), {hint}") from None
    return lambda each: bool(flowfilter.match(found, each))


def _public(text: str) -> Origin | None:
    if not text:
        return None
    found = origin_of(text)
    rest = text.partition("://")[2].partition("/")[2]
    if found is None or rest or "?" in text or "#" in text:
        hint = "https://scim.example.com would be one: paths stay as they are"
        raise wrong(f"scim_public_url: {text!r} is no URL of a host, {hint}")
    return found


def _check_redaction(mode: RedactMode, key_file: str | None, fields: Sequence[str]) -> None:
    """Raise what is wrong where a key or fields are given that the mode makes no use of."""
    if mode == "pseudonyms":
        return
    if key_file:
        hint = "scim_redact=pseudonyms would be right with it"
        raise wrong(f"scim_redact_key is for pseudonyms, scim_redact={mode} makes none: {hint}")
    for field in fields:
        path, _, what = field.partition("=")
        if mode == "none":
            hint = "scim_redact=secrets or pseudonyms would be right with it"
            raise wrong(f"scim_redact_field={field} has no effect with scim_redact=none: {hint}")
        if what != "drop":
            hint = f"{path}=drop would be right, or scim_redact=pseudonyms"
            raise wrong(f"scim_redact_field={field} has no effect with scim_redact=secrets: {hint}")


def _at_least(name: str, value: int, least: int) -> int:
    if value < least:
        raise wrong(f"{name}: {value} is too small, {least} or more would be right")
    return value
