"""`digits draw`: sheets of digits, pages and clips of our own handwriting, with the truth beside them."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from runtime.arguments import Parser, frame_size, positive, seed_number, up_to
from runtime.atomic import atomic_file, atomic_folder, write_json
from runtime.errors import InputError, UsageError
from runtime.pictures import WRITABLE, save_picture
from runtime.plain import counted
from runtime.replaceable import check_replaceable
from runtime.terminal import talk
from train.handwriting.clip import ClipSettings, draw_clip
from train.handwriting.dataset import contact_sheet, draw_digits
from train.handwriting.page import Page, PageSettings, WrittenLine, draw_page
from train.handwriting.presets import PRESETS

DATA = ".npz"
CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
WIDEST_CLIP = 8190  # pixels; MPEG-4 holds no more
MOST_DIGITS, MOST_PAGES = 10_000_000, 1_000_000  # that are drawn by one command, which takes days
MOST_COLUMNS = 1000  # JPEG holds no wider sheet
MOST_ROWS = 900
FASTEST = 1000  # frames per second


def main(argv: Sequence[str]) -> int:
    """Run `digits draw`; raises UsageError or InputError, gives 0."""
    options = _parser().parse_args(argv)
    draw: Callable[[argparse.Namespace], None] = options.draw
    draw(options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser("draw", "Draw handwriting with known truth: our own generator, the same for the same seed.")
    kinds = parser.add_subparsers(required=True, metavar="{digits,page,clip}", parser_class=_KindParser)
    digits = _add_kind(
        kinds, "digits", "a sheet of single digits (.png, .jpg) or a data set of them (.npz)", _draw_digits
    )
    digits.add_argument("--count", type=up_to(MOST_DIGITS), default=200, help="how many digits (default 200)")
    columns = up_to(MOST_COLUMNS)
    digits.add_argument("--columns", type=columns, default=20, help="digits in a row of the sheet (default 20)")
    page = _add_kind(kinds, "page", "a page as a camera sees it, with its truth in a .json beside it", _draw_pages)
    page.add_argument("--count", type=up_to(MOST_PAGES), help="draw so many pages, into the folder OUT")
    clip = _add_kind(kinds, "clip", "a clip (.mp4, .avi) of pages under a moving camera, with its truth", _draw_clip)
    clip.add_argument("--seconds", type=_duration, default=5.0, help="length of the clip (default 5)")
    clip.add_argument("--rate", type=up_to(FASTEST), default=30, help="frames per second (default 30)")
    clip.add_argument("--pages", type=positive, default=1, help="pages shown one after the other (default 1)")
    for kind in (page, clip):
        _add_page_options(kind)
    return parser


def _add_kind(
    kinds: "argparse._SubParsersAction[_KindParser]", name: str, what: str, draw: Callable[[argparse.Namespace], None]
) -> "_KindParser":
    """Add the parser of one kind of drawing."""
    kind = kinds.add_parser(name, help=what, description=f"Draw {what}.")
    kind.add_argument("out", metavar="OUT", type=Path, help="what to write")
    kind.add_argument("--seed", type=seed_number, default=1, help="another seed, another drawing (default 1)")
    kind.set_defaults(draw=draw)
    return kind


class _KindParser(Parser):
    """The parser of one kind of drawing: argparse makes it, and hands over the whole name."""

    def __init__(self, prog: str, description: str, **_: object) -> None:
        super().__init__(prog.removeprefix("digits "), description)


def _add_page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", choices=PRESETS, default="plain", help="kind of page (default plain)")
    parser.add_argument("--size", type=frame_size, metavar="WxH", help="size of the picture (default 1280x720)")
    parser.add_argument("--lines", type=positive, help="lines on the page (default 3)")
    parser.add_argument("--text", help="what to write instead of random digits, lines separated by commas")
    parser.add_argument("--height", type=float, metavar="PIXELS", help="height of the digits")


def _duration(text: str) -> float:
    """A length of time in seconds, above 0 and at most an hour."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"expected seconds above 0 and at most 3600, got {text!r}")
    return seconds


def _draw_digits(options: argparse.Namespace) -> None:
    """Draw a sheet of digits or a data set."""
    _expect_suffix(options.out, (*WRITABLE, DATA))
    as_data = options.out.suffix.lower() == DATA
    if not as_data and options.count > MOST_ROWS * options.columns:
        raise UsageError(f"--count: a sheet has at most {MOST_ROWS} rows; more digits go into a {DATA} file")
    images, labels = draw_digits(options.count, options.seed)
    if as_data:
        with atomic_file(options.out) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, images=images, labels=labels)
    else:
        order = np.argsort(labels, kind="stable")
        save_picture(options.out, contact_sheet(images[order], labels[order].tolist(), options.columns))
    _announce(options.out, counted(options.count, "digit"))


