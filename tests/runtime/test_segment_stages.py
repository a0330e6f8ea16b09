"""Each stage of the segmentation alone, on arrays small enough to reason about."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from runtime.records import Box
from runtime.segment.company import Candidate, fitting
from runtime.segment.components import Component, find_components, join
from runtime.segment.cut import cut_glyph, cut_ink, ink_level
from runtime.segment.edges import edge_share
from runtime.segment.gates import plausible
from runtime.segment.ink import ink_mask, noise_floor
from runtime.segment.light import Side, wide_median
from runtime.segment.parts import join_parts
from runtime.segment.quiet import loudness
from runtime.segment.scale import working_frame
from runtime.segment.settings import SETTINGS
from runtime.segment.sides import two_sides

Mask = NDArray[np.uint8]
SHAPE = (240, 320)
SEVEN = np.array([(130, 80), (190, 80), (150, 170)], np.int32)


def drawn(paper: int = 220, ink: int = 50, thickness: int = 7) -> Mask:
    """A 7 of straight strokes on plain paper."""
    page = np.full(SHAPE, paper, np.uint8)
    cv2.polylines(page, [SEVEN], isClosed=False, color=ink, thickness=thickness)
    return page


def bar(left: int, top: int, width: int, height: int) -> Mask:
    mask = np.zeros(SHAPE, np.uint8)
    mask[top : top + height, left : left + width] = 255
    return mask


def component(left: int, top: int, width: int = 20, height: int = 30, stroke: float = 4) -> Component:
    """A component of a box and a stroke width; its outline is the box."""
    corners = [(left, top), (left + width - 1, top), (left + width - 1, top + height - 1), (left, top + height - 1)]
    outline = np.array(corners, np.int32).reshape(-1, 1, 2)
    return Component(Box(left, top, width, height), (outline,), 60 * stroke, 120)


DARK, LIGHT = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)


def candidate(left: int, top: int, width: int = 20, height: int = 30, level: float = 100) -> Candidate:
    return Candidate(component(left, top, width, height), DARK, level)


def lightened(dark: Candidate) -> Candidate:
    """The same candidate on the other side of the contrast."""
    return dark._replace(side=LIGHT)


def dark_side(page: Mask) -> Side:
    return two_sides(page, SETTINGS)[0]


def mask_of(side: Side) -> Mask | None:
    return ink_mask(side.contrast, noise_floor(side, SETTINGS), SETTINGS)


# Light


@given(st.integers(1, 400), st.integers(1, 400))
@settings(deadline=None, max_examples=30)
def test_working_frames_are_grey_and_of_one_scale(height: int, width: int) -> None:
    grey, factor = working_frame(np.zeros((height, width, 3), np.uint8), 100)

    assert grey.ndim == 2
    assert max(grey.shape) == 100
    assert factor == max(height, width) / 100


def test_the_ground_is_the_paper_without_its_ink() -> None:
    assert np.ptp(dark_side(drawn(thickness=4)).ground) <= 1


@pytest.mark.parametrize("light", [1.0, 0.7, 0.5])
def test_a_shadow_divides_out(light: float) -> None:
    page = (drawn() * light).astype(np.uint8)

    assert dark_side(page).contrast.max() == pytest.approx(255 * 170 / 220, abs=4)


def test_ink_and_chalk_stand_on_opposite_sides() -> None:
    ink, chalk = two_sides(drawn(), SETTINGS), two_sides(255 - drawn(), SETTINGS)

    assert ink[0].contrast.max() > 100
    assert ink[1].contrast.max() < 10
    assert chalk[1].contrast.max() > 100
    assert chalk[0].contrast.max() < 10


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7], ids=str)
def test_the_edge_of_a_shadow_is_no_ink_and_ink_on_it_is(share: float) -> None:
    page = drawn()
    page[:, 160:] = (page[:, 160:] * share).astype(np.uint8)
    dark = dark_side(page).contrast

    assert dark[200].max() < 20
    assert dark[80, 135:185].min() > 100


@pytest.mark.parametrize("pen", [3, 9, 17], ids=str)
def test_thin_and_thick_strokes_are_whole(pen: int) -> None:
    assert outline_of(drawn(thickness=pen)).area == pytest.approx(cv2.countNonZero(220 - drawn(thickness=pen)), rel=0.3)


def test_a_dark_corner_is_ground() -> None:
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    page = np.clip(220 - 120 * np.hypot(x / SHAPE[1], y / SHAPE[0]), 0, 255).astype(np.uint8)

    assert dark_side(page).contrast.max() < 13


def test_frames_in_any_memory_order_are_taken() -> None:
    colour = np.stack([drawn()] * 3, axis=2)
    views = [colour[:, :, ::-1], colour[::-1], colour.transpose(1, 0, 2), colour[::2, ::3]]

    for view in views:
        plain, _ = working_frame(np.ascontiguousarray(view), 960)
        assert np.array_equal(working_frame(view, 960)[0], plain)


# Ink


def test_the_noise_floor_is_local() -> None:
    rng = np.random.default_rng(1)
    page = np.full((480, 640), 200, np.int16)
    page[:, 320:] += rng.integers(-40, 40, (480, 320), np.int16)  # rough wood at the right
    floor = noise_floor(dark_side(page.astype(np.uint8)), SETTINGS)

    assert floor[:, : floor.shape[1] // 3].max() <= SETTINGS.least_contrast * 255
    assert floor[:, -floor.shape[1] // 3 :].min() > 25


@pytest.mark.parametrize("edge", ["upper", "lower", "left"])
def test_a_line_on_the_border_is_no_noise(edge: str) -> None:
    """Regression: rows repeated beyond the border made a line that lies on it most of what is there."""
    page = np.full((100, 640), 200, np.uint8)
    page[{"upper": np.s_[:4, 100:500], "lower": np.s_[-4:, 100:500], "left": np.s_[10:90, :4]}[edge]] = 60

    assert noise_floor(dark_side(page), SETTINGS).max() <= SETTINGS.least_contrast * 255


@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([1, 3, 9, 17]), st.integers(0, 255))
def test_a_wide_median_keeps_the_shape_and_an_even_level(height: int, width: int, window: int, level: int) -> None:
    grey = np.full((height, width), level, np.uint8)

    assert np.array_equal(wide_median(grey, window), grey)


def test_plain_paper_has_no_ink() -> None:
    assert mask_of(dark_side(np.full(SHAPE, 200, np.uint8))) is None


@pytest.mark.parametrize("ink", [20, 100, 180], ids=["bold", "middling", "faint"])
def test_the_mask_is_as_wide_as_the_stroke(ink: int) -> None:
    mask = mask_of(dark_side(drawn(ink=ink, thickness=5)))

    assert mask is not None
    (piece,) = find_components(mask, SETTINGS)
    assert piece.stroke == pytest.approx(7, abs=1.2)  # the drawn 5 pixels and their soft edges


# Components


@pytest.mark.parametrize(("width", "height"), [(6, 60), (10, 40), (25, 80)])
def test_a_bar_is_measured(width: int, height: int) -> None:
    (piece,) = find_components(bar(50, 60, width, height), SETTINGS)

    assert piece.box == Box(50, 60, width, height)
    assert piece.area == pytest.approx(width * height, rel=0.1)
    assert piece.size == height


def test_holes_are_no_ink() -> None:
    ring = np.zeros(SHAPE, np.uint8)
    cv2.circle(ring, (160, 120), 40, 255, 6)

    (piece,) = find_components(ring, SETTINGS)

    assert piece.area == pytest.approx(cv2.countNonZero(ring), rel=0.1)
    assert piece.stroke == pytest.approx(6, abs=1.5)


def test_ink_inside_a_hole_is_a_component_of_its_own() -> None:
    mask = np.zeros(SHAPE, np.uint8)
    cv2.rectangle(mask, (40, 40), (200, 200), 255, 3)
    mask |= bar(100, 80, 8, 60)

    assert sorted(piece.box.height > 60 for piece in find_components(mask, SETTINGS)) == [False, True]


def test_specks_are_no_components() -> None:
    assert find_components(bar(50, 50, 2, 2), SETTINGS) == []


def test_joined_parts_keep_all_ink() -> None:
    whole = join([component(10, 10), component(40, 60)])

    assert whole.box == Box(10, 10, 50, 80)
    assert len(whole.outlines) == 2


# Parts


@pytest.mark.parametrize(
    ("part", "groups"),
    [
        (component(60, 38, 20, 5), 1),
        (component(90, 45, 12, 8), 1),
        (component(60, 200, 20, 5), 2),
        (component(90, 50, 40, 60), 2),
        (component(62, 38, 15, 5, stroke=12), 2),
    ],
    ids=["bar above", "flag beside", "far below", "a digit beside", "another pen"],
)
def test_what_belongs_to_a_body(part: Component, groups: int) -> None:
    body = component(50, 48, 35, 60)

    assert len(join_parts([part, body], SETTINGS)) == groups


def test_of_very_many_pieces_the_tallest_are_kept() -> None:
    few = dataclasses.replace(SETTINGS, most_pieces=3)
    pieces = [component(60 * k, 10, 20, 30 + k) for k in range(5)]

    assert sorted(c.box.height for c in join_parts(pieces, few)) == [32, 33, 34]


def test_no_pieces_join_to_nothing() -> None:
    assert join_parts([], SETTINGS) == []


def test_what_lies_within_the_box_of_a_large_edge_is_no_part_of_it() -> None:
    sheet = np.zeros(SHAPE, np.uint8)
    cv2.rectangle(sheet, (10, 10), (310, 230), 255, 4)
    (edge,) = find_components(sheet, SETTINGS)
    digit = component(150, 100, 20, 30)

    assert len(join_parts([edge, digit], SETTINGS)) == 2


# Edges


def outline_of(page: Mask) -> Component:
    mask = mask_of(dark_side(page))
    assert mask is not None
    return max(find_components(mask, SETTINGS), key=lambda c: c.size)


@pytest.mark.parametrize("thickness", [2, 7, 15])
def test_ink_has_an_edge_all_around(thickness: int) -> None:
    page = drawn(thickness=thickness)

    assert edge_share([outline_of(page)], page, SETTINGS)[0] > 0.95


def test_a_wedge_that_fades_on_one_side_has_half_an_edge() -> None:
    page, mask = np.full(SHAPE, 220, np.uint8), bar(100, 60, 28, 120)
    page[60:180, 100:130] = np.linspace(60, 220, 30).astype(np.uint8)
    (wedge,) = find_components(mask, SETTINGS)

    assert edge_share([wedge], page, SETTINGS)[0] < 0.8


def test_no_components_have_no_edges() -> None:
    assert edge_share([], drawn(), SETTINGS).shape == (0,)


# Gates


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        (component(50, 50), True),
        (component(50, 50, 4, 50, 3), True),
        (component(50, 50, 60, 30), True),
        (component(50, 50, 90, 30), False),
        (component(50, 50, 3, 60, 3), False),
        (component(50, 50, 5, 6, 1), False),
        (component(50, 50, 30, 30, 14), False),
        (component(0, 0, 20, 239, 4), False),
        (component(0, 100), True),
        (component(0, 0, 100, 50), False),
    ],
    ids=["digit", "one", "wide two", "dash", "line", "speck", "blot", "frame's edge", "at the border", "corner"],
)
def test_shapes(piece: Component, expected: bool) -> None:
    assert plausible(piece, SHAPE, SETTINGS) is expected


# Surroundings


def test_plain_paper_is_quiet_and_texture_is_loud() -> None:
    rng = np.random.default_rng(5)
    rough = np.clip(drawn().astype(np.int16) + rng.integers(-60, 60, SHAPE), 0, 255).astype(np.uint8)
    piece = component(130, 80, 60, 90)

    quiet, loud = (loudness([piece], dark_side(page), SETTINGS)[0] for page in (drawn(), rough))

    assert quiet < 8
    assert loud > 2 * quiet


def test_neighbours_are_not_loud() -> None:
    page = np.full(SHAPE, 220, np.uint8)
    for left in (100, 125, 150):
        cv2.rectangle(page, (left, 80), (left + 15, 120), 40, cv2.FILLED)
    pieces = [component(left, 80, 16, 41) for left in (100, 125, 150)]
    dark = dark_side(page)

    together, alone = loudness(pieces, dark, SETTINGS)[1], loudness(pieces[1:2], dark, SETTINGS)[0]

    assert together < alone / 4


# Company


def test_specks_among_digits_are_dropped() -> None:
    digits = [candidate(30 * k, 50) for k in range(6)]

    assert fitting([*digits, candidate(200, 200, 5, 9)], SETTINGS) == digits


def test_faint_crumbs_among_digits_are_dropped_and_faint_digits_are_not() -> None:
    digits = [candidate(30 * k, 50) for k in range(6)]
    faint, crumb = candidate(200, 50, level=40), candidate(240, 50, level=8)

    assert fitting([*digits, faint, crumb], SETTINGS) == [*digits, faint]


def test_without_witnesses_faint_ones_stay() -> None:
    pair = [candidate(30, 50), candidate(60, 50, level=8)]

    assert fitting(pair, SETTINGS) == pair


def test_a_frame_around_a_digit_is_dropped() -> None:
    digit, frame = candidate(60, 60), candidate(50, 50, 50, 60)

    assert fitting([frame, digit], SETTINGS) == [digit]


def test_a_hole_on_the_other_side_is_no_reason_to_drop_its_digit() -> None:
    zeros = [candidate(60 * k, 50, 50, 60) for k in range(3)]

    assert fitting([*zeros, lightened(candidate(10, 60))], SETTINGS) == zeros


def test_much_ink_on_either_side_is_kept() -> None:
    both = [change(candidate(40 * k, 50)) for k in range(2) for change in (lightened, lambda dark: dark)]

    assert fitting(both, SETTINGS) == both


def test_many_pale_specks_do_not_make_the_writing() -> None:
    digits, specks = (
        [candidate(60 * k, 50, 40, 60) for k in range(3)],
        [candidate(9 * k, 150, 4, 9, 15) for k in range(9)],
    )

    assert fitting([*digits, *specks], SETTINGS) == digits


@pytest.mark.parametrize("slant", [0, 40], ids=["upright", "slanted"])
def test_the_edge_of_a_sheet_is_no_tall_one(slant: int) -> None:
    digits = [candidate(30 * k, 50) for k in range(6)]
    mask = np.zeros(SHAPE, np.uint8)
    cv2.line(mask, (250, 20), (250 + slant, 200), 255, 4)
    (bar,) = find_components(mask, SETTINGS)
    edge = Candidate(bar, DARK, 90)

    assert fitting([*digits, edge], SETTINGS) == digits
    assert fitting([*digits[:2], edge], SETTINGS) == [*digits[:2], edge]


def test_nobody_fits_where_nobody_is() -> None:
    assert fitting([], SETTINGS) == []


# Cutting


def test_a_glyph_holds_its_own_ink_only() -> None:
    page = drawn()
    cv2.circle(page, (140, 140), 5, 40, cv2.FILLED)  # a blot within the 7's box
    dark = dark_side(page).contrast
    seven = outline_of(page)

    ink = cut_ink(Candidate(seven, dark, ink_level(seven, dark)))

    left, top = seven.box.left - 1, seven.box.top - 1
    assert ink[140 - top, 140 - left] == 0
    assert ink[82 - top, 160 - left] == 255


def test_a_part_inside_its_body_is_cut_out_with_it() -> None:
    body, part = component(50, 50, 60, 80), component(70, 70, 15, 15)

    ink = cut_ink(Candidate(join([body, part]), np.full(SHAPE, 90, np.uint8), 90))

    assert ink.min() == 255


@given(st.integers(0, 300), st.integers(0, 220), st.integers(1, 60), st.integers(1, 60), st.floats(1, 9))
@settings(deadline=None)
def test_boxes_stay_in_the_frame_at_any_scale(left: int, top: int, width: int, height: int, factor: float) -> None:
    width, height = min(width, SHAPE[1] - left), min(height, SHAPE[0] - top)
    shape = (round(SHAPE[0] * factor), round(SHAPE[1] * factor))
    piece = Candidate(component(left, top, width, height), np.full(SHAPE, 90, np.uint8), 90)

    box = cut_glyph(piece, factor, shape).box

    assert box.left >= 0 < box.width
    assert box.top >= 0 < box.height
    assert box.right <= shape[1]
    assert box.bottom <= shape[0]
    assert box.left == pytest.approx(left * factor, abs=1.01)
