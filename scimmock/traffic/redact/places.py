"""Where a value stands in a body, and what that says of it.

A `Place` is an attribute or a key of a message; places form trees, one for each kind of body, which grow
with the names that are seen.  What a name means is written once, in the tables below: whatever is not in
them is personal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..secrets import is_secret, is_secret_path
from .forms import form_of, is_attribute_path
from .kinds import Kind


class Table(dict[str, Kind]):
    """What the names at places of one kind of body mean; there is one of each in a process."""

    def __init__(self, name: str, **kinds: str) -> None:
        super().__init__({each: Kind[kind] for kind, names in kinds.items() for each in names.split()})
        self._name = name

    def __reduce__(self) -> str:
        return self._name


_EVERYWHERE = Table(
    "_EVERYWHERE",
    CANONICAL="type usertype",
    DATE="meta.created meta.lastmodified",
    VERSION="meta.version",
    NAME="meta.resourcetype",
    ADDRESS="meta.location $ref",
    COUNTRY="country",
    LANGUAGE="locale preferredlanguage",
    ZONE="timezone",
)
# What the messages of the protocol have, at their top and in each operation, and nobody below an extension.
_OF_MESSAGES = Table(
    "_OF_MESSAGES",
    URN="schemas",
    VERSION="version",
    NAME="scimtype op method attributes excludedattributes sortby sortorder token_type",
    NUMBER="totalresults itemsperpage startindex count failonerrors status status.code expires_in",
    TEXT="status.description",
    ADDRESS="location",
    FILTER="filter",
    PATH="path",
)
OF_RESOURCES = Table("OF_RESOURCES")
_OF_ERRORS = Table(
    "_OF_ERRORS",
    TEXT="message description error error_description title reason errors detail details source cause "
    "error_uri developermessage usermessage summary errorsummary",
    NAME="errorcode error_code code status statuscode",
    DATE="timestamp",
    ADDRESS="instance path",
)
_OF_DISCOVERY = Table(
    "_OF_DISCOVERY",
    LABEL="name",
    LITERAL="id schema type mutability returned uniqueness canonicalvalues referencetypes endpoint "
    "resourcetype defaultpaginationmethod",
    TEXT="description",
    NUMBER="maxoperations maxpayloadsize maxresults defaultpagesize maxpagesize cursortimeout",
    ADDRESS="documentationuri specuri",
)
_MOST_HARMLESS = 200  # strings that a place remembers
_MOST = 4_000  # places that are remembered
_MOST_LISTED = 20_000  # places in all rows together
_DEEPEST = 40  # levels of places that are remembered; no resource has ten


class Rules:
    """What holds for all trees of a session.

    ``forced`` and ``dropped`` are attribute paths in lower case that are to be replaced or dropped
    though they are not known as personal or secret; ``never`` are names of attributes of which a schema
    says that they are never returned; ``persons`` has what personal strings become, wherever they stand.
    """

    def __init__(
        self,
        forced: Iterable[str] = (),
        dropped: Iterable[str] = (),
        persons: dict[str, str] | None = None,
    ) -> None:
        self.persons = {} if persons is None else persons
        self.forced = frozenset(path.lower() for path in forced)
        self.dropped = frozenset(path.lower() for path in dropped)
        self.never: set[str] = set()
        self.made = self.listed = 0

    def kind(self, label: str, table: Table) -> Kind:
        """Return the kind of a place by its label, ``emails.value`` or with the URN of its extension."""
        label = label.lower()
        path = label.rpartition(":")[2]
        parent, _, name = path.rpartition(".")
        parent = parent.rpartition(".")[2]
        if self.dropped & {label, path} or name in self.never or is_secret(name):
            return Kind.SECRET
        if self.forced & {label, path}:
            return Kind.FORCED
        inner = path.removeprefix("operations.").removeprefix("response.")
        tables: tuple[Table, ...] = (table, _EVERYWHERE)
        if ":" not in label and inner in (name, f"status.{name}"):
            tables = (table, _OF_MESSAGES, _EVERYWHERE)
        for key in (f"{parent}.{name}", name):
            for kinds in tables:
                if key in kinds:
                    return kinds[key]
        return Kind.LITERAL if table is _OF_DISCOVERY and parent == "schemaextensions" else Kind.PERSON

    def shown(self, kind: Kind) -> dict[str, str] | None:
        """Return what takes the place of strings at a place of a kind, None where that depends on more."""
        if kind is Kind.PERSON:
            return self.persons
        form = form_of(kind)
        return _Harmless(form, self.persons) if form is not None else None


class _Harmless(dict[str, str]):
    """What strings are at places where some are harmless by their form: those themselves, or pseudonyms."""

    __slots__ = ("_form", "_persons")

    def __init__(self, form: Callable[[str], object], persons: dict[str, str]) -> None:
        super().__init__()
        self._form = form
        self._persons = persons

    def __missing__(self, value: str) -> str:
        if not self._form(value):
            return self._persons[value]
        if len(self) >= _MOST_HARMLESS:
            self.clear()
        self[value] = value
        return value


# For each key of an object its place and what is shown there, and whether some key is no name.
Row = tuple[tuple["Place", ...], tuple["dict[str, str] | None", ...], bool]


class _Children(dict[str, "Place"]):
    """The places below one."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def __missing__(self, key: str) -> Place:
        if self._place.kind is Kind.SECRET:  # all that is in one is one
            return self._place
        found, rules = self._place.make(key), self._place.rules
        if rules.made < _MOST and self._place.depth < _DEEPEST:
            rules.made += 1
            self[key] = found
        return found


