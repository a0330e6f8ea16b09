"""Protobuf messages read by a layout of their fields (protobuf.dev/programming-guides/encoding).

A field that the layout does not know is refused, since nobody has looked at what it holds, and so is one that stands
twice and may stand once: the format merges or overwrites those, and not every reader does it alike.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from runtime.formats import limits
from runtime.formats.refused import Refused

WHOLE, LONG, DELIMITED, SHORT = (
    0,
    1,
    2,
    5,
)  # wire types: a varint, 8 bytes, bytes with their length before them, 4 bytes
WIDTHS = {LONG: 8, SHORT: 4}
MOST_BYTES = 10  # of a varint

Content = int | memoryview
"""A field's content: a whole number, or the bytes of anything else."""


class Kind(NamedTuple):
    """What a field may be."""

    wires: tuple[int, ...]
    many: bool = False  # whether it may stand more than once
    refused: tuple[str, str] | None = None  # rule and words for a field that no file of ours may have


NUMBER, REAL, BYTES = Kind((WHOLE,)), Kind((SHORT,)), Kind((DELIMITED,))
NUMBERS, REALS, LONGS = Kind((WHOLE, DELIMITED), True), Kind((SHORT, DELIMITED), True), Kind((LONG, DELIMITED), True)
MESSAGES = Kind((DELIMITED,), True)


class Layout(NamedTuple):
    """The fields of a kind of message, by number."""

    name: str
    kinds: Mapping[int, Kind]
    large: bool = False  # whether it may have MANY_FIELDS


class Message(dict[int, list[Content]]):
    """The contents of a message by field number, in the order in which they stand."""

    def texts(self, number: int) -> list[str]:
        """A field's strings; Refused where they are no UTF-8."""
        return [_text(content) for content in self.get(number, ())]

    def text(self, number: int) -> str:
        """A string; "" where there is none."""
        return _text(self[number][0]) if number in self else ""

    def whole(self, number: int, default: int = 0) -> int:
        """A whole number, which may be negative."""
        return signed(int(self[number][0])) if number in self else default

    def messages(self, number: int) -> list[memoryview]:
        """A field's messages or byte strings, unread."""
        return self.get(number, [])  # type: ignore[return-value] # by its wire type


def read_message(message: memoryview, layout: Layout) -> Message:
    """The fields of a message; Refused where the bytes are no message of this layout."""
    found, kinds = Message(), layout.kinds
    for number, wire, content in fields(message, limits.MANY_FIELDS if layout.large else limits.FIELDS):
        kind = kinds.get(number)
        if kind is None:
            raise Refused("unknown-field", f"field {number} of {layout.name}, which no schema here knows")
        if kind.refused:
            raise Refused(*kind.refused)
        if wire not in kind.wires:
            raise Refused("form", f"field {number} of {layout.name} has wire type {wire}")
        known = found.setdefault(number, [])
        if known and not kind.many:
            raise Refused("form", f"field {number} of {layout.name} stands twice")
        known.append(content)
    return found


def fields(message: memoryview, most: int = limits.MANY_FIELDS) -> Iterator[tuple[int, int, Content]]:
    """Every field's number, wire type and content; Refused where the bytes are no message of at most `most` fields."""
    place, count, size = 0, 0, len(message)
    while place < size:
        count += 1
        if count > most:
            raise Refused("limits", f"a message of more than {most} fields")
        key, place = _varint(message, place)
        wire = key & 7
        if wire == WHOLE:
            content, place = _varint(message, place)
            yield key >> 3, wire, content
            continue
        width, place = _varint(message, place) if wire == DELIMITED else (WIDTHS.get(wire, -1), place)
        if not 0 <= width <= size - place:
            raise Refused("form", f"wire type {wire} with {width} bytes at {place}")
        yield key >> 3, wire, message[place : place + width]
        place += width


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
    for index, byte in enumerate(message[place : place + MOST_BYTES]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            if number >> 64:
                break
            return number, place + index + 1
    raise Refused("form", f"a number without an end at {place}")


def _text(content: Content) -> str:
    try:
        return bytes(content).decode("utf-8") if isinstance(content, memoryview) else ""
    except UnicodeDecodeError as error:
        raise Refused("form", f"a name that is no text ({error.reason})") from error
