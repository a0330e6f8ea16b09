"""TensorFlow Lite's schema as far as a classifier needs it: which table has which field, and what none may have.

The slots are those of tensorflow/compiler/mlir/lite/schema/schema.fbs; a test compares them with LiteRT's own copy.
"""

from runtime.formats import limits
from runtime.formats.flatbuffer import Child, Choice, Layout, Never, Number, Numbers, Tables, Text

CODES, GRAPHS, DESCRIPTION, BUFFERS, METADATA_BUFFERS, METADATA, SIGNATURES = 1, 2, 3, 4, 5, 6, 7  # Model; 0 is version
DEPRECATED_CODE, CUSTOM_CODE, VERSION, BUILTIN_CODE = 0, 1, 2, 3  # OperatorCode
TENSORS, INPUTS, OUTPUTS, OPERATORS = 0, 1, 2, 3  # SubGraph
SHAPE, TYPE, BUFFER, NAME, QUANTIZATION, SIGNATURE = 0, 1, 2, 3, 4, 7  # Tensor
SCALE, ZERO_POINT, AXIS = 2, 3, 6  # QuantizationParameters
CODE, TAKEN, GIVEN, OPTIONS, CUSTOM_OPTIONS = 0, 1, 2, 4, 5  # Operator
DATA = 0  # Buffer
ENTRY_NAME, ENTRY_BUFFER = 0, 1  # Metadata
SIGNATURE_INPUTS, SIGNATURE_OUTPUTS, MAPPED = 0, 1, 1  # SignatureDef, and the tensor of a TensorMap

_BYTE, _INT, _INDEX, _TRUTH, _FLOAT, _UNSIGNED = (Number(kind) for kind in ("b", "i", "I", "?", "f", "B"))
_ONE, _TRUE, _MINUS = Number("i", 1), Number("?", 1), Number("i", -1)
_INDICES = Numbers("i4", limits.INPUTS)
_LENGTHS = Numbers("i4", limits.RANK)
_FAR = "contents outside of the FlatBuffer"

_QUANTIZATION = Layout(
    "QuantizationParameters",
    (
        Numbers("f4", limits.SCALES),
        Numbers("f4", limits.SCALES),
        Numbers("f4", limits.SCALES),
        Numbers("i8", limits.SCALES),
        Never("quantisation", "a quantisation of another kind than by scale and zero point", "B", 0),
        Never("quantisation", "a quantisation of another kind than by scale and zero point"),
        _INT,
    ),
)
_TENSOR = Layout(
    "Tensor",
    (
        _LENGTHS,
        _BYTE,
        _INDEX,
        Text(),
        Child(_QUANTIZATION),
        Never("state", "a tensor that keeps its contents from one call to the next", "?", 0),
        Never("sparse", "a sparse tensor"),
        _LENGTHS,
        _TRUTH,
        Never("form", "a tensor of variants"),
        Never("external-data", _FAR, "I", 0),
    ),
)

