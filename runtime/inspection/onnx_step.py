"""One operator of an `.onnx` file as it is inspected: what it is given, its attributes and what is known beforehand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.formats.onnx_file import Attribute, Node
from runtime.formats.refused import Refused
from runtime.inspection.shapes import Shape

SMALL = 64  # numbers of a constant whose contents say what is to be done


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A tensor for one image."""

    dtype: str  # NumPy's name
    shape: Shape
    settled: bool = False  # whether it is the same for every image
    value: NDArray[Any] | None = None  # its numbers, where no image is needed to tell them


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """An operator with what it is given."""

    node: Node
    inputs: tuple[Known | None, ...]  # None where an optional one is left out

    @property
    def name(self) -> str:
        """The operator's name."""
        return self.node.operator

    def tensor(self, index: int) -> Known:
        """An input that must be there."""
        found = self.optional(index)
        if found is None:
            raise Refused("form", f"{self.name} lacks its input {index}")
        return found

    def optional(self, index: int) -> Known | None:
        """An input that may be left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def expect(self, dtypes: Iterable[str], indices: Iterable[int] = (0,)) -> str:
        """Refuse inputs of other number formats than `dtypes`, or of different ones; gives the one they have."""
        allowed, found = tuple(dtypes), {self.tensor(index).dtype for index in indices}
        if len(found) != 1 or not found <= set(allowed):
            raise Refused("type", f"{self.name} of {', '.join(sorted(found))}")
        return found.pop()

    def settled(self, *indices: int) -> None:
        """Refuse inputs that depend on the image where they must not."""
        for index in indices:
            given = self.optional(index)
            if given is not None and not given.settled:
                raise Refused("type", f"{self.name} whose input {index} depends on the image")

    def constant(self, index: int) -> NDArray[Any]:
        """The numbers of an input that must be a constant."""
        value = self.tensor(index).value
        if value is None:
            raise Refused("type", f"{self.name} whose input {index} is no constant")
        return value

    def whole_numbers(self, index: int) -> tuple[int, ...]:
        """The whole numbers of an input of one axis that says what is to be done."""
        value = self.constant(index)
        if value.dtype.kind != "i" or value.ndim != 1 or value.size > SMALL or value.dtype.itemsize != 8:
            raise Refused("shape", f"{self.name} whose input {index} is no short list of whole numbers")
        return tuple(value.tolist())

    def whole(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        found = self._attribute(name, default, int)
        return int(found) if isinstance(found, int) else default

    def real(self, name: str, default: float) -> float:
        """An attribute that is a finite real number."""
        found = self._attribute(name, default, float)
        if not isinstance(found, float) or not abs(found) < 1e6:
            raise Refused("options", f"{self.name} with {name} of {found!r}")
        return found

    def wholes(self, name: str, count: int | None = None, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """An attribute that is a list of whole numbers, `count` of them."""
        found = self._attribute(name, default, tuple)
        if not isinstance(found, tuple) or (count is not None and len(found) != count):
            raise Refused("options", f"{self.name} with {name} of {found!r}; expected {count} numbers")
        if any(isinstance(number, float) for number in found):
            raise Refused("options", f"{self.name} with {name} that are no whole numbers")
        return tuple(map(int, found))

    def one_of(self, name: str, allowed: Iterable[int | str], default: int | str) -> int | str:
        """An attribute that must be one of a few."""
        raw = self.node.attributes.get(name, default)
        found = raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw
        choices = tuple(allowed)
        if type(found) is not type(default) or found not in choices:
            raise Refused("options", f"{self.name} with {name} of {str(found)[:40]!r}")
        return default if not isinstance(found, int | str) else found

    def _attribute(self, name: str, default: Attribute | None, kind: type) -> Attribute | None:
        found = self.node.attributes.get(name, default)
        if found is not None and type(found) is not kind:
            raise Refused("options", f"{self.name} with {name} of another kind than it has")
        return found


Check = Callable[[Step], Known]


@dataclass(frozen=True, slots=True)
class Demand:
    """What an operator may have, and what it gives."""

    check: Check
    inputs: tuple[int, int] = (1, 1)  # the least and the most
    attributes: frozenset[str] = frozenset()


def of(check: Check, least: int = 1, most: int | None = None, attributes: str = "") -> Demand:
    """A demand; `attributes` are names with spaces between them."""
    return Demand(check, (least, least if most is None else most), frozenset(attributes.split()))


def is_finite(values: NDArray[Any]) -> bool:
    """Whether all real numbers are numbers."""
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())
