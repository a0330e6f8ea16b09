"""FlatBuffers are read as their specification lays them out, and no offset leads outside of them."""

import struct
import tracemalloc

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.formats.flatbuffer import read_root
from runtime.formats.limits import LABEL


def table(fields: dict[int, bytes], tail: bytes = b"") -> bytes:
    """A buffer whose root is one table with these fields, each of four bytes, and what stands behind it.

    The vtable stands first: root offset, vtable, table, tail.
    """
    slots = max(fields, default=-1) + 1
    size = 4 + 2 * slots
    padded = -(-size // 4) * 4
    places = [4 + 4 * list(fields).index(slot) if slot in fields else 0 for slot in range(slots)]
    vtable = struct.pack(f"<HH{slots}H", size, 4 + 4 * len(fields), *places).ljust(padded, b"\0")
    return struct.pack("<I", 4 + padded) + vtable + struct.pack("<i", padded) + b"".join(fields.values()) + tail


def test_numbers_are_read_by_slot_and_what_is_missing_has_its_default() -> None:
    root = read_root(memoryview(table({0: struct.pack("<i", -7), 3: struct.pack("<f", 0.5)})))

    assert root.number(0, "i") == -7
    assert root.real(3) == 0.5
    assert (root.number(1, "i"), root.number(1, "i", 5), root.number(99, "i", 6)) == (0, 5, 6)
    assert root.table(1) is None
    assert root.vector(2, np.int32) is None
    assert root.tables(2, 10) == ()
    assert root.text(2) == ""


def test_a_vector_is_looked_at_in_place() -> None:
    numbers = np.arange(5, dtype="<i4")
    root = read_root(memoryview(table({0: struct.pack("<I", 4)}, struct.pack("<I", 5) + numbers.tobytes())))
    found = root.vector(0, np.int32)

    assert found is not None
    np.testing.assert_array_equal(found, numbers)
    assert not found.flags.writeable
    with pytest.raises(ValueError, match="a vector of 5; at most 4 are allowed"):
        root.vector(0, np.int32, 4)


@pytest.mark.parametrize(
    ("letters", "shown"),
    [(b"name", "name"), (b"a\nb\x1b[2J", "a?b?[2J"), (b"\xff\xfe", "\ufffd\ufffd"), (b"x" * 500, "x" * LABEL)],
    ids=["plain", "steering", "no text", "long"],
)
def test_texts_are_fit_to_be_shown(letters: bytes, shown: str) -> None:
    root = read_root(memoryview(table({0: struct.pack("<I", 4)}, struct.pack("<I", len(letters)) + letters)))

    assert root.text(0) == shown


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        struct.pack("<I", 2**31),
        struct.pack("<I", 4) + struct.pack("<i", 2**31 - 1),
        struct.pack("<I", 4) + struct.pack("<i", -(2**31)),
        struct.pack("<I", 4) + struct.pack("<i", 0) + b"\x03\x00",
        struct.pack("<Ii", 4, -4) + struct.pack("<HH", 60000, 4),
    ],
    ids=["empty", "short", "root outside", "vtable before", "vtable behind", "vtable too small", "vtable too large"],
)
def test_a_table_outside_of_the_bytes_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"an offset leads to|has no vtable"):
        read_root(memoryview(data))


@pytest.mark.parametrize(
    ("offset", "count"), [(2**32 - 1, 0), (4, 2**32 - 1), (4, 6), (1000, 1)], ids=["far", "huge", "one more", "outside"]
)
def test_a_vector_outside_of_the_bytes_is_an_error(offset: int, count: int) -> None:
    tail = struct.pack("<I", count) + bytes(20)
    root = read_root(memoryview(table({0: struct.pack("<I", offset)}, tail)))

    with pytest.raises(ValueError, match=r"an offset leads to|reaches beyond the end"):
        root.vector(0, np.int32)


@given(st.binary(max_size=200), st.integers(0, 8))
def test_any_bytes_are_read_or_refused(data: bytes, slot: int) -> None:
    def read() -> None:
        root = read_root(memoryview(data))
        root.number(slot, "q")
        root.text(slot)
        root.tables(slot, 100)
        root.vector(slot, np.float32)

    try:
        read()
    except ValueError as error:
        assert str(error)  # noqa: PT017 - most bytes are refused, and some are not


def test_many_tables_in_one_place_need_little_memory() -> None:
    """Thousands that share one large vtable, as a file made to harm has them."""
    count, head = 4000, len(table({0: bytes(4)}))
    vtable = struct.pack("<HH", 65534, 4) + b"\x01\x00" * 32765
    shared = head + 4 + 4 * count + len(vtable)  # where the one table stands that all of them are
    offsets = b"".join(struct.pack("<I", shared - (head + 4 + 4 * index)) for index in range(count))
    tail = struct.pack("<I", count) + offsets + vtable + struct.pack("<i", len(vtable))
    root = read_root(memoryview(table({0: struct.pack("<I", 4)}, tail)))
    tracemalloc.start()
    try:
        found = root.tables(0, count)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(found) == count
    assert peak < 10 * 2**20