_OPTIONS = {
    1: Layout("Conv2DOptions", (_BYTE, _INT, _INT, _BYTE, _ONE, _ONE, _BYTE)),
    2: Layout("DepthwiseConv2DOptions", (_BYTE, _INT, _INT, _INT, _BYTE, _ONE, _ONE)),
    5: Layout("Pool2DOptions", (_BYTE, _INT, _INT, _INT, _INT, _BYTE)),
    8: Layout("FullyConnectedOptions", (_BYTE, _BYTE, _TRUTH, _TRUTH, _BYTE)),
    9: Layout("SoftmaxOptions", (_FLOAT,)),
    10: Layout("ConcatenationOptions", (_INT, _BYTE)),
    11: Layout("AddOptions", (_BYTE, _TRUE)),
    17: Layout("ReshapeOptions", (_LENGTHS,)),
    21: Layout("MulOptions", (_BYTE,)),
    22: Layout("PadOptions"),
    23: Layout("GatherOptions", (_INT, _INT)),
    26: Layout("TransposeOptions"),
    27: Layout("ReducerOptions", (_TRUTH,)),
    28: Layout("SubOptions", (_BYTE, _TRUE)),
    29: Layout("DivOptions", (_BYTE,)),
    30: Layout("SqueezeOptions", (_LENGTHS,)),
    32: Layout("StridedSliceOptions", (_INT, _INT, _INT, _INT, _INT, _TRUTH)),
    33: Layout("ExpOptions"),
    38: Layout("DequantizeOptions"),
    39: Layout("MaximumMinimumOptions"),
    42: Layout("NegOptions"),
    43: Layout("PadV2Options"),
    52: Layout("ExpandDimsOptions"),
    55: Layout("ShapeOptions", (_BYTE,)),
    59: Layout("PackOptions", (_INT, _INT)),
    66: Layout("SquareOptions"),
    75: Layout("LeakyReluOptions", (_FLOAT,)),
    76: Layout("SquaredDifferenceOptions"),
    78: Layout("AbsOptions"),
    89: Layout("QuantizeOptions"),
    91: Layout("HardSwishOptions"),
    116: Layout("GeluOptions", (_TRUTH,)),
}
_OPTIONED = {
    "Conv2DOptions": "CONV_2D",
    "DepthwiseConv2DOptions": "DEPTHWISE_CONV_2D",
    "Pool2DOptions": "AVERAGE_POOL_2D MAX_POOL_2D",
    "FullyConnectedOptions": "FULLY_CONNECTED",
    "SoftmaxOptions": "SOFTMAX",
    "ConcatenationOptions": "CONCATENATION",
    "AddOptions": "ADD",
    "ReshapeOptions": "RESHAPE",
    "MulOptions": "MUL",
    "PadOptions": "PAD",
    "GatherOptions": "GATHER",
    "TransposeOptions": "TRANSPOSE",
    "ReducerOptions": "MEAN SUM REDUCE_MAX REDUCE_MIN REDUCE_PROD",
    "SubOptions": "SUB",
    "DivOptions": "DIV",
    "SqueezeOptions": "SQUEEZE",
    "StridedSliceOptions": "STRIDED_SLICE",
    "ExpOptions": "EXP",
    "DequantizeOptions": "DEQUANTIZE",
    "MaximumMinimumOptions": "MAXIMUM MINIMUM",
    "NegOptions": "NEG",
    "PadV2Options": "PADV2",
    "ExpandDimsOptions": "EXPAND_DIMS",
    "ShapeOptions": "SHAPE",
    "PackOptions": "PACK",
    "SquareOptions": "SQUARE",
    "LeakyReluOptions": "LEAKY_RELU",
    "SquaredDifferenceOptions": "SQUARED_DIFFERENCE",
    "AbsOptions": "ABS",
    "QuantizeOptions": "QUANTIZE",
    "HardSwishOptions": "HARD_SWISH",
    "GeluOptions": "GELU",
}
OPTIONS_OF = {operator: name for name, operators in _OPTIONED.items() for operator in operators.split()}
"""The table of options that an operator has, by name; operators that are not here have none."""
LAYOUTS = {number: layout.name for number, layout in _OPTIONS.items()}
"""The tables of options by their number in the schema's enumeration BuiltinOptions."""

_OPERATOR = Layout(
    "Operator",
    (
        _INDEX,
        _INDICES,
        _INDICES,
        _UNSIGNED,
        Choice(_OPTIONS),
        Numbers("u1", limits.FILE_BYTES),
        _BYTE,
        Never("state", "an operator that changes its inputs"),
        Never("form", "an operator with tensors for itself"),
        Never("custom-operator", "an operator with options of its own", "Q", 0),
        Never("custom-operator", "an operator with options of its own", "Q", 0),
        Never("operator", "an operator of StableHLO", "B", 0),
        Never("operator", "an operator of StableHLO"),
        _MINUS,
    ),
)
_GRAPH = Layout(
    "SubGraph",
    (
        Tables(_TENSOR, limits.TENSORS),
        _INDICES,
        _INDICES,
        Tables(_OPERATOR, limits.OPERATORS),
        Text(),
        _MINUS,
    ),
)
_CODE = Layout("OperatorCode", (_BYTE, Text(), _ONE, _INT))
_BUFFER = Layout(
    "Buffer",
    (
        Numbers("u1", limits.FILE_BYTES),
        Never("external-data", _FAR, "Q", 1),  # 1 is what writers put there until they know the place
        Never("external-data", _FAR, "Q", 1),
    ),
)
_METADATA = Layout("Metadata", (Text(), _INDEX))
_MAP = Layout("TensorMap", (Text(), _INDEX))
_SIGNATURE = Layout(
    "SignatureDef",
    (
        Tables(_MAP, limits.INPUTS),
        Tables(_MAP, limits.INPUTS),
        Text(),
        None,
        Never("control-flow", "a signature of another graph", "I", 0),
    ),
)
MODEL = Layout(
    "Model",
    (
        _INDEX,
        Tables(_CODE, limits.OPERATORS),
        Tables(_GRAPH, limits.GRAPHS),
        Text(),
        Tables(_BUFFER, limits.TENSORS),
        Numbers("i4", limits.TENSORS),
        Tables(_METADATA, limits.INPUTS),
        Tables(_SIGNATURE, limits.INPUTS),
        Never("external-data", _FAR),
        Never("external-data", _FAR),
    ),
)
"""The table that a `.tflite` file starts with."""
