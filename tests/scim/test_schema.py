"""Schemas as data (RFC 7643 sections 7 and 8.7)."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.scim.represent import represent
from scimmock.scim.schema import (
    ResourceType,
    SchemaError,
    group_type,
    load_schema,
    standard_schema,
    user_type,
)

USER = user_type()
GROUP = group_type()


def _characteristics(*path: str) -> dict[str, Any]:
    kind = GROUP if path[0] == "members" else USER
    attribute = kind.attribute(path[0])
    assert attribute is not None
    for name in path[1:]:
        attribute = attribute.sub(name)
        assert attribute is not None
    return {
        name: getattr(attribute, name)
        for name in ("type", "multi_valued", "required", "case_exact", "mutability", "returned", "uniqueness")
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("userName",), {"type": "string", "required": True, "case_exact": False, "uniqueness": "server"}),
        (("id",), {"case_exact": True, "mutability": "readOnly", "returned": "always"}),
        (("externalId",), {"case_exact": True, "mutability": "readWrite"}),
        (("password",), {"mutability": "writeOnly", "returned": "never"}),
        (("groups",), {"mutability": "readOnly", "multi_valued": True, "type": "complex"}),
        (("active",), {"type": "boolean"}),
        (("emails",), {"type": "complex", "multi_valued": True}),
        (("emails", "primary"), {"type": "boolean"}),
        (("x509Certificates", "value"), {"type": "binary"}),
        (("members", "value"), {"mutability": "immutable"}),
        (("meta", "created"), {"type": "dateTime", "mutability": "readOnly"}),
        (("name",), {"type": "complex", "multi_valued": False}),
    ],
)
def test_characteristics(path: tuple[str, ...], expected: dict[str, Any]) -> None:
    """RFC 7643 section 8.7.1 and 3.1."""
    assert expected.items() <= _characteristics(*path).items()


@pytest.mark.parametrize(
    "name", ["user", "group", "enterprise_user", "schema", "resource_type", "service_provider_config"]
)
def test_shipped_schemas_are_whole(name: str) -> None:
    """Every attribute has a description and the characteristics that section 7 asks for."""

    def check(attribute: dict[str, Any], where: str) -> None:
        where = f"{where}.{attribute['name']}"
        for key in ("type", "multiValued", "description", "mutability", "returned"):
            assert key in attribute, f"{where} lacks {key}"
        if attribute["type"] == "string":
            assert "caseExact" in attribute, where
        if attribute["type"] == "reference":
            assert attribute["referenceTypes"], where
        for sub in attribute.get("subAttributes", ()):
            check(sub, where)

    schema = standard_schema(name)
    assert schema.id.startswith("urn:ietf:params:scim:schemas:")
    for attribute in schema.document["attributes"]:
        check(attribute, name)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"id": "urn:x"},
        {"id": "", "attributes": [{"name": "a"}]},
        {"id": "urn:x", "attributes": []},
        {"id": "urn:x", "attributes": ["a"]},
        {"id": "urn:x", "attributes": [{"type": "string"}]},
        {"id": "urn:x", "attributes": [{"name": "a", "type": "text"}]},
        {"id": "urn:x", "attributes": [{"name": "a", "mutability": "readonly"}]},
        {"id": "urn:x", "attributes": [{"name": "a", "type": "complex"}]},
        {"id": "urn:x", "attributes": [{"name": "a", "subAttributes": [{"name": "b"}]}]},
        {
            "id": "urn:x",
            "attributes": [
                {
                    "name": "a",
                    "type": "complex",
                    "subAttributes": [{"name": "b", "type": "complex", "subAttributes": [{"name": "c"}]}],
                }
            ],
        },
    ],
)
def test_unusable_schemas(document: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        load_schema(document)


@pytest.mark.parametrize("returned", ["never", "request"])
def test_extensions_hide_attributes_too(returned: str) -> None:
    """RFC 7643 section 7: "returned" holds wherever the attribute stands, in an extension as well."""
    extension = load_schema({"id": "urn:x:ext", "attributes": [{"name": "pin", "returned": returned}]})
    kind = ResourceType("User", "/Users", standard_schema("user"), "", ((extension, False),))

    class Nobody:
        def find(self, id: str) -> None:
            return None

        def groups_of(self, id: str) -> tuple[()]:
            return ()

        def group_endpoint(self) -> str:
            return "/Groups"

    document = {"schemas": [], "id": "1", "userName": "a", "urn:x:ext": {"pin": "1234"}, "meta": {}}
    shown, _ = represent(document, kind, Nobody(), lambda endpoint, id: f"{endpoint}/{id}")
    assert "1234" not in repr(shown)
