"""Scales and zero points of `.tflite` files: what the engines' whole-number arithmetic takes without checking.

A scale of 0 or infinity, or factors between scales beyond what 31 bits and a shift express, end the process in some
engines (TFLITE_CHECK in QuantizeMultiplier and its like).
"""

import numpy as np
from numpy.typing import NDArray

from runtime.formats.refused import Refused
from runtime.formats.tflite_file import Tensor
from runtime.inspection.tflite_step import Step, is_whole, scale_of

SMALLEST, LARGEST = 1e-20, 1e10  # scales
FURTHEST = 2.0**11  # how many times larger one scale may be than the one that it is brought to
TOLERANCE = 0.02  # of an output's step, by which a bias may be in other steps than its sums (kernel_util.cc)
FIXED = {
    ("SOFTMAX", "int8"): (1 / 256, -128),
    ("SOFTMAX", "uint8"): (1 / 256, 0),
    ("SOFTMAX", "int16"): (1 / 32768, 0),
    ("LOGISTIC", "int8"): (1 / 256, -128),
    ("LOGISTIC", "uint8"): (1 / 256, 0),
    ("LOGISTIC", "int16"): (1 / 32768, 0),
    ("TANH", "int8"): (1 / 128, 0),
    ("TANH", "uint8"): (1 / 128, 128),
    ("TANH", "int16"): (1 / 32768, 0),
}
"""The scale and zero point that an operator's output has by definition."""


def check_tensor(tensor: Tensor) -> None:
    """Refuse scales that are no scales, of another number than there are indices, and zero points out of range."""
    scaling = tensor.scaling
    if scaling is None:
        return
    if scaling.scales.min() < SMALLEST or scaling.scales.max() > LARGEST:
        raise Refused("quantisation", f"{tensor.name!r} with scales {scaling.scales.min()} to {scaling.scales.max()}")
    several = len(scaling.scales) > 1
    if several and not (0 <= scaling.axis < len(tensor.shape) and tensor.shape[scaling.axis] == len(scaling.scales)):
        words = f"{len(scaling.scales)} scales on axis {scaling.axis} of {tensor.shape}"
        raise Refused("quantisation", f"{tensor.name!r} with {words}")
    if tensor.dtype.kind in "iu":
        limits = np.iinfo(tensor.dtype)
        low, high = (limits.min, limits.max) if is_whole(tensor) else (0, 0)
        if scaling.zero_points.min() < low or scaling.zero_points.max() > high:
            raise Refused("quantisation", f"{tensor.name!r} with a zero point outside of {tensor.dtype}")


def check_arithmetic(step: Step, *inputs: int) -> None:
    """Refuse whole numbers without scales, or with ones too far from the output's, where they are computed with."""
    if not is_whole(step.output):
        return
    given = scale_of(step, step.output)
    for index in inputs:
        check_factor(step, scale_of(step, step.tensor(index)) / given)
    fixed = FIXED.get((step.name, step.output.dtype.name))
    scaling = step.output.scaling
    if fixed and scaling and (given, int(scaling.zero_points[0])) != fixed:
        raise Refused("quantisation", f"{step.name} whose output is in steps of {given}; it has {fixed}")


def check_factor(step: Step, factor: float) -> None:
    """Refuse a factor between scales that no engine computes with."""
    if not factor <= FURTHEST:
        raise Refused("quantisation", f"{step.name} with scales that are {factor:.3g} times its output's")


def check_layer(step: Step, axis: int) -> None:
    """Refuse weights and biases whose scales do not fit to each other and to the input's and the output's."""
    taken, weights = step.tensor(0), step.tensor(1)
    if not is_whole(weights):
        return
    scaling = weights.scaling
    if scaling is None or (len(scaling.scales) > 1 and scaling.axis != axis):
        raise Refused("quantisation", f"{step.name} with weights without scales, or along another axis than {axis}")
    if scaling.zero_points.any() and weights.dtype != np.uint8:
        raise Refused("quantisation", f"{step.name} with weights whose zero point is not 0")
    if not is_whole(taken):
        return
    products, given = scale_of(step, taken) * scaling.scales, scale_of(step, step.output)
    check_factor(step, float(products.max()) / given)
    bias = step.inputs[2] if len(step.inputs) > 2 else None
    if bias is not None and bias.scaling and not _alike(bias.scaling.scales, products, given):
        raise Refused("quantisation", f"{step.name} with a bias in other steps than its sums")
    symmetric = [tensor for tensor in (taken, step.output) if tensor.dtype == np.int16 and tensor.scaling]
    if any(tensor.scaling and tensor.scaling.zero_points.any() for tensor in symmetric):
        raise Refused("quantisation", f"{step.name} of int16 whose zero point is not 0")


def _alike(bias: NDArray[np.float64], products: NDArray[np.float64], given: float) -> bool:
    """Whether a bias is in the steps of the sums that it is added to."""
    if len(bias) not in (1, len(products)) and len(products) > 1:
        return False
    return bool((np.abs(bias - products) <= TOLERANCE * given).all())
