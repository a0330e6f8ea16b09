"""The measurements that the pages are written from: figures alone, one small file for each model and seed.

`digits measure` leaves a measurement in a run, which stays on the machine; what is committed is this extract.
"""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from convert.measure.counting import unpack_right
from convert.measure.record import FILE_NAME, SHIPS, Document, read_record
from runtime.atomic import write_text
from runtime.errors import InputError

FOLDER = Path(__file__).parent / "measurements"
FAMILY = ("edge-nano", "edge-small", "edge-base")
"""The models that ship, smallest first."""

COMPARED = ("keras", SHIPS, "float32.tflite", "int8.onnx", "float32.onnx")
"""Files whose answers on the hold-out are kept, so that any two can be compared."""

SIZE_LIMIT = 30_000  # bytes of a record


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One measured model."""

    document: Document

    @property
    def model(self) -> str:
        """The architecture's name in the zoo."""
        return str(self.document["training"]["model"])

    @property
    def preset(self) -> str:
        """The recipe that trained it."""
        return str(self.document["training"].get("preset", ""))

    @property
    def seed(self) -> int:
        """The seed that it was trained with."""
        return int(self.document["training"]["seed"])

    def file(self, name: str = SHIPS) -> dict[str, Any] | None:
        """The figures of one file on the hold-out; None where there is none."""
        return next((file for file in self.document["files"] if file["file"] == name), None)

    def errors(self, name: str = SHIPS) -> int | None:
        """Wrong answers of one file on the hold-out."""
        file = self.file(name)
        return None if file is None else int(file["errors"])

    def right(self, name: str = SHIPS) -> "NDArray[Any]":
        """Which answers of one file on the hold-out are right; KeyError where that is not kept."""
        file = self.file(name) or {}
        return unpack_right(file["right"], file["samples"])

    def set(self, name: str) -> dict[str, Any] | None:
        """The figures of one further set of digits."""
        return next((lot for lot in self.document["sets"] if lot["name"] == name), None)

    def method(self, name: str, file: str = SHIPS) -> dict[str, Any] | None:
        """The figures of one way to reject what is no digit."""
        return next((found for found in self.document["rejection"][file] if found["method"] == name), None)

    @property
    def validation(self) -> tuple[int, float]:
        """Errors and loss of the file that ships on the digits that everything is chosen by."""
        found = self.document["validation"][SHIPS]
        return int(found["errors"]), float(found["loss"])


def load_records(folder: Path = FOLDER) -> tuple[Record, ...]:
    """All records, by model and seed; InputError where one is damaged."""
    records = (Record(read_record(path)) for path in sorted(folder.glob("*.json")))
    return tuple(sorted(records, key=lambda record: (record.model, record.seed)))


def publish(run: Path, folder: Path = FOLDER) -> Path:
    """Write the extract of a run's measurement; gives its path.

    Raises InputError where the run was not measured, or the extract would be larger than a record may be.
    """
    extract = _extract(read_record(run / FILE_NAME))
    record = Record(extract)
    lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in extract.items())
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if len(text) > SIZE_LIMIT:
        raise InputError(f"{run}: its record would have {len(text)} bytes, at most {SIZE_LIMIT} are published")
    path = folder / f"{record.model}-seed{record.seed}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    return path


def choose(records: Sequence[Record]) -> Record:
    """The seed that ships: the fewest errors on the validation digits, then the lowest loss there; records ≥ 1."""
    return min(records, key=lambda record: (*record.validation, record.seed))


def by_model(records: Iterable[Record]) -> dict[str, tuple[Record, ...]]:
    """The records of each model, in order of their seeds."""
    names = dict.fromkeys(record.model for record in records)
    return {name: tuple(record for record in records if record.model == name) for name in names}


def spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation; None for the latter of a single value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None


def _extract(document: Document) -> Document:
    """The document without what concerns only the machine, and with the answers only of files to compare."""
    training = {key: value for key, value in document["training"].items() if key != "command"}
    files = [
        {key: value for key, value in file.items() if key != "right" or file["file"] in COMPARED}
        for file in document["files"]
    ]
    kept = {key: value for key, value in document.items() if key not in ("data_sha256", "run")}
    return {**kept, "training": training, "files": files}
