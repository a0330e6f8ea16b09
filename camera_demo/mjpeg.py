"""MJPEG over HTTP, as network cameras send it: parts of a multipart answer, each a JPEG picture."""

import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from itertools import chain
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

import cv2
import numpy as np

from camera_demo.shot import Shot
from runtime.errors import MissingSource
from runtime.records import Frame

LONGEST_LINE = 4096  # bytes of a part's header
MOST_LINES = 100  # of a part's headers
LARGEST = 32 * 2**20  # bytes of a picture; more is no picture but a runaway
BEGIN, END = b"\xff\xd8", b"\xff\xd9"  # of JPEG data
USUAL_RATE = 25.0  # frames per second
KIND = "multipart/"


class TornStream(Exception):
    """The data do not follow the format."""


def parts(stream: BinaryIO, boundary: bytes) -> Iterator[bytes]:
    """The bodies of a multipart stream's parts, until it ends; raises TornStream where it is no such stream.

    The lengths that the parts' headers tell are relied on; without one, a body ends before the next boundary.
    """
    mark = b"--" + boundary.removeprefix(b"--")
    line = _line(stream)
    while line:
        while line and not line.startswith(mark):
            line = _line(stream)
        if not line or line.startswith(mark + b"--"):
            return
        length = _length(stream)
        if length is None:
            body, line = _until(stream, mark)
        else:
            body, line = _whole(stream.read(length), length), b"\n"
        if body is None:
            return
        yield body


def decode(data: bytes) -> Frame | None:
    """The picture of JPEG data, (H, W, 3) BGR or (H, W) grey; None where they are cut short or damaged."""
    data = data.rstrip(b"\0\r\n")
    if not data.startswith(BEGIN) or not data.endswith(END):
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYCOLOR)
    except cv2.error:
        return None
    return cast(Frame, image) if image is not None and image.size else None


@dataclass(slots=True, eq=False)
class MjpegSource:
    """A camera on the network that is being watched."""

    response: HTTPResponse
    bodies: Iterator[bytes]  # of the parts
    name: str
    stall_seconds: float  # without a byte for so long it has stalled
    rate: float = USUAL_RATE
    live: bool = True
    damaged: int = 0  # pictures that could not be decoded

    def __iter__(self) -> Iterator[Shot]:
        """Frames as they arrive; MissingSource where the stream breaks off or falls silent."""
        number, begin = 0, 0.0
        try:
            for data in self.bodies:
                taken, arrived = time.time(), time.monotonic()
                image = decode(data)
                if image is None:
                    self.damaged += 1
                    continue
                begin = begin or arrived
                yield Shot(image, number, arrived - begin, taken, arrived)
                number += 1
        except TimeoutError as error:
            wait = f"no frame for {self.stall_seconds:g} seconds after {number} frames"
            raise MissingSource(f"{self.name}: {wait}; check the sender and the network") from error
        except (OSError, HTTPException, TornStream) as error:
            raise MissingSource(f"{self.name}: it broke off after {number} frames ({error})") from error
        if number == 0:
            raise MissingSource(f"{self.name}: it ended before the first frame; check that the sender runs")

    def close(self) -> None:
        """Hang up."""
        self.response.close()


def open_mjpeg(
    address: str, name: str, rate: float | None, open_seconds: float, stall_seconds: float
) -> MjpegSource | None:
    """Connect to `address` and wait for the first picture; None where something else answers than MJPEG, or nothing.

    `name` is what to call it in messages, `rate` the frames per second to expect.
    """
    try:
        response = urlopen(_request(address), timeout=open_seconds)  # noqa: S310 - the caller has checked the scheme
    except (OSError, HTTPException, ValueError):
        return None
    if not response.headers.get_content_type().startswith(KIND):
        response.close()
        return None
    bodies = parts(cast(BinaryIO, response), str(response.headers.get_param("boundary") or "").encode())
    try:
        first = next(bodies)
    except (OSError, HTTPException, TornStream, StopIteration):
        response.close()
        return None
    _set_timeout(response, stall_seconds)
    return MjpegSource(response, chain((first,), bodies), name, stall_seconds, rate or USUAL_RATE)


def _request(address: str) -> Request:
    """The request for an address; user and password go into a header."""
    parsed = urlsplit(address)
    plain = urlunsplit(parsed._replace(netloc=parsed.netloc.rpartition("@")[2]))
    request = Request(plain)  # noqa: S310 - the caller has checked the scheme
    if parsed.username is not None:
        secret = f"{unquote(parsed.username)}:{unquote(parsed.password or '')}"
        request.add_header("Authorization", f"Basic {b64encode(secret.encode()).decode()}")
    return request


def _set_timeout(response: HTTPResponse, seconds: float) -> None:
    """Wait so long for data from now on; the connection was opened with a limit of its own."""
    raw = getattr(response.fp, "raw", None)
    socket = getattr(raw, "_sock", None)
    if socket is not None:
        socket.settimeout(seconds)


def _line(stream: BinaryIO) -> bytes:
    return stream.readline(LONGEST_LINE)


def _length(stream: BinaryIO) -> int | None:
    """Read a part's headers up to the empty line; the length of its body, if they tell."""
    length = None
    for _ in range(MOST_LINES):
        line = _line(stream)
        if not line.strip():
            return length
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = _number(value)
    raise TornStream("a part's headers do not end")


def _number(value: bytes) -> int:
    """The length that a header tells."""
    digits = value.strip()
    if not digits.isdigit() or int(digits) > LARGEST:
        raise TornStream("a part's length is not that of a picture")
    return int(digits)


def _whole(body: bytes, length: int) -> bytes | None:
    """The body; None where the stream ended within it."""
    return body if len(body) == length else None


def _until(stream: BinaryIO, mark: bytes) -> tuple[bytes | None, bytes]:
    """A body of unknown length, None where the stream ends within it, and the boundary's line after it."""
    body = bytearray()
    while line := _line(stream):
        if line.startswith(mark):
            return bytes(body).rstrip(b"\r\n"), line
        body += line
        if len(body) > LARGEST:
            raise TornStream("a part does not end")
    return None, b""
