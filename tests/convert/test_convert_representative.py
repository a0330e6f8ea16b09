"""Images to calibrate with: every class in them, and every extreme of the activations."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.preprocess import to_input


@pytest.fixture(scope="module")
def representative(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - Keras must be loaded first
    from convert import representative

    return representative


@pytest.mark.usefixtures("representative")
@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=80),
    share=st.floats(0, 1),
    first=st.lists(st.integers(0, 79), max_size=10),
)
def test_rows_are_balanced_and_hold_what_must_be_in(labels: list[int], share: float, first: list[int]) -> None:
    from convert.representative import choose_rows

    classes = np.array(labels, np.uint8)
    count = max(1, round(share * len(labels)))
    must = np.unique([index for index in first if index < len(labels)]).astype(np.intp)
    rows = choose_rows(classes, must, count)

    assert len(rows) == count
    assert (np.diff(rows) > 0).all()
    assert np.isin(must[:count], rows).all()
    assert np.array_equal(rows, choose_rows(classes, must, count))
    taken, there = (np.bincount(part, minlength=5) for part in (classes[rows], classes))
    if not len(must):  # a class that has more to give is not behind another by two
        assert all(taken[c] >= taken.max() - 1 for c in range(5) if taken[c] < there[c])


def test_rows_of_a_class_are_spread_over_all_that_it_has(representative: ModuleType) -> None:
    labels = np.repeat(np.arange(2, dtype=np.uint8), 64)

    rows = representative.choose_rows(labels, np.zeros(0, np.intp), 16)

    assert rows.tolist() == [8 * index for index in range(16)]


def test_the_extremes_of_all_images_are_among_the_chosen(
    representative: ModuleType,
    framework: ModuleType,
    tiny_model: Any,  # noqa: ANN401
) -> None:
    images = np.random.default_rng(4).integers(0, 256, (60, 28, 28), np.uint8)
    rows = representative.find_extremes(tiny_model, images)
    inside = framework.Model(tiny_model.inputs[0], [layer.output for layer in tiny_model.layers])

    whole, part = (inside(to_input(some), training=False) for some in (images, images[rows]))
    assert len(rows) <= 2 * len(tiny_model.layers)
    for every, chosen in zip(whole, part, strict=True):
        assert np.isclose(np.min(every), np.min(chosen), atol=1e-5)
        assert np.isclose(np.max(every), np.max(chosen), atol=1e-5)
