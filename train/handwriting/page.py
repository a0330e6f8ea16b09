"""Whole pages of handwritten digits with known truth: what is written and where its ink lies."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.plain import shorten
from runtime.records import DIGITS, Box
from train.handwriting.hand import choose_hand
from train.handwriting.layout import Placed, Writer, set_lines, write_line
from train.handwriting.paper import RULINGS, Camera, Colour, Paper, lay_ink, lay_paper, photograph, rule
from train.handwriting.pen import PENS, Pen, Trace, choose_width, lay

VISIBLE = 48  # of 255; fainter ink does not count when a digit's box is measured
MARGIN = 3  # pixels between the ink and the edge of the picture, at least
CLEAR = 4  # pixels between digits that are not to touch, at least
LARGEST = 40_000_000  # pixels of a picture; more would need gigabytes of memory
SMALLEST = 8.0  # pixels; smaller digits cannot be told apart
SHOWN = 60  # characters of a text that is refused
THINNEST = 1.3  # pixels; a camera does not resolve thinner lines


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How a page is written and photographed; raises ValueError for settings that make no page."""

    size: tuple[int, int] = (1280, 720)  # width and height of the picture, pixels
    lines: int = 3  # at most; as many as fit are written
    digits: tuple[int, int] = (3, 8)  # fewest and most on a line; as many as fit are written
    height: float | None = None  # of a digit, pixels; None: as large as the lines leave room for, within reason
    text: tuple[str, ...] | None = None  # digits to write, line by line and whole (smaller if need be); None: random
    pen: str = "fineliner"  # a name in PENS
    ink: Colour = (45, 35, 35)
    spacing: float = 0.28  # clearance between digits in digit heights; below 0 they may touch
    turn: float = 2.0  # rotation of the page up to so many degrees either way
    perspective: float = 0.03  # how far its corners move, as a share of the picture's sides
    paper: Paper = field(default_factory=Paper)
    camera: Camera = field(default_factory=Camera)

    def __post_init__(self) -> None:
        _require(min(self.size) >= 16, f"size: expected at least 16×16 pixels, got {self.size}")
        area = self.size[0] * self.size[1]
        _require(area <= LARGEST, f"size: expected at most {LARGEST:,} pixels, got {area:,}")
        _require(self.lines >= 1, f"lines: expected at least 1, got {self.lines}")
        _require(1 <= self.digits[0] <= self.digits[1], f"digits: expected 1 ≤ fewest ≤ most, got {self.digits}")
        _require(self.pen in PENS, f"pen: expected one of {', '.join(PENS)}, got {self.pen!r}")
        _require(self.paper.ruling in RULINGS, f"ruling: expected one of {RULINGS}, got {self.paper.ruling!r}")
        _require(_is_text(self.text), f"text: expected lines of digits, got {shorten(str(self.text), SHOWN)}")
        columns, rows = (int(side / SMALLEST) for side in self.size)
        longest = max(map(len, self.text or ("",)))
        room = f"text: expected at most {rows} lines of {columns} digits for this size"
        _require(
            longest <= columns and len(self.text or ()) <= rows, f"{room}, got {len(self.text or ())} of {longest}"
        )
        most = min(self.size) / 2
        asked = self.digit_height if self.height is None else self.height
        _require(SMALLEST <= asked <= most, f"height: expected {SMALLEST:g} to {most:g} pixels, got {asked:g}")

    @property
    def digit_height(self) -> float:
        """The height of a digit in pixels."""
        if self.height is not None and self.text is None:
            return self.height
        width, height = self.size
        lines = len(self.text) if self.text else self.lines
        longest = max(map(len, self.text)) if self.text else self.digits[1]
        fitting = max(SMALLEST, min(height / (1.75 * lines + 1), width / (1.05 * longest + 1)))
        return min(fitting, self.height or max(SMALLEST, height / 7))


