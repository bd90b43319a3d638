"""Quirks of answers to writes, of media types, and of when to come again."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from scimmock.quirks.base import quirks

Switch = Callable[..., None]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

TESTED = {
    "patch-204",
    "create-empty-body",
    "content-type-wrong",
    "retry-after-missing",
    "retry-after-date",
    "reset-relative",
}


def test_every_quirk_of_answers_is_tested() -> None:
    families = ("answers", "waits")
    known = {name for name, kind in quirks().items() if kind.__module__.rpartition(".")[2] in families}
    assert known == TESTED


def _create(client: httpx.Client, name: str, endpoint: str = "/Users") -> httpx.Response:
    body = (
        {"schemas": [USER], "userName": name}
        if endpoint == "/Users"
        else {"schemas": [GROUP], "displayName": name}
    )
    return client.post(endpoint, json=body)


def _rename(client: httpx.Client, path: str, name: str) -> httpx.Response:
    operation = {"op": "replace", "path": "displayName", "value": name}
    return client.patch(path, json={"schemas": [PATCH_OP], "Operations": [operation]})


def test_a_patch_is_answered_without_a_body(scim: httpx.Client, switch: Switch) -> None:
    path = f"/Users/{_create(scim, 'ada').json()['id']}"
    standard = _rename(scim, path, "Ada")
    assert (standard.status_code, standard.json()["displayName"]) == (200, "Ada")
    switch(scim, "patch-204")
    quirky = _rename(scim, path, "Ada L.")
    assert (quirky.status_code, quirky.content) == (204, b"")
    assert quirky.headers["etag"] and "content-type" not in quirky.headers
    assert scim.get(path).json()["displayName"] == "Ada L."
    assert _rename(scim, f"{path}?attributes=displayName", "Ada").json()["displayName"] == "Ada"
    assert _rename(scim, "/Users/nobody", "Ada").status_code == 404


@pytest.mark.parametrize("resources", ["Users", ["Users"]])
def test_a_patch_of_one_endpoint_only_is_answered_without_a_body(
    scim: httpx.Client, switch: Switch, resources: Any
) -> None:
    user = f"/Users/{_create(scim, 'ada').json()['id']}"
    group = f"/Groups/{_create(scim, 'Staff', '/Groups').json()['id']}?attributes=displayName"
    switch(scim, {"quirk": "patch-204", "resources": "Groups"})
    assert _rename(scim, user, "A").status_code == 200
    switch(scim, {"quirk": "patch-204", "resources": resources})
    assert (_rename(scim, user, "B").status_code, _rename(scim, group, "C").status_code) == (204, 200)


def test_a_create_is_answered_without_a_body(scim: httpx.Client, switch: Switch) -> None:
    standard = _create(scim, "ada")
    assert (standard.status_code, standard.json()["userName"]) == (201, "ada")
    switch(scim, "create-empty-body")
    quirky = _create(scim, "bob")
    assert (quirky.status_code, quirky.content) == (201, b"")
    assert "content-type" not in quirky.headers
    assert scim.get(quirky.headers["location"]).json()["userName"] == "bob"
    assert _create(scim, "bob").json()["scimType"] == "uniqueness"


def test_answers_have_another_media_type(scim: httpx.Client, switch: Switch) -> None:
    assert scim.get("/Users").headers["content-type"] == "application/scim+json"
    switch(scim, "content-type-wrong")
    for path in ("/Users", "/Users/nobody", "/Schemas"):
        assert scim.get(path).headers["content-type"] == "text/json;charset=UTF-8"
    as_json = scim.get("/Users", headers={"Accept": "application/json"})
    assert as_json.headers["content-type"] == "text/json;charset=UTF-8"
    switch(scim, {"quirk": "content-type-wrong", "media_type": "text/html"})
    assert scim.get("/Users").headers["content-type"] == "text/html"
    # What is no SCIM at all says what it is.
    switch(scim, "content-type-wrong", {"quirk": "error-not-scim", "shape": "html"})
    assert scim.get("/Users/nobody").headers["content-type"] == "text/html"


def test_a_media_type_that_cannot_be_sent_is_refused(scim: httpx.Client) -> None:
    url = str(scim.base_url).rpartition("/scim/v2")[0] + "/_scimmock/quirks"
    for bad in ("", "text/json\r\nX: y", "caf\u00e9"):
        spec = {"quirk": "content-type-wrong", "media_type": bad}
        assert httpx.put(url, json={"quirks": [spec]}).status_code == 400


def _busy(client: httpx.Client) -> dict[str, str]:
    answer = client.get("/Users")
    assert answer.status_code == 429
    return {
        name: value for name, value in answer.headers.items() if name in ("retry-after", "x-ratelimit-reset")
    }


def test_a_limited_answer_does_not_say_how_long(
    scim: httpx.Client, switch: Switch, add_fault: Switch
) -> None:
    add_fault(scim, {"do": {"status": 429, "retry_after": 30}})
    assert _busy(scim) == {"retry-after": "30"}
    switch(scim, "retry-after-missing")
    assert _busy(scim) == {}
    switch(scim, {"quirk": "retry-after-missing", "zero": True})
    assert _busy(scim) == {"retry-after": "0"}


def test_a_limited_answer_says_until_when(scim: httpx.Client, switch: Switch, add_fault: Switch) -> None:
    add_fault(scim, {"do": {"status": 429, "retry_after": 3000}})
    assert _busy(scim) == {"retry-after": "3000"}
    switch(scim, "retry-after-date")
    answer = scim.get("/Users")
    until = parsedate_to_datetime(answer.headers["retry-after"])
    waiting = until - parsedate_to_datetime(answer.headers["date"])
    assert 2900 < waiting.total_seconds() < 3100


def test_a_limit_says_in_how_many_seconds_it_is_reset(
    scim: httpx.Client, switch: Switch, add_fault: Switch
) -> None:
    now = int(parsedate_to_datetime(scim.get("/Users").headers["date"]).timestamp())
    headers = {"X-RateLimit-Reset": str(now + 3000)}
    add_fault(scim, {"do": {"status": 429, "headers": headers}})
    assert _busy(scim) == {"x-ratelimit-reset": str(now + 3000)}
    switch(scim, "reset-relative")
    assert 2900 < int(_busy(scim)["x-ratelimit-reset"]) <= 3000


def test_a_reset_that_is_relative_already_stays(
    scim: httpx.Client, switch: Switch, add_fault: Switch
) -> None:
    add_fault(scim, {"do": {"status": 429, "headers": {"X-RateLimit-Reset": "30"}}})
    switch(scim, "reset-relative")
    assert _busy(scim) == {"x-ratelimit-reset": "30"}


def test_a_quirk_of_an_answer_is_in_the_trace(scim: httpx.Client, switch: Switch) -> None:
    switch(scim, "create-empty-body", "patch-204")
    _create(scim, "ada")
    base = str(scim.base_url).rpartition("/scim/v2")[0]
    exchanges = httpx.get(f"{base}/_scimmock/journal").json()["exchanges"]
    assert exchanges[-1]["trace"]["quirks"] == ["create-empty-body"]


def test_the_reset_is_relative_in_every_answer(tenant: Any) -> None:
    """What a limit tells of itself goes through the same quirk whether it admits or refuses."""
    rule = {"do": {"rate_limit": {"requests": 1, "window": "60s"}, "headers": "x-ratelimit"}}
    client = tenant(faults=[rule], quirks=["reset-relative"])
    resets = [client.get("/Users").headers["x-ratelimit-reset"] for _ in range(2)]
    assert all(int(reset) <= 61 for reset in resets)
