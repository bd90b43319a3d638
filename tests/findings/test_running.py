from __future__ import annotations

from email.utils import formatdate
from typing import Any

from .conftest import Session

USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bjensen"}
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BY_NAME = "filter=userName+eq+%22BJensen%22"


def test_retry_after(session: Session) -> None:
    throttled: dict[str, Any] = {"status": 429, "answer_headers": {"retry-after": "30"}}
    assert session.send("GET", "/Users/1", **throttled) == []
    (early,) = session.send("GET", "/Users/1", after_seconds=10)
    assert (early.name, early.severity) == ("retry-after-ignored", "error")
    assert "20.0 s before" in early.message and "429 to " in early.message
    other = {"user-agent": "other/1"}
    assert session.names("GET", "/Users/3", headers=other) == []
    assert session.names("GET", "/Users/2", after_seconds=19) == []
    assert session.names("GET", "/Users/1") == []


def test_retry_after_as_a_date(session: Session) -> None:
    date = formatdate(session.time + 61, usegmt=True)
    session.send("GET", "/Users/1", status=503, answer_headers={"retry-after": date})
    assert session.names("GET", "/Users/2", after_seconds=30) == ["retry-after-ignored"]
    assert session.names("GET", "/Users/1", after_seconds=31) == []


def test_retry_after_that_cannot_be_read(session: Session) -> None:
    for text in ("soon", "", "1.2.3", "9" * 400):
        session.send("GET", "/Users/1", status=429, answer_headers={"retry-after": text})
        assert session.names("GET", "/Groups/1", after_seconds=5) == []


def test_retries_without_backoff(session: Session) -> None:
    found = [session.names("GET", "/Users/1", status=500, after_seconds=0.1) for _ in range(4)]
    assert found[:2] == [[], []] and found[2] == ["retry-without-backoff"]
    slow = Session()
    assert [slow.names("GET", "/Users/1", status=500, after_seconds=2) for _ in range(4)] == [[]] * 4


def test_a_create_that_is_made_again(session: Session) -> None:
    lost: dict[str, Any] = {"status": 0, "upstream": (201, [], b"")}
    assert session.names("POST", "/Users", USER, **lost) == []
    assert session.names("POST", "/Users", USER, status=409) == ["create-retried-blindly"]


def test_a_create_after_a_look_up(session: Session) -> None:
    session.send("POST", "/Users", USER, status=503, upstream=(201, [], b""))
    session.send("GET", "/Users", query=BY_NAME)
    assert session.names("POST", "/Users", USER, status=409) == []


def test_a_create_that_was_not_carried_out(session: Session) -> None:
    session.send("POST", "/Users", USER, status=0)
    assert session.names("POST", "/Users", USER, status=201) == []


def test_a_second_resource_of_one_name(session: Session) -> None:
    def create(id: str) -> list[str]:
        return session.names("POST", "/Users", USER, status=201, after={**USER, "id": id})

    assert create("1") == []
    assert create("2") == ["duplicate-created"]
    session.send("DELETE", "/Users/2", status=204)
    assert create("3") == []


def test_reads_one_by_one(session: Session) -> None:
    found = [session.names("GET", f"/Users/{number}") for number in range(7)]
    assert found == [[], [], [], [], ["n-plus-one-lookups"], [], []]
    provisioning = Session()
    for number in range(7):
        query = f"filter=userName+eq+%22{number}%22"
        assert provisioning.names("GET", "/Users", query=query) == []
        assert provisioning.names("POST", "/Users", {**USER, "userName": str(number)}, status=201) == []


def test_the_same_read_again(session: Session) -> None:
    assert [session.names("GET", "/Users/1") for _ in range(4)] == [[], [], ["repeated-lookup"], []]


def test_polls(session: Session) -> None:
    found = []
    for _ in range(10):
        found += session.names("GET", "/Users/1", after_seconds=0.2)
        found += session.names("GET", "/Users/2", after_seconds=0.2)
    assert found == ["poll-too-fast"] * 2


def test_what_is_missing_is_asked_for_again(session: Session) -> None:
    found = [session.names("PATCH", "/Users/1", b"{}", status=404) for _ in range(4)]
    assert ["404-then-repeat" in names for names in found] == [False, False, True, False]


def page(start: int, given: int, total: int = 250, **more: Any) -> dict[str, Any]:
    return {"totalResults": total, "startIndex": start, "itemsPerPage": given, **more}


def test_pages(session: Session) -> None:
    for start, given in ((1, 100), (101, 100), (201, 50)):
        query = f"startIndex={start}&count=100"
        assert session.names("GET", "/Users", query=query, answer=page(start, given)) == []


def test_pages_that_skip_and_overlap(session: Session) -> None:
    session.send("GET", "/Users", query="startIndex=1", answer=page(1, 50))
    assert session.names("GET", "/Users", query="startIndex=101", answer=page(101, 50)) == ["page-skipped"]
    assert session.names("GET", "/Users", query="startIndex=150", answer=page(150, 50)) == ["page-overlaps"]
    assert session.names("GET", "/Users", query="startIndex=1", answer=page(1, 50, nextCursor="x")) == []
    assert session.names("GET", "/Users", query="startIndex=51", answer=page(51, 50)) == [
        "next-cursor-ignored"
    ]


def test_members_one_by_one(session: Session) -> None:
    def push(member: str) -> list[str]:
        operation = {"op": "add", "path": "members", "value": [{"value": member}]}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        return session.names("PATCH", "/Groups/1", body, status=204)

    assert [push(member) for member in "abcdef"] == [[], [], [], [], ["group-push-one-by-one"], []]


def test_updates(session: Session) -> None:
    stored = {**USER, "id": "1", "meta": {"version": 'W/"1"'}}
    again = {**stored, "meta": {"version": 'W/"2"'}}
    assert session.names("PUT", "/Users/1", USER, before=stored, after=again) == [
        "update-changes-nothing",
        "put-without-read",
    ]
    assert session.names("PUT", "/Users/1", USER, before=stored, after={**stored, "title": "x"}) == []
    assert session.names("PUT", "/Users/2", USER, headers={"if-match": 'W/"1"'}) == []
    session.send("GET", "/Users", answer={"Resources": [{"id": "3"}]})
    assert session.names("PUT", "/Users/3", USER) == []


def test_all_members_for_one_change(session: Session) -> None:
    members = [{"value": str(number)} for number in range(30)]
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "G",
        "members": members,
    }
    session.send("GET", "/Groups/1")
    found = session.names(
        "PUT", "/Groups/1", body, before={"members": members[1:]}, after={"members": members}
    )
    assert found == ["full-member-push"]


def test_a_delete_again(session: Session) -> None:
    assert session.names("DELETE", "/Users/1", status=204) == []
    assert session.names("DELETE", "/Users/1", status=404) == ["delete-repeated"]


def test_a_tag_that_was_never_given(session: Session) -> None:
    session.send("POST", "/Users", USER, status=201, id="1", answer_headers={"etag": 'W/"1"'})
    refused: dict[str, Any] = {"status": 412, "answer": {}}
    headers = {"if-match": 'W/"x"'}
    assert session.names("PUT", "/Users/1", USER, headers=headers, **refused) == ["if-match-unknown-tag"]


def test_retry_after_is_for_the_same_method_and_endpoint(session: Session) -> None:
    session.send("POST", "/Users", USER, status=429, answer_headers={"retry-after": "30"})
    for method, path in (("GET", "/Users"), ("POST", "/Groups"), ("PATCH", "/Users/1")):
        assert "retry-after-ignored" not in session.names(method, path)
    assert "retry-after-ignored" in session.names("POST", "/Users", USER)
