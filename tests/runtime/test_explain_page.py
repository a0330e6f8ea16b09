"""What the page about `digits read --explain` says is what the program does."""

from pathlib import Path

import numpy as np
import pytest

from runtime.explain.ink_panels import NAMES
from runtime.explain.reasons import reason_for
from runtime.records import Prediction
from runtime.segment.gates import GATES
from runtime.segment.stages import NO_EDGE, TEXTURE

TEXT = " ".join((Path(__file__).parents[2] / "docs" / "explain.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("stage", [stage for stage in NAMES if stage != "kept"])
def test_every_stage_is_told(stage: str) -> None:
    assert f"`{stage}`" in TEXT


@pytest.mark.parametrize("reason", [*GATES, NO_EDGE, TEXTURE])
def test_every_reason_to_drop_a_piece_is_told(reason: str) -> None:
    words = reason.replace("its strokes are too thick", "strokes too thick").removeprefix("too ")

    assert words in TEXT


@pytest.mark.parametrize(
    ("best", "no_digit", "threshold"),
    [(0.2, 0.7, 0.1), (0.3, 0.0, 0.6), (0.8, 0.0, 0.9), (0.8, 0.0, 1.0)],
    ids=["no digit", "unsure", "company", "surroundings"],
)
def test_every_reason_to_leave_a_digit_out_is_told(best: float, no_digit: float, threshold: float) -> None:
    rest = (1 - best - no_digit) / 9
    probabilities = np.array([best, *[rest] * 9, no_digit], np.float32)

    reason = reason_for(Prediction(probabilities, threshold), asked=0.6)

    assert reason
    words = reason.partition(":")[0].partition(" (")[0]
    assert f"**{words}**" in TEXT
