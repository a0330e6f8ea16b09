"""Protobuf messages are read as the encoding lays them out, and damaged and unknown ones are refused."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from runtime.formats import limits
from runtime.formats.protobuf import (
    BYTES,
    LONGS,
    MESSAGES,
    NUMBER,
    NUMBERS,
    REAL,
    Kind,
    Layout,
    fields,
    read_message,
    signed,
    varints,
)
from runtime.formats.refused import Refused

LAYOUT = Layout(
    "Made", {1: NUMBER, 2: MESSAGES, 3: REAL, 4: LONGS, 5: BYTES, 6: NUMBERS, 7: Kind((), refused=("sparse", "no"))}
)


def varint(number: int) -> bytes:
    """A number as the encoding writes it."""
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_packed_numbers_are_read_back(numbers: list[int]) -> None:
    assert list(varints(memoryview(b"".join(map(varint, numbers))))) == numbers


@given(st.integers(-(2**63), 2**63 - 1))
def test_negative_numbers_are_those_of_64_bits(number: int) -> None:
    (read,) = varints(memoryview(varint(number % 2**64)))

    assert signed(read) == number


def test_fields_of_every_wire_type() -> None:
    message = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d\x01\x02\x03\x04" + b"\x21" + bytes(8) + b"\x12\x00"
    read = read_message(memoryview(message), LAYOUT)

    assert [number for number, _, _ in fields(memoryview(message))] == [1, 2, 3, 4, 2]
    assert read.whole(1) == 150
    assert list(map(bytes, read.messages(2))) == [b"abc", b""]
    assert [bytes(content) for content in read.messages(3)] == [b"\x01\x02\x03\x04"]
    assert (read.whole(6, 9), read.text(5), read.messages(6)) == (9, "", [])
    assert read.texts(2) == ["abc", ""]


@pytest.mark.parametrize(
    "message",
    [
        b"\x08",
        b"\x12\x05abc",
        b"\x1d\x01",
        b"\x0b",
        b"\x12" + b"\xff" * 9 + b"\x01",
        b"\xff" * 11,
        b"\x08" + b"\xff" * 9 + b"\x02",
    ],
    ids=["no content", "too short", "fixed too short", "group", "huge", "endless", "more than 64 bits"],
)
def test_damaged_messages_are_refused(message: bytes) -> None:
    with pytest.raises(Refused):
        list(fields(memoryview(message)))


@pytest.mark.parametrize(
    ("message", "rule", "words"),
    [
        (b"\x40\x01", "unknown-field", "field 8 of Made, which no schema here knows"),
        (b"\x12\x00\x1d" + bytes(4) + b"\x1d" + bytes(4), "form", "field 3 of Made stands twice"),
        (b"\x0a\x00", "form", "field 1 of Made has wire type 2"),
        (b"\x3a\x00", "sparse", "no"),
    ],
    ids=["unknown", "twice", "other wire type", "never"],
)
def test_what_the_layout_does_not_allow_is_refused(message: bytes, rule: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as caught:
        read_message(memoryview(message), LAYOUT)
    assert caught.value.rule == rule


def test_names_that_are_no_text_are_refused() -> None:
    read = read_message(memoryview(b"\x2a\x01\xff"), LAYOUT)

    with pytest.raises(Refused, match="a name that is no text"):
        read.text(5)


def test_messages_of_too_many_fields_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FIELDS", 3)
    message = memoryview(b"\x30\x01" * 4)

    assert read_message(message, LAYOUT._replace(large=True)).messages(6) == [1, 1, 1, 1]
    with pytest.raises(Refused, match="a message of more than 3 fields"):
        read_message(message, LAYOUT)
    with pytest.raises(Refused, match="a message of more than 8192 fields"):
        list(fields(memoryview(b"\x08\x01" * 8193)))
