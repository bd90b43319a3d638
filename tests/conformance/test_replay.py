"""scim2-client runs a session, and then the same session again, unchanged, against its recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_models import (
    Error,
    Group,
    ListResponse,
    PatchOp,
    PatchOperation,
    SCIMException,
    SearchRequest,
)

from scimmock.server.options import ServeOptions
from scimmock.server.recording import RecordOptions
from scimmock.server.replaying import ReplayOptions
from scimmock.traffic.redact.redactor import RedactMode
from tests.in_process import client_of, serving

from .conftest import FullUser, MakeClient, of_the_standard


def _session(client: BaseSyncSCIMClient, domain: str = "acme.org") -> list[str]:
    """Do what a provisioning client does in its life; return what it learned."""
    client.discover()
    learned = []

    def tell(*values: object) -> None:
        learned.extend(map(str, values))

    def find(filter: str) -> list[Any]:
        found = client.query(FullUser, query_parameters=SearchRequest(filter=filter))
        assert isinstance(found, ListResponse)
        return list(found.resources or [])

    people: list[Any] = []
    for given, family in (("Barbara", "Jensen"), ("Kim", "Kim"), ("Ines", "Jensen")):
        name = f"{given}.{family}@{domain}".lower()
        assert find(f'userName eq "{name}"') == []
        made = client.create(
            FullUser(
                user_name=name,
                external_id=f"ext-{given}",
                active=True,
                title="Engineer",
                display_name=f"{given} {family}",
                name=FullUser.Name(given_name=given, family_name=family),
                emails=[FullUser.Emails(value=name, type="work", primary=True)],
            )
        )
        people.append(made)
        tell(made.user_name, made.external_id, made.display_name, made.name, made.emails, made.title)
        (again,) = find(f'userName eq "{name.upper()}"')
        tell(again.user_name, again.display_name)
    with pytest.raises(SCIMException) as refused:
        client.create(FullUser(user_name=people[0].user_name))
    tell(refused.value.detail)
    group = client.create(
        Group(display_name="Staff of Acme", members=[Group.Members(value=one.id) for one in people[:2]])
    )
    tell(group.display_name, sorted(member.value == people[0].id for member in group.members or []))
    first: Any = client.query(FullUser, people[0].id)
    first.title, first.display_name = "Director", "Barbara J"
    replaced = client.replace(first)
    tell(replaced.title, replaced.display_name)
    operations = [PatchOperation(op=PatchOperation.Op.replace_, path="active", value=False)]
    client.modify(FullUser, people[1].id, PatchOp[FullUser](operations=operations))
    for one in people[:2]:
        read: Any = client.query(FullUser, one.id)
        tell(read.title, read.active)
    client.delete(FullUser, people[2].id)
    gone = client.query(FullUser, people[2].id, raise_scim_errors=False)
    assert isinstance(gone, Error) and gone.status == 404
    return learned


def _record(scim2_client: MakeClient, record: RecordOptions) -> list[str]:
    options = ServeOptions(port=0, users=0, groups=0, record=record)
    with serving(options) as (_, ready), client_of(ready) as client:
        return _session(of_the_standard(scim2_client, client))


@pytest.mark.parametrize("redact", ["none", "pseudonyms"])
def test_a_session_runs_again_unchanged(scim2_client: MakeClient, tmp_path: Path, redact: RedactMode) -> None:
    """The client reads the same, raw or redacted: what it sent comes back as it sent it."""
    path = tmp_path / "session.jsonl"
    record = RecordOptions(path, "new", redact, tmp_path / "key" if redact == "pseudonyms" else None)
    learned = _record(scim2_client, record)
    if redact == "pseudonyms":
        assert "jensen" not in path.read_text().lower()
    replay = ReplayOptions(path)
    with serving(ServeOptions(port=0, replay=replay)) as (running, ready):
        with client_of(ready) as client:
            assert _session(of_the_standard(scim2_client, client)) == learned
        replaying = running.tenants.default.replaying
        assert replaying is not None
        counts = replaying.counts
        assert (counts.missed, counts.unplayed) == (0, [])


def test_the_session_of_other_people_is_answered_too(scim2_client: MakeClient, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    learned = _record(scim2_client, RecordOptions(path, redact="none"))
    with serving(ServeOptions(port=0, replay=ReplayOptions(path))) as (_, ready), client_of(ready) as client:
        others = _session(of_the_standard(scim2_client, client), "other.example")
    assert others == [text.replace("acme.org", "other.example") for text in learned]
