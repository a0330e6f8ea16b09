"""The comparison counts right, explains honestly, and its limits catch what is broken."""

import dataclasses
import json

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from runtime import parity
from runtime.ledger import Answers, NumberFormat
from runtime.parity import (
    Comparison,
    Limits,
    ParityCheck,
    check_document,
    compare,
    compare_answers,
    find_broken,
    limits_for,
)
from runtime.records import Probabilities

LOOSE = Limits()
STEPS = NumberFormat(output_step=1 / 256)
NOISE = {"noise_ratio": 3, "mean_abs_difference": 0.01}


def confident(digits: list[int], confidence: float = 0.91, classes: int = 10) -> Probabilities:
    """Answers that give each digit `confidence` and the other classes equal shares of the rest."""
    rows = np.full((len(digits), classes), (1 - confidence) / (classes - 1), np.float32)
    rows[np.arange(len(digits)), digits] = confidence
    return rows


def labels(*digits: int) -> NDArray[np.uint8]:
    return np.array(digits, np.uint8)


@pytest.fixture
def same() -> Comparison:
    reference = confident([1, 2, 3])
    return compare(reference, reference, labels(1, 2, 3))


def test_equal_answers_agree_in_everything(same: Comparison) -> None:
    assert (same.samples, same.accuracy, same.reference_accuracy, same.agreement) == (3, 1.0, 1.0, 1.0)
    assert (same.flips, same.unexplained_flips, same.flipped) == (0, 0, ())
    assert same.max_abs_difference == same.mean_abs_difference == 0
    assert same.worst == (0, 1, 2)


def test_accuracies_are_those_of_each_side() -> None:
    found = compare(confident([1, 2, 3, 4]), confident([1, 2, 9, 9]), labels(1, 2, 3, 9))

    assert (found.reference_accuracy, found.accuracy) == (0.75, 0.75)
    assert (found.agreement, found.flips) == (0.5, 2)
    assert found.accuracy_loss == 0
    assert found.interval95[0] < 0.75 < found.interval95[1]


def test_flip_tells_who_said_what() -> None:
    reference, answers = confident([4, 7]), confident([4, 9], confidence=0.55)
    flip = compare(reference, answers, labels(4, 9)).flipped[0]

    assert (flip.index, flip.label, flip.reference, flip.answer) == (1, 9, 7, 9)
    assert flip.reference_confidence == pytest.approx(0.91)
    assert flip.answer_confidence == pytest.approx(0.55)
    assert flip.margin == pytest.approx(0.9)
    assert not flip.explained


@pytest.mark.parametrize(("margin", "explained"), [(0.0, True), (1.9 / 256, True), (2.1 / 256, False), (0.5, False)])
def test_flip_is_explained_by_a_margin_within_two_steps_of_the_answer(margin: float, explained: bool) -> None:
    reference = np.zeros((1, 10), np.float32)
    reference[0, 3], reference[0, 8] = 0.5 + margin / 2, 0.5 - margin / 2
    found = compare(reference, confident([8]), labels(3), STEPS)

    assert found.flips == (0 if margin == 0 and reference.argmax() == 8 else 1)
    assert found.unexplained_flips == (0 if explained else 1)


def test_not_a_digit_is_an_answer_but_no_digit() -> None:
    """The eleventh class counts for agreement; accuracy asks the ten digits alone."""
    reference, answers = confident([5, 10], classes=11), confident([10, 10], classes=11)
    answers[0, 5] = 0.05
    reference[1, 6] = answers[1, 6] = 0.05
    found = compare(reference, answers, labels(5, 6))

    assert (found.flips, found.accuracy, found.reference_accuracy) == (1, 1.0, 1.0)


def test_worst_samples_come_first_by_their_largest_difference() -> None:
    reference, answers = confident([0] * 20), confident([0] * 20)
    answers[7, 4] += 0.05
    answers[3, 2] -= 0.01
    answers[12] += 0.005  # much in sum, little at each place
    found = compare(reference, answers, labels(*[0] * 20))

    assert found.worst[:3] == (7, 3, 12)
    assert len(found.worst) == parity.WORST
    assert found.max_abs_difference == pytest.approx(0.05)


def test_samples_keep_their_places_in_the_data_set() -> None:
    found = compare(confident([1, 2]), confident([1, 3]), labels(1, 2), None, np.array([40, 70]))

    assert found.worst == (70, 40)
    assert found.flipped[0].index == 70


def test_a_broken_file_is_not_described_flip_by_flip() -> None:
    found = compare(confident([1] * 500), confident([2] * 500), labels(*[1] * 500))

    assert found.flips == 500
    assert len(found.flipped) == parity.FLIPS_LISTED


@pytest.mark.parametrize(
    ("reference", "answers", "digits"),
    [
        (confident([1]), confident([1, 2]), labels(1)),
        (confident([1]), confident([1], classes=11), labels(1)),
        (confident([1]), confident([1]), labels(1, 2)),
        (confident([]), confident([]), labels()),
    ],
    ids=["rows", "classes", "labels", "nothing"],
)
def test_what_cannot_be_compared_is_refused(
    reference: Probabilities, answers: Probabilities, digits: NDArray[np.uint8]
) -> None:
    with pytest.raises(ValueError, match="expected equal shapes and N ≥ 1"):
        compare(reference, answers, digits)


