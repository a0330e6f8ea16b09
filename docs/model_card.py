"""Model cards (Mitchell et al., "Model cards for model reporting", 2019), from bundles' manifests and measurements."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_records import Record, spread
from models_page import table

from convert.measure.record import SHIPS
from runtime import manifest
from runtime.manifest import NOT_A_DIGIT, Manifest

DATA = {
    "mnist": "MNIST's 60,000 training images (LeCun, Cortes, Burges), less the part held back for validation",
    "synthetic": "digits drawn by the project's own handwriting generator",
}

USE = """Reading handwritten digits, one at a time, that a segmentation has cut out and normalised as
`runtime.preprocess` does it: forms, meter sheets, notes, drawings on screens. Made for small computers: whole-number
arithmetic, one thread.

Not for: letters or other scripts' digits, printed digits (never learnt), several digits in one image, or anything where
one wrong digit does harm and nobody looks at it. The confidence is calibrated on handwriting like the validation's;
on other material it is a guide, not a promise."""

LIMITS = """- MNIST's writers were employees of the US census and students, around 1990. European 1s with a long serif,
  crossed 7s and open 4s are known to the network from drawn digits alone; other regions' styles are not known at all.
- Very thin or faint pens, and strokes that the segmentation breaks, cost more than the figures above say.
- What is no digit is rejected by an eleventh answer that has learnt drawn junk; real pictures hold other junk (see
  *negatives*). The reader asks shape and company, too.
- Quantisation rounds probabilities to steps of 1/256, so the surest answers cannot be told from each other."""


def write_card(bundle: Path, records: Sequence[Record], record: Record) -> str:
    """The card of a shipped bundle in Markdown; `record` is that of the seed that ships, `records` are all seeds'."""
    described = manifest.load(bundle)
    parts = [
        f"# Model card: {bundle.name}",
        f"Written by `make models-page` from `{_place(bundle)}/manifest.json` and the measurements.",
        "## Model",
        _details(described, record),
        "## Intended use",
        USE,
        "## Data",
        _data(described, record),
        "## Protocol",
        _protocol(described, records, record),
        "## Figures",
        _figures(record),
        "## Rejection and calibration",
        _rejection(record),
        "## Limits",
        LIMITS,
        "## Files",
        table(["file", "bytes", "sha256"], [[f.path, f"{f.size:,}", f"`{f.sha256[:16]}…`"] for f in described.files]),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _place(bundle: Path) -> str:
    return f"runtime/bundles/{bundle.name}"


def _details(described: Manifest, record: Record) -> str:
    training = described.training
    versions = ", ".join(f"{name} {version}" for name, version in training.get("versions", {}).items())
    classes = f"ten digits and “{NOT_A_DIGIT}”" if NOT_A_DIGIT in described.classes else "ten digits"
    rows = [
        ["architecture", f"`{training.get('model')}` of the zoo, preset `{training.get('preset')}`"],
        ["parameters, batch normalisation folded", f"{described.parameters:,}"],
        ["multiply-adds a digit", f"{record.document['multiply_adds']:,}"],
        ["input", "28×28 grey levels, ink 1 on 0, as `runtime.preprocess.normalise` gives it"],
        ["answers", classes],
        ["made", f"{described.created[:10]}, {versions}"],
        ["licence", "Apache-2.0"],
    ]
    return table(["", ""], rows)


def _data(described: Manifest, record: Record) -> str:
    training = described.training
    learnt = DATA.get(str(training.get("data")), f"the data set `{training.get('data')}`")
    sets = ", ".join(f"{lot['name']} ({lot['samples']:,})" for lot in record.document["sets"])
    lines = [f"- learnt from: {learnt}, varied anew in each epoch as a camera and other hands would vary them"]
    if NOT_A_DIGIT in described.classes:
        lines.append(
            "- and from drawn junk (letters, signs, scribbles, rulings, pieces of digits) and drawn European digits"
        )
    lines.append(f"- reported on, never learnt from: MNIST's 10,000 test images{f', {sets}' if sets else ''}")
    lines.append("- the bundle carries no data but digits drawn by the project's own generator")
    return "\n".join(lines)


def _protocol(described: Manifest, records: Sequence[Record], record: Record) -> str:
    errors, loss = record.validation
    found = record.document["validation"]
    seeds = ", ".join(str(r.seed) for r in records)
    mean, deviation = spread([float(r.errors() or 0) for r in records])
    over = f"; over all of them `{SHIPS}` makes {mean:.1f} ± {deviation:.1f} errors" if deviation is not None else ""
    return (
        f"Trained for {described.training.get('epochs')} epochs with seed {record.seed}; seeds trained: {seeds}{over}."
        f" This one has the fewest errors on {found[SHIPS]['samples']:,} {found['of']} digits ({errors}; loss"
        f" {loss:.4f}), on which temperature and thresholds were chosen as well. The test images were read for the"
        " tables only. The conversion was gated: on the whole test set every file answers as Keras does, within the"
        " limits that `digits verify` prints."
    )


def _figures(record: Record) -> str:
    rows = []
    for file in record.document["files"]:
        low, high = file["interval95"]
        size = f"{file['bytes']:,}" if file["bytes"] else ""
        errors = f"{file['errors']} ({low:.0f} – {high:.0f})"
        rows.append([_title(file["file"]), size, errors, str(file["changed"])])
    sets = [
        [lot["name"], f"{lot['samples']:,}", str(lot[SHIPS]["errors"]), _right(lot), _confusions(lot)]
        for lot in record.document["sets"]
    ]
    parts = [table(["file", "bytes", "MNIST errors, 95 % interval", "answers changed"], rows)]
    if sets:
        parts.append(table(["digits from elsewhere", "samples", "errors", "right", "most frequent"], sets))
    latency = record.document["latency"]
    parts.append(f"One digit on one thread takes {latency['ratio']:.2f} times as long as the {latency['reference']}.")
    return "\n\n".join(parts)


def _rejection(record: Record) -> str:
    published = record.document["published"]
    kept = ", ".join(f"{name} {100 * share:.1f} %" for name, share in published["kept"].items())
    accepted = ", ".join(f"{name} {100 * share:.1f} %" for name, share in published["accepted"].items())
    found = record.document["calibration"][SHIPS]
    errors = ", ".join(
        f"{lot} {100 * found[lot]['before']['expected_calibration_error']:.2f} → "
        f"{100 * found[lot]['after']['expected_calibration_error']:.2f} %"
        for lot in found
        if lot not in ("temperature", "rejection")
    )
    lines = [
        f"- temperature of `{SHIPS}`: {published['temperature']:g}; expected calibration error: {errors}",
        f"- a digit is published from a confidence of {published['confidence']:g} on; digits kept: {kept}",
    ]
    if accepted:
        lines.append(f"- junk published as a digit all the same: {accepted}")
    return "\n".join(lines)


def _right(lot: dict[str, Any]) -> str:
    return f"{100 * (1 - lot[SHIPS]['errors'] / lot['samples']):.2f} %"


def _confusions(lot: dict[str, Any]) -> str:
    return ", ".join(f"{name} ×{count}" for name, count in list(lot[SHIPS]["confusions"].items())[:3])


def _title(file: str) -> str:
    return "Keras" if file == "keras" else f"`{file}`"
