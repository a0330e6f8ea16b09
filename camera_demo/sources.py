"""Where frames come from: a camera, a clip, a folder or pattern of pictures, a stream, or a drawn sheet."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from camera_demo.camera import open_camera
from camera_demo.clip import open_clip
from camera_demo.link import Link, without_password
from camera_demo.picamera import open_picamera
from camera_demo.pictures import PICTURE_SUFFIXES, open_pictures
from camera_demo.shot import Shot
from camera_demo.stream import open_stream
from camera_demo.synthetic import RATE, SIZE, SyntheticCamera
from camera_demo.wish import Wish
from runtime.errors import UsageError

# Longer numbers are none that a system gives to a camera; the names under /dev/v4l stay when cameras change places.
CAMERA = re.compile(r"(/dev/video)?[0-9]{1,4}|/dev/v4l/by-(id|path)/[^/]+")
PI_CAMERA = re.compile(r"picamera(?::([0-9]))?")
SYNTHETIC = "synthetic"
STREAM_SCHEMES = ("http", "https", "rtsp", "rtsps")


class Source(Protocol):
    """An open source of frames; iterate over it once, then close it."""

    @property
    def name(self) -> str:
        """What to call it in a message; never holds a password."""

    @property
    def live(self) -> bool:
        """Whether its frames come when they come; otherwise they wait for us."""

    @property
    def rate(self) -> float:
        """The frames per second to expect; a recording's grid, nothing to rely on."""

    def __iter__(self) -> Iterator[Shot]:
        """Its frames in order; MissingSource where a camera or stream breaks off."""

    def close(self) -> None:
        """Let go of the device, file or connection."""


def open_source(text: str, wish: Wish | None = None, say: Callable[[str], None] = print) -> Source:
    """Open the source that `text` names.

    `0`, `/dev/video0` or `/dev/v4l/by-id/…` is a camera, `picamera` or `picamera:1` a Raspberry Pi's own, `synthetic`
    a drawn sheet that moves, `http://…` and `rtsp://…` are streams, `scans/%04d.png` and `scans/*.png` are patterns,
    a folder is its pictures in natural order, and anything else is a video or picture file. `wish` is asked of cameras;
    its rate prescribes how fast the others play. `say` gets a line about what is not as expected but no reason to end.

    Raises MissingSource where the source is not there or gives nothing, MissingDependency where a package for it is
    missing, UsageError for an empty `text`, an address that is none, and wishes that only a camera could grant.
    """
    wish = wish or Wish()
    if not text:
        raise UsageError("--source: expected a camera number, video, picture, folder, pattern or address, got nothing")
    if CAMERA.fullmatch(text):
        return open_camera(text, wish, say)
    if wish.pixel_format is not None:
        raise UsageError(f"--pixel-format is asked of a camera such as /dev/video0; {text} has the format it has")
    if found := PI_CAMERA.fullmatch(text):
        return open_picamera(int(found[1] or 0), wish.size, wish.rate)
    if text == SYNTHETIC:
        return SyntheticCamera(wish.size or SIZE, wish.rate or RATE)
    if wish.size is not None:
        raise UsageError(f"--size is asked of a camera; {text} has the size it has")
    return _open_recorded(text, wish.rate, say)


def is_live(text: str) -> bool:
    """Whether the source that `text` names will be live, as far as its name tells: a camera or a stream."""
    return bool(CAMERA.fullmatch(text) or PI_CAMERA.fullmatch(text)) or text == SYNTHETIC or "://" in text


def _open_recorded(text: str, rate: float | None, say: Callable[[str], None]) -> Source:
    """Open what has the size and format that it has: a stream, pictures or a clip."""
    if "://" in text:
        return open_stream(Link(_checked_address(text), rate), say)
    path = Path(text)
    if path.is_dir() or _is_pattern(path) or path.suffix.lower() in PICTURE_SUFFIXES:
        return open_pictures(path, rate, say)
    return open_clip(path, rate)


def _is_pattern(path: Path) -> bool:
    """Whether the last part of `path` stands for several files; a file that exists under that very name does not."""
    return bool(re.search(r"%0?\d*d|[*?\[]", path.name)) and not path.exists()


def _checked_address(text: str) -> str:
    """`text`, if it is the address of a stream; UsageError otherwise."""
    try:
        address = urlsplit(text)
    except ValueError:  # brackets that hold no address
        address = urlsplit("")
    if address.scheme not in STREAM_SCHEMES or not address.hostname:
        schemes = ", ".join(f"{name}://" for name in STREAM_SCHEMES)
        expected = f"expected a stream's address that begins with one of {schemes} and names a host"
        raise UsageError(f"{without_password(text)}: {expected}")
    return text
