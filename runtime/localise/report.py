"""What was found where a converted file was compared with Keras tensor by tensor or a reading stage by stage."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from runtime.localise.bounds import TensorCheck
from runtime.localise.stages import StageCheck

SCHEMA = "digits.localisation/1"
STRANGE = 0.5  # share of a file's tensors, from which on they are another network's
LONGEST = 40  # characters of a tensor's name that people are shown; converters chain the names of all that they merged


@dataclass(frozen=True, slots=True)
class EngineCheck:
    """One engine's answers beside those of the reference engine, for the same file."""

    engine: str
    difference: float | None  # of the probabilities, root of the mean square; None where it did not answer
    bound: float  # what rounding may account for
    reason: str | None = None  # why it did not answer

    @property
    def passed(self) -> bool:
        """Whether the engine computes what the file says."""
        return self.difference is not None and self.difference <= self.bound


@dataclass(frozen=True, slots=True)
class Localisation:
    """Where one file leaves Keras."""

    file: str
    witness: str  # whose tensors stand for Keras'
    data: str  # where the samples come from
    samples: tuple[int, ...]  # their places there, worst first
    tensors: tuple[TensorCheck, ...]
    first: TensorCheck | None  # the first tensor that leaves its bound
    compared: TensorCheck | None  # where its figures stand: itself, or what follows from it that Keras has too
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
    def another_network(self) -> bool:
        """Whether the file holds another network: it leaves Keras, which has nothing of most of its tensors' sizes."""
        return self.first is not None and len(self.uncompared) >= STRANGE * len(self.tensors)

    @property
    def uncompared(self) -> tuple[TensorCheck, ...]:
        """The tensors of a size that Keras computes nowhere."""
        return tuple(check for check in self.tensors if check.counterpart is None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not compared, a sentence each."""
        return tuple(_tell_uncompared(self))

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
            "first_compared": self.compared.name if self.compared else None,
            "another_network": self.another_network,
            "verdict": list(self.verdict),
            "notes": list(self.notes),
            "tensors": [{**asdict(check), "ratio": check.ratio, "within": check.within} for check in self.tensors],
            "engines": [{**asdict(check), "passed": check.passed} for check in self.engines],
            "stages": [asdict(stage) for stage in self.stages],
            "same_reader": self.same_reader,
        }


def shorten(name: str) -> str:
    """The end of a long name, which tells more than its beginning."""
    return name if len(name) <= LONGEST else f"…{name[-LONGEST + 1 :]}"


def _sentences(found: Localisation) -> Iterator[str]:
    yield _tell_tensors(found)
    for check in found.engines:
        if not check.passed:
            how = check.reason or f"answers off by {check.difference:.3g}, at most {check.bound:.3g} allowed"
            yield f"{check.engine} does not compute what the file says: {how}"
    if found.first_stage:
        yield f"readings differ from the golden frame first in {found.first_stage.describe()}"
        if not found.same_reader:
            yield "another version of digits made the golden frame, which is reason enough; convert the run again"


def _tell_uncompared(found: Localisation) -> Iterator[str]:
    if not found.stages:
        yield "no golden frame here: readings were not compared"
    if found.uncompared and not found.another_network:
        count = f"{len(found.uncompared)} of {len(found.tensors)} tensors"
        yield f"{count} were not compared: Keras computes nothing of their size"


def _tell_tensors(found: Localisation) -> str:
    """What the tensors say of the file."""
    if found.first is None or found.compared is None:
        return f"every tensor of {found.file} is Keras', but for rounding"
    if found.another_network:
        return (
            f"{found.file} holds another network than Keras': nothing in Keras has the size of {len(found.uncompared)}"
            f" of its {len(found.tensors)} tensors; convert the run again"
        )
    return _tell_first(found.file, found.first, found.compared)


def _tell_first(file: str, first: TensorCheck, compared: TensorCheck) -> str:
    """The first tensor out of its bound, with the figures of the first that Keras has too."""
    place = f"{shorten(first.name)} ({first.operator})"
    if compared is not first:
        place += f", seen in what follows from it, {shorten(compared.name)} ({compared.operator})"
    return (
        f"{file} leaves Keras at the tensor {place}: off by {compared.difference:.3g},"
        f" {compared.ratio:.3g} times the {compared.allowed:.3g} that rounding accounts for; largest difference"
        f" {compared.largest:.3g} at {list(compared.place or ())};"
        f" nearest to it is Keras' {shorten(str(compared.counterpart))}"
    )
