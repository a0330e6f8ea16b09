"""Evaluation counts errors before, and rejections after, the threshold."""

import json
from pathlib import Path

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.bundle import open_bundle, open_model
from runtime.evaluate import PART, ClassResult, ask, evaluate
from runtime.labelled import read_labelled
from runtime.records import Prediction, Probabilities


def answers(*rows: dict[int, float], classes: int = 10) -> Probabilities:
    """Rows with the given probabilities and the rest at the last of the ten digits."""
    filled = np.zeros((len(rows), classes), np.float32)
    for row, known in zip(filled, rows, strict=True):
        for index, probability in known.items():
            row[index] = probability
        row[9] += 1 - row.sum()
    return filled


def test_errors_are_counted_whatever_the_threshold() -> None:
    given_ = answers({1: 0.9}, {2: 0.6}, {3: 0.6})
    labels = np.array([1, 2, 7], np.uint8)

    for threshold, rejected in ((0.0, 0), (0.5, 0), (0.7, 2), (1.0, 3)):
        found = evaluate(given_, labels, threshold)
        assert (found.errors, found.rejected) == (1, rejected)


def test_not_a_digit_is_rejected_and_its_digit_still_judged() -> None:
    found = evaluate(answers({10: 0.6, 4: 0.4}, {10: 0.6, 4: 0.4}, classes=11), np.array([4, 5], np.uint8), 0.0)

    assert (found.errors, found.rejected) == (1, 2)


def test_all_classes_of_another_model_are_counted() -> None:
    given_ = np.eye(12, dtype=np.float32)[[10, 11, 3]]
    found = evaluate(given_, np.array([10, 10, 3], np.uint8), 0.5, known=12)
    document = found.to_document("int8.tflite", "litert", tuple("abcdefghijkl"))

    assert (found.samples, found.errors, found.rejected) == (3, 1, 0)
    assert len(found.per_class) == len(document["per_class"]) == 12
    assert document["per_class"]["k"] == {"samples": 2, "errors": 1}


def test_classes_are_counted_by_label() -> None:
    found = evaluate(answers({1: 0.9}, {2: 0.9}, {2: 0.9}), np.array([1, 1, 2], np.uint8), 0.0)

    assert found.per_class[1] == ClassResult(2, 1)
    assert found.per_class[2] == ClassResult(1, 0)
    assert found.per_class[0] == ClassResult(0, 0)
    assert (found.samples, found.errors) == (3, 1)
    assert found.accuracy == pytest.approx(2 / 3)


def test_accuracy_has_no_rounding_error() -> None:
    found = evaluate(answers({1: 0.9}, *[{2: 0.9}] * 4), np.array([1, 1, 1, 1, 1], np.uint8), 0.0)

    assert found.accuracy == 0.2  # and not 0.19999999999999996


def test_document_follows_the_contract() -> None:
    found = evaluate(answers({1: 0.9}, {2: 0.9}), np.array([1, 1], np.uint8), 0.95)
    document = json.loads(json.dumps(found.to_document("int8.tflite", "litert")))

    assert document.pop("interval95") == pytest.approx([0.0945, 0.9055], abs=1e-4)
    assert document == {
        "schema": "digits.evaluation/1",
        "file": "int8.tflite",
        "backend": "litert",
        "samples": 2,
        "errors": 1,
        "accuracy": 0.5,
        "rejected": 2,
        "per_class": {str(digit): {"samples": 2 * (digit == 1), "errors": int(digit == 1)} for digit in range(10)},
    }


@given(
    raw=hnp.arrays(
        np.float32, st.tuples(st.integers(1, 30), st.sampled_from([10, 11])), elements=st.floats(0, 1, width=32)
    ),
    threshold=st.floats(0, 1),
)
def test_rejection_is_the_readers_own(raw: Probabilities, threshold: float) -> None:
    """A sample is rejected exactly where `Prediction` stands by no digit."""
    found = evaluate(raw, np.zeros(len(raw), np.uint8), threshold)
    predictions = [Prediction(row, threshold) for row in raw]

    assert found.rejected == sum(prediction.digit is None for prediction in predictions)
    assert found.errors == sum(prediction.best != 0 for prediction in predictions)
    assert found.errors == sum(result.errors for result in found.per_class)


@pytest.mark.parametrize("count", [1, PART, PART + 1])
def test_progress_ends_with_the_last_sample(models: Path, count: int) -> None:
    _, backend = open_model(open_bundle(models), "opencv")
    seen: list[tuple[int, int]] = []
    given_ = ask(backend, np.zeros((count, 28, 28), np.uint8), lambda done, total: seen.append((done, total)))

    assert given_.shape == (count, 10)
    assert seen[-1] == (count, count)
    assert len(seen) == -(-count // PART)


def test_a_real_model_gets_most_digits_right(models: Path) -> None:
    bundle = open_bundle(models)
    _, backend = open_model(bundle)
    images, labels = read_labelled(models / "holdout.npz")
    found = evaluate(ask(backend, images), labels, bundle.manifest.confidence_threshold)

    assert found.accuracy > 0.9
    assert abs(found.errors - bundle.manifest.training["test_errors"]) <= 5
    assert [result.samples for result in found.per_class] == [30] * 10
