"""The stage that lost a digit: pages spoilt on purpose at one place, each so that another stage fails there."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.reading.failures import STAGES, Failure, find_failures
from convert.reading.report import Case, count_stages
from convert.reading.score import score
from convert.reading.trial import Trial
from convert.reading.truth import NOTHING, Truth, WrittenDigit
from runtime.reader import Reader, open_reader
from runtime.records import Box, Frame
from train.handwriting.page import PageSettings, draw_page

SETTINGS = PageSettings((720, 480), text=("35274", "60481", "29375"), height=64, turn=0, perspective=0)
INK = (50, 45, 45)
SPOILT = 2  # the digit that something is done to: the third on the first line


@cache
def reader() -> Reader:
    """The shipped bundle's reader."""
    return open_reader()


@cache
def page() -> tuple[Frame, tuple[WrittenDigit, ...]]:
    drawn = draw_page(SETTINGS, 3)
    return drawn.picture, tuple(WrittenDigit(w.box, w.digit) for line in drawn.lines for w in line.digits)


def failures(frame: Frame, digits: tuple[WrittenDigit, ...], **others: object) -> list[Failure]:
    """What went wrong in a frame of which these digits are the truth."""
    lines = (tuple(written.digit for written in digits),)
    truth = replace(Truth(Path("a.png"), "photo", lines, digits), **others)  # type: ignore[arg-type]
    reading = reader().read(frame)
    return find_failures(frame, Trial("clean", truth, reading, score(truth, reading)), reader())


def spoilt(change: Callable[[Frame, Box], None]) -> tuple[Frame, list[Failure]]:
    """The page with a change to one digit, and the failures at its place."""
    picture, digits = page()
    frame, box = picture.copy(), digits[SPOILT].box
    change(frame, box)
    return frame, [failure for failure in failures(frame, digits) if failure.box == box]


def erase(frame: Frame, box: Box) -> None:
    """Paper where the digit was."""
    around = frame[max(0, box.top - 4) : box.bottom + 4, max(0, box.left - 4) : box.right + 4]
    around[:] = np.median(frame, axis=(0, 1))


def blot(frame: Frame, box: Box) -> None:
    """A blot that covers the digit."""
    cv2.rectangle(frame, box[:2], (box.right - 1, box.bottom - 1), INK, cv2.FILLED)


def shrink(frame: Frame, box: Box) -> None:
    """A dash in the middle of where the digit was, as wide as it."""
    erase(frame, box)
    middle = box.top + box.height // 2
    cv2.rectangle(frame, (box.left, middle - 2), (box.right, middle + 2), INK, cv2.FILLED)


