"""What a service of SCIM 1.1 says about itself (schema draft sections 9 to 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..schema import Attribute, ResourceType, Schema
from .names import CORE, Names, TypeNames, is_new, renamed

_CAPABILITIES = ("patch", "bulk", "filter", "changePassword", "sort", "etag")
_SCHEME_NAMES = {"specUri": "specUrl", "documentationUri": "documentationUrl"}
# The draft fixes the description of this one (section 11.6).
_DESCRIPTIONS = {f"{CORE}:User": "Core User"}
_COMMON = {
    "id": "The identifier of the resource, which the service issues and never changes",
    "externalId": "The identifier of the resource at the client",
    "meta": "What the service knows about the resource",
}
_ATTRIBUTES = Attribute("attributes", multi_valued=True)


def config_of_1(document: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration in the form of ``/ServiceProviderConfigs`` (section 9); there is no XML.

    Extensions of it, objects at URNs, stay as they are and are named in ``schemas``.
    """
    extensions = {name: value for name, value in document.items() if ":" in name}
    result: dict[str, Any] = {"schemas": [CORE, *extensions]}
    if "documentationUri" in document:
        result["documentationUrl"] = document["documentationUri"]
    result |= {name: document[name] for name in _CAPABILITIES if name in document}
    result["xmlDataFormat"] = {"supported": False}
    schemes = document.get("authenticationSchemes")
    if isinstance(schemes, list):
        result["authenticationSchemes"] = [
            {_SCHEME_NAMES.get(name, name): value for name, value in scheme.items()}
            if isinstance(scheme, dict)
            else scheme
            for scheme in schemes
        ]
    return result | extensions


def schema_of_1(resource_type: ResourceType, names: Names) -> dict[str, Any]:
    """Return the schema of a resource type (section 10), with the attributes of its extensions."""
    own = names.of(resource_type)
    id = f"{own.core}:{resource_type.name}"
    return {
        "schemas": [CORE],
        "id": id,
        "name": resource_type.name,
        "description": _DESCRIPTIONS.get(id) or resource_type.description or resource_type.name,
        "schema": own.core,
        "endpoint": resource_type.endpoint,
        "attributes": [*_common(resource_type, own), *_declared(resource_type, own)],
    }


def child_name(name: str) -> str:
    """Return the name of one value of a list, that of its element in XML: ``emails``, ``email``."""
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _common(resource_type: ResourceType, names: TypeNames) -> list[dict[str, Any]]:
    found = []
    for name, description in _COMMON.items():
        attribute = resource_type.attribute(name)
        if attribute is not None:
            found.append(_attribute(attribute, {"description": description}, CORE))
    for sub in found[-1].get("subAttributes", ()):
        sub["description"] = sub["name"]
    # What a PATCH removes (section 5.1): a client may set that only.
    found[-1]["subAttributes"].append(
        _attribute(_ATTRIBUTES, {"description": "The attributes that a PATCH removes"}, None)
    )
    return found


def _declared(resource_type: ResourceType, names: TypeNames) -> list[dict[str, Any]]:
    schemas: list[Schema] = [resource_type.schema, *(schema for schema, _ in resource_type.extension_schemas)]
    found = []
    for schema in schemas:
        urn = names.old[schema.id.lower()]
        for document in schema.document["attributes"]:
            attribute = schema.attribute(document["name"])
            assert attribute is not None
            found.append(_attribute(attribute, document, urn))
    return found


def _attribute(attribute: Attribute, document: Mapping[str, Any], urn: str | None) -> dict[str, Any]:
    """Return the definition of an attribute; that of a sub-attribute, without ``urn``, names no schema."""
    result: dict[str, Any] = {
        "name": attribute.name,
        # 1.1 has no references (section 3.1), they are strings.
        "type": "string" if attribute.type == "reference" else attribute.type,
        "multiValued": attribute.multi_valued,
    }
    if attribute.multi_valued:
        result["multiValuedAttributeChildName"] = child_name(attribute.name)
    result["description"] = document.get("description", "")
    if urn is not None:
        result["schema"] = urn
    result |= {
        "readOnly": attribute.mutability == "readOnly",
        "required": attribute.required,
        "caseExact": attribute.case_exact,
    }
    if attribute.canonical_values:
        result["canonicalValues"] = list(attribute.canonical_values)
    if attribute.sub_attributes:
        told = {item["name"]: item for item in document.get("subAttributes", ())}
        old = renamed(attribute)
        result["subAttributes"] = [
            # What has another name is what the value is known by, and required (section 7).
            {**_attribute(sub, told.get(sub.name, {}), None), **_otherwise(old.get(sub.name))}
            for sub in attribute.sub_attributes
            if not is_new(attribute, sub.name)
        ]
    return result


def _otherwise(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"name": name, "required": True}
