"""What an inspection gives: what is in a file, and which rules it breaks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runtime.formats import limits
from runtime.inspection.rules import ERROR, RULES, Rule


@dataclass(frozen=True, slots=True)
class Finding:
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


@dataclass(frozen=True, slots=True)
class End:
    """An input or output of the network."""

    name: str
    dtype: str  # NumPy's name
    shape: tuple[int | None, ...]  # None: any length
    scale: float | None = None  # of whole numbers
    zero_point: int | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a file."""

    operators: Mapping[str, int] = field(default_factory=dict)  # how often each occurs, in order of first use
    inputs: tuple[End, ...] = ()
    outputs: tuple[End, ...] = ()
    tensors: int = 0
    constants: Mapping[str, int] = field(default_factory=dict)  # how many numbers are stored, by dtype
    multiplications: int = 0  # of convolutions and matrices, for one image
    metadata: Mapping[str, str] = field(default_factory=dict)  # what the file says beside the network, shortened
    attached: Mapping[str, int] = field(default_factory=dict)  # bytes of each file in the archive behind the network


@dataclass(frozen=True, slots=True)
class Inspection:
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
