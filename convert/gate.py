"""The gate that converted files must pass before a run takes them."""

from collections.abc import Sequence
from pathlib import Path

from convert.workplace import keep_failure
from runtime.errors import ParityError
from runtime.parity import ParityCheck
from runtime.verify import PAGE, Progress, verify_folder, write_report
from runtime.verifying.report import ParityReport

NAMED = 3  # failures that the error names; the report has them all


def pass_gate(folder: Path, run: Path, names: Sequence[str], progress: Progress) -> dict[str, dict[str, int]]:
    """Verify `folder` and write its report; gives for each of the new files `names` its flips by engine.

    A file counts as verified where at least one engine ran it. Raises ParityError where anything is out of its limits,
    and keeps the report beside `run`.
    """
    report = verify_folder(folder, progress=progress)
    write_report(report, folder)
    unseen = [name for name in names if not any(check.file == name and check.comparison for check in report.checks)]
    if unseen or not report.passed:
        place = keep_failure(folder, run)
        reason = _reason(report, unseen).replace(str(folder), str(run))  # the folder is gone by then
        raise ParityError(f"{run}: {reason}; the run is as it was, the report is {place / PAGE}")
    return {name: _count_flips(report, name) for name in names}


def _reason(report: ParityReport, unseen: Sequence[str]) -> str:
    """Why the gate stays shut, in one line."""
    reasons = [f"no installed engine runs {', '.join(unseen)}"] if unseen else []
    if not report.preprocessing.passed:
        reasons.append(f"{report.preprocessing.differing} golden crops give other glyphs than in training")
    failed = [_spell(check) for check in report.checks if not check.passed]
    rest = [f"and {len(failed) - NAMED} more"] if len(failed) > NAMED else []
    return "; ".join([*reasons, *failed[:NAMED], *rest])


def _spell(check: ParityCheck) -> str:
    """A failed check in words."""
    return f"{check.file} on {check.backend} ({check.data}): {check.reason or ', '.join(check.broken)}"


def _count_flips(report: ParityReport, name: str) -> dict[str, int]:
    """How many answers of the hold-out differ from Keras', by engine."""
    return {
        check.backend: check.comparison.flips
        for check in report.checks
        if check.file == name and check.comparison and check.data == "holdout"
    }