def _draw_pages(options: argparse.Namespace) -> None:
    """Draw one page, or a folder of them."""
    settings = _page_settings(options)
    if options.count is None:
        _expect_suffix(options.out, WRITABLE)
        _write_page(options.out, draw_page(settings, options.seed), options.preset, options.seed)
        _announce(options.out, "one page")
        return
    if options.out.suffix.lower() in WRITABLE or options.out.is_file():
        raise UsageError(f"{options.out}: with --count the pages go into a folder; name one")
    check_replaceable(options.out, _page_files, "folder of drawn pages")
    with atomic_folder(options.out) as folder:
        for seed in range(options.seed, options.seed + options.count):
            _write_page(folder / f"page-{seed:04}.jpg", draw_page(settings, seed), options.preset, seed)
    _announce(options.out, counted(options.count, "page"))


def _page_files(_: Path) -> tuple[str, ...]:
    """What a folder of pages holds."""
    return ("page-[0-9]*[0-9].jpg", "page-[0-9]*[0-9].json")


def _draw_clip(options: argparse.Namespace) -> None:
    """Draw a clip."""
    _expect_suffix(options.out, tuple(CODECS))
    frames = max(1, round(options.seconds * options.rate))
    try:
        settings = ClipSettings(_page_settings(options), frames=frames, pages=options.pages)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if max(settings.page.size) > WIDEST_CLIP or any(side % 2 for side in settings.page.size):
        raise UsageError(f"--size: a clip's sides are even and at most {WIDEST_CLIP} pixels, got {settings.page.size}")
    truth = _write_clip(options.out, settings, options.rate, options.seed)
    write_json(
        options.out.with_suffix(".json"),
        {
            "schema": "digits.clip/1",
            "preset": options.preset,
            "seed": options.seed,
            "rate": options.rate,
            "width": settings.page.size[0],
            "height": settings.page.size[1],
            "frames": truth,
        },
    )
    _announce(options.out, counted(len(truth), "frame"))


def _page_settings(options: argparse.Namespace) -> PageSettings:
    """The preset with what the command line changes; UsageError for what makes no page."""
    changes: dict[str, Any] = {
        name: value for name in ("size", "lines", "height") if (value := getattr(options, name)) is not None
    }
    if options.text is not None:
        changes["text"] = tuple(options.text.split(","))
    try:
        return replace(PRESETS[options.preset], **changes)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _write_page(path: Path, page: Page, preset: str, seed: int) -> None:
    """Write a page's picture and its truth beside it."""
    height, width = page.ink.shape
    save_picture(path, page.picture)
    truth = {"schema": "digits.page/1", "preset": preset, "seed": seed, "width": width, "height": height}
    write_json(path.with_suffix(".json"), truth | {"lines": _truth(page.lines)})


def _write_clip(path: Path, settings: ClipSettings, rate: int, seed: int) -> list[dict[str, Any]]:
    """Write the video; gives the truth of every frame."""
    truth = []
    with atomic_file(path) as temporary:
        codec = cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
        writer = cv2.VideoWriter(str(temporary), codec, rate, settings.page.size)
        if not writer.isOpened():
            raise InputError(f"{path}: this OpenCV cannot write {path.suffix} videos of {settings.page.size}; try .avi")
        try:
            for frame in draw_clip(settings, seed):
                writer.write(frame.picture)
                truth.append({"text": frame.text, "lines": _truth(frame.lines)})
        finally:
            writer.release()
    return truth


def _truth(lines: tuple[WrittenLine, ...]) -> list[dict[str, Any]]:
    """Lines as the JSON of `digits read` gives them."""
    return [
        {"text": line.text, "digits": [{"digit": digit.digit, "box": list(digit.box)} for digit in line.digits]}
        for line in lines
    ]


def _expect_suffix(path: Path, suffixes: tuple[str, ...]) -> None:
    if path.suffix.lower() not in suffixes:
        raise UsageError(f"{path}: expected a name that ends in {', '.join(suffixes)}")


def _announce(path: Path, what: str) -> None:
    talk().print(f"{path}: {what}", soft_wrap=True, markup=False)
