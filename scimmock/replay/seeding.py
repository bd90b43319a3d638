"""Creates at a target what was there before a recording began."""

from __future__ import annotations

from typing import Any

from ..traffic.alike import value_of
from ..traffic.directory import header_of, id_in_location
from ..traffic.form import encoded
from ..traffic.mentions import value_with
from ..traffic.pairing import id_of
from .player import Player
from .survey import Before, Survey

_READ_ONLY = frozenset(("id", "meta", "groups"))


def seed_state(player: Player, found: Survey) -> tuple[int, list[str]]:
    """Create the resources that were there before, and bind their ids.

    Users come before groups, since members need their ids.  What is there already is bound to.  Returns how
    many were created, and sentences on those that could not be.
    """
    made, failed = 0, []
    for before in sorted(found.before.values(), key=_rank):
        if before.document is None:
            failed.append(f"/{before.resource}/{before.id}: the session does not show it")
            continue
        status, live = _create(player, before)
        if live is not None:
            made += 1
            player.bindings.bind(before.id, live)
        elif status != 409 or not player.look_up({before.id}):
            failed.append(f"/{before.resource}/{before.id}: answered {status or 'not at all'}")
    return made, failed


def _rank(before: Before) -> tuple[bool, int]:
    members = value_of(before.document, "members") if before.document else None
    return before.resource == "Groups", len(members) if isinstance(members, list) else 0


def _create(player: Player, before: Before) -> tuple[int | None, str | None]:
    document = {
        name: value for name, value in (before.document or {}).items() if name.lower() not in _READ_ONLY
    }
    body: Any = value_with(document, lambda text, sure: player.bindings.live(text))
    headers = [("Accept", "application/scim+json"), ("Content-Type", "application/scim+json")]
    path = f"{player.target.path}/{before.resource}"
    answer = player.target.send("POST", path, headers + player.authorization(), encoded(body))
    if answer.status not in (200, 201):
        return answer.status, None
    told = answer.json if isinstance(answer.json, dict) else {}
    form = {"headers": answer.headers}
    return answer.status, id_of(told) or id_in_location(header_of(form, "location"))
