"""Bulk requests (RFC 7644 section 3.7): many operations in one, with references between them.

Operations run in their order, except that one which refers to a resource that a later operation
creates waits for it.  References that run in a circle are resolved with ids that are minted before
the first of the resources exists (section 3.7.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import ScimError
from .answer import Answer, Request, error_document
from .engine import Service, natural_key
from .policy import Bulk
from .schema import ResourceType
from .validate import invalid_syntax, invalid_value, normalise_resource

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

_SAFE_PATH = re.compile(r"/[A-Za-z0-9/._~:-]+")
_REFERENCE = re.compile(r"bulkId:([^\s\"/\]]+)")


@dataclass(slots=True)
class Operation:
    """One operation of a bulk request, checked for its form.

    ``id`` is None for POST; it may be a ``bulkId:`` reference.  ``needs`` holds the bulkIds that the
    operation refers to.
    """

    index: int
    method: str
    path: str
    resource_type: ResourceType
    id: str | None
    bulk_id: str | None
    version: str | None
    data: Any
    needs: frozenset[str]


@dataclass(slots=True)
class Failed:
    """An operation that cannot run, and the error that says why."""

    index: int
    method: Any
    bulk_id: Any
    path: Any
    error: ScimError


def read_bulk(
    body: Any, limits: Bulk, route: Callable[[str], tuple[ResourceType, str | None] | None]
) -> tuple[list[Operation | Failed], int | None]:
    """Return the operations of a BulkRequest and failOnErrors.

    ``route`` finds the resource type and id of a path such as ``/Users/2819``.
    Raises 400 invalidSyntax for a wrong message and 413 for too many operations (section 3.7.4); a
    wrong operation is a Failed among the others.
    """
    if not isinstance(body, dict):
        raise invalid_syntax("the body is a JSON object")
    by_name = {name.lower(): value for name, value in body.items()}
    schemas = by_name.get("schemas")
    if not isinstance(schemas, list) or BULK_REQUEST.lower() not in [str(urn).lower() for urn in schemas]:
        raise invalid_syntax(f"'schemas' holds {BULK_REQUEST!r}")
    operations = by_name.get("operations")
    if not isinstance(operations, list) or not operations:
        raise invalid_syntax("'Operations' is a list of one or more operations")
    if len(operations) > limits.max_operations:
        raise ScimError(
            413,
            f"The number of operations exceeds the maxOperations ({limits.max_operations}).",
        )
    fail_on_errors = by_name.get("failonerrors")
    if fail_on_errors is not None and (type(fail_on_errors) is not int or fail_on_errors < 1):
        raise invalid_value("'failOnErrors' is a whole number from 1")
    seen: set[str] = set()
    return [_read(item, index, route, seen) for index, item in enumerate(operations)], fail_on_errors


def _read(
    item: Any,
    index: int,
    route: Callable[[str], tuple[ResourceType, str | None] | None],
    seen: set[str],
) -> Operation | Failed:
    values = {name.lower(): value for name, value in item.items()} if isinstance(item, dict) else {}
    method, path, bulk_id = values.get("method"), values.get("path"), values.get("bulkid")
    try:
        if not isinstance(item, dict):
            raise invalid_syntax(f"Operations[{index}] is an object")
        if not isinstance(method, str) or method.upper() not in ("POST", "PUT", "PATCH", "DELETE"):
            raise invalid_syntax(f"Operations[{index}].method is POST, PUT, PATCH or DELETE")
        method = method.upper()
        if not isinstance(path, str):
            raise invalid_syntax(f"Operations[{index}].path is required")
        found = route(path)
        if found is None:
            raise ScimError(404, f"There is no endpoint {path!r}")
        resource_type, id = found
        if (id is None) != (method == "POST"):
            wanted = "the endpoint of a resource type" if method == "POST" else "a resource"
            raise invalid_syntax(f"Operations[{index}].path is {wanted} for {method}")
        if method == "POST" and not (isinstance(bulk_id, str) and bulk_id):
            raise invalid_syntax(f"Operations[{index}].bulkId is required for POST")
        if isinstance(bulk_id, str):
            if bulk_id in seen:
                raise invalid_value(f"the bulkId {bulk_id!r} stands twice")
            seen.add(bulk_id)
        data = values.get("data")
        if method != "DELETE" and not isinstance(data, dict):
            raise invalid_syntax(f"Operations[{index}].data is an object")
        version = values.get("version")
        return Operation(
            index,
            method,
            path,
            resource_type,
            id,
            bulk_id if isinstance(bulk_id, str) else None,
            version if isinstance(version, str) else None,
            data,
            frozenset(_references(data)) | frozenset(_REFERENCE.findall(id or "")),
        )
    except ScimError as error:
        return Failed(index, method, bulk_id, path, error)


def _references(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_REFERENCE.findall(value)) if "bulkId:" in value else set()
    if isinstance(value, dict):
        return set().union(*map(_references, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_references, value)) if value else set()
    return set()


def _substitute(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return (
            _REFERENCE.sub(lambda match: ids.get(match[1], match[0]), value) if "bulkId:" in value else value
        )
    if isinstance(value, dict):
        return {name: _substitute(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_substitute(inner, ids) for inner in value]
    return value


# Wraps the run of one operation: (operation, its request, how to run it on a service) -> answer.
Around = Callable[[Operation, Request, Callable[[Service], Answer]], Answer]
# An error -> the one that the service answers instead.
Refuse = Callable[[ScimError], ScimError]


class BulkJob:
    """Runs the operations of one bulk request.

    ``around`` wraps each of them, ``refuse`` words the errors of the service's own.
    """

    def __init__(
        self,
        service: Service,
        operations: list[Operation | Failed],
        fail_on_errors: int | None,
        around: Around | None = None,
        refuse: Refuse | None = None,
    ) -> None:
        self.service = service
        self.refuse = refuse
        self.around = around
        self.operations = operations
        self.fail_on_errors = fail_on_errors
        self.ids: dict[str, str] = {}
        self.results: dict[int, dict[str, Any]] = {}
        self.errors = 0
        self.created_by = {
            item.bulk_id: item.index
            for item in operations
            if isinstance(item, Operation) and item.method == "POST" and item.bulk_id
        }

    @property
    def stopped(self) -> bool:
        return self.fail_on_errors is not None and self.errors >= self.fail_on_errors

    def run(self) -> list[dict[str, Any]]:
        """Run everything that can run; returns the operations of the response in request order."""
        waiting: list[Operation] = []
        for item in self.operations:
            if self.stopped:
                break
            if isinstance(item, Failed):
                self._fail(item, item.error)
            elif self._ready(item):
                self._run(item)
                waiting = self._wake(waiting)
            else:
                waiting.append(item)
        while waiting and not self.stopped:
            self._circle(waiting)
            waiting = self._wake(waiting)
        return [self.results[index] for index in sorted(self.results)]

    def _pending(self, item: Operation) -> set[str]:
        """The references of an operation that another operation may still resolve."""
        pending = set()
        for bulk_id in item.needs:
            maker = self.created_by.get(bulk_id, item.index)
            if bulk_id not in self.ids and maker != item.index and maker not in self.results:
                pending.add(bulk_id)
        return pending

    def _ready(self, item: Operation) -> bool:
        return not self._pending(item)

    def _wake(self, waiting: list[Operation]) -> list[Operation]:
        """Run what no longer waits, the last first: chains of references mostly lead forward."""
        progress = True
        while progress and waiting:
            progress = False
            rest: list[Operation] = []
            for item in reversed(waiting):
                if item.index in self.results:
                    continue
                if self.stopped or not self._ready(item):
                    rest.append(item)
                else:
                    self._run(item)
                    progress = True
            waiting = rest[::-1]
        return waiting

    def _circle(self, waiting: list[Operation]) -> None:
        """Create resources that refer to each other: all of them, or none (409)."""
        self._create_circle(self._find_circle(waiting))

    def _create_circle(self, circle: list[Operation]) -> None:
        service = self.service
        documents: dict[int, dict[str, Any]] = {}
        made: list[Operation] = []
        try:
            for item in circle:
                document = normalise_resource(item.resource_type, item.data, service.policy.leniency)
                documents[item.index] = document
                assert item.bulk_id is not None
                id = service.store.mint(item.resource_type.name, natural_key(document))
                if id in self.ids.values():
                    id = service.store.mint(
                        item.resource_type.name, f"{natural_key(document)}\0{item.bulk_id}"
                    )
                self.ids[item.bulk_id] = id
            # References are set in a second step, when all of the resources exist.
            for item in circle:
                document = _without_references(documents[item.index])
                service.insert(item.resource_type, document, self.ids[item.bulk_id or ""])
                made.append(item)
            for item in circle:
                body = _substitute(item.data, self.ids)
                service.replace(item.resource_type, self.ids[item.bulk_id or ""], Request(body=body))
        except ScimError as error:
            for item in made:
                service.store.delete(item.resource_type.name, self.ids[item.bulk_id or ""], service.now())
            for item in circle:
                self.ids.pop(item.bulk_id or "", None)
                circular = ScimError(409, f"The circular reference cannot be resolved: {error.detail}")
                self._fail(item, circular)
            return
        for item in circle:
            document_now = service.store.get(item.resource_type.name, self.ids[item.bulk_id or ""]) or {}
            self._succeed(
                item, 201, self.ids[item.bulk_id or ""], document_now.get("meta", {}).get("version")
            )

    def _find_circle(self, waiting: list[Operation]) -> list[Operation]:
        """Follow references from the first waiting operation until one comes again."""
        by_id = {item.bulk_id: item for item in waiting if item.method == "POST" and item.bulk_id}
        item, trail = waiting[0], [waiting[0]]
        while True:
            item = by_id[min(self._pending(item) & by_id.keys())]
            if item in trail:
                members = trail[trail.index(item) :]
                break
            trail.append(item)
        # Everything that the circle needs and that is stuck as well belongs to it.
        grown = True
        while grown:
            grown = False
            for member in list(members):
                for bulk_id in self._pending(member) & by_id.keys():
                    if by_id[bulk_id] not in members:
                        members.append(by_id[bulk_id])
                        grown = True
        return sorted(members, key=lambda member: member.index)

    def _run(self, item: Operation) -> None:
        try:
            for bulk_id in sorted(item.needs - self.ids.keys()):
                if bulk_id != item.bulk_id or item.method != "POST":
                    raise ScimError(409, f"bulkId {bulk_id!r} names no resource that this request created")
            if item.bulk_id in item.needs and item.method == "POST":
                self._create_circle([item])  # what refers to itself is a circle of one
                return
            request = Request(body=_substitute(item.data, self.ids), if_match=item.version)
            answer = self._perform(item, request)
            if item.method == "POST" and answer.id is not None and item.bulk_id is not None:
                self.ids[item.bulk_id] = answer.id
        except ScimError as error:
            self._fail(item, error)
            return
        self._succeed(item, answer.status, answer.id, answer.etag)

    def _perform(self, item: Operation, request: Request) -> Answer:
        def run(service: Service) -> Answer:
            resource_type = item.resource_type
            if item.method == "POST":
                return service.create(resource_type, request)
            id = _substitute(item.id, self.ids)
            if item.method == "PUT":
                return service.replace(resource_type, id, request)
            if item.method == "PATCH":
                return service.patch(resource_type, id, request)
            return service.delete(resource_type, id, request)

        return run(self.service) if self.around is None else self.around(item, request, run)

    def _succeed(self, item: Operation, status: int, id: str | None, version: str | None) -> None:
        result: dict[str, Any] = {"method": item.method}
        if item.bulk_id is not None:
            result["bulkId"] = item.bulk_id
        if version is not None:
            result["version"] = version
        if id is not None:
            result["location"] = self.service.encoder.reference(item.resource_type.endpoint, id)
        result["status"] = str(status)
        self.results[item.index] = result

    def _fail(self, item: Operation | Failed, error: ScimError) -> None:
        result: dict[str, Any] = {}
        if isinstance(item.method, str):
            result["method"] = item.method
        if isinstance(item.bulk_id, str):
            result["bulkId"] = item.bulk_id
        if isinstance(item, Operation) and item.id is not None:
            result["location"] = self.service.encoder.reference(
                item.resource_type.endpoint, _substitute(item.id, self.ids)
            )
        elif item.method in ("PUT", "PATCH", "DELETE") and _SAFE_PATH.fullmatch(str(item.path)):
            result["location"] = self.service.encoder.reference(str(item.path), "")
        error = self.refuse(error) if self.refuse is not None else error
        result["status"] = str(error.status)
        result["response"] = error_document(error)
        self.results[item.index] = result
        self.errors += 1


def _without_references(value: Any) -> Any:
    """Return a document without the values that are references to other operations."""
    if isinstance(value, dict):
        if isinstance(value.get("value"), str) and value["value"].startswith("bulkId:"):
            return None
        kept = {name: _without_references(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner is not None and inner != []}
    if isinstance(value, list):
        return [inner for inner in map(_without_references, value) if inner is not None]
    return value


def run_bulk(
    service: Service,
    body: Any,
    route: Callable[[str], tuple[ResourceType, str | None] | None],
    around: Around | None = None,
    refuse: Refuse | None = None,
) -> Answer:
    """Run a bulk request; 501 where the service has no bulk (see `BulkJob`)."""
    if not service.policy.bulk.supported:
        raise ScimError(501, "this service does not support bulk requests")
    operations, fail_on_errors = read_bulk(body, service.policy.bulk, route)
    results = BulkJob(service, operations, fail_on_errors, around, refuse).run()
    document = {"schemas": [BULK_RESPONSE], "Operations": results}
    return Answer(200, service.encoder.encode(document))
