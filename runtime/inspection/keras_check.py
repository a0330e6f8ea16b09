"""A `.keras` file looked at before Keras loads it: its members, its layers, and whether it would bring code along.

Keras' safe mode refuses code that is written into a file, and trusts whatever module a file names; several of its
releases could be led around it (CVE-2025-1550, CVE-2025-8747, CVE-2025-9906). Here every class must be one of a list,
from a module of Keras' own, before Keras sees a byte.
"""

import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from runtime.formats import limits
from runtime.formats.refused import Refused
from runtime.inspection.finding import NOTHING, Contents, Finding

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
TEXT_BYTES = 2**22  # of each JSON member; the zoo's largest has 40 kB
DEEPEST = 64  # nested values
UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
    RuntimeError,
    EOFError,
    KeyError,
    ValueError,
    zlib.error,
)
UNREAD = ("compile_config",)  # what is loaded only to train on; `digits convert` does not
_LAYERS = """
    InputLayer Sequential Functional Model
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D
    SeparableConv2D Dense EinsumDense Embedding
    Activation ELU LeakyReLU PReLU ReLU Softmax ThresholdedReLU
    AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    BatchNormalization GroupNormalization LayerNormalization Normalization RMSNormalization SpectralNormalization
    UnitNormalization
    ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D
    SpatialDropout3D
    Add Average Concatenate Dot Maximum Minimum Multiply Subtract
    CenterCrop Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Rescaling Reshape Resizing UpSampling1D
    UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Identity Masking
    RandomBrightness RandomContrast RandomCrop RandomFlip RandomGrayscale RandomRotation RandomTranslation RandomZoom
    AdditiveAttention Attention GroupQueryAttention MultiHeadAttention
    Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D GRU GRUCell LSTM LSTMCell RNN SimpleRNN SimpleRNNCell StackedRNNCells
    TimeDistributed
"""
_PARTS = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform IdentityInitializer LecunNormal LecunUniform Ones Orthogonal
    OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros STFT
    L1 L2 L1L2 OrthogonalRegularizer MaxNorm MinMaxNorm NonNeg UnitNorm
    DTypePolicy FloatDTypePolicy QuantizedDTypePolicy DTypePolicyMap SeedGenerator
    __keras_tensor__ __tuple__
"""
_OPERATIONS = """
    Abs Absolute Add Divide Exp ExpandDims Log Matmul Max Maximum Mean Min Minimum Multiply Negative Power Relu Relu6
    Reshape Sigmoid Softmax Sqrt Square Squeeze Subtract Sum Swish Silu HardSigmoid HardSwish Tanh Transpose TrueDivide
    Gelu GetItem Clip Concatenate
"""
LAYERS = frozenset(_LAYERS.split())
"""Keras' layers that only compute: none runs code of the file's, opens other files or loads other programs' models."""
CLASSES = LAYERS | frozenset(_PARTS.split()) | frozenset(_OPERATIONS.split())
"""The same with what layers are made of and what is computed between them."""


def inspect_keras(data: bytes) -> tuple[Contents, list[Finding]]:
    """What a `.keras` file holds, and every rule that it breaks."""
    try:
        config, attached = _open(data)
    except Refused as error:
        return NOTHING, [Finding(error.rule, limits.label_line(str(error)))]
    found: Counter[str] = Counter()
    findings = dict.fromkeys(_walk(config, found, 0))
    return NOTHING._replace(operators=dict(found), attached=attached), list(findings)


def _open(data: bytes) -> tuple[Any, dict[str, int]]:
    """The configuration, and the sizes of all members; Refused where the archive is not what Keras writes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members)
            with archive.open(CONFIG) as opened:
                text = opened.read(TEXT_BYTES + 1)
    except Refused:
        raise
    except UNREADABLE as error:
        raise Refused("keras-archive", f"an archive that cannot be read ({error})") from error
    if len(text) > TEXT_BYTES:
        raise Refused("keras-archive", f"{CONFIG} of more than {TEXT_BYTES} bytes")
    try:
        return json.loads(text), {member.filename: member.file_size for member in members}
    except (ValueError, RecursionError) as error:
        raise Refused("keras-archive", f"{CONFIG} that is no JSON ({error})") from error


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = sorted(member.filename for member in members)
    if names != sorted((CONFIG, METADATA, WEIGHTS)):
        shown = ", ".join(map(limits.label, names[:5]))
        raise Refused("keras-archive", f"the members {shown or 'of an empty archive'}")
    for member in members:
        most = limits.KERAS_BYTES if member.filename == WEIGHTS else TEXT_BYTES
        if member.file_size > most or member.flag_bits & 1:
            raise Refused("keras-archive", f"{member.filename} of {member.file_size} bytes, or encrypted")


def _walk(value: object, found: Counter[str], depth: int) -> Iterator[Finding]:
    """Every class that a configuration names, and what is wrong with it."""
    if depth > DEEPEST:
        yield Finding("keras-archive", f"values nested more than {DEEPEST} deep")
    elif isinstance(value, dict):
        if "class_name" in value or "module" in value or "registered_name" in value:
            yield from _check_class(value, found)
        for key, part in value.items():
            if not (depth == 0 and key in UNREAD):
                yield from _walk(part, found, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part, found, depth + 1)


def _check_class(value: dict[str, Any], found: Counter[str]) -> Iterator[Finding]:
    """What is wrong with one class: its name, where it comes from, and under which name it was registered."""
    name, module, registered = (value.get(key) for key in ("class_name", "module", "registered_name"))
    shown = limits.label(str(name))
    if module is not None and not _is_own(module):
        yield Finding("keras-code", f"{shown} from the module {limits.label(str(module))!r}")
    elif registered is not None and registered != name:
        yield Finding("keras-code", f"{shown}, registered as {limits.label(str(registered))!r}")
    elif not isinstance(name, str) or name not in CLASSES:
        code = name in ("function", "Lambda", "__lambda__")
        yield Finding("keras-code" if code else "keras-layer", f"{shown} is not among the classes that are loaded")
    elif name in LAYERS and name != "InputLayer":
        found[name] += 1


def _is_own(module: object) -> bool:
    """Whether a module is Keras' own, and no name that leads elsewhere."""
    return isinstance(module, str) and (module == "keras" or (module.startswith("keras.") and module.isascii()))
