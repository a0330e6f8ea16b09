"""`digits inspect`: look into model files without any engine, and say which rules they break."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from runtime.arguments import Parser
from runtime.atomic import write_json
from runtime.bundle import BUNDLES, shipped_bundles
from runtime.inspection.document import to_document, to_sarif
from runtime.inspection.place import inspect_place
from runtime.inspection.text import describe
from runtime.terminal import print_json


def main(argv: Sequence[str]) -> int:
    """Inspect files; 0 if none breaks a rule that keeps it from the engines, else 1."""
    options = _parse(argv)
    inspections = [found for place in options.places for found in inspect_place(_find(place))]
    if options.sarif:
        write_json(options.sarif, to_sarif(inspections))
    if options.json:
        print_json(to_document(inspections))
    else:
        print("\n\n".join(map(describe, inspections)))
    return 1 if any(inspection.errors for inspection in inspections) else 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    about = "Look into model files without any engine: what they hold, and which rules they break (docs/inspect.md)."
    parser = Parser("inspect", about)
    places = "a .tflite, .onnx, .ort or .keras file, a run folder, a bundle or the name of one that comes with digits"
    parser.add_argument("places", type=Path, nargs="+", metavar="FILE|BUNDLE", help=places)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--sarif", type=Path, metavar="FILE", help="also write the findings for code scanners")
    return parser.parse_args(argv)


def _find(place: Path) -> Path:
    """The place itself, or the shipped bundle of that name."""
    return BUNDLES / place if not place.exists() and str(place) in shipped_bundles() else place
