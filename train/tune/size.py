"""How large a network of the edge family is, counted from its widths alone, and how to make it smaller."""

from collections.abc import Iterator
from typing import NamedTuple

from train.zoo.edge import Widths

SIDE = 28  # pixels of the input
KERNEL = 3  # side of every convolution but the first
STEP = 4  # filters: vector units take several at once, so odd numbers cost as much as the next multiple
FIELDS = (14, 7, 3)  # sides of the three sizes, whatever the stem does


class Convolution(NamedTuple):
    """One convolution, its batch normalisation folded into it."""

    side: int  # of its kernel
    field: int  # side of its output
    inputs: int
    outputs: int

    @property
    def kernel(self) -> int:
        """How many weights it multiplies with."""
        return self.side**2 * self.inputs * self.outputs


def count_parameters(widths: Widths, classes: int) -> int:
    """The weights of the network with `classes` answers, batch normalisation folded."""
    convolutions = sum(layer.kernel + layer.outputs for layer in _convolutions(widths))
    return convolutions + _flat(widths) * classes + classes


def count_multiply_adds(widths: Widths, classes: int) -> int:
    """The multiplications with a weight that one image takes; those on the padding count too."""
    return sum(layer.kernel * layer.field**2 for layer in _convolutions(widths)) + _flat(widths) * classes


def shrink(widths: Widths, classes: int, budget: int) -> Widths:
    """The widths as they are if they keep within `budget` parameters, else all narrowed by one factor until they do.

    The narrowest is 4 filters everywhere, which may still be more than `budget`.
    """
    for percent in range(100, 0, -1):
        narrower = _scale(widths, percent / 100) if percent < 100 else widths
        if count_parameters(narrower, classes) <= budget:
            break
    return narrower


def narrowest(widths: Widths) -> Widths:
    """The same layers with the fewest filters that the search gives them."""
    return _scale(widths, 0)


def _scale(widths: Widths, factor: float) -> Widths:
    def scale(size: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(max(STEP, STEP * round(width * factor / STEP)) for width in size)

    return widths._replace(large=scale(widths.large), middle=scale(widths.middle), small=scale(widths.small))


def _convolutions(widths: Widths) -> Iterator[Convolution]:
    stem, *large = widths.large
    yield Convolution(widths.side, SIDE // widths.stride, 1, stem)
    inputs = stem
    for field, filters in zip(FIELDS, (large, widths.middle, widths.small), strict=True):
        for outputs in filters:
            yield Convolution(KERNEL, field, inputs, outputs)
            inputs = outputs


def _flat(widths: Widths) -> int:
    """What the dense layer sees."""
    return FIELDS[-1] ** 2 * widths.small[-1]
