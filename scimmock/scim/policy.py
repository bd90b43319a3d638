"""What one service decides where the standard leaves a choice, and which liberties it takes.

The engine reads these named switches and nothing else: a fixture sets them, no code asks for a vendor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from . import filter as filters
from . import match
from .draft import Finish


@dataclass(frozen=True, slots=True)
class Leniency:
    """The switches that make a service accept what the standard does not ask it to accept.

    All off is the strict reading.  `SWITCHES` says in a sentence what each of them does.
    """

    store_unknown_attributes: bool = False
    drop_unknown_attributes: bool = False
    store_wrong_types: bool = False
    boolean_strings: bool = False
    complex_from_string: bool = False
    empty_string_removes: bool = False
    schemas_optional: bool = False
    several_primaries: bool = False
    ignore_read_only: bool = False
    value_path_creates: bool = False
    remove_with_value: bool = False
    dotted_keys: bool = False
    skip_unknown_members: bool = False
    store_unknown_members: bool = False
    unquoted_filter_values: bool = False
    sub_attribute_after_value_path: bool = False
    unknown_filter_attributes: bool = False
    json_strings: bool = False
    single_from_list: bool = False
    urn_dot_path: bool = False
    unknown_schemas: bool = False
    scim_1_bodies: bool = False
    case_insensitive_path: bool = False
    single_quoted_filter_values: bool = False

    @classmethod
    def of(cls, names: Iterable[str]) -> Leniency:
        """Return the leniency with the switches of these names (``boolean-strings``) on."""
        return cls(**{name.replace("-", "_"): True for name in names})

    @property
    def accepts_unknown(self) -> bool:
        return self.store_unknown_attributes or self.drop_unknown_attributes

    def names(self) -> list[str]:
        """The names of the switches that are on."""
        return [item.name.replace("_", "-") for item in fields(self) if getattr(self, item.name)]


SWITCHES: dict[str, str] = {
    "store-unknown-attributes": "attributes that no schema declares are stored and returned as they came",
    "drop-unknown-attributes": "attributes that no schema declares are silently left out",
    "store-wrong-types": 'values of the wrong type are stored as they came ("active": "False")',
    "boolean-strings": '"True" and "false" in any case are taken for booleans',
    "complex-from-string": 'a string for a complex attribute becomes its value (manager "42")',
    "empty-string-removes": 'an empty string for a complex attribute removes it (manager "")',
    "schemas-optional": "a body without `schemas` is accepted",
    "several-primaries": "several values marked primary are stored as they came",
    "ignore-read-only": "a PATCH of a read-only attribute changes nothing instead of being an error",
    "value-path-creates": 'an add or replace where `emails[type eq "work"]` matches nothing creates it',
    "remove-with-value": "a remove of `members` with a list of values removes those only",
    "dotted-keys": 'a PATCH value may have keys such as "name.givenName" and fully qualified attributes',
    "skip-unknown-members": "members that do not exist are silently left out",
    "store-unknown-members": "members that do not exist are stored as they came",
    "unquoted-filter-values": "a filter value may stand without quotes",
    "sub-attribute-after-value-path": 'a filter may be `emails[type eq "work"].value eq "x"`',
    "unknown-filter-attributes": "a filter on an attribute that no schema declares matches nothing",
    "json-strings": "values and PATCH operations may be JSON inside a string (Entra's roles)",
    "single-from-list": "a list of one value for an attribute that has one value is taken for that value",
    "urn-dot-path": "a PATCH path may have a dot between the URN of an extension and its attribute",
    "unknown-schemas": "URNs in `schemas` that the service does not know are silently left out",
    "scim-1-bodies": "SCIM 1.1 URNs and PATCH bodies without operations are taken for those of SCIM 2.0",
    "case-insensitive-path": "the names of endpoints may be in any case (`/users`)",
    "single-quoted-filter-values": "a string in a filter may stand in single quotes",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may ask for; past each, a SCIM error (numbers, sizes in bytes)."""

    body_bytes: int = 10 * 1024 * 1024
    header_bytes: int = 64 * 1024
    nesting: int = 32
    filter_length: int = filters.DEFAULT_MAX_LENGTH
    filter_depth: int = filters.DEFAULT_MAX_DEPTH
    patch_operations: int = 1000
    members: int = 200_000


@dataclass(frozen=True, slots=True)
class Bulk:
    """Bulk as advertised and served (RFC 7644 section 3.7)."""

    supported: bool = True
    max_operations: int = 1000
    max_payload_size: int = 1_048_576


