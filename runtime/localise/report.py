"""What was found where a converted file was compared with Keras tensor by tensor or a reading stage by stage."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from runtime.localise.bounds import TensorCheck
from runtime.localise.stages import StageCheck

SCHEMA = "digits.localisation/1"
LONGEST = 40  # characters of a tensor's name that people are shown; converters chain the names of all that they merged


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """One engine's answers beside those of the reference engine, for the same file."""

    engine: str
    difference: float  # of the probabilities, root of the mean square
    bound: float  # what rounding may account for
    reason: str | None = None  # why it did not answer

    @property
    def passed(self) -> bool:
        """Whether the engine computes what the file says."""
        return self.reason is None and self.difference <= self.bound


@dataclass(frozen=True, slots=True)
class Localisation:
    """Where one file leaves Keras."""

    file: str
    witness: str  # whose tensors stand for Keras'
    data: str  # where the samples come from
    samples: tuple[int, ...]  # their places there, worst first
    tensors: tuple[TensorCheck, ...]
    first: TensorCheck | None  # the first tensor that leaves its bound
    engines: tuple[EngineCheck, ...]
    stages: tuple[StageCheck, ...]  # of a reading; empty where the folder has no golden frame
    same_reader: bool = True  # whether the golden frame was read by the very code that is installed here

    @property
    def first_stage(self) -> StageCheck | None:
        """The first stage that differs from the golden frame."""
        return next((stage for stage in self.stages if not stage.passed), None)

    @property
    def passed(self) -> bool:
        """Whether nothing is out of its bound; another reader may well see a frame in another way."""
        read_alike = self.first_stage is None or not self.same_reader
        return self.first is None and read_alike and all(check.passed for check in self.engines)

    @property
    def verdict(self) -> tuple[str, ...]:
        """What was found, a sentence each."""
        return tuple(_sentences(self))

    def to_document(self) -> dict[str, Any]:
        """The findings as JSON."""
        return {
            "schema": SCHEMA,
            "file": self.file,
            "witness": self.witness,
            "data": self.data,
            "samples": list(self.samples),
            "passed": self.passed,
            "first_tensor": self.first.name if self.first else None,
            "first_stage": self.first_stage.stage if self.first_stage else None,
            "verdict": list(self.verdict),
            "tensors": [{**asdict(check), "ratio": check.ratio, "within": check.within} for check in self.tensors],
            "engines": [{**asdict(check), "passed": check.passed} for check in self.engines],
            "stages": [asdict(stage) for stage in self.stages],
            "same_reader": self.same_reader,
        }


def shorten(name: str) -> str:
    """The end of a long name, which tells more than its beginning."""
    return name if len(name) <= LONGEST else f"…{name[-LONGEST + 1 :]}"


def _sentences(found: Localisation) -> Iterator[str]:
    yield (
        _tell_first(found.file, found.first)
        if found.first
        else f"every tensor of {found.file} is Keras', but for rounding"
    )
    for check in found.engines:
        if not check.passed:
            how = check.reason or f"answers off by {check.difference:.3g}, at most {check.bound:.3g} allowed"
            yield f"{check.engine} does not compute what the file says: {how}"
    if found.first_stage:
        yield f"readings differ from the golden frame first in {found.first_stage.describe()}"
        if not found.same_reader:
            yield "another version of digits made the golden frame, which is reason enough; convert the run again"


def _tell_first(file: str, first: TensorCheck) -> str:
    """The first tensor out of its bound, with its figures."""
    return (
        f"{file} leaves Keras at the tensor {shorten(first.name)} ({first.operator}): off by {first.difference:.3g},"
        f" {first.ratio:.3g} times the {first.allowed:.3g} that rounding accounts for; largest difference"
        f" {first.largest:.3g} at {list(first.place or ())}; nearest to it is Keras' {shorten(str(first.counterpart))}"
    )
