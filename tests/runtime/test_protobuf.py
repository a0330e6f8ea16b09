"""Protobuf messages are read as the encoding lays them out, and damaged ones are refused."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from runtime.formats import protobuf
from runtime.formats.protobuf import children, fields, signed, varints


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
    message = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d\x01\x02\x03\x04" + b"\x21" + bytes(8)

    assert [
        (number, content if isinstance(content, int) else bytes(content))
        for number, content in fields(memoryview(message))
    ] == [
        (1, 150),
        (2, b"abc"),
        (3, b"\x01\x02\x03\x04"),
        (4, bytes(8)),
    ]
    assert list(map(bytes, children(memoryview(message), 2))) == [b"abc"]
    assert list(children(memoryview(message), 1)) == []


@pytest.mark.parametrize(
    "message",
    [b"\x08", b"\x12\x05abc", b"\x1d\x01", b"\x0b", b"\x12" + b"\xff" * 9 + b"\x01", b"\xff" * 11],
    ids=["no content", "too short", "fixed too short", "group", "huge", "endless"],
)
def test_damaged_messages_are_errors(message: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        list(fields(memoryview(message)))


def test_messages_of_too_many_fields_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "MOST_FIELDS", 3)

    with pytest.raises(ValueError, match="a message of more than 3 fields"):
        list(fields(memoryview(b"\x08\x01" * 4)))
