"""What the segmentation tells about the pieces that it drops: the gate, the step of the company, the stages."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.records import Box
from runtime.segment import SETTINGS, find, is_single
from runtime.segment.company import Candidate, fitting, sift
from runtime.segment.components import Component
from runtime.segment.gates import GATES, failed_gate, plausible
from runtime.segment.sides import two_sides
from runtime.segment.stages import NO_EDGE, TEXTURE, find_stages

SHAPE = (240, 320)
SIDE = np.zeros(SHAPE, np.uint8)


def component(left: int, top: int, width: int = 20, height: int = 30, stroke: float = 4) -> Component:
    """A component of a box and a stroke width; its outline is the box."""
    corners = [(left, top), (left + width - 1, top), (left + width - 1, top + height - 1), (left, top + height - 1)]
    return Component(Box(left, top, width, height), (np.array(corners, np.int32).reshape(-1, 1, 2),), 60 * stroke, 120)


def candidate(left: int, top: int, width: int = 20, height: int = 30, level: float = 100) -> Candidate:
    return Candidate(component(left, top, width, height), SIDE, level)


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (component(50, 50), None),
        (component(50, 50, 5, 6, 1), "too low"),
        (component(0, 0, 20, 239, 4), "too high"),
        (component(50, 50, 90, 30), "too wide"),
        (component(50, 50, 3, 60, 3), "too narrow"),
        (component(50, 50, 30, 30, 14), "its strokes are too thick"),
        (Component(Box(50, 50, 30, 30), (), 800, 500), "a blot"),
        (component(0, 0, 60, 50), "cut off by the border"),
    ],
    ids=["digit", "speck", "edge", "dash", "line", "thick", "blot", "corner"],
)
def test_the_gate_that_a_piece_fails_is_named(piece: Component, reason: str | None) -> None:
    assert failed_gate(piece, SHAPE, SETTINGS) == reason
    assert plausible(piece, SHAPE, SETTINGS) == (reason is None)
    assert reason is None or reason in GATES


@given(
    st.lists(
        st.builds(
            candidate,
            st.integers(0, 280),
            st.integers(0, 200),
            st.integers(2, 40),
            st.integers(4, 60),
            st.floats(1, 255),
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=60)
def test_each_step_only_drops_and_the_last_leaves_what_fits(candidates: list[Candidate]) -> None:
    steps = list(sift(candidates, SETTINGS))

    left = {id(one) for one in candidates}
    for _, kept in steps:
        assert {id(one) for one in kept} <= left
        left = {id(one) for one in kept}
    assert [id(one) for one in steps[-1][1]] == [id(one) for one in fitting(candidates, SETTINGS)]
    assert len({reason for reason, _ in steps}) == len(steps)


def test_the_step_names_why_a_candidate_does_not_fit() -> None:
    digits = [candidate(30 * k, 50) for k in range(6)]
    odd = {
        "far smaller": candidate(200, 200, 3, 6),
        "far thinner and fainter": candidate(240, 50, level=8),
        "drawn around": candidate(25, 45, 30, 40),
    }

    for words, one in odd.items():
        dropping = [reason for reason, kept in sift([*digits, one], SETTINGS) if one not in kept]
        assert words in dropping[0]


def page(noise: int = 0) -> np.ndarray:
    """Strokes of a pen on paper that may be rough."""
    frame = np.full((480, 640), 215, np.uint8)
    for left in range(60, 560, 70):
        cv2.polylines(
            frame, [np.array([(left, 200), (left + 34, 205), (left + 10, 270)])], isClosed=False, color=50, thickness=6
        )
    rough = np.random.default_rng(3).integers(-noise, noise + 1, frame.shape)
    return np.clip(frame + rough, 0, 255).astype(np.uint8)


def test_stages_of_plain_paper_keep_every_stroke() -> None:
    stages = find_stages(two_sides(page(), SETTINGS)[0], SETTINGS)

    assert len(stages.candidates) == 8
    assert np.array_equal(stages.ink, stages.plain)
    assert set(np.unique(stages.ink).tolist()) == {0, 255}
    assert all(one.side is stages.clean.contrast for one in stages.candidates)


def test_stages_of_blank_paper_are_empty() -> None:
    stages = find_stages(two_sides(np.full((480, 640), 215, np.uint8), SETTINGS)[0], SETTINGS)

    assert not stages.ink.any()
    assert stages.candidates == stages.dropped == ()


def test_texture_is_dropped_for_its_surroundings() -> None:
    rng = np.random.default_rng(5)
    scratched = np.full((480, 640), 200, np.uint8)
    for x, y, angle, length, grey in rng.uniform((0, 0, 0, 15, 60), (640, 480, 6.3, 40, 180), (600, 5)):
        end = (int(x + length * np.cos(angle)), int(y + length * np.sin(angle)))
        cv2.line(scratched, (int(x), int(y)), end, int(grey), 3)

    sides = [find_stages(side, SETTINGS) for side in two_sides(scratched, SETTINGS)]

    reasons = [dropped.reason for stages in sides for dropped in stages.dropped]
    assert sum(reason in (NO_EDGE, TEXTURE) for reason in reasons) >= 5


def test_what_is_found_comes_from_the_stages() -> None:
    found = find(page())

    known = {id(one) for stages in found.sides for one in stages.candidates}
    assert {id(one) for one in (*found.digits, *found.strings)} <= known
    assert all(is_single(one) for one in found.digits)
    assert not any(is_single(one) for one in found.strings)