@dataclass(frozen=True, slots=True)
class WrittenDigit:
    """One digit of a page's truth."""

    digit: int
    box: Box  # exactly around its visible ink, pixels of the picture


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """One line of a page's truth, from left to right."""

    digits: tuple[WrittenDigit, ...]

    @property
    def text(self) -> str:
        """What the line says."""
        return "".join(str(written.digit) for written in self.digits)


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A picture of handwriting and the truth about it."""

    picture: NDArray[np.uint8]  # (H, W, 3) BGR
    ink: NDArray[np.uint8]  # (H, W), how much of each pixel is covered with ink, 255 wholly
    lines: tuple[WrittenLine, ...]  # from top to bottom

    @property
    def text(self) -> str:
        """The lines joined by new lines, as `Reading.text` gives them."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """How the flat sheet is seen: digit heights → pixels of the sheet → pixels of the picture."""

    height: float  # of a digit on the sheet, pixels
    origin: NDArray[np.float64]  # (2,) where the writing begins on the sheet, pixels
    homography: NDArray[np.float64]  # (3, 3), from the sheet to the picture

    def see(self, trace: Trace) -> Trace:
        """Take a stroke from digit heights to pixels of the picture."""
        flat = trace.points * self.height + self.origin
        probes = np.concatenate([flat, flat + np.array([1, 0]), flat + np.array([0, 1])])
        seen, right, down = np.split(cv2.perspectiveTransform(probes[None], self.homography)[0], 3)
        across, along = right - seen, down - seen
        magnification = np.sqrt(np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]))
        return Trace(seen, trace.radii * self.height * magnification)


def draw_page(settings: PageSettings, seed: int) -> Page:
    """Draw the page of `settings` that belongs to `seed`: one writer, one pen, one sheet of paper."""
    rng = np.random.default_rng(seed)
    writer = _choose_writer(settings, rng)
    placed = _compose(settings, writer, rng)
    view = _choose_view(settings, placed, rng)
    picture = lay_paper(settings.size, settings.paper, rng)
    pitch, base = writer.pitch * view.height, (view.origin[0], view.origin[1] + 1.02 * view.height)
    rule(picture, settings.paper, view.homography, pitch, base)
    ink, lines = _write_ink(placed, view, writer.pen, settings.size, rng)
    lay_ink(picture, ink, settings.ink, writer.pen.opacity)
    return Page(photograph(picture, settings.camera, rng), ink, lines)


def _choose_writer(settings: PageSettings, rng: np.random.Generator) -> Writer:
    """Draw who writes the page and how thick the pen is."""
    pen, height = PENS[settings.pen], settings.digit_height
    width = max(choose_width(pen, rng), THINNEST / height)
    least = CLEAR / height + 2 * pen.edge * width
    pitch = float(rng.uniform(1.5, 1.75)) + CLEAR / height
    return Writer(choose_hand(rng, width), pen, width, settings.spacing, least, pitch)


def _compose(settings: PageSettings, writer: Writer, rng: np.random.Generator) -> list[list[Placed]]:
    """Write the lines of the page in digit heights, random ones as many and as long as fit."""
    lines = [write_line(text, writer, rng) for text in _texts(settings, rng)]
    if settings.text is None:
        columns, rows = (side * 0.92 / settings.digit_height for side in settings.size)
        lines = lines[: max(1, int((rows - 1) / writer.pitch) + 1)]
        lines = [[placed for placed in line if placed.right <= columns] or line[:1] for line in lines]
    return set_lines(lines, writer.pitch, rng)


def _texts(settings: PageSettings, rng: np.random.Generator) -> list[list[int]]:
    """The digits to write, line by line."""
    if settings.text is not None:
        return [[int(character) for character in line] for line in settings.text]
    columns, rows = (int(side / SMALLEST) for side in settings.size)  # no more can fit, however many are asked for
    fewest, most = (min(count, columns) for count in settings.digits)
    counts = rng.integers(fewest, most + 1, min(settings.lines, rows))
    return [rng.integers(DIGITS, size=count).tolist() for count in counts]


def _choose_view(settings: PageSettings, lines: list[list[Placed]], rng: np.random.Generator) -> _View:
    """Place the writing on the sheet and the camera above it, so that all ink is in the picture."""
    traces = [trace for line in lines for placed in line for trace in placed.traces]
    used = np.max([trace.points.max(axis=0) for trace in traces], axis=0) * settings.digit_height
    free = np.array(settings.size) - used
    origin = np.where(free > 0, free * rng.uniform(0.3, 0.7, 2), free / 2)
    view = _View(settings.digit_height, origin, _tilt(settings, rng))
    seen = [view.see(trace) for trace in traces]
    low = np.min([(t.points - t.radii[:, None]).min(axis=0) for t in seen], axis=0) - MARGIN
    high = np.max([(t.points + t.radii[:, None]).max(axis=0) for t in seen], axis=0) + MARGIN
    return replace(view, homography=keep_inside(low, high, settings.size) @ view.homography)


def _tilt(settings: PageSettings, rng: np.random.Generator) -> NDArray[np.float64]:
    """The homography (3, 3) of a sheet that is slightly turned under a camera that is not held square."""
    width, height = settings.size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1, 1) * settings.turn, 1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-1, 1, (4, 2)) * settings.perspective * np.array([width, height])
    tilt = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return np.asarray(tilt @ np.vstack([turn, [0, 0, 1]]), np.float64)


def keep_inside(low: NDArray[np.float64], high: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """The transform (3, 3) that shifts, and shrinks where it must, the box `low` to `high` into a picture of `size`."""
    sides = np.array(size, np.float64)
    scale = min(1.0, *(sides / (high - low)).tolist())
    half = scale * (high - low) / 2
    shift = np.clip((low + high) / 2, half, sides - half) - scale * (low + high) / 2
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]])


def _write_ink(
    lines: list[list[Placed]], view: _View, pen: Pen, size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], tuple[WrittenLine, ...]]:
    """Draw every digit; gives the ink (H, W) of the page and the truth about it."""
    page = np.zeros(size[::-1], np.uint8)
    truth = []
    for line in lines:
        boxes = [_stamp(page, [view.see(trace) for trace in placed.traces], pen, rng) for placed in line]
        written = zip(line, boxes, strict=True)
        truth.append(WrittenLine(tuple(WrittenDigit(placed.digit, box) for placed, box in written)))
    return page, tuple(truth)


def _stamp(page: NDArray[np.uint8], traces: list[Trace], pen: Pen, rng: np.random.Generator) -> Box:
    """Draw one digit onto `page` and give the box of its visible ink."""
    left, top, mask = lay(traces, pen, rng)
    height, width = page.shape
    mask = mask[max(0, -top) : height - top, max(0, -left) : width - left]
    left, top = max(0, left), max(0, top)
    place = page[top : top + mask.shape[0], left : left + mask.shape[1]]
    np.maximum(place, mask, out=place)
    column, row, columns, rows = cv2.boundingRect((mask >= VISIBLE).astype(np.uint8))
    return Box(left + column, top + row, columns, rows)


def _is_text(text: tuple[str, ...] | None) -> bool:
    """Whether `text` can be written: nothing, or lines of ASCII digits."""
    return text is None or (len(text) > 0 and all(line.isascii() and line.isdigit() for line in text))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
