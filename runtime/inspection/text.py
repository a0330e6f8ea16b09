"""An inspection for people: what is in a file, line by line, and what is wrong with it."""

from collections.abc import Iterator

from runtime.formats.limits import label_line
from runtime.inspection.finding import End, Inspection

NAMES = {"tflite": "TensorFlow Lite", "onnx": "ONNX", "ort": "ONNX Runtime", "keras": "Keras", "npz": "NumPy"}
MARKS = {"error": "✗", "warning": "!", "note": "·"}


def describe(inspection: Inspection) -> str:
    """Several lines about one file."""
    size = f"{inspection.size:,} bytes"
    head = f"{inspection.path}: {NAMES[inspection.format]}, {size}, sha256 {inspection.sha256[:16]}…"
    rows = [(title, words) for title, words in _rows(inspection) if words]
    wide = max((len(title) for title, _ in rows), default=0)
    lines = [f"  {title.ljust(wide)}  {words}" for title, words in rows]
    findings = [f"  {MARKS[f.level]} {f.level} {f.rule}: {f.words}" for f in inspection.findings]
    return "\n".join([head, *map(_fit, lines), *(findings or ["  ✓ keeps every rule"])])


def _rows(inspection: Inspection) -> Iterator[tuple[str, str]]:
    """What is in the file."""
    contents = inspection.contents
    for title, ends in (("input", contents.inputs), ("output", contents.outputs)):
        for end in ends:
            yield title, _spell(end)
    title = "layers" if inspection.format == "keras" else "operators"
    yield title, ", ".join(f"{name} {count}" for name, count in contents.operators.items())
    yield "stored", ", ".join(f"{count:,} {dtype}" for dtype, count in contents.constants.items())
    if contents.tensors:
        yield "tensors", f"{contents.tensors:,}; {contents.multiplications:,} multiplications for one image"
    yield "metadata", "; ".join(f"{name}: {text}" for name, text in contents.metadata.items())
    yield "holds", ", ".join(f"{name} ({size:,} bytes)" for name, size in contents.attached.items())


def _spell(end: End) -> str:
    """An input or output, such as "image, float32 (any, 28, 28, 1)"."""
    shape = ", ".join("any" if length is None else str(length) for length in end.shape)
    scale = "" if end.scale is None else f", {end.scale:.6g} × (whole − {end.zero_point})"
    return f"{end.name}, {end.dtype} ({shape}){scale}"


def _fit(line: str) -> str:
    """A line with names out of a file, fit for a terminal."""
    return label_line(line)
