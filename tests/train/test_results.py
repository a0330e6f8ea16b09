"""Figures about answers."""

import numpy as np

from train.results import Results

ANSWERS = np.full((4, 10), 0.02, np.float32)
ANSWERS[0, 3], ANSWERS[1, 4], ANSWERS[2, 4], ANSWERS[3, 9] = 0.9, 0.5, 0.8, 0.7
RESULTS = Results(np.array([3, 9, 8, 9], np.uint8), ANSWERS)


def test_wrong_answers_the_surest_first() -> None:
    assert RESULTS.digits.tolist() == [3, 4, 4, 9]
    assert RESULTS.wrong.tolist() == [2, 1]
    assert (RESULTS.errors, RESULTS.samples, RESULTS.accuracy) == (2, 4, 0.5)


def test_confusion_has_labels_in_rows() -> None:
    counts = RESULTS.confusion()

    assert counts.shape == (10, 10)
    assert (counts[9, 4], counts[8, 4], counts[3, 3], counts[9, 9], counts.sum()) == (1, 1, 1, 1, 4)
