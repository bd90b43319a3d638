from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.findings import base
from scimmock.findings.asked import Asked
from scimmock.findings.catalogue import CATALOGUE
from scimmock.findings.examine import Examiner
from scimmock.scim.schema import user_type

from .conftest import Session

DOCS = Path(__file__).parents[2] / "docs" / "findings.md"
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bjensen"}
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
INNER = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "schemas",
                    "userName",
                    "emails",
                    "value",
                    "type",
                    "op",
                    "path",
                    "Operations",
                    "members",
                    "method",
                    "data",
                    "bulkId",
                    "active",
                    "manager",
                    "name.givenName",
                    "id",
                    "filter",
                    "x:y",
                )
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def test_the_documentation_has_every_check() -> None:
    text = DOCS.read_text("utf-8")
    for check in CATALOGUE:
        row = f"| `{check.name}` | {check.section} | {check.severity} | {check.profile} | {check.says} |"
        assert row in text, check.name


@given(
    method=st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE")),
    path=st.sampled_from(("/Users", "/Users/1", "/Groups/1", "/Bulk", "/Users/.search", "/", "//x")),
    body=INNER | st.binary(max_size=40),
    query=st.text(alphabet='filter=&startIndex-019"[].%2 eq', max_size=40),
    status=st.sampled_from((0, 200, 204, 404, 412, 413, 429, 500)),
    answer=INNER,
    stored=INNER,
)
def test_nothing_makes_a_check_fail(
    method: str, path: str, body: Any, query: str, status: int, answer: Any, stored: Any
) -> None:
    session = Session(*base.PROFILES)
    before = stored if isinstance(stored, dict) else None
    for _ in range(3):
        session.send(
            method, path, body, query=query, status=status, answer=answer, before=before, after=before
        )
    assert session.examiner._last_failed == set()


def test_each_exchange_is_examined_once_and_forgotten_with_the_journal(session: Session) -> None:
    first = session.send("GET", "/Users", query="startIndex=0")
    session.send("GET", "/Users/1")
    session.examiner.catch_up(session.entries, 1)
    assert list(session.examiner.of(1)) == first != []
    assert session.examiner.of(99) == ()
    session.examiner.catch_up([], 2)
    assert session.examiner.of(1) == ()


def test_a_defect_in_a_check_is_logged_and_no_finding(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(asked: Asked) -> Iterator[str]:
        raise RuntimeError("defect")

    session.examiner._looks.insert(0, (CATALOGUE[0], broken))
    with caplog.at_level(logging.ERROR, "scimmock"):
        assert session.names("GET", "/Users", query="startIndex=0") == ["start-index-below-1"]
    assert "a defect of scimmock" in caplog.text


def test_profiles(examined_by: Callable[..., Session]) -> None:
    body = json.dumps(USER).encode()
    headers = {"authorization": "Basic YTpi", "user-agent": ""}
    interop = examined_by("interop").names("PUT", "/Users/1", body, headers=headers)
    assert interop == ["interop-user-agent", "interop-put", "interop-basic-auth"]
    ipsie = examined_by("ipsie").names("POST", "/Users", body, headers=headers)
    assert ipsie == ["ipsie-bearer", "ipsie-identifier", "ipsie-primary-email"]
    with pytest.raises(ValueError, match="no profile"):
        Examiner((user_type(),), frozenset({"iso"}))


def test_what_okta_sends_leads_to_what_can_be_defended(session: Session) -> None:
    create = {**USER, "groups": [], "password": "1mz050nq", "active": True, "locale": "en-US"}
    look = "filter=userName%20eq%20%22bjensen%22&startIndex=1&count=100"
    charset = {"content-type": "application/scim+json; charset=utf-8"}
    assert session.names("GET", "/Users", query="startIndex=1&count=2", headers=charset) == []
    assert session.names("GET", "/Users", query=look) == []
    assert session.names("POST", "/Users", create, status=201, headers=charset) == ["read-only-in-create"]
    assert session.names("GET", "/Users/1") == []
    whole = {**USER, "id": "1", "meta": {"resourceType": "User"}, "title": "T"}
    assert session.names("PUT", "/Users/1", whole) == []

    def patch(*operations: Any) -> list[str]:
        return session.names("PATCH", "/Groups/1", {"schemas": [PATCH_OP], "Operations": list(operations)})

    removed = {"op": "remove", "path": 'members[value eq "1"]'}
    added = {"op": "add", "path": "members", "value": [{"value": "2", "display": "u"}]}
    assert patch(removed, added) == []
    assert patch({"op": "replace", "path": "members", "value": []}) == []
    assert patch({"op": "replace", "value": {"id": "1", "displayName": "New"}}) == ["id-in-patch-value"]


def test_a_reset_holds_from_its_number_on_although_nothing_was_examined(session: Session) -> None:
    throttled: dict[str, Any] = {"status": 429, "answer_headers": {"retry-after": "30"}}
    for options in (throttled, {}, throttled, {}):
        session.send("GET", "/Users/1", **options)
    late, never = Examiner((user_type(),)), Examiner((user_type(),))
    late.forget(3)
    late.catch_up(session.entries, 1)
    never.catch_up(session.entries, 1)
    assert [bool(late.of(n)) for n in (2, 4)] == [True, False]
    assert [bool(never.of(n)) for n in (2, 4)] == [True, True]
    # What was examined already: the next exchange begins anew.
    session.send("GET", "/Users/1", **throttled)
    session.examiner.forget(5)
    assert session.names("GET", "/Users/1") == []


def test_only_what_is_new_is_examined(session: Session) -> None:
    seen: list[int] = []

    def watching(asked: Asked) -> Iterator[str]:
        seen.append(asked.exchange.n)
        return iter(())

    session.examiner._looks.insert(0, (CATALOGUE[0], watching))
    for _ in range(50):
        session.send("GET", "/Users/1")
    session.examiner.catch_up(session.entries, 1)
    assert seen == list(range(1, 51))


async def _others_run_meanwhile(examiner: Examiner, session: Session) -> list[int]:
    steps: list[int] = []

    async def other() -> None:
        while examiner.last < len(session.entries):
            steps.append(examiner.last)
            await asyncio.sleep(0)

    await asyncio.gather(
        examiner.catch_up_in_turn(session.entries, 1), examiner.catch_up_in_turn(session.entries, 1), other()
    )
    return steps


def test_others_get_the_event_loop_while_a_journal_is_examined(session: Session) -> None:
    for _ in range(100):
        session.send("GET", "/Users", query="startIndex=0")
    examiner = Examiner((user_type(),))
    steps = asyncio.run(_others_run_meanwhile(examiner, session))
    assert len(steps) >= 2 and steps == sorted(set(steps))
    assert all(examiner.of(n) for n in range(1, 101))
