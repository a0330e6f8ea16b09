"""One operator of a `.tflite` file as it is inspected: its tensors, its parameters and what no image is needed for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats.flatbuffer import Table
from runtime.formats.refused import Refused
from runtime.formats.tflite_file import Tensor

WHOLE = ("int8", "uint8", "int16")  # the number formats that stand for real numbers by a scale


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """An operator with its tensors."""

    name: str
    inputs: tuple[Tensor | None, ...]  # None where an optional one is left out
    output: Tensor
    options: Table | None
    values: tuple[NDArray[Any] | None, ...]  # of each input: its whole numbers, where no image is needed to tell them
    settled: tuple[bool, ...]  # of each input: whether it is the same for every image

    def tensor(self, index: int) -> Tensor:
        """An input that must be there."""
        found = self.inputs[index] if index < len(self.inputs) else None
        if found is None:
            raise Refused("form", f"{self.name} lacks its input {index}")
        return found

    def count(self, least: int, most: int) -> None:
        """Refuse another number of inputs, and one that is left out where it is needed."""
        if not least <= len(self.inputs) <= most:
            raise Refused("form", f"{self.name} with {len(self.inputs)} inputs; it takes {least} to {most}")
        for index in range(least):
            self.tensor(index)

    def option(self, slot: int) -> int:
        """A whole number among the options, which must be there."""
        if self.options is None:
            raise Refused("options", f"{self.name} without its options")
        return self.options.number(slot)

    def real(self, slot: int) -> float:
        """A float32 among the options."""
        self.option(slot)
        return self.options.real(slot) if self.options else 0.0

    def one_of(self, slot: int, allowed: Iterable[int], what: str) -> int:
        """An option that must be one of a few numbers."""
        found = self.option(slot)
        if found not in allowed:
            raise Refused("options", f"{self.name} with {what} of number {found}")
        return found

    def whole_numbers(self, index: int, rank: int | None = 1) -> tuple[int, ...]:
        """The whole numbers of an input that says what is to be done: of one axis, or of `rank` ones."""
        tensor, value = self.tensor(index), self.values[index]
        if value is None or tensor.dtype.name not in ("int32", "int64"):
            raise Refused("shape", f"{self.name} whose input {index} is not known beforehand")
        if rank is not None and value.ndim != rank:
            raise Refused("shape", f"{self.name} whose input {index} has {value.ndim} axes")
        return tuple(int(number) for number in value.reshape(-1))

    def is_known(self, *indices: int) -> bool:
        """Whether inputs are whole numbers that need no image to be told, as those of which shapes are computed."""
        return all(index < len(self.values) and self.values[index] is not None for index in indices)

    def settle(self, *indices: int) -> None:
        """Refuse inputs that depend on the image where they must not."""
        for index in indices:
            if index < len(self.inputs) and self.inputs[index] is not None and not self.settled[index]:
                raise Refused("type", f"{self.name} whose input {index} depends on the image")

    def expect(self, dtypes: Iterable[str], indices: Iterable[int] = (0,)) -> None:
        """Refuse inputs of other number formats than `dtypes`, or of another than the output's."""
        allowed = tuple(dtypes)
        for index in indices:
            got = self.tensor(index).dtype
            if got.name not in allowed or got != self.output.dtype:
                raise Refused("type", f"{self.name} of {got} that gives {self.output.dtype}")


def scale_of(step: Step, tensor: Tensor) -> float:
    """The one scale of a tensor of whole numbers."""
    if tensor.scaling is None or len(tensor.scaling.scales) != 1:
        raise Refused("quantisation", f"{step.name} with {tensor.name!r}, whose whole numbers have no scale")
    return float(tensor.scaling.scales[0])


def is_whole(tensor: Tensor) -> bool:
    """Whether a tensor's numbers stand for real ones by a scale."""
    return tensor.dtype.name in WHOLE


def as_numbers(tensor: Tensor) -> NDArray[Any] | None:
    """The contents of a small constant of whole numbers; None for any other tensor."""
    small = tensor.data is not None and tensor.data.size <= 64 and tensor.dtype.name in ("int32", "int64")
    return np.asarray(tensor.data, np.int64) if small else None
