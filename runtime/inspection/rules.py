"""What a model file must be before an engine sees it: every rule with what is expected and what to do."""

from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"
_ANEW = "convert the model anew with digits convert"
_COPY = "copy the file again from where it came, or convert the model anew"
_PLAIN = "use layers that digits convert knows, and convert the model anew"
_OURS = "load only models that you trained yourself; train it anew with digits train"


class Rule(NamedTuple):
    """One rule of `digits inspect`."""

    level: str  # "error": no engine gets the file; "warning": it gets it; "note": good to know
    expected: str
    remedy: str


RULES = {
    "hash": Rule(ERROR, "the bytes that the manifest lists, by their size and sha256", _COPY),
    "form": Rule(ERROR, "a whole file of its format: offsets, lengths and indices that stay inside", _COPY),
    "unknown-field": Rule(ERROR, "only fields that the format's schema gives to a network for inference", _ANEW),
    "limits": Rule(ERROR, "a network for small pictures: bounded bytes, tensors, operators, products", _PLAIN),
    "archive": Rule(ERROR, "nothing behind the network but an archive of the files that its metadata names", _ANEW),
    "metadata": Rule(ERROR, "short texts as metadata", _ANEW),
    "external-data": Rule(ERROR, "all contents inside of the file", "save the model with its weights inside"),
    "control-flow": Rule(ERROR, "one graph, without functions, branches, loops or graphs for training", _PLAIN),
    "state": Rule(ERROR, "tensors that one call does not leave to the next", _PLAIN),
    "sparse": Rule(ERROR, "tensors whose numbers are all written out", _ANEW),
    "operator": Rule(ERROR, "only operators of common layers, which docs/inspect.md lists", _PLAIN),
    "custom-operator": Rule(ERROR, "no operators whose code somebody else must bring along", _PLAIN),
    "operator-set": Rule(ERROR, "a version of the operators that every engine here reads alike", _ANEW),
    "ends": Rule(ERROR, "one input and one output", _PLAIN),
    "order": Rule(ERROR, "operators in order, each tensor computed once and before it is used", _ANEW),
    "type": Rule(ERROR, "number formats that the operator is defined for", _ANEW),
    "options": Rule(ERROR, "parameters of the operator itself, each within its range", _ANEW),
    "shape": Rule(ERROR, "shapes that fit together from the input to the output", _ANEW),
    "constant": Rule(ERROR, "as many bytes for a constant as its shape and number format need", _COPY),
    "quantisation": Rule(ERROR, "positive, finite scales and zero points that the number format holds", _ANEW),
    "not-finite": Rule(ERROR, "weights that are numbers", "train the model anew"),
    "unused": Rule(NOTE, "constants that an operator uses", "nothing needs to be done"),
    "keras-archive": Rule(ERROR, "a .keras archive of its three members, of bounded size", _OURS),
    "keras-layer": Rule(ERROR, "only layers that digits convert knows", _PLAIN),
    "keras-code": Rule(ERROR, "nothing but Keras' own classes: no Lambda, no functions, no other packages", _OURS),
}
"""Every rule by the name under which findings, JSON and SARIF report it."""
