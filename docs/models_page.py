"""The page about the models: the family with its five seeds, the zoo beside it, and what others have published."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from model_records import FAMILY, Record, by_model, choose, spread
from published import PUBLISHED, TEST_DIGITS, Published

from convert.measure.counting import mcnemar
from convert.measure.record import SHIPS

HEAD = """# The models

Written by `make models-page` from the measurements in [measurements/](measurements), which `digits measure` made.
Errors are of MNIST's 10,000 test images as they are; where several seeds were trained, mean ± standard deviation. The
test images chose nothing: which epoch, temperature, threshold, method and seed ships was decided on a part of the
training images that was held back, with generated junk beside it. The published figures often were not found that way.
"""

LIMITS = """Photographed digits were cut out of strangers' photographs, scans and screen drawings with true boxes:
*photographs* by dividing out the light and following the ink, *plain cut* by one threshold for the box, which keeps
neighbours, rulings and shadows. None of these pictures, and none of the sets, was learnt from. *Generated* junk is
drawn by the project (another seed and other digits than were learnt); *negatives* are what the reader's segmentation
takes for candidates on pictures without handwritten digits.
"""

PICTURES = """![Errors against bytes](figures/models-pareto.png)

![Reliability](figures/models-reliability.png)

![Risk and coverage](figures/models-risk-coverage.png)

![Junk accepted by kind and method](figures/models-junk.png)
"""

Row = tuple[str, Callable[[Sequence[Record]], str]]


def write_page(records: Sequence[Record], default: str) -> str:
    """The page in Markdown; `default` is the model whose pictures are shown."""
    models = by_model(records)
    family = {name: models[name] for name in FAMILY if name in models}
    others = {name: found for name, found in models.items() if name not in FAMILY}
    shipped = {name: choose(found) for name, found in family.items()}
    parts = [HEAD]
    if family:
        parts += ["## The family", _family_table(family), LIMITS, _neighbours(shipped)]
    parts += ["## Beside the others", _field(family, others, PUBLISHED)]
    for name in (default,) if default in shipped else ():
        parts += [f"## What is no digit: {name}", _rejection(shipped[name]), _kinds(shipped[name])]
        parts += [f"## Calibration: {name}", _calibration(shipped[name]), "## Pictures", PICTURES]
    if family:
        parts += ["## Every seed", _seeds(family, shipped)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _family_table(family: Mapping[str, Sequence[Record]]) -> str:
    """A column for each model, a row for each figure."""
    rows: list[Row] = [
        ("parameters", lambda found: f"{_first(found, 'parameters'):,}"),
        ("multiply-adds", lambda found: f"{_first(found, 'multiply_adds'):,}"),
        *((f"bytes, `{name}`", lambda found, name=name: _bytes(found, name)) for name in (SHIPS, "float32.tflite")),
        ("seeds", lambda found: str(len(found))),
        *(
            (f"MNIST errors, {_title(name)}", lambda found, name=name: _of(found, lambda r: r.errors(name)))
            for name in ("keras", SHIPS, "float32.tflite", "int8.onnx")
        ),
        ("answers that int8 changed, mean and most", _changed),
        ("seed that ships", lambda found: str(choose(found).seed)),
        ("its errors, `int8.tflite`, 95 % interval", lambda found: _interval(choose(found))),
        *((f"errors, {name}", lambda found, name=name: _set(found, name)) for name in _sets(family)),
        *((f"{lot} published as digits", lambda found, lot=lot: _published(found, lot)) for lot in _junk(family)),
        ("digits of MNIST's test set published", lambda found: _percent(_kept(found, "holdout"))),
        ("photographed digits published", lambda found: _percent(_kept(found, "photographs"))),
        ("time of a digit, normalising it is 1", lambda found: _of(found, lambda r: r.document["latency"]["ratio"], 2)),
    ]
    body = [[title, *(cell(found) for found in family.values())] for title, cell in rows]
    return table(["", *(f"`{name}`" for name in family)], body)


def _neighbours(shipped: Mapping[str, Record]) -> str:
    """McNemar's test between each model and the next larger one, the seeds that ship."""
    rows = []
    for (small, first), (large, second) in zip(list(shipped.items())[:-1], list(shipped.items())[1:], strict=True):
        only_first, only_second, probability = mcnemar(first.right(), second.right())
        rows.append([f"`{small}`", f"`{large}`", str(only_first), str(only_second), f"{probability:.3f}"])
    if not rows:
        return ""
    titles = ["first", "second", "only the first is right", "only the second is right", "probability by chance"]
    return f"McNemar's exact test on MNIST's test images, int8 files of the seeds that ship:\n\n{table(titles, rows)}"


