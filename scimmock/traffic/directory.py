"""The directory of a service as a session shows it: every resource as it was last seen.

What the service answered counts, not what the client saw of it.  An answer without a body (a PATCH
answered 204) leaves it to the request to say what has changed; what cannot be known so is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..errors import ScimError
from ..scim.patch import apply, read_operations
from ..scim.policy import Leniency, Policy
from ..scim.schema import ResourceType, group_type, user_type
from .form import shallow
from .routes import Aim, aim_of

Document = dict[str, Any]

_MESSAGES = (":api:messages:", "urn:scim:schemas:core:1.0:error")
_ONLY_TIME = {"delay", "drip", "keepalive_close"}  # actions of fault rules that leave an answer as it is
_WRITES = ("create", "replace", "patch", "delete")
_COMMON = ("id", "meta", "groups")  # what a service keeps of a resource that is replaced
# A service has accepted the request, however it reads: nothing is refused here that can be understood.
_POLICY = Policy(
    leniency=Leniency(
        store_unknown_attributes=True,
        store_wrong_types=True,
        boolean_strings=True,
        complex_from_string=True,
        empty_string_removes=True,
        schemas_optional=True,
        several_primaries=True,
        ignore_read_only=True,
        value_path_creates=True,
        remove_with_value=True,
        dotted_keys=True,
        store_unknown_members=True,
        unquoted_filter_values=True,
        sub_attribute_after_value_path=True,
        json_strings=True,
        urn_dot_path=True,
        scim_1_bodies=True,
        single_quoted_filter_values=True,
    )
)


@dataclass(slots=True)
class Directory:
    """``resources`` by the name of their endpoint ("Users") and their id, in the order of first sight.

    ``doubts`` says by (name, id) why a document may not be what the service has; ``unknown`` counts
    resources that were created without an answer that says their id.
    """

    resources: dict[str, dict[str, Document]] = field(default_factory=dict)
    doubts: dict[tuple[str, str], str] = field(default_factory=dict)
    unknown: int = 0

    def get(self, name: str | None, id: str | None) -> Document | None:
        """Return a resource by the name of its endpoint and its id, None when it is not known."""
        return self.resources.get(name or "", {}).get(id or "")


def learn(exchanges: Iterable[Document]) -> Directory:
    """Return the directory that is left after the exchanges of a recording (contract section 6)."""
    learner = Learner()
    for exchange in exchanges:
        learner.see(exchange)
    return learner.directory


def document_of(body: Document | None) -> Any:
    """Return the JSON of a recorded body, None when it is none or only its beginning was kept."""
    if not body or body.get("cut"):
        return None
    if "json" in body:
        return body["json"]
    try:
        return shallow(body.get("text") or "null")
    except (ValueError, RecursionError):
        return None


def answer_of(exchange: Document) -> Document | None:
    """Return what the service answered, None when it did not; the client may have seen something else."""
    answer = exchange.get("upstream") or exchange.get("response")
    return answer if answer and answer.get("status") else None


def aim_in(exchange: Document) -> Aim:
    """Return what an exchange is for, by its trace or else by its path."""
    trace, request = exchange.get("trace") or {}, exchange["request"]
    if isinstance(trace.get("operation"), str):
        resource, id = (trace.get(key) for key in ("resource", "id"))
        return Aim(
            trace["operation"],
            resource if isinstance(resource, str) else None,
            id if isinstance(id, str) else None,
        )
    return aim_of(request["method"], request["path"])


def resources_in(message: Any) -> list[Document]:
    """Return the resources in a list response (RFC 7644 section 3.4.2)."""
    items = message.items() if isinstance(message, dict) else ()
    return _objects(next((value for key, value in items if key.lower() == "resources"), None))


def is_made_up(exchange: Document) -> bool:
    """Whether a fault rule may have answered in the service's stead."""
    trace = exchange.get("trace") or {}
    acted = {str(rule.get("action")) for rule in _objects(trace.get("rules"))}
    return bool(trace.get("rule")) and not exchange.get("upstream") and not (acted and acted <= _ONLY_TIME)


def header_of(message: Document, name: str) -> str | None:
    """Return the value of the first header of a request or response by that name, in any case."""
    return next((value for key, value in message.get("headers") or () if key.lower() == name), None)


def id_in_location(location: Any) -> str | None:
    """Return the id at the end of the address of a resource."""
    if not isinstance(location, str):
        return None
    path = location.partition("?")[0].rstrip("/")
    return unquote(path.rpartition("/")[2]) or None


