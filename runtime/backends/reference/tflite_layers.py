"""The kernels of `.tflite` layers with weights and of poolings, chosen by the dtypes of their tensors.

Float activations with float weights, 8-bit with 8-bit, and float with 8-bit weights, which is what dynamic-range files
hold. Slots of options are those of the schema's tables Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions and
Pool2DOptions.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from runtime.backends.reference import float_kernels, hybrid_kernels, quantised_kernels, windows
from runtime.backends.reference.graph import Kernel
from runtime.backends.reference.quantised_kernels import Layer
from runtime.backends.reference.tflite_call import FLOAT, INT8, Call, scaling_of, step_of
from runtime.backends.reference.windows import Window

CONNECTED = "FULLY_CONNECTED"
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
    kernels = (float_kernels.convolve, quantised_kernels.convolve, hybrid_kernels.convolve)
    kernel = partial(_choose(call, kernels, CONVOLUTION_ACTIVATION, axis=0), window=window)
    ground = _ground(call)
    return lambda images, factors, bias=None: kernel(
        windows.pad(images, call.borders(images, window), ground), factors, bias
    )


def build_depthwise(call: Call) -> Kernel:
    """DEPTHWISE_CONV_2D."""
    weights = call.tensor(1)
    if len(weights.shape) != 4 or weights.shape[0] != 1:
        raise ValueError(f"DEPTHWISE_CONV_2D with weights {weights.shape}")
    window = call.window(CONVOLUTION_STRIDES, (weights.shape[1], weights.shape[2]), DEPTHWISE_DILATIONS)
    kernels = (float_kernels.convolve_each, quantised_kernels.convolve_each, hybrid_kernels.convolve_each)
    kernel = partial(_choose(call, kernels, DEPTHWISE_ACTIVATION, axis=3), window=window)
    ground = _ground(call)
    return lambda images, factors, bias=None: kernel(
        windows.pad(images, call.borders(images, window), ground), factors[0], bias
    )


def build_connected(call: Call) -> Kernel:
    """FULLY_CONNECTED."""
    if call.option(CONNECTED_FORMAT):
        raise ValueError("FULLY_CONNECTED with shuffled weights")
    if call.option(CONNECTED_KEEP):
        raise ValueError("FULLY_CONNECTED that keeps the axes of its input")
    kernels = (float_kernels.connect, quantised_kernels.connect, hybrid_kernels.connect)
    kernel = _choose(call, kernels, CONNECTED_ACTIVATION, axis=0)
    return lambda rows, weights, bias=None: kernel(rows.reshape(-1, weights.shape[1]), weights, bias)


def build_largest(call: Call) -> Kernel:
    """MAX_POOL_2D."""
    window = _pool_window(call)
    if call.dtype() == FLOAT:
        ground, allowed = -np.inf, call.range(POOL_ACTIVATION)
        return lambda images: float_kernels.single(
            windows.largest(windows.pad(images, call.borders(images, window), ground), window), allowed
        )
    _expect_int8(call)
    kernel = partial(quantised_kernels.largest, window=window, allowed=call.allowed(POOL_ACTIVATION))
    return lambda images: kernel(windows.pad(images, call.borders(images, window), np.iinfo(np.int8).min))


def build_average(call: Call) -> Kernel:
    """AVERAGE_POOL_2D."""
    window = _pool_window(call)
    if call.dtype() == FLOAT:
        kernel: Kernel = partial(float_kernels.average, window=window, allowed=call.range(POOL_ACTIVATION))
    else:
        _expect_int8(call)
        kernel = partial(quantised_kernels.average, window=window, allowed=call.allowed(POOL_ACTIVATION))
    return lambda images: kernel(images, borders=call.borders(images, window))


def _pool_window(call: Call) -> Window:
    return call.window(POOL_STRIDES, (call.option(POOL_SIZE[0]), call.option(POOL_SIZE[1])), None)


def _ground(call: Call) -> int:
    """What stands for 0 around the images."""
    return 0 if call.dtype() == FLOAT else step_of(call.tensor(0)).zero_point


def _choose(call: Call, kernels: tuple[Kernel, Kernel, Kernel], activation: int, axis: int) -> Kernel:
    """The kernel for the dtypes of activations and weights, its scales bound; `axis` is that of the filters."""
    real, whole, hybrid = kernels
    dtypes = call.dtype(0), call.dtype(1)
    if dtypes == (FLOAT, FLOAT):
        return partial(real, allowed=call.range(activation))
    if dtypes == (INT8, INT8):
        return partial(whole, layer=_layer(call, activation, axis))
    if dtypes == (FLOAT, INT8):
        asymmetric = call.name != CONNECTED or bool(call.option(CONNECTED_ASYMMETRIC))
        scales = _weight_scales(call, axis)
        return partial(hybrid, layer=hybrid_kernels.Layer(scales, call.range(activation), asymmetric))
    raise _unfit(call)


def _layer(call: Call, activation: int, axis: int) -> Layer:
    """How a quantised layer's numbers are scaled."""
    taken, given = step_of(call.tensor(0)), step_of(call.output)
    scales = _weight_scales(call, axis)
    zero_points = scaling_of(call.tensor(1)).zero_points
    if zero_points.any() and (len(scales) > 1 or call.name != CONNECTED):
        raise ValueError(f"{call.name} with weights whose zero point is not 0")
    products = np.asarray(taken.scale * scales)
    _check_bias(call, products, given.scale)
    return Layer(taken, given, int(zero_points[0]), products / given.scale, call.allowed(activation))


def _weight_scales(call: Call, axis: int) -> NDArray[np.float64]:
    """One scale, or one for each filter."""
    weights = call.tensor(1)
    scaling = scaling_of(weights)
    if len(scaling.scales) > 1 and (scaling.axis != axis or len(scaling.scales) != weights.shape[axis]):
        raise ValueError(f"{call.name} with {len(scaling.scales)} scales on axis {scaling.axis} of {weights.shape}")
    return scaling.scales


def _check_bias(call: Call, products: NDArray[np.float64], step: float) -> None:
    """Refuse a bias in other steps than the sums that it is added to; converters write the same ones."""
    bias = call.inputs[2] if len(call.inputs) > 2 else None
    if bias is None:
        return
    if bias.dtype != np.int32:
        raise ValueError(f"{call.name} with a bias of {bias.dtype}")
    if bias.scaling and (np.abs(products - bias.scaling.scales) > LARGEST_DIFFERENCE * step).any():
        raise ValueError(f"{call.name} with a bias in other steps than its sums")


def _expect_int8(call: Call) -> None:
    if call.dtype() != INT8:
        raise _unfit(call)


def _unfit(call: Call) -> ValueError:
    dtypes = ", ".join(str(tensor.dtype) for tensor in call.inputs if tensor)
    return ValueError(f"{call.name} of {dtypes} is not among what this engine runs")
