"""Fixtures about verifications that several test modules of this room share."""

from collections.abc import Callable

import numpy as np
import pytest

from runtime.bench import Percentiles
from runtime.parity import Comparison, Limits, ParityCheck, PreprocessingCheck, compare
from runtime.records import Probabilities
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

SAMPLES = 40


def answer_sevens(flips: int = 0) -> Probabilities:
    """Answers to sevens, the first `flips` of which are eights."""
    rows = np.full((SAMPLES, 10), 0.01, np.float32)
    rows[np.arange(SAMPLES), [8] * flips + [7] * (SAMPLES - flips)] = 0.91
    return rows


@pytest.fixture(scope="session")
def compared() -> Callable[[int], Comparison]:
    """Gives the comparison of answers to forty sevens of which so many have flipped, none of them explained."""

    def give(flips: int = 0) -> Comparison:
        return compare(answer_sevens(), answer_sevens(flips), np.full(SAMPLES, 7, np.uint8))

    return give


@pytest.fixture(scope="session")
def right_row(compared: Callable[[int], Comparison]) -> Row:
    check = ParityCheck("float32.tflite", "litert", "holdout", Limits(flips=0), compared(0))
    return Row("float32.tflite", "litert", 18_952, (check,), Percentiles(13.2, 131.4, 200.0), 0.25)


@pytest.fixture(scope="session")
def flipped_row(compared: Callable[[int], Comparison]) -> Row:
    check = ParityCheck("int8.tflite", "litert", "holdout", Limits(unexplained_flips=0), compared(2))
    return Row("int8.tflite", "litert", 9_872, (check,), Percentiles(9.0, 10.0, 11.0), 0.5)


@pytest.fixture(scope="session")
def damaged_row() -> Row:
    check = ParityCheck("int8.onnx", "onnxruntime", "holdout", Limits(), reason="int8.onnx: onnxruntime refuses it")
    return Row("int8.onnx", "onnxruntime", 8_363, (check,))


@pytest.fixture(scope="session")
def unsupported_row() -> Row:
    return Row("int8.onnx", "litert", 8_363, refusal="litert runs .tflite files only")


@pytest.fixture(scope="session")
def missing_row() -> Row:
    return Row("int8.tflite", "tflite-runtime", 9_872, refusal="install it with: pip install x", missing=True)


@pytest.fixture(scope="session")
def every_row(right_row: Row, flipped_row: Row, damaged_row: Row, unsupported_row: Row, missing_row: Row) -> list[Row]:
    return [right_row, flipped_row, damaged_row, unsupported_row, missing_row]


@pytest.fixture(scope="session")
def make_report() -> Callable[..., ParityReport]:
    """Gives a report of some rows."""

    def give(*rows: Row, differing: int = 0, notes: tuple[str, ...] = (), name: str = "tiny") -> ParityReport:
        preprocessing = PreprocessingCheck(1, 6, differing)
        created = "2026-01-01T00:00:00Z"
        return ParityReport(name, "a" * 64, created, SAMPLES, preprocessing, rows, {"litert": "2.3.0"}, notes)

    return give
