"""The operators of ONNX Runtime's own that an `.ort` file may hold, beside those of ONNX.

They are what its optimiser makes of those: a layer and its activation in one, and whole numbers from end to end
(github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md).
"""

from runtime.formats.refused import Refused
from runtime.inspection import onnx_operators as plain
from runtime.inspection import shapes
from runtime.inspection.onnx_step import Check, Demand, Known, Step, of

OWN = "com.microsoft."
ACTIVATIONS = ("Clip", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh")
PARAMETERS = {"Clip": 2, "HardSigmoid": 2, "LeakyRelu": 1}


def fused_convolution(step: Step) -> Known:
    """FusedConv: a convolution with its activation behind it."""
    _check_activation(step)
    return plain.convolution(step)


def fused_gemm(step: Step) -> Known:
    """FusedGemm: a matrix product with its activation behind it."""
    step.one_of("activation", ACTIVATIONS, "Relu")
    return plain.gemm(step)


def _check_activation(step: Step) -> None:
    """Refuse an activation that is none, or that lacks its parameters."""
    name = step.one_of("activation", ACTIVATIONS, "Relu")
    given = step.node.attributes.get("activation_params", ())
    if not isinstance(given, tuple) or len(given) != PARAMETERS.get(str(name), 0):
        raise Refused("options", f"{step.name} with {name} and parameters {given!r}")


def whole_convolution(step: Step) -> Known:
    """QLinearConv: image, weights and output each with a scale and a zero point, then the bias."""
    for tensor, scale in ((0, 1), (3, 4), (None, 6)):
        _check_scale(step, tensor, scale, 0)
    given = plain.convolution(Step(step.node, _as_real(step, 0, 3, 8)))
    return Known(_given_by(step, 7), given.shape)


def whole_gemm(step: Step) -> Known:
    """QGemm: the same for a matrix product; without a scale of its output it gives real numbers."""
    for tensor, scale in ((0, 1), (3, 4)):
        _check_scale(step, tensor, scale, 1)
    if step.optional(7):
        _check_scale(step, None, 7, 0)
    given = plain.gemm(Step(step.node, _as_real(step, 0, 3, 6)))
    return Known(_given_by(step, 8) if step.optional(7) else "float32", given.shape)


def whole_product(step: Step) -> Known:
    """QLinearMatMul."""
    for tensor, scale in ((0, 1), (3, 4), (None, 6)):
        _check_scale(step, tensor, scale, 1)
    given = plain.product(Step(step.node, _as_real(step, 0, 3)))
    return Known(_given_by(step, 7), given.shape)


def whole_binary(step: Step) -> Known:
    """QLinearAdd and QLinearMul."""
    for tensor, scale in ((0, 1), (3, 4), (None, 6)):
        _check_scale(step, tensor, scale)
    dtype = step.expect(plain.EIGHT, (0, 3))
    return Known(dtype, shapes.broadcast(step.tensor(0).shape, step.tensor(3).shape))


def whole(check: Check) -> Check:
    """An operator on one tensor of whole numbers that `check` knows on real ones."""

    def checked(step: Step) -> Known:
        _check_scale(step, 0, 1)
        _check_scale(step, None, 3)
        step.one_of("channels_last", (0,), 0)
        return Known(step.expect(plain.EIGHT), check(Step(step.node, _as_real(step, 0))).shape)

    return checked


def _as_real(step: Step, *indices: int) -> tuple[Known, ...]:
    """Some inputs, whole numbers taken for real ones: those that an operator on real numbers has."""
    given = [known for known in map(step.optional, indices) if known]  # only the last, the bias, may be left out
    if strange := [known.dtype for known in given if known.dtype not in (*plain.EIGHT, "int32")]:
        raise Refused("type", f"{step.name} of {strange[0]}")
    return tuple(Known("float32", known.shape, known.settled) for known in given)


def _given_by(step: Step, zero_point: int) -> str:
    """The number format of an output, which its zero point tells."""
    known = step.optional(zero_point)
    return known.dtype if known else "uint8"


def _check_scale(step: Step, tensor: int | None, scale: int, axis: int | None = None) -> None:
    """Refuse a scale and the zero point behind it that are none: one, or as many as `tensor` has indices on `axis`."""
    scales, zero_points, given = (
        step.constant(scale),
        step.optional(scale + 1),
        tensor is not None and step.tensor(tensor),
    )
    if scales.dtype.name != "float32" or not ((scales >= plain.SMALLEST) & (scales <= plain.LARGEST)).all():
        raise Refused("quantisation", f"{step.name} with a scale that is no scale")
    length = given.shape[axis] if given and axis is not None and len(given.shape) > axis else 1
    if scales.ndim > 1 or scales.size not in (1, length):
        raise Refused("quantisation", f"{step.name} with {scales.size} scales")
    if zero_points is None:  # which stands for 0
        return
    if zero_points.dtype not in plain.EIGHT or zero_points.shape not in (scales.shape, ()):
        raise Refused("quantisation", f"{step.name} with zero points that do not go with its scales")
    if given and given.dtype != zero_points.dtype:
        raise Refused("quantisation", f"{step.name} of {given.dtype} with zero points of {zero_points.dtype}")
    step.constant(scale + 1)


OPERATORS: dict[str, Demand] = {
    **plain.OPERATORS,
    f"{OWN}FusedConv": of(fused_convolution, 2, 3, f"activation activation_params group {plain.WINDOW}"),
    f"{OWN}FusedGemm": of(fused_gemm, 2, 3, "activation alpha beta transA transB"),
    f"{OWN}Gelu": of(plain.each()),
    "QLinearConv": of(whole_convolution, 8, 9, f"group {plain.WINDOW}"),
    f"{OWN}QGemm": of(whole_gemm, 6, 9, "alpha transA transB"),
    "QLinearMatMul": of(whole_product, 8),
    **dict.fromkeys((f"{OWN}QLinearAdd", f"{OWN}QLinearMul"), of(whole_binary, 8)),
    f"{OWN}QLinearSigmoid": of(whole(plain.each()), 4, 5),
    f"{OWN}QLinearLeakyRelu": of(whole(plain.each("alpha")), 4, 5, "alpha"),
    f"{OWN}QLinearGlobalAveragePool": of(whole(plain.overall), 5, 5, "channels_last"),
    f"{OWN}QLinearAveragePool": of(
        whole(plain.pooling), 4, 5, f"ceil_mode channels_last count_include_pad {plain.WINDOW}"
    ),
}
"""Every operator that an `.ort` file may hold."""
