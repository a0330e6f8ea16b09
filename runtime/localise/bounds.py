"""Which of a file's tensors are what Keras computes, within what the file's number format accounts for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from runtime.backends.reference.graph import Key
from runtime.localise.tensors import Named, Real, Traced
from runtime.rounding.simulate import SINGLE

LEAST = 1e-9  # of what is allowed, where nothing but zeros is computed


@dataclass(frozen=True, slots=True)
class TensorCheck:
    """One tensor of a file beside the one of Keras that is nearest to it."""

    name: str
    operator: str
    shape: tuple[int, ...]  # of one sample
    counterpart: str | None  # Keras' tensor; None where Keras computes nothing of this size
    difference: float  # root of the mean square
    allowed: float  # what rounding accounts for, root of the mean square
    bound: float  # what rounding may account for in the worst of all samples
    largest: float  # difference of one number
    place: tuple[int, ...] | None  # of that number in its sample; None for a tensor without a counterpart
    own: bool = True  # whether Keras has these very numbers: False for sums of which its nearest shows what follows

    @property
    def ratio(self) -> float:
        """How many times further off than rounding accounts for."""
        return self.difference / self.allowed if self.counterpart else 0.0

    @property
    def within(self) -> bool:
        """Whether it is what Keras computes; also true where there is nothing to compare with."""
        return self.counterpart is None or self.difference <= self.bound


def check_tensors(
    traced: Sequence[Traced], keras: Sequence[Named], spread: Mapping[Key, float], widest: float
) -> list[TensorCheck]:
    """Each tensor of a file beside its counterpart, found by its numbers.

    `spread` is what rounding moves each by, root of the mean square, and `widest` how many times that the worst of all
    samples may be off.

    So nothing needs to know which layers a converter has merged: a convolution into which batch normalisation was
    folded has the numbers that the normalisation gives in Keras.
    """
    checks = [_check(entry, keras, spread.get(entry.key, 0.0), widest) for entry in traced]
    by_key = {entry.key: check for entry, check in zip(traced, checks, strict=True)}
    return [
        replace(check, own=check.within or _follower(entry, check, by_key) is None)
        for entry, check in zip(traced, checks, strict=True)
    ]


def find_first(traced: Sequence[Traced], checks: Sequence[TensorCheck]) -> TensorCheck | None:
    """The first tensor that leaves its bound, and takes along something that is computed from it.

    What only the file computes, such as sums before a rectifier that Keras does not show, has no true counterpart; but
    then all that is computed from it is within its bounds again.
    """
    by_key = {entry.key: check for entry, check in zip(traced, checks, strict=True)}
    for entry, check in zip(traced, checks, strict=True):
        after = [by_key[key] for key in entry.consumers if key in by_key and by_key[key].counterpart]
        if not check.within and (not after or any(not follower.within for follower in after)):
            return check
    return None


def find_compared(traced: Sequence[Traced], checks: Sequence[TensorCheck], first: TensorCheck) -> TensorCheck:
    """Where the figures of `first` stand: itself, or what follows from it that Keras has too, as rectified sums."""
    by_key = {entry.key: check for entry, check in zip(traced, checks, strict=True)}
    entries = {id(check): entry for entry, check in zip(traced, checks, strict=True)}
    found = first
    while (follower := _follower(entries[id(found)], found, by_key)) is not None and not follower.within:
        found = follower
    return found


def _follower(entry: Traced, check: TensorCheck, by_key: Mapping[Key, TensorCheck]) -> TensorCheck | None:
    """The one tensor computed from another, where it is nearer to the same one of Keras; None where it is not."""
    after = [by_key[key] for key in entry.consumers if key in by_key]
    if len(after) == 1 and check.counterpart == after[0].counterpart and after[0].difference < check.difference:
        return after[0]
    return None


def _check(entry: Traced, keras: Sequence[Named], spread: float, widest: float) -> TensorCheck:
    values = entry.tensor.values
    allowed = max(spread, SINGLE * float(np.sqrt(np.mean(values**2))), LEAST)
    off, counterpart = _nearest(values, keras)
    return TensorCheck(
        name=entry.tensor.name,
        operator=entry.tensor.operator,
        shape=values.shape[1:],
        counterpart=counterpart,
        difference=float(np.sqrt(np.mean(off**2))),
        allowed=allowed,
        bound=widest * allowed,
        largest=float(np.abs(off).max()),
        place=_worst_place(off) if counterpart else None,
    )


def _nearest(values: Real, keras: Sequence[Named]) -> tuple[Real, str | None]:
    """The difference to the nearest of Keras' tensors, and its name; zeros and None where none has this size."""
    offs = [(values - other, named.name) for named in keras for other in _in_shape(named.values, values.shape)]
    return min(offs, key=lambda pair: float(np.mean(pair[0] ** 2))) if offs else (np.zeros_like(values), None)


def _in_shape(values: Real, shape: tuple[int, ...]) -> Iterator[Real]:
    """Values in every way in which they may have `shape`: as they are, with their channels first or last, or flat."""
    if values.size == math.prod(shape):
        turned = [np.moveaxis(values, 1, -1), np.moveaxis(values, -1, 1)] if values.ndim == 4 else []
        flat = [values.reshape(shape)] if len(shape) != values.ndim else []
        yield from flat
        yield from (way for way in (values, *turned) if way.shape == shape)


def _worst_place(off: Real) -> tuple[int, ...]:
    """Where in a sample the largest difference is."""
    return tuple(int(index) for index in np.unravel_index(np.abs(off).argmax(), off.shape))[1:]
