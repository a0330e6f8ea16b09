"""A verification as JUnit XML, which build servers show: a test case for each engine and file, with its figures."""

import re
from xml.etree import ElementTree

from runtime.parity import ParityCheck
from runtime.verifying.gates import describe_gates
from runtime.verifying.report import ParityReport
from runtime.verifying.row import FAILED, OK, Row

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2), not even escaped: control characters and lone surrogates."""

FLIPS_TOLD = 20  # unexplained flips named in a failure; parity.json has them all


def render_junit(report: ParityReport) -> str:
    """The XML document of a report: it has a failure or an error exactly if the report is not passed."""
    cases = [_case(row) for row in report.rows]
    cases.append(_preprocessing_case(report))
    if not any(row.comparison for row in report.rows):
        cases.append(_empty_case())
    suite = ElementTree.Element("testsuite", name=_clean(f"digits verify {report.name}"))
    counted = (("tests", "."), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    for name, tag in counted:
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(row.seconds for row in report.rows):.3f}")
    suite.set("timestamp", report.created.removesuffix("Z"))  # UTC; the schema knows no zone
    suite.append(_properties(_circumstances(report)))
    suite.extend(cases)
    counts = {name: value for name, value in suite.attrib.items() if name != "timestamp"}
    root = ElementTree.Element("testsuites", counts)
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False).join((DECLARATION, "\n"))


DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _case(row: Row) -> ElementTree.Element:
    """One engine and file."""
    case = _new_case(row.file, f"{row.file} on {row.engine}", row.seconds)
    case.append(_properties(_figures(row)))
    if row.status == FAILED:
        tag, kind = ("failure", "ParityError") if row.comparison or row.breaches else ("error", "ModelError")
        told = ElementTree.SubElement(case, tag, message=_clean("; ".join(row.reasons)), type=kind)
        told.text = _clean("\n".join([*row.reasons, *(line for check in row.checks for line in _tell_flips(check))]))
    elif row.status != OK:
        ElementTree.SubElement(case, "skipped", message=_clean(f"{row.status}: {'; '.join(row.reasons)}"))
    return case


def _preprocessing_case(report: ParityReport) -> ElementTree.Element:
    """Raw ink and the glyphs that it must become."""
    found = report.preprocessing
    case = _new_case("preprocessing", "raw ink becomes the glyphs of the training", 0.0)
    if not found.passed:
        message = f"{found.differing} of {found.crops} glyphs differ from the training's"
        ElementTree.SubElement(case, "failure", message=message, type="ParityError").text = message
    return case


def _empty_case() -> ElementTree.Element:
    """Nothing ran: a suite in which all is skipped would be taken for a success."""
    case = _new_case("comparison", "an engine runs a file", 0.0)
    message = "nothing was compared: no engine that was used runs any of the files"
    ElementTree.SubElement(case, "error", message=message, type="ParityError").text = message
    return case


def _new_case(classname: str, name: str, seconds: float) -> ElementTree.Element:
    return ElementTree.Element("testcase", classname=_clean(classname), name=_clean(name), time=f"{seconds:.3f}")


def _figures(row: Row) -> dict[str, object]:
    """What was measured of a row, by name, in the order of the table; only what there is."""
    found, times = row.comparison, row.microseconds
    figures: dict[str, object] = {"status": row.status, "size": row.size}
    if found and row.main:
        figures |= {"data": row.main.data, "samples": found.samples, "accuracy": found.accuracy}
        figures |= {"accuracy_low": found.interval95[0], "accuracy_high": found.interval95[1]}
        figures |= {"reference_accuracy": found.reference_accuracy, "agreement": found.agreement}
        explained = found.flips - found.unexplained_flips
        figures |= {"flips_explained": explained, "flips_unexplained": found.unexplained_flips}
    if times:
        figures |= {"microseconds_p50": times.p50, "microseconds_p95": times.p95}
    return figures


def _circumstances(report: ParityReport) -> dict[str, object]:
    """What took part, and what was asked."""
    bundle = {"bundle": report.name, "sha256": report.sha256, "samples": report.samples}
    asked = {"gates": ", ".join(describe_gates(report.gates))} if report.gates else {}
    notes = {"notes": "; ".join(report.notes)} if report.notes else {}
    return {**bundle, **asked, **notes, **report.versions}


def _tell_flips(check: ParityCheck) -> list[str]:
    """The answers that rounding does not explain, a line each."""
    flips = check.comparison.flipped if check.comparison else ()
    return [
        f"{check.data} sample {flip.index}, label {flip.label}: Keras {flip.reference}, the file {flip.answer};"
        f" margin {flip.log_odds:.3g}, explained up to {flip.bound:.3g}"
        for flip in flips
        if not flip.explained
    ][:FLIPS_TOLD]


def _properties(values: dict[str, object]) -> ElementTree.Element:
    parent = ElementTree.Element("properties")
    for name, value in values.items():
        ElementTree.SubElement(parent, "property", name=_clean(name), value=_clean(str(value)))
    return parent


def _clean(text: str) -> str:
    """`text` without what XML cannot hold."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
