"""The client's part of the stricter profiles: the interoperability profile and IPSIE.

Both are drafts; ``section`` names the topic, since section numbers move with each revision.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..scim.filter import And, Compare, Node, ValuePath
from .aims import aims
from .asked import Asked, by_lower
from .base import check, shown
from .queries import tree
from .wire import media_type

INTEROP = "draft-zollner-scim-interop-profile-02"
AL1 = "IPSIE Account Lifecycle AL1"
AL2 = "IPSIE AL SCIM 2.0 Profile draft 00"

_TYPED = ("emails", "phoneNumbers", "ims", "addresses")
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


@check(
    "interop-user-agent",
    f"{INTEROP}, media type",
    "warning",
    "interop",
    says="a request without User-Agent",
)
def interop_user_agent(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation != "token" and not asked.headers.get("user-agent", "").strip():
        yield "the request has no User-Agent, the name of the client would be right"


@check(
    "interop-media-type",
    f"{INTEROP}, media type",
    "error",
    "interop",
    says="a body that is not sent as `application/scim+json`",
)
def interop_media_type(asked: Asked) -> Iterator[str]:
    if asked.has_body and asked.exchange.operation != "token":
        if media_type(asked) != "application/scim+json":
            yield f"the body is sent as {shown(media_type(asked))}, application/scim+json would be right"


@check(
    "interop-type-value",
    f"{INTEROP}, type of emails, phoneNumbers, ims, addresses",
    "error",
    "interop",
    says="a `type` that is none of the canonical values",
)
def interop_type_value(asked: Asked) -> Iterator[str]:
    found = [(part.where, part.type, by_lower(part.data)) for part in asked.resources]
    found += [(f"{aim.op.where}: ", aim.op.part.type, {aim.name.lower(): aim.value}) for aim in aims(asked)]
    for where, resource_type, document in found:
        for name in _TYPED if resource_type is not None else ():
            attribute = resource_type.attribute(name) if resource_type else None
            kind = attribute.sub("type") if attribute is not None else None
            elements = document.get(name.lower())
            for element in elements if isinstance(elements, list) and kind is not None else ():
                value = by_lower(element).get("type")
                allowed = kind.canonical_values if kind is not None else ()
                if allowed and isinstance(value, str) and value not in allowed:
                    right = ", ".join(allowed)
                    yield f"{where}the type of {name} is {shown(value)}, one of {right} would be right"


@check(
    "interop-addressing",
    f"{INTEROP}, addressing",
    "error",
    "interop",
    says="a request to `/Me` or to the root: resources are addressed as `/{endpoint}/{id}` only",
)
def interop_addressing(asked: Asked) -> Iterator[str]:
    exchange = asked.exchange
    if exchange.resource == "Me" or (exchange.operation == "list" and exchange.resource is None):
        yield f"{asked.target} names no endpoint of a resource type, such as /Users"


def _plain(node: Node) -> bool:
    """Whether a filter has no more than ``eq`` and ``and``."""
    if isinstance(node, Compare):
        return node.op == "eq"
    if isinstance(node, And):
        return all(map(_plain, node.terms))
    return isinstance(node, ValuePath) and _plain(node.inner)


@check(
    "interop-filter-operators",
    f"{INTEROP}, filter",
    "error",
    "interop",
    says="a filter with more than `eq` and `and`",
)
def interop_filter_operators(asked: Asked) -> Iterator[str]:
    node = tree(asked)
    if node is not None and not _plain(node):
        yield "the filter has more than 'eq' and 'and', which is all that every service knows"


@check(
    "interop-filter-method",
    f"{INTEROP}, filter",
    "error",
    "interop",
    says="a filter on another method than GET",
)
def interop_filter_method(asked: Asked) -> Iterator[str]:
    if asked.exchange.method != "GET" and ("filter" in asked.parameters or asked.filter is not None):
        yield f"{asked.target} has a filter, only a GET may"


@check("interop-put", f"{INTEROP}, update", "error", "interop", says="a PUT: updates are PATCHes")
def interop_put(asked: Asked) -> Iterator[str]:
    if asked.exchange.method == "PUT" or any(part.operation == "replace" for part in asked.parts):
        yield f"{asked.target} replaces a resource, a PATCH would be right"


@check(
    "interop-pathless",
    f"{INTEROP}, PATCH path",
    "error",
    "interop",
    says="an operation of a PATCH without `path`",
)
def interop_pathless(asked: Asked) -> Iterator[str]:
    for op in asked.ops:
        if op.path is None:
            yield f"{op.where} has no path, one operation for each attribute would be right"


@check(
    "interop-path-twice",
    f"{INTEROP}, PATCH path",
    "error",
    "interop",
    says="several operations of one PATCH for the same path",
)
def interop_path_twice(asked: Asked) -> Iterator[str]:
    seen: set[tuple[int, str]] = set()
    for op in asked.ops:
        key = id(op.part), (op.path or "").lower()
        if op.path and key in seen:
            yield f"{op.where} has the path {shown(op.path)} of an operation before it"
        seen.add(key)


@check(
    "interop-complex-value",
    f"{INTEROP}, PATCH, singular",
    "hint",
    "interop",
    says="a PATCH of a complex attribute as an object: its sub-attributes have dot paths",
)
def interop_complex_value(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        attribute = aim.target.attribute
        if attribute is None or aim.keyed or aim.target.sub is not None or attribute.multi_valued:
            continue
        if isinstance(aim.value, dict):
            example = next((f"{attribute.path}.{name}" for name in aim.value), attribute.path)
            yield f"{aim.op.where} sets {attribute.path} by an object, paths such as {example} would be right"


@check(
    "interop-value-array",
    f"{INTEROP}, PATCH, multi-valued",
    "error",
    "interop",
    says="an add or replace of a multi-valued attribute whose `value` is no array",
)
def interop_value_array(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        attribute = aim.target.attribute
        if attribute is None or aim.target.sub is not None or aim.filter is not None:
            continue
        if attribute.multi_valued and aim.op.op != "remove" and not isinstance(aim.value, list):
            yield f"{aim.where}: {attribute.path} has many values, an array would be right"


@check(
    "interop-filter-path",
    f"{INTEROP}, PATCH, multi-valued",
    "error",
    "interop",
    says="a path with a filter that names no sub-attribute",
)
def interop_filter_path(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        if aim.filter is not None and aim.target.sub is None:
            yield f"{aim.op.where}.path {shown(aim.name)} names no sub-attribute after the brackets"


@check(
    "interop-conditional",
    f"{INTEROP}, concurrency",
    "warning",
    "interop",
    says="a conditional header (If-Match, If-None-Match, ...)",
)
def interop_conditional(asked: Asked) -> Iterator[str]:
    for name in _CONDITIONS:
        if name in asked.headers:
            yield f"the request has the header {name}, which services may ignore or refuse"


def _scheme(asked: Asked) -> str:
    return asked.headers.get("authorization", "").partition(" ")[0].lower()


@check(
    "interop-basic-auth",
    f"{INTEROP}, security",
    "hint",
    "interop",
    says="HTTP basic authentication",
)
def interop_basic_auth(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation != "token" and _scheme(asked) == "basic":
        yield "the request uses basic authentication, a bearer token would be right"


@check(
    "ipsie-bearer",
    f"{AL1}, authentication",
    "error",
    "ipsie",
    says="a credential that is no bearer token of OAuth 2.0",
)
def ipsie_bearer(asked: Asked) -> Iterator[str]:
    scheme = _scheme(asked)
    if asked.exchange.operation != "token" and scheme and scheme != "bearer":
        yield "the credential is no bearer token of OAuth 2.0"


@check(
    "ipsie-put",
    f"{AL1}, users",
    "error",
    "ipsie",
    says="a PUT: users are updated, deactivated and reactivated by PATCH, members changed by PATCH",
)
def ipsie_put(asked: Asked) -> Iterator[str]:
    if asked.exchange.method == "PUT" or any(part.operation == "replace" for part in asked.parts):
        yield f"{asked.target} replaces a resource, a PATCH would be right"


@check(
    "ipsie-identifier",
    f"{AL1}, required on users",
    "error",
    "ipsie",
    says="a new user without `externalId`, the identifier within the enterprise",
)
def ipsie_identifier(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        if part.operation == "create" and part.type is not None and part.type.name == "User":
            if not by_lower(part.data).get("externalid"):
                yield f"{part.where}the new user has no externalId"


@check(
    "ipsie-primary-email",
    f"{AL1}, required on users",
    "error",
    "ipsie",
    says="a new user without a primary email",
)
def ipsie_primary_email(asked: Asked) -> Iterator[str]:
    for part in asked.resources:
        if part.operation == "create" and part.type is not None and part.type.name == "User":
            emails = by_lower(part.data).get("emails")
            elements = [by_lower(item) for item in emails] if isinstance(emails, list) else []
            if not any(item.get("primary") is True and item.get("value") for item in elements):
                yield f"{part.where}the new user has no primary email"


@check(
    "ipsie-filter",
    f"{AL1}, users",
    "warning",
    "ipsie",
    says="a filter on users other than `userName eq`, `externalId eq` and `emails[value eq ...]`",
)
def ipsie_filter(asked: Asked) -> Iterator[str]:
    node = tree(asked)
    if node is None or asked.type is None or asked.type.name != "User":
        return
    path = ""
    if isinstance(node, Compare) and node.op == "eq":
        path = node.path.lower()
    elif isinstance(node, ValuePath) and isinstance(node.inner, Compare) and node.inner.op == "eq":
        path = f"{node.path}[{node.inner.path}]".lower()
    if path not in ("username", "externalid", "emails[value]"):
        yield "the filter is none of userName eq, externalId eq and emails[value eq ...]"


@check(
    "ipsie-member-change",
    f"{AL2}, groups",
    "error",
    "ipsie",
    says="members that are not changed by `add` at `members` or `remove` at `members[value eq ...]`",
)
def ipsie_member_change(asked: Asked) -> Iterator[str]:
    for aim in aims(asked):
        resource_type, attribute = aim.op.part.type, aim.target.attribute
        if resource_type is None or attribute is None or attribute is not resource_type.membership:
            continue
        if aim.keyed or aim.op.op == "replace":
            yield f"{aim.where}: members are changed by add and remove at the path 'members'"
        elif aim.op.op == "add":
            values = aim.value if isinstance(aim.value, list) else [None]
            if aim.filter or not all(isinstance(by_lower(item).get("value"), str) for item in values):
                yield f"{aim.where}: the value is an array of objects with 'value'"
        elif aim.value is not None:
            yield f"{aim.where}: a remove of members has no value"


@check(
    "ipsie-group-members-read",
    f"{AL2}, groups",
    "hint",
    "ipsie",
    says="a group that is read without `excludedAttributes=members`",
)
def ipsie_group_members_read(asked: Asked) -> Iterator[str]:
    if asked.exchange.operation == "read" and asked.type is not None and asked.type.membership is not None:
        if "members" not in str(asked.parameters.get("excludedAttributes", "")).lower():
            yield f"{asked.target} reads all members, excludedAttributes=members would leave them out"
