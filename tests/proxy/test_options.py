"""The options of the addon: wrong ones are refused with what would be right, before anything is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from .conftest import Dump

exceptions = pytest.importorskip("mitmproxy.exceptions")
options = pytest.importorskip("scimmock.proxy.options")

UPSTREAM = "reverse:http://127.0.0.1:9"


def settings(**changed: Any) -> Any:
    defaults = {name: default for name, _, default, _ in options.OPTIONS}
    return options.read_settings(SimpleNamespace(**defaults | changed))


def test_defaults() -> None:
    """Nothing is recorded unless a file is given, persons are replaced, and no file is overwritten."""
    found = settings()
    assert (found.record, found.redact, found.mode, found.base) == (None, "pseudonyms", "new", None)
    assert found.leads_back and found.max_body == 10_000_000
    assert settings(scim_record="s.jsonl").record == Path.cwd() / "s.jsonl"
    assert settings(scim_base="/scim/v2/").base == "/scim/v2" and settings(scim_base="/").base == ""
    assert str(settings(scim_public_url="https://A.example/").public) == "https://a.example"


def test_fields_can_be_dropped_with_the_secrets() -> None:
    found = settings(scim_redact="secrets", scim_redact_field=["title=drop"])
    assert found.redact_fields == ("title=drop",)


def test_every_option_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "record.md").read_text("utf-8")
    assert [name for name in options.NAMES if f"`{name}`" not in text] == []


def test_every_option_has_a_text() -> None:
    for name, _, _, text in options.OPTIONS:
        assert name.startswith("scim_") and text.endswith((".", ")")) and len(text) > 20


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"scim_redact": "pseudonym"}, "did you mean pseudonyms?"),
        ({"scim_redact": "x"}, "one of none, secrets, pseudonyms"),
        ({"scim_on_existing": "apend"}, "did you mean append?"),
        ({"scim_on_miss": "engine"}, "one of 404, kill, forward"),
        ({"scim_order": "per-resorce"}, "did you mean per-resource?"),
        ({"scim_pace": "fast"}, "original, max or 10x would be right"),
        ({"scim_base": "scim/v2"}, "/scim/v2 would be one"),
        ({"scim_base": "/scim?x"}, "/scim/v2 would be one"),
        ({"scim_filter": "~~"}, "is no filter"),
        ({"scim_public_url": "scim.example.com"}, "https://scim.example.com would be one"),
        ({"scim_public_url": "https://scim.example.com/scim/v2"}, "paths stay as they are"),
        ({"scim_max_body": 0}, "1 or more"),
        ({"scim_redact_key": "k", "scim_redact": "secrets"}, "scim_redact=pseudonyms would be right"),
        ({"scim_redact_key": "k", "scim_redact": "none"}, "scim_redact=pseudonyms would be right"),
        ({"scim_redact_field": ["title"], "scim_redact": "secrets"}, "title=drop would be right"),
        ({"scim_redact_field": ["a=drop"], "scim_redact": "none"}, "scim_redact=secrets or pseudonyms"),
    ],
    ids=str,
)
def test_values_that_make_no_sense(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(exceptions.OptionsError) as caught:
        settings(**changed)
    assert next(iter(changed)) in str(caught.value) and says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("scim_max_body", ["many"], "no whole number"),
        ("scim_seed", [], "has no value"),
        ("scim_lead_back", ["no"], "neither true nor false"),
        ("scim_base", ["/a", "/b"], "stands 2 times"),
        ("scim_record", [], "has no value"),
    ],
)
def test_values_that_mitmproxy_would_take_for_no_addon(name: str, values: list[str], says: str) -> None:
    assert says in str(options.wrong_value({name: SimpleNamespace(val=values)}))


def test_values_that_are_fine() -> None:
    for name, values in (("scim_lead_back", []), ("scim_seed", ["-7"]), ("scim_faults", ["a", "b"])):
        assert options.wrong_value({name: SimpleNamespace(val=values)}) is None
    assert options.wrong_value({"scim_seed": 7, "other": SimpleNamespace(val=[])}) is None


def test_options_that_do_not_exist() -> None:
    assert "did you mean scim_record?" in str(options.unknown_option(["scim_recrod"]))
    assert options.unknown_option(["other", "scim_record"]) is None


def test_a_run_with_a_wrong_option_ends_at_once(mitmdump: Callable[..., Dump], tmp_path: Path) -> None:
    """mitmdump ends with an exit code and a sentence; nothing is written, and nothing is overwritten."""
    there = tmp_path / "there.jsonl"
    there.write_text('{"scimmock":"recording/1"}\n')
    cases = {
        "did you mean scim_record?": {"scim_recrod": "x"},
        "no whole number": {"scim_max_body": "many"},
        "one of none": {"scim_redact": "x"},
        "is there already": {"scim_record": there},
        "cannot be written": {"scim_record": tmp_path / "nowhere" / "s.jsonl"},
    }
    # Each with an authority of its own: those that make the same one at the same time disturb each other.
    running = {
        says: mitmdump(UPSTREAM, confdir=tmp_path / f"confdir-{number}", **case)
        for number, (says, case) in enumerate(cases.items())
    }
    for says, dump in running.items():
        assert dump.process.wait(timeout=30) == 1, says
        assert says in dump.output and "Traceback" not in dump.output, dump.output
    assert there.read_text() == '{"scimmock":"recording/1"}\n'
    assert not any(dump.path.exists() for dump in running.values() if dump.path != there)
    refused = json.loads(running["is there already"]._summary.read_text())
    assert refused["exit_code"] == 2 and str(there) in refused["refused"]
