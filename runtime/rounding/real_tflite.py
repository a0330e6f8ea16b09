"""A `.tflite` file's network in real numbers: whole numbers become what they stand for, and (de)quantising nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from runtime.backends.quantisation import Quantisation
from runtime.backends.reference import tflite_graph
from runtime.backends.reference.graph import Array, Key
from runtime.backends.reference.tflite_call import step_of
from runtime.formats.tflite_file import Operator, Tensor, TfliteFile, read_tflite
from runtime.rounding.network import Network, Own, new_steps, softmax_input

BETWEEN = ("QUANTIZE", "DEQUANTIZE")  # operators that change only how a number is written
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
FLOAT = np.dtype(np.float32)


def read(data: bytes, path: str) -> Network:
    """The network of the file's bytes; ValueError or ModelError where it cannot be read."""
    file = read_tflite(data)
    taken = file.tensors[file.inputs[0]]
    same = _same_numbers(file)
    graph = tflite_graph.build_graph(_in_real_numbers(file, same), path)
    steps = _steps(file, same)
    logits = softmax_input(graph)
    return Network(
        graph=graph,
        own=_own(file, same, path),
        names={index: tensor.name for index, tensor in enumerate(file.tensors)},
        steps=new_steps(graph, steps),
        by_image=frozenset(_hybrid_inputs(file, same)),
        input_step=_largest(steps.get(graph.input)),
        output_step=_largest(steps.get(graph.output)),
        logits_step=None if logits is None else _largest(steps.get(logits)),
        batch=None if taken.signature[0] < 0 else taken.shape[0],
    )


def _own(file: TfliteFile, same: Mapping[int, int], path: str) -> Own:
    """The file in its own arithmetic."""
    taken = file.tensors[file.inputs[0]]

    def take(images: Array) -> Array:
        if taken.dtype == FLOAT:
            return images
        step = step_of(taken)
        return Quantisation(step.dtype, step.scale, step.zero_point).quantise(images)

    def real(key: Key, values: Array) -> Array:
        tensor = file.tensors[key] if isinstance(key, int) else taken
        return _dequantised(tensor, values) if tensor.scaling and tensor.dtype != FLOAT else values

    seen: dict[Key, Key] = {root: index for index, root in same.items()}  # the last one stays
    return Own(lambda: tflite_graph.build_graph(file, path), seen, take, real)


def _same_numbers(file: TfliteFile) -> dict[int, int]:
    """For what an operator only writes in another way, the tensor that it is written from."""
    same: dict[int, int] = {}
    for operator in file.operators:
        if operator.name in BETWEEN:
            source = operator.inputs[0]
            same[operator.outputs[0]] = same.get(source, source)
    return same


def _in_real_numbers(file: TfliteFile, same: Mapping[int, int]) -> TfliteFile:
    """The file without quantised tensors and without operators between them."""
    operators = [operator for operator in file.operators if operator.name not in BETWEEN]
    return TfliteFile(
        tensors=tuple(map(_real_tensor, file.tensors)),
        operators=tuple(_renamed(operator, same) for operator in operators),
        inputs=file.inputs,
        outputs=tuple(same.get(index, index) for index in file.outputs),
    )


def _renamed(operator: Operator, same: Mapping[int, int]) -> Operator:
    return replace(operator, inputs=tuple(same.get(index, index) for index in operator.inputs))


def _real_tensor(tensor: Tensor) -> Tensor:
    """The tensor in float32; shapes and the like, which are whole numbers without a scale, stay."""
    if tensor.dtype == np.float16:
        data = None if tensor.data is None else np.asarray(tensor.data, np.float32)
        return replace(tensor, dtype=FLOAT, data=data, scaling=None)
    if tensor.scaling is None or tensor.dtype == FLOAT:
        return tensor
    data = None if tensor.data is None else _dequantised(tensor, tensor.data)
    return replace(tensor, dtype=FLOAT, data=data, scaling=None)


def _dequantised(tensor: Tensor, data: Array) -> NDArray[np.float32]:
    scaling = tensor.scaling
    if scaling is None:
        raise ValueError(f"{tensor.name}: no scale")
    centred = data.astype(np.float64) - _along(tensor, scaling.zero_points)
    return np.asarray(centred * _along(tensor, scaling.scales), np.float32)


def _along(tensor: Tensor, values: Array) -> Array:
    """One number for a tensor, or those along the axis that they belong to."""
    if len(values) == 1:
        return values.reshape(())
    axis = tensor.scaling.axis if tensor.scaling else 0
    return values.reshape([-1 if index == axis else 1 for index in range(len(tensor.shape))])


def _steps(file: TfliteFile, same: Mapping[int, int]) -> dict[Key, Array]:
    """How coarse each tensor is; the coarsest of all ways in which the same numbers are written."""
    steps: dict[Key, Array] = {}
    for index, tensor in enumerate(file.tensors):
        step = _step(tensor)
        if step is not None:
            root = same.get(index, index)
            steps[root] = np.maximum(steps.get(root, np.float64(0)), step)
    return steps


def _step(tensor: Tensor) -> Array | None:
    if tensor.dtype == np.float16 and tensor.data is not None:
        return np.asarray(np.spacing(np.abs(tensor.data)), np.float64)
    if tensor.scaling is None or tensor.dtype == FLOAT:
        return None
    return np.asarray(_along(tensor, tensor.scaling.scales), np.float64)


def _hybrid_inputs(file: TfliteFile, same: Mapping[int, int]) -> Sequence[int]:
    """What layers with 8-bit weights take in float and bring to 8 bits themselves."""
    return [
        same.get(operator.inputs[0], operator.inputs[0])
        for operator in file.operators
        if operator.name in WEIGHTED
        and file.tensors[operator.inputs[0]].dtype == FLOAT
        and file.tensors[operator.inputs[1]].dtype == np.int8
    ]


def _largest(step: Array | None) -> float | None:
    return None if step is None else float(np.max(step))
