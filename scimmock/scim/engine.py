"""The SCIM service: what each operation does to a store (RFC 7644 section 3).

One `Service` is one directory under one policy.  It is synchronous and never waits: on an event loop
each operation is atomic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..errors import ScimError
from .answer import Answer, Request
from .conditions import check_match, none_match
from .draft import Draft, Write
from .page import Cursors
from .patch import apply, mutability_error, read_operations
from .policy import Policy
from .ports import Encoder, Store
from .project import EVERYTHING, Selection, project, read_selection
from .query import Finder, Hit, Query, read_query, read_search
from .references import forget_addresses, resolve_members
from .represent import fill, represent
from .schema import Attribute, ResourceType
from .secret import conceal, secret_attributes
from .validate import check_required, normalise_resource
from .values import is_inactive, same


def not_found(id: str, type_name: str) -> ScimError:
    return ScimError(404, f"Resource {id} not found", about=type_name)


# Turns the representation of a resource into what this very service shows of it.
Dress = Callable[[dict[str, Any], ResourceType], dict[str, Any]]
Encoded = list[bytes]


class Service:
    """The operations on resources.

    ``now`` gives the time as xsd:dateTime text, ``dress`` makes the representation of a resource one's
    own.  Raises ScimError for everything that the client did wrong; the store is unchanged then.
    """

    def __init__(
        self,
        types: tuple[ResourceType, ...],
        policy: Policy,
        store: Store,
        encoder: Encoder,
        now: Callable[[], str],
        cursors: Cursors,
        dress: Dress | None = None,
    ) -> None:
        self.types = types
        self.by_name = {resource_type.name: resource_type for resource_type in types}
        self.policy = policy
        self.store = store
        self.encoder = encoder
        self.now = now
        self.cursors = cursors
        self.dress = dress
        self.finder = Finder(store, policy, self.text_view)
        self.unique = {resource_type.name: _unique_attributes(resource_type) for resource_type in types}
        self.secret = {resource_type.name: secret_attributes(resource_type) for resource_type in types}

    # ---- representations

    def view(self, resource_type: ResourceType, document: dict[str, Any]) -> dict[str, Any]:
        """Return everything that can be shown of a stored document."""
        return represent(document, resource_type, self.store, self.encoder.reference, everything=True)[0]

    def text_view(self, resource_type: ResourceType, document: dict[str, Any], base: str) -> dict[str, Any]:
        """Return the same with addresses as text, to compare them with what a filter says."""

        def reference(endpoint: str, id: str) -> str:
            return f"{base}{endpoint}/{id}"

        return represent(document, resource_type, self.store, reference, everything=True)[0]

    def default_view(self, resource_type: ResourceType, document: dict[str, Any]) -> tuple[bytes, bool]:
        """Return the encoded default representation, and whether it depends on other resources."""
        shown, depends = represent(document, resource_type, self.store, self.encoder.reference)
        if self.dress is not None:
            shown = self.dress(shown, resource_type)
        return self.encoder.encode(shown), depends

    def _body(self, resource_type: ResourceType, id: str, selection: Selection) -> bytes:
        if not selection:
            return self.store.prepared(resource_type.name, id)
        document = self.store.get(resource_type.name, id)
        assert document is not None
        shown = project(self.view(resource_type, document), resource_type, selection)
        if self.dress is not None:
            shown = self.dress(shown, resource_type)
        return self.encoder.encode(shown)

    def _answer(self, status: int, resource_type: ResourceType, id: str, request: Request) -> Answer:
        query = request.query
        selection = EVERYTHING
        if query and ("attributes" in query or "excludedAttributes" in query):
            selection = read_selection(query.get("attributes"), query.get("excludedAttributes"))
        document = self.store.get(resource_type.name, id)
        assert document is not None
        etag = document["meta"].get("version") if self.policy.etag else None
        body = self._body(resource_type, id, selection)
        return Answer(status, body, f"{resource_type.endpoint}/{id}", etag, resource_type.name, id)

    def _find(self, resource_type: ResourceType, id: str, request: Request) -> dict[str, Any]:
        document = self.store.get(resource_type.name, id)
        if document is None:
            raise not_found(id, resource_type.name)
        hides = self.policy.hide_inactive
        if hides and resource_type.name in hides and is_inactive(document) and not request.hidden:
            raise not_found(id, resource_type.name)
        return document

    # ---- reading

    def read(self, resource_type: ResourceType, id: str, request: Request) -> Answer:
        """GET of a known resource (section 3.4.1); 304 and 412 by its conditions (section 3.14)."""
        document = self._find(resource_type, id, request)
        if self.policy.etag and request.if_match is not None:
            check_match(request.if_match, None, document["meta"].get("version"))
        if self.policy.etag and request.if_none_match is not None:
            etag = document["meta"].get("version")
            if none_match(request.if_none_match, etag) and self.store.is_true_to_version(
                resource_type.name, id
            ):
                return Answer(304, None, f"{resource_type.endpoint}/{id}", etag, resource_type.name, id)
        return self._answer(200, resource_type, id, request)

    def list(self, types: tuple[ResourceType, ...], endpoint: str, request: Request) -> Answer:
        """GET on the endpoint of a type, or of the root for all types (section 3.4.2)."""
        return self._page(types, endpoint, read_query(request.query, self.policy, request.base))

    def search(self, types: tuple[ResourceType, ...], endpoint: str, request: Request) -> Answer:
        """POST to ``/.search`` (section 3.4.3)."""
        return self._page(types, endpoint, read_search(request.body, self.policy, request.base))

    def _page(self, types: tuple[ResourceType, ...], endpoint: str, query: Query) -> Answer:
        page, hits = self.finder.page(types, query, self.cursors, endpoint)
        page.items = self.items(hits, query.selection)
        return Answer(200, page, type_name=types[0].name if len(types) == 1 else None)

    def items(self, hits: Iterable[Hit], selection: Selection) -> Encoded:
        """Return the encoded representations of resources, as they stand in a page."""
        if selection:
            return [self._body(resource_type, id, selection) for resource_type, id in hits]
        prepared = self.store.prepared
        return [prepared(resource_type.name, id) for resource_type, id in hits]

    # ---- writing

    def create(self, resource_type: ResourceType, request: Request) -> Answer:
        """POST (section 3.3): 201 with the resource, 409 uniqueness for a conflict."""
        self._check_parameters(request)
        document = normalise_resource(resource_type, request.body, self.policy.leniency)
        return self._answer(201, resource_type, self.insert(resource_type, document), request)

    def insert(self, resource_type: ResourceType, document: dict[str, Any], id: str | None = None) -> str:
        """Store a normalised document as a new resource and return its id; ``id`` is one minted before."""
        self._finish("create", document, None, resource_type)
        check_required(resource_type, document)
        self.check_unique(resource_type, document, None, None)
        resolve_members(document, resource_type, self.store, self.policy)
        forget_addresses(document, resource_type, self.store)
        name = resource_type.name
        if id is None:
            id = self._own_id(document) or self.store.mint(name, natural_key(document))
        now = self.now()
        stored: dict[str, Any] = {"schemas": document.pop("schemas"), "id": id, **document}
        stored["meta"] = {
            "resourceType": name,
            "created": now,
            "lastModified": now,
            "version": self.store.next_version(),
        }
        conceal(self.secret[name], stored)
        if self.policy.most_values:
            keep_first(stored, self.policy.most_values)
        self.store.insert(name, id, stored)
        return id

    def replace(self, resource_type: ResourceType, id: str, request: Request) -> Answer:
        """PUT (section 3.5.1): what is not sent is cleared, read-only attributes are ignored."""
        self._check_parameters(request)
        old = self._precondition(resource_type, id, request)
        new = normalise_resource(resource_type, request.body, self.policy.leniency)
        self._finish("replace", new, old, resource_type)
        check_required(resource_type, new)
        _check_immutable(resource_type, old, new)
        self.check_unique(resource_type, new, old, id)
        resolve_members(new, resource_type, self.store, self.policy, old)
        forget_addresses(new, resource_type, self.store)
        secrets = self.secret[resource_type.name]
        for attribute in secrets:
            _keep(attribute, old, new)
        stored = {"schemas": new.pop("schemas"), "id": id, **new, "meta": old["meta"]}
        conceal(secrets, stored, old)
        if self.policy.most_values:
            keep_first(stored, self.policy.most_values)
        if not same(stored, old):
            self._store(resource_type, id, stored)
        return self._answer(200, resource_type, id, request)

    def patch(self, resource_type: ResourceType, id: str, request: Request) -> Answer:
        """PATCH (section 3.5.2), atomic; an unchanged resource keeps its version."""
        if not self.policy.patch:
            raise ScimError(501, "this service does not support PATCH")
        self._check_parameters(request)
        old = self._precondition(resource_type, id, request)
        operations = read_operations(request.body, self.policy)
        name = resource_type.name
        tracked = has = None
        if resource_type.membership is not None:
            tracked = resource_type.membership.name
            has = self._membership_test(name, id, tracked)

        def show(attribute: Attribute, element: Any) -> Any:
            return fill(element, attribute, self.store, lambda endpoint, id: f"{request.base}{endpoint}/{id}")

        result = apply(old, operations, resource_type, self.policy, tracked, has, show)
        if result.document is not old:
            self._finish("patch", result.document, old, resource_type)
            self.check_unique(resource_type, result.document, old, id)
            resolve_members(result.document, resource_type, self.store, self.policy, old, result.added)
            forget_addresses(result.document, resource_type, self.store)
            conceal(self.secret[name], result.document, old)
            if self.policy.most_values:
                keep_first(result.document, self.policy.most_values)
            if not same(result.document, old):
                self._store(resource_type, id, result.document, result.added, result.removed)
        if self.policy.answer_to_patch(name) == 204 and "attributes" not in request.query:
            now = self.store.get(name, id) if self.policy.etag else None
            etag = now["meta"].get("version") if now is not None else None
            return Answer(204, None, f"{resource_type.endpoint}/{id}", etag, name, id)
        return self._answer(200, resource_type, id, request)

    def delete(self, resource_type: ResourceType, id: str, request: Request) -> Answer:
        """DELETE (section 3.6): 204, and the resource leaves all groups."""
        old = self._precondition(resource_type, id, request)
        if resource_type.name in self.policy.soft_delete and resource_type.attribute("active") is not None:
            if not is_inactive(old):
                self._store(resource_type, id, {**old, "active": False})
            return Answer(204, None, type_name=resource_type.name, id=id)
        self.store.delete(resource_type.name, id, self.now())
        return Answer(204, None, type_name=resource_type.name, id=id)

    # ---- the parts

    def _finish(
        self, write: Write, document: dict[str, Any], old: dict[str, Any] | None, resource_type: ResourceType
    ) -> None:
        """Let the service's own rules see what is about to be stored."""
        for finish in self.policy.finish:
            finish(Draft(write, document, old, resource_type, self.store))

    def _membership_test(self, type_name: str, id: str, attribute: str) -> Callable[[str], bool] | None:
        path = f"{attribute}.value"
        if path not in self.store.indexed(type_name):
            return None
        has_value = self.store.has_value
        return lambda key: has_value(type_name, path, key, id)

    def _own_id(self, document: dict[str, Any]) -> str | None:
        """Return the id that a new resource brings with it, where the service takes it from an attribute."""
        value = document.get(self.policy.id_from) if self.policy.id_from else None
        if not isinstance(value, str) or not value or value == ".search":
            return None
        if self.store.find(value) is not None:
            detail = f"A resource with the id {value!r} exists already"
            raise ScimError(409, detail, "uniqueness", about="id")
        return value

    def _check_parameters(self, request: Request) -> None:
        """Find fault with the parameters before anything is written."""
        if request.query:
            read_selection(request.query.get("attributes"), request.query.get("excludedAttributes"))

    def _precondition(self, resource_type: ResourceType, id: str, request: Request) -> dict[str, Any]:
        document = self._find(resource_type, id, request)
        if self.policy.etag:
            check_match(request.if_match, request.if_none_match, document["meta"].get("version"))
        return document

    def _store(
        self,
        resource_type: ResourceType,
        id: str,
        document: dict[str, Any],
        added: set[str] | None = None,
        removed: set[str] | None = None,
    ) -> None:
        document["meta"] = {
            **document["meta"],
            "lastModified": self.now(),
            "version": self.store.next_version(),
        }
        self.store.replace(resource_type.name, id, document, added, removed)

    def check_unique(
        self, resource_type: ResourceType, new: dict[str, Any], old: dict[str, Any] | None, id: str | None
    ) -> None:
        """No other resource has the value of a unique attribute (RFC 7643 section 2.2): 409 uniqueness."""
        for attribute in self.unique[resource_type.name]:
            holder = new.get(attribute.urn, {}) if attribute.in_extension else new
            value = holder.get(attribute.name)
            if not isinstance(value, str):
                continue
            if old is not None:
                before = old.get(attribute.urn, {}) if attribute.in_extension else old
                if before.get(attribute.name) == value:
                    continue
            for other in self.store.lookup(resource_type.name, attribute.path, value):
                if other != id and not self._is_other_case(resource_type, attribute, other, value):
                    raise ScimError(
                        409,
                        f"A {resource_type.name} with {attribute.path} {value!r} exists already",
                        "uniqueness",
                        about=attribute.path,
                    )

    def _is_other_case(
        self, resource_type: ResourceType, attribute: Attribute, other: str, value: str
    ) -> bool:
        """Whether a resource's value differs in case only, on a service that takes that for different."""
        if not self.policy.exact_uniqueness:
            return False
        document = self.store.get(resource_type.name, other) or {}
        holder = document.get(attribute.urn) or {} if attribute.in_extension else document
        return bool(holder.get(attribute.name) != value)


