"""The board and what is said of it: always the newest moment, nothing that is too old, and what is wrong."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from camera_demo.loop import Moment
from camera_demo.newest import Counts
from camera_demo.reasons import Reason
from camera_demo.serve.board import Board, Subject, illness
from camera_demo.serve.documents import health_document, reading_document, view_document
from camera_demo.serve.recordings import Recording
from camera_demo.watchdog import Limits

SUBJECT = Subject("camera 0", "tiny", "ab" * 32, "litert", Limits(no_frame=2.0, frozen=2.0, stale=3.0))


@pytest.fixture
def board() -> Board:
    return Board(SUBJECT)


def test_before_the_first_frame_nothing_is_read_and_all_is_not_well(board: Board) -> None:
    document = reading_document(board.standing, time.monotonic(), SUBJECT)

    assert (document["schema"], document["text"], document["frame"]) == ("digits.event/1", None, None)
    assert (document["age_milliseconds"], document["reason"]) == (None, "no frame")
    assert illness(board.standing, time.monotonic(), SUBJECT.limits) == Reason.NO_FRAME


def test_the_newest_moment_stands(board: Board, moment_of: Callable[..., Moment]) -> None:
    for text in ("12", "345\n6"):
        board.hear(moment_of(text))

    document = reading_document(board.standing, time.monotonic(), SUBJECT)
    assert (document["text"], document["stable"], document["reason"]) == ("345\n6", True, None)
    assert [line["text"] for line in document["lines"]] == ["345", "6"]
    assert document["bundle"] == {"name": "tiny", "sha256": "ab" * 32}
    assert board.counts == Counts(2, 0, 2)
    assert Board(SUBJECT, lambda: Counts(5, 3, 2)).counts == Counts(5, 3, 2)


@pytest.mark.parametrize(("age", "text"), [(0.0, "12"), (2.9, "12"), (3.1, None), (1e6, None)])
def test_what_is_older_than_the_limit_is_not_said(
    age: float, text: str | None, board: Board, moment_of: Callable[..., Moment]
) -> None:
    now = time.monotonic()
    moment = moment_of("12")
    board.hear(replace(moment, shot=replace(moment.shot, arrived=now - age)))

    document = reading_document(board.standing, now, SUBJECT)
    view = view_document(board, Recording(), 0, now)

    assert document["text"] == view["event"]["text"] == text
    assert document["age_milliseconds"] == pytest.approx(1000 * age, abs=0.1)
    assert bool(document["lines"]) is bool(view["glyphs"]) is document["stable"] is (text is not None)
    assert document["reason"] == (None if text else "stale frame")
    assert health_document(board.standing, now, SUBJECT)["healthy"] is (text is not None)


def test_a_reason_stays_when_it_grows_old(board: Board, moment_of: Callable[..., Moment]) -> None:
    board.hear(moment_of("", Reason.NO_FRAME, stable=False, age=60))

    document = reading_document(board.standing, time.monotonic(), SUBJECT)
    assert (document["text"], document["reason"]) == (None, "no frame")


@pytest.mark.parametrize(
    ("reason", "at_once", "later"),
    [
        (None, None, None),
        (Reason.NO_DIGITS, None, None),
        (Reason.MOVING, None, None),
        (Reason.WRONG_LENGTH, None, None),
        (Reason.REPEATED, None, None),
        (Reason.BLACK, None, Reason.BLACK),
        (Reason.BLURRED, None, Reason.BLURRED),
        (Reason.FROZEN, Reason.FROZEN, Reason.FROZEN),
        (Reason.NO_FRAME, Reason.NO_FRAME, Reason.NO_FRAME),
    ],
    ids=str,
)
def test_what_is_wrong_and_for_how_long(
    reason: Reason | None, at_once: Reason | None, later: Reason | None, board: Board, moment_of: Callable[..., Moment]
) -> None:
    board.hear(moment_of("12" if reason is None else "", reason))
    now = time.monotonic()

    assert illness(board.standing, now, SUBJECT.limits) == at_once
    assert illness(board.standing, now + 2.5, SUBJECT.limits) == later


def test_a_fault_that_passes_is_no_illness(board: Board, moment_of: Callable[..., Moment]) -> None:
    for reason in (Reason.BLACK, None, Reason.BLACK):
        board.hear(moment_of("12", reason))
        since = board.standing.faulty_since
        assert (since is None) is (reason is None)

    board.hear(moment_of("", Reason.BLANK))
    assert board.standing.faulty_since == since  # one fault turned into another
    assert board.standing.without == {Reason.BLACK: 2, Reason.BLANK: 1}
    assert board.standing.with_text == 1


def test_a_view_says_what_was_known_before_a_fault_of_a_moment(board: Board, moment_of: Callable[..., Moment]) -> None:
    board.hear(replace(moment_of("12", Reason.BLURRED), held=True))

    view = view_document(board, Recording(True, "digits.mp4", time.monotonic() - 5), 3, time.monotonic())

    assert (view["event"]["text"], view["event"]["reason"], view["known"]) == ("", "blurred frame", "12")
    assert [glyph["digit"] for glyph in view["glyphs"]] == [1, 2]
    assert (view["source"], view["engine"], view["limit_milliseconds"]) == ("camera 0", "litert", 3000)
    assert (view["newest_entry"], view["recording"]["name"]) == (3, "digits.mp4")
    assert view["recording"]["seconds"] >= 5
    assert view["rate"] == 25.0


def test_a_glyph_that_is_not_sure_says_what_it_might_be(board: Board, moment_of: Callable[..., Moment]) -> None:
    board.hear(moment_of("?7", stable=False))

    first, second = view_document(board, Recording(), 0, time.monotonic())["glyphs"]
    assert (first["digit"], first["best"], second["digit"], first["line"]) == (None, 0, 7, 0)
