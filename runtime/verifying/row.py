"""A row of the table: one file on one engine, with all that decides whether it may be used there."""

from dataclasses import asdict, dataclass
from typing import Any

from runtime.bench import Percentiles
from runtime.parity import Comparison, ParityCheck

OK, FAILED, UNSUPPORTED, ABSENT = "ok", "failed", "unsupported", "not installed"
FIGURES = ("samples", "accuracy", "interval95", "reference_accuracy", "agreement", "flips", "unexplained_flips")


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one file on one engine."""

    file: str
    engine: str
    size: int  # bytes of the file
    checks: tuple[ParityCheck, ...] = ()  # one for each data set; none where the engine was not asked
    microseconds: Percentiles | None = None  # of wall clock for one image alone; None where it was not measured
    seconds: float = 0.0  # that verifying took
    refusal: str | None = None  # why the engine was not asked
    missing: bool = False  # the engine would run the file, were it installed
    breaches: tuple[str, ...] = ()  # the gates that are not passed, in words

    @property
    def main(self) -> ParityCheck | None:
        """What the row's figures are of: the hold-out, or else the golden samples; None where nothing was compared."""
        compared = [check for check in self.checks if check.comparison]
        return next((check for check in compared if check.data == "holdout"), compared[0] if compared else None)

    @property
    def comparison(self) -> Comparison | None:
        """The figures themselves."""
        return self.main.comparison if self.main else None

    @property
    def parity(self) -> bool:
        """Whether nothing speaks against the file but gates."""
        return all(check.passed for check in self.checks)

    @property
    def status(self) -> str:
        """One of "ok", "failed", "unsupported" and "not installed"."""
        if self.breaches or not self.parity:
            return FAILED
        if self.comparison:
            return OK
        return ABSENT if self.missing else UNSUPPORTED

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the row is not ok, a sentence each; empty where it is."""
        told = [_tell(check) for check in self.checks if check.status != "ok"]
        return tuple(dict.fromkeys([*([self.refusal] if self.refusal else []), *told, *self.breaches]))

    def to_document(self) -> dict[str, Any]:
        """The row as JSON; figures are null where nothing was compared."""
        found = self.comparison
        figures = {name: getattr(found, name) if found else None for name in FIGURES}
        return {
            "file": self.file,
            "backend": self.engine,
            "size": self.size,
            "status": self.status,
            "passed": self.status != FAILED,
            "reason": "; ".join(self.reasons) or None,
            "data": self.main.data if self.main else None,
            **figures,
            "explained_flips": found.flips - found.unexplained_flips if found else None,
            "microseconds": asdict(self.microseconds) if self.microseconds else None,
            "seconds": round(self.seconds, 3),
        }


def _tell(check: ParityCheck) -> str:
    """What speaks against one check; a check without answers speaks of the file, whatever the data set."""
    return check.reason or f"{check.data}: {', '.join(check.broken)}"
