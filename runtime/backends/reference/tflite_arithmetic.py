"""The kernels of `.tflite` operators that work number by number or along an axis, chosen by their tensors' dtypes."""

from collections.abc import Callable
from functools import partial

import numpy as np

from runtime.backends.reference import float_kernels, quantised_kernels, quantised_softmax, quantised_swish
from runtime.backends.reference.float_kernels import Array
from runtime.backends.reference.graph import Kernel
from runtime.backends.reference.quantised_kernels import single_ratio
from runtime.backends.reference.shapes import whole_numbers
from runtime.backends.reference.tflite_call import FLOAT, INT8, RANGES, Call, scaling_of, step_of, whole_range

Operation = Callable[[Array, Array], Array]

BETA, ALPHA, KEEP, APPROXIMATE, ACTIVATION = 0, 0, 0, 0, 0  # slots of options, each the first of its table
PROBABILITY_STEP = 1 / 256
LIMITED = {"RELU": RANGES[1], "RELU_N1_TO_1": RANGES[2], "RELU6": RANGES[3]}
BINARY: dict[str, Operation] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "MAXIMUM": np.maximum,
}
BINARY |= {"MINIMUM": np.minimum}
FUSED = ("ADD", "SUB", "MUL", "DIV")  # those that may have an activation
REDUCED: dict[str, Callable[..., Array]] = {
    "MEAN": np.mean,
    "SUM": np.sum,
    "REDUCE_MAX": np.max,
    "REDUCE_PROD": np.prod,
}
WHOLE_REDUCED = ("REDUCE_MAX", "REDUCE_PROD")  # those that whole numbers are given to as they are
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "LOGISTIC": float_kernels.logistic,
    "TANH": np.tanh,
    "ELU": float_kernels.elu,
}
FUNCTIONS |= {"HARD_SWISH": float_kernels.hard_swish, "GELU": float_kernels.gelu}
SINGLE = {"LOGISTIC": float_kernels.logistic_single}  # those whose rounding in between decides some ties


def build_softmax(call: Call) -> Kernel:
    """SOFTMAX."""
    beta = call.real(BETA)
    if call.dtype() == FLOAT:
        return partial(float_kernels.softmax, beta=beta)
    taken, given = step_of(call.tensor(0)), step_of(call.output)
    low, high = int(np.iinfo(given.dtype).min), int(np.iinfo(given.dtype).max)
    if (taken.dtype, given.dtype) != (INT8, INT8) or (given.scale, given.zero_point) != (PROBABILITY_STEP, low):
        raise ValueError(f"expected int8 probabilities in steps of 1/256, got steps of {given.scale}")
    compute = partial(quantised_softmax.softmax, scale=taken.scale, beta=beta, lowest=low, highest=high)
    return lambda scores: compute(scores.astype(np.int64)).astype(np.int8)


def build_limited(call: Call) -> Kernel:
    """RELU and its like."""
    allowed = LIMITED[call.name]
    if call.dtype() == FLOAT:
        return partial(float_kernels.single, allowed=allowed)
    taken, given = step_of(call.tensor(0)), step_of(call.output)
    factor = single_ratio(taken.scale, given.scale)
    within = whole_range(given, allowed)
    return partial(quantised_kernels.rescale, taken=taken, given=given, factor=factor, allowed=within)


def build_function(call: Call) -> Kernel:
    """LOGISTIC and other functions of one number."""
    function = FUNCTIONS[call.name]
    if call.name == "GELU" and call.option(APPROXIMATE):
        function = float_kernels.gelu_tanh
    if call.dtype() == FLOAT:
        return partial(float_kernels.apply, function=function)
    taken, given = step_of(call.tensor(0)), step_of(call.output)
    if call.name == "HARD_SWISH":
        return partial(quantised_swish.hard_swish, taken=taken, given=given)
    single = SINGLE.get(call.name) or partial(float_kernels.apply, function=function)
    return partial(quantised_kernels.look_up, taken=taken, given=given, function=single)


def build_leaky(call: Call) -> Kernel:
    """LEAKY_RELU."""
    alpha = call.real(ALPHA)
    if call.dtype() == FLOAT:
        return partial(float_kernels.apply, function=partial(float_kernels.leaky, alpha=alpha))
    taken, given = step_of(call.tensor(0)), step_of(call.output)
    return partial(quantised_kernels.leaky, taken=taken, given=given, alpha=alpha)


def build_prelu(call: Call) -> Kernel:
    """PRELU."""
    if call.dtype() == FLOAT:
        return partial(float_kernels.combine, operation=float_kernels.leaky, allowed=float_kernels.EVERYTHING)
    steps = step_of(call.tensor(0)), step_of(call.tensor(1)), step_of(call.output)
    return partial(quantised_kernels.prelu, steps=steps)


def build_binary(call: Call) -> Kernel:
    """ADD and other operators on two tensors."""
    if call.dtype() == FLOAT:
        allowed = call.range(ACTIVATION) if call.name in FUSED else float_kernels.EVERYTHING
        return partial(float_kernels.combine, operation=BINARY[call.name], allowed=allowed)
    if call.name not in ("ADD", "SUB", "MUL"):
        raise ValueError(f"{call.name} of {call.dtype()} is not among what this engine runs")
    steps = step_of(call.tensor(0)), step_of(call.tensor(1)), step_of(call.output)
    allowed = call.allowed(ACTIVATION)
    if call.name == "MUL":
        return partial(quantised_kernels.multiply, steps=steps, allowed=allowed)
    return partial(quantised_kernels.add, steps=steps, allowed=allowed, sign=1 if call.name == "ADD" else -1)


def build_reduced(call: Call) -> Kernel:
    """MEAN, SUM, REDUCE_MAX and REDUCE_PROD."""
    keep = bool(call.option(KEEP))
    if call.dtype() == FLOAT:
        kernel: Kernel = partial(float_kernels.reduce, operation=REDUCED[call.name], keep=keep)
    elif call.name in WHOLE_REDUCED:
        operation = REDUCED[call.name]
        return lambda values, axes: np.asarray(operation(values, axis=whole_numbers(axes), keepdims=keep), values.dtype)
    elif call.name == "MEAN":
        taken, given = step_of(call.tensor(0)), step_of(call.output)
        kernel = partial(quantised_kernels.mean, taken=taken, given=given, keep=keep)
    else:
        raise ValueError(f"SUM of {call.dtype()} is not among what this engine runs")
    return lambda values, axes: kernel(values, whole_numbers(axes))


def build_quantise(call: Call) -> Kernel:
    """QUANTIZE, from real numbers or from other whole ones."""
    given = step_of(call.output)
    if call.dtype() == FLOAT:
        return partial(quantised_kernels.quantise, given=given)
    taken = step_of(call.tensor(0))
    return partial(quantised_kernels.rescale, taken=taken, given=given, factor=taken.scale / given.scale)


def build_dequantise(call: Call) -> Kernel:
    """DEQUANTIZE, from whole numbers or from half precision."""
    if call.dtype() == np.float16:
        return float_kernels.single
    scaling = scaling_of(call.tensor(0))
    axis = scaling.axis

    def run(whole: Array) -> Array:
        shape = [-1 if index == axis else 1 for index in range(whole.ndim)] if len(scaling.scales) > 1 else [-1]
        zero_points, scales = scaling.zero_points.reshape(shape), scaling.scales.reshape(shape)
        return float_kernels.single((whole.astype(np.int64) - zero_points) * scales)

    return run