class _Rows(dict[tuple[str, ...], Row]):
    """The places of the keys of whole objects below one: objects with the same keys come again and again."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def __missing__(self, keys: tuple[str, ...]) -> Row:
        place, rules = self._place, self._place.rules
        places = tuple([place.children[key] for key in keys])
        found = places, tuple([one.shown for one in places]), not all([one.is_named for one in places])
        if rules.listed + len(keys) < _MOST_LISTED and place.depth < _DEEPEST:
            rules.listed += len(keys)
            self[keys] = found
        return found


class Place:
    """An attribute or key.  ``label`` is its path, ``count`` how often something was replaced there.

    ``depth`` counts the levels above it.
    ``is_root``: resources begin here, or an extension of one.  ``is_named``: its key has the form of a name.
    ``children`` and ``rows`` are made when they are asked for.  ``shown`` has for each string what takes
    its place here, None where the string alone does not say that.
    """

    __slots__ = (
        "children",
        "count",
        "depth",
        "is_named",
        "is_operations",
        "is_root",
        "kind",
        "label",
        "rows",
        "rules",
        "shown",
        "table",
    )

    def __init__(
        self,
        rules: Rules,
        table: Table,
        label: str = "",
        kind: Kind = Kind.PERSON,
        root: bool = True,
    ) -> None:
        self.rules = rules
        self.table = table
        self.label = label
        self.kind = kind
        self.shown = rules.shown(kind)
        self.is_root = root
        self.is_operations = label.lower() == "operations"
        self.is_named = True
        self.count = self.depth = 0
        self.children = _Children(self)
        self.rows = _Rows(self)

    def child(self, key: str) -> Place:
        """Return the place of a key below this one; dots and URNs in the key lead further down."""
        return self.children[key]

    def make(self, key: str) -> Place:
        """Return the place of a key that was not asked for yet."""
        if self.is_root:
            if key.lower().startswith("urn:"):
                urn, _, name = key.rpartition(":")
                if _is_version(urn.rpartition(":")[2]):  # ...:2.0:User is a schema
                    return Place(self.rules, self.table, key, self.rules.kind(key, self.table))
                if _is_version(urn.rpartition(":")[0].rpartition(":")[2]):
                    return self.child(urn).child(name)
                return Place(self.rules, self.table, urn).child(name)
            if key.lower() in ("resources", "response"):
                return self
            first, dot, rest = key.partition(".")
            if dot and first and rest and is_attribute_path(key):
                return self.child(first).child(rest)
        separator = ":" if self.label.lower().startswith("urn:") and self.is_root else "."
        is_named = (is_attribute_path(key) and (self.is_root or "." not in key)) or key in ("", "$schema")
        # A key that is no name may be somebody's, and labels are told in the counts.
        shown = key if is_named else "(key)"
        label = f"{self.label}{separator}{shown}" if self.label else shown
        # A path that is longer than those of SCIM may lead to a secret nevertheless.
        is_within = not is_named and is_secret_path(key)
        kind = Kind.SECRET if is_within else self.rules.kind(label, self.table)
        found = Place(self.rules, self.table, label, kind, root=False)
        found.depth = self.depth + 1
        if not is_named:
            found.is_named, found.shown = False, None
        return found

    def at(self, path: str) -> Place:
        """Return the place that the path of a PATCH operation or of a filter leads to from here."""
        place: Place = self
        urn, colon, rest = path.rpartition(":")
        if colon and _is_version(urn.rpartition(":")[2]):
            return place.child(path)
        if colon and not urn.lower().startswith("urn:ietf:params:scim:schemas:core:"):
            place = place.child(f"{urn}:{rest.partition('.')[0]}")
            rest = rest.partition(".")[2]
        for name in filter(None, rest.split(".")):
            place = place.child(name)
        return place

    def reconsider(self) -> None:
        """Look anew at which places hold secrets: the rules have changed."""
        for child in self.children.values():
            if child is not self:
                if Kind.SECRET in (self.kind, self.rules.kind(child.label, self.table)):
                    child.kind, child.shown = Kind.SECRET, None
                    self.rows.clear()
                    child.rows.clear()
                child.reconsider()

    def forget(self) -> None:
        """Count anew from here on down."""
        self.count = 0
        for child in self.children.values():
            if child is not self:
                child.forget()

    def counted(self, seen: set[int] | None = None) -> Iterable[tuple[str, int]]:
        """Yield (label, count) of this place and those below it at which something was replaced.

        ``seen`` are the identities of those that were told: a key with dots leads to a place further down.
        """
        seen = set() if seen is None else seen
        if id(self) in seen:
            return
        seen.add(id(self))
        if self.count:
            yield self.label, self.count
        for child in self.children.values():
            yield from child.counted(seen)


def _is_version(text: str) -> bool:
    return text.replace(".", "").isdigit()


def trees(rules: Rules) -> tuple[Place, Place, Place]:
    """Return the roots of resources and messages, of errors, and of discovery."""
    return Place(rules, OF_RESOURCES), Place(rules, _OF_ERRORS), Place(rules, _OF_DISCOVERY)
