"""Resource types and schemas: as the service declares them, else as its resources show them."""

from __future__ import annotations

import json
import re
from typing import Any

from ...scim.schema import SchemaError, load_schema, standard_schema
from ..attributes import declared
from ..clean import clean
from ..look import Document, Look, View, objects
from ..portrait import Portrait

_STANDARD = {
    "user": "urn:ietf:params:scim:schemas:core:2.0:User",
    "group": "urn:ietf:params:scim:schemas:core:2.0:Group",
    "enterprise_user": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
}
_COMMON = ("id", "externalid", "meta", "schemas")
_SAID = "types and attributes are those that were declared or seen"
_COMPARED = {
    "type": "string",
    "multiValued": False,
    "required": False,
    "caseExact": False,
    "mutability": "readWrite",
    "returned": "default",
    "uniqueness": "none",
}


class Schemas:
    """What /Schemas and /ResourceTypes say; extensions and attributes that only resources show."""

    def __init__(self) -> None:
        self._schemas: dict[str, tuple[Document, Look]] = {}
        self._types: dict[str, tuple[Document, Look]] = {}
        self._extensions: dict[str, tuple[str, list[Any], Look]] = {}
        self._attributes: dict[str, dict[str, tuple[list[Any], Look]]] = {}

    def see(self, look: Look, view: View) -> None:
        """Keep what is declared, and values of what may not be."""
        if look.made_up or not look.is_done:
            return
        if look.resource in ("Schemas", "ResourceTypes") and look.method == "GET":
            kept = self._schemas if look.resource == "Schemas" else self._types
            for item in _items(look.told):
                key = item.get("id" if look.resource == "Schemas" else "endpoint")
                if isinstance(key, str):
                    kept.setdefault(key.lower() if look.resource == "Schemas" else key, (item, look))
        if look.resource in ("Users", "Groups"):
            for resource in look.shown:
                self._note(resource, look.resource, look)

    def _note(self, resource: Document, name: str, look: Look) -> None:
        known = {item.lower() for item in _core(name)} | set(_COMMON)
        for key, value in resource.items():
            if key.lower().startswith("urn:"):
                if isinstance(value, dict):
                    self._extensions.setdefault(key.lower(), (key, [], look))[1].append((name, value))
            elif key.lower() not in known and re.fullmatch(r"[A-Za-z$][A-Za-z0-9$_-]*", key):
                self._attributes.setdefault(name, {}).setdefault(key, ([], look))[0].append(value)

    def tell(self, portrait: Portrait) -> None:
        """Note the resource types, if they are not those of the standard."""
        portrait.schemas_are_told = bool(self._schemas)
        if not self._schemas:
            portrait.unseen.append("/Schemas: attributes and their characteristics")
        if "behaviour.protocol" in portrait.settings:
            return
        if self._types:
            self._declared_types(portrait)
        else:
            portrait.unseen.append("/ResourceTypes")
        for file, urn in _STANDARD.items():
            self._declared(portrait, file, urn)
        for urn, (spelled, values, look) in self._extensions.items():
            if urn not in map(str.lower, _STANDARD.values()):
                self._extend(portrait, spelled, values, look)
        for name, found in self._attributes.items():
            self._add(portrait, name, found)

    def _declared_types(self, portrait: Portrait) -> None:
        """Take the types as they are declared; those of which no schema is known are left out."""
        wanted = {}
        for endpoint, (document, look) in self._types.items():
            portrait.note_types(_SAID, look)
            name, schema = document.get("name"), str(document.get("schema"))
            file = self._file(portrait, schema)
            if not isinstance(name, str) or not endpoint.startswith("/") or file is None:
                portrait.gap(f"The resource type {name} at {endpoint} has a schema that was not seen", look)
                continue
            extensions = []
            for item in objects(document.get("schemaExtensions")):
                inner = self._file(portrait, str(item.get("schema")))
                if inner is None:
                    portrait.gap(f"{name} has an extension of which the schema was not seen", look)
                else:
                    extensions.append(
                        {"schema": inner} | ({"required": True} if item.get("required") else {})
                    )
            spec: Document = {"name": name, "endpoint": endpoint, "schema": file}
            if isinstance(document.get("description"), str) and document["description"]:
                spec["description"] = document["description"]
            wanted[name] = spec | ({"extensions": extensions} if extensions else {})
        if {"User"} <= wanted.keys() and wanted != portrait.standard_types(described=wanted):
            portrait.types = wanted

    def _file(self, portrait: Portrait, urn: str) -> str | None:
        """Return what a schema is called in a fixture; writes it down where it is the service's own."""
        standard = next((name for name, known in _STANDARD.items() if known.lower() == urn.lower()), None)
        found = self._schemas.get(urn.lower())
        if standard is not None:
            return standard
        if found is None:
            return None
        name = file_name(urn)
        return name if _write(portrait, name, found[0], found[1]) else None

    def _declared(self, portrait: Portrait, file: str, urn: str) -> None:
        """Take a standard schema as the service declares it, where that is another one."""
        found = self._schemas.get(urn.lower())
        if found is None or _plain(found[0]) == _plain(standard_schema(file).document):
            return
        document, look = found
        name = f"{file.replace('_', '-')}.json"
        if _write(portrait, name, document, look):
            portrait.note_types(_SAID, look)
            portrait.rename_schema(file, name)

    def _extend(self, portrait: Portrait, urn: str, values: list[Any], look: Look) -> None:
        """Give a type an extension that its resources show."""
        name = file_name(urn)
        if name in portrait.files:
            return
        found = self._schemas.get(urn.lower())
        document = (
            found[0]
            if found is not None
            else {
                "id": urn,
                "name": name.removesuffix(".json"),
                "description": f"As resources show it, {look.where}",
                "attributes": declared([value for _, value in values]),
            }
        )
        if _write(portrait, name, document, look):
            portrait.note_types(_SAID, look)
            for resource in dict.fromkeys(resource for resource, _ in values):
                portrait.spec(resource).setdefault("extensions", []).append({"schema": name})

    def _add(self, portrait: Portrait, name: str, found: dict[str, tuple[list[Any], Look]]) -> None:
        """Add attributes that resources show to the schema of a type."""
        spec = portrait.spec(name, make=False)
        file = spec["schema"] if spec else {"Users": "user", "Groups": "group"}[name]
        if file not in _STANDARD:
            return  # the service has declared its own
        document = json.loads(json.dumps(standard_schema(file).document))
        document["attributes"] += declared(
            [{key: value} for key, (values, _) in found.items() for value in values]
        )
        look = next(iter(found.values()))[1]
        if _write(portrait, f"{file}.json", document, look):
            portrait.note_types(_SAID, look)
            portrait.spec(name)["schema"] = f"{file}.json"


