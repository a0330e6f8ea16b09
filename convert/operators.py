"""The operators that a converted digit classifier may hold: those of common layers, which every engine reads."""

# fmt: off
ALLOWED = {
    "tflite": frozenset({
        "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED",
        "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN", "SUM", "REDUCE_MAX",
        "ELU", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "PRELU", "RELU", "RELU6", "SOFTMAX", "TANH",
        "ADD", "DIV", "MAXIMUM", "MINIMUM", "MUL", "SUB",
        "EXPAND_DIMS", "PACK", "PAD", "PADV2", "RESHAPE", "SHAPE", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE",
        "DEQUANTIZE", "QUANTIZE",
    }),
    "onnx": frozenset({
        "Conv", "Gemm", "MatMul",
        "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool", "ReduceMax", "ReduceMean", "ReduceSum",
        "Clip", "Elu", "HardSigmoid", "LeakyRelu", "PRelu", "Relu", "Sigmoid", "Softmax", "Tanh",
        "Add", "Div", "Max", "Min", "Mul", "Sub",
        "Flatten", "Pad", "Reshape", "Squeeze", "Transpose", "Unsqueeze",
        "DequantizeLinear", "QuantizeLinear",
    }),
}
# fmt: on
ALLOWED["ort"] = ALLOWED["onnx"]  # of the graph that an `.ort` file is made from

SCALING = frozenset({"MUL", "DIV", "SUB", "Mul", "Div", "Sub"})
"""What a batch normalisation becomes where it is not folded; an addition alone may be a bias."""

WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "Conv", "Gemm", "MatMul"})
"""The operators that hold the weights and cost the time."""