def _field(
    family: Mapping[str, Sequence[Record]], others: Mapping[str, Sequence[Record]], published: Iterable[Published]
) -> str:
    """Everything that is measured or published, smallest first."""
    lines: list[tuple[float, list[str]]] = []
    for name, found in {**family, **others}.items():
        parameters = _first(found, "parameters")
        mean, deviation = spread([float(r.errors() or 0) for r in found])
        errors = f"**{mean:.4g}**" + (f" ± {deviation:.1f}" if deviation is not None else "")
        photographs = _set(found, "photographs")
        ours = "ours" if name in family else "of the zoo"
        lines.append(
            (parameters, [f"`{name}` ({ours})", f"{parameters:,}", _bytes(found, SHIPS), errors, photographs, ""])
        )
    for other in published:
        count = f"{other.parameters:,}" if other.parameters else ""
        size = f"{other.size:,}" if other.size else ""
        title = (
            f"[{other.name}]({other.source})" if other.source.startswith("http") else f"{other.name}; {other.source}"
        )
        lines.append((other.parameters or 1e9, [title, count, size, str(other.errors), "", other.remark]))
    titles = ["model", "parameters", "bytes, int8", f"errors of {TEST_DIGITS:,}", "photographs", "as published"]
    return table(titles, [cells for _, cells in sorted(lines, key=lambda line: line[0])])


def _rejection(record: Record) -> str:
    """The ways to reject, for Keras and for the file that ships; the one that validation prefers is marked."""
    rows = []
    for file in ("keras", SHIPS):
        found = record.document["rejection"][file]
        chosen = min(found, key=lambda f: f["accepted"].get("validation junk", 1.0))["method"]
        for figures in found:
            name = f"**{figures['method']}**" if figures["method"] == chosen else figures["method"]
            rows.append([_title(file), name, *_method_cells(figures, list(record.document["junk"]))])
    junk = [f"{name} accepted" for name in record.document["junk"]]
    titles = ["file", "method", *junk, "AUROC generated", "AUROC negatives", "kept: MNIST", "kept: photographs"]
    note = "At thresholds that keep 99 % of the validation digits. Marked: the lowest share of validation junk."
    return f"{note}\n\n{table(titles, rows)}"


def _method_cells(figures: Mapping[str, Any], junk: Sequence[str]) -> list[str]:
    areas = figures["auroc"].get("holdout", {})
    kept = figures["kept"]
    return [
        *(_percent(figures["accepted"].get(name)) for name in junk),
        *(f"{areas[name]:.4f}" if name in areas else "" for name in ("generated", "negatives")),
        *(_percent(kept.get(name)) for name in ("holdout", "photographs")),
    ]


def _kinds(record: Record) -> str:
    """Generated junk accepted by kind, the file that ships."""
    found = record.document["rejection"][SHIPS]
    kinds = found[0]["by_kind"].get("generated", {})
    if not kinds:
        return ""
    rows = [[kind, *(_percent(figures["by_kind"]["generated"][kind]) for figures in found)] for kind in kinds]
    return f"By kind of generated junk, `{SHIPS}`:\n\n{table(['kind', *(f['method'] for f in found)], rows)}"


