"""Quirks of how errors are worded, and the shapes of errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

from scimmock.errors import ScimError
from scimmock.faults.shapes import shape_error, shapes
from scimmock.quirks.base import quirks

Switch = Callable[..., None]
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SCIM, JSON = "application/scim+json", "application/json"
DETAIL = "Resource nobody not found"
NOT_FOUND = {"schemas": [ERROR], "status": "404", "detail": DETAIL}
CONFLICT = {
    "schemas": [ERROR],
    "status": "409",
    "scimType": "uniqueness",
    "detail": "A User with userName 'ada' exists already",
}


class Case(NamedTuple):
    """A request that fails, and the answer under the quirks: body and Content-Type."""

    name: str
    body: Any
    content_type: str | None = SCIM
    parameters: dict[str, Any] = {}  # noqa: RUF012
    before: tuple[str, ...] = ()
    conflict: bool = False


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


CASES = [
    Case(
        "error-not-scim",
        {"reqId": "...", "statusCode": 404, "message": DETAIL, "error": "Not Found"},
        "application/json; charset=utf-8",
    ),
    Case("error-not-scim", {"code": 404, "message": DETAIL}, JSON, {"shape": "code-message"}),
    Case("error-not-scim", "error code: 404", "text/plain; charset=UTF-8", {"shape": "proxy-text"}),
    Case("error-not-scim", NOT_FOUND, SCIM, {"shape": "text", "statuses": [401, 429]}),
    Case(
        "error-not-scim",
        f"Not Found: {DETAIL}",
        "text/plain; charset=utf-8",
        {"shape": "text", "statuses": 404},
    ),
    Case(
        "error-not-scim",
        {"error": {"code": 404, "text": f"404: {DETAIL}", "kind": "", "more": [None, 1]}},
        JSON,
        {
            "template": {
                "error": {
                    "code": "{status}",
                    "text": "{status}: {detail}",
                    "kind": "{scim_type}",
                    "more": [None, 1],
                }
            }
        },
    ),
    Case("error-not-scim", NOT_FOUND, SCIM, {"template": {"message": "x"}, "statuses": [401, 429]}),
    Case("error-status-int", NOT_FOUND | {"status": 404}),
    Case(
        "error-status-int",
        {"status": "404", "response": NOT_FOUND | {"status": 404}},
        before=("error-nested",),
    ),
    Case("error-status-string", NOT_FOUND, before=("error-status-int",)),
    Case("error-nested", {"status": "404", "response": NOT_FOUND}),
    Case(
        "error-extra-fields",
        {"schema": [ERROR], **NOT_FOUND, "exceptionRequestId": "...", "timeStamp": "..."},
    ),
    Case("error-array-11", {"Errors": [{"description": DETAIL, "code": 404}]}, JSON),
    Case("error-object-11", {"Errors": {"description": DETAIL, "code": 404}}, JSON),
    Case("error-empty-body", None, None),
    Case("error-empty-body", NOT_FOUND, SCIM, {"statuses": 405}),
    Case("409-no-scimtype", _without(CONFLICT, "scimType"), conflict=True),
]


def _fail(client: httpx.Client, conflict: bool) -> tuple[int, Any, str | None]:
    if conflict:
        body = {"schemas": [USER], "userName": "ada"}
        client.post("/Users", json=body)
        answer = client.post("/Users", json=body)
    else:
        answer = client.get("/Users/nobody")
    content_type = answer.headers.get("content-type")
    shown: Any = answer.text or None
    if content_type is not None and "json" in content_type:
        shown = answer.json()
        shown.update({name: "..." for name in ("reqId", "exceptionRequestId", "timeStamp") if name in shown})
    return answer.status_code, shown, content_type


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_error_is_as_the_standard_says_and_as_the_quirk_words_it(
    scim: httpx.Client, switch: Switch, case: Case
) -> None:
    status, standard = (409, CONFLICT) if case.conflict else (404, NOT_FOUND)
    assert _fail(scim, case.conflict) == (status, standard, SCIM)
    if case.before:
        switch(scim, *case.before)
        assert _fail(scim, case.conflict)[1] not in (standard, case.body)
    switch(scim, *case.before, {"quirk": case.name, **case.parameters})
    assert _fail(scim, case.conflict) == (status, case.body, case.content_type)


def test_every_quirk_of_errors_is_tested() -> None:
    known = {name for name, kind in quirks().items() if kind.__module__.rpartition(".")[2] == "errors"}
    assert known == {case.name for case in CASES}


def test_what_aws_adds_is_a_request_id_and_a_time_with_a_space(scim: httpx.Client, switch: Switch) -> None:
    switch(scim, "error-extra-fields")
    error = scim.get("/Users/nobody").json()
    assert list(error)[:2] == ["schema", "schemas"]
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", error["exceptionRequestId"]
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,3}", error["timeStamp"])


def test_errors_before_the_engine_are_worded_alike(scim: httpx.Client, switch: Switch) -> None:
    switch(scim, "error-status-int")
    refused = scim.get("/Users", headers={"Authorization": "Bearer wrong"})
    assert (refused.status_code, refused.json()["status"]) == (401, 401)
    assert scim.post("/Users", content=b"{").json()["status"] == 400
    assert scim.put("/Users", json={}).json()["status"] == 405
    assert scim.get("/Nothing").json()["status"] == 404


def test_an_error_of_a_fault_is_worded_as_the_service_words_it(
    scim: httpx.Client, switch: Switch, add_fault: Switch
) -> None:
    add_fault(scim, {"do": {"status": 503}})
    switch(scim, "error-object-11")
    answer = scim.get("/Users")
    assert (answer.status_code, answer.json()["Errors"]["code"]) == (503, 503)


def test_an_unknown_shape_is_refused(scim: httpx.Client) -> None:
    url = str(scim.base_url).rpartition("/scim/v2")[0] + "/_scimmock/quirks"
    answer = httpx.put(url, json={"quirks": [{"quirk": "error-not-scim", "shape": "latin"}]})
    assert answer.status_code == 400
    assert "there is no shape 'latin'" in answer.json()["error"]["message"]


SHAPED: dict[str, Any] = {
    "scim": (CONFLICT | {"detail": "taken"}, None),
    "slack": (_without(CONFLICT, "scimType") | {"status": 409, "detail": "taken"}, None),
    "nested": ({"status": "409", "response": CONFLICT | {"detail": "taken"}}, None),
    "code-message": ({"code": 409, "message": "taken"}, b"application/json"),
    "errors-array": ({"Errors": [{"description": "taken", "code": 409}]}, b"application/json"),
    "errors-object": ({"Errors": {"description": "taken", "code": 409}}, b"application/json"),
    "empty": ("", b""),
    "text": ("Conflict: taken", b"text/plain; charset=utf-8"),
    "proxy-text": ("error code: 409", b"text/plain; charset=UTF-8"),
    "framework": (("reqId", "statusCode", "message", "error"), b"application/json; charset=utf-8"),
    "html": ("<title>409 Conflict</title>", b"text/html"),
    "google-html": ("<title>Error 409 (Conflict)!!1</title>", b"text/html; charset=UTF-8"),
}


@pytest.mark.parametrize("name", SHAPED)
def test_each_shape_says_what_went_wrong(name: str) -> None:
    wanted, wanted_type = SHAPED[name]
    body, media_type = shape_error(name, ScimError(409, "taken", "uniqueness"))
    assert media_type == wanted_type
    if isinstance(wanted, dict):
        assert json.loads(body) == wanted
    elif isinstance(wanted, tuple):
        assert tuple(json.loads(body)) == wanted
    elif "<title>" in wanted:
        assert wanted in body.decode()
    else:
        assert body.decode() == wanted


def test_every_shape_is_tested() -> None:
    assert set(SHAPED) == set(shapes())


@pytest.mark.parametrize("name", sorted(SHAPED))
def test_each_shape_takes_any_text(name: str) -> None:
    body, _ = shape_error(name, ScimError(599, 'a "quoted" <b>\u2019\r\n--> text'))
    assert b"--> text" not in body or name not in ("html", "google-html")


def test_errors_inside_a_bulk_are_the_services_own(both: Callable[..., list[httpx.Client]]) -> None:
    strict, quirky = both("409-no-scimtype")
    operation = {"method": "POST", "path": "/Users", "data": {"schemas": [USER], "userName": "ada"}}
    operations = [{**operation, "bulkId": bulk_id} for bulk_id in ("a", "b")]
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    }
    answers = [client.post("/Bulk", json=body).json()["Operations"][1] for client in (strict, quirky)]
    assert [answer["status"] for answer in answers] == ["409", "409"]
    assert ["scimType" in answer["response"] for answer in answers] == [True, False]
