"""FlatBuffers read by a layout, every offset checked before it is followed (flatbuffers.dev/internals).

A table starts with the distance back to its vtable, which lists where each of its fields lies, by slot; 0 means that
the field has its default. Anything of variable size is reached through an offset counted from where the offset stands.
All numbers are little-endian and lie at multiples of their size. What is checked is what the format's own verifier
checks, and more: a field that the layout does not know is refused, since nobody has looked at what it leads to.
Damaged bytes raise Refused, never anything else.
"""

import struct
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from runtime.formats import limits
from runtime.formats.limits import label
from runtime.formats.refused import Refused

UNSIGNED, HEAD, VTABLE = struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<HH")
OFFSET = 4  # bytes


class Field:
    """How one field of a table is read; `width` is what it takes of the table itself, in bytes."""

    width = OFFSET
    default: Any = None

    @abstractmethod
    def read(self, reader: "Reader", place: int, values: Sequence[Any]) -> Any:  # noqa: ANN401 - each kind has its own
        """The content of the field at `place`; `values` are those of the slots before it."""


class Layout(NamedTuple):
    """The fields of a kind of table, by slot; None for one that no file of ours may have."""

    name: str
    fields: tuple[Field | None, ...] = ()


UNKNOWN = Layout("unknown")


class Table(NamedTuple):
    """A table that has been read, with all below it."""

    layout: Layout
    values: tuple[Any, ...]  # by slot; None where the field has its default

    def number(self, slot: int) -> int:
        """A whole number or truth value."""
        return int(self._value(slot))

    def real(self, slot: int) -> float:
        """A float32."""
        return float(self._value(slot))

    def table(self, slot: int) -> "Table | None":
        """The table that a field refers to; None where there is none."""
        found = self.values[slot] if slot < len(self.values) else None
        return found if isinstance(found, Table) else None

    def tables(self, slot: int) -> "tuple[Table, ...]":
        """The tables of a vector."""
        return (self.values[slot] if slot < len(self.values) else None) or ()

    def vector(self, slot: int) -> NDArray[Any] | None:
        """The numbers of a vector, looked at in place; None where there is no such field."""
        found = self.values[slot] if slot < len(self.values) else None
        return found if isinstance(found, np.ndarray) else None

    def texts(self, slot: int) -> tuple[str, ...]:
        """The strings of a vector."""
        return (self.values[slot] if slot < len(self.values) else None) or ()

    def text(self, slot: int) -> str:
        """A string; "" where there is none."""
        return (self.values[slot] if slot < len(self.values) else None) or ""

    def _value(self, slot: int) -> Any:  # noqa: ANN401
        found = self.values[slot] if slot < len(self.values) else None
        if found is not None:
            return found
        known = self.layout.fields[slot]
        return known.default if known else 0


class Reader:
    """Bytes that are being read, and how far that has led."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.end = 0  # behind the last byte that belongs to anything read
        self.left = limits.TABLES  # how many tables may still be read
        self.parts = limits.PARTS  # and how many letters and numbers

    def table(self, place: int, layout: Layout) -> Table:
        """The table at `place`."""
        self.left -= 1
        if self.left < 0:
            raise Refused("limits", f"more than {limits.TABLES} tables")
        vtable = place - self.unpack(HEAD, place)
        if not 0 <= vtable <= len(self.data) - 4 or vtable & 1:
            raise Refused("form", f"a table at {place} has no vtable")
        size, inline = VTABLE.unpack_from(self.data, vtable)
        slots = size // 2 - 2
        if size & 1 or not 0 <= slots <= limits.SLOTS or inline < OFFSET:
            raise Refused("form", f"a table at {place} has no vtable")
        self.reach(vtable, size)
        self.reach(place, inline)
        places = struct.unpack_from(f"<{slots}H", self.data, vtable + 4)
        return Table(layout, self._fields(place, places, inline, layout))

    def _fields(self, place: int, places: tuple[int, ...], inline: int, layout: Layout) -> tuple[Any, ...]:
        """The contents of a table's fields, by slot."""
        known, values = layout.fields, list[Any]()
        for slot, inside in enumerate(places):
            if not inside:
                values.append(None)
                continue
            kind = known[slot] if slot < len(known) else None
            if kind is None:
                raise Refused("unknown-field", f"field {slot} of {layout.name}, which no schema here knows")
            if inside < OFFSET or inside + kind.width > inline or (place + inside) % kind.width:
                raise Refused("form", f"field {slot} of {layout.name} at {place} lies outside of it or askew")
            values.append(kind.read(self, place + inside, values))
        return tuple(values)

    def follow(self, place: int) -> int:
        """Where the offset at `place` leads."""
        return place + self.unpack(UNSIGNED, place)

    def vector(self, place: int, width: int, limit: int) -> tuple[int, int]:
        """Where the vector that the offset at `place` leads to has its first element, and how many of `width` bytes."""
        start = self.follow(place)
        count, first = self.unpack(UNSIGNED, start), start + OFFSET
        if count > limit:
            raise Refused("limits", f"a vector of {count}; at most {limit} are allowed")
        self.reach(first, count * width)
        return first, count

    def spend(self, parts: int) -> None:
        """Count letters or numbers that are read; many fields may refer to the same long ones."""
        self.parts -= parts
        if self.parts < 0:
            raise Refused("limits", f"texts and vectors of more than {limits.PARTS} letters and numbers")

    def unpack(self, kind: struct.Struct, place: int) -> int:
        """One number at a multiple of four."""
        if not 0 <= place <= len(self.data) - OFFSET or place % OFFSET:
            raise Refused("form", f"an offset leads to {place}, outside of {len(self.data)} bytes or askew")
        number: int = kind.unpack_from(self.data, place)[0]
        return number

    def reach(self, place: int, size: int) -> None:
        """Take note of bytes that are in use; they must be there."""
        if place + size > len(self.data):
            raise Refused("form", f"{size} bytes at {place} reach beyond the end at {len(self.data)}")
        self.end = max(self.end, place + size)


