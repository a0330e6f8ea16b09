"""What `digits convert --check` tells: as a table for people and as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from convert.check import Rebuilt

SCHEMA = "digits.reproduction/1"
SHOWN = 12  # hexadecimal digits of a hash


def check_table(rows: "Sequence[Rebuilt]") -> Table:
    """One row a file."""
    table = Table("file", "manifest", "made again", "same", "reason")
    for row in rows:
        again = "–" if row.sha256 is None else row.sha256[:SHOWN]
        table.add_row(row.file.path, row.expected[:SHOWN], again, "yes" if row.same else "no", row.reason or "")
    return table


def check_document(run: Path, rows: "Sequence[Rebuilt]") -> dict[str, Any]:
    """The same as JSON, schema digits.reproduction/1."""
    files = [
        {
            "path": row.file.path,
            "sha256": row.expected,
            "rebuilt_sha256": row.sha256,
            "same": row.same,
            "reason": row.reason,
        }
        for row in rows
    ]
    return {"schema": SCHEMA, "run": str(run), "passed": all(row.same for row in rows), "files": files}
