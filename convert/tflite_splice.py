"""A further metadata entry for a `.tflite` file, whose own bytes stay as they are.

A FlatBuffer's offsets lead forwards from where they stand. So a new root table, new lists of buffers and of metadata
and the entry itself are put in front, and everything that was there is moved back as one block, by a multiple of the
largest alignment that the schema asks for: what is found in it, and where it is aligned, stays the same. Writing the
whole file anew through the generated schema classes would lose the alignment of the weights.
"""

import struct

ALIGNMENT = 16  # bytes, of a buffer's contents in schema.fbs
IDENTIFIER = b"TFL3"
FIELDS = 8  # of the table Model
BUFFERS, METADATA = 4, 6  # its slots
WHOLE_FIELDS = (0,)  # slots that hold a number and no offset: the version
HEAD = 64  # bytes: root offset, identifier, vtable (20) and table (36) of the new Model


def add_metadata(data: bytes, name: str, content: bytes) -> bytes:
    """The file with `content` in a new buffer and the entry `name` that refers to it."""
    old = _Model(data)
    buffers, entries = old.elements(BUFFERS), old.elements(METADATA)
    lists = HEAD, HEAD + 4 * (len(buffers) + 2)
    after = lists[1] + 4 * (len(entries) + 2)
    entry, entry_place = _entry(after, name, len(buffers))
    buffer, buffer_place = _buffer(after + len(entry), content)
    start = after + len(entry) + len(buffer)
    head = _model(old, start, lists)
    rows = [
        _vector(lists[0], [*(start + place for place in buffers), buffer_place]),
        _vector(lists[1], [*(start + place for place in entries), entry_place]),
    ]
    return b"".join((head, *rows, entry, buffer, data))


class _Model:
    """The root table of a `.tflite` file, whose bytes a converter of ours has just written."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = self._number(0)
        vtable = self._place - struct.unpack_from("<i", data, self._place)[0]
        count = struct.unpack_from("<H", data, vtable)[0] // 2 - 2
        self._slots = struct.unpack_from(f"<{count}H", data, vtable + 4)

    def whole(self, slot: int) -> int | None:
        """A number; None where the field is not there."""
        place = self._field(slot)
        return self._number(place) if place else None

    def target(self, slot: int) -> int | None:
        """Where a field leads; None where it is not there."""
        place = self._field(slot)
        return place + self._number(place) if place else None

    def elements(self, slot: int) -> list[int]:
        """Where the tables of a vector are."""
        start = self.target(slot)
        if start is None:
            return []
        places = range(start + 4, start + 4 + 4 * self._number(start), 4)
        return [place + self._number(place) for place in places]

    def _field(self, slot: int) -> int:
        inside = self._slots[slot] if slot < len(self._slots) else 0
        return self._place + inside if inside else 0

    def _number(self, place: int) -> int:
        return int(struct.unpack_from("<I", self._data, place)[0])


def _model(old: _Model, start: int, lists: tuple[int, int]) -> bytes:
    """The first HEAD bytes: the new root table, its fields leading into the lists or into the old block at `start`."""
    vtable, table = 8, 28
    slots, fields = [0] * FIELDS, [0] * FIELDS
    own = {BUFFERS: lists[0], METADATA: lists[1]}
    for slot in range(FIELDS):
        place, inside = table + 4 + 4 * slot, 4 + 4 * slot
        whole, target = old.whole(slot), old.target(slot)
        if slot in own:
            slots[slot], fields[slot] = inside, own[slot] - place
        elif whole is not None and target is not None:
            slots[slot], fields[slot] = inside, whole if slot in WHOLE_FIELDS else start + target - place
    ends = struct.pack("<I4s", table, IDENTIFIER)
    sizes = struct.pack("<HH", 4 + 2 * FIELDS, 4 + 4 * FIELDS)
    return b"".join(
        (ends, sizes, struct.pack(f"<{FIELDS}H", *slots), struct.pack(f"<i{FIELDS}I", table - vtable, *fields))
    )


def _vector(place: int, targets: list[int]) -> bytes:
    """A vector of offsets that stands at `place`."""
    offsets = [target - (place + 4 + 4 * index) for index, target in enumerate(targets)]
    return struct.pack(f"<I{len(offsets)}I", len(offsets), *offsets)


def _entry(place: int, name: str, buffer: int) -> tuple[bytes, int]:
    """A Metadata table for `place`, with the vtable before it and its name behind it; and where the table is."""
    table = place + 8
    text = name.encode()
    head = struct.pack("<HHHH", 8, 12, 4, 8) + struct.pack("<iII", 8, 8, buffer)  # the name begins 8 after its offset
    body = struct.pack("<I", len(text)) + text + b"\0"
    return _padded(head + body, place, 4), table


def _buffer(place: int, content: bytes) -> tuple[bytes, int]:
    """A Buffer table for `place`, its vtable before and its contents behind it, aligned; and where the table is."""
    table = place + 8
    vector = table + 8
    while (vector + 4) % ALIGNMENT:
        vector += 4
    head = struct.pack("<HHHH", 6, 8, 4, 0) + struct.pack("<iI", 8, vector - (table + 4))
    gap = bytes(vector - (table + 8))
    return _padded(head + gap + struct.pack("<I", len(content)) + content, place, ALIGNMENT), table


def _padded(part: bytes, place: int, alignment: int) -> bytes:
    """The part with zeros behind it, so that what follows is aligned."""
    return part + bytes(-(place + len(part)) % alignment)
