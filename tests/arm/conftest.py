"""The scripts of continuous integration can be imported, and documents of two machines can be made up."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / ".ci"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))

DOCUMENT: dict[str, Any] = {
    "answers": {
        "machine": {"processor": "x86_64", "python": "3.11.2", "numpy": "2.4.6", "cv2": "5.0.0", "engines": {}},
        "answers": [
            {"bundle": bundle, "file": file, "engine": engine, "probabilities": [[0.75, 0.25], [0.375, 0.625]]}
            for bundle in ("edge-nano", "edge-base")
            for file, engine in (("int8.tflite", "litert"), ("int8.tflite", "reference"), ("float32.onnx", "opencv"))
        ],
    },
    "parity": {
        "edge-nano": {
            "passed": True,
            "preprocessing": {"crops": 70, "differing": 0},
            "checks": [{"file": "int8.tflite", "backend": "litert", "passed": True, "reason": None}],
        }
    },
    "pages": {
        "litert": {
            "plain.png": {"texts": ["12", "3"], "boxes": [[0, 0, 9, 9], [10, 0, 9, 9], [0, 20, 9, 9]]},
            "dim.png": {"texts": ["4"], "boxes": [[5, 5, 8, 9]]},
        }
    },
    "clip": {"texts": ["12", "12", "123"]},
}


@pytest.fixture
def documents() -> Callable[[], dict[str, Any]]:
    """Makes what a machine answered to all questions, to be changed at will."""
    return lambda: copy.deepcopy(DOCUMENT)
