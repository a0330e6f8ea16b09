"""`digits models`: the models that come with the program, what they cost and how well they read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runtime.arguments import Parser
from runtime.bundle import BUNDLES, DEFAULT, Bundle, open_bundle, shipped_bundles
from runtime.errors import ModelError
from runtime.terminal import print_json

SCHEMA = "digits.models/1"
SHOWN = "int8.tflite"
"""The file whose size and errors stand for the model's."""


TITLES = ("model", "", "parameters", "int8 bytes", "MNIST errors", "photographed digits", "files")
WORDS = ("model", "", "files")  # columns that are no numbers


@dataclass(frozen=True, slots=True)
class Counted:
    """Digits that were asked about, and how many answers were wrong."""

    samples: int
    errors: int

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0–1."""
        return 1 - self.errors / self.samples


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One shipped bundle and what its manifest tells of it."""

    name: str
    bundle: Bundle

    @property
    def size(self) -> int | None:
        """Bytes of the int8 file; None where there is none."""
        return next((file.size for file in self.bundle.manifest.converted() if file.path == SHOWN), None)

    @property
    def test(self) -> Counted | None:
        """MNIST's test digits, asked of the int8 file where that was measured, else of Keras; None without both."""
        training = self.bundle.manifest.training
        return _counted(_measured(training).get("test")) or _counted(
            {"samples": training.get("test_samples"), "errors": training.get("test_errors")}
        )

    @property
    def photographs(self) -> Counted | None:
        """Photographed digits with true boxes, asked of the int8 file; None where that was not measured."""
        return _counted(_measured(self.bundle.manifest.training).get("photographs"))


def main(argv: Sequence[str]) -> int:
    """List the models."""
    parser = Parser("models", "List the models that come with digits; --bundle takes their names.")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(argv)
    models = [Model(name, open_bundle(BUNDLES / name)) for name in shipped_bundles()]
    if options.json:
        print_json({"schema": SCHEMA, "default": DEFAULT, "models": [_entry(model) for model in models]})
    else:
        print(_write(models))
    return 0


def _write(models: Sequence[Model]) -> str:
    """The models as an aligned table."""
    rows = [TITLES, *(_cells(model) for model in models)]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(_pad, TITLES, row, sizes)).rstrip() for row in rows)


def _cells(model: Model) -> tuple[str, ...]:
    described = model.bundle.manifest
    size, test, photographs = model.size, model.test, model.photographs
    return (
        model.name,
        "default" if model.name == DEFAULT else "",
        f"{described.parameters:,}",
        f"{size:,}" if size is not None else "",
        f"{test.errors} of {test.samples:,}" if test else "",
        f"{100 * photographs.accuracy:.1f} % of {photographs.samples:,}" if photographs else "",
        ", ".join(file.path for file in described.converted()),
    )


def _pad(title: str, cell: str, size: int) -> str:
    return cell.ljust(size) if title in WORDS else cell.rjust(size)


def _entry(model: Model) -> dict[str, Any]:
    """One model as JSON."""
    described = model.bundle.manifest
    counted = {"test": model.test, "photographs": model.photographs}
    return {
        "name": model.name,
        "default": model.name == DEFAULT,
        "path": str(model.bundle.folder),
        "sha256": model.bundle.sha256,
        "parameters": described.parameters,
        "classes": len(described.classes),
        **{key: found and {"samples": found.samples, "errors": found.errors} for key, found in counted.items()},
        "files": [{"path": file.path, "size": file.size, "sha256": file.sha256} for file in described.converted()],
    }


def _measured(training: dict[str, Any]) -> dict[str, Any]:
    """What `digits bundle` wrote of a measurement; nothing where the model was not measured."""
    found = training.get("measured")
    return found if isinstance(found, dict) else {}


def _counted(found: object) -> Counted | None:
    """The record for counted answers; None where they are not told, ModelError where they cannot be."""
    samples, errors = (found.get("samples"), found.get("errors")) if isinstance(found, dict) else (None, None)
    if samples is None or errors is None:
        return None
    if not isinstance(samples, int) or not isinstance(errors, int) or not 0 <= errors <= samples or not samples:
        raise ModelError(f"expected 0 ≤ errors ≤ samples in the manifest's figures, got {found}; bundle the model anew")
    return Counted(samples, errors)
