"""Creates at a target what was there before a recording began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..traffic.directory import header_of, id_in_location
from ..traffic.form import encoded
from ..traffic.mentions import value_with
from ..traffic.pairing import id_of
from .player import Player
from .survey import Before, Survey, referred

_READ_ONLY = frozenset(("id", "meta", "groups"))


def seed_state(player: Player, found: Survey) -> tuple[int, list[str]]:
    """Create the resources that were there before, and bind their ids.

    What another one refers to comes before it; what nothing is known of is left out of members and
    managers.  What is there already is bound to.  Returns how many were created, and sentences on those
    that could not be.
    """
    made, failed = 0, []
    for before in _in_order(found):
        if before.document is None:
            failed.append(f"/{before.resource}/{before.id}: the session does not show it")
            continue
        status, live = _create(player, before)
        if live is not None:
            made += 1
            player.bindings.bind(before.id, live, before.resource)
        elif status != 409 or not player.look_up({before.id}):
            failed.append(f"/{before.resource}/{before.id}: answered {status or 'not at all'}")
    return made, failed


def _in_order(found: Survey) -> Iterator[Before]:
    """Yield resources after those that they refer to, as far as they do not refer to one another."""
    left = dict(found.before)
    while left:
        free = [one for one in left.values() if left.keys().isdisjoint(_needed(one))]
        for one in free or [*left.values()]:
            del left[one.id]
            yield one


def _needed(before: Before) -> set[str]:
    return set(referred(before.document or {})) - {before.id}


def _known(value: Any, player: Player) -> Any:
    """Return a value without references to resources that have no id yet."""
    if isinstance(value, list):
        return [_known(item, player) for item in value if not _dangles(item, player)]
    if isinstance(value, dict):
        return {name: _known(inner, player) for name, inner in value.items() if not _dangles(inner, player)}
    return value


def _dangles(value: Any, player: Player) -> bool:
    if not isinstance(value, dict):
        return False
    id = value.get("value")
    return id in player.survey.known and player.bindings.live(id) is None


def _create(player: Player, before: Before) -> tuple[int | None, str | None]:
    document = {
        name: value for name, value in (before.document or {}).items() if name.lower() not in _READ_ONLY
    }
    known = _known(document, player)
    body: Any = value_with(known, player.bindings.at, kind=before.resource)
    headers = [("Accept", "application/scim+json"), ("Content-Type", "application/scim+json")]
    path = f"{player.target.path}/{before.resource}"
    answer = player.target.send("POST", path, headers + player.authorization(), encoded(body))
    if answer.status not in (200, 201):
        return answer.status, None
    told = answer.json if isinstance(answer.json, dict) else {}
    form = {"headers": answer.headers}
    return answer.status, id_of(told) or id_in_location(header_of(form, "location"))