def _calibration(record: Record) -> str:
    """Expected calibration errors before and after the temperature."""
    rows = []
    for file, found in record.document["calibration"].items():
        for lot in (key for key in found if key not in ("temperature", "rejection")):
            errors = [found[lot][moment]["expected_calibration_error"] for moment in ("before", "after")]
            rows.append([_title(file), lot, f"{found['temperature']:g}", *(f"{100 * e:.2f} %" for e in errors)])
    note = "Expected calibration error over 15 bins; the temperature was fitted on the validation samples."
    return f"{note}\n\n{table(['file', 'digits', 'temperature', 'before', 'after'], rows)}"


def _seeds(family: Mapping[str, Sequence[Record]], shipped: Mapping[str, Record]) -> str:
    """Every seed of the family with what chose among them."""
    rows = []
    for name, found in family.items():
        for record in found:
            errors, loss = record.validation
            cells = [str(record.errors(file)) for file in ("keras", SHIPS, "int8.onnx")]
            mark = "ships" if record is shipped[name] else ""
            rows.append([f"`{name}`", str(record.seed), str(errors), f"{loss:.4f}", *cells, mark])
    titles = ["model", "seed", "validation errors", "validation loss", "Keras", "int8 `.tflite`", "int8 `.onnx`", ""]
    return table(titles, rows)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns but the first are numbers."""
    lines = ["| " + " | ".join(titles) + " |", "|---" + "|---:" * (len(titles) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _first(records: Sequence[Record], key: str) -> int:
    return int(records[0].document[key])


def _bytes(records: Sequence[Record], name: str) -> str:
    file = choose(records).file(name)
    return f"{file['bytes']:,}" if file and file["bytes"] else ""


def _of(records: Sequence[Record], value: Callable[[Record], float | None], digits: int = 1) -> str:
    """Mean ± standard deviation of a figure over the seeds that have it."""
    values = [float(found) for record in records if (found := value(record)) is not None]
    if not values:
        return ""
    mean, deviation = spread(values)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}" if deviation is not None else f"{mean:g}"


def _changed(records: Sequence[Record]) -> str:
    changed = [file["changed"] for record in records if (file := record.file())]
    return f"{sum(changed) / len(changed):.1f}, {max(changed)}"


def _interval(record: Record) -> str:
    file = record.file() or {}
    low, high = file["interval95"]
    return f"{file['errors']} ({low:.0f} – {high:.0f})"


def _set(records: Sequence[Record], name: str) -> str:
    """Errors on a set and the share that is right."""
    found = [lot for record in records if (lot := record.set(name))]
    if not found:
        return ""
    mean, deviation = spread([lot[SHIPS]["errors"] for lot in found])
    errors = f"{mean:.1f} ± {deviation:.1f}" if deviation is not None else f"{mean:g}"
    return f"{errors} ({100 * (1 - mean / found[0]['samples']):.2f} %)"


def _sets(family: Mapping[str, Sequence[Record]]) -> list[str]:
    return list(dict.fromkeys(lot["name"] for found in family.values() for r in found for lot in r.document["sets"]))


def _junk(family: Mapping[str, Sequence[Record]]) -> list[str]:
    names = dict.fromkeys(name for found in family.values() for record in found for name in record.document["junk"])
    return [name for name in names if name != "validation junk"]


def _published(records: Sequence[Record], lot: str) -> str:
    """The share of a lot of junk that the reader would publish, mean over the seeds."""
    shares = [record.document["published"]["accepted"].get(lot) for record in records]
    known = [share for share in shares if share is not None]
    return _percent(sum(known) / len(known)) if known else ""


def _kept(records: Sequence[Record], lot: str) -> float | None:
    shares = [record.document["published"]["kept"].get(lot) for record in records]
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _title(file: str) -> str:
    return "Keras" if file == "keras" else f"`{file}`"
