"""Inspections as JSON, and as SARIF, which code scanners show (docs.oasis-open.org/sarif/sarif/v2.1.0)."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from runtime import __version__
from runtime.inspection.finding import Finding, Inspection
from runtime.inspection.rules import RULES

SCHEMA = "digits.inspection/1"
SARIF_VERSION = "2.1.0"
SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_document(inspections: Sequence[Inspection]) -> dict[str, Any]:
    """The JSON document of `digits inspect`."""
    return {
        "schema": SCHEMA,
        "passed": not any(inspection.errors for inspection in inspections),
        "files": [_entry(inspection) for inspection in inspections],
    }


def to_sarif(inspections: Sequence[Inspection]) -> dict[str, Any]:
    """The same as a SARIF log of one run: all rules, all files with their hashes, and a result for each finding."""
    names = list(RULES)
    results = [
        _result(inspection, finding, names.index(finding.rule), index)
        for index, inspection in enumerate(inspections)
        for finding in inspection.findings
    ]
    driver = {
        "name": "digits",
        "semanticVersion": __version__,
        "rules": [_rule(name) for name in names],
    }
    run = {
        "tool": {"driver": driver},
        "artifacts": [_artifact(inspection) for inspection in inspections],
        "results": results,
    }
    return {"$schema": SARIF_SCHEMA, "version": SARIF_VERSION, "runs": [run]}


def _entry(inspection: Inspection) -> dict[str, Any]:
    """One file."""
    contents = inspection.contents._asdict()
    return {
        "path": inspection.path,
        "format": inspection.format,
        "size": inspection.size,
        "sha256": inspection.sha256,
        "passed": not inspection.errors,
        **contents,
        "inputs": [end._asdict() for end in inspection.contents.inputs],
        "outputs": [end._asdict() for end in inspection.contents.outputs],
        "findings": [
            {
                "rule": finding.rule,
                "level": finding.level,
                "found": finding.found,
                "expected": finding.known.expected,
                "remedy": finding.known.remedy,
            }
            for finding in inspection.findings
        ],
    }


def _rule(name: str) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "id": name,
        "shortDescription": {"text": f"Expected: {rule.expected}."},
        "help": {"text": f"What to do: {rule.remedy}."},
        "defaultConfiguration": {"level": rule.level},
    }


def _artifact(inspection: Inspection) -> dict[str, Any]:
    return {
        "location": {"uri": _uri(inspection.path)},
        "length": inspection.size,
        "hashes": {"sha-256": inspection.sha256},
    }


def _result(inspection: Inspection, finding: Finding, rule: int, artifact: int) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": _uri(inspection.path), "index": artifact}, "region": {"startLine": 1}}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.level,
        "message": {"text": finding.words},
        "locations": [{"physicalLocation": place}],
    }


def _uri(path: str) -> str:
    """A path as a URI: relative to wherever the log is read, or of this machine."""
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
