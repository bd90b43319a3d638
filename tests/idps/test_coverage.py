"""What a dialect ever says, told by its requests."""

from __future__ import annotations

from scimmock.fixture import load_fixture
from scimmock.idps.coverage import Coverage, coverage_of
from scimmock.idps.speech import Speech


def of(name: str, allow_unverified: bool = False) -> Coverage:
    client = load_fixture(name).file.client
    assert client is not None
    return coverage_of(name, Speech(client, (), allow_unverified))


def test_what_a_dialect_sends_is_told_by_its_requests() -> None:
    entra = of("entra")
    assert (entra.client, entra.users, entra.groups, entra.members) == ("entra", True, True, True)
    assert {"userName", "email", "department", "name.formatted"} <= entra.created
    assert "address.postalCode" in entra.changed - entra.created
    assert "manager" in entra.changed
    assert not entra.sends("nickName") and not entra.sends("active")


def test_a_dialect_of_which_little_is_known_sends_little() -> None:
    google = of("google-workspace")
    assert not (google.users or google.groups or google.members or google.created or google.changed)


def test_unverified_requests_count_only_if_they_are_played() -> None:
    assert not of("pingfederate").users
    assert of("pingfederate", allow_unverified=True).users


def test_an_attribute_may_be_sent_as_another() -> None:
    assert of("onelogin").places == {"displayName": "name.formatted"}
    assert of("entra").places == {}
