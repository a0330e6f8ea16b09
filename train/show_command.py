"""`digits show`: sample images of a run or a data set with their labels, in the terminal and as a picture."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime import manifest
from runtime.arguments import Parser, positive, seed_number
from runtime.errors import InputError
from runtime.idx import Labelled, read_test_set
from runtime.labelled import read_labelled
from runtime.npz import read_npz
from runtime.records import GLYPH_SIDE
from train.handwriting.dataset import draw_digits
from train.mnist import find_mnist

DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # bits of a Braille character's 4×2 dots
FIRST_BRAILLE = 0x2800
INK = 96  # grey levels from which a pixel is a dot


def main(argv: Sequence[str]) -> int:
    """Run `digits show`."""
    parser = Parser("show", "Show sample images of a run or a data set with their labels.")
    parser.add_argument(
        "what", metavar="RUN|DATA", help="a run folder, IDX files, an .npz file, 'mnist' or 'synthetic'"
    )
    parser.add_argument("--count", type=positive, default=20, help="how many images (20)")
    parser.add_argument("--seed", type=seed_number, help="draw them at random, by this seed, instead of the first ones")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write a sheet of them as a PNG picture, too")
    options = parser.parse_args(argv)
    images, labels = take(load_labelled(options.what, options.count), options.count, options.seed)
    print(render(images, labels, shutil.get_terminal_size().columns))
    if options.out:
        from train.figures import draw_sheet, save_figure  # noqa: PLC0415 - matplotlib takes a second

        title = f"{len(labels)} images of {options.what} and their labels"
        save_figure(draw_sheet(images, [str(label) for label in labels], title), options.out)
    return 0


def load_labelled(what: str, count: int) -> Labelled:
    """The images (N, 28, 28) and labels that `what` names; of drawn ones `count`. InputError where there are none."""
    if what == "synthetic":
        return draw_digits(count, seed=1)
    if what == "mnist":
        return read_test_set(find_mnist())
    path = Path(what)
    if (path / manifest.FILE_NAME).is_file():
        return _read_run(path)
    if not path.is_dir() and path.suffix != ".npz":
        raise InputError(f"{path}: expected a run folder, a folder of IDX files, an .npz file, 'mnist' or 'synthetic'")
    return read_labelled(path)


def take(labelled: Labelled, count: int, seed: int | None) -> Labelled:
    """`count` of the images: the first ones, or drawn by `seed`."""
    images, labels = labelled
    order = np.arange(len(labels)) if seed is None else np.random.default_rng(seed).permutation(len(labels))
    return images[order[:count]], labels[order[:count]]


def render(images: NDArray[np.uint8], labels: NDArray[np.uint8], width: int) -> str:
    """Draw images (N, 28, 28) in Braille dots, one a pixel, with their labels, in lines of `width` characters."""
    columns = max(1, width // (GLYPH_SIDE // 2 + 1))
    blocks = []
    for start in range(0, len(images), columns):
        cells = [_dots(image) for image in images[start : start + columns]]
        captions = " ".join(f"{label!s:14}" for label in labels[start : start + columns])
        blocks.append("\n".join([captions, *(" ".join(row) for row in zip(*cells, strict=True))]))
    return "\n".join(blocks)


def _dots(image: NDArray[np.uint8]) -> list[str]:
    """One image as 7 lines of 14 characters."""
    side = GLYPH_SIDE
    cells = (image >= INK).reshape(side // 4, 4, side // 2, 2).transpose(0, 2, 1, 3)
    codes = FIRST_BRAILLE + (cells * DOTS).sum(axis=(2, 3))
    return ["".join(map(chr, row)) for row in codes]


def _read_run(folder: Path) -> Labelled:
    """The hold-out images of a run, or for a bundle the drawn ones that travel with it."""
    described = manifest.load(folder)
    file = described.find("npz", "holdout") or described.find("npz", "golden")
    if file is None:
        raise InputError(f"{folder}: its manifest lists neither hold-out nor golden images")
    arrays = read_npz(manifest.read_file(folder, file), ("images", "labels"), folder / file.path)
    return arrays["images"], arrays["labels"]
