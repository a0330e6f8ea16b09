"""The operators that an `.onnx` file may hold, and what each demands of its inputs and gives as its output.

Each entry of OPERATORS computes the number format and the shape of its output for one image, and raises Refused where
an engine would have to find out what does not fit (github.com/onnx/onnx/blob/main/docs/Operators.md).
"""

import math

import numpy as np

from runtime.formats import limits
from runtime.formats.refused import Refused
from runtime.inspection import shapes
from runtime.inspection.onnx_step import Check, Demand, Known, Step, of
from runtime.inspection.shapes import Along, Shape, bounded

REAL = ("float32",)
EIGHT = ("int8", "uint8")
ANYTHING = (*REAL, *EIGHT, "int32", "int64")
SMALLEST, LARGEST = 1e-20, 1e10  # scales
FLAT = 2  # axes of a matrix
IMAGES = 4
NARROW = 5  # axes of tensors that are computed with number by number
PADDED = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")
REDUCTIONS = ("ReduceMax", "ReduceMean", "ReduceSum")
WINDOW = "auto_pad dilations kernel_shape pads strides"


def convolution(step: Step) -> Known:
    """Conv over images (N, channels, height, width), also of groups and depthwise."""
    step.expect(REAL, range(len(step.inputs)))
    step.settled(1, 2)
    images, weights = step.tensor(0).shape, step.tensor(1).shape
    group = bounded((step.whole("group", 1),), 1, "groups")[0]
    if len(images) != IMAGES or len(weights) != IMAGES or images[1] != weights[1] * group or weights[0] % group:
        raise Refused("shape", f"Conv with weights {weights} in {group} groups for images {images}")
    if (bias := step.optional(2)) and bias.shape != (weights[0],):
        raise Refused("shape", f"Conv with a bias {bias.shape} for weights {weights}")
    size = step.wholes("kernel_shape", 2, weights[2:])
    if size != weights[2:]:
        raise Refused("shape", f"Conv with weights {weights} for a window of {size}")
    return Known("float32", (images[0], weights[0], *_places(step, images, size)))


def pooling(step: Step) -> Known:
    """MaxPool and AveragePool over images (N, channels, height, width)."""
    images = step.tensor(0).shape
    if len(images) != IMAGES:
        raise Refused("shape", f"{step.name} of {images}")
    dtype = step.expect((*REAL, *EIGHT) if step.name == "MaxPool" else REAL)
    for name in ("ceil_mode", "count_include_pad"):
        step.one_of(name, (0, 1), 0)
    step.one_of("storage_order", (0,), 0)
    size = step.wholes("kernel_shape", 2)
    if any(border >= length for border, length in zip(step.wholes("pads", 4, (0,) * 4), size * 2, strict=True)):
        raise Refused("options", f"{step.name} with borders as wide as its window {size}")
    return Known(dtype, (*images[:2], *_places(step, images, size)))


