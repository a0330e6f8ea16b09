"""Model files looked at before any engine sees them: what is in them, and whether they keep the rules."""

import hashlib
import importlib

from runtime.errors import ModelError
from runtime.formats import limits
from runtime.inspection.finding import NOTHING, Contents, Finding, Inspection

_CHECKS = {"tflite": "tflite_check", "onnx": "onnx_check", "ort": "onnx_check", "keras": "keras_check"}
FORMATS = tuple(_CHECKS)
"""The formats that are known, as manifests name them."""


def inspect_bytes(data: bytes, format: str, path: str) -> Inspection:  # noqa: A002 - the manifest's own name
    """What the bytes of a file at `path` hold and which rules they break; never more than bounded time and memory."""
    contents, findings = _look(data, format)
    return Inspection(path, format, len(data), hashlib.sha256(data).hexdigest(), contents, tuple(findings))


def check_bytes(data: bytes, format: str, path: str) -> None:  # noqa: A002
    """Raise ModelError with the first rule that bytes break and that keeps them from every engine."""
    errors = [finding for finding in _look(data, format)[1] if finding.level == "error"]
    if errors:
        others = f" (and {len(errors) - 1} more; digits inspect tells all)" if len(errors) > 1 else ""
        raise ModelError(f"{path}: {errors[0].words} [{errors[0].rule}]{others}")


def most_bytes(format: str) -> int:  # noqa: A002
    """How large a file of this format may be, in bytes."""
    return limits.KERAS_BYTES if format == "keras" else limits.FILE_BYTES


def _look(data: bytes, format: str) -> tuple[Contents, list[Finding]]:  # noqa: A002
    if len(data) > most_bytes(format):
        return NOTHING, [Finding("limits", f"{len(data)} bytes; at most {most_bytes(format)} are allowed")]
    module = importlib.import_module(f"runtime.inspection.{_CHECKS[format]}")
    contents, findings = getattr(module, f"inspect_{format}")(data)
    return contents, findings
