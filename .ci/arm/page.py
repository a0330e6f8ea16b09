"""The page about the stand-ins, and its figures as JSON: what was compared on which system, and what came of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runtime.atomic import write_text

SCHEMA = "digits.arm/1"
TEXT = Path(__file__).with_name("page.md")
NONE = "–"

Document = Mapping[str, Any]


def write_page(path: Path, document: Document) -> None:
    """Write the page, and the document as JSON beside it."""
    write_text(path, render_page(document))
    write_text(path.with_suffix(".json"), json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def keep_others(path: Path, document: Document, order: Sequence[str]) -> Document:
    """`document` with the systems of an older one at `path` that it does not have, where both were asked the same."""
    figures = path.with_suffix(".json")
    older = json.loads(figures.read_bytes()) if figures.is_file() else {}
    systems = older.get("stand_ins", []) if older.get("asked") == document["asked"] else []
    known = {system["name"]: system for system in [*systems, *document["stand_ins"]]}
    return {**document, "stand_ins": [known[name] for name in order if name in known]}


def render_page(document: Document) -> str:
    """The page in Markdown."""
    systems = table(
        ("system", "stands in for", "processor", "Python", "NumPy", "OpenCV", "engines", "the same"),
        [_system_row(system) for system in document["stand_ins"]],
    )
    parts = [f"### {system['name']}\n\n{_rows(system)}" for system in document["stand_ins"]]
    asked = document["asked"]
    text = TEXT.read_text(encoding="utf-8")
    for name, value in {**asked, "systems": systems, "tables": "\n\n".join(parts)}.items():
        text = text.replace("{{ " + name + " }}", str(value))
    return text


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def merge(rows: Sequence[Document]) -> list[dict[str, Any]]:
    """Rows about the same file and engine of several bundles as one, in the order in which they first come."""
    merged: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        file = row["subject"].rpartition("/")[2] if row["what"] == "answers" else row["subject"]
        key = row["what"], file, row["engine"]
        merged[key] = _join(merged[key], row) if key in merged else {**row, "subject": file}
    return list(merged.values())


def mark(row: Document) -> str:
    """A verdict at a glance; a dash where nothing was compared and nothing need be."""
    return "✗" if not row["passed"] else "✓" if row.get("samples", 1) else NONE


def _join(first: dict[str, Any], second: Document) -> dict[str, Any]:
    differences = [row["difference"] for row in (first, second) if row["difference"] is not None]
    notes = dict.fromkeys(row["note"] for row in (first, second))
    exact = set(notes) == {"bit for bit"}
    said = [note for note in notes if note and (exact or note != "bit for bit")]
    return {
        **first,
        "samples": first["samples"] + second["samples"],
        "differing": first["differing"] + second["differing"],
        "difference": max(differences) if differences else None,
        "passed": first["passed"] and second["passed"],
        "note": "; ".join(said),
    }


def _system_row(system: Document) -> tuple[str, ...]:
    engines = ", ".join(f"{name} {version}" for name, version in system["engines"].items())
    own = (system["name"], system["board"], system["processor"], system["python"], system["numpy"], system["cv2"])
    return (*own, engines, mark(system))


def _rows(system: Document) -> str:
    titles = ("", "what", "of", "engine", "compared", "differing", "largest difference", "")
    return table(titles, [_row(row) for row in merge(system["rows"])])


def _row(row: Document) -> tuple[object, ...]:
    largest = NONE if row["difference"] is None else f"{row['difference']:.1e}" if row["difference"] else "0"
    figures = (row["samples"], row["differing"], largest)
    return (mark(row), row["what"], row["subject"], row["engine"], *figures, row["note"])