def keep_first(document: dict[str, Any], most: dict[str, int]) -> None:
    """Keep only the first values of the attributes of a document (a new one) that `most` names."""
    for name, count in most.items():
        values = document.get(name)
        if isinstance(values, list) and len(values) > count:
            document[name] = values[:count]


def natural_key(document: dict[str, Any]) -> str:
    """Return what makes two runs give a resource the same id: its userName, displayName or externalId."""
    for name in ("userName", "displayName", "externalId"):
        value = document.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _unique_attributes(resource_type: ResourceType) -> tuple[Attribute, ...]:
    return tuple(
        attribute
        for attribute in resource_type.all_attributes()
        if attribute.uniqueness in ("server", "global")
        and attribute.mutability != "readOnly"
        and attribute.type in ("string", "reference")
        and not attribute.multi_valued
    )


def _keep(attribute: Attribute, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Keep the old value of an attribute that the new document does not have."""
    if not attribute.in_extension:
        if attribute.name in old:
            new.setdefault(attribute.name, old[attribute.name])
        return
    before = old.get(attribute.urn)
    if isinstance(before, dict) and attribute.name in before:
        after = new.setdefault(attribute.urn, {})
        after.setdefault(attribute.name, before[attribute.name])
        if attribute.urn not in new["schemas"]:
            new["schemas"].append(attribute.urn)


def _check_immutable(resource_type: ResourceType, old: dict[str, Any], new: dict[str, Any]) -> None:
    """An immutable attribute that has a value keeps it in a PUT (section 3.5.1): 400 mutability."""
    for attribute in resource_type.all_attributes():
        if attribute.mutability != "immutable":
            continue
        before, after = (
            (document.get(attribute.urn) or {}) if attribute.in_extension else document
            for document in (old, new)
        )
        value = before.get(attribute.name)
        if value is not None and not same(after.get(attribute.name, value), value):
            raise mutability_error(f"{attribute.path!r} is immutable and has a value")
        _keep(attribute, old, new)
