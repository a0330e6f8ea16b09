"""What models are measured on is read as it is, and nothing unsure among it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.measure.material import Digits, read_photographs, read_run, read_sets
from runtime import manifest
from runtime.errors import InputError, ModelError
from runtime.npz import write_npz
from runtime.pictures import save_picture
from train.handwriting.dataset import draw_digits
from train.handwriting.page import PageSettings, draw_page

KINDS = ("letters", "blots")


def write_arrays(folder: Path, **arrays: dict[str, Any]) -> manifest.Manifest:
    """Put arrays into a run folder and list them; gives the new manifest."""
    for name, content in arrays.items():
        write_npz(folder / f"{name}.npz", content)
    files = [manifest.describe(folder, f"{name}.npz", "npz", name) for name in arrays]
    described = manifest.load(folder).with_files(files)
    manifest.save(described, folder)
    return described


@pytest.fixture
def run_of_eleven(run_folder: Path) -> Path:
    """A run with calibration, validation and background samples."""
    images, labels = draw_digits(40, seed=2)
    junk = np.full(10, 10, np.uint8)
    write_arrays(
        run_folder,
        calibration={"images": images[:20], "labels": labels[:20]},
        validation={"images": images, "labels": np.concatenate([labels[:30], junk])},
        background={"images": images[:6], "kinds": np.array([0, 0, 1, 1, 1, 0], np.uint8), "names": np.array(KINDS)},
    )
    return run_folder


def test_a_run_offers_hold_out_validation_and_junk(run_of_eleven: Path) -> None:
    found = read_run(run_of_eleven, manifest.load(run_of_eleven))

    assert (found.holdout.name, found.validation.name) == ("holdout", "validation")
    assert found.holdout.images.shape[1:] == (28, 28)
    assert (len(found.validation), len(found.calibration)) == (30, 20)
    assert found.validation.labels.max() <= 9
    assert found.validation_junk is not None
    assert len(found.validation_junk) == 10
    assert found.background is not None
    assert found.background.kinds == ("letters", "letters", "blots", "blots", "blots", "letters")


def test_a_run_that_held_nothing_back_offers_what_it_calibrated_with(run_folder: Path) -> None:
    images, labels = draw_digits(20, seed=2)
    described = write_arrays(run_folder, calibration={"images": images, "labels": labels})

    found = read_run(run_folder, described)

    assert found.validation.name == "calibration"
    assert (found.validation_junk, found.background) == (None, None)


@pytest.mark.parametrize(
    "kinds",
    [pytest.param([0, 1], id="too few"), pytest.param([0, 1, 2, 0, 0, 0], id="without a name")],
)
def test_background_whose_kinds_do_not_fit_is_refused(run_of_eleven: Path, kinds: list[int]) -> None:
    images, _ = draw_digits(6, seed=2)
    background = {"images": images, "kinds": np.array(kinds, np.uint8), "names": np.array(KINDS)}
    described = write_arrays(run_of_eleven, background=background)

    with pytest.raises(ModelError, match="expected a kind for each of 6 images"):
        read_run(run_of_eleven, described)


def test_sets_are_read_by_name(tmp_path: Path) -> None:
    images, labels = draw_digits(12, seed=3)
    large = np.stack([np.kron(image, np.ones((2, 2), np.uint8)) for image in images])
    write_npz(tmp_path / "small.npz", {"images": images, "labels": labels})
    write_npz(tmp_path / "large.npz", {"images": large, "labels": labels})
    (tmp_path / "notes.txt").write_text("none of ours")

    large_set, small_set = read_sets(tmp_path)

    assert (large_set.name, small_set.name) == ("large", "small")
    assert (small_set.images == images).all()
    assert large_set.images.shape == (12, 28, 28)  # normalised
    assert (large_set.labels == labels).all()


@pytest.mark.parametrize(
    "content", [pytest.param(None, id="empty folder"), pytest.param(b"no archive", id="a damaged file")]
)
def test_sets_that_are_none_are_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "set.npz").write_bytes(content)

    with pytest.raises(InputError, match=r"\.npz"):
        read_sets(tmp_path)


def write_photographs(folder: Path, **changes: object) -> tuple[int, list[list[Any]]]:
    """A page with its true boxes, and an empty sheet; gives the number of digits and their boxes."""
    page = draw_page(PageSettings(size=(640, 360), lines=2, digits=(4, 4)), seed=3)
    save_picture(folder / "page.png", page.picture)
    save_picture(folder / "empty.png", np.full((200, 300), 230, np.uint8))
    boxes: list[list[Any]] = [[*d.box, str(d.digit)] for line in page.lines for d in line.digits]
    entry = {"file": "page.png", "kind": "photo", "lines": [], "boxes": boxes, **changes}
    sheet = {"file": "empty.png", "kind": "negative", "lines": []}
    (folder / "manifest.json").write_text(json.dumps([entry, sheet]))
    return len(boxes), boxes


def nobody(done: int, total: int) -> None:
    """Progress that nobody watches."""
    assert 0 <= done < total


def test_photographed_digits_are_cut_in_two_ways(tmp_path: Path) -> None:
    count, boxes = write_photographs(tmp_path)

    (fine, plain), negatives = read_photographs(tmp_path, nobody)

    assert (fine.name, plain.name) == ("photographs", "photographs, plain cut")
    assert len(fine) == len(plain) == count
    assert fine.labels.tolist() == [int(box[4]) for box in boxes]
    assert set(fine.kinds) == {"photo"}
    assert all(image.max() == 255 for image in (*fine.images, *plain.images))
    assert negatives is None  # nothing is on the empty sheet


def test_unsure_and_ignored_digits_are_left_out(tmp_path: Path) -> None:
    count, boxes = write_photographs(tmp_path)
    boxes[0][4] += "?"
    write_photographs(tmp_path, boxes=boxes, ignore=[boxes[-1][:4]])

    (fine, _), _ = read_photographs(tmp_path, nobody)

    assert len(fine) == count - 2
    assert fine.labels.tolist() == [int(box[4]) for box in boxes[1:-1]]


@pytest.mark.parametrize("kind", ["string", "negative"])
def test_other_kinds_of_pictures_hold_no_digits_to_cut(tmp_path: Path, kind: str) -> None:
    write_photographs(tmp_path, kind=kind)

    with pytest.raises(InputError, match="no digit with a box"):
        read_photographs(tmp_path, nobody)


def test_pictures_with_printed_digits_are_no_negatives(tmp_path: Path) -> None:
    write_photographs(tmp_path)
    entries = json.loads((tmp_path / "manifest.json").read_text())
    printed = {**entries[0], "kind": "negative", "subset": "printed_digits"}
    scribbled = {**entries[0], "kind": "negative"}
    (tmp_path / "manifest.json").write_text(json.dumps([entries[0], printed]))
    without = read_photographs(tmp_path, nobody)[1]
    (tmp_path / "manifest.json").write_text(json.dumps([entries[0], scribbled]))
    with_them = read_photographs(tmp_path, nobody)[1]

    assert without is None
    assert with_them is not None
    assert len(with_them) >= 6  # the reader's own segmentation finds the digits of that page


def test_a_set_is_as_long_as_its_labels() -> None:
    assert len(Digits("none", np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))) == 0
