"""What the benchmark puts into a server and what it knows of the people who are there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from servers import Call, Server

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
EXTERNALS = 300
PAGE = 100
GIVEN = ("Ada", "Bjarne", "Chiara", "Dmitri", "Elif", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kaja")
FAMILY = ("Almeida", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jensen")
TITLES = ("Engineer", "Accountant", "Team Lead", "Analyst", "Technician", "Consultant", "Editor")
CITIES = (("Lisboa", "PT"), ("Hamburg", "DE"), ("Milano", "IT"), ("Oslo", "NO"), ("Toronto", "CA"))


def person(tag: str) -> dict[str, Any]:
    """A user of about 700 bytes, the same for the same tag; the tag makes its names unique."""
    draw = Random(tag)
    given, family = draw.choice(GIVEN), draw.choice(FAMILY)
    city, country = draw.choice(CITIES)
    code = f"{draw.randrange(10**5):05d}"
    login = f"{given}.{family}.{tag}@example.com".lower()
    return {
        "schemas": [USER],
        "externalId": f"00u{draw.getrandbits(64):016x}{tag}",
        "userName": login,
        "name": {"formatted": f"{given} {family}", "givenName": given, "familyName": family},
        "displayName": f"{given} {family} {tag}",
        "title": draw.choice(TITLES),
        "userType": "Employee",
        "preferredLanguage": "en-US",
        "timezone": "Europe/Lisbon",
        "active": True,
        "emails": [
            {"value": login, "type": "work", "primary": True},
            {"value": f"{tag}@home.example.net", "type": "home"},
        ],
        "phoneNumbers": [{"value": f"+1-555-{draw.randrange(10**7):07d}", "type": "work"}],
        "addresses": [{"type": "work", "locality": city, "country": country, "postalCode": code}],
    }


@dataclass
class Directory:
    """What is known about the people of one server: a sample that is spread over all of them."""

    total: int
    users: list[dict[str, Any]]
    externals: list[dict[str, Any]]
    group: str = ""
    members: list[str] = field(default_factory=list)
    spare: list[str] = field(default_factory=list)
    draw: Random = field(default_factory=lambda: Random(7))
    serial: Iterator[int] = field(default_factory=itertools.count)

    def some_users(self, count: int) -> list[dict[str, Any]]:
        """Random users of the sample, with repetition."""
        return self.draw.choices(self.users, k=count)

    def some_externals(self, count: int) -> list[dict[str, Any]]:
        """Random users that the benchmark made and that bear an externalId."""
        return self.draw.choices(self.externals, k=count)

    def number(self) -> str:
        """A tag that was not used before, of letters that no generated name has."""
        return f"qx{next(self.serial):06d}zj"

    def group_document(self) -> dict[str, Any]:
        """The big group as it was made."""
        values = [{"value": member} for member in self.members]
        return {"schemas": [GROUP], "displayName": "Benchmark", "members": values}


def load(server: Server, users: int) -> None:
    """Create users by POST: for a server that starts empty."""
    for number in range(users):
        server.ask(Call("POST", "/Users", person(f"p{number:06d}")), 201)


def work_email(user: dict[str, Any]) -> str | None:
    """The first e-mail address of type work."""
    emails = user.get("emails") or []
    return next((e["value"] for e in emails if e.get("type") == "work" and e.get("value")), None)


def explore(server: Server, group_size: int, most: int = 10_000) -> Directory:
    """Read a spread sample of the users, add users with an externalId and the big group."""
    first = server.ask(Call("GET", f"/Users?startIndex=1&count={PAGE}"), 200).json()
    total: int = first["totalResults"]
    pages = min(total, most) // PAGE
    users: list[dict[str, Any]] = []
    for page in range(pages):
        start = 1 + page * PAGE if total <= most else 1 + page * (total - PAGE) // max(1, pages - 1)
        listed = server.ask(Call("GET", f"/Users?startIndex={start}&count={PAGE}"), 200).json()
        users += listed["Resources"]
    ids = list(dict.fromkeys(user["id"] for user in users))
    users = [user for user in {user["id"]: user for user in users}.values() if work_email(user)]
    if len(users) < min(total, most) // 2:
        raise RuntimeError(f"{server.name}: only {len(users)} of {total} users have a work e-mail address")
    if not all(user.get("displayName") for user in users[:PAGE]):
        raise RuntimeError(f"{server.name}: users without displayName")
    directory = Directory(total=total + EXTERNALS, users=users, externals=[])
    for _ in range(EXTERNALS):
        document = person(directory.number())
        created = server.ask(Call("POST", "/Users", document), 201).json()
        directory.externals.append({**document, "id": created["id"]})
    directory.draw.shuffle(ids)
    size = min(group_size, len(ids) // 2)
    directory.members, directory.spare = ids[:size], ids[size:]
    made = server.ask(Call("POST", "/Groups", directory.group_document()), 201).json()
    directory.group = made["id"]
    return directory
