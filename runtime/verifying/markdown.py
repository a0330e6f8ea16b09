"""A verification as Markdown: the summary that a build server shows beside a run."""

import re
from collections.abc import Iterator

from runtime.parity_page import DATA_NAMES
from runtime.verifying.figures import spell
from runtime.verifying.gates import describe_gates
from runtime.verifying.report import ParityReport
from runtime.verifying.row import FAILED, OK, Row

HEADER = "| | file | engine | bytes | right % | 95 % interval | agreement % | flips (unexplained) | µs p50 / p95 |"
RULE = "|---|---|---|--:|--:|--:|--:|--:|--:|"
MARKS = {OK: "✓", FAILED: "✗"}
SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&])")


def render_summary(report: ParityReport) -> str:
    """The summary; names and messages in it are escaped, so that they cannot become headings, links or HTML."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ParityReport) -> Iterator[str]:
    yield f"## {'✓' if report.passed else '✗'} {report.verdict}: {escape(report.name)}"
    yield ""
    yield from _preface(report)
    yield from (HEADER, RULE, *(_entry(row) for row in report.rows))
    yield from _failures(report)
    yield from _not_run(report)
    yield ""
    versions = ", ".join(f"{escape(name)} {escape(version)}" for name, version in report.versions.items())
    yield f"<sub>{versions}; bundle {report.sha256[:12]}</sub>"


def _preface(report: ParityReport) -> Iterator[str]:
    """What the figures are of, and what was asked."""
    main = next((row.main for row in report.rows if row.main), None)
    if main and main.comparison:
        right = f"Keras has {100 * main.comparison.reference_accuracy:.2f} % right"
        yield f"Figures are of {main.comparison.samples:,} samples ({DATA_NAMES.get(main.data, main.data)}); {right}."
        yield ""
    if report.gates:
        yield f"Asked: {escape(', '.join(describe_gates(report.gates)))}."
        yield ""
    for note in report.notes:
        yield f"**{escape(note)}**"
        yield ""


def _entry(row: Row) -> str:
    """A row of the table; one that was not run says so where its figures would be."""
    words = spell(row)
    name = f"| {MARKS.get(row.status, '–')} | {escape(row.file)} | {escape(row.engine)} | {words.size} "
    if not row.comparison:
        return f"{name}| {row.status} | | | | |"
    return f"{name}| {words.right} | {words.interval} | {words.agreement} | {words.flips} | {words.times} |"


def _failures(report: ParityReport) -> Iterator[str]:
    preprocessing = report.preprocessing
    if report.failed or not preprocessing.passed:
        yield from ("", "### What is out of its limits", "")
    for row in report.failed:
        yield f"- **{escape(row.file)} on {escape(row.engine)}**: {escape('; '.join(row.reasons))}"
    if not preprocessing.passed:
        yield f"- preprocessing: {preprocessing.differing} of {preprocessing.crops} glyphs differ from the training's"


def _not_run(report: ParityReport) -> Iterator[str]:
    if report.not_run:
        yield from ("", "<details><summary>What was not run, and why</summary>", "")
        for (engine, status, reason), files in report.not_run.items():
            yield f"- {escape(engine)}, {status}: {escape(reason)} ({escape(', '.join(files))})"
        yield from ("", "</details>")


def escape(text: str) -> str:
    """`text` in one line, as Markdown that shows just these characters."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split())).encode("utf-8", "replace").decode()
