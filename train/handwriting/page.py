"""Whole pages of handwritten digits with known truth: what is written and where its ink lies."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import DIGITS, Box
from train.handwriting.hand import Hand, choose_hand
from train.handwriting.layout import Placed, Spacing, set_lines, write_line
from train.handwriting.paper import RULINGS, Camera, Colour, Paper, lay_ink, lay_paper, photograph, rule
from train.handwriting.pen import PENS, Pen, Trace, choose_width, lay

VISIBLE = 48  # of 255; fainter ink does not count when a digit's box is measured
MARGIN = 3  # pixels between the ink and the edge of the picture, at least
THINNEST = 1.3  # pixels; a camera does not resolve thinner lines


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How a page is written and photographed; raises ValueError for settings that make no page."""

    size: tuple[int, int] = (1280, 720)  # width and height of the picture, pixels
    lines: int = 3  # at most; as many as fit are written
    digits: tuple[int, int] = (3, 8)  # fewest and most on a line; as many as fit are written
    height: float | None = None  # of a digit, pixels; None: as large as the lines leave room for, within reason
    text: tuple[str, ...] | None = None  # what to write, one string of digits per line; None: random digits
    pen: str = "fineliner"  # a name in PENS
    ink: Colour = (45, 35, 35)
    spacing: float = 0.28  # clearance between digits in digit heights; below 0 they may touch
    turn: float = 2.0  # rotation of the page up to so many degrees either way
    perspective: float = 0.03  # how far its corners move, as a share of the picture's sides
    paper: Paper = field(default_factory=Paper)
    camera: Camera = field(default_factory=Camera)

    def __post_init__(self) -> None:
        _require(min(self.size) >= 16, f"size: expected at least 16×16 pixels, got {self.size}")
        _require(self.lines >= 1, f"lines: expected at least 1, got {self.lines}")
        _require(1 <= self.digits[0] <= self.digits[1], f"digits: expected 1 ≤ fewest ≤ most, got {self.digits}")
        _require(self.pen in PENS, f"pen: expected one of {', '.join(PENS)}, got {self.pen!r}")
        _require(self.paper.ruling in RULINGS, f"ruling: expected one of {RULINGS}, got {self.paper.ruling!r}")
        _require(_is_text(self.text), f"text: expected lines of digits, got {self.text}")
        most = min(self.size) / 2
        _require(8 <= self.digit_height <= most, f"height: expected 8 to {most:g} pixels, got {self.digit_height:g}")

    @property
    def digit_height(self) -> float:
        """The height of a digit in pixels."""
        if self.height is not None:
            return self.height
        width, height = self.size
        lines = len(self.text) if self.text else self.lines
        longest = max(map(len, self.text)) if self.text else self.digits[1]
        return max(8.0, min(height / 7, height / (1.75 * lines + 1), width / (1.05 * longest + 1)))


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


def draw_page(settings: PageSettings, seed: int) -> Page:
    """Draw the page of `settings` that belongs to `seed`: one writer, one pen, one sheet of paper."""
    rng = np.random.default_rng(seed)
    pen, height = PENS[settings.pen], settings.digit_height
    width = max(choose_width(pen, rng), THINNEST / height)
    placed, pitch = _compose(settings, pen, width, rng)
    origin = (float(_origin(settings, placed, 0, rng)), float(_origin(settings, placed, 1, rng)))
    view = _keep_inside(_view(settings, rng), placed, height, origin, settings.size)
    picture = lay_paper(settings.size, settings.paper, rng)
    rule(picture, settings.paper, view, *_ruling(settings, pitch * height, origin))
    ink, lines = _write_ink(placed, height, origin, view, pen, settings.size, rng)
    lay_ink(picture, ink, settings.ink, pen.opacity)
    return Page(photograph(picture, settings.camera, rng), ink, lines)


def _compose(
    settings: PageSettings, pen: Pen, width: float, rng: np.random.Generator
) -> tuple[list[list[Placed]], float]:
    """Write the lines of the page in digit heights, as many and as long as fit; also gives the pitch of the lines."""
    height, hand = settings.digit_height, choose_hand(rng)
    spacing = Spacing(settings.spacing, 4 / height + 2 * pen.edge * width, float(rng.uniform(1.5, 1.75)) + 4 / height)
    room = [side * 0.92 / height for side in settings.size]
    texts = _texts(settings, rng)[: max(1, int((room[1] - 1) / spacing.pitch) + 1)]
    lines = [_fit_line(text, hand, pen, width, spacing, room[0], rng) for text in texts]
    return set_lines(lines, spacing.pitch, rng), spacing.pitch