class Number(Field):
    """A number in the table itself; `kind` as the module struct spells it."""

    def __init__(self, kind: str, default: float = 0) -> None:
        self._kind, self.default = struct.Struct(f"<{kind}"), default
        self.width = self._kind.size

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> Any:  # noqa: ANN401, ARG002
        """As `Field.read`."""
        return self._kind.unpack_from(reader.data, place)[0]


class Never(Field):
    """A field that must have its default or hold at most `most`: what it stands for is refused by `rule`."""

    default = 0

    def __init__(self, rule: str, words: str, kind: str = "I", most: int = -1) -> None:
        self._rule, self._words, self._kind, self._most = rule, words, struct.Struct(f"<{kind}"), most
        self.width = self._kind.size

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> Any:  # noqa: ANN401, ARG002
        """As `Field.read`."""
        if self._kind.unpack_from(reader.data, place)[0] > self._most:
            raise Refused(self._rule, self._words)
        return None


class Text(Field):
    """A string that ends with a zero byte: as it may be shown, or `whole` where other parts of the file refer to it."""

    def __init__(self, whole: bool = False) -> None:
        self._whole = whole

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> str:  # noqa: ARG002
        """As `Field.read`."""
        first, count = reader.vector(place, 1, limits.TEXT)
        reader.reach(first, count + 1)
        reader.spend(count)
        if reader.data[first + count]:
            raise Refused("form", f"a text at {first} has no end")
        try:
            text = str(reader.data[first : first + count], "utf-8")
        except UnicodeDecodeError as error:
            raise Refused("form", f"a text at {first} that is none ({error.reason})") from error
        return text if self._whole else label(text)


class Numbers(Field):
    """A vector of numbers."""

    def __init__(self, dtype: DTypeLike, limit: int) -> None:
        self._dtype, self._limit = np.dtype(dtype).newbyteorder("<"), limit

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> NDArray[Any]:  # noqa: ARG002
        """As `Field.read`."""
        width = self._dtype.itemsize
        first, count = reader.vector(place, width, self._limit)
        if first % width and count:
            raise Refused("form", f"a vector at {first} lies askew")
        if width > 1:  # bytes are the contents of constants, which are not copied
            reader.spend(count)
        return np.frombuffer(reader.data, self._dtype, count, first)


class Rows(Field):
    """A vector of structures of `width` numbers of four bytes each, as an array (rows, width)."""

    def __init__(self, width: int, limit: int) -> None:
        self._width, self._limit = width, limit

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> NDArray[Any]:  # noqa: ARG002
        """As `Field.read`."""
        first, count = reader.vector(place, OFFSET * self._width, self._limit)
        reader.spend(count * self._width)
        found: NDArray[Any] = np.frombuffer(reader.data, "<i4", count * self._width, first)
        return found.reshape(count, self._width)


class Texts(Field):
    """A vector of strings, whole ones."""

    def __init__(self, limit: int) -> None:
        self._limit, self._text = limit, Text(whole=True)

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> tuple[str, ...]:
        """As `Field.read`."""
        first, count = reader.vector(place, OFFSET, self._limit)
        return tuple(self._text.read(reader, first + OFFSET * index, values) for index in range(count))


class Tables(Field):
    """A vector of tables."""

    def __init__(self, layout: Layout, limit: int) -> None:
        self._layout, self._limit = layout, limit

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> tuple[Table, ...]:  # noqa: ARG002
        """As `Field.read`."""
        first, count = reader.vector(place, OFFSET, self._limit)
        places = range(first, first + OFFSET * count, OFFSET)
        return tuple(reader.table(reader.follow(element), self._layout) for element in places)


class Child(Field):
    """One table."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> Table:  # noqa: ARG002
        """As `Field.read`."""
        return reader.table(reader.follow(place), self._layout)


class Choice(Field):
    """One table of a kind that the slot before tells by number; of other kinds nothing is read."""

    def __init__(self, layouts: Mapping[int, Layout]) -> None:
        self._layouts = layouts

    def read(self, reader: Reader, place: int, values: Sequence[Any]) -> Table:
        """As `Field.read`."""
        layout = self._layouts.get(values[-1] or 0)
        return reader.table(reader.follow(place), layout) if layout else Table(UNKNOWN, ())


def read_flatbuffer(data: memoryview, layout: Layout) -> tuple[Table, int]:
    """The table that a buffer starts with, and how many bytes belong to it; Refused where the bytes are none."""
    reader = Reader(data)
    return reader.table(reader.follow(0), layout), reader.end
