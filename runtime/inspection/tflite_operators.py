"""The operators that a `.tflite` file may hold, and what each demands of its tensors and gives to its output.

Each entry of OPERATORS computes the shape that the output must have, and raises Refused where an engine would have to
find out what does not fit: some do so by an assertion that ends the process, or not at all.
"""

import math
from collections.abc import Callable

import numpy as np

from runtime.formats import limits
from runtime.formats.refused import Refused
from runtime.inspection import shapes
from runtime.inspection.shapes import Along, Shape, bounded
from runtime.inspection.tflite_quantisation import check_arithmetic, check_factor, check_layer
from runtime.inspection.tflite_step import WHOLE, Step, is_whole, scale_of

Check = Callable[[Step], Shape]

REAL = ("float32",)
NUMBERS = (*REAL, *WHOLE)
ANYTHING = (*NUMBERS, "int32", "int64")
INDICES = ("int32", "int64")
SAME = 0  # of the schema's enumeration Padding; 1 is VALID
PADDINGS, ACTIVATIONS = (0, 1), (0, 1, 2, 3)  # no activation, ReLU, ReLU −1 to 1, ReLU6
LAYERS = {
    ("float32", "float32", "float32", "float32"),
    ("float32", "int8", "float32", "float32"),
    ("int8", "int8", "int32", "int8"),
    ("int16", "int8", "int64", "int16"),
    ("int16", "int8", "int32", "int16"),
    ("uint8", "uint8", "int32", "uint8"),
}
"""The number formats of images, weights, bias and output that go together."""
FILTERS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""The axis of the weights that has one index for each filter, by operator."""
NARROW = 4  # axes of tensors that are computed with number by number


def convolution(step: Step) -> Shape:
    """CONV_2D, also of groups."""
    images, weights = _layer(step)
    filters, height, width, channels = weights
    if images[3] % channels or filters % (images[3] // channels):
        raise Refused("shape", f"CONV_2D with weights {weights} for images {images}")
    step.one_of(3, ACTIVATIONS, "an activation")
    return (*_places(step, (height, width), strides=(2, 1), dilations=(5, 4)), filters)


def depthwise(step: Step) -> Shape:
    """DEPTHWISE_CONV_2D."""
    images, weights = _layer(step)
    one, height, width, channels = weights
    if one != 1 or channels % images[3] or step.option(3) not in (0, channels // images[3]):
        raise Refused("shape", f"DEPTHWISE_CONV_2D with weights {weights} for images {images}")
    step.one_of(4, ACTIVATIONS, "an activation")
    return (*_places(step, (height, width), strides=(2, 1), dilations=(6, 5)), channels)


def connected(step: Step) -> Shape:
    """FULLY_CONNECTED."""
    _check_layer(step)
    taken, weights = step.tensor(0).shape, step.tensor(1).shape
    step.one_of(0, ACTIVATIONS, "an activation")
    step.one_of(1, (0,), "shuffled weights")
    if len(weights) != 2 or not taken or math.prod(taken) % weights[1]:
        raise Refused("shape", f"FULLY_CONNECTED with weights {weights} for {taken}")
    if step.option(2):
        if taken[-1] != weights[1]:
            raise Refused("shape", f"FULLY_CONNECTED with weights {weights} for {taken}")
        return (*taken[:-1], weights[0])
    return math.prod(taken) // weights[1], weights[0]


def _layer(step: Step) -> tuple[Shape, Shape]:
    """The shapes of images and weights, each of four axes."""
    _check_layer(step)
    images, weights = step.tensor(0).shape, step.tensor(1).shape
    if len(images) != 4 or len(weights) != 4:
        raise Refused("shape", f"{step.name} with weights {weights} for images {images}")
    return images, weights


def _check_layer(step: Step) -> None:
    """What convolutions and fully connected layers have in common."""
    step.count(2, 3)
    step.settle(1, 2)
    axis, bias = FILTERS[step.name], step.inputs[2] if len(step.inputs) > 2 else None
    taken, weights = step.tensor(0), step.tensor(1)
    dtypes = [tensor.dtype.name for tensor in (taken, weights, *([bias] if bias else []), step.output)]
    if not any(dtypes == [*kinds[: len(dtypes) - 1], kinds[-1]] for kinds in LAYERS):
        raise Refused("type", f"{step.name} of {', '.join(dtypes)}")
    if bias is not None and (axis >= len(weights.shape) or bias.shape != (weights.shape[axis],)):
        raise Refused("shape", f"{step.name} with a bias {bias.shape} for weights {weights.shape}")
    check_layer(step, axis)


def _places(step: Step, size: Shape, strides: tuple[int, int], dilations: tuple[int, int] | None) -> Shape:
    """How many images, and how many windows stand below each other and side by side; slots are height, width."""
    images = step.tensor(0).shape
    same = step.one_of(0, PADDINGS, "a padding") == SAME
    apart = bounded((step.option(slot) for slot in dilations), 1, "dilations") if dilations else (1, 1)
    steps = bounded((step.option(slot) for slot in strides), 1, "strides")
    if math.prod(bounded(size, 1, "a window")) > limits.TAPS:
        raise Refused("limits", f"{step.name} with a window of {size}; at most {limits.TAPS} places are allowed")
    if same:
        return images[0], *(-(-length // stride) for length, stride in zip(images[1:3], steps, strict=True))
    rows = map(Along, size, steps, apart)
    return images[0], *(shapes.windows(length, along) for length, along in zip(images[1:3], rows, strict=True))


def pooling(step: Step) -> Shape:
    """AVERAGE_POOL_2D and MAX_POOL_2D."""
    step.count(1, 1)
    step.expect(NUMBERS)
    check_arithmetic(step, 0)
    images = step.tensor(0).shape
    if len(images) != 4:
        raise Refused("shape", f"{step.name} of {images}")
    step.one_of(5, ACTIVATIONS, "an activation")
    size = bounded((step.option(4), step.option(3)), 1, "a window")
    return (*_places(step, size, strides=(2, 1), dilations=None), images[3])


def each(dtypes: tuple[str, ...], parameter: int | None = None) -> Check:
    """A function of each number; `parameter` is the slot of a real parameter."""

    def check(step: Step) -> Shape:
        step.count(1, 1)
        step.expect(dtypes)
        check_arithmetic(step, 0)
        if parameter is not None and not 0 <= step.real(parameter) <= 1000:
            raise Refused("options", f"{step.name} with a parameter of {step.real(parameter)}")
        return step.tensor(0).shape

    return check


def softmax(step: Step) -> Shape:
    """SOFTMAX along the last axis."""
    found = each(NUMBERS, 0)(step)
    if not 1 <= len(found) <= NARROW:
        raise Refused("shape", f"SOFTMAX of {found}")
    return found


def prelu(step: Step) -> Shape:
    """PRELU."""
    step.count(2, 2)
    step.settle(1)
    step.expect(("float32", "int8", "uint8"), (0, 1))
    check_arithmetic(step, 0, 1)
    return _kept(step, step.tensor(0).shape, step.tensor(1).shape)


def binary(dtypes: tuple[str, ...], fused: bool = False) -> Check:
    """An operator on two tensors, number by number; `fused` where it may have an activation in slot 0."""

    def check(step: Step) -> Shape:
        step.count(2, 2)
        known = step.is_known(0, 1)
        step.expect(INDICES if known else dtypes, (0, 1))
        check_arithmetic(step, 0, 1)
        if fused:
            step.one_of(0, (0,) if known else ACTIVATIONS, "an activation")
        if step.name in ("MUL", "SQUARED_DIFFERENCE") and is_whole(step.output):
            scales = [scale_of(step, step.tensor(index)) for index in (0, 1)]
            product = scales[0] * scales[1] if step.name == "MUL" else max(scales) ** 2
            check_factor(step, product / scale_of(step, step.output))
        first, second = step.tensor(0).shape, step.tensor(1).shape
        if max(len(first), len(second)) > NARROW:
            raise Refused("shape", f"{step.name} of {first} and {second}")
        return shapes.broadcast(first, second)

    return check


def _kept(step: Step, shape: Shape, other: Shape) -> Shape:
    """`shape`, to which `other` can be repeated."""
    if len(shape) > NARROW or shapes.broadcast(shape, other) != shape:
        raise Refused("shape", f"{step.name} of {shape} and {other}")
    return shape


def reduction(step: Step) -> Shape:
    """MEAN, SUM and their like."""
    step.count(2, 2)
    step.expect(INDICES if step.is_known(0) else NUMBERS)
    check_arithmetic(step, 0)
    shape = step.tensor(0).shape
    axes = shapes.axes_of(step.whole_numbers(1, None), len(shape))
    return shapes.reduced(shape, axes, bool(step.option(0)))


def quantise(step: Step) -> Shape:
    """QUANTIZE: real numbers to whole ones, or whole ones to other steps."""
    step.count(1, 1)
    taken = step.tensor(0)
    if taken.dtype.name not in NUMBERS or not is_whole(step.output):
        raise Refused("type", f"QUANTIZE of {taken.dtype} that gives {step.output.dtype}")
    scale_of(step, step.output)
    if is_whole(taken):
        check_factor(step, scale_of(step, taken) / scale_of(step, step.output))
    return taken.shape


def dequantise(step: Step) -> Shape:
    """DEQUANTIZE: whole numbers or those of half precision to float32."""
    step.count(1, 1)
    taken = step.tensor(0)
    if taken.dtype.name not in ("float16", *WHOLE) or step.output.dtype != np.float32:
        raise Refused("type", f"DEQUANTIZE of {taken.dtype} that gives {step.output.dtype}")
    if is_whole(taken) and taken.scaling is None:
        raise Refused("quantisation", f"DEQUANTIZE of {taken.name!r}, whose whole numbers have no scale")
    return taken.shape


def reshape(step: Step) -> Shape:
    """RESHAPE; the shape is an input, or an option in old files."""
    step.count(1, 2)
    step.expect((*ANYTHING, "float16"))
    option = step.options.vector(0) if step.options else None
    if len(step.inputs) > 1:
        wanted = step.whole_numbers(1)
        if step.tensor(1).dtype != np.int32:
            raise Refused("type", "RESHAPE to a shape that is not int32")
    elif option is None:
        raise Refused("options", "RESHAPE without a shape")
    else:
        wanted = tuple(option.tolist())
    return shapes.reshaped(step.tensor(0).shape, wanted)


def shape_of(step: Step) -> Shape:
    """SHAPE."""
    step.count(1, 1)
    kinds = {2: "int32", 4: "int64"}
    if step.output.dtype.name != kinds[step.one_of(0, kinds, "a type")]:
        raise Refused("type", f"SHAPE that gives {step.output.dtype}")
    return (len(step.tensor(0).shape),)


def stack(step: Step) -> Shape:
    """PACK."""
    step.count(1, limits.INPUTS)
    step.expect(ANYTHING, range(len(step.inputs)))
    step.one_of(0, (len(step.inputs),), "a number of inputs")
    return shapes.stacked([step.tensor(index).shape for index in range(len(step.inputs))], step.option(1))


def join(step: Step) -> Shape:
    """CONCATENATION."""
    step.count(1, limits.INPUTS)
    places = range(len(step.inputs))
    step.expect(ANYTHING, places)
    check_arithmetic(step, *places)
    step.one_of(1, (0,), "an activation")
    return shapes.joined([step.tensor(index).shape for index in places], step.option(0))


def pad(step: Step) -> Shape:
    """PAD and PADV2."""
    step.count(2, 2) if step.name == "PAD" else step.count(3, 3)
    step.expect(NUMBERS)
    borders = step.whole_numbers(1, 2)
    if is_whole(step.output):
        scale_of(step, step.output)
    if step.name == "PADV2" and (step.tensor(2).dtype != step.output.dtype or math.prod(step.tensor(2).shape) != 1):
        raise Refused("type", "PADV2 with what is not one number of its own format")
    shape = step.tensor(0).shape
    if len(shape) > NARROW or step.tensor(1).shape != (len(shape), 2):
        raise Refused("shape", f"{step.name} of {shape} with borders {step.tensor(1).shape}")
    return shapes.padded(shape, list(zip(borders[::2], borders[1::2], strict=True)))


def gather(step: Step) -> Shape:
    """GATHER of whole parts along one axis, at places that are known beforehand."""
    step.count(2, 2)
    step.expect(ANYTHING)
    step.one_of(1, (0,), "batches")
    shape = step.tensor(0).shape
    axis, places = shapes.axis_of(step.option(0), len(shape)), step.whole_numbers(1, None)
    if any(not 0 <= place < shape[axis] for place in places):
        raise Refused("shape", f"GATHER of places {places[:8]} along axis {axis} of {shape}")
    return (*shape[:axis], *step.tensor(1).shape, *shape[axis + 1 :])


def transpose(step: Step) -> Shape:
    """TRANSPOSE."""
    step.count(2, 2)
    step.expect(ANYTHING)
    return shapes.transposed(step.tensor(0).shape, step.whole_numbers(1))


def expand(step: Step) -> Shape:
    """EXPAND_DIMS."""
    step.count(2, 2)
    step.expect(ANYTHING)
    axes = step.whole_numbers(1, None)
    if len(axes) != 1:
        raise Refused("shape", f"EXPAND_DIMS at {axes}")
    return shapes.expanded(step.tensor(0).shape, axes)


def squeeze(step: Step) -> Shape:
    """SQUEEZE; every axis of length 1 where none is named."""
    step.count(1, 1)
    step.expect(ANYTHING)
    shape = step.tensor(0).shape
    option = step.options.vector(0) if step.options else None
    named = option.tolist() if option is not None and option.size else None
    lone = [axis for axis, length in enumerate(shape) if length == 1]
    return shapes.squeezed(shape, lone if named is None else named)


def slice_strided(step: Step) -> Shape:
    """STRIDED_SLICE."""
    shape = step.tensor(0).shape
    kept = []
    for axis, part in enumerate(slices(step)):
        if isinstance(part, int):
            continue
        kept.append(len(range(*part.indices(shape[axis]))))
    return tuple(kept)


def slices(step: Step) -> tuple[slice | int, ...]:
    """What STRIDED_SLICE takes along each axis: a slice, or one place of an axis that is dropped."""
    step.count(4, 4)
    step.expect(ANYTHING)
    shape = step.tensor(0).shape
    first, last, strides = (step.whole_numbers(index) for index in (1, 2, 3))
    if len({len(first), len(last), len(strides)}) > 1 or len(first) > len(shape) or len(shape) > NARROW:
        raise Refused("shape", f"STRIDED_SLICE of {shape} from {first} to {last} by {strides}")
    bounded(strides, 1, "strides")
    for slot, what in ((2, "an ellipsis"), (3, "a new axis"), (5, "an offset")):
        step.one_of(slot, (0,), what)
    found: list[slice | int] = []
    for axis, (start, end, stride) in enumerate(zip(first, last, strides, strict=True)):
        bit = 1 << axis
        if step.option(4) & bit:
            found.append(shapes.axis_of(0 if step.option(0) & bit else start, shape[axis]))
        else:
            found.append(slice(None if step.option(0) & bit else start, None if step.option(1) & bit else end, stride))
    return (*found, *[slice(None)] * (len(shape) - len(found)))


OPERATORS: dict[str, Check] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "FULLY_CONNECTED": connected,
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), pooling),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), reduction),
    **dict.fromkeys(("RELU", "RELU_N1_TO_1", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH"), each(NUMBERS)),
    **dict.fromkeys(("ELU", "GELU"), each(("float32", "int8", "uint8"))),
    **dict.fromkeys(("ABS", "RSQRT"), each((*REAL, "int8", "int16"))),
    **dict.fromkeys(("EXP", "LOG", "NEG", "SQRT", "SQUARE"), each(REAL)),
    "LEAKY_RELU": each(NUMBERS, 0),
    "PRELU": prelu,
    "SOFTMAX": softmax,
    **dict.fromkeys(("ADD", "MUL", "SUB"), binary(NUMBERS, fused=True)),
    "DIV": binary(REAL, fused=True),
    **dict.fromkeys(("MAXIMUM", "MINIMUM"), binary(NUMBERS)),
    "SQUARED_DIFFERENCE": binary((*REAL, "int8")),
    "QUANTIZE": quantise,
    "DEQUANTIZE": dequantise,
    "RESHAPE": reshape,
    "SHAPE": shape_of,
    "STRIDED_SLICE": slice_strided,
    "PACK": stack,
    "CONCATENATION": join,
    **dict.fromkeys(("PAD", "PADV2"), pad),
    "GATHER": gather,
    "TRANSPOSE": transpose,
    "EXPAND_DIMS": expand,
    "SQUEEZE": squeeze,
}
"""Every operator that a `.tflite` file may hold."""
