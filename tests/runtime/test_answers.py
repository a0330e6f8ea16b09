"""What comes out of an engine is made probabilities, or refused."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.backends.answers import BATCH, Form, answer_in_batches, as_probabilities, check_images, check_shapes
from runtime.errors import ModelError
from runtime.records import Images


def spread(images: Images) -> Images:
    """A stand-in engine whose first answer is the image's first pixel."""
    first = images[:, 0, 0, 0]
    return np.stack([first, 1 - first], axis=1)


@pytest.mark.parametrize("fixed", [None, 1, 7, 100])
@given(count=st.integers(0, 3 * BATCH))
def test_batches_come_back_in_order(fixed: int | None, count: int) -> None:
    images = np.zeros((count, 28, 28, 1), np.float32)
    images[:, 0, 0, 0] = np.arange(count) / 1000
    sizes = []

    def run(part: Images) -> Images:
        sizes.append(len(part))
        return spread(part)

    answers = answer_in_batches(images, run, Form((28, 28, 1), 2), "model", fixed)

    np.testing.assert_allclose(answers[:, 0], images[:, 0, 0, 0])
    assert answers.shape == (count, 2)
    assert set(sizes) <= {fixed} if fixed else max(sizes, default=0) <= BATCH


def test_rows_are_scaled_to_one_and_keep_their_order() -> None:
    raw = np.array([[0.5, 0.25, 0.23], [0.0, 1.0, 0.03]], np.float32)
    scaled = as_probabilities(raw, 2, 3, "model")

    np.testing.assert_allclose(scaled.sum(axis=1), 1, atol=1e-7)
    np.testing.assert_array_equal(scaled.argsort(axis=1), raw.argsort(axis=1))
    assert scaled.dtype == np.float32


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.2, 0.2]], "sums 0.4 to 0.4"),
        ([[2.0, 3.0]], "sums 5 to 5"),
        ([[1.5, -0.5]], "lowest value -0.5"),
        ([[np.nan, 1.0]], "sums nan"),
        ([[np.inf, 0.0]], "sums inf"),
        ([[0.5, 0.5], [0.0, 0.0]], "sums 0 to 1"),
    ],
    ids=["too little", "logits", "negative", "nan", "infinite", "nothing"],
)
def test_what_is_no_probability_is_refused(rows: list[list[float]], message: str) -> None:
    with pytest.raises(ModelError, match=f"^model: its answers are no probabilities .*{message}"):
        as_probabilities(np.array(rows, np.float32), len(rows), 2, "model")


def test_answers_of_another_shape_are_refused() -> None:
    with pytest.raises(ModelError, match=r"expected answers of shape \(3, 10\), got \(1, 10\)"):
        as_probabilities(np.full((1, 10), 0.1, np.float32), 3, 10, "model")


def test_so_many_classes_may_each_be_rounded() -> None:
    raw = np.full((1, 100), 0.0082, np.float32)  # 0.01, nearly all of half a step off: the sum is 0.82

    np.testing.assert_allclose(as_probabilities(raw, 1, 100, "model").sum(axis=1), 1, atol=1e-6)
    with pytest.raises(ModelError, match="no probabilities"):
        as_probabilities(raw[:, :10], 1, 10, "model")


@pytest.mark.parametrize("batch", [None, -1, 1, "batch"])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (20, 30, 1)])
@pytest.mark.parametrize("classes", [2, 10, 11, 100])
def test_classifiers_are_known_by_their_shapes(batch: object, shape: tuple[int, int, int], classes: int) -> None:
    assert check_shapes((batch, *shape), (batch, classes), "model") == Form(shape, classes)


@pytest.mark.parametrize(
    "images",
    [np.zeros((1, 28, 28, 3), np.float32), np.zeros((1, 28, 28, 1)), np.zeros((28, 28, 1), np.float32)],
    ids=["coloured", "float64", "one image"],
)
def test_images_of_another_form_are_refused(images: Images) -> None:
    with pytest.raises(ValueError, match=r"images: expected float32 \(N, 28, 28, 1\), got float"):
        check_images(images, (28, 28, 1))


@pytest.mark.parametrize(
    ("taken", "produced"),
    [
        ((1, 224, 224, 3), (1, 10)),
        ((1, 4, 28, 1), (1, 10)),
        ((1, 28, 28, 2), (1, 10)),
        ((1, None, None, 1), (1, 10)),
        ((1, 784), (1, 10)),
        ((1, 28, 28, 1), (1, 1)),
        ((1, 28, 28, 1), (1, 1000)),
        ((1, 28, 28, 1), (1, 1, 10)),
        ((1, 28, 28, 1), ()),
        ((1, 28, 28, 1), (1, "classes")),
    ],
)
def test_other_shapes_are_refused(taken: tuple[object, ...], produced: tuple[object, ...]) -> None:
    with pytest.raises(
        ModelError, match=r"expected input \(N, height, width, channels\), 8 to 128 pixels a side .* got"
    ):
        check_shapes(taken, produced, "model")
