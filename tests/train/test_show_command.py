"""`digits show`: sample images from every kind of source, in dots and as a sheet."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from runtime.cli import main
from runtime.npz import write_npz
from train.handwriting.dataset import draw_digits
from train.mnist import VARIABLE
from train.show_command import render, take

IMAGES, LABELS = draw_digits(30, 1)


def test_dots_are_the_pixels() -> None:
    """Decoded back, the Braille characters give the image's ink, pixel by pixel."""
    image = IMAGES[0]
    bits = {(0, 0): 0, (1, 0): 1, (2, 0): 2, (0, 1): 3, (1, 1): 4, (2, 1): 5, (3, 0): 6, (3, 1): 7}

    lines = render(image[None], LABELS[:1], 80).splitlines()

    assert lines[0].strip() == str(LABELS[0])
    decoded = np.zeros((28, 28), bool)
    for row, line in enumerate(lines[1:]):
        for column, character in enumerate(line):
            for (down, across), bit in bits.items():
                decoded[4 * row + down, 2 * column + across] = (ord(character) - 0x2800) >> bit & 1
    np.testing.assert_array_equal(decoded, image >= 96)


@pytest.mark.parametrize(("width", "blocks"), [(80, 2), (200, 1), (10, 10)], ids=["usual", "wide", "narrow"])
def test_lines_fit_the_terminal(width: int, blocks: int) -> None:
    lines = render(IMAGES[:10], LABELS[:10], width).splitlines()

    assert len(lines) == 8 * blocks
    assert max(map(len, lines)) <= max(width, 14)


def test_take_is_the_first_or_drawn_by_seed() -> None:
    images, labels = take((IMAGES, LABELS), 5, None)
    mixed, its_labels = take((IMAGES, LABELS), 5, 3)

    np.testing.assert_array_equal(images, IMAGES[:5])
    np.testing.assert_array_equal(labels, LABELS[:5])
    np.testing.assert_array_equal(mixed, take((IMAGES, LABELS), 5, 3)[0])
    assert (its_labels != labels).any()
    assert len(take((IMAGES, LABELS), 99, None)[1]) == 30


@pytest.mark.parametrize("kind", ["idx", "npz", "run", "synthetic", "mnist"])
def test_every_source(
    kind: str, idx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from runtime import manifest

    write_npz(tmp_path / "digits.npz", {"images": IMAGES, "labels": LABELS})
    files = (manifest.describe(tmp_path, "digits.npz", "npz", "holdout"),)
    manifest.save(manifest.Manifest("x", manifest.now(), 0, files=files), tmp_path)
    monkeypatch.setenv(VARIABLE, str(idx_folder))
    what = {"idx": str(idx_folder), "npz": str(tmp_path / "digits.npz"), "run": str(tmp_path)}.get(kind, kind)

    assert main(["show", what, "--count", "3", "--out", str(tmp_path / "sheet.png")]) == 0

    assert len(capsys.readouterr().out.splitlines()) == 8
    assert cv2.imread(str(tmp_path / "sheet.png")).std() > 5


def test_other_sizes_are_normalised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = np.pad(IMAGES, ((0, 0), (20, 4), (9, 0)))
    write_npz(tmp_path / "large.npz", {"images": large, "labels": LABELS})
    write_npz(tmp_path / "small.npz", {"images": IMAGES, "labels": LABELS})
    shown = []
    for name in ("large", "small"):
        assert main(["show", str(tmp_path / f"{name}.npz")]) == 0
        shown.append(capsys.readouterr().out)

    assert shown[0] == shown[1]


def test_useless_sources_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_npz(tmp_path / "flat.npz", {"images": IMAGES[0], "labels": LABELS})
    write_npz(tmp_path / "none.npz", {"images": IMAGES[:0], "labels": LABELS[:0]})
    (tmp_path / "broken.npz").write_bytes(b"PK")
    cases = {
        "nothing": "expected a run folder, a folder of IDX files",
        "flat.npz": "expected images uint8 (N, H, W), white on black, or (N, H, W, 3), got uint8 (28, 28)",
        "none.npz": "expected at least one labelled image, got none",
        "broken.npz": "not a readable .npz file",
        "missing.npz": "cannot be read",
        "": "expected t10k-images-idx3-ubyte.gz",
    }
    for name, message in cases.items():
        assert main(["show", str(tmp_path / name)]) == 1
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
