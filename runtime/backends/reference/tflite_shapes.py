"""The kernels of `.tflite` operators that move numbers without changing them."""

from functools import partial

import numpy as np

from runtime.backends.reference import shapes
from runtime.backends.reference.graph import Array, Kernel
from runtime.backends.reference.shapes import whole_numbers
from runtime.backends.reference.tflite_call import FLOAT, Call, step_of
from runtime.formats import limits

NEW_SHAPE = 0  # ReshapeOptions
OUT_TYPE, INT32, INT64 = 0, 2, 4  # ShapeOptions and its types
BEGIN, END, ELLIPSIS, NEW_AXIS, DROPPED = 0, 1, 2, 3, 4  # StridedSliceOptions
STACK_AXIS, JOIN_AXIS, JOIN_ACTIVATION = 1, 0, 1  # PackOptions, ConcatenationOptions
GATHER_AXIS, GATHER_BATCH = 0, 1  # GatherOptions
SQUEEZED = 0  # SqueezeOptions


def build_reshape(call: Call) -> Kernel:
    """RESHAPE; the shape is an input, or an option in old files."""
    if len(call.inputs) > 1:
        return lambda values, shape: shapes.reshape(values, whole_numbers(shape))
    option = call.options.vector(NEW_SHAPE) if call.options else None
    if option is None:
        raise ValueError("RESHAPE without a shape")
    return partial(shapes.reshape, shape=whole_numbers(option))


def build_shape(call: Call) -> Kernel:
    """SHAPE."""
    dtype = np.int64 if call.option(OUT_TYPE) == INT64 else np.int32
    return lambda values: np.array(values.shape, dtype)


def build_slice(call: Call) -> Kernel:
    """STRIDED_SLICE."""
    if call.option(ELLIPSIS) or call.option(NEW_AXIS):
        raise ValueError("STRIDED_SLICE with an ellipsis or a new axis")
    masks = call.option(BEGIN), call.option(END), call.option(DROPPED)

    def run(values: Array, begin: Array, end: Array, strides: Array) -> Array:
        first, last, step = map(whole_numbers, (begin, end, strides))
        return shapes.slice_strided(values, first, last, step, masks)

    return run


def build_stack(call: Call) -> Kernel:
    """PACK."""
    return partial(shapes.stack, axis=call.option(STACK_AXIS))


def build_join(call: Call) -> Kernel:
    """CONCATENATION; whole numbers only in equal steps, as converters write them."""
    if call.option(JOIN_ACTIVATION):
        raise ValueError("CONCATENATION with an activation")
    if call.dtype().itemsize == 1 and len({step_of(t) for t in (*call.inputs, call.output) if t}) > 1:
        raise ValueError("CONCATENATION of tensors in different steps is not among what this engine runs")
    return partial(shapes.join, axis=call.option(JOIN_AXIS))


def build_pad(call: Call) -> Kernel:
    """PAD and PADV2; what is added stands for 0 where no number is given."""
    zero = 0 if call.dtype() == FLOAT else step_of(call.output).zero_point

    def run(values: Array, borders: Array, value: Array | None = None) -> Array:
        pairs = tuple((int(before), int(after)) for before, after in borders.reshape(-1, 2))
        return shapes.pad(values, pairs, zero if value is None else value.reshape(-1)[0])

    return run


def build_gather(call: Call) -> Kernel:
    """GATHER of whole parts along one axis."""
    if call.option(GATHER_BATCH):
        raise ValueError("GATHER in batches is not among what this engine runs")
    axis = call.option(GATHER_AXIS)

    def run(values: Array, indices: Array) -> Array:
        limits.check_shape(*values.shape[:axis], *indices.shape, *values.shape[axis:][1:])
        return np.take(values, indices, axis)

    return run


def build_transpose(_: Call) -> Kernel:
    """TRANSPOSE."""
    return lambda values, order: np.transpose(values, whole_numbers(order))


def build_expand(_: Call) -> Kernel:
    """EXPAND_DIMS."""
    return lambda values, axis: np.expand_dims(values, whole_numbers(axis))


def build_squeeze(call: Call) -> Kernel:
    """SQUEEZE."""
    option = call.options.vector(SQUEEZED) if call.options else None
    axes = whole_numbers(option) if option is not None and option.size else None
    return lambda values: np.squeeze(values, axes)
