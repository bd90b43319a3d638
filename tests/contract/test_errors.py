"""Errors of every kind are worded in the dialect of the fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from scimmock.fixture import load_fixture
from tests.contract.conftest import Service, every_service


def _errors(service: Service) -> Iterator[tuple[str, httpx.Response]]:
    """Yield one error of each kind that the service has, by the kind."""
    client, words = service.client, service.words
    json_type = {"Content-Type": "application/json" if words.old else "application/scim+json"}
    bare = httpx.Client(base_url=client.base_url, headers={"User-Agent": "contract-test/1"})
    with bare:
        yield "no credentials", bare.get("/Users")
        yield "wrong credentials", bare.get("/Users", headers={"Authorization": "Bearer nonsense"})
    yield "unknown endpoint", client.get("/Nonsense")
    yield "unknown id", client.get("/Users/9f1b2c3d-0000-4000-8000-000000000000")
    yield "unknown id of a write", client.delete("/Users/9f1b2c3d-0000-4000-8000-000000000000")
    yield "method", client.request("DELETE", "/Users")
    yield "no JSON", client.post("/Users", content=b"{", headers=json_type)
    yield "media type", client.post("/Users", content=b"<a/>", headers={"Content-Type": "text/xml"})
    if "synthetic-list" not in service.quirks and "filter-unsupported-empty" not in service.quirks:
        yield "filter", client.get("/Users", params={"filter": "userName eq"})
    body = words.user(1)
    yield "required", client.post("/Users", json={key: body[key] for key in body if key != "userName"})
    service.create(2)
    if "post-upsert-200" not in service.quirks:
        yield "conflict", client.post("/Users", json=words.user(2))
    for status in (429, 500, 503):
        service.fault({"name": f"s{status}", "when": {"times": 1}, "do": {"status": status}})
        yield f"fault {status}", client.get("/Users")


def _dialect(answer: httpx.Response) -> tuple[Any, ...]:
    """Return the form of an error: media type, keys and the type of the status, to be compared."""
    media = answer.headers.get("content-type", "").partition(";")[0]
    try:
        document = answer.json()
    except ValueError:
        return (media, "no JSON")
    if not isinstance(document, dict):
        return (media, type(document).__name__)
    keys = tuple(sorted(key for key in document if key != "scimType"))
    status = next((document[key] for key in document if key.lower() in ("status", "code")), None)
    inner = document.get("Errors")
    if isinstance(inner, list):
        inner = inner[0]
    code = inner.get("code") if isinstance(inner, dict) else None
    return (media, keys, type(status).__name__, type(code).__name__)


def _statuses(service: Service) -> set[int]:
    """Return the statuses at which quirks give errors another form than the rest."""
    found: set[int] = set()
    for name in ("error-not-scim", "error-empty-body", "error-message-url"):
        for item in (quirk for quirk in service.fixture.quirks if quirk.name == name):
            given = item.parameters.get("statuses", (404, 405) if name == "error-empty-body" else ())
            found |= {given} if isinstance(given, int) else set(given)
    for name, status in (("no-put", 404), ("user-agent-required", 403)):
        if name in service.quirks:
            found.add(service.quirks[name].get("status", status))
    return found


@pytest.mark.parametrize("name", every_service())
def test_every_kind_of_error_has_the_form_of_the_dialect(play: Callable[..., Service], name: str) -> None:
    service = play(name)
    apart = _statuses(service)
    forms: dict[tuple[Any, ...], list[str]] = {}
    kinds = 0
    for kind, answer in _errors(service):
        assert answer.status_code >= 400, f"{kind}: {answer.status_code} {answer.text}"
        kinds += 1
        if answer.status_code not in apart:
            forms.setdefault(_dialect(answer), []).append(f"{kind} {answer.status_code}")
    assert kinds >= 12
    assert len(forms) == 1, forms


def _plain() -> list[str]:
    """Return those that say nothing of errors."""
    own = [
        name
        for name in every_service()
        if any(item.name.startswith("error-") for item in load_fixture(name).quirks)
    ]
    return [name for name in every_service() if name not in own]


@pytest.mark.parametrize("name", _plain())
def test_the_standard_form_is_the_one_of_the_version(play: Callable[..., Service], name: str) -> None:
    """A fixture that says nothing of errors words them as its version of SCIM has it."""
    service = play(name)
    document = service.client.get("/Users/9f1b2c3d-0000-4000-8000-000000000000").json()
    if service.words.old:
        assert document["Errors"][0]["code"] == "404" and document["Errors"][0]["description"]
    else:
        assert document["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert document["status"] == "404" and document["detail"]
