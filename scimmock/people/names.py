"""The name tables behind the generated people, and the order in which one seed deals them out.

Unique user names need no memory of what was dealt before: every pair of given name and family name
has its own ASCII spelling, a seed walks through all pairs of a culture before it repeats one, and
each further round appends its number.  That rests on two facts that the tests hold the tables to:
family names differ between all cultures in ASCII, given names within one culture.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

WINDOW = 240
"""Users are dealt in windows of this many, each with the same number from every culture."""
HARD_EVERY = 12
"""One user in this many has a name that software is known to stumble over."""

_DATA = Path(__file__).with_name("data")
_ORDERS = {"given family": 0, "family given": 1, "familygiven": 2}
_LATIN = str.maketrans(
    {"ß": "ss", "\u0131": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "'": "", "\u2019": "", " ": ""}
)
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class Given(NamedTuple):
    """A given name; ``shift`` is where its walk through the family names begins."""

    text: str
    ascii: str
    nick: str | None
    shift: int = 0


class Place(NamedTuple):
    """An office: what its people have in common.  ``phone`` and ``mobile`` are (prefix, lowest, span)."""

    locale: str
    timezone: str
    phone: tuple[str, int, int]
    mobile: tuple[str, int, int] | None
    address: dict[str, Any]


class Culture(NamedTuple):
    """A language area; ``order`` is 0 "given family", 1 "family given", 2 "familygiven"."""

    name: str
    weight: int
    order: int
    organization: str
    givens: tuple[Given, ...]
    families: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]


class Hard(NamedTuple):
    """A hard name.  Without ``given``, and unless ``single``, the given name is one of the culture's.

    ``local`` is the whole local part of the user name, or its family half when the given name varies.
    """

    culture: Culture
    family: str
    given: str | None
    single: bool
    local: str
    nick: str | None
    display: str


class Work(NamedTuple):
    """A job; ``intern`` is the title of those who only learn it."""

    title: str
    intern: str
    department: str
    division: str
    cost_center: str


class Deal(NamedTuple):
    """What one seed makes of the tables.

    ``deck`` has one card for each user of a window: (culture, or None for a hard name; the card's
    rank among its like; how many of its like a window has).
    """

    deck: tuple[tuple[Culture | None, int, int], ...]
    hard: tuple[Hard, ...]
    jobs: tuple[Work, ...]
    user_types: tuple[str, ...]


def read_table(name: str) -> Any:
    """Return the decoded JSON table ``data/<name>.json``."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


def to_ascii(text: str, german: bool = False) -> str:
    """Return the spelling of a Latin name in an e-mail address: lower case, ``a`` to ``z`` and ``-``."""
    lower = unicodedata.normalize("NFC", text.lower())
    lower = (lower.translate(_GERMAN) if german else lower).translate(_LATIN)
    return "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))


def shuffled(items: Sequence[T], *key: object) -> list[T]:
    """Return ``items`` in an order that depends on ``key`` alone, on every platform and version."""
    stem = blake2b(repr(key).encode(), digest_size=16)

    def place(index: int) -> bytes:
        drawn = stem.copy()
        drawn.update(b"%d" % index)
        return drawn.digest()

    return [items[index] for index in sorted(range(len(items)), key=place)]


@lru_cache(maxsize=1)
def cultures() -> dict[str, Culture]:
    """Return the language areas by name, read once."""
    mobiles = {country: tuple(row) for country, row in read_table("work")["mobile"].items()}
    places = {
        name: tuple(_place(row, mobiles) for row in rows) for name, rows in read_table("places").items()
    }
    return {
        name: Culture(
            name,
            row["weight"],
            _ORDERS[row["order"]],
            row["organization"],
            tuple(_given(word, name == "de") for word in row["given"].split()),
            tuple(_spelled(word, name == "de") for word in row["family"].split()),
            places[name],
        )
        for name, row in read_table("cultures").items()
    }


@lru_cache(maxsize=1)
def hard_names() -> tuple[Hard, ...]:
    """Return the hard names, kinds well mixed, in the order of their table."""
    return tuple(_hard(row) for row in read_table("hard"))


@lru_cache(maxsize=1)
def jobs() -> tuple[tuple[Work, ...], tuple[str, ...]]:
    """Return (jobs, user types), each repeated in proportion to how common it is."""
    table = read_table("work")
    rows: list[Work] = []
    for department, division, cost_center, share, titles in table["departments"]:
        intern = f"{department} Intern"
        named = [Work(title, intern, department, division, cost_center) for title in titles.split("; ")]
        # 60 is divisible by every number of titles, so that the shares of the departments hold.
        rows += named * (share * (60 // len(named)))
    types = [name for name, share in table["user_types"].items() for _ in range(share)]
    return tuple(rows), tuple(types)


@lru_cache(maxsize=4)
def deal(seed: int) -> Deal:
    """Return the order in which ``seed`` deals cultures, names and hard names; about 3 ms, cached."""
    cards: list[Culture] = []
    for name, culture in cultures().items():
        families = shuffled(culture.families, seed, name, "family")
        shifts = shuffled([at % len(families) for at in range(len(culture.givens))], seed, name, "shift")
        givens = [
            given._replace(shift=shift)
            for given, shift in zip(shuffled(culture.givens, seed, name, "given"), shifts, strict=True)
        ]
        dealt = culture._replace(givens=tuple(givens), families=tuple(families))
        cards += [dealt] * culture.weight
    ranks = dict.fromkeys(cultures(), 0)
    deck: list[tuple[Culture | None, int, int]] = []
    hard_at = shuffled(range(HARD_EVERY), seed, "hard")[0]
    for position, card in enumerate(shuffled(cards, seed, "deck")):
        if position % (HARD_EVERY - 1) == 0:
            deck.append((None, position // (HARD_EVERY - 1), WINDOW // HARD_EVERY))
        deck.append((card, ranks[card.name], card.weight))
        ranks[card.name] += 1
    hard = hard_names()
    start = shuffled(range(len(hard)), seed, "start")[0]
    rows, types = jobs()
    return Deal(tuple(deck[hard_at:] + deck[:hard_at]), hard[start:] + hard[:start], rows, types)


def _spelled(word: str, german: bool) -> tuple[str, str]:
    text, _, ascii_ = word.partition("=")
    return text, ascii_ or to_ascii(text, german)


def _given(word: str, german: bool) -> Given:
    word, _, nick = word.partition("~")
    return Given(*_spelled(word, german), nick or None)


def _place(row: list[Any], mobiles: dict[str, Any]) -> Place:
    locale, timezone, prefix, lowest, span, street, locality, region, code, country = row
    parts = {
        "streetAddress": street,
        "locality": locality,
        "region": region,
        "postalCode": code,
        "country": country,
    }
    address = {"formatted": "\n".join(part for part in parts.values() if part)}
    address |= {name: part for name, part in parts.items() if part}
    return Place(locale, timezone, (prefix, lowest, span), mobiles.get(country), address | {"type": "work"})


def _hard(row: dict[str, Any]) -> Hard:
    culture = cultures()[row["culture"]]
    single = "single" in row
    family = row["single"] if single else row["family"]
    local = row.get("local") or row.get("ascii") or to_ascii(family, culture.name == "de")
    return Hard(culture, family, row.get("given"), single, local, row.get("nick"), row.get("display", ""))
