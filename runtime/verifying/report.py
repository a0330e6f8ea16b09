"""The report of a verification: the table of all engines and files, and what else was looked at. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from runtime.manifest import DIGIT_CLASSES
from runtime.parity import ParityCheck, PreprocessingCheck, check_document
from runtime.records import Frame
from runtime.verifying.row import FAILED, Row

SCHEMA = "digits.parity/1"


@dataclass(frozen=True, slots=True, eq=False)
class ParityReport:
    """Everything that was compared for one run or bundle."""

    name: str
    sha256: str  # of the bundle
    created: str  # RFC 3339
    samples: int  # of the hold-out; of the golden samples where the hold-out is not at hand
    preprocessing: PreprocessingCheck
    rows: tuple[Row, ...]  # every file with every engine, file by file
    versions: Mapping[str, str]  # of the engines, this program, Python and the machine
    notes: tuple[str, ...] = ()  # what could not be checked, and why
    pictures: Mapping[tuple[str, int], Frame] = field(default_factory=dict)  # of flips, by data and index
    gates: Mapping[str, Any] = field(default_factory=dict)  # what was asked beyond parity, as JSON
    classes: tuple[str, ...] = DIGIT_CLASSES  # their names, by label

    @property
    def checks(self) -> tuple[ParityCheck, ...]:
        """Every comparison of every row, one for each data set."""
        return tuple(check for row in self.rows for check in row.checks)

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows that failed."""
        return tuple(row for row in self.rows if row.status == FAILED)

    @property
    def passed(self) -> bool:
        """Whether at least one file was compared, nothing is out of its limits and every gate is passed."""
        compared = any(row.comparison for row in self.rows)
        return compared and self.preprocessing.passed and not self.failed

    @property
    def verdict(self) -> str:
        """The outcome in a few words."""
        if self.passed:
            return "parity"
        compared = any(row.comparison for row in self.rows)
        kept = compared and self.preprocessing.passed and all(row.parity for row in self.rows)
        return "parity, but gates not passed" if kept else "no parity"

    @property
    def not_run(self) -> dict[tuple[str, str, str], list[str]]:
        """The files that engines were not asked about, by engine, status and reason."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for row in self.rows:
            if not row.comparison and row.status != FAILED:
                found.setdefault((row.engine, row.status, "; ".join(row.reasons)), []).append(row.file)
        return found

    def to_document(self) -> dict[str, Any]:
        """The report as JSON, schema digits.parity/1."""
        return {
            "schema": SCHEMA,
            "reference": "keras",
            "bundle": {"name": self.name, "sha256": self.sha256},
            "created": self.created,
            "samples": self.samples,
            "passed": self.passed,
            "notes": list(self.notes),
            "preprocessing": {**asdict(self.preprocessing), "passed": self.preprocessing.passed},
            "gates": dict(self.gates),
            "table": [row.to_document() for row in self.rows],
            "checks": [check_document(check) for check in self.checks],
            "versions": dict(self.versions),
        }
