"""MJPEG over HTTP, as network cameras send it: parts of a multipart answer, each a JPEG picture."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from itertools import chain
from typing import BinaryIO, cast
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

import cv2
import numpy as np

from camera_demo.link import Link, without_password
from camera_demo.shot import Shot
from runtime.errors import MissingSource
from runtime.plain import counted, plain
from runtime.records import Frame

LONGEST_LINE = 4096  # bytes of a part's header
MOST_LINES = 100  # of a part's headers
LARGEST = 32 * 2**20  # bytes of a picture; more is no picture but a runaway
BEGIN, END = b"\xff\xd8", b"\xff\xd9"  # of JPEG data
USUAL_RATE = 25.0  # frames per second
KIND = "multipart/"
REMEDY = "check the address and that the sender runs"
REFUSALS = {
    401: "put user name and password into the address, as in http://USER:PASSWORD@HOST/…, or check them",
    403: "this user may not see the video; check user name and password",
    404: "the camera is there, but has no video of that name; check the path",
    503: "the camera is busy; does somebody else watch it?",
}
"""What to do about an answer that is no video, by its HTTP status."""


class NoMjpeg(Exception):
    """Something else answers than MJPEG, or nothing; the message says what, and what to do."""


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
    stall_seconds: float  # without a byte, or a whole picture, for so long it has stalled
    say: Callable[[str], None]
    rate: float = USUAL_RATE
    live: bool = True
    damaged: int = 0  # pictures that could not be decoded

    def __iter__(self) -> Iterator[Shot]:
        """Frames as they arrive; MissingSource where the stream breaks off or falls silent."""
        number, begin, whole = 0, 0.0, time.monotonic()
        try:
            for data in self.bodies:
                taken, arrived = time.time(), time.monotonic()
                image = decode(data)
                if image is None:
                    self._note_damage(arrived - whole)
                    continue
                begin, whole = begin or arrived, arrived
                yield Shot(image, number, arrived - begin, taken, arrived)
                number += 1
        except TimeoutError as error:
            wait = f"no frame for {self.stall_seconds:g} seconds after {self._tally(number)}"
            raise MissingSource(f"{self.name}: {wait}; check the sender and the network") from error
        except (OSError, HTTPException, TornStream) as error:
            raise MissingSource(f"{self.name}: it broke off after {self._tally(number)} ({error})") from error
        if number == 0:
            raise MissingSource(f"{self.name}: it ended before the first frame; check that the sender runs")

    def _note_damage(self, waited: float) -> None:
        """Count a picture that cannot be decoded and say so the first time; TornStream where no others come."""
        self.damaged += 1
        if self.damaged == 1:
            self.say(f"{self.name}: damaged pictures come from there; they are left out")
        if waited > self.stall_seconds:
            raise TornStream(f"nothing but damaged pictures for {self.stall_seconds:g} seconds")

    def _tally(self, number: int) -> str:
        """How many frames there were, and how many damaged ones besides."""
        return counted(number, "frame") + (f" and {counted(self.damaged, 'damaged one')}" if self.damaged else "")

    def close(self) -> None:
        """Hang up."""
        self.response.close()


def open_mjpeg(link: Link, say: Callable[[str], None]) -> MjpegSource:
    """Connect and wait for the first picture; NoMjpeg where something else answers, or nothing.

    `say` hears of damaged pictures.
    """
    response = _connect(link.address, link.open_seconds)
    kind = response.headers.get_content_type()
    if not kind.startswith(KIND):
        response.close()
        raise NoMjpeg(_another(kind, link.address, response.geturl()))
    bodies = parts(cast(BinaryIO, response), str(response.headers.get_param("boundary") or "").encode())
    try:
        first = next(bodies)
    except (OSError, HTTPException, TornStream, StopIteration) as error:
        response.close()
        raise NoMjpeg("it answers as a camera does, but no picture came; restart the camera") from error
    _set_timeout(response, link.stall_seconds)
    return MjpegSource(response, chain((first,), bodies), link.name, link.stall_seconds, say, link.rate or USUAL_RATE)


def _connect(address: str, seconds: float) -> HTTPResponse:
    """The answer of `address`; NoMjpeg where there is none, or a refusal."""
    try:
        return cast(HTTPResponse, urlopen(_request(address), timeout=seconds))  # noqa: S310 - checked by the caller
    except HTTPError as error:
        error.close()
        remedy = REFUSALS.get(error.code, "check the address")
        raise NoMjpeg(f"it answers {error.code} {plain(str(error.reason))[:60]}: {remedy}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise NoMjpeg(REMEDY) from error


def _another(kind: str, address: str, landed: str) -> str:
    """What answers instead of MJPEG, and what to do."""
    way = f" from {plain(without_password(landed))[:200]}, where it leads to" if _is_elsewhere(address, landed) else ""
    if kind == "text/html":
        return f"it sends a page for people{way}, perhaps a login; name the address of the video itself"
    return f"it sends {plain(kind)[:60]}{way}; check the address"


def _is_elsewhere(address: str, landed: str) -> bool:
    """Whether an answer came from another address than the one that was asked."""
    return urlsplit(without_password(address))[:4] != urlsplit(without_password(landed))[:4]


def _request(address: str) -> Request:
    """The request for an address; user and password go into a header."""
    parsed = urlsplit(address)
    plain = urlunsplit(parsed._replace(netloc=parsed.netloc.rpartition("@")[2]))
    request = Request(plain)  # noqa: S310 - the caller has checked the scheme
    if parsed.username is not None:
        secret = f"{unquote(parsed.username)}:{unquote(parsed.password or '')}"
        # Unredirected: the password is not for wherever the camera sends us.
        request.add_unredirected_header("Authorization", f"Basic {b64encode(secret.encode()).decode()}")
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
