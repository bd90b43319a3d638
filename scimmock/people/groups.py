"""Invented groups, the same ones for the same seed on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from math import gcd
from struct import Struct
from typing import NamedTuple

from scimmock.people.names import HARD_EVERY, read_table, shuffled

_NUMBERS = Struct("<4Q8H")
_LARGEST = 2_000


class GeneratedGroup(NamedTuple):
    """A group to be created: ``members`` are 0-based user indexes, ``subgroups`` indexes of earlier groups.

    ``external_id`` is a positive number below 2**48 that no other group of the seed shares, or None.
    """

    display_name: str
    external_id: int | None
    members: tuple[int, ...]
    subgroups: tuple[int, ...]


def generate_groups(count: int, seed: int, user_count: int) -> Iterator[GeneratedGroup]:
    """Yield ``count`` groups over the users 0 to ``user_count`` - 1.

    Name and subgroups of a group depend on the seed and its index alone, its members on
    ``user_count`` too.  Most groups have 3 to 50 members, some none, a few up to a fifth of all users
    (2,000 at most).  Names are unique whatever their case.  Groups within groups form no cycle.

    Raises ValueError when a number is negative.
    """
    if count < 0 or user_count < 0:
        raise ValueError(f"{count} groups of {user_count} users: neither can be negative")
    return (_group(index, seed, user_count) for index in range(count))


def _group(index: int, seed: int, user_count: int) -> GeneratedGroup:
    digest = blake2b(b"scimmock group %d %d" % (seed, index), digest_size=48).digest()
    start, step, identity, parts, kind, size, nested, known, *_ = _NUMBERS.unpack(digest)
    subgroups: tuple[int, ...] = ()
    if index and nested % 16 == 0:
        subgroups = tuple(sorted({(parts >> shift) % index for shift in (0, 20, 40)[: 1 + nested // 16 % 3]}))
    # The index in the low bits keeps the numbers apart.
    external = (identity % (1 << 20) + 1) << 27 | index if known % 4 else None
    wanted = _size(kind, size, user_count)
    return GeneratedGroup(_name(index, seed), external, _members(start, step, wanted, user_count), subgroups)


def _size(kind: int, size: int, user_count: int) -> int:
    kind %= 40
    if kind < 3:
        return 0
    if kind == 3:
        return min(_LARGEST, user_count // 5)
    # The square favours small groups: half of them have 15 members or fewer.
    return min(user_count, 3 + (size * size * 48 >> 32))


def _members(start: int, step: int, wanted: int, user_count: int) -> tuple[int, ...]:
    """Return ``wanted`` distinct indexes: a walk whose step shares no factor with ``user_count``."""
    if not wanted:
        return ()
    step = step % user_count or 1
    while gcd(step, user_count) != 1:
        step += 1
    return tuple((start + turn * step) % user_count for turn in range(wanted))


def _name(index: int, seed: int) -> str:
    """Return the name of a group; once all names were dealt, the next round appends its number."""
    ordinary, hard = _names(seed)
    if index % HARD_EVERY == HARD_EVERY - 1:
        names, turn = hard, index // HARD_EVERY
    else:
        names, turn = ordinary, index - index // HARD_EVERY
    round_, at = divmod(turn, len(names))
    return f"{names[at]} {round_ + 1}" if round_ else names[at]


@lru_cache(maxsize=4)
def _names(seed: int) -> tuple[list[str], list[str]]:
    table = read_table("work")
    names = [
        pattern.format(first, second)
        for pattern, firsts, seconds in table["group_kinds"]
        for first in firsts
        for second in seconds
    ]
    return shuffled(names, seed, "groups"), shuffled(table["group_hard"], seed, "hard groups")