@dataclass(frozen=True, slots=True)
class Paging:
    """Paging as advertised and served (RFC 7644 section 3.4.2.4, RFC 9865); times in seconds."""

    index: bool = True
    cursor: bool = True
    default_method: str = "index"
    default_page_size: int = 100
    max_page_size: int = 1000
    cursor_timeout: int = 3600


@dataclass(frozen=True, slots=True)
class Filtering:
    """How much of the filter language queries may use, and how it is read.

    ``operators`` are those served, ``pr`` among them; ``joins`` are ``and``, ``or``, ``not`` and ``[]``
    (value paths); ``attributes`` are the only ones that can be filtered by, in lower case, none for all.
    ``flat`` reads ``and`` and ``or`` from left to right without precedence.  ``exact_values`` compares
    all strings with regard to case, ``exact_names`` knows attributes in their declared spelling only.
    ``aliases`` are names of the service's own in filters (lower case) and what they stand for: an
    attribute path, or a filter that holds where the name is compared with something true.
    ``unsupported`` words the refusal of an attribute that cannot be filtered by, ``{name}`` is its name.
    """

    operators: frozenset[str] = filters.OPERATORS | {"pr"}
    joins: frozenset[str] = frozenset(("and", "or", "not", "[]"))
    attributes: frozenset[str] = frozenset()
    flat: bool = False
    exact_values: bool = False
    exact_names: bool = False
    aliases: tuple[tuple[str, str], ...] = ()
    unsupported: str = ""

    @property
    def restricted(self) -> bool:
        """Whether some filters of the grammar are refused."""
        return bool(self.attributes or self.exact_names or len(self.operators) < 10 or len(self.joins) < 4)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that the engine asks about the service that it is.

    ``patch_answer`` and ``patch_answers`` (by resource type name) say whether a PATCH answers
    200 with the resource or 204 without (RFC 7644 section 3.5.2 allows both).

    The switches below ``filtering`` are liberties against the standard, off unless a quirk sets them:
    ``exact_uniqueness`` holds values of unique attributes for different that differ in case;
    ``most_values`` keeps only the first values of the multi-valued attributes it names;
    ``duplicate_members`` adds members that are there already once more; ``soft_delete`` names the
    resource types whose DELETE sets ``active`` to false, ``hide_inactive`` those whose inactive
    resources are neither found nor listed; ``id_from`` is an attribute that gives new resources their id;
    ``replace_whole`` takes a PATCH that replaces a complex attribute for the whole of it; ``one_match``
    refuses PATCH filters that match several values of another attribute than those it names (None for
    no such rule); ``finish`` are the service's own rules for what is stored, in their order.
    """

    leniency: Leniency = field(default_factory=Leniency)
    limits: Limits = field(default_factory=Limits)
    bulk: Bulk = field(default_factory=Bulk)
    paging: Paging = field(default_factory=Paging)
    patch: bool = True
    filter: bool = True
    sort: bool = True
    etag: bool = True
    change_password: bool = True
    patch_answer: int = 200
    patch_answers: dict[str, int] = field(default_factory=dict, compare=False)
    documentation_uri: str | None = None
    filtering: Filtering = field(default_factory=Filtering)
    exact_uniqueness: bool = False
    most_values: dict[str, int] = field(default_factory=dict, compare=False)
    duplicate_members: bool = False
    soft_delete: frozenset[str] = frozenset()
    hide_inactive: frozenset[str] = frozenset()
    id_from: str | None = None
    replace_whole: bool = False
    one_match: frozenset[str] | None = None
    finish: tuple[Finish, ...] = field(default=(), compare=False)

    # Made once: each filter and each path of a PATCH asks for them.
    filter_dialect: filters.Dialect = field(init=False, compare=False, repr=False)
    filter_semantics: match.Semantics = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        dialect = filters.Dialect(
            unquoted_values=self.leniency.unquoted_filter_values,
            sub_attribute_after_value_path=self.leniency.sub_attribute_after_value_path,
            flat=self.filtering.flat,
            single_quotes=self.leniency.single_quoted_filter_values,
            aliases=self.filtering.aliases,
            max_length=self.limits.filter_length,
            max_depth=self.limits.filter_depth,
        )
        semantics = match.Semantics(
            unknown_is_absent=self.leniency.unknown_filter_attributes,
            boolean_strings=self.leniency.boolean_strings,
            case_exact=self.filtering.exact_values,
        )
        object.__setattr__(self, "filter_dialect", dialect)
        object.__setattr__(self, "filter_semantics", semantics)

    def answer_to_patch(self, type_name: str) -> int:
        return self.patch_answers.get(type_name, self.patch_answer)

    def with_leniency(self, **switches: Any) -> Policy:
        """Return the policy with some leniency switches set otherwise."""
        return replace(self, leniency=replace(self.leniency, **switches))
