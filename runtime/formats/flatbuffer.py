"""FlatBuffers read in place, every offset checked before it is followed (flatbuffers.dev/internals).

A table starts with the distance back to its vtable, which lists where each of its fields lies, by slot; 0 means that
the field has its default. Anything of variable size is reached through an offset counted from where the offset stands.
All numbers are little-endian. Damaged bytes raise ValueError, never anything else.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from runtime.formats.limits import LABEL, label

SLOTS = 64  # fields of a table that are looked at; none that is asked for lies behind
UNSIGNED, SIGNED, SHORT = struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<H")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of a FlatBuffer."""

    data: memoryview  # the whole buffer
    place: int  # where the table starts
    fields: tuple[int, ...]  # by slot: where the field lies behind `place`, 0 where it has its default

    def number(self, slot: int, kind: str, default: int = 0) -> int:
        """A whole number or truth value; `kind` as the module struct spells it: b, B, i, I, q, Q, ?."""
        return int(self._unpack(slot, kind, default))

    def real(self, slot: int, default: float = 0.0) -> float:
        """A float32."""
        return float(self._unpack(slot, "f", default))

    def table(self, slot: int) -> "Table | None":
        """The table that a field refers to; None where there is none."""
        place = self._follow(slot)
        return None if place is None else _table_at(self.data, place)

    def tables(self, slot: int, limit: int) -> tuple["Table", ...]:
        """The tables of a vector; ValueError where there are more than `limit`."""
        offsets = self.vector(slot, np.uint32, limit)
        if offsets is None:
            return ()
        first = self._start(slot)
        return tuple(_table_at(self.data, first + 4 * index + int(offset)) for index, offset in enumerate(offsets))

    def vector(self, slot: int, dtype: DTypeLike, limit: int | None = None) -> NDArray[np.generic] | None:
        """The numbers of a vector, looked at in place; None where there is no such field."""
        if self._follow(slot) is None:
            return None
        kind, start = np.dtype(dtype).newbyteorder("<"), self._start(slot)
        count = _offset(UNSIGNED, self.data, start - 4)
        if limit is not None and count > limit:
            raise ValueError(f"a vector of {count}; at most {limit} are allowed")
        if count * kind.itemsize > len(self.data) - start:
            raise ValueError(f"a vector of {count} at {start} reaches beyond the end")
        found: NDArray[np.generic] = np.frombuffer(self.data, kind, count, start)
        return found

    def text(self, slot: int) -> str:
        """A string as it may be shown; bytes that are no letters are replaced."""
        letters = self.vector(slot, np.uint8)
        return "" if letters is None else label(letters[: 4 * LABEL].tobytes().decode("utf-8", "replace"))

    def _start(self, slot: int) -> int:
        """Where the elements of a vector start, behind their number."""
        place = self._follow(slot)
        if place is None:
            raise ValueError(f"field {slot} is missing")
        return place + 4

    def _follow(self, slot: int) -> int | None:
        """The place that a field's offset leads to."""
        field = self._field(slot)
        return field + _offset(UNSIGNED, self.data, field) if field else None

    def _unpack(self, slot: int, kind: str, default: float) -> float:
        field = self._field(slot)
        return _unpack(struct.Struct(f"<{kind}"), self.data, field) if field else default

    def _field(self, slot: int) -> int:
        """Where a field lies; 0 where it has its default."""
        inside = self.fields[slot] if slot < len(self.fields) else 0
        return self.place + inside if inside else 0


def read_root(data: memoryview) -> Table:
    """The table that a buffer starts with."""
    return _table_at(data, _offset(UNSIGNED, data, 0))


def _table_at(data: memoryview, place: int) -> Table:
    vtable = place - _offset(SIGNED, data, place)
    size = _offset(SHORT, data, vtable)
    if size < 4 or vtable + size > len(data):
        raise ValueError(f"a table at {place} has no vtable")
    fields = struct.unpack_from(f"<{min(size // 2 - 2, SLOTS)}H", data, vtable + 4)
    return Table(data, place, fields)


def _offset(kind: struct.Struct, data: memoryview, place: int) -> int:
    return int(_unpack(kind, data, place))


def _unpack(kind: struct.Struct, data: memoryview, place: int) -> float:
    """One number, whole or real; ValueError where it does not lie inside the buffer."""
    if not 0 <= place <= len(data) - kind.size:
        raise ValueError(f"an offset leads to {place}, outside of {len(data)} bytes")
    number: float = kind.unpack_from(data, place)[0]
    return number
