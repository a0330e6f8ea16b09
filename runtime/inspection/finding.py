"""What an inspection gives: what is in a file, and which rules it breaks.

Named tuples, which load faster than data classes: every start of a reader loads them.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from runtime.formats import limits
from runtime.inspection.rules import ERROR, RULES, Rule


class Finding(NamedTuple):
    """One rule that a file breaks."""

    rule: str  # a key of RULES
    found: str  # where and what, in a few words

    @property
    def known(self) -> Rule:
        """The rule itself."""
        return RULES[self.rule]

    @property
    def level(self) -> str:
        """How grave it is: "error", "warning" or "note"."""
        return self.known.level

    @property
    def words(self) -> str:
        """One line: what was found, what was expected and what to do."""
        return f"{self.found}; expected {self.known.expected}; {self.known.remedy}"


class End(NamedTuple):
    """An input or output of the network."""

    name: str
    dtype: str  # NumPy's name
    shape: tuple[int | None, ...]  # None: any length
    scale: float | None = None  # of whole numbers
    zero_point: int | None = None


class Contents(NamedTuple):
    """What is in a file."""

    operators: Mapping[str, int]  # how often each occurs, in order of first use
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]
    tensors: int
    constants: Mapping[str, int]  # how many numbers are stored, by dtype
    multiplications: int  # of convolutions and matrices, for one image
    metadata: Mapping[str, str]  # what the file says beside the network, shortened
    attached: Mapping[str, int]  # bytes of each file in the archive behind the network


NOTHING = Contents({}, (), (), 0, {}, 0, {}, {})
"""The contents of a file that cannot be read."""


class Inspection(NamedTuple):
    """The result for one file."""

    path: str
    format: str  # "tflite", "onnx", "ort" or "keras"
    size: int  # bytes
    sha256: str
    contents: Contents
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which no engine gets the file."""
        return tuple(finding for finding in self.findings if finding.level == ERROR)


def check_sums(multiplications: int, numbers: int) -> Iterator[Finding]:
    """What is too much to compute for one image."""
    if multiplications > limits.PRODUCTS:
        words = f"{multiplications} multiplications for one image; at most {limits.PRODUCTS} are allowed"
        yield Finding("limits", words)
    if numbers > limits.ACTIVATIONS:
        yield Finding(
            "limits", f"{numbers} numbers are computed for one image; at most {limits.ACTIVATIONS} are allowed"
        )
