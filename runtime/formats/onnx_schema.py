"""ONNX's messages as far as a classifier needs them: which has which field, and what none may have.

The numbers are those of github.com/onnx/onnx/blob/main/onnx/onnx.proto; a test compares them with ONNX's own package.
"""

from runtime.formats.protobuf import BYTES, LONGS, MESSAGES, NUMBER, NUMBERS, REAL, REALS, Kind, Layout

GRAPH, OPSETS, PROPERTIES = 7, 8, 14  # ModelProto
NODES, CONSTANTS, INPUTS, OUTPUTS, KNOWN = 1, 5, 11, 12, 13  # GraphProto; KNOWN is value_info
TAKEN, GIVEN, NODE_NAME, OPERATOR, ATTRIBUTES, DOMAIN = 1, 2, 3, 4, 5, 7  # NodeProto
NAME, REAL_VALUE, WHOLE_VALUE, TEXT_VALUE, TENSOR_VALUE = 1, 2, 3, 4, 5  # AttributeProto
REAL_VALUES, WHOLE_VALUES, COMMENT, VALUE_TYPE = 7, 8, 13, 20
HOLDERS = {1: REAL_VALUE, 2: WHOLE_VALUE, 3: TEXT_VALUE, 4: TENSOR_VALUE, 6: REAL_VALUES, 7: WHOLE_VALUES}  # by type
DIMENSIONS, TYPE, TENSOR_NAME, RAW, LOCATION = 1, 2, 8, 9, 14  # TensorProto; LOCATION is 0 for numbers that are inside
TYPED = {4: "float32", 5: "int32", 7: "int64", 10: "float64"}  # TensorProto's lists of numbers, by field
VALUE_NAME, VALUE_OF, TENSOR_OF, ELEMENT, SHAPE, DIMENSION = 1, 2, 1, 1, 2, 1  # ValueInfoProto and below
LENGTH, LENGTH_NAME = 1, 2  # Dimension
OPSET_DOMAIN, OPSET_VERSION = 1, 2  # OperatorSetIdProto
KEY, VALUE = 1, 2  # StringStringEntryProto


def _never(rule: str, words: str) -> Kind:
    return Kind((), refused=(rule, words))


_FUNCTIONS = _never("control-flow", "functions of its own")
_SPARSE = _never("sparse", "a sparse constant")
_GRAPHS = _never("control-flow", "a graph inside an operator")
_FAR = "a constant in another file"

MODEL = Layout(
    "ModelProto",
    {
        **dict.fromkeys((1, 5), NUMBER),
        **dict.fromkeys((2, 3, 4, 6, GRAPH), BYTES),
        **dict.fromkeys((OPSETS, PROPERTIES), MESSAGES),
        20: _never("control-flow", "graphs for training"),
        25: _FUNCTIONS,
        26: _never("control-flow", "a configuration for several devices"),
    },
)
GRAPH_LAYOUT = Layout(
    "GraphProto",
    {
        **dict.fromkeys((2, 10), BYTES),
        **dict.fromkeys((NODES, CONSTANTS, INPUTS, OUTPUTS, KNOWN), MESSAGES),
        15: _SPARSE,
    },
    large=True,
)
NODE = Layout(
    "NodeProto",
    {
        **dict.fromkeys((NODE_NAME, OPERATOR, DOMAIN, 6), BYTES),
        **dict.fromkeys((TAKEN, GIVEN, ATTRIBUTES), MESSAGES),
        8: _FUNCTIONS,
    },
    large=True,
)
ATTRIBUTE = Layout(
    "AttributeProto",
    {
        **dict.fromkeys((NAME, TEXT_VALUE, TENSOR_VALUE, COMMENT), BYTES),
        **dict.fromkeys((WHOLE_VALUE, VALUE_TYPE), NUMBER),
        REAL_VALUE: REAL,
        REAL_VALUES: REALS,
        WHOLE_VALUES: NUMBERS,
        **dict.fromkeys((6, 11), _GRAPHS),
        **dict.fromkeys((22, 23), _SPARSE),
        21: _FUNCTIONS,
    },
)
TENSOR = Layout(
    "TensorProto",
    {
        DIMENSIONS: NUMBERS,
        TYPE: NUMBER,
        4: REALS,
        **dict.fromkeys((5, 7), NUMBERS),
        10: LONGS,
        **dict.fromkeys((TENSOR_NAME, RAW, 12), BYTES),
        13: _never("external-data", _FAR),
        LOCATION: NUMBER,
    },
)
VALUE_LAYOUT = Layout("ValueInfoProto", dict.fromkeys((VALUE_NAME, VALUE_OF, 3), BYTES))
TYPE_LAYOUT = Layout(
    "TypeProto",
    {TENSOR_OF: BYTES, 6: BYTES, **dict.fromkeys((4, 5, 7, 8, 9), _never("type", "a value that is no tensor"))},
)
TENSOR_TYPE = Layout("TypeProto.Tensor", {ELEMENT: NUMBER, SHAPE: BYTES})
SHAPE_LAYOUT = Layout("TensorShapeProto", {DIMENSION: MESSAGES})
DIMENSION_LAYOUT = Layout("Dimension", {LENGTH: NUMBER, LENGTH_NAME: BYTES, 3: BYTES})
OPSET = Layout("OperatorSetIdProto", {OPSET_DOMAIN: BYTES, OPSET_VERSION: NUMBER})
ENTRY = Layout("StringStringEntryProto", {KEY: BYTES, VALUE: BYTES})