def _places(step: Step, images: Shape, size: Shape) -> Shape:
    """How many windows stand below each other and side by side."""
    if math.prod(bounded(size, 1, "a window")) > limits.TAPS:
        raise Refused("limits", f"{step.name} with a window of {size}; at most {limits.TAPS} places are allowed")
    strides = bounded(step.wholes("strides", 2, (1, 1)), 1, "strides")
    dilations = bounded(step.wholes("dilations", 2, (1, 1)), 1, "dilations")
    pads = bounded(step.wholes("pads", 4, (0,) * 4), 0, "borders")
    padding = step.one_of("auto_pad", PADDED, "NOTSET")
    if padding in ("SAME_UPPER", "SAME_LOWER"):
        return tuple(-(-length // stride) for length, stride in zip(images[2:], strides, strict=True))
    if padding == "VALID" and any(pads):
        raise Refused("options", f"{step.name} with borders and without them")
    room = int(bool(step.node.attributes.get("ceil_mode")))
    rows = map(Along, size, strides, dilations, zip(pads[:2], pads[2:], strict=True))
    return tuple(_count(length, along, room) for length, along in zip(images[2:], rows, strict=True))


def _count(length: int, along: Along, round_up: int) -> int:
    """How many windows stand along one axis; one more where the last may stand out and still sees the image."""
    down = shapes.windows(length, along)
    rest = (length + sum(along.borders) - along.reach) % along.stride
    more = round_up and rest and down * along.stride < length + along.borders[0]
    return down + int(bool(more))


def overall(step: Step) -> Known:
    """GlobalAveragePool and GlobalMaxPool."""
    shape = step.tensor(0).shape
    if len(shape) != IMAGES:
        raise Refused("shape", f"{step.name} of {shape}")
    return Known(step.expect(REAL), (*shape[:2], 1, 1))


def gemm(step: Step) -> Known:
    """Gemm: a matrix product and a bias."""
    step.expect(REAL, range(len(step.inputs)))
    step.settled(1, 2)
    step.real("alpha", 1.0), step.real("beta", 1.0)
    first, second = (step.tensor(index).shape for index in (0, 1))
    if len(first) != FLAT or len(second) != FLAT:
        raise Refused("shape", f"Gemm of {first} and {second}")
    first = first[::-1] if step.one_of("transA", (0, 1), 0) else first
    second = second[::-1] if step.one_of("transB", (0, 1), 0) else second
    if first[1] != second[0]:
        raise Refused("shape", f"Gemm of {first} and {second}")
    found = (first[0], second[1])
    if (bias := step.optional(2)) and shapes.broadcast(found, bias.shape) != found:
        raise Refused("shape", f"Gemm with a bias {bias.shape} for {found}")
    return Known("float32", found)


def product(step: Step) -> Known:
    """MatMul with a constant matrix."""
    step.expect(REAL, (0, 1))
    step.settled(1)
    first, second = (step.tensor(index).shape for index in (0, 1))
    if len(second) != FLAT or not FLAT <= len(first) <= NARROW or first[-1] != second[0]:
        raise Refused("shape", f"MatMul of {first} and {second}")
    return Known("float32", (*first[:-1], second[1]))


def each(*parameters: str) -> Check:
    """A function of each number, with real attributes."""

    def check(step: Step) -> Known:
        for name in parameters:
            step.real(name, 0.0)
        given = step.tensor(0)
        return Known(step.expect(REAL), given.shape, given.settled)

    return check


def softmax(step: Step) -> Known:
    """Softmax along one axis."""
    given = each()(step)
    shapes.axis_of(step.whole("axis", -1), len(given.shape))
    return given


def clip(step: Step) -> Known:
    """Clip between two constants."""
    for index in (1, 2):
        if (bound := step.optional(index)) and (bound.shape != () or bound.value is None or bound.dtype != "float32"):
            raise Refused("type", "Clip to what is not one constant number")
    return each()(step)


def prelu(step: Step) -> Known:
    """PRelu."""
    step.expect(REAL, (0, 1))
    step.settled(1)
    shape = step.tensor(0).shape
    if shapes.broadcast(shape, step.tensor(1).shape) != shape:
        raise Refused("shape", f"PRelu of {shape} with {step.tensor(1).shape}")
    return Known("float32", shape)


def binary(step: Step) -> Known:
    """An operator on two tensors, number by number."""
    dtype = step.expect(REAL, (0, 1))
    first, second = step.tensor(0), step.tensor(1)
    if max(len(first.shape), len(second.shape)) > NARROW:
        raise Refused("shape", f"{step.name} of {first.shape} and {second.shape}")
    return Known(dtype, shapes.broadcast(first.shape, second.shape), first.settled and second.settled)


def reduction(step: Step) -> Known:
    """ReduceMean and its like, along axes that newer files give as an input."""
    dtype, shape = step.expect(REAL), step.tensor(0).shape
    keep = bool(step.one_of("keepdims", (0, 1), 1))
    step.one_of("noop_with_empty_axes", (0,), 0)
    if step.optional(1) and "axes" in step.node.attributes:
        raise Refused("options", f"{step.name} with its axes twice")
    given = step.whole_numbers(1) if step.optional(1) else step.wholes("axes", None, tuple(range(len(shape))))
    axes = shapes.axes_of(given or range(len(shape)), len(shape))
    return Known(dtype, shapes.reduced(shape, axes, keep))


def quantise(step: Step) -> Known:
    """QuantizeLinear."""
    step.expect(REAL)
    _check_scales(step)
    zero_point = step.optional(2)
    return Known(zero_point.dtype if zero_point else "uint8", step.tensor(0).shape, step.tensor(0).settled)


def dequantise(step: Step) -> Known:
    """DequantizeLinear."""
    given = step.tensor(0)
    allowed = (*EIGHT, "int32") if given.settled else EIGHT
    dtype, zero_point = step.expect(allowed), step.optional(2)
    _check_scales(step)
    if zero_point and zero_point.dtype != dtype:
        raise Refused("type", f"DequantizeLinear of {dtype} with a zero point of {zero_point.dtype}")
    return Known("float32", given.shape, given.settled)


def _check_scales(step: Step) -> None:
    """Refuse scales and zero points that are none, or of another number than the axis has indices."""
    scale, given = step.constant(1), step.tensor(0)
    if scale.dtype != np.float32 or not ((scale >= SMALLEST) & (scale <= LARGEST)).all():
        raise Refused("quantisation", f"{step.name} with a scale that is no scale")
    if "axis" in step.node.attributes:
        _axis(step, max(1, len(given.shape)))
    if scale.ndim > 1 or (scale.ndim == 1 and scale.size != given.shape[_axis(step, len(given.shape))]):
        raise Refused("quantisation", f"{step.name} with {scale.size} scales for {given.shape}")
    zero_point = step.optional(2)
    if zero_point and (zero_point.shape != scale.shape or zero_point.dtype not in (*EIGHT, "int32")):
        raise Refused("quantisation", f"{step.name} with zero points {zero_point.shape} for scales {scale.shape}")
    if zero_point and zero_point.dtype == "int32" and step.constant(2).any():
        raise Refused("quantisation", f"{step.name} of int32 with a zero point that is not 0")
    step.settled(2)


def _axis(step: Step, rank: int) -> int:
    return shapes.axis_of(step.whole("axis", 1), rank)


def flatten(step: Step) -> Known:
    """Flatten to a matrix."""
    given, axis = step.tensor(0), step.whole("axis", 1)
    rank = len(given.shape)
    if not -rank <= axis <= rank:
        raise Refused("shape", f"Flatten of {given.shape} at {axis}")
    place = axis % rank if axis < 0 else axis
    found = math.prod(given.shape[:place]), math.prod(given.shape[place:])
    return Known(step.expect(ANYTHING), found, given.settled)


def reshape(step: Step) -> Known:
    """Reshape, where 0 keeps a length."""
    given = step.tensor(0)
    step.one_of("allowzero", (0,), 0)
    wanted = step.whole_numbers(1)
    if any(length == 0 and axis >= len(given.shape) for axis, length in enumerate(wanted)):
        raise Refused("shape", f"Reshape of {given.shape} to {wanted}")
    kept = [given.shape[axis] if length == 0 else length for axis, length in enumerate(wanted)]
    return Known(step.expect(ANYTHING), shapes.reshaped(given.shape, kept), given.settled)


def transpose(step: Step) -> Known:
    """Transpose, to the reverse order where none is given."""
    given = step.tensor(0)
    order = step.wholes("perm", None, tuple(reversed(range(len(given.shape)))))
    return Known(step.expect(ANYTHING), shapes.transposed(given.shape, order), given.settled)


def squeeze(step: Step) -> Known:
    """Squeeze; every axis of length 1 where none is named."""
    given = step.tensor(0)
    lone = [axis for axis, length in enumerate(given.shape) if length == 1]
    axes = step.whole_numbers(1) if step.optional(1) else lone
    return Known(step.expect(ANYTHING), shapes.squeezed(given.shape, axes), given.settled)


def unsqueeze(step: Step) -> Known:
    """Unsqueeze."""
    given = step.tensor(0)
    return Known(step.expect(ANYTHING), shapes.expanded(given.shape, step.whole_numbers(1)), given.settled)


def join(step: Step) -> Known:
    """Concat."""
    places = range(len(step.inputs))
    given = [step.tensor(index) for index in places]
    if "axis" not in step.node.attributes:
        raise Refused("options", "Concat without its axis")
    found = shapes.joined([tensor.shape for tensor in given], step.whole("axis", 0))
    return Known(step.expect(ANYTHING, places), found, all(tensor.settled for tensor in given))


def pad(step: Step) -> Known:
    """Pad with one number."""
    step.one_of("mode", ("constant",), "constant")
    given, borders = step.tensor(0), step.whole_numbers(1)
    if (value := step.optional(2)) and (value.value is None or value.shape != () or value.dtype != given.dtype):
        raise Refused("type", "Pad with what is not one constant of its own format")
    if len(borders) != 2 * len(given.shape):
        raise Refused("shape", f"Pad of {given.shape} with {len(borders)} borders")
    half = len(borders) // 2
    found = shapes.padded(given.shape, list(zip(borders[:half], borders[half:], strict=True)))
    return Known(step.expect(REAL), found)


def same(step: Step) -> Known:
    """Identity."""
    return step.tensor(0)


OPERATORS: dict[str, Demand] = {
    "Conv": of(convolution, 2, 3, f"group {WINDOW}"),
    "Gemm": of(gemm, 2, 3, "alpha beta transA transB"),
    "MatMul": of(product, 2),
    "MaxPool": of(pooling, 1, 1, f"ceil_mode storage_order {WINDOW}"),
    "AveragePool": of(pooling, 1, 1, f"ceil_mode count_include_pad {WINDOW}"),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool"), of(overall)),
    **dict.fromkeys(("Abs", "Erf", "Exp", "HardSwish", "Log", "Neg", "Reciprocal", "Relu", "Sigmoid"), of(each())),
    **dict.fromkeys(("Softplus", "Sqrt", "Tanh"), of(each())),
    **dict.fromkeys(("Elu", "LeakyRelu"), of(each("alpha"), 1, 1, "alpha")),
    "HardSigmoid": of(each("alpha", "beta"), 1, 1, "alpha beta"),
    "Softmax": of(softmax, 1, 1, "axis"),
    "Clip": of(clip, 1, 3),
    "PRelu": of(prelu, 2),
    **dict.fromkeys(("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"), of(binary, 2)),
    **dict.fromkeys(REDUCTIONS, of(reduction, 1, 2, "axes keepdims noop_with_empty_axes")),
    "QuantizeLinear": of(quantise, 2, 3, "axis"),
    "DequantizeLinear": of(dequantise, 2, 3, "axis"),
    "Flatten": of(flatten, 1, 1, "axis"),
    "Reshape": of(reshape, 2, 2, "allowzero"),
    "Transpose": of(transpose, 1, 1, "perm"),
    "Squeeze": of(squeeze, 1, 2),
    "Unsqueeze": of(unsqueeze, 2),
    "Concat": of(join, 1, limits.INPUTS, "axis"),
    "Pad": of(pad, 2, 3, "mode"),
    "Identity": of(same),
}
"""Every operator that an `.onnx` file may hold."""
