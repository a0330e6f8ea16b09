"""Pictures on disk as a source: one picture, a folder, or a pattern of names."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from camera_demo.shot import Shot
from runtime.errors import InputError, MissingSource
from runtime.pictures import load_picture

PICTURE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm")
)
CLIP_RATE = 25.0  # frames per second for scans/%04d.png: the frames of a clip
SHOW_RATE = 1.0  # pictures per second for a folder or scans/*.png: something to look at one after the other
NUMBER = re.compile(r"%0?(\d*)d")


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Picture files that play like a clip; those that cannot be read are skipped with a word."""

    name: str
    paths: tuple[Path, ...]
    rate: float  # pictures per second
    say: Callable[[str], None]
    live: bool = False

    def __iter__(self) -> Iterator[Shot]:
        """The pictures in order; MissingSource where not one can be read."""
        number = 0
        for path in self.paths:
            try:
                image = load_picture(path)
            except InputError as error:
                self.say(f"skipped: {error}")
                continue
            yield Shot(image, number, number / self.rate, time.time(), time.monotonic())
            number += 1
        if number == 0:
            raise MissingSource(f"{self.name}: not one picture of {len(self.paths):,} can be read")

    def close(self) -> None:
        """Nothing stays open between pictures."""


def open_pictures(path: Path, rate: float | None, say: Callable[[str], None]) -> Pictures:
    """The pictures of a folder, of a pattern such as `scans/%04d.png` or `scans/*.png`, or one picture.

    `rate` is pictures per second. Raises MissingSource where there is none.
    """
    paths = find_pictures(path)
    if not paths:
        what = "holds no pictures" if path.is_dir() else "no picture has such a name"
        raise MissingSource(f"{path}: {what}; expected {', '.join(sorted(PICTURE_SUFFIXES))}")
    return Pictures(str(path), paths, rate or (CLIP_RATE if NUMBER.search(path.name) else SHOW_RATE), say)


def find_pictures(path: Path) -> tuple[Path, ...]:
    """The picture files that `path` stands for, numbers in their names counted as numbers (2 before 10)."""
    if path.is_file():
        return (path,)
    if path.is_dir():
        found = [file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES]
    elif number := NUMBER.search(path.name):
        # The names that frame%04d.png produces; gaps between the numbers do no harm.
        before, after = re.escape(path.name[: number.start()]), re.escape(path.name[number.end() :])
        name = re.compile(rf"{before}\d{{{number[1] or 1},}}{after}")
        found = [file for file in path.parent.glob("*") if name.fullmatch(file.name)]
    else:
        found = list(path.parent.glob(path.name))
    return tuple(sorted((file for file in found if file.is_file() and file.name[0] != "."), key=_natural))


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts frame2 before frame10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]
