"""Protobuf messages read field by field, without a schema (protobuf.dev/programming-guides/encoding)."""

from collections.abc import Iterator

WIDTHS = {1: 8, 5: 4}  # bytes of the wire types for fixed-size numbers
MOST_FIELDS = 2**20  # of one message; a message of that many is made to be slow to read
WHOLE, DELIMITED = 0, 2  # the wire types of a varint and of bytes with their length before them

Content = int | memoryview
"""A field's content: a whole number, or the bytes of anything else."""


def fields(message: memoryview) -> Iterator[tuple[int, Content]]:
    """Every field's number and content; IndexError or ValueError where the bytes are no protobuf message."""
    place, count = 0, 0
    while place < len(message):
        count += 1
        if count > MOST_FIELDS:
            raise ValueError(f"a message of more than {MOST_FIELDS} fields")
        key, place = _varint(message, place)
        wire = key & 7
        if wire == WHOLE:
            content, place = _varint(message, place)
            yield key >> 3, content
            continue
        size, place = _varint(message, place) if wire == DELIMITED else (WIDTHS.get(wire, -1), place)
        if not 0 <= size <= len(message) - place:
            raise ValueError(f"wire type {wire} with {size} bytes at {place}")
        yield key >> 3, message[place : place + size]
        place += size


def children(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The messages, texts or byte strings that `message` holds as its field `wanted`."""
    for number, content in fields(message):
        if number == wanted and isinstance(content, memoryview):
            yield content


def varints(message: memoryview) -> Iterator[int]:
    """The numbers of a packed field."""
    place = 0
    while place < len(message):
        number, place = _varint(message, place)
        yield number


def signed(number: int) -> int:
    """A varint as int32 and int64 fields mean it: negative numbers are written as those of 64 bits."""
    return number - (1 << 64) if number >= 1 << 63 else number


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
    raise ValueError("a varint has ten bytes at most")
