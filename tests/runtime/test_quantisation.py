"""Real numbers become the nearest whole ones, clipped, and come back within half a step."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from runtime.backends.quantisation import Quantisation

PIXELS = Quantisation(np.dtype(np.uint8), 1 / 255, 0)
SIGNED = Quantisation(np.dtype(np.int8), 1 / 256, -128)


@pytest.mark.parametrize(
    ("quantisation", "real", "whole"),
    [
        (PIXELS, [0.0, 1.0, 0.6], [0, 255, 153]),
        (PIXELS, [-0.1, 1.7], [0, 255]),
        (SIGNED, [0.0, 0.5, 1.0], [-128, 0, 127]),
        (Quantisation(np.dtype(np.int8), 0.5, 3), [-1.0, 0.0, 0.2, 0.3, 100.0, -100.0], [1, 3, 3, 4, 127, -128]),
        (Quantisation(np.dtype(np.int8), 1.0, 0), [0.5, 1.5, -0.5], [0, 2, 0]),
    ],
    ids=["pixels", "clipped", "signed", "offset", "ties to even"],
)
def test_nearest_whole_numbers(quantisation: Quantisation, real: list[float], whole: list[int]) -> None:
    given_ = quantisation.quantise(np.array(real, np.float32))

    assert given_.tolist() == whole
    assert given_.dtype == quantisation.dtype


def test_every_pixel_value_survives() -> None:
    """What was a byte in the picture is the same byte in the network: nothing is truncated to the one below."""
    pixels = np.arange(256, dtype=np.uint8)

    np.testing.assert_array_equal(PIXELS.quantise(pixels.astype(np.float32) / np.float32(255)), pixels)


@pytest.mark.parametrize("quantisation", [PIXELS, SIGNED], ids=["uint8", "int8"])
@given(real=st.floats(0, 1, width=32))
def test_there_and_back_misses_by_half_a_step_at_most(quantisation: Quantisation, real: float) -> None:
    largest = quantisation.dequantise(np.array([np.iinfo(quantisation.dtype).max], quantisation.dtype))[0]
    back = quantisation.dequantise(quantisation.quantise(np.array([real], np.float32)))[0]

    assert abs(back - min(real, largest)) <= quantisation.scale / 2 + 1e-6


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@given(zero_point=st.integers(-128, 127), scale=st.floats(1e-4, 10))
def test_whole_numbers_come_back_as_they_were(dtype: str, zero_point: int, scale: float) -> None:
    kind: np.dtype[np.integer[Any]] = np.dtype(dtype)
    every = np.arange(np.iinfo(kind).min, np.iinfo(kind).max + 1).astype(kind)
    quantisation = Quantisation(kind, scale, zero_point)

    np.testing.assert_array_equal(quantisation.quantise(quantisation.dequantise(every)), every)
