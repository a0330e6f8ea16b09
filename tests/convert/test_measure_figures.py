"""Pictures about a measurement show what it says, and times are told beside another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.measure.figures import draw_junk, draw_reliability, draw_risk_coverage, save_figure
from convert.measure.latency import measure_latency
from runtime.bundle import open_bundle, open_model
from runtime.pictures import load_picture

METHODS = ("softmax", "published")


@pytest.fixture
def document() -> dict[str, Any]:
    """What the pictures are drawn from."""
    bins = {"before": [[100, 0.9, 0.97]], "after": [[10, 0.6, 0.6], [90, 0.99, 0.99]]}
    moments = {name: {"expected_calibration_error": 0.01, "bins": found} for name, found in bins.items()}
    return {
        "junk": {"generated": 50, "negatives": 20},
        "calibration": {"int8.tflite": {"temperature": 0.8, "holdout": moments, "photographs": moments}},
        "risk_coverage": {"coverage": [0.5, 1.0], "holdout and generated": {name: [0.0, 0.1] for name in METHODS}},
        "rejection": {
            "int8.tflite": [
                {
                    "method": name,
                    "accepted": {"generated": 0.1, "negatives": 0.4},
                    "by_kind": {"generated": {"letters": 0.2, "blots": 0.0}},
                }
                for name in METHODS
            ]
        },
    }


def test_reliability_has_a_field_for_each_lot(document: dict[str, Any]) -> None:
    fields = draw_reliability(document, "int8.tflite").axes

    assert [axes.get_title() for axes in fields] == ["holdout", "photographs"]
    labels = [text.get_text() for text in fields[0].get_legend().get_texts()]
    assert labels == ["before: error 1.00%", "after: error 1.00%"]


def test_risk_has_a_line_for_each_method(document: dict[str, Any]) -> None:
    (axes,) = draw_risk_coverage(document).axes

    assert [line.get_label() for line in axes.get_lines()] == list(METHODS)
    assert axes.get_lines()[0].get_ydata().tolist() == [0.0, 0.1]


def test_junk_has_a_bar_for_each_kind_and_method(document: dict[str, Any]) -> None:
    (axes,) = draw_junk(document, "int8.tflite").axes

    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["all generated", "all negatives", "generated: letters", "generated: blots"]
    assert [bar.get_width() for bar in axes.patches] == [0.1, 0.4, 0.2, 0.0] * 2


def test_pictures_are_written_whole_and_the_same_each_time(document: dict[str, Any], tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save_figure(draw_junk(document, "int8.tflite"), tmp_path / name)

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert np.unique(load_picture(tmp_path / "a.png")).size > 10


def test_time_is_told_beside_the_work_before_the_network(bundle_folder: Path) -> None:
    _, backend = open_model(open_bundle(bundle_folder), "opencv", "float32.onnx")

    found = measure_latency(backend)

    assert found["reference"] == "normalise of 96×96 pixels"
    assert found["microseconds"] > 0
    assert found["ratio"] > 0