def scribble(frame: Frame, box: Box) -> None:
    """Loops over the digit that run down through the line below it."""
    for step in range(4):
        centre = (box.left + box.width // 2 - 20 * step, box.bottom + 30 * step)
        cv2.ellipse(frame, centre, (90, 60), 30 * step, 0, 360, INK, 6)


def letter(frame: Frame, box: Box) -> None:
    """A cross in a ring, which is no digit, in the digit's place."""
    erase(frame, box)
    x, y = box.left + box.width // 2, box.top + box.height // 2
    half = min(box.width, box.height) // 2
    for dx, dy in ((1, 1), (1, -1), (0, 1), (1, 0)):
        cv2.line(frame, (x - dx * half, y - dy * half), (x + dx * half, y + dy * half), INK, 4)


def test_a_page_that_is_read_has_no_failures() -> None:
    assert failures(*page()) == []


def test_an_erased_digit_is_not_in_the_ink() -> None:
    (failure,) = spoilt(erase)[1]

    assert (failure.stage, failure.reason, failure.read) == ("ink", None, None)
    assert failure.wanted == page()[1][SPOILT].digit


def test_a_blot_has_no_digits_shape() -> None:
    (failure,) = spoilt(blot)[1]

    assert failure.stage == "shape"
    assert failure.reason in ("its strokes are too thick", "a blot")


def test_ink_that_is_no_piece_of_its_own_is_lost_with_the_pieces() -> None:
    for change in (shrink, scribble):
        (failure,) = spoilt(change)[1]
        assert failure.stage == "pieces"


def test_what_the_network_refuses_was_found_but_not_published() -> None:
    (failure,) = spoilt(letter)[1]

    assert failure.stage == "confidence"
    assert failure.reason
    assert "no digit" in failure.reason or "asked" in failure.reason


def test_another_label_is_the_networks_mistake() -> None:
    picture, digits = page()
    wrong = tuple(replace(w, digit=(w.digit or 0) + 1) if i == SPOILT else w for i, w in enumerate(digits))

    (failure,) = failures(picture, wrong)

    assert (failure.stage, failure.wanted, failure.read) == ("network", wrong[SPOILT].digit, digits[SPOILT].digit)


def test_a_label_that_nobody_is_sure_of_is_right_whatever_is_read() -> None:
    picture, digits = page()
    unsure = tuple(replace(w, digit=None) if i == SPOILT else w for i, w in enumerate(digits))

    assert failures(picture, unsure) == []


def test_a_digit_that_nobody_wrote_was_added() -> None:
    picture, digits = page()
    left_out = digits[:SPOILT] + digits[SPOILT + 1 :]

    (failure,) = failures(picture, left_out)

    assert (failure.stage, failure.wanted, failure.read) == ("added", None, digits[SPOILT].digit)


@pytest.mark.parametrize(
    "others", [{"ignored": (Box(0, 0, 720, 480),)}, {"distracting": True}], ids=["ignored", "letters"]
)
def test_where_additions_do_not_count_nothing_was_added(others: dict[str, object]) -> None:
    picture, digits = page()

    assert failures(picture, digits[:SPOILT] + digits[SPOILT + 1 :], **others) == []


def test_everything_read_where_nothing_is_was_added() -> None:
    picture, digits = page()
    truth = Truth(Path("a.png"), NOTHING, (), None)
    reading = reader().read(picture)

    found = find_failures(picture, Trial("clean", truth, reading, score(truth, reading)), reader())

    assert [failure.stage for failure in found] == ["added"] * len(digits)


def test_tiny_marks_are_lost_by_their_company() -> None:
    picture, digits = page()
    frame, tiny = picture.copy(), []
    for left in range(100, 400, 60):
        cv2.ellipse(frame, (left, 460), (5, 8), 0, 0, 360, INK, 2)
        tiny.append(WrittenDigit(Box(left - 6, 451, 12, 18), 0))

    lost = failures(frame, (*digits, *tiny))

    assert {failure.stage for failure in lost} <= {"company", "shape", "confidence"}
    assert sum("far smaller" in str(failure.reason) for failure in lost) >= 3


def test_a_piece_of_a_ruled_line_went_with_the_lines() -> None:
    picture, digits = page()
    frame = picture.copy()
    for top in (145, 270, 400, 470):
        cv2.line(frame, (0, top), (719, top), (120, 110, 105), 2)
    phantom = WrittenDigit(Box(40, 460, 12, 20), 1)

    lost = [failure for failure in failures(frame, (*digits, phantom)) if failure.box == phantom.box]

    assert [failure.stage for failure in lost] == ["lines"]


def test_every_stage_has_a_meaning_and_is_counted_in_its_order() -> None:
    box = Box(0, 0, 9, 9)
    found = [Failure(box, stage, None, 1, None) for stage in reversed(STAGES)]
    truth = Truth(Path("a.png"), "photo", (), ())
    reading = reader().read(np.full((60, 80), 200, np.uint8))
    case = Case(Trial("clean", truth, reading, score(truth, reading)), [*found, found[0]])

    counts = count_stages([case, case])

    assert list(counts) == list(STAGES)
    assert sum(counts.values()) == 2 * len(found) + 2
    assert all(STAGES.values())
