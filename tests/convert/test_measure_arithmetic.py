"""Multiply-adds are counted as on paper."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        pytest.param(lambda k: k.Conv2D(5, 3), 6 * 6 * 5 * 3 * 3 * 2, id="convolution"),
        pytest.param(lambda k: k.Conv2D(5, 3, strides=2, padding="same"), 4 * 4 * 5 * 9 * 2, id="stride"),
        pytest.param(lambda k: k.Conv2D(4, 3, groups=2), 6 * 6 * 4 * 9 * 1, id="groups"),
        pytest.param(lambda k: k.DepthwiseConv2D(3), 6 * 6 * 2 * 9, id="depthwise"),
        pytest.param(lambda k: k.SeparableConv2D(5, 3), 6 * 6 * (2 * 9 + 2 * 5), id="separable"),
        pytest.param(lambda k: k.Dense(7), 8 * 8 * 2 * 7, id="dense at every position"),
        pytest.param(lambda k: k.BatchNormalization(), 0, id="normalisation folds"),
        pytest.param(lambda k: k.MaxPooling2D(), 0, id="pooling"),
    ],
)
def test_a_layer_counts_its_kernel_at_every_position(
    framework: ModuleType, layer: Callable[[Any], Any], expected: int
) -> None:
    from convert.measure.arithmetic import count_multiply_adds

    model = framework.Sequential([framework.Input((8, 8, 2)), layer(framework.layers)])

    assert count_multiply_adds(model) == expected


def test_models_inside_models_count(framework: ModuleType) -> None:
    from convert.measure.arithmetic import count_multiply_adds

    layers = framework.layers
    inner = framework.Sequential([framework.Input((8, 8, 2)), layers.Conv2D(5, 3), layers.Flatten()])
    model = framework.Sequential([framework.Input((8, 8, 2)), inner, layers.Dense(4)])

    assert count_multiply_adds(model) == 36 * 5 * 18 + 180 * 4


def test_logits_are_what_the_softmax_is_given(framework: ModuleType) -> None:
    from convert.measure.logits import keras_logits, without_softmax

    layers = framework.layers
    head: list[list[Any]] = [[layers.Dense(10, activation="softmax")], [layers.Dense(10), layers.Softmax()]]
    head.append([layers.Dense(10), layers.Activation("softmax")])
    images = np.random.default_rng(2).integers(0, 256, (3, 28, 28)).astype(np.uint8)
    for last in head:
        model = framework.Sequential([framework.Input((28, 28, 1)), layers.Flatten(), *last])
        bare = without_softmax(model)

        logits = keras_logits(bare, images)

        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = np.asarray(model(images[..., None].astype(np.float32) / 255))
        assert np.allclose(powers / powers.sum(axis=1, keepdims=True), probabilities, atol=1e-5)


def test_a_network_without_softmax_at_its_end_has_no_logits(framework: ModuleType) -> None:
    from convert.measure.logits import without_softmax

    layers = framework.layers
    model = framework.Sequential(
        [framework.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="sigmoid")]
    )

    assert without_softmax(model) is None
