"""How much a network computes for one digit, counted in its layers."""

import math
from collections.abc import Iterator
from typing import Any

import keras


def count_multiply_adds(model: keras.Model) -> int:
    """The multiplications, each with an addition, that convolutions and dense layers do for one image.

    Batch normalisation is left out, as it is folded into them; pooling and activations multiply nothing.
    """
    return sum(_count(layer) for layer in _leaves(model))


def _leaves(model: keras.Model) -> Iterator[Any]:
    """The layers, with models inside the model opened."""
    for layer in model.layers:
        yield from _leaves(layer) if isinstance(layer, keras.Model) else (layer,)


def _count(layer: Any) -> int:  # noqa: ANN401 - Keras has no types
    """The multiply-adds of one layer: its kernels' weights, each used at every position of the output."""
    if isinstance(layer, keras.layers.SeparableConv2D):
        places = math.prod(layer.output.shape[1:3])
        return int(places * (math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)))
    if isinstance(layer, (keras.layers.DepthwiseConv2D, keras.layers.Conv2D)):
        return int(math.prod(layer.output.shape[1:3]) * math.prod(layer.kernel.shape))
    if isinstance(layer, keras.layers.Dense):
        return int(math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape))
    return 0