def _texts(settings: PageSettings, rng: np.random.Generator) -> list[list[int]]:
    """The digits to write, line by line."""
    if settings.text is not None:
        return [[int(character) for character in line] for line in settings.text]
    counts = rng.integers(settings.digits[0], settings.digits[1] + 1, settings.lines)
    return [rng.integers(DIGITS, size=count).tolist() for count in counts]


def _fit_line(
    text: list[int], hand: Hand, pen: Pen, width: float, spacing: Spacing, room: float, rng: np.random.Generator
) -> list[Placed]:
    """Write `text` and keep as many digits as fit into `room` digit heights, at least one."""
    line = write_line(text, hand, pen, width, spacing, rng)
    kept = [placed for placed in line if max(t.points[:, 0].max() for t in placed.traces) <= room]
    return kept or line[:1]


def _origin(settings: PageSettings, lines: list[list[Placed]], axis: int, rng: np.random.Generator) -> float:
    """Where the writing starts on one axis, pixels: anywhere that leaves it on the page, not at the very edge."""
    used = max(float(t.points[:, axis].max()) for line in lines for p in line for t in p.traces)
    free = settings.size[axis] - used * settings.digit_height
    return float(free * rng.uniform(0.3, 0.7)) if free > 0 else free / 2


def _view(settings: PageSettings, rng: np.random.Generator) -> NDArray[np.float64]:
    """The homography (3, 3) from the flat sheet to the picture: a slight turn and a camera that is not held square."""
    width, height = settings.size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1, 1) * settings.turn, 1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-1, 1, (4, 2)) * settings.perspective * np.array([width, height])
    tilt = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return np.asarray(tilt @ np.vstack([turn, [0, 0, 1]]), np.float64)


def _keep_inside(
    view: NDArray[np.float64],
    lines: list[list[Placed]],
    height: float,
    origin: tuple[float, float],
    size: tuple[int, int],
) -> NDArray[np.float64]:
    """Shrink and shift `view` where the ink would come nearer than MARGIN to the picture's edge."""
    seen = [_see(t, height, origin, view) for line in lines for placed in line for t in placed.traces]
    low = np.min([(t.points - t.radii[:, None]).min(axis=0) for t in seen], axis=0) - MARGIN
    high = np.max([(t.points + t.radii[:, None]).max(axis=0) for t in seen], axis=0) + MARGIN
    scale = min(1.0, *(np.array(size) / (high - low)))
    middle = (low + high) / 2
    half = (high - low) / 2 * scale
    target = np.clip(middle, half, np.array(size) - half)
    move = np.array([[scale, 0, target[0] - scale * middle[0]], [0, scale, target[1] - scale * middle[1]], [0, 0, 1]])
    return np.asarray(move @ view)


def _see(trace: Trace, height: float, origin: tuple[float, float], view: NDArray[np.float64]) -> Trace:
    """Take a stroke from digit heights to the picture's pixels."""
    flat = trace.points * height + origin
    probes = np.concatenate([flat, flat + (1, 0), flat + (0, 1)])
    seen, right, down = np.split(cv2.perspectiveTransform(probes[None], view)[0], 3)
    across, along = right - seen, down - seen
    magnification = np.sqrt(np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]))
    return Trace(seen, trace.radii * height * magnification)


def _ruling(
    settings: PageSettings, pitch: float, origin: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    """The distance of the ruling's lines in pixels and a point on one of them: the base line of the first line."""
    base = (origin[0], origin[1] + settings.digit_height * 1.02)
    return (pitch, base) if settings.paper.ruling == "ruled" else (pitch / 2, base)


def _write_ink(
    lines: list[list[Placed]],
    height: float,
    origin: tuple[float, float],
    view: NDArray[np.float64],
    pen: Pen,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], tuple[WrittenLine, ...]]:
    """Draw every digit; gives the ink (H, W) of the page and the truth about it."""
    page = np.zeros(size[::-1], np.uint8)
    truth = []
    for line in lines:
        written = []
        for placed in line:
            seen = [_see(trace, height, origin, view) for trace in placed.traces]
            written.append(WrittenDigit(placed.digit, _stamp(page, seen, pen, rng)))
        truth.append(WrittenLine(tuple(written)))
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
