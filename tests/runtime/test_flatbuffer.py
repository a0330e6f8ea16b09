"""FlatBuffers are read as their specification lays them out, and no offset leads outside of them."""

import struct
import tracemalloc
from collections.abc import Mapping

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.formats import limits
from runtime.formats.flatbuffer import (
    Child,
    Choice,
    Field,
    Layout,
    Never,
    Number,
    Numbers,
    Table,
    Tables,
    Text,
    Texts,
    read_flatbuffer,
)
from runtime.formats.limits import LABEL
from runtime.formats.refused import Refused

LEAF = Layout("Leaf", (Number("i"),))
ANY = Layout("Any", (Number("q"), Text(), Tables(LEAF, 100), Numbers("f4", 50), Child(LEAF)))


def read(data: bytes, fields: Mapping[int, Field]) -> Table:
    """The root of a buffer, read by a layout with these fields."""
    slots = range(max(fields, default=-1) + 1)
    return read_flatbuffer(memoryview(data), Layout("Root", tuple(fields.get(slot) for slot in slots)))[0]


def table(fields: dict[int, bytes], tail: bytes = b"", size: int = 0) -> bytes:
    """A buffer whose root is one table with these fields, each of four bytes, and what stands behind it.

    The vtable stands first: root offset, vtable, table, tail. `size` is what the table says that it takes.
    """
    slots = max(fields, default=-1) + 1
    long = 4 + 2 * slots
    padded = -(-long // 4) * 4
    places = [4 + 4 * list(fields).index(slot) if slot in fields else 0 for slot in range(slots)]
    vtable = struct.pack(f"<HH{slots}H", long, size or 4 + 4 * len(fields), *places).ljust(padded, b"\0")
    return struct.pack("<I", 4 + padded) + vtable + struct.pack("<i", padded) + b"".join(fields.values()) + tail


def test_numbers_are_read_by_slot_and_what_is_missing_has_its_default() -> None:
    known = {0: Number("i"), 1: Number("b"), 2: Number("i", 5), 3: Number("f"), 4: Text(), 5: Numbers("i4", 3)}
    root = read(table({0: struct.pack("<i", -7), 3: struct.pack("<f", 0.5)}), known)

    assert (root.number(0), root.number(1), root.number(2), root.real(3)) == (-7, 0, 5, 0.5)
    assert root.table(1) is None
    assert root.vector(5) is None
    assert root.tables(5) == ()
    assert root.text(4) == ""


def test_a_vector_is_looked_at_in_place_and_counts_as_read() -> None:
    numbers = np.arange(5, dtype="<i4")
    data = table({0: struct.pack("<I", 4)}, struct.pack("<I", 5) + numbers.tobytes())
    root, end = read_flatbuffer(memoryview(data + b"behind"), Layout("Root", (Numbers("i4", 5),)))
    found = root.vector(0)

    assert found is not None
    np.testing.assert_array_equal(found, numbers)
    assert not found.flags.writeable
    assert end == len(data)
    with pytest.raises(Refused, match="a vector of 5; at most 4 are allowed"):
        read(data, {0: Numbers("i4", 4)})


@pytest.mark.parametrize(
    ("letters", "shown"),
    [(b"name", "name"), (b"a\nb\x1b[2J", "a?b?[2J"), (b"x" * 500, "x" * LABEL)],
    ids=["plain", "steering", "long"],
)
def test_texts_are_fit_to_be_shown(letters: bytes, shown: str) -> None:
    tail = struct.pack("<I", len(letters)) + letters

    assert read(table({0: struct.pack("<I", 4)}, tail + b"\0"), {0: Text()}).text(0) == shown
    with pytest.raises(Refused, match=r"reach beyond the end|has no end"):
        read(table({0: struct.pack("<I", 4)}, tail), {0: Text()})
    with pytest.raises(Refused, match="has no end"):
        read(table({0: struct.pack("<I", 4)}, tail + b"x"), {0: Text()})


def test_bytes_that_are_no_text_are_refused() -> None:
    tail = struct.pack("<I", 2) + b"\xff\xfe\0"

    with pytest.raises(Refused, match="that is none"):
        read(table({0: struct.pack("<I", 4)}, tail), {0: Text()})


def test_a_field_that_is_not_known_is_refused() -> None:
    data = table({0: bytes(4), 2: bytes(4)})

    with pytest.raises(Refused, match="field 2 of Root, which no schema here knows") as caught:
        read(data, {0: Number("i")})
    assert caught.value.rule == "unknown-field"


def test_a_field_that_none_may_have_is_refused_by_its_rule() -> None:
    data = table({0: struct.pack("<I", 2)})

    assert read(data, {0: Never("sparse", "words", "I", 2)}).number(0) == 0
    with pytest.raises(Refused, match="words") as caught:
        read(data, {0: Never("sparse", "words", "I", 1)})
    assert caught.value.rule == "sparse"


@pytest.mark.parametrize(("kind", "known"), [(7, True), (8, False)])
def test_a_choice_reads_the_tables_it_knows_and_no_other(kind: int, known: bool) -> None:
    leaf = struct.pack("<HHHHii", 6, 8, 4, 0, 8, 99)  # a vtable, padding, and the table behind it
    data = table({0: struct.pack("<I", kind), 1: struct.pack("<I", 4 + 8)}, leaf)
    found = read(data, {0: Number("I"), 1: Choice({7: LEAF})}).table(1)

    assert found is not None
    assert found.layout.name == ("Leaf" if known else "unknown")
    assert not known or found.number(0) == 99


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
        struct.pack("<Ii", 4, -4) + struct.pack("<HH", 5, 4) + bytes(4),
        struct.pack("<Ii", 4, -4) + struct.pack("<HH", 4, 40),
        struct.pack("<I", 5) + bytes(20),
        table({0: bytes(4)}, size=4),
    ],
    ids=[
        "empty",
        "short",
        "root outside",
        "vtable before",
        "vtable behind",
        "vtable too small",
        "vtable too large",
        "vtable of odd size",
        "table too large",
        "table askew",
        "field outside of its table",
    ],
)
def test_a_table_outside_of_the_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"an offset leads to|has no vtable|reach beyond the end|lies outside of it"):
        read(data, {0: Number("i")})


