"""PATCH of SCIM 1.1 (API draft section 3.3.2): a partial resource, as the operations of 2.0.

What ``meta.attributes`` names is removed first.  Then singular attributes are replaced, complex ones
merged, and the values of lists added, merged with the one that has the same ``value``, or removed where
they say ``"operation": "delete"``.  The operations set a list as a whole, worked out from what is stored,
except members, of which there may be very many.
"""

from __future__ import annotations

import json
from typing import Any

from ...errors import ScimError
from ..patch import PATCH_OP
from ..policy import Leniency
from ..schema import Attribute
from ..validate import invalid_syntax, invalid_value
from .merging import merged, without_operation
from .names import TypeNames, is_plain
from .resources import has_core, resource_of_2

_Operations = list[dict[str, Any]]


def patch_of_2(
    body: Any, names: TypeNames, current: dict[str, Any] | None, leniency: Leniency
) -> dict[str, Any]:
    """Return a partial resource as a PatchOp message.

    ``current`` is the stored resource; None where it is not known, values of lists are then added or
    removed as well as they can be told apart.  The service must take a remove of members with a list of
    values (``remove-with-value``).  Raises 400 for what is no partial resource of 1.1.
    """
    if not isinstance(body, dict):
        raise invalid_syntax("the body is a JSON object")
    by_name = {name.lower(): value for name, value in body.items()}
    if "operations" in by_name:
        raise invalid_syntax("a PATCH of SCIM 1.1 is a partial resource, it has no 'Operations'")
    partial: dict[str, Any] = resource_of_2(body, names, leniency, partial=True)
    schemas = by_name.get("schemas")
    if not has_core(schemas, names.core) and (schemas is not None or not leniency.schemas_optional):
        raise ScimError(400, f"'schemas' holds {names.core!r}", "invalidSyntax", about="schemas")
    return _Translation(names, current).run(partial, _cleared(by_name.get("meta"), names))


def _cleared(meta: Any, names: TypeNames) -> list[str]:
    """Return the paths in ``meta.attributes`` as those of 2.0 (schema section 5.1)."""
    given = None
    if isinstance(meta, dict):
        given = next((value for name, value in meta.items() if name.lower() == "attributes"), None)
    if given is None:
        return []
    if not isinstance(given, list):
        raise invalid_value("'meta.attributes' is a list of attribute names")
    paths = []
    for name in given:
        path = names.path_of_2(name) if isinstance(name, str) and "[" not in name else None
        if path is None:
            raise invalid_value(f"'meta.attributes' names {name!r}, which {names.resource_type.name} has not")
        paths.append(path)
    return paths


class _Translation:
    """The operations for one partial resource, in the order in which they must run."""

    def __init__(self, names: TypeNames, current: dict[str, Any] | None) -> None:
        self.names = names
        self.current = current
        self.cleared: set[str] = set()
        self.sets: _Operations = []
        self.replaced: set[str] = set()

    def run(self, partial: dict[str, Any], cleared: list[str]) -> dict[str, Any]:
        self.cleared = {path.lower() for path in cleared}
        for name, value in partial.items():
            schema = self.names.resource_type.extensions.get(name.lower())
            if name.lower() in ("schemas", "id", "meta"):
                continue  # a client may send back what only the service sets
            if schema is None:
                if self.names.path_of_2(name) is None:  # that of an extension, without its URN
                    raise invalid_syntax(f"{self.names.resource_type.name} has no attribute {name!r}")
                self._one(name, name, self.names.attribute(name), value, self.current)
            elif isinstance(value, dict):
                inner = self.current.get(schema.id) if self.current is not None else None
                holder = inner if isinstance(inner, dict) else None if self.current is None else {}
                for key, given in value.items():
                    self._one(key, f"{schema.id}:{key}", schema.attribute(key), given, holder)
            else:
                self.sets.append({"op": "replace", "path": schema.id, "value": value})
        removes = [
            {"op": "remove", "path": path}
            for path in dict.fromkeys(cleared)
            if path.lower() not in self.replaced
        ]
        # An empty value without path changes nothing, and what has no operations is no PatchOp.
        nothing: _Operations = [{"op": "add", "value": {}}]
        return {"schemas": [PATCH_OP], "Operations": removes + self.sets or nothing}

    def _one(
        self, name: str, path: str, attribute: Attribute | None, value: Any, holder: dict[str, Any] | None
    ) -> None:
        """Add the operations for one attribute; ``holder`` is the stored object that has it."""
        if not is_plain(name):
            raise invalid_syntax(f"{self.names.resource_type.name} has no attribute {name!r}")
        anew = path.lower() in self.cleared
        if attribute is not None and attribute.multi_valued and value is not None:
            self._many(path, attribute, value, holder, anew)
            return
        if anew and not isinstance(value, dict):
            self.replaced.add(path.lower())  # so that what is required is never without a value
        self.sets.append({"op": "replace", "path": path, "value": value})

    def _many(
        self, path: str, attribute: Attribute, value: Any, holder: dict[str, Any] | None, anew: bool
    ) -> None:
        gone, kept = without_operation(attribute, value if isinstance(value, list) else [value])
        if anew:
            self.replaced.add(path.lower())
            self.sets.append({"op": "replace", "path": path, "value": kept})
        elif attribute is self.names.resource_type.membership:
            self._members(path, gone, kept)
        elif holder is None:
            self._unknown(path, attribute, gone, kept)
        else:
            stored = holder.get(attribute.name)
            new = merged(attribute, stored if isinstance(stored, list) else [], gone, kept)
            self.sets.append({"op": "replace", "path": path, "value": new})

    def _members(self, path: str, gone: list[Any], kept: list[Any]) -> None:
        keys = [_key(element, path) for element in gone]
        if keys:
            self.sets.append({"op": "remove", "path": path, "value": [{"value": key} for key in keys]})
        if kept:
            self.sets.append({"op": "add", "path": path, "value": kept})

    def _unknown(self, path: str, attribute: Attribute, gone: list[Any], kept: list[Any]) -> None:
        for element in gone:
            if "value" not in attribute.subs:
                raise invalid_value(f"{attribute.path!r} of this resource cannot be told apart")
            wanted = json.dumps(_key(element, path))
            self.sets.append({"op": "remove", "path": f"{path}[value eq {wanted}]"})
        if kept:
            self.sets.append({"op": "add", "path": path, "value": kept})


def _key(element: Any, path: str) -> str:
    """Return the ``value`` of a value that is to be removed."""
    key = element.get("value") if isinstance(element, dict) else None
    if not isinstance(key, str):
        raise invalid_value(f"what is to be deleted from {path!r} has no 'value'")
    return key
