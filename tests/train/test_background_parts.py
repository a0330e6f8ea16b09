"""The parts of the background: every painter's ink, the cutting of scenes, and what is taken for a digit."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from runtime.preprocess import normalise
from runtime.segment import find_glyphs
from train.background.alphabet import LETTERS, SIGNS
from train.background.cutting import cut_all, find_all, see
from train.background.fragments import draw_double, draw_half
from train.background.grounds import GROUNDS, Ground
from train.background.printed import FONTS, FOREIGN, TOKENS, draw_print, draw_word, typeset
from train.background.printed import LETTERS as PRINTED
from train.background.resemblance import bars, corners, digit_like, prepare, rings
from train.background.rulings import PIECES, draw_piece
from train.background.scenes import draw_notes, draw_page, draw_scene, draw_texture
from train.background.scribbles import draw_blot, draw_scribble
from train.background.written import HEIGHTS, draw_height, draw_joined, draw_letter, draw_sign
from train.handwriting.dataset import draw_digits, draw_european
from train.handwriting.strokes import parse

Painter = Callable[[np.random.Generator], NDArray[np.uint8]]

PAINTERS = (draw_letter, draw_joined, draw_sign, draw_print, draw_word, draw_scribble, draw_blot, draw_piece)
SCENES = (draw_scene, draw_texture, draw_page, draw_notes)


def name(thing: Callable[..., object]) -> str:
    return thing.__name__


@pytest.mark.parametrize("paint", PAINTERS, ids=name)
def test_ink_is_one_piece_of_grey_of_a_digit_s_size(paint: Painter) -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        ink = paint(rng)
        assert ink.dtype == np.uint8
        assert ink.ndim == 2
        assert ink.max() > 100
        assert 3 <= max(ink.shape) < 1000


@pytest.mark.parametrize("paint", [*PAINTERS, *SCENES], ids=name)
def test_the_same_random_numbers_draw_the_same(paint: Painter) -> None:
    assert np.array_equal(paint(np.random.default_rng(5)), paint(np.random.default_rng(5)))


@pytest.mark.parametrize("paint", PAINTERS, ids=name)
def test_what_is_seen_is_a_glyph(paint: Painter) -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        glyph = see(paint(rng), rng)
        assert (glyph.shape, glyph.dtype) == ((28, 28), np.uint8)
        assert glyph.max() == 255


def test_nothing_seen_is_an_empty_glyph() -> None:
    assert not see(np.zeros((20, 20), np.uint8), np.random.default_rng(1)).any()


@pytest.mark.parametrize("style", [*LETTERS, *SIGNS], ids=lambda style: style.name)
def test_letters_and_signs_can_be_written(style: object) -> None:
    for stroke in style.strokes.split(" / "):  # type: ignore[attr-defined]
        points, _ = parse(stroke)
        assert len(points) >= 2
        assert (np.abs(points) < 2).all()
        assert (np.hypot(*np.diff(points, axis=0).T) > 0).all(), "two points in one place make no spline"


def test_letters_and_signs_have_names_of_their_own() -> None:
    for styles in (LETTERS, SIGNS):
        assert len({style.name for style in styles}) == len(styles)


def test_no_letter_is_one_that_reads_as_a_digit() -> None:
    assert not set("OoIlsSZzBbgqGDQ|0123456789") & {style.name for style in LETTERS}
    assert not set("OoIlsSZzBbgqGDQJ|0123456789$§") & set(PRINTED + FOREIGN + TOKENS)


@pytest.mark.parametrize("font", FONTS)
def test_every_font_has_letters(font: str) -> None:
    small, large = typeset("a", font, 20), typeset("a", font, 60)
    assert large.max() == 255
    assert 2 < large.shape[0] / small.shape[0] < 4
    assert typeset("M", font, 40).shape[1] > typeset("t", font, 40).shape[1] * 0.9


def test_heights_lie_in_their_range() -> None:
    rng = np.random.default_rng(1)
    heights = [draw_height(rng) for _ in range(200)]
    assert HEIGHTS[0] <= min(heights) < 1.2 * HEIGHTS[0]
    assert 0.8 * HEIGHTS[1] < max(heights) <= HEIGHTS[1]


def test_no_piece_of_ruling_is_an_upright_line_or_the_corner_of_a_seven() -> None:
    for piece in PIECES:
        if len(piece) == 1:
            left, top, right, bottom = piece[0]
            assert abs(right - left) > abs(bottom - top)
        assert set(piece) != {(0, 0, 1, 0), (1, 0, 1, 1)}


def test_halves_hold_less_ink_than_the_digit() -> None:
    digits = draw_digits(60, 3)[0]
    rng = np.random.default_rng(1)
    halves = [draw_half(digits, rng) for _ in range(40)]
    assert np.median([(half > 64).sum() for half in halves]) < 0.7 * np.median((digits > 64).sum(axis=(1, 2)))


def test_doubles_hold_the_ink_of_two_digits_in_one_piece() -> None:
    digits = draw_digits(60, 3)[0]
    rng = np.random.default_rng(1)
    pieces = [cv2.connectedComponents((draw_double(digits, rng) > 40).astype(np.uint8))[0] - 1 for _ in range(60)]
    assert np.mean(np.array(pieces) == 1) > 0.6, "most of them touch"


@pytest.mark.parametrize("ground", GROUNDS, ids=name)
def test_grounds_fill_any_shape(ground: Ground) -> None:
    for shape in ((60, 90), (240, 320)):
        field = ground(shape, np.random.default_rng(4))
        assert (field.shape, field.dtype) == (shape, np.float32)
        assert np.isfinite(field).all()
        assert field.std() > 0.5


@pytest.mark.parametrize("draw", SCENES, ids=name)
def test_scenes_are_grey_pictures_with_something_in_them(draw: Painter) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        scene = draw(rng)
        assert (scene.dtype, scene.ndim) == (np.uint8, 2)
        assert scene.std() > 1


def test_the_reader_s_candidates_are_taken_as_they_are() -> None:
    scene = draw_page(np.random.default_rng(8))
    expected = [glyph.image for glyph in find_glyphs(scene)]
    assert np.array_equal(find_all(scene), np.array(expected, np.uint8).reshape(-1, 28, 28))


def test_the_plainer_reader_finds_what_stands_alone() -> None:
    scene = np.full((200, 200), 120, np.uint8)
    for left, shade in ((20, 30), (80, 30), (140, 230), (20, 230)):
        top = 20 if left != 20 or shade == 30 else 120
        cv2.rectangle(scene, (left, top), (left + 30, top + 40), shade, cv2.FILLED)
    found = [len(cut_all(scene, 9, np.random.default_rng(seed))) for seed in range(30)]
    assert max(found) >= 2, "both dark things or both light ones"
    assert max(len(cut_all(scene, 1, np.random.default_rng(seed))) for seed in range(30)) == 1
    assert cut_all(np.full((200, 200), 90, np.uint8), 9, np.random.default_rng(1)).shape == (0, 28, 28)


def _glyph(draw: Callable[[NDArray[np.uint8]], object]) -> NDArray[np.uint8]:
    canvas = np.zeros((100, 100), np.uint8)
    draw(canvas)
    return normalise(canvas)


@pytest.mark.parametrize(
    ("start", "end", "thickness", "is_bar"),
    [
        pytest.param((50, 10), (50, 90), 8, True, id="upright"),
        pytest.param((70, 10), (40, 90), 12, True, id="leaning"),
        pytest.param((35, 10), (55, 90), 5, True, id="leaning to the left"),
        pytest.param((10, 50), (90, 50), 8, False, id="lying"),
        pytest.param((5, 60), (95, 40), 8, False, id="nearly lying"),
        pytest.param((5, 20), (95, 80), 8, False, id="falling"),
    ],
)
def test_bars_are_upright_strokes(start: tuple[int, int], end: tuple[int, int], thickness: int, is_bar: bool) -> None:
    glyph = _glyph(lambda canvas: cv2.line(canvas, start, end, 255, thickness))
    assert bars(glyph[None]).tolist() == [is_bar]


def test_a_wedge_or_a_cross_is_no_bar() -> None:
    wedge = _glyph(lambda c: cv2.fillPoly(c, [np.array([[50, 10], [40, 90], [64, 90]], np.int32)], 255))
    cross = _glyph(lambda c: (cv2.line(c, (50, 10), (50, 90), 255, 6), cv2.line(c, (35, 40), (65, 40), 255, 8)))
    assert not bars(np.stack([wedge, cross])).any()


@pytest.mark.parametrize(
    ("dot", "is_bar"),
    [
        pytest.param((50, 12), False, id="i"),
        pytest.param((50, 90), False, id="exclamation mark"),
        pytest.param((50, 30), True, id="touching"),
    ],
)
def test_a_stem_with_a_dot_is_no_bar(dot: tuple[int, int], is_bar: bool) -> None:
    def draw(canvas: NDArray[np.uint8]) -> None:
        cv2.line(canvas, (50, 32), (50, 72), 255, 7)
        cv2.circle(canvas, dot, 5, 255, cv2.FILLED)

    assert bars(_glyph(draw)[None]).tolist() == [is_bar]


@pytest.mark.parametrize(
    ("sizes", "is_ring"),
    [
        pytest.param([30], True, id="one ring"),
        pytest.param([30, 12], False, id="ring in ring"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_rings_have_one_hole(sizes: list[int], is_ring: bool) -> None:
    glyph = _glyph(lambda canvas: [cv2.circle(canvas, (50, 50), size, 255, 7) for size in sizes])
    assert rings(glyph[None]).tolist() == [is_ring]


def test_a_disc_is_no_ring() -> None:
    assert not rings(_glyph(lambda canvas: cv2.circle(canvas, (50, 50), 30, 255, cv2.FILLED))[None]).any()


@pytest.mark.parametrize(
    ("points", "is_corner"),
    [
        pytest.param([(10, 10), (80, 10), (80, 90)], True, id="upper right"),
        pytest.param([(10, 10), (80, 10), (50, 90)], False, id="slanting"),
        pytest.param([(80, 10), (10, 10), (10, 90)], False, id="upper left"),
        pytest.param([(10, 90), (80, 90), (80, 10)], False, id="lower right"),
        pytest.param([(10, 90), (10, 10), (80, 10), (80, 90)], False, id="gate"),
        pytest.param([(50, 10), (50, 90)], False, id="line"),
    ],
)
def test_corners_have_a_bar_and_a_leg(points: list[tuple[int, int]], is_corner: bool) -> None:
    glyph = _glyph(lambda canvas: cv2.polylines(canvas, [np.array(points, np.int32)], False, 255, 9))
    assert corners(glyph[None]).tolist() == [is_corner]
    assert not corners(np.zeros((1, 28, 28), np.uint8)).any()


def test_most_ones_are_bars_and_most_zeros_rings() -> None:
    images, labels = draw_digits(400, 4)
    assert bars(images[labels == 1]).mean() > 0.5, "the others have serifs"
    assert rings(images[labels == 0]).mean() > 0.6
    assert bars(images[np.isin(labels, (0, 2, 3, 4))]).mean() < 0.1
    assert rings(images[~np.isin(labels, (0, 6, 8, 9))]).mean() < 0.05


def test_digits_are_like_digits_and_scribbles_are_not() -> None:
    images, _ = draw_digits(500, 4)
    pool = prepare(images[:400])
    rng = np.random.default_rng(1)
    scribbles = np.stack([see(draw_scribble(rng), rng) for _ in range(60)])
    assert digit_like(images[400:], pool).mean() > 0.5
    assert digit_like(scribbles, pool).mean() < 0.4
    assert digit_like(images[:0], pool).shape == (0,)


@pytest.mark.parametrize("digit", [1, 7])
def test_european_ones_and_sevens_are_told_from_each_other_by_their_neighbours(digit: int) -> None:
    known, names = draw_european(700, 1)
    asked, truth = draw_european(150, 2)
    a, b = (images.reshape(len(images), -1).astype(np.float32) / 255 for images in (known, asked[truth == digit]))
    nearest = ((a**2).sum(axis=1) - 2 * b @ a.T).argmin(axis=1)
    assert (names[nearest] == digit).mean() > 0.75
