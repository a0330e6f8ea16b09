"""The schema of ONNX Runtime's own format as far as a classifier needs it: which table has which field.

The slots are those of onnxruntime/core/flatbuffers/schema/ort.fbs; a test compares them with ONNX Runtime's own copy.
"""

from runtime.formats import limits
from runtime.formats.flatbuffer import Child, Choice, Layout, Never, Number, Numbers, Rows, Tables, Text, Texts

MODEL_OF = 1  # InferenceSession; 0 is the version of ONNX Runtime
OPSETS, GRAPH, PROPERTIES = 1, 7, 9  # Model
CONSTANTS, KNOWN, NODES, MOST_NODES, EDGES, INPUTS, OUTPUTS = 0, 1, 2, 3, 4, 5, 6  # Graph
DOMAIN, INDEX, OPERATOR, PROVIDER, TAKEN, GIVEN, ATTRIBUTES, COUNTS = 2, 4, 5, 7, 8, 9, 10, 11  # Node
TENSOR_NAME, DIMENSIONS, TYPE, RAW = 0, 2, 3, 4  # Tensor
NAME, KIND, REAL, WHOLE, TEXT, TENSOR, REALS, WHOLES = 0, 2, 3, 4, 5, 6, 8, 9  # Attribute
VALUE_NAME, VALUE_TYPE, TYPE_VALUE, ELEMENT, SHAPE = 0, 2, 2, 0, 1  # ValueInfo, TypeInfo, TensorTypeAndShape
LENGTHS, LENGTH_OF, LENGTH_KIND, LENGTH, LENGTH_NAME = 0, 0, 0, 1, 2  # Shape, Dimension, DimensionValue
EDGE_NODE, EDGES_IN, EDGES_OUT = 0, 1, 2  # NodeEdge
OPSET_DOMAIN, OPSET_VERSION = 0, 1  # OperatorSetId
KEY, VALUE = 0, 1  # StringStringEntry

_TEXT, _INT, _LONG, _INDEX, _BYTE = Text(whole=True), Number("i"), Number("q"), Number("I"), Number("b")
_NAMES = Texts(limits.INPUTS)
_GRAPHS = Never("control-flow", "a graph inside an operator")
_FAR = "a constant in another file"

_TENSOR = Layout(
    "Tensor",
    (
        _TEXT,
        _TEXT,
        Numbers("i8", limits.RANK),
        _INT,
        Numbers("u1", limits.FILE_BYTES),
        Never("type", "a constant of texts"),
        Never("external-data", _FAR, "q", -1),
    ),
)
_ATTRIBUTE = Layout(
    "Attribute",
    (
        _TEXT,
        _TEXT,
        _INT,
        Number("f"),
        _LONG,
        _TEXT,
        Child(_TENSOR),
        _GRAPHS,
        Numbers("f4", limits.LISTED),
        Numbers("i8", limits.LISTED),
        Texts(0),
        Tables(_TENSOR, 0),
        Numbers("u4", 0),
    ),
)
_NODE = Layout(
    "Node",
    (
        _TEXT,
        _TEXT,
        _TEXT,
        _INT,
        _INDEX,
        _TEXT,
        Never("operator", "a fused operator", "i", 0),
        _TEXT,
        _NAMES,
        _NAMES,
        Tables(_ATTRIBUTE, limits.INPUTS),
        Numbers("i4", limits.INPUTS),
        Texts(0),
    ),
)
_LENGTH = Layout("DimensionValue", (_BYTE, _LONG, _TEXT))
_DIMENSION = Layout("Dimension", (Child(_LENGTH), _TEXT))
_SHAPE = Layout("Shape", (Tables(_DIMENSION, limits.RANK),))
_TENSOR_TYPE = Layout("TensorTypeAndShape", (_INT, Child(_SHAPE)))
_TYPE = Layout("TypeInfo", (_TEXT, Number("B"), Choice({1: _TENSOR_TYPE})))
_VALUE = Layout("ValueInfo", (_TEXT, _TEXT, Child(_TYPE)))
_EDGES = Layout("NodeEdge", (_INDEX, Rows(3, limits.TENSORS), Rows(3, limits.TENSORS)))
_GRAPH = Layout(
    "Graph",
    (
        Tables(_TENSOR, limits.TENSORS),
        Tables(_VALUE, limits.TENSORS),
        Tables(_NODE, limits.OPERATORS),
        _INDEX,
        Tables(_EDGES, limits.OPERATORS),
        _NAMES,
        _NAMES,
        Numbers("u4", 0),
        Never("control-flow", "optimisations that are left to the engine"),
    ),
)
_OPSET = Layout("OperatorSetId", (_TEXT, _LONG))
_ENTRY = Layout("StringStringEntry", (_TEXT, _TEXT))
_MODEL = Layout(
    "Model",
    (
        _LONG,
        Tables(_OPSET, limits.INPUTS),
        *(_TEXT,) * 3,
        _LONG,
        _TEXT,
        Child(_GRAPH),
        _TEXT,
        Tables(_ENTRY, limits.INPUTS),
    ),
)
_ARGUMENT = Layout("ArgTypeAndIndex", (_BYTE, _INDEX))
_ARGUMENTS = Layout("KernelTypeStrArgsEntry", (_TEXT, Tables(_ARGUMENT, limits.INPUTS)))
_KERNEL = Layout("OpIdKernelTypeStrArgsEntry", (_TEXT, Tables(_ARGUMENTS, limits.INPUTS)))
_KERNELS = Layout("KernelTypeStrResolver", (Tables(_KERNEL, limits.TENSORS),))
SESSION = Layout("InferenceSession", (_TEXT, Child(_MODEL), Never("unknown-field", "an old session"), Child(_KERNELS)))
"""The table that an `.ort` file starts with."""