@pytest.mark.parametrize(
    ("offset", "count"),
    [(2**32 - 1, 0), (4, 2**32 - 1), (4, 6), (1000, 1), (5, 1)],
    ids=["far", "huge", "one more", "outside", "askew"],
)
def test_a_vector_outside_of_the_bytes_is_refused(offset: int, count: int) -> None:
    tail = struct.pack("<I", count) + bytes(20)

    with pytest.raises(Refused, match=r"an offset leads to|reach beyond the end"):
        read(table({0: struct.pack("<I", offset)}, tail), {0: Numbers("i4", 2**32)})


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_flatbuffer(memoryview(data), ANY)
    except Refused as error:
        assert error.rule  # noqa: PT017 - most bytes are refused, and some are not


def tables_in_one_place(count: int) -> bytes:
    """Tables that share one place and one large vtable, as a file made to harm has them."""
    head = len(table({0: bytes(4)}))
    vtable = struct.pack("<HH", 4 + 2 * limits.SLOTS, 4) + bytes(2 * limits.SLOTS)
    shared = head + 4 + 4 * count + len(vtable)  # where the one table stands that all of them are
    offsets = b"".join(struct.pack("<I", shared - (head + 4 + 4 * index)) for index in range(count))
    tail = struct.pack("<I", count) + offsets + vtable + struct.pack("<i", len(vtable))
    return table({0: struct.pack("<I", 4)}, tail)


def test_many_tables_in_one_place_need_little_memory() -> None:
    data = tables_in_one_place(4000)
    tracemalloc.start()
    try:
        found = read(data, {0: Tables(LEAF, 4000)}).tables(0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(found) == 4000
    assert peak < 10 * 2**20


def test_the_number_of_all_tables_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLES", 100)

    with pytest.raises(Refused, match="more than 100 tables"):
        read(tables_in_one_place(100), {0: Tables(LEAF, 4000)})


def test_texts_that_are_referred_to_many_times_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of fields that lead to one long text would need its length thousands of times."""
    count, letters = 50, b"x" * 1000
    head = len(table({0: bytes(4)}))
    target = head + 4 + 4 * count
    offsets = b"".join(struct.pack("<I", target - (head + 4 + 4 * index)) for index in range(count))
    tail = struct.pack("<I", count) + offsets + struct.pack("<I", len(letters)) + letters + b"\0"
    data = table({0: struct.pack("<I", 4)}, tail)

    assert len(read(data, {0: Texts(count)}).texts(0)) == count
    monkeypatch.setattr(limits, "PARTS", 20_000)
    with pytest.raises(Refused, match="more than 20000 letters and numbers"):
        read(data, {0: Texts(count)})
