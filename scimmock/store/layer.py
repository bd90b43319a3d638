"""The differences of a view from the table of one resource type."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from .index import Index
from .table import Document, Prepared, ResourceTable

Row = tuple[Document | None, int]  # the document, None where it is absent, and its place


class Layer:
    """What a view has instead of a ResourceTable: the table and ``rows`` of differences over it.

    Everything but a full scan costs time for the differences and the result only.
    """

    def __init__(self, base: ResourceTable, rows: Mapping[str, Row]) -> None:
        self.base = base
        self.rows: dict[str, Row] = dict(rows)
        self.live = _Live(self)
        self.places = _Places(self)
        self.prepared: dict[str, Prepared] = {}
        self.changes = 0
        self._next_place = 0
        self._indexes: dict[str, Index] = {}  # over the differences, each made at its first use
        self._shifts: list[tuple[int, str | None]] = []
        self._shifts_of: tuple[int, int] | None = None

    @property
    def indexes(self) -> Mapping[str, Index]:
        return self.base.indexes

    def refresh(self) -> None:
        self.base.refresh()

    # ---- order

    def shifts(self) -> list[tuple[int, str | None]]:
        """Return where the order differs, by place: (place, id that is there in addition, or None where
        the table's own is absent)."""
        base = self.base
        base.refresh()
        state = (self.changes, base.changes)
        if self._shifts_of != state:
            self._shifts_of = state
            found: list[tuple[int, str | None]] = []
            for id, (document, place) in self.rows.items():
                own = base.places.get(id)
                if own is not None and (document is None or own != place):
                    found.append((own, None))
                if document is not None and own != place:
                    found.append((place, id))
            self._shifts = sorted(found, key=lambda shift: shift[0])
        return self._shifts

    def count(self) -> int:
        return len(self.base.live) + sum(1 if id is not None else -1 for _, id in self.shifts())

    def slice(self, start: int, stop: int) -> list[str]:
        """Return ids in order of creation, by position from 0."""
        start = max(0, start)
        shifts = self.shifts()
        order, order_places = self.base.order, self.base.order_places
        found: list[str] = []
        at = begin = 0  # positions in the view and in the table
        for place, id in shifts:
            if at >= stop:
                return found
            end = bisect_left(order_places, place)
            found += order[begin + max(0, start - at) : min(end, begin + stop - at)]
            at += end - begin
            begin = end
            if id is None:
                begin += 1
            else:
                if start <= at < stop:
                    found.append(id)
                at += 1
        if at < stop:
            found += order[begin + max(0, start - at) : begin + stop - at]
        return found

    def after(self, place: int, count: int) -> list[str]:
        """Return up to ``count`` ids whose place comes after the given one."""
        position = 0
        for at, id in self.shifts():
            if at > place:
                break
            position += 1 if id is not None else -1
        position += bisect_right(self.base.order_places, place)
        return self.slice(position, position + count)

    def items(self) -> Iterator[tuple[str, Document]]:
        """Yield (id, document) in order of creation."""
        shifts = self.shifts()
        rows, order_places = self.rows, self.base.order_places
        pairs = iter(self.base.items())
        begin = 0
        for place, id in shifts:
            end = bisect_left(order_places, place)
            yield from self._overlaid(islice(pairs, end - begin))
            begin = end
            if id is None:
                next(pairs)
                begin += 1
            else:
                document = rows[id][0]
                assert document is not None
                yield id, document
        yield from self._overlaid(pairs)

    def _overlaid(self, pairs: Iterable[tuple[str, Document]]) -> Iterator[tuple[str, Document]]:
        rows = self.rows
        for pair in pairs:
            row = rows.get(pair[0])
            if row is None:
                yield pair
            elif row[0] is not None:
                yield pair[0], row[0]

    # ---- look-ups

    def _index(self, path: str) -> Index:
        """Return an index over the documents that differ."""
        index = self._indexes.get(path)
        if index is None:
            index = self._indexes[path] = Index(path, self.base.indexes[path].fold)
            index.rebuild((id, document) for id, (document, _) in self.rows.items() if document is not None)
        return index

    def find(self, path: str, value: str) -> Collection[str]:
        """Return the ids with a value of an indexed attribute, in order of creation."""
        if not self.rows:
            return self.base.find(path, value)
        self.base.refresh()
        if path == "id":
            return (value,) if value in self.live else ()
        rows = self.rows
        ids = [id for id in self.base.indexes[path].find(value) if id not in rows]
        ids += self._index(path).find(value)
        return sorted(ids, key=self.places.__getitem__) if len(ids) > 1 else ids

    def has(self, path: str, value: str, id: str) -> bool:
        """Whether a document has a value of an indexed attribute."""
        if id in self.rows:
            return id in self._index(path).find(value)
        return self.base.has(path, value, id)

    # ---- writing

    def put_new(self, id: str, document: Document) -> None:
        """Note a new document, the last in the order."""
        place = max(self._next_place, self.base.next_place)
        self._next_place = place + 1
        self._set(id, (document, place))

    def put(
        self,
        id: str,
        document: Document,
        changed: dict[str, tuple[set[str], set[str]]] | None = None,
        follows: bool = False,
    ) -> None:
        """Note a new form of a document; the other arguments are those of `ResourceTable.put`."""
        self._set(id, (document, self._place(id)))

    def touch(self, id: str, document: Document) -> None:
        """Note a new form of a document."""
        self._set(id, (document, self._place(id)))

    def take(self, id: str) -> Document:
        """Note that a document is absent, and return it."""
        document = self.live[id]
        self._set(id, (None, self._place(id)))
        return document

    def _place(self, id: str) -> int:
        self.refresh()
        return self.places[id]

    def _set(self, id: str, row: Row) -> None:
        self.changes += 1
        document, former = row[0], self.rows.get(id)
        before = former[0] if former is not None else None
        for index in self._indexes.values():
            if before is not None and document is not None:
                index.change(before, document, id)
            elif before is not None:
                index.discard(index.keys(before), id)
            elif document is not None:
                index.add(index.keys(document), id)
        if document is None and id not in self.base.live:
            del self.rows[id]
        else:
            self.rows[id] = row
        self.prepared.pop(id, None)


class _Live(Mapping[str, Document]):
    """The documents of a layer by id."""

    __slots__ = ("_layer",)

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def __getitem__(self, id: str) -> Document:
        row = self._layer.rows.get(id)
        if row is None:
            return self._layer.base.live[id]
        if row[0] is None:
            raise KeyError(id)
        return row[0]

    def __contains__(self, id: object) -> bool:
        row = self._layer.rows.get(id)  # type: ignore[call-overload]
        return id in self._layer.base.live if row is None else row[0] is not None

    def __iter__(self) -> Iterator[str]:
        return (id for id, _ in self._layer.items())

    def __len__(self) -> int:
        return self._layer.count()


class _Places:
    """The places of a layer's documents in the order of creation."""

    __slots__ = ("_layer",)

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    def __getitem__(self, id: str) -> int:
        row = self._layer.rows.get(id)
        return self._layer.base.places[id] if row is None else row[1]
