"""Invented people, the same ones for the same seed on every machine.

User ``i`` depends on the seed and ``i`` alone, so that a bigger directory begins with the people of a
smaller one.  Around one name in twelve is of a kind that software stumbles over.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import count as counting
from struct import Struct
from typing import Any

from scimmock.people.groups import GeneratedGroup, generate_groups
from scimmock.people.kinds import ENTERPRISE, USER
from scimmock.people.names import Culture, Given, Hard, deal

__all__ = ["GeneratedGroup", "generate_groups", "generate_users"]

_NUMBERS = Struct("<9H")
# Base 64 has two characters more than the ids of Okta.
_BASE_62 = bytes.maketrans(b"+/", b"0x")
_FIRST_EMPLOYEE = 100_001


def generate_users(
    count: int, seed: int, *, external_id: str | None = None, domain: str = "example.com"
) -> Iterator[dict[str, Any]]:
    """Yield ``count`` SCIM User documents without ``id``, ``meta`` and manager.

    ``userName`` and all e-mail addresses are unique whatever their case; the user name is the work
    address at ``domain``.  ``external_id`` is "okta" ("00u" and 17 characters of base 62), "uuid",
    "hex24" (24 hexadecimal digits) or None for no externalId at all.  Each document has containers of
    its own; strings are shared.

    Raises ValueError when ``count`` is negative or ``external_id`` is not one of these.
    """
    if count < 0:
        raise ValueError(f"count is {count}, it cannot be negative")
    make_id = _EXTERNAL_IDS.get(external_id) if external_id is not None else None
    if external_id is not None and make_id is None:
        known = ", ".join(f'"{name}"' for name in _EXTERNAL_IDS)
        raise ValueError(f"external_id is {external_id!r}, it must be {known} or None")
    return _users(count, seed, make_id, domain)


def _users(
    count: int, seed: int, make_id: Callable[[bytes], str] | None, domain: str
) -> Iterator[dict[str, Any]]:
    deck, hard, jobs, user_types = deal(seed)
    job_count, type_count, hard_count = len(jobs), len(user_types), len(hard)
    home = "@mail.example.net" if domain.lower() != "mail.example.net" else "@mail.example.org"
    domain = "@" + domain
    stem = blake2b(b"scimmock user %d " % seed, digest_size=64)
    numbers = _NUMBERS.unpack_from
    index = 0
    for window in counting():
        for culture, rank, share in deck:
            if index >= count:
                return
            drawn = stem.copy()
            drawn.update(b"%d" % index)
            digest = drawn.digest()
            for_place, for_job, for_type, for_active, for_phone, for_mobile, for_nick, luck, more = numbers(
                digest
            )

            turn = window * share + rank
            suffix = ""
            if culture is None:
                round_, at = divmod(turn, hard_count)
                entry = hard[at]
                culture, nick, suffix = entry.culture, entry.nick, entry.display
                given, local = _hard_person(entry, round_, at)
                family = entry.family
                luck |= 7  # a title before it would part a pair of names that differ in nothing else
            else:
                person, family, local = _person(culture, turn)
                given, nick = person.text, person.nick
                if for_nick & 3:
                    nick = None
            order = culture.order
            if not given:
                formatted = family
            elif order == 0:
                formatted = f"{given} {family}"
            else:
                formatted = f"{family} {given}" if order == 1 else family + given
            shown = formatted + suffix if suffix else formatted
            name = {"formatted": formatted, "familyName": family}
            if given:
                name["givenName"] = given
                if not luck & 7:
                    _embellish(name, culture, more)

            _, _, organization, _, _, places = culture[1:]
            locale, timezone, (prefix, lowest, span), mobile, address = places[for_place % len(places)]
            title, intern, department, division, cost_center = jobs[for_job % job_count]
            user_type = user_types[for_type % type_count]
            user_name = local + domain
            phones: list[dict[str, Any]] = [{"value": f"{prefix}{lowest + for_phone % span}", "type": "work"}]
            if mobile and not for_mobile & 3:
                phones.append({"value": f"{mobile[0]}{mobile[1] + for_mobile % mobile[2]}", "type": "mobile"})
            emails: list[dict[str, Any]] = [{"value": user_name, "type": "work", "primary": True}]
            if not luck & 0x700:
                emails.append({"value": local + home, "type": "home"})

            user: dict[str, Any] = {
                "schemas": [USER, ENTERPRISE],
                "externalId": make_id and make_id(digest),
                "userName": user_name,
                "name": name,
                "displayName": shown,
                "nickName": nick,
                "title": title if user_type != "Intern" else intern,
                "userType": user_type,
                "preferredLanguage": locale,
                "locale": locale,
                "timezone": timezone,
                "active": for_active % 20 != 0,
                "emails": emails,
                "phoneNumbers": phones,
                "addresses": None,
                ENTERPRISE: {
                    "employeeNumber": str(_FIRST_EMPLOYEE + index),
                    "costCenter": cost_center,
                    "organization": organization,
                    "division": division,
                    "department": department,
                },
            }
            # A whole literal less what is absent costs half of a dictionary that grows.
            if not make_id:
                del user["externalId"]
            if not nick:
                del user["nickName"]
            if luck & 0x3000:
                del user["addresses"]
            else:
                user["addresses"] = [address.copy()]
            yield user
            index += 1


def _person(culture: Culture, turn: int) -> tuple[Given, str, str]:
    """Return the names and the local part of a culture's ``turn``-th person, each pair once a round."""
    givens, families = culture.givens, culture.families
    lap, at = divmod(turn, len(givens))
    round_, lap = divmod(lap, len(families))
    given = givens[(at + 7 * lap) % len(givens)]
    family, ascii_ = families[(lap + given.shift) % len(families)]
    if round_:
        return given, family, f"{given.ascii}.{ascii_}{round_ + 1}"
    return given, family, f"{given.ascii}.{ascii_}"


def _hard_person(entry: Hard, round_: int, at: int) -> tuple[str | None, str]:
    """Return (given name, local part) of a hard name in its ``round_``-th round."""
    given, local = entry.given, entry.local
    if not given and not entry.single:
        givens = entry.culture.givens
        person = givens[(round_ + at) % len(givens)]
        given, local = person.text, f"{person.ascii}.{local}"
        round_ //= len(givens)
    return given, f"{local}{round_ + 1}" if round_ else local


def _embellish(name: dict[str, str], culture: Culture, luck: int) -> None:
    """Give the person a middle name or a doctorate, where that is customary."""
    if culture.name == "en":
        middle = culture.givens[luck % len(culture.givens)].text
        if middle != name["givenName"]:
            name["middleName"] = middle
            name["formatted"] = f"{name['givenName']} {middle[0]}. {name['familyName']}"
    elif culture.order == 0 and luck & 1:
        name["honorificPrefix"] = "Dr."
        name["formatted"] = f"Dr. {name['formatted']}"


def _okta_id(digest: bytes) -> str:
    return "00u" + b64encode(digest[32:45]).translate(_BASE_62)[:17].decode("ascii")


def _uuid(digest: bytes) -> str:
    text = digest[32:48].hex()
    variant = "89ab"[digest[48] & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def _hex24(digest: bytes) -> str:
    return digest[32:44].hex()


_EXTERNAL_IDS: dict[str, Callable[[bytes], str]] = {"okta": _okta_id, "uuid": _uuid, "hex24": _hex24}
