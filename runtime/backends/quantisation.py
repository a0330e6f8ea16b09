"""Between real numbers and the whole numbers of a quantised tensor (Jacob et al., arXiv:1712.05877, equation 1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How a tensor's whole numbers stand for real ones: real = scale × (whole − zero_point)."""

    dtype: np.dtype[np.integer[Any]]  # int8 or uint8
    scale: float  # positive
    zero_point: int

    def quantise(self, real: NDArray[np.float32]) -> Whole:
        """The nearest whole numbers, ties to even, clipped to what the dtype holds."""
        limits = np.iinfo(self.dtype)
        steps = np.rint(real / np.float32(self.scale)) + np.float32(self.zero_point)
        whole: Whole = np.clip(steps, limits.min, limits.max).astype(self.dtype)
        return whole

    def dequantise(self, whole: Whole) -> NDArray[np.float32]:
        """The real numbers."""
        return (whole.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)
