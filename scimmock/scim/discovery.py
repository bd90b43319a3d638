"""Discovery (RFC 7644 section 4, RFC 7643 sections 5 to 7): what the service says about itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ScimError
from .answer import Answer, Request
from .page import Page
from .policy import Policy
from .ports import Encoder
from .schema import ResourceType, Schema

CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"

SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {
        "type": "oauthbearertoken",
        "name": "OAuth Bearer Token",
        "description": "A token in the Authorization header",
        "specUri": "https://www.rfc-editor.org/info/rfc6750",
    },
    "basic": {
        "type": "httpbasic",
        "name": "HTTP Basic",
        "description": "A user name and a password in the Authorization header",
        "specUri": "https://www.rfc-editor.org/info/rfc7617",
    },
    "oauth2": {
        "type": "oauth2",
        "name": "OAuth 2.0 client credentials",
        "description": "A token that the token endpoint gives to a registered client",
        "specUri": "https://www.rfc-editor.org/info/rfc6749",
    },
}


class Discovery:
    """The three discovery endpoints of a service; ``schemes`` are keys of SCHEMES, preferred first.

    ``dress`` makes the configuration one's own.
    """

    def __init__(
        self,
        types: tuple[ResourceType, ...],
        policy: Policy,
        encoder: Encoder,
        schemes: tuple[str, ...],
        created: str,
        dress: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        self.dress = dress
        self.types = types
        self.policy = policy
        self.encoder = encoder
        self.schemes = schemes
        self.created = created
        self.schemas: dict[str, Schema] = {}
        for resource_type in types:
            for schema in (resource_type.schema, *(schema for schema, _ in resource_type.extension_schemas)):
                self.schemas.setdefault(schema.id, schema)

    def answer(self, endpoint: str, id: str | None, request: Request) -> Answer:
        """Answer a GET; a filter is 403, an unknown id is 404 (RFC 7644 section 4)."""
        if "filter" in request.query:
            raise ScimError(403, f"{endpoint} cannot be filtered")
        if endpoint == "/ServiceProviderConfig":
            if id is not None:
                raise ScimError(404, f"There is no {endpoint}/{id}")
            config = self.config()
            if self.dress is not None:
                config = self.dress(config)
            return Answer(200, self.encoder.encode(config), location=endpoint)
        documents = self.resource_types() if endpoint == "/ResourceTypes" else self.schema_documents()
        if id is not None:
            for document in documents:
                if document["id"].lower() == id.lower():
                    return Answer(200, self.encoder.encode(document), location=f"{endpoint}/{document['id']}")
            raise ScimError(404, f"There is no {endpoint}/{id}")
        items = [self.encoder.encode(document) for document in documents]
        return Answer(200, Page(len(items), items, start_index=1))

    def _meta(self, kind: str, endpoint: str, id: str = "") -> dict[str, Any]:
        return {"resourceType": kind, "location": self.encoder.reference(endpoint, id)}

    def config(self) -> dict[str, Any]:
        """The service provider's configuration (RFC 7643 section 5, RFC 9865 section 4)."""
        policy, paging = self.policy, self.policy.paging
        document: dict[str, Any] = {"schemas": [CONFIG]}
        if policy.documentation_uri:
            document["documentationUri"] = policy.documentation_uri
        document |= {
            "patch": {"supported": policy.patch},
            "bulk": {
                "supported": policy.bulk.supported,
                "maxOperations": policy.bulk.max_operations,
                "maxPayloadSize": policy.bulk.max_payload_size,
            },
            "filter": {"supported": policy.filter, "maxResults": paging.max_page_size},
            "changePassword": {"supported": policy.change_password},
            "sort": {"supported": policy.sort},
            "etag": {"supported": policy.etag},
            "pagination": {
                "cursor": paging.cursor,
                "index": paging.index,
                "defaultPaginationMethod": paging.default_method,
                "defaultPageSize": paging.default_page_size,
                "maxPageSize": paging.max_page_size,
                **({"cursorTimeout": paging.cursor_timeout} if paging.cursor else {}),
            },
            "authenticationSchemes": [
                {**SCHEMES[name], "primary": place == 0} for place, name in enumerate(self.schemes)
            ],
            "meta": self._meta("ServiceProviderConfig", "/ServiceProviderConfig")
            | {"created": self.created, "lastModified": self.created},
        }
        return document

    def resource_types(self) -> list[dict[str, Any]]:
        """The resource types (RFC 7643 section 6)."""
        documents = []
        for resource_type in self.types:
            document: dict[str, Any] = {
                "schemas": [RESOURCE_TYPE],
                "id": resource_type.id,
                "name": resource_type.name,
                "description": resource_type.description,
                "endpoint": resource_type.endpoint,
                "schema": resource_type.schema.id,
            }
            if resource_type.extension_schemas:
                document["schemaExtensions"] = [
                    {"schema": schema.id, "required": required}
                    for schema, required in resource_type.extension_schemas
                ]
            document["meta"] = self._meta("ResourceType", "/ResourceTypes", resource_type.id)
            documents.append(document)
        return documents

    def schema_documents(self) -> list[dict[str, Any]]:
        """The schemas of all resource types (RFC 7643 section 7)."""
        return [
            {"schemas": [SCHEMA], **schema.document, "meta": self._meta("Schema", "/Schemas", schema.id)}
            for schema in self.schemas.values()
        ]
