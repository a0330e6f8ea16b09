"""The kernels of `.tflite` layers with weights and of poolings, chosen by the dtypes of their tensors.

Float activations with float weights, 8-bit with 8-bit, and float with 8-bit weights, which is what dynamic-range files
hold. Slots of options are those of the schema's tables Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions and
Pool2DOptions.
"""

from functools import partial

import numpy as np

from runtime.backends.reference import float_kernels, hybrid_kernels, quantised_kernels
from runtime.backends.reference.fixed_point import to_multiplier
from runtime.backends.reference.float_kernels import Array
from runtime.backends.reference.graph import Kernel
from runtime.backends.reference.quantised_kernels import Layer
from runtime.backends.reference.tflite_call import FLOAT, INT8, Call, scaling_of, step_of

CONVOLUTION_STRIDES, CONVOLUTION_DILATIONS, CONVOLUTION_ACTIVATION = (2, 1), (5, 4), 3
DEPTHWISE_DILATIONS, DEPTHWISE_ACTIVATION = (6, 5), 4
CONNECTED_ACTIVATION, CONNECTED_FORMAT, CONNECTED_KEEP, CONNECTED_ASYMMETRIC = 0, 1, 2, 3
POOL_STRIDES, POOL_SIZE, POOL_ACTIVATION = (2, 1), (4, 3), 5
LARGEST_DIFFERENCE = 0.02  # between a bias's scale and that of the sums it is added to, in steps of the output


def build_convolution(call: Call) -> Kernel:
    """CONV_2D."""
    weights = call.tensor(1)
    if len(weights.shape) != 4:
        raise ValueError(f"CONV_2D with weights {weights.shape}")
    window = call.window(CONVOLUTION_STRIDES, (weights.shape[1], weights.shape[2]), CONVOLUTION_DILATIONS)
    kernel = _choose(
        call,
        (float_kernels.convolve, quantised_kernels.convolve, hybrid_kernels.convolve),
        CONVOLUTION_ACTIVATION,
        axis=0,
    )

    def run(images: Array, factors: Array, bias: Array | None = None) -> Array:
        return kernel(images, factors, bias, window=window, borders=call.borders(images, window))

    return run


def build_depthwise(call: Call) -> Kernel:
    """DEPTHWISE_CONV_2D."""
    weights = call.tensor(1)
    if len(weights.shape) != 4 or weights.shape[0] != 1:
        raise ValueError(f"DEPTHWISE_CONV_2D with weights {weights.shape}")
    window = call.window(CONVOLUTION_STRIDES, (weights.shape[1], weights.shape[2]), DEPTHWISE_DILATIONS)
    kernel = _choose(
        call,
        (float_kernels.convolve_each, quantised_kernels.convolve_each, hybrid_kernels.convolve_each),
        DEPTHWISE_ACTIVATION,
        axis=3,
    )

    def run(images: Array, factors: Array, bias: Array | None = None) -> Array:
        return kernel(images, factors[0], bias, window=window, borders=call.borders(images, window))

    return run


def build_connected(call: Call) -> Kernel:
    """FULLY_CONNECTED."""
    if call.option(CONNECTED_FORMAT, "b"):
        raise ValueError("FULLY_CONNECTED with shuffled weights")
    if call.option(CONNECTED_KEEP, "?"):
        raise ValueError("FULLY_CONNECTED that keeps the axes of its input")
    hybrid = partial(hybrid_kernels.connect, asymmetric=bool(call.option(CONNECTED_ASYMMETRIC, "?")))
    kernel = _choose(call, (float_kernels.connect, quantised_kernels.connect, hybrid), CONNECTED_ACTIVATION, axis=0)

    def run(rows: Array, weights: Array, bias: Array | None = None) -> Array:
        return kernel(rows.reshape(-1, weights.shape[1]), weights, bias)

    return run


def build_largest(call: Call) -> Kernel:
    """MAX_POOL_2D."""
    return _build_pool(call, float_kernels.largest, quantised_kernels.largest)


def build_average(call: Call) -> Kernel:
    """AVERAGE_POOL_2D."""
    return _build_pool(call, float_kernels.average, quantised_kernels.average)


def _build_pool(call: Call, real: Kernel, whole: Kernel) -> Kernel:
    size = (call.option(POOL_SIZE[0]), call.option(POOL_SIZE[1]))
    window = call.window(POOL_STRIDES, size, None)
    if call.dtype() == FLOAT:
        kernel = partial(real, window=window, allowed=call.range(POOL_ACTIVATION))
    elif call.dtype() == INT8:
        kernel = partial(whole, window=window, allowed=call.allowed(POOL_ACTIVATION))
    else:
        raise _unfit(call)
    return lambda images: kernel(images, borders=call.borders(images, window))


def _choose(call: Call, kernels: tuple[Kernel, Kernel, Kernel], activation: int, axis: int) -> Kernel:
    """The kernel for the dtypes of activations and weights, its scales bound; `axis` is that of the weights' filters."""
    real, whole, hybrid = kernels
    dtypes = call.dtype(0), call.dtype(1)
    if dtypes == (FLOAT, FLOAT):
        return partial(real, allowed=call.range(activation))
    if dtypes == (INT8, INT8):
        return partial(whole, layer=_layer(call, activation, axis))
    if dtypes == (FLOAT, INT8):
        return partial(hybrid, scales=_weight_scales(call, axis), allowed=call.range(activation))
    raise _unfit(call)


def _layer(call: Call, activation: int, axis: int) -> Layer:
    """How a quantised layer's numbers are scaled."""
    taken, given = step_of(call.tensor(0)), step_of(call.output)
    scales = _weight_scales(call, axis)
    zero_points = scaling_of(call.tensor(1)).zero_points
    single = len(scales) == 1 and call.name == "FULLY_CONNECTED"
    if zero_points.any() and not single:
        raise ValueError(f"{call.name} with weights whose zero point is not 0")
    # The reference kernel of one scale multiplies in float32, that of several in float64.
    products = np.float64(np.float32(taken.scale) * np.float32(scales)) if single else taken.scale * scales
    _check_bias(call, products, given.scale)
    multiplier = to_multiplier(products / given.scale)
    return Layer(taken, given, int(zero_points[0]) if single else 0, multiplier, call.allowed(activation))


def _weight_scales(call: Call, axis: int) -> Array:
    """One scale, or one for each filter."""
    weights = call.tensor(1)
    scaling = scaling_of(weights)
    if len(scaling.scales) > 1 and (scaling.axis != axis or len(scaling.scales) != weights.shape[axis]):
        raise ValueError(f"{call.name} with {len(scaling.scales)} scales on axis {scaling.axis} of {weights.shape}")
    return scaling.scales


def _check_bias(call: Call, products: Array, step: float) -> None:
    """Refuse a bias in other steps than the sums that it is added to; converters write the same ones."""
    bias = call.inputs[2] if len(call.inputs) > 2 else None
    if bias is None:
        return
    if bias.dtype != np.int32:
        raise ValueError(f"{call.name} with a bias of {bias.dtype}")
    if bias.scaling and (np.abs(products - bias.scaling.scales) > LARGEST_DIFFERENCE * step).any():
        raise ValueError(f"{call.name} with a bias in other steps than its sums")


def _unfit(call: Call) -> ValueError:
    dtypes = ", ".join(str(tensor.dtype) for tensor in call.inputs if tensor)
    return ValueError(f"{call.name} of {dtypes} is not among what this engine runs")
