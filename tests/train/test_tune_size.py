"""The size of an edge network from its widths alone, and how it is narrowed to a budget."""

from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FILTERS = st.integers(1, 20).map(lambda number: 4 * number)
SHAPES = st.tuples(
    st.lists(FILTERS, min_size=1, max_size=4).map(tuple),
    st.lists(FILTERS, min_size=1, max_size=3).map(tuple),
    st.lists(FILTERS, min_size=1, max_size=2).map(tuple),
    st.sampled_from((3, 5, 7)),
    st.sampled_from((1, 2)),
)


@pytest.fixture(scope="module")
def size(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - the module imports Keras
    from train.tune import size

    return size


def make_widths(shape: tuple[Any, ...]) -> Any:  # noqa: ANN401
    from train.zoo.edge import Widths

    return Widths(*shape)


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [("edge-nano", 9_931, 781_140), ("edge-small", 30_283, 2_650_220), ("edge-base", 94_747, 7_323_176)],
)
def test_counts_of_the_zoo(size: ModuleType, name: str, parameters: int, multiply_adds: int) -> None:
    from train.run_folder import count_folded_parameters
    from train.zoo.edge import FAMILY, build_edge

    assert size.count_parameters(FAMILY[name], 11) == parameters
    assert size.count_multiply_adds(FAMILY[name], 11) == multiply_adds
    assert count_folded_parameters(build_edge(FAMILY[name], 11)) == parameters


@pytest.mark.parametrize("classes", [10, 11])
@pytest.mark.parametrize(
    "shape",
    [
        ((8,), (12,), (4,), 3, 1),
        ((4, 8, 12, 16), (20, 8, 12), (8, 24), 7, 2),
        ((12, 12), (16,), (12, 4), 5, 1),
    ],
    ids=["shallow", "deep", "stem with pooling"],
)
def test_counts_are_those_of_the_network_that_keras_builds(
    size: ModuleType, shape: tuple[Any, ...], classes: int
) -> None:
    import numpy as np

    from train.run_folder import count_folded_parameters
    from train.zoo.edge import build_edge

    network = build_edge(make_widths(shape), classes)

    assert count_folded_parameters(network) == size.count_parameters(make_widths(shape), classes)
    multiplied = 0
    for layer in network.layers:
        if hasattr(layer, "kernel"):
            positions = int(np.prod(layer.output.shape[1:-1])) if len(layer.output.shape) == 4 else 1
            multiplied += positions * int(np.prod(layer.kernel.shape))
    assert multiplied == size.count_multiply_adds(make_widths(shape), classes)


@settings(max_examples=60, deadline=None)
@given(shape=SHAPES, budget=st.integers(8_000, 200_000))
def test_shrunk_networks_keep_the_budget_and_their_layers(
    size: ModuleType, shape: tuple[Any, ...], budget: int
) -> None:
    widths = make_widths(shape)

    shrunk = size.shrink(widths, 11, budget)

    assert size.count_parameters(shrunk, 11) <= max(budget, size.count_parameters(size.narrowest(widths), 11))
    assert size.shrink(shrunk, 11, budget) == shrunk
    for before, after in zip(widths[:3], shrunk[:3], strict=True):
        assert len(before) == len(after)
        assert all(4 <= width <= old and width % 4 == 0 for width, old in zip(after, before, strict=True))
    assert shrunk[3:] == widths[3:]
    if size.count_parameters(widths, 11) <= budget:
        assert shrunk == widths
