"""Lines of touching digits: cut, chosen and read, on drawn pages with known truth and on ink made by hand."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.preprocess import to_input
from runtime.reader import Reader, open_reader
from runtime.records import Box, Glyph, Prediction, Probabilities, ReadDigit
from runtime.strings import STRING_SETTINGS, evidence, read_strip, says_more
from runtime.strings.choice import choose, score
from runtime.strings.cuts import Cuts, find_cuts
from runtime.strings.lattice import Lattice, build_lattice
from runtime.strings.line import read_lattice
from runtime.strings.pieces import Piece, find_pieces, piece_ink
from runtime.strings.strip import find_strip
from runtime.strings.writing import DIGIT_HEIGHT, SOLID, Writing, digit_height, find_slant, stand_upright
from train.handwriting.page import Page, PageSettings, draw_page

TOUCHING = PageSettings((300, 90), text=("480",), height=40, spacing=-0.1, turn=0, perspective=0, pen="marker")


@cache
def reader() -> Reader:
    """The shipped bundle's reader."""
    return open_reader()


def strip_page(text: str, seed: int, spacing: float = -0.1) -> Page:
    """A close view of one line, drawn."""
    width = 60 + 42 * len(text)
    return draw_page(replace(TOUCHING, size=(width, 80), text=(text,), spacing=spacing), seed)


def bars(*columns: int, height: int = 40, width: int = 5) -> NDArray[np.uint8]:
    """Upright strokes at `columns`."""
    ink = np.zeros((height + 20, max(columns) + 30), np.uint8)
    for column in columns:
        ink[10 : 10 + height, column : column + width] = 255
    return ink


def rings(count: int, gap: int) -> NDArray[np.uint8]:
    """`count` zeros in a row, `gap` pixels apart or, below 0, into each other."""
    ink = np.zeros((70, 40 + count * (34 + gap)), np.uint8)
    for index in range(count):
        cv2.ellipse(ink, (35 + index * (34 + gap), 35), (15, 18), 0, 0, 360, 255, 4)
    return ink


def lattice_of(ink: NDArray[np.uint8]) -> Lattice:
    lattice = build_lattice(ink, STRING_SETTINGS)
    assert lattice is not None
    return lattice


def oracle(lattice: Lattice, wanted: dict[tuple[int, int], int], classes: int = 11) -> Probabilities:
    """Answers that are sure of the pieces between the `wanted` cuts and take all others for none."""
    answers = []
    for piece in lattice.pieces:
        row = np.full(classes, 0.001)
        row[wanted.get((piece.first, piece.last), classes - 1)] = 1
        if not piece.empty:
            answers.append(row / row.sum())
    return np.asarray(answers, np.float32)


def free_cuts(lattice: Lattice) -> list[int]:
    return [index for index, crossed in enumerate(lattice.cuts.crossed.tolist()) if crossed < 0.5]


# Standing upright


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.3, 0.6, 1.0])
def test_the_slant_of_leaning_strokes_is_found(slant: float) -> None:
    ink = bars(60, 90, 120)
    middle = ink.shape[0] / 2
    shear = np.array([[1, -slant, slant * middle], [0, 1, 0]], np.float32)
    leaning = cv2.warpAffine(ink, shear, (ink.shape[1] + 60, ink.shape[0]))
    assert find_slant(leaning > SOLID, STRING_SETTINGS) == pytest.approx(slant, abs=0.11)


