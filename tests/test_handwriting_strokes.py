"""Styles as data, the splines through them, the hand that deforms them and the pen that draws them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from train.handwriting.grain import grain
from train.handwriting.hand import Hand, choose_hand, choose_style, write
from train.handwriting.pen import PENS, Trace, choose_width, lay, press
from train.handwriting.strokes import PACES, STEP, parse, skeleton
from train.handwriting.styles import STYLES, Style

EVERY_STYLE = [
    pytest.param(digit, index, id=f"{digit}-{style.name}")
    for digit, styles in enumerate(STYLES)
    for index, style in enumerate(styles)
]


def hand_of_style(digit: int, index: int, seed: int) -> Hand:
    hand = choose_hand(np.random.default_rng(seed))
    styles = list(hand.styles)
    styles[digit] = index
    return replace(hand, styles=tuple(styles))


def ink_of(digit: int, hand: Hand, pen_name: str, height: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pen = PENS[pen_name]
    paths = write(digit, hand, rng)
    return lay([Trace(p * height, press(p, pen, 0.08, rng) * height) for p in paths], pen, rng).mask


def test_every_digit_has_several_styles_with_names_of_their_own() -> None:
    for styles in STYLES:
        names = [style.name for style in styles]
        assert len(names) >= 4
        assert len(set(names)) == len(names)
        assert all(style.weight > 0 for style in styles)


@pytest.mark.parametrize(("digit", "index"), EVERY_STYLE)
def test_style_stands_in_its_box(digit: int, index: int) -> None:
    points = np.concatenate([parse(stroke)[0] for stroke in STYLES[digit][index].strokes.split(" / ")])
    assert points.min() >= -0.01
    assert points[:, 1].max() <= 1.01
    assert points[:, 0].max() <= 1.01
    assert np.ptp(points[:, 1]) >= 0.9, "a style is as tall as the digit"


@pytest.mark.parametrize(("digit", "index"), EVERY_STYLE)
def test_style_draws_ink_that_hangs_together(digit: int, index: int) -> None:
    strokes = STYLES[digit][index].strokes.count("/") + 1
    for seed in range(6):
        mask = ink_of(digit, hand_of_style(digit, index, seed), "fineliner", 120, seed)
        inked = (mask >= 128).astype(np.uint8)
        parts, _, stats, _ = cv2.connectedComponentsWithStats(inked)
        share = inked.mean()
        assert 0.02 < share < 0.8
        assert parts - 1 <= strokes
        assert stats[1:, cv2.CC_STAT_AREA].min() > 30, "no crumbs"
        rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        assert rim.max() <= 2, "the soft edge is not cut off"


@pytest.mark.parametrize("pace", range(PACES))
def test_path_is_sampled_evenly_and_keeps_its_ends(pace: int) -> None:
    for styles in STYLES:
        for style in styles:
            bones = skeleton(style, pace)
            for controls, sampler in zip(bones.controls, bones.samplers, strict=True):
                path = sampler @ controls
                steps = np.hypot(*np.diff(path, axis=0).T)
                assert steps.max() < 1.6 * STEP
                assert path[[0, -1]] == pytest.approx(controls[[0, -1]], abs=1e-9)


def test_slow_path_passes_through_every_control_point() -> None:
    bones = skeleton(Style("test", 1, "0,0 50,10 60,60! 10,100"), 0)
    path = bones.samplers[0] @ bones.controls[0]
    for point in bones.controls[0]:
        assert np.hypot(*(path - point).T).min() < STEP


def test_fast_hand_rounds_a_corner() -> None:
    style = Style("test", 1, "0,0 50,0! 50,100")
    slow, fast = (skeleton(style, pace).samplers[0] @ skeleton(style, pace).controls[0] for pace in (0, PACES - 1))
    corner = np.array([0.5, 0.0])
    assert np.hypot(*(slow - corner).T).min() < np.hypot(*(fast - corner).T).min()


def test_a_corner_is_sharp_and_a_plain_point_is_not() -> None:
    sharp, round_ = (
        skeleton(Style("test", 1, strokes), 0).samplers[0] @ parse(strokes)[0]
        for strokes in ("0,50 50,0! 100,50", "0,50 50,0 100,50")
    )

    def turn(path: np.ndarray) -> float:
        directions = np.unwrap(np.arctan2(*np.diff(path, axis=0).T[::-1]))
        return float(np.abs(np.diff(directions)).max())

    assert turn(sharp) > 0.7
    assert turn(round_) < 0.35


def test_a_hand_writes_between_zero_and_one() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        digit = int(rng.integers(10))
        everything = np.concatenate(write(digit, choose_hand(rng), rng))
        assert everything.min() == pytest.approx(0, abs=1e-9)
        assert everything[:, 1].max() == pytest.approx(1)
        assert everything[:, 0].max() < 2.5


def test_a_hand_keeps_its_shapes_and_varies_a_little() -> None:
    rng = np.random.default_rng(3)
    hand, other = choose_hand(rng), choose_hand(rng)
    other = replace(other, styles=hand.styles, pace=hand.pace)
    first, again, stranger = (np.concatenate(write(3, h, rng)) for h in (hand, hand, other))
    assert 0 < np.abs(first - again).mean() < np.abs(first - stranger).mean()


def test_a_thick_pen_makes_hands_write_wider() -> None:
    thin, thick = (choose_hand(np.random.default_rng(5), width) for width in (0.0, 0.2))
    assert thick.aspect == pytest.approx(1.2 * thin.aspect)
    assert thick.styles == thin.styles


@pytest.mark.parametrize("digit", range(10))
def test_styles_are_chosen_by_weight(digit: int) -> None:
    rng = np.random.default_rng(2)
    counts = np.bincount([choose_style(digit, rng) for _ in range(4000)], minlength=len(STYLES[digit]))
    weights = np.array([style.weight for style in STYLES[digit]])
    assert counts / 4000 == pytest.approx(weights / weights.sum(), abs=0.04)


@pytest.mark.parametrize("name", PENS)
@pytest.mark.parametrize("height", [12, 30, 100, 600])
def test_every_pen_draws_at_any_height(name: str, height: int) -> None:
    pen, rng = PENS[name], np.random.default_rng(7)
    paths = write(8, choose_hand(rng), rng)
    width = max(choose_width(pen, rng), 1.3 / height)
    ink = lay([Trace(p * height, press(p, pen, width, rng) * height) for p in paths], pen, rng)
    rows = np.flatnonzero((ink.mask >= 48).any(axis=1))
    assert rows[-1] - rows[0] + 1 == pytest.approx(height * (1 + width), rel=0.12, abs=2.5)
    assert ink.mask.max() > 120


@pytest.mark.parametrize("name", PENS)
def test_press_keeps_the_width_near_the_pen(name: str) -> None:
    pen, rng = PENS[name], np.random.default_rng(0)
    for path in write(5, choose_hand(rng), rng):
        radii = press(path, pen, 0.1, rng)
        assert radii.shape == (len(path),)
        assert radii.max() <= 0.05 * (1 + pen.pressure) + 1e-9
        assert radii.min() > 0


def test_edges_are_antialiased() -> None:
    mask = ink_of(0, hand_of_style(0, 0, 1), "fineliner", 60)
    assert len(np.unique(mask)) > 50
    assert mask.max() == 255


def test_chalk_shows_grain_and_a_marker_does_not() -> None:
    hand = hand_of_style(1, 0, 1)
    spread = {name: float(np.std(_core(ink_of(1, hand, name, 400)))) for name in ("marker", "chalk")}
    assert spread["marker"] < 3
    assert spread["chalk"] > 20


def _core(mask: np.ndarray) -> np.ndarray:
    """The pixels well inside the line."""
    line = cv2.morphologyEx((mask > 64).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    return np.asarray(mask[cv2.erode(line, np.ones((17, 17), np.uint8)) > 0])


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (2000, 1500)], ids=str)
@pytest.mark.parametrize("size", [1.0, 5.0, 90.0])
def test_grain_has_the_shape_asked_for(shape: tuple[int, int], size: float) -> None:
    patch = grain(shape, size, np.random.default_rng(0))
    assert patch.shape == shape
    assert patch.dtype == np.float32
    assert np.abs(patch).max() < 4
