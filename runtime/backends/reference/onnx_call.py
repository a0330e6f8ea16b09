"""One operator of an `.onnx` file: what the builders of its kernel ask about it."""

from dataclasses import dataclass

from runtime.backends.reference.windows import Border, Window, same_borders
from runtime.formats.onnx_file import Node

UNPADDED = {b"": "", b"NOTSET": "", b"VALID": "", b"SAME_UPPER": "same"}
WINDOW_ATTRIBUTES = ("auto_pad", "dilations", "kernel_shape", "pads", "strides")


@dataclass(frozen=True, slots=True, eq=False)
class Windowed:
    """A window of an `.onnx` operator and how far it may stand over the image's edge."""

    window: Window
    given: tuple[Border, Border]  # by the attribute "pads"
    same: bool  # whether the borders follow from the image instead

    def borders(self, shape: tuple[int, ...]) -> tuple[Border, Border]:
        """The borders for images of `shape`, (N, height, width, channels)."""
        return same_borders(shape[1], shape[2], self.window) if self.same else self.given


def whole(node: Node, name: str, default: int) -> int:
    """An attribute that is a whole number."""
    value = node.attributes.get(name, default)
    if not isinstance(value, int):
        raise ValueError(f"{node.operator} with {name} {value!r}")
    return value


def real(node: Node, name: str, default: float) -> float:
    """An attribute that is a real number."""
    value = node.attributes.get(name, default)
    if not isinstance(value, int | float):
        raise ValueError(f"{node.operator} with {name} {value!r}")
    return float(value)


def wholes(node: Node, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """An attribute that is a list of whole numbers."""
    value = node.attributes.get(name, default)
    if not isinstance(value, tuple) or not all(isinstance(number, int) for number in value):
        raise ValueError(f"{node.operator} with {name} {value!r}")
    return tuple(map(int, value))


def windowed(node: Node, size: tuple[int, ...]) -> Windowed:
    """The window of a convolution or pooling over images; `size` where the node itself does not tell it."""
    kernel = wholes(node, "kernel_shape", size)
    strides, dilations = wholes(node, "strides", (1, 1)), wholes(node, "dilations", (1, 1))
    pads = wholes(node, "pads", (0, 0, 0, 0))
    if not len(kernel) == len(strides) == len(dilations) == 2 or len(pads) != 4:
        raise ValueError(f"{node.operator} with a window of {kernel}, strides {strides} and pads {pads}")
    window = Window((kernel[0], kernel[1]), (strides[0], strides[1]), (dilations[0], dilations[1]))
    window.check()
    padding = node.attributes.get("auto_pad", b"")
    if not isinstance(padding, bytes) or padding not in UNPADDED:
        raise ValueError(f"{node.operator} with auto_pad {padding!r}")
    return Windowed(window, ((pads[0], pads[2]), (pads[1], pads[3])), UNPADDED[padding] == "same")


def expect_attributes(node: Node, *known: str) -> None:
    """Raise ValueError where the node has an attribute whose meaning is not computed."""
    unknown = sorted(set(node.attributes) - set(known))
    if unknown:
        raise ValueError(f"{node.operator} with {', '.join(unknown)} is not among what this engine runs")
