"""An edition: one picture with all that belongs to it, painted once and sent to everybody who watches.

A message is four big-endian numbers of 32 bits - the picture's age in milliseconds when it was sent, the milliseconds
for which the question had waited, and the lengths of the two parts that follow - then the document `digits.view/1` as
JSON, the glyphs' sheet as PNG and the picture as JPEG. Who has the picture already is not sent it again.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any

HEAD = struct.Struct(">IIII")
LARGEST = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """What there is to send."""

    made: float  # on time.monotonic's clock
    moment: int  # the number of the moment that it shows
    arrived: float | None  # on time.monotonic's clock: the frame; None before the first
    document: bytes
    sheet: bytes = b""
    picture: bytes = b""

    def message(self, now: float, asked: float, seen: int) -> bytes:
        """The message as it leaves at `now`, for somebody who `asked` for it; both on time.monotonic's clock.

        `seen` is the number of the moment that they have the picture of.
        """
        age = LARGEST if self.arrived is None else _milliseconds(now - self.arrived)
        sheet, picture = (b"", b"") if seen == self.moment else (self.sheet, self.picture)
        head = HEAD.pack(age, _milliseconds(now - asked), len(self.document), len(sheet))
        return b"".join((head, self.document, sheet, picture))


def compact(document: dict[str, Any]) -> bytes:
    """JSON without blanks."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _milliseconds(seconds: float) -> int:
    return min(LARGEST, max(0, round(1000 * seconds)))