class Learner:
    """Learns a directory step by step, from exchanges in their order.

    ``written`` is what the last exchange has changed: (name, id, whether it is gone) of each resource.
    """

    def __init__(self) -> None:
        self.directory = Directory()
        self.written: list[tuple[str, str, bool]] = []

    def see(self, exchange: Document) -> tuple[Document | None, Document | None]:
        """Take in an exchange; returns the resource that it was about, before and after it.

        None stands for one that is not known or not there; both are None for exchanges that are not about
        one resource (lists, bulks, discovery).  Documents are never changed later.
        """
        self.written = []
        request, answer, aim = exchange["request"], answer_of(exchange), aim_in(exchange)
        told = document_of(answer.get("body")) if answer else None
        sent = document_of(request.get("body"))
        if aim.operation in ("list", "search"):
            if answer and answer["status"] < 300:
                self._see_list(aim.resource, told, _asked(request, sent))
            return None, None
        if aim.operation == "bulk":
            self._see_bulk(sent, told)
            return None, None
        status = answer["status"] if answer else 0
        location = header_of(answer, "location") if answer else None
        # A 404 that a fault rule made up says nothing about the resource.
        step = _Step(aim, sent, status, told, location, _asked(request, None), is_made_up(exchange))
        return self._see_one(step)

    def _see_list(self, name: str | None, told: Any, asked: frozenset[str]) -> None:
        for document in resources_in(told):
            self._take(name, None, document, asked)

    def _see_bulk(self, sent: Any, told: Any) -> None:
        asked, answers = _operations(sent), _operations(told)
        by_bulk_id = {item["bulkId"]: item for item in answers if isinstance(item.get("bulkId"), str)}
        ids = {name: id_in_location(item.get("location")) for name, item in by_bulk_id.items()}
        for index, item in enumerate(asked):
            answer = by_bulk_id.get(str(item.get("bulkId"))) or (
                answers[index] if index < len(answers) and "bulkId" not in answers[index] else None
            )
            if answer is None:
                continue
            method, path = str(item.get("method")).upper(), str(item.get("path"))
            for name, id in ids.items():
                path = path.replace(f"bulkId:{name}", id or "")
            location = answer.get("location")
            aim = aim_of(method, path)
            data = _resolved(item.get("data"), ids)
            step = _Step(aim, data, _status(answer.get("status")), answer.get("response"), location)
            self._see_one(step)

    def _see_one(self, step: _Step) -> tuple[Document | None, Document | None]:
        before, after = self._step(step)
        if 200 <= step.status < 300 and step.aim.operation in _WRITES:
            name, id = step.aim.resource, step.aim.id or _id_of(after)
            if name and id:
                self.written.append((name, id, step.aim.operation == "delete"))
        return before, after

    def _step(self, step: _Step) -> tuple[Document | None, Document | None]:
        aim, directory = step.aim, self.directory
        name, id = aim.resource, aim.id
        if name == "Me":
            name, id = _name_of(step.told, "Users"), _id_of(step.told) or id_in_location(step.location)
        if aim.operation == "create":
            return None, self._created(name, step)
        before = directory.get(name, id)
        if name is None or id is None or aim.operation not in ("read", "replace", "patch", "delete"):
            return before, before
        if step.status == 404 and not step.made_up:
            directory.resources.get(name, {}).pop(id, None)
            directory.doubts.pop((name, id), None)
            return before, None
        if not 200 <= step.status < 300:
            if before is not None and aim.operation != "read" and (not step.status or step.status >= 500):
                directory.doubts[name, id] = f"a {aim.operation} was answered {step.status or 'nothing'}"
            return before, before
        if aim.operation == "delete":
            directory.resources.get(name, {}).pop(id, None)
            directory.doubts.pop((name, id), None)
            return before, None
        if _is_resource(step.told):
            return before, self._take(name, id, step.told, step.asked)
        if aim.operation == "replace" and isinstance(step.sent, dict):
            kept = {key: before[key] for key in _COMMON if key in before} if before else {"id": id}
            return before, self._keep(name, id, {**_without_password(step.sent), **kept}, "")
        if aim.operation == "patch":
            return before, self._patched(name, id, before, step.sent)
        return before, before

    def _created(self, name: str | None, step: _Step) -> Document | None:
        if not 200 <= step.status < 300:
            return None
        if _is_resource(step.told) and (id := _id_of(step.told)):
            return self._take(name, id, step.told, step.asked)
        at = id_in_location(step.location)
        if at is None or name is None or not isinstance(step.sent, dict):
            self.directory.unknown += 1
            return None
        document = {**_without_password(step.sent), "id": at}
        return self._keep(name, at, document, "it was created and never read")

    def _patched(self, name: str, id: str, before: Document | None, message: Any) -> Document | None:
        """Apply a PATCH that was answered without the resource (RFC 7644 section 3.5.2)."""
        resource_type = _type(name)
        if before is None:
            return None
        doubt = f"a PATCH of {name} was answered without a body"
        if resource_type is not None:
            try:
                operations = read_operations(message, _POLICY)
                after = apply(before, operations, resource_type, _POLICY).document
            except ScimError as error:
                doubt = f"a PATCH was accepted that is not understood: {error.detail}"
            else:
                return self._keep(name, id, _without_password(after), self.directory.doubts.get((name, id)))
        return self._keep(name, id, before, doubt)

    def _take(
        self, name: str | None, id: str | None, document: Document, asked: frozenset[str]
    ) -> Document | None:
        """Keep a resource as the service showed it, what was not asked for as it was known."""
        name = _name_of(document, name) if name in (None, "Me") else name
        id = id or _id_of(document)
        if name is None or id is None:
            return None
        if not asked:
            return self._keep(name, id, document, "")
        known = self.directory.get(name, id)
        if known is None:
            return self._keep(name, id, document, "only some of its attributes were asked for")
        return self._keep(name, id, _merged(known, document, asked), self.directory.doubts.get((name, id)))

    def _keep(self, name: str, id: str, document: Document, doubt: str | None) -> Document:
        self.directory.resources.setdefault(name, {})[id] = document
        if doubt:
            self.directory.doubts[name, id] = doubt
        else:
            self.directory.doubts.pop((name, id), None)
        return document


