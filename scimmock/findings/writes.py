"""Running checks and checks of writes: those that change nothing, overwrite unseen, or could be one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..scim.values import same
from ..traffic.exchange import Exchange
from .aims import aims
from .asked import Asked
from .base import check, running
from .memory import Memory, elapsed

_PUSHES, _PUSH_GAP = 5, 60.0
_MANY_MEMBERS = 20
_MAX_LISTED = 1000


@check(
    "update-changes-nothing",
    None,
    "hint",
    "behaviour",
    says="a PUT or PATCH after which the resource is as it was",
)
def update_changes_nothing(asked: Asked) -> Iterator[str]:
    exchange = asked.exchange
    if exchange.operation not in ("replace", "patch") or not asked.done:
        return
    before, after = exchange.before, exchange.after
    if before is not None and after is not None and same(_plain(before), _plain(after)):
        yield f"{asked.target} changed nothing"


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "meta"}


def _members(document: dict[str, Any] | None) -> set[str] | None:
    members = document.get("members") if document is not None else None
    if not isinstance(members, list):
        return None
    return {
        item["value"] for item in members if isinstance(item, dict) and isinstance(item.get("value"), str)
    }


@check(
    "full-member-push",
    None,
    "hint",
    "behaviour",
    says="all members of a group are sent, by PUT or replace, although few of them changed",
)
def full_member_push(asked: Asked) -> Iterator[str]:
    exchange = asked.exchange
    whole = exchange.operation == "replace" or any(
        aim.op.op == "replace" and aim.filter is None and aim.name.lower() == "members" for aim in aims(asked)
    )
    if not whole or asked.type is None or asked.type.membership is None or not asked.done:
        return
    before, after = _members(exchange.before), _members(exchange.after)
    if before is None or after is None:
        return
    changed = len(before ^ after)
    if len(after) >= _MANY_MEMBERS and changed * 5 <= len(after):
        yield f"{len(after)} members were sent of which {changed} changed, a PATCH can say just that"


@dataclass(slots=True)
class _Pushes:
    group: str
    times: int
    last: Exchange


@running(
    "group-push-one-by-one",
    None,
    "hint",
    says="five PATCHes in a row that each change a single member of one group: one PATCH can hold them all",
)
class GroupPushOneByOne:
    """Remembers for each client how many single members it changed in a row."""

    def __init__(self) -> None:
        self.pushes: Memory[tuple[str, str], _Pushes] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        if exchange.id is None or not asked.succeeded or not _is_single_member(asked):
            self.pushes.pop(asked.who)
            return
        old = self.pushes.get(asked.who)
        again = old is not None and old.group == exchange.id and elapsed(old.last, exchange) <= _PUSH_GAP
        times = old.times + 1 if old is not None and again else 1
        self.pushes.set(asked.who, _Pushes(exchange.id, times, exchange))
        if times == _PUSHES:
            yield f"{_PUSHES} requests in a row changed a member each of {exchange.path}, one can change all"


def _is_single_member(asked: Asked) -> bool:
    if asked.exchange.operation != "patch" or asked.type is None or len(asked.ops) != 1:
        return False
    found = aims(asked)
    if len(found) != 1 or found[0].target.attribute is None:
        return False
    if found[0].target.attribute is not asked.type.membership or found[0].op.op == "replace":
        return False
    value = found[0].value
    return found[0].filter is not None or (isinstance(value, list) and len(value) == 1)


@running(
    "put-without-read",
    "RFC 7644 section 3.5.1",
    "hint",
    says="a PUT of a resource that the client has not read, without If-Match: what others wrote may be lost",
)
class PutWithoutRead:
    """Remembers which resources each client has seen."""

    def __init__(self) -> None:
        self.seen: Memory[tuple[object, ...], bool] = Memory(20_000)
        self.number = 0
        self.blind = False  # exchanges were dropped before anybody looked at them

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        self.blind = self.blind or exchange.n > self.number + 1
        self.number = exchange.n
        resource, who = exchange.resource, asked.who
        if resource is None:
            return
        if exchange.operation == "replace" and exchange.id is not None and asked.succeeded:
            known = (who, resource, exchange.id) in self.seen or (who, resource, None) in self.seen
            if not (known or self.blind or "if-match" in asked.headers):
                yield f"{asked.target} replaces a resource that this client has not read, and has no If-Match"
        if not asked.succeeded:
            return
        if exchange.operation in ("read", "create", "replace", "patch") and exchange.id is not None:
            self.seen.set((who, resource, exchange.id), True)
        elif exchange.operation in ("list", "search"):
            self._list(asked, resource)

    def _list(self, asked: Asked, resource: str) -> None:
        page = asked.answer
        resources = page.get("Resources") if isinstance(page, dict) else None
        if not isinstance(page, dict) or (isinstance(resources, list) and len(resources) > _MAX_LISTED):
            self.seen.set((asked.who, resource, None), True)  # a page that was cut: any of them may be known
            return
        for item in resources if isinstance(resources, list) else ():
            if isinstance(item, dict) and isinstance(item.get("id"), str):
                self.seen.set((asked.who, resource, item["id"]), True)


@running(
    "delete-repeated",
    "RFC 7644 section 3.6",
    "hint",
    says="a DELETE of what the same client has already deleted",
)
class DeleteRepeated:
    """Remembers what each client knows to be deleted."""

    def __init__(self) -> None:
        self.deleted: Memory[tuple[object, ...], int] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        if exchange.operation != "delete" or exchange.id is None:
            return
        key = asked.who, exchange.resource, exchange.id
        first = self.deleted.get(key)
        if first is not None and exchange.status == 404:
            yield f"{asked.target} was already carried out, nothing is left to delete"
        elif asked.succeeded:
            self.deleted.set(key, exchange.n)


@running(
    "if-match-unknown-tag",
    "RFC 7644 section 3.14",
    "warning",
    says="an If-Match with a tag that the service never gave for the resource",
)
class IfMatchUnknownTag:
    """Remembers the tags of resources whose creation was seen, so that all of their tags are known."""

    def __init__(self) -> None:
        self.tags: Memory[tuple[object, ...], list[str]] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        if exchange.id is None:
            return
        key = exchange.resource, exchange.id
        known = self.tags.get(key)
        wanted = asked.headers.get("if-match")
        if known and exchange.status == 412 and wanted is not None:
            # The resource may have got tags by way of others (a member's groups), which lists show.
            if len(known) == 1 and not any(tag in wanted for tag in known):
                yield f"If-Match has a tag that the service never gave for {exchange.path}"
        tag = asked.answer_headers.get("etag")
        if exchange.operation == "create" and tag and asked.succeeded:
            self.tags.set(key, [tag])
        elif known is not None and exchange.operation != "read" and tag not in known:
            self.tags.set(key, [*known, tag or ""][-2:])