def _items(told: Any) -> list[Document]:
    return objects(told.get("Resources", [told]) if isinstance(told, dict) else told)


def _core(name: str) -> list[str]:
    return [item.name for item in standard_schema("user" if name == "Users" else "group").attributes]


def file_name(urn: str) -> str:
    """Return a name for the file of a schema: the last words of its URN."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", urn) if word and not word.isdigit()]
    return f"{'-'.join(words[-3:]).lower() or 'schema'}.json"


def _write(portrait: Portrait, name: str, document: Document, look: Look) -> bool:
    """Write a schema down, if it can be used; returns whether."""
    attributes = objects(document.get("attributes"))
    kept = [item for item in attributes if str(item.get("name")).lower() not in _COMMON]
    found: Document = {key: document[key] for key in ("id", "name", "description") if key in document}
    found["attributes"] = [_typed(item) for item in kept]
    try:
        load_schema(found)
    except SchemaError as error:
        portrait.gap(f"The schema {document.get('id')} cannot be used: {error}", look)
        return False
    portrait.files[name] = json.dumps(clean(found), ensure_ascii=False, indent=2) + "\n"
    return True


def _typed(attribute: Document) -> Document:
    """Return a definition without characteristics that have values of a wrong type."""
    found = {
        name: value
        for name, value in attribute.items()
        if name not in _COMPARED or isinstance(value, type(_COMPARED[name]))
    }
    subs = attribute.get("subAttributes")
    return found | ({"subAttributes": [_typed(sub) for sub in objects(subs)]} if subs else {})


def _plain(document: Document) -> Any:
    """Return what makes two schemas alike: their attributes with the characteristics that matter."""
    found = {}
    for item in objects(document.get("attributes") or document.get("subAttributes")):
        if str(item.get("name")).lower() not in _COMMON:
            traits = tuple(item.get(key, default) for key, default in _COMPARED.items())
            found[str(item.get("name")).lower()] = traits, _plain(item)
    return found
