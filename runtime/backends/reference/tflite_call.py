"""One operator of a `.tflite` file together with its tensors: what the builders of its kernel ask about it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference.float_kernels import EVERYTHING, Range
from runtime.backends.reference.quantised_kernels import Step8
from runtime.backends.reference.windows import Border, Window, same_borders
from runtime.formats.flatbuffer import Table
from runtime.formats.tflite_file import Operator, Scaling, Tensor, TfliteFile

FLOAT, INT8 = np.dtype(np.float32), np.dtype(np.int8)
SAME = 0  # of the schema's enumeration Padding
RANGES: dict[int, Range] = {0: EVERYTHING, 1: (0.0, np.inf), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""What the schema's ActivationFunctionType lets through, by number: all, ReLU, ReLU −1 to 1, ReLU6."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """An operator, its input tensors (None where an optional one is left out) and its output tensor."""

    name: str
    inputs: tuple[Tensor | None, ...]
    output: Tensor
    options: Table | None

    def tensor(self, index: int) -> Tensor:
        """An input that must be there."""
        found = self.inputs[index] if index < len(self.inputs) else None
        if found is None:
            raise ValueError(f"{self.name} lacks its input {index}")
        return found

    def dtype(self, index: int = 0) -> np.dtype[Any]:
        """An input's dtype."""
        return self.tensor(index).dtype

    def option(self, slot: int, default: int = 0) -> int:
        """A whole number among the options."""
        return self.options.number(slot) if self.options else default

    def real(self, slot: int) -> float:
        """A float32 among the options."""
        return self.options.real(slot) if self.options else 0.0

    def range(self, slot: int) -> Range:
        """What the fused activation lets through."""
        kind = self.option(slot)
        if kind not in RANGES:
            raise ValueError(f"{self.name} with a fused activation of number {kind}")
        return RANGES[kind]

    def allowed(self, slot: int) -> tuple[int, int]:
        """The same in whole numbers of the quantised output."""
        return whole_range(step_of(self.output), self.range(slot))

    def window(self, strides: tuple[int, int], size: tuple[int, int], dilations: tuple[int, int] | None) -> Window:
        """A window from slots of options, each pair height, width, and from a size in pixels; checked."""
        steps = (self.option(strides[0]), self.option(strides[1]))
        apart = (self.option(dilations[0], 1), self.option(dilations[1], 1)) if dilations else (1, 1)
        window = Window(size, steps, apart)
        window.check()
        return window

    def borders(self, images: NDArray[Any], window: Window) -> tuple[Border, Border]:
        """What the option "padding", always in slot 0, adds around the images."""
        if self.option(0) == SAME:
            return same_borders(images.shape[1], images.shape[2], window)
        return (0, 0), (0, 0)


def make_call(file: TfliteFile, operator: Operator) -> Call:
    """Gather what belongs to one operator; ValueError for one with several outputs or none."""
    if len(operator.outputs) != 1 or operator.outputs[0] < 0:
        raise ValueError(f"{operator.name} with {len(operator.outputs)} outputs")
    inputs = tuple(None if index < 0 else file.tensors[index] for index in operator.inputs)
    return Call(operator.name, inputs, file.tensors[operator.outputs[0]], operator.options)


def step_of(tensor: Tensor) -> Step8:
    """How an 8-bit tensor as a whole is quantised; ValueError for any other."""
    scaling = scaling_of(tensor)
    if tensor.dtype.itemsize != 1 or len(scaling.scales) != 1:
        raise ValueError(f"{tensor.name}: expected int8 or uint8 with one scale, got {tensor.dtype}")
    zero_point, limits = int(scaling.zero_points[0]), np.iinfo(tensor.dtype)
    if not limits.min <= zero_point <= limits.max:
        raise ValueError(f"{tensor.name}: a zero point of {zero_point} outside of {tensor.dtype}")
    return Step8(float(scaling.scales[0]), zero_point, tensor.dtype)


def scaling_of(tensor: Tensor) -> Scaling:
    """How a tensor is quantised; ValueError where it is not."""
    if tensor.scaling is None:
        raise ValueError(f"{tensor.name}: a quantised tensor without a scale")
    return tensor.scaling


def whole_range(step: Step8, real: Range) -> tuple[int, int]:
    """A range of real numbers in whole ones that the dtype holds (CalculateActivationRangeQuantized)."""
    low, high = int(np.iinfo(step.dtype).min), int(np.iinfo(step.dtype).max)
    bottom = max(low, step.quantise(real[0])) if np.isfinite(real[0]) else low
    top = min(high, step.quantise(real[1])) if np.isfinite(real[1]) else high
    return bottom, top
