"""The operators that a converted classifier may hold: those that `digits inspect` lets pass to the engines."""

from runtime.inspection import onnx_operators, ort_operators, tflite_operators

ALLOWED = {
    "tflite": frozenset(tflite_operators.OPERATORS),
    "onnx": frozenset(onnx_operators.OPERATORS),
    "ort": frozenset(ort_operators.OPERATORS),
}

SCALING = frozenset({"MUL", "DIV", "SUB", "Mul", "Div", "Sub"})
"""What a batch normalisation becomes where it is not folded; an addition alone may be a bias."""

WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "Conv", "Gemm", "MatMul"})
"""The operators that hold the weights and cost the time."""
