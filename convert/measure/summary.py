"""What of a measurement travels with a bundle: the few figures that say what the model is worth."""

from pathlib import Path
from typing import Any

from convert.measure.record import FILE_NAME, SHIPS, Document, looking_into, read_record
from runtime import manifest

PHOTOGRAPHS = "photographs"


def read_summary(run: Path) -> dict[str, Any]:
    """The figures of the run's measurement; none where the run was not measured as it is now.

    Raises InputError where the measurement is damaged.
    """
    path = run / FILE_NAME
    if not path.exists():
        return {}
    document = read_record(path)
    if document.get("manifest_sha256") != manifest.fingerprint(run):
        return {}
    with looking_into(path):
        return summarise(document)


def summarise(document: Document) -> dict[str, Any]:
    """Errors of the file that ships on the hold-out and on each further set, and its cost.

    Of junk, the share that the reader would publish a digit for.
    """
    test = next(file for file in document["files"] if file["file"] == SHIPS)
    sets = {lot["name"]: {"samples": lot["samples"], "errors": lot[SHIPS]["errors"]} for lot in document["sets"]}
    photographs = {PHOTOGRAPHS: sets[PHOTOGRAPHS]} if PHOTOGRAPHS in sets else {}
    return {
        "file": SHIPS,
        "manifest_sha256": document["manifest_sha256"],  # of the run that was measured
        "multiply_adds": document["multiply_adds"],
        "test": {"samples": test["samples"], "errors": test["errors"]},
        **photographs,
        "sets": sets,
        "junk_published": document["published"]["accepted"],
    }