@dataclass(slots=True)
class _Step:
    """One operation on one resource, and how the service answered it; ``status`` 0 is no answer."""

    aim: Aim
    sent: Any
    status: int
    told: Any
    location: Any = None
    asked: frozenset[str] = frozenset()
    made_up: bool = False


@lru_cache(maxsize=1)
def _types() -> dict[str, ResourceType]:
    return {"Users": user_type(), "Groups": group_type()}


def _type(name: str) -> ResourceType | None:
    return _types().get(name)


def _asked(request: Document, message: Any) -> frozenset[str]:
    """Return the attributes that were asked for or excluded, in lower case; empty where all are."""
    pairs = parse_qsl(request.get("query") or "") if message is None or request["method"] == "GET" else ()
    found: list[Any] = [value for key, value in pairs if key.lower() in ("attributes", "excludedattributes")]
    if isinstance(message, dict):
        found += [
            value for key, value in message.items() if key.lower() in ("attributes", "excludedattributes")
        ]
    names = (
        name for value in found for name in (value if isinstance(value, list) else str(value).split(","))
    )
    return frozenset(str(name).strip().lower() for name in names) - {""}


def _merged(known: Document, seen: Document, asked: frozenset[str]) -> Document:
    """Return what was known with what was seen; of a list, sub-attributes alone do not make it anew."""
    parents = {name.rpartition(":")[2].partition(".")[0] for name in asked if "." in name.rpartition(":")[2]}
    result = dict(known)
    for name, value in seen.items():
        old = known.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            result[name] = _merged(old, value, asked)
        elif not (isinstance(old, list) and name.lower() in parents):
            result[name] = value
    return result


def _is_resource(document: Any) -> bool:
    if not isinstance(document, dict) or "Resources" in document:
        return False
    urns = document.get("schemas")
    names = " ".join(map(str, urns)).lower() if isinstance(urns, list) else ""
    return not any(part in names for part in _MESSAGES) and bool({"id", "meta", "schemas"} & document.keys())


def _id_of(document: Any) -> str | None:
    id = document.get("id") if isinstance(document, dict) else None
    return str(id) if isinstance(id, str | int) and not isinstance(id, bool) and id != "" else None


def _name_of(document: Any, usual: str | None) -> str | None:
    """Return the name of the endpoint that a resource belongs to, by its resource type."""
    meta = document.get("meta") if isinstance(document, dict) else None
    named = meta.get("resourceType") if isinstance(meta, dict) else None
    if isinstance(named, str) and named:
        return {"user": "Users", "group": "Groups"}.get(named.lower(), f"{named}s")
    return usual if usual != "Me" else "Users"


def _without_password(document: Document) -> Document:
    """A service never returns a password, which it may have been sent (RFC 7643 section 4.1.1)."""
    return {name: value for name, value in document.items() if name.lower() != "password"}


def _operations(message: Any) -> list[Document]:
    return _objects(message.get("Operations")) if isinstance(message, dict) else []


def _objects(value: Any) -> list[Document]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _status(value: Any) -> int:
    if isinstance(value, dict):  # drafts of RFC 7644 had an object here
        value = value.get("code")
    return int(value) if str(value).isdigit() else 0


def _resolved(value: Any, ids: dict[str, str | None]) -> Any:
    """Return the data of an operation with the ids for its references (RFC 7644 section 3.7.2)."""
    if isinstance(value, dict):
        return {name: _resolved(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, ids) for inner in value]
    if isinstance(value, str) and value.startswith("bulkId:"):
        return ids.get(value.removeprefix("bulkId:")) or value
    return value