@pytest.mark.parametrize("height", [12, 25, 40, 90])
def test_digits_of_any_height_come_to_the_same(height: int) -> None:
    writing = stand_upright(bars(20, 60, height=height, width=max(2, height // 8)), STRING_SETTINGS)
    assert writing is not None
    solid = (writing.ink > SOLID).astype(np.uint8)
    assert digit_height(solid, STRING_SETTINGS) == pytest.approx(DIGIT_HEIGHT, abs=2)
    assert writing.stroke == pytest.approx(DIGIT_HEIGHT / height * max(2, height // 8), rel=0.35)


@given(left=st.integers(0, 60), height=st.integers(14, 80), lean=st.floats(-0.2, 0.9))
@settings(max_examples=40, deadline=None)
def test_boxes_lead_back_to_where_the_ink_stood(left: int, height: int, lean: float) -> None:
    ink = np.zeros((100, 260), np.uint8)
    offset = 70 + left
    for row in range(height):
        column = round(offset - lean * (row - height / 2))
        ink[10 + row, column : column + 6] = 255
    writing = stand_upright(ink, STRING_SETTINGS)
    assert writing is not None
    box, true = writing.box(writing.ink > SOLID), Box(*cv2.boundingRect(ink))
    tolerance = 2 + height * 0.06
    assert (
        np.abs(
            np.subtract((box.left, box.top, box.right, box.bottom), (true.left, true.top, true.right, true.bottom))
        ).max()
        <= tolerance
    )


@pytest.mark.parametrize("ink", [np.zeros((40, 90), np.uint8), bars(10, height=4)], ids=["nothing", "too low"])
def test_no_writing_stands_upright_where_there_is_none(ink: NDArray[np.uint8]) -> None:
    assert stand_upright(ink, STRING_SETTINGS) is None
    assert build_lattice(ink, STRING_SETTINGS) is None


# Cuts


def test_cuts_go_from_border_to_border_and_in_order() -> None:
    lattice = lattice_of(rings(4, 3))
    paths, ink = lattice.cuts.paths, lattice.writing.ink
    assert paths.shape == (len(lattice.cuts.crossed), ink.shape[0])
    assert (paths[0] == 0).all()
    assert (paths[-1] == ink.shape[1]).all()
    assert (np.diff(paths.mean(axis=1)) >= 0).all()
    assert np.abs(np.diff(paths[1:-1], axis=1)).max() <= 2


def test_gaps_are_free_and_contacts_cost_one_stroke() -> None:
    apart, joined = lattice_of(rings(2, 6)), lattice_of(rings(2, -1))
    assert sorted(apart.cuts.crossed[1:-1].tolist())[0] < 0.2
    cheapest = float(joined.cuts.crossed[1:-1].min())
    assert 0.7 < cheapest < 1.7


@pytest.mark.parametrize("overlap", [0, 2, 3])
def test_a_contact_is_cut_between_the_two(overlap: int) -> None:
    lattice = lattice_of(rings(2, -overlap))
    writing, middle = lattice.writing, lattice.writing.ink.shape[1] / 2
    near = np.abs(lattice.cuts.paths.mean(axis=1) - middle) < 0.15 * DIGIT_HEIGHT
    assert near.any()
    assert lattice.cuts.crossed[near].min() < 2.2
    assert lattice.cuts.paths.shape[1] == writing.ink.shape[0]


def test_a_cut_bends_around_an_overhanging_stroke() -> None:
    ink = bars(20, 60)
    ink[10:14, 20:52] = 255  # a flag over the gap
    cv2.line(ink, (44, 50), (60, 22), 255, 4)  # a foot that reaches below it
    lattice = lattice_of(ink)
    assert lattice.cuts.crossed[1:-1].min() < 0.5


def test_cuts_with_hardly_any_ink_between_them_are_one() -> None:
    lattice = lattice_of(bars(20, 90))
    assert len(lattice.cuts.crossed) == 3


# Pieces


def test_pieces_between_neighbouring_cuts_hold_all_ink_once() -> None:
    lattice = lattice_of(rings(3, -1))
    total = sum(
        piece_ink(lattice.writing, lattice.cuts, cut, cut + 1)[0].astype(np.int64).sum()
        for cut in range(len(lattice.cuts.crossed) - 1)
    )
    assert total == pytest.approx(float(lattice.writing.ink.astype(np.int64).sum()), rel=0.02)
    assert lattice.ink == pytest.approx(
        float((lattice.writing.ink > SOLID).sum()) / DIGIT_HEIGHT / lattice.writing.stroke, rel=0.02
    )


def test_pieces_are_no_wider_than_a_digit_can_be() -> None:
    lattice = lattice_of(rings(5, -1))
    assert all(piece.width <= STRING_SETTINGS.widest or piece.last == piece.first + 1 for piece in lattice.pieces)
    assert len(lattice.images) == sum(not piece.empty for piece in lattice.pieces)


def test_some_piece_is_each_touching_digit() -> None:
    lattice = lattice_of(rings(3, -2))
    widths = [piece.width for piece in lattice.pieces if piece.height > 0.9]
    assert sum(0.7 < width < 1.0 for width in widths) >= 3


# Choice


@pytest.mark.parametrize("classes", [10, 11])
def test_the_pieces_that_the_network_knows_are_chosen(classes: int) -> None:
    lattice = lattice_of(rings(3, 6))
    gaps = [cut for cut in free_cuts(lattice) if 0 < cut < len(lattice.cuts.crossed) - 1]
    ends = [0, *_inner(lattice, gaps), len(lattice.cuts.crossed) - 1]
    wanted = {(first, last): digit for first, last, digit in zip(ends[:-1], ends[1:], (7, 0, 3), strict=True)}
    answers = oracle(lattice, wanted, classes)
    if classes == 10:  # no answer for "none": undecided instead
        rows = [i for i, p in enumerate(q for q in lattice.pieces if not q.empty) if (p.first, p.last) not in wanted]
        answers[rows] = 0.1
    choices = choose(lattice, answers, STRING_SETTINGS)
    assert [choice.digit for choice in choices] == [7, 0, 3]
    assert all(choice.share > 0.9 for choice in choices)


def _inner(lattice: Lattice, gaps: list[int]) -> list[int]:
    """One gap between every two rings: those with ink on both sides."""
    middles = [lattice.cuts.paths[gap].mean() / lattice.writing.ink.shape[1] for gap in gaps]
    return [min(gaps, key=lambda gap: abs(middles[gaps.index(gap)] - place)) for place in (1 / 3, 2 / 3)]


def test_two_readings_that_are_alike_share_the_confidence() -> None:
    lattice = lattice_of(bars(20, 40))
    apart = {(0, 1): 1, (1, 2): 1}
    clear = choose(lattice, oracle(lattice, apart), STRING_SETTINGS)
    torn = choose(lattice, oracle(lattice, {**apart, (0, 2): 4}), STRING_SETTINGS)
    assert [choice.digit for choice in clear] == [1, 1]
    assert max(choice.share for choice in torn) < 0.9 < min(choice.share for choice in clear)


def test_empty_and_small_pieces_cost_little_and_tall_ones_much() -> None:
    ink = rings(2, 10)
    cv2.circle(ink, (52, 52), 3, 255, cv2.FILLED)
    lattice = lattice_of(ink)
    _, scores = score(lattice, np.full((len(lattice.images), 11), 1 / 11, np.float32), STRING_SETTINGS)
    tall = [s for s, piece in zip(scores.none, lattice.pieces, strict=True) if piece.height > 0.8]
    small = [
        s for s, piece in zip(scores.none, lattice.pieces, strict=True) if 0 < piece.height < 0.3 and piece.ink < 0.5
    ]
    assert max(tall) < -2
    assert not small or min(small) > -2
    assert all(s == -np.inf for s, piece in zip(scores.digit, lattice.pieces, strict=True) if piece.empty)


def test_a_line_says_how_much_of_its_ink_it_explains() -> None:
    lattice = lattice_of(rings(2, 6))
    nothing = np.zeros((len(lattice.images), 11), np.float32)
    nothing[:, 10] = 1
    line = read_lattice(lattice, nothing, STRING_SETTINGS)
    assert line.digits == ()
    assert line.explained == 0
    assert line.known == 0


def test_confidences_are_probabilities_and_boxes_stand_in_the_ink() -> None:
    ink = rings(3, -1)
    lattice = lattice_of(ink)
    line = read_lattice(lattice, reader().answer(lattice.images), STRING_SETTINGS)
    for digit in line.digits:
        assert float(digit.prediction.probabilities.sum()) == pytest.approx(1, abs=1e-5)
        box = digit.glyph.box
        assert -2 <= box.left < box.right <= ink.shape[1] + 2
        assert -2 <= box.top < box.bottom <= ink.shape[0] + 2


# Strips


@pytest.mark.parametrize("polarity", ["dark", "light"])
def test_the_ink_of_a_strip_is_found(polarity: str) -> None:
    page = strip_page("2075", 4, spacing=0.2)
    frame = page.picture if polarity == "dark" else 255 - page.picture
    strip = find_strip(frame, STRING_SETTINGS)
    assert strip is not None
    assert strip.factor == 1
    assert recall(page.ink, strip.ink) > 0.85


def recall(true: NDArray[np.uint8], found: NDArray[np.uint8]) -> float:
    """The share of fully inked pixels that were found."""
    solid = true > 200
    return float((found[solid] > SOLID).mean())


@pytest.mark.parametrize("scale", [1, 3])
def test_rules_at_the_edges_of_a_strip_are_removed(scale: int) -> None:
    frame = strip_page("2075", 4, spacing=0.2).picture.copy()
    height = frame.shape[0]
    frame[height - 5 : height - 3] = 60
    frame[:, 2:4] = 60
    large = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    strip = find_strip(np.asarray(large, np.uint8), STRING_SETTINGS)
    assert strip is not None
    lower = strip.ink[-max(2, strip.ink.shape[0] // 16) :]
    assert (lower > SOLID).mean() < 0.02


def cells(count: int, wall: int = 60) -> NDArray[np.uint8]:
    """A strip of five digits in a printed frame with `count` cells, its lines of the grey `wall`."""
    page = strip_page("20754", 4, spacing=0.2).picture
    height, width = page.shape[:2]
    frame = np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY) if page.ndim == 3 else page.copy(), np.uint8)
    cv2.rectangle(frame, (3, 5), (width - 4, height - 6), wall, 2)
    for index in range(1, count):
        cv2.line(frame, (index * width // count, 5), (index * width // count, height - 6), wall, 2)
    return frame


@pytest.mark.parametrize(("count", "strip"), [(1, True), (3, False), (5, False), (8, False)])
def test_a_row_of_printed_cells_is_read_as_a_page(count: int, strip: bool) -> None:
    assert (find_strip(cells(count), STRING_SETTINGS) is not None) == strip


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (np.full((80, 300), 220, np.uint8), "empty"),
        (np.full((300, 80), 220, np.uint8), "upright"),
        (np.zeros((0, 0, 3), np.uint8), "nothing"),
        (np.zeros((3, 900), np.uint8), "thread"),
        (draw_page(PageSettings((640, 480), lines=5), 1).picture, "page"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_frames_are_no_strips(frame: NDArray[np.uint8], why: str) -> None:
    assert find_strip(frame, STRING_SETTINGS) is None, why
    assert read_strip(frame, reader().answer) == ()


@pytest.mark.slow
def test_most_drawn_strips_are_read_exactly() -> None:
    texts = ["2075", "480", "96513", "7004", "38", "1265"]
    spacings = [0.25, 0.1, 0.0, -0.08]
    pages = [strip_page(text, seed, spacing) for seed, text in enumerate(texts) for spacing in spacings]
    read = [
        "".join(str(digit.prediction.best) for digit in read_strip(page.picture, reader().answer)) for page in pages
    ]
    right = sum(page.text == text for page, text in zip(pages, read, strict=True))
    assert right >= 0.6 * len(pages), list(zip([page.text for page in pages], read, strict=True))


@pytest.mark.slow
def test_boxes_of_a_strip_are_those_of_the_digits() -> None:
    page = strip_page("38", 4, spacing=0.4)
    large = np.asarray(cv2.resize(page.picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    digits = read_strip(large, reader().answer)
    assert len(digits) == 2
    for digit, written in zip(digits, page.lines[0].digits, strict=True):
        near = np.subtract(digit.glyph.box, [2 * side for side in written.box])
        assert np.abs(near).max() <= 10


@given(shape=st.tuples(st.integers(0, 60), st.integers(0, 200)), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_any_frame_is_taken(shape: tuple[int, int], seed: int) -> None:
    frame = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    digits = read_strip(frame, lambda images: np.full((len(images), 11), 1 / 11, np.float32))
    assert all(digit.glyph.box.right <= shape[1] and digit.glyph.box.bottom <= shape[0] for digit in digits)


def digit(confidence: float, threshold: float = 0.0) -> ReadDigit:
    rest = np.full(10, (1 - confidence) / 9, np.float32)
    rest[3] = confidence
    return ReadDigit(Glyph(Box(0, 0, 5, 9), np.zeros((28, 28), np.uint8)), Prediction(rest, threshold))


def test_evidence_grows_with_sure_digits_and_leaves_out_what_is_not_published() -> None:
    assert evidence([]) == 0
    assert evidence([digit(0.9), digit(0.9)]) > evidence([digit(0.99)]) > evidence([digit(0.5)])
    assert evidence([digit(0.3, threshold=0.5)]) == 0


def test_a_line_outweighs_pieces_of_it_but_not_a_page() -> None:
    line = [digit(0.9)] * 4
    assert says_more(line, [digit(0.99)] * 4)
    assert says_more(line, [])
    assert not says_more(line, [digit(0.99)] * 6)
    assert not says_more([], [])


def test_records_hold_what_they_say() -> None:
    piece = Piece(0, 1, 4, 24, 1.0, 0.9, np.zeros((28, 28), np.uint8))
    assert piece.width == 20 / DIGIT_HEIGHT
    assert not piece.empty
    assert isinstance(Cuts(np.zeros((2, 3), np.int64), np.zeros(2, np.float32)), Cuts)
    writing = Writing(np.zeros((10, 10), np.uint8), 2.0, 1.0, 0.0, (0.0, 0.0))
    assert find_cuts(writing, STRING_SETTINGS).paths.shape[1] == 10
    assert find_pieces(writing, find_cuts(writing, STRING_SETTINGS), STRING_SETTINGS)
    assert to_input(piece.image).shape == (1, 28, 28, 1)
