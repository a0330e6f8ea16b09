"""The shapes that operators give to what they compute: arithmetic that both kinds of files share.

Everything is checked on the way; what does not fit raises Refused by the rule "shape", or "options" for a parameter.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from runtime.formats import limits
from runtime.formats.refused import Refused

Shape = tuple[int, ...]
LONGEST = 2**15  # steps, dilations, borders: no picture is larger


def broadcast(*shapes: Shape) -> Shape:
    """The common shape of tensors of which each length is the same or 1."""
    lengths = list(zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1))
    largest = [max(column) for column in lengths]
    if any(length not in (1, most) for column, most in zip(lengths, largest, strict=True) for length in column):
        raise Refused("shape", f"shapes {' and '.join(map(str, shapes))} do not go together")
    return tuple(reversed(largest))


def bounded(numbers: Iterable[int], least: int, what: str) -> tuple[int, ...]:
    """Parameters of an operator, each from `least` to LONGEST."""
    found = tuple(numbers)
    if any(not least <= number <= LONGEST for number in found):
        raise Refused("options", f"{what} of {found}; expected {least} to {LONGEST}")
    return found


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from the front."""
    if not -rank <= axis < rank:
        raise Refused("shape", f"axis {axis} of {rank}")
    return axis % rank


def axes_of(axes: Iterable[int], rank: int) -> set[int]:
    """Different axes counted from the front."""
    given = list(axes)
    found = {axis_of(axis, rank) for axis in given}
    if len(found) < len(given):
        raise Refused("shape", f"axes {given}, one of them twice")
    return found


class Along(NamedTuple):
    """A window along one axis."""

    size: int
    stride: int
    dilation: int = 1
    borders: tuple[int, int] = (0, 0)  # before and behind the image

    @property
    def reach(self) -> int:
        """The length of what it spans."""
        return (self.size - 1) * self.dilation + 1


def windows(length: int, along: Along) -> int:
    """How many windows stand along one axis; at least one must."""
    room = length + sum(along.borders) - along.reach
    if room < 0:
        raise Refused("shape", f"no room for a window of {along.reach} in {length} and borders of {along.borders}")
    return room // along.stride + 1


def reduced(shape: Shape, axes: set[int], keep: bool) -> Shape:
    """A shape without `axes`, or with 1 in their places."""
    return tuple(1 if axis in axes else length for axis, length in enumerate(shape) if keep or axis not in axes)


def reshaped(shape: Shape, wanted: Sequence[int]) -> Shape:
    """`wanted`, its one −1 replaced by what is left."""
    if len(wanted) > limits.RANK or any(length < -1 for length in wanted) or list(wanted).count(-1) > 1:
        raise Refused("shape", f"a new shape of {tuple(wanted)}")
    known = math.prod(length for length in wanted if length >= 0)
    missing = math.prod(shape) // known if known else 0
    found = tuple(missing if length == -1 else length for length in wanted)
    if math.prod(found) != math.prod(shape):
        raise Refused("shape", f"{shape} does not fit into {tuple(wanted)}")
    return found


def transposed(shape: Shape, order: Sequence[int]) -> Shape:
    """The lengths in another order."""
    if sorted(order) != list(range(len(shape))):
        raise Refused("shape", f"the order {tuple(order)} of {len(shape)} axes")
    return tuple(shape[axis] for axis in order)


def joined(shapes: Sequence[Shape], axis: int) -> Shape:
    """Tensors one behind the other along `axis`."""
    place = axis_of(axis, len(shapes[0]))
    rest = {(*shape[:place], *shape[place + 1 :]) for shape in shapes}
    if len(rest) > 1 or len({len(shape) for shape in shapes}) > 1:
        raise Refused("shape", f"shapes {' and '.join(map(str, shapes))} cannot be joined along {axis}")
    return (*shapes[0][:place], sum(shape[place] for shape in shapes), *shapes[0][place + 1 :])


def stacked(shapes: Sequence[Shape], axis: int) -> Shape:
    """Tensors of one shape side by side along a new axis."""
    if len(set(shapes)) > 1:
        raise Refused("shape", f"shapes {' and '.join(map(str, shapes))} cannot be stacked")
    place = axis_of(axis, len(shapes[0]) + 1)
    return (*shapes[0][:place], len(shapes), *shapes[0][place:])


def padded(shape: Shape, borders: Sequence[tuple[int, int]]) -> Shape:
    """A shape with borders before and after each axis."""
    if len(borders) != len(shape):
        raise Refused("shape", f"borders for {len(borders)} axes of {len(shape)}")
    for pair in borders:
        bounded(pair, 0, "borders")
    return tuple(length + sum(pair) for length, pair in zip(shape, borders, strict=True))


def expanded(shape: Shape, axes: Iterable[int]) -> Shape:
    """A shape with 1 at `axes` of the result."""
    given = list(axes)
    places = axes_of(given, len(shape) + len(given))
    lengths = iter(shape)
    return tuple(1 if axis in places else next(lengths) for axis in range(len(shape) + len(places)))


def squeezed(shape: Shape, axes: Iterable[int]) -> Shape:
    """A shape without `axes`, each of which must be 1."""
    places = axes_of(axes, len(shape))
    if any(shape[axis] != 1 for axis in places):
        raise Refused("shape", f"axes {sorted(places)} of {shape}, which are not all 1")
    return reduced(shape, places, keep=False)
