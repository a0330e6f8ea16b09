"""Write the measured part of docs/quantisation.md from finished searches: `python docs/quantisation.py RUN…`.

Each RUN has been searched with `digits convert --budget`, which measures every recipe and keeps what it found beside
the run. Without a RUN the tables are written anew from docs/quantisation.json.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from build import replace_block, table

from convert.search_report import REPORT, SCHEMA, search_folder
from runtime.atomic import write_json, write_text
from runtime.errors import InputError

DOCS = Path(__file__).parent
PAGE, RECORD = "quantisation.md", "quantisation.json"
HEAD = "| file | bytes | digits changed | wrong | µs a digit | fastest on |"


def main(runs: Sequence[str]) -> None:
    """Read the searches of the runs that are named, and write the record and the page."""
    record = DOCS / RECORD
    searches = [read_search(Path(run)) for run in runs] or json.loads(record.read_bytes())["searches"]
    write_json(record, {"schema": "digits.searches/1", "searches": searches})
    page = DOCS / PAGE
    sections = "\n\n".join(map(section, searches))
    write_text(page, replace_block(page.read_text(encoding="utf-8"), "searches", sections))


def read_search(run: Path) -> dict[str, Any]:
    """The report of a run's search; InputError where there is none."""
    place = search_folder(run.resolve()) / REPORT
    try:
        document = json.loads(place.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{place}: no finished search ({error}); run digits convert --budget flips=3 {run}") from error
    if document.get("schema") != SCHEMA:
        raise InputError(f"{place}: expected schema {SCHEMA!r}, got {document.get('schema')!r}; search anew")
    return dict(document)


def section(search: Mapping[str, Any]) -> str:
    """A heading, what was chosen, and the table of one run, smallest file first."""
    chosen = search["chosen"]
    verdict = f"chose `{chosen}`" if chosen else "found nothing"
    command = f"digits convert --budget flips={search['budget']['flips']} --prefer {search['prefer']} {search['run']}"
    made = [entry for entry in search["candidates"] if entry["size"] is not None]
    rows = [row(entry) for entry in sorted(made, key=lambda entry: int(entry["size"]))]
    return f"### {search['run']}\n\n`{command}` {verdict}.\n\n{table(HEAD, rows)}"


def row(entry: Mapping[str, Any]) -> str:
    """One file: the range over its engines, where they differ, and the fastest."""
    ran = [trial for trial in entry["engines"] if trial["flips"] is not None]
    fastest = min(ran, key=lambda trial: float(trial["microseconds"]), default=None)
    time, engine = (f"{fastest['microseconds']:.0f}", fastest["engine"]) if fastest else ("–", "nothing")
    figures = (span([int(trial[name]) for trial in ran]) for name in ("flips", "errors"))
    return f"| `{entry['file']}` | {entry['size']:,} | {' | '.join(figures)} | {time} | {engine} |"


def span(numbers: Sequence[int]) -> str:
    """The lowest and the highest of some numbers, or the one that they all are."""
    if not numbers:
        return "–"
    return str(min(numbers)) if min(numbers) == max(numbers) else f"{min(numbers)}–{max(numbers)}"


if __name__ == "__main__":
    main(sys.argv[1:])
