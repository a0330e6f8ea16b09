"""The scripts beside the documents can be imported, and records of measurements can be made up."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"
if str(DOCS) not in sys.path:
    sys.path.insert(0, str(DOCS))

SAMPLES = 1000
METHODS = ("softmax", "max-logit", "energy", "background", "published")
JUNK = ("validation junk", "generated", "negatives")


def _rejection() -> list[dict[str, Any]]:
    """Figures of five methods, of which "background" is the best."""
    shares = dict(zip(METHODS, (0.4, 0.08, 0.07, 0.01, 0.03), strict=True))
    return [
        {
            "method": method,
            "threshold": 0.5,
            "kept": {"fitted on": 0.99, "holdout": 0.991, "photographs": 0.975},
            "accepted": dict.fromkeys(JUNK, share),
            "by_kind": {"generated": {"letters": share, "blots": 0.0}},
            "auroc": {"holdout": dict.fromkeys(JUNK, 0.98)},
            "auroc_by_kind": {"generated": {"letters": 0.97, "blots": 1.0}},
        }
        for method, share in shares.items()
    ]


def _calibration() -> dict[str, Any]:
    bins = [[10, 0.55, 0.6], [990, 0.99, 0.995]]
    moment = {"expected_calibration_error": 0.02, "bins": bins}
    after = {"expected_calibration_error": 0.003, "bins": bins}
    lots = ("holdout", "photographs")
    return {"temperature": 0.7, **{lot: {"before": moment, "after": after} for lot in lots}}


def make_document(model: str, seed: int, wrong: int, validation: int) -> dict[str, Any]:
    """A measurement in which the int8 file gets the first `wrong` digits of the hold-out wrong."""
    from convert.measure.counting import count_errors, pack_right

    right = np.arange(SAMPLES) >= wrong
    file = {**count_errors(right), "changed": 1, "right": pack_right(right)}
    sizes = {
        "keras": None,
        "int8.tflite": 20_000,
        "float32.tflite": 47_000,
        "int8.onnx": 18_000,
        "uint8.tflite": 20_100,
    }
    counted = {"errors": 4, "interval95": [1.5, 10.1], "confusions": {"1 as 7": 3, "4 as 9": 1}}
    lots = {"strangers": 500, "photographs": 400}
    chosen = {"samples": 300, "errors": validation, "interval95": [0, 9], "loss": 0.04}
    witnesses = ("keras", "int8.tflite")
    shares = {
        "kept": {"validation": 0.99, "holdout": 0.987, "photographs": 0.97},
        "accepted": dict.fromkeys(JUNK, 0.02),
    }
    return {
        "schema": "digits.measurement/1",
        "run": f"{model}-{seed}",
        "created": "2026-01-01T00:00:00Z",
        "manifest_sha256": f"{model}{seed}",
        "data_sha256": "0" * 64,
        "training": {
            "model": model,
            "preset": "best",
            "seed": seed,
            "data": "mnist",
            "command": "digits train --data /home/me",
        },
        "parameters": 9_931,
        "multiply_adds": 781_140,
        "classes": 11,
        "files": [{"file": name, "bytes": size, **file} for name, size in sizes.items()],
        "validation": {"of": "validation", **dict.fromkeys(witnesses, chosen)},
        "sets": [
            {"name": name, "samples": samples, **dict.fromkeys(witnesses, counted)} for name, samples in lots.items()
        ],
        "calibration": {name: _calibration() for name in witnesses},
        "junk": dict.fromkeys(JUNK, 100),
        "rejection": {name: _rejection() for name in witnesses},
        "published": {"temperature": 0.7, "confidence": 0.8, "sure": 0.9, **shares, "by_kind": {}},
        "risk_coverage": {"coverage": [0.5, 1.0], "holdout": {name: [0.0, 0.01] for name in METHODS}},
        "latency": {"microseconds": 12.0, "reference": "normalise of 96×96 pixels", "ratio": 1.9},
    }


@pytest.fixture
def documents() -> Callable[..., dict[str, Any]]:
    """Makes measurements up."""
    return lambda *arguments: copy.deepcopy(make_document(*arguments))


@pytest.fixture
def measurements(tmp_path: Path, documents: Callable[..., dict[str, Any]]) -> Path:
    """A folder with records of the family's seeds and of a model of the zoo."""
    import json

    from model_records import publish

    family = {"edge-nano": (42, 45, 40), "edge-small": (36, 35, 37), "edge-base": (30, 29, 31)}
    for model, wrong in family.items():
        for seed, errors in enumerate(wrong, 1):
            _write(tmp_path / "runs" / f"{model}-{seed}", documents(model, seed, errors, 10 - seed), json.dumps)
            publish(tmp_path / "runs" / f"{model}-{seed}", tmp_path / "measurements")
    _write(tmp_path / "runs" / "dense", documents("dense-512", 1, 140, 30), json.dumps)
    publish(tmp_path / "runs" / "dense", tmp_path / "measurements")
    return tmp_path / "measurements"


def _write(run: Path, document: dict[str, Any], dump: Callable[[object], str]) -> None:
    run.mkdir(parents=True)
    (run / "measurement.json").write_text(dump(document))
