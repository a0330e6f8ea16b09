"""How a trained candidate is judged."""

import numpy as np
import pytest

from train.tune.judge import judge, know_nothing

LABELS = np.arange(200, dtype=np.uint8) % 10


def make_answers(labels: np.ndarray, confidence: float | np.ndarray, classes: int = 11) -> np.ndarray:
    """Answers that give the label's class this probability, and the others equal shares of the rest."""
    sure = np.broadcast_to(np.asarray(confidence, np.float32), labels.shape)
    answers = np.repeat(((1 - sure) / (classes - 1))[:, None], classes, axis=1).astype(np.float32)
    answers[np.arange(len(labels)), labels] = sure
    return answers


def test_the_loss_is_the_mean_over_all_three_kinds_of_images() -> None:
    none = np.full(100, 10, np.uint8)

    figures = judge(make_answers(LABELS, 0.9), make_answers(LABELS, 0.7), make_answers(none, 0.5), LABELS)

    expected = -(200 * np.log(0.9) + 200 * np.log(0.7) + 100 * np.log(0.5)) / 500
    assert figures.loss == pytest.approx(expected, rel=1e-5)
    assert (figures.errors, figures.varied_errors, figures.accepted) == (0, 0, 0.0)


def test_wrong_digits_are_counted_among_the_ten() -> None:
    """A digit that is taken for none counts by the best of the ten; only the loss knows that it was refused."""
    refused = make_answers(LABELS, 0.3)
    refused[:, 10] = 0.6
    swapped = (LABELS + (np.arange(200) < 6)) % 10

    figures = judge(refused, make_answers(swapped, 0.9), make_answers(np.full(10, 10), 0.9), LABELS)

    assert (figures.errors, figures.varied_errors) == (0, 6)


@pytest.mark.parametrize(("weak", "accepted"), [(1, 0.1), (3, 0.6)], ids=["one in 200", "three in 200"])
def test_junk_is_accepted_at_the_threshold_that_keeps_99_of_100_digits(weak: int, accepted: float) -> None:
    """Two of 200 digits may be lost; a third one that is unsure lowers the threshold for everything."""
    confidence = np.full(200, 0.9)
    confidence[:weak] = 0.5
    digits = make_answers(LABELS, confidence)
    junk = make_answers(np.arange(10) % 10, np.array([0.95] + [0.6] * 5 + [0.2] * 4))

    assert judge(digits, digits, junk, LABELS).accepted == pytest.approx(accepted)


def test_an_impossible_answer_costs_much_but_not_everything() -> None:
    answers = make_answers(LABELS, 0.0)

    figures = judge(answers, answers, np.empty((0, 11), np.float32), LABELS)

    assert figures.loss == pytest.approx(-np.log(1e-7))
    assert figures.accepted == 0


def test_a_network_without_an_answer_for_none_can_be_judged_on_digits() -> None:
    ten = make_answers(LABELS, 0.8, classes=10)

    assert judge(ten, ten, np.empty((0, 10), np.float32), LABELS).loss == pytest.approx(-np.log(0.8), rel=1e-5)


@pytest.mark.parametrize("classes", [10, 11])
def test_a_training_that_diverged_knows_nothing(classes: int) -> None:
    figures = know_nothing(classes)

    equal = np.full((200, classes), 1 / classes, np.float32)
    assert figures.loss == pytest.approx(judge(equal, equal, np.empty((0, classes), np.float32), LABELS).loss)
    assert figures.errors is None