@given(
    pair=st.integers(1, 40).flatmap(
        lambda n: st.tuples(*[hnp.arrays(np.float32, (n, 10), elements=st.floats(0, 1, width=32))] * 2)
    )
)
def test_laws_of_any_comparison(pair: tuple[Probabilities, Probabilities]) -> None:
    reference, answers = pair
    digits = reference.argmax(axis=1).astype(np.uint8)
    there, back = compare(reference, answers, digits), compare(answers, reference, digits)

    assert there.reference_accuracy == 1
    assert there.accuracy == pytest.approx(there.agreement)
    assert there.flips == back.flips == round((1 - there.agreement) * there.samples)
    assert 0 <= there.unexplained_flips <= there.flips
    assert 0 <= there.mean_abs_difference <= there.max_abs_difference <= 1
    assert there.max_abs_difference == back.max_abs_difference


@pytest.mark.parametrize(
    ("variant", "samples", "data", "expected"),
    [
        ("float32", 10_000, "holdout", {"flips": 0, "max_abs_difference": 1e-4}),
        ("float32", 100, "golden", {"flips": 0, "max_abs_difference": 1e-4}),
        ("float16", 10_000, "holdout", {"noise_ratio": 3, "max_abs_difference": 0.01, "accuracy_loss": 0.001}),
        ("int8", 10_000, "holdout", {**NOISE, "flips": 300, "accuracy_loss": 0.001}),
        ("uint8", 300, "holdout", {**NOISE, "flips": 9, "accuracy_loss": 0.01}),
        ("dynamic", 100, "golden", {**NOISE, "flips": 3}),
        ("int8", 2_000, "background", {**NOISE, "flips": 60}),
        ("int8", 20, "golden", {**NOISE, "flips": 2}),
    ],
)
def test_limits_follow_the_number_format(variant: str, samples: int, data: str, expected: dict[str, float]) -> None:
    check = ParityCheck("a", "litert", data, limits_for(variant, samples, data))
    limits = check_document(check)["limits"]
    del limits["resolution"]

    assert limits == {"unexplained_flips": 0, **expected}


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), ()),
        (Limits(flips=0), ("flips 1, at most 0 allowed",)),
        (Limits(flips=1), ()),
        (Limits(unexplained_flips=0), ("unexplained flips 1, at most 0 allowed",)),
        (Limits(accuracy_loss=0.2), ("accuracy loss 0.25, at most 0.2 allowed",)),
        (Limits(accuracy_loss=0.25), ()),
        (Limits(max_abs_difference=0.5), ("max abs difference 0.9, at most 0.5 allowed",)),
        (
            Limits(mean_abs_difference=0.04, flips=0),
            ("mean abs difference 0.045, at most 0.04 allowed", "flips 1"),
        ),
    ],
)
def test_each_demand_that_is_not_met_is_named(limits: Limits, words: tuple[str, ...]) -> None:
    found = compare(confident([1, 2, 3, 4]), confident([1, 2, 3, 5]), labels(1, 2, 3, 4))
    broken = find_broken(found, limits)

    assert len(broken) == len(words)
    assert all(given_.startswith(expected) for given_, expected in zip(broken, words, strict=True))


def test_noise_that_is_not_known_is_not_held_against_a_file(same: Comparison) -> None:
    loud = dataclasses.replace(same, noise_ratio=3.5)

    assert find_broken(same, Limits(noise_ratio=3)) == ()
    assert find_broken(loud, Limits(noise_ratio=3)) == ("noise ratio 3.5, at most 3 allowed",)


def test_losses_and_gains_are_paired() -> None:
    """Keras alone has three right, the file one; both or neither say nothing."""
    truth = [0, 1, 2, 3, 4, 5]
    found = compare(confident([0, 1, 2, 9, 4, 9]), confident([9, 9, 9, 3, 4, 8]), labels(*truth))

    assert (found.lost, found.gained) == (3, 1)
    assert found.mcnemar == pytest.approx(2 * 5 / 16)
    assert found.reference_interval95[0] < found.reference_accuracy < found.reference_interval95[1]


def test_every_class_of_another_model_counts() -> None:
    """With eleven names the label 10 is one of them; with ten digits and no digit it is not."""
    answers = np.array([[0.3, *[0.0] * 9, 0.7]], np.float32)
    truth = labels(0)

    def right(known: int) -> float:
        return compare_answers(Answers(answers, answers, truth, np.arange(1), known), NumberFormat()).accuracy

    assert (right(10), right(11)) == (1.0, 0.0)


def test_what_is_no_digit_is_right_as_such() -> None:
    """The label 10 is judged among all classes, and a network without that answer never has it right."""
    answers = confident([10, 3], classes=11)

    assert compare(answers, answers, labels(10, 10)).accuracy == 0.5
    assert compare(confident([1]), confident([1]), labels(10)).accuracy == 0


def test_a_gain_in_accuracy_is_no_loss() -> None:
    found = compare(confident([1, 2]), confident([1, 3]), labels(1, 3))

    assert find_broken(found, Limits(accuracy_loss=0.001)) == ()


def test_check_without_answers_fails_unless_the_engine_is_known_not_to_run_the_file(same: Comparison) -> None:
    answered = ParityCheck("a", "litert", "golden", LOOSE, same)
    refused = ParityCheck("a", "litert", "golden", LOOSE, reason="damaged")
    unknown = ParityCheck("a", "opencv", "golden", LOOSE, reason="cannot", supported=False)

    assert [check.status for check in (answered, refused, unknown)] == ["ok", "failed", "unsupported"]
    assert [check.passed for check in (answered, refused, unknown)] == [True, False, True]


def test_document_describes_flips() -> None:
    found = compare(confident([1]), confident([2]), labels(1))
    flips = json.loads(json.dumps(check_document(ParityCheck("a", "litert", "golden", LOOSE, found))))["flipped"]

    assert flips[0].items() >= {"index": 0, "label": 1, "reference": 1, "answer": 2, "explained": False}.items()
