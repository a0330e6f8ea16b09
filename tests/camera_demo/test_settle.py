"""When a line counts: seen for long enough, whole, with the sheet still; and what keeps it from counting."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest

from camera_demo.settle import DOUBT, HOLD, LOOKS, SECONDS, STILL, Row, settle_all, sights
from camera_demo.track import CONFIRMED
from camera_demo.tracker import PATIENCE, Tracks, follow
from runtime.records import Line, Prediction, Reading

SIZE = (640, 480)
RATE = 30.0
SOON = CONFIRMED + LOOKS + round(SECONDS * RATE)  # frames after which something new has settled
Write = Callable[..., Reading]


def run(readings: Iterable[Reading], rate: float = RATE) -> list[list[str]]:
    """The valid lines after each frame."""
    tracks, found = Tracks(), []
    rows: tuple[Row, ...] = ()
    for number, reading in enumerate(readings):
        tracks = follow(tracks, tuple(reading.digits), number / rate, SIZE)
        rows = settle_all(rows, sights(reading, tracks), tracks)
        found.append([row.line.text for row in rows if row.line and row.valid(tracks.seconds)])
    return found


def unsure(reading: Reading, place: int) -> Reading:
    """The reading with a digit that looks as before, and of which the network is not sure any more."""
    (line,) = reading.lines
    digits = list(line.digits)
    doubtful = Prediction(np.full(10, 0.1, np.float32), 0.5)
    digits[place] = replace(digits[place], prediction=doubtful)
    return Reading((Line(tuple(digits)),))


def test_a_line_settles_once_and_stays(written: Write) -> None:
    found = run([written("2021")] * 40)

    first = found.index(["2021"])
    assert CONFIRMED + LOOKS <= first + 1 <= SOON
    assert found[:first] == [[]] * first
    assert found[first:] == [["2021"]] * (40 - first)


@pytest.mark.parametrize("rate", [2.0, 10.0, 60.0])
def test_frames_and_seconds_must_both_pass(written: Write, rate: float) -> None:
    first = run([written("7")] * 60, rate).index(["7"])

    assert first + 1 >= CONFIRMED + LOOKS - 1
    assert first / rate >= SECONDS


def test_unsure_glyphs_are_no_digits(written: Write) -> None:
    assert run([written("?20?")] * 30)[-1] == ["20"]
    assert run([written("??")] * 30)[-1] == []


def test_a_number_with_a_digit_that_is_likely_but_not_certain_is_not_published_without_it(written: Write) -> None:
    line = written("2021").lines[0]
    doubtful = [
        replace(digit, prediction=replace(digit.prediction, threshold=0.99)) if place == 1 else digit
        for place, digit in enumerate(line.digits)
    ]

    assert run([Reading((replace(line, digits=tuple(doubtful)),))] * 60)[-1] == []


def test_a_number_that_gets_a_digit_more_is_not_told_without_it(written: Write) -> None:
    line = written("201").lines[0]
    last = line.digits[2]
    doubtful = replace(last, prediction=replace(last.prediction, threshold=0.99))
    grown = Reading((replace(line, digits=(*line.digits[:2], doubtful)),))

    found = run([written("20")] * SOON + [grown] * round((HOLD + 1) * RATE))

    assert found[SOON] == ["20"]
    assert found[-1] == []


def test_lines_keep_their_order_and_do_not_wait_for_each_other(written: Write) -> None:
    found = run([written("12\n34\n56")] * 25 + [written("12\n__\n56")] * 10)

    assert found[24] == found[-1] == ["12", "34", "56"]


def test_nothing_new_settles_while_the_sheet_moves_fast(written: Write) -> None:
    step = 1.5 * STILL * 40 / RATE  # pixels a frame
    moving = [written("2021", (step * n, 0)) for n in range(20)]

    assert run(moving) == [[]] * 20


def test_what_has_settled_may_move_fast(written: Write) -> None:
    step = 1.5 * STILL * 40 / RATE
    moving = [written("2021", (step * n, 0)) for n in range(10)]

    assert run([written("2021")] * SOON + moving)[-10:] == [["2021"]] * 10


def test_a_covered_digit_is_believed_for_a_while_and_never_left_out(written: Write) -> None:
    covered = round((HOLD + 1) * RATE)
    found = run([written("2021")] * SOON + [written("20_1")] * covered + [written("2021")] * 3)

    assert set(map(tuple, found[SOON:])) == {("2021",), ()}
    hidden = found[SOON : SOON + covered]
    assert hidden.index([]) / RATE == pytest.approx(HOLD, abs=0.1)
    assert found[-1] == ["2021"]


def test_a_digit_that_is_wiped_off_is_missed_in_the_end(written: Write) -> None:
    found = run([written("2021")] * SOON + [written("202_")] * round((PATIENCE + 1) * RATE))

    assert found[-1] == ["202"]
    assert found.index(["202"]) / RATE > PATIENCE


def test_a_digit_that_becomes_unsure_keeps_its_line_from_changing(written: Write) -> None:
    found = run([written("2021")] * SOON + [unsure(written("2021", confidence=0.9), 2)] * 25)

    assert set(map(tuple, found[SOON:])) <= {("2021",), ()}


def test_a_digit_seen_for_a_moment_makes_the_line_wait(written: Write) -> None:
    glimpse = [written("_021")] * 8 + [written("2021")] + [written("_021")] * 40

    plain, doubted = run([written("_021")] * 49), run(glimpse)

    assert doubted.index(["021"]) > plain.index(["021"])
    assert doubted.index(["021"]) / RATE > 8 / RATE + DOUBT


def test_a_line_that_grows_is_told_when_it_has_grown(written: Write) -> None:
    found = run([written("20")] * SOON + [written("202")] * SOON)

    assert found[-1] == ["202"]
    assert {tuple(lines) for lines in found} == {(), ("20",), ("202",)}


def test_a_line_that_falls_apart_for_a_moment_stays_one(written: Write) -> None:
    whole = written("2021")
    (line,) = whole.lines
    apart = Reading((type(line)(line.digits[:2]), type(line)(line.digits[2:])))

    found = run([whole] * SOON + [apart] * 3 + [whole] * 5)

    assert found[SOON:] == [["2021"]] * 8


def test_when_the_page_is_turned_the_old_one_is_given_up(written: Write) -> None:
    found = run([written("2021")] * SOON + [written("734", (0, 120))] * (SOON + 2))

    new = found.index(["734"])
    assert set(map(tuple, found[:new])) == {(), ("2021",)}
    assert found[SOON + CONFIRMED - 1 : new] == [[]] * (new - SOON - CONFIRMED + 1)
    assert found[new:] == [["734"]] * (len(found) - new)


def test_a_line_that_jumps_by_itself_neither_goes_nor_is_told_twice(written: Write) -> None:
    jumped = Reading((*written("2021", (60, 0)).lines, *written("____\n3419").lines))

    found = run([written("2021\n3419")] * (SOON + 2) + [jumped] * 40)

    assert found[SOON + 1 :] == [["2021", "3419"]] * 41


def test_a_page_that_is_taken_away_is_forgotten_in_time(written: Write) -> None:
    found = run([written("2021\n33")] * SOON + [Reading(())] * round((HOLD + 0.2) * RATE))

    assert found[SOON] == ["2021", "33"]
    assert found[-1] == []


def test_a_row_begins_empty() -> None:
    assert not Row().valid(0.0)
    assert settle_all((), [], Tracks()) == ()
