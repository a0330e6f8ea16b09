"""Write the measured parts of the documentation: `docs/measured.md`, the README's figures and its picture.

Run it with `make docs`. Every figure comes from a `digits` command that is named beside it, so anyone can run it again.
It needs MNIST's test set, in the folder DIGITS_DATA or in the cache.
"""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from runtime.atomic import write_text
from runtime.bundle import SHIPPED

ROOT = Path(__file__).parents[1]
BUNDLE = SHIPPED.relative_to(ROOT)
ROOMS = ("train", "convert", "runtime", "camera_demo")
MACHINE = ("processor", "cores", "python", "numpy", "cv2")  # what a figure depends on
PICTURE = Path("docs/figures/reading.jpg")
PAGE = ("draw", "page", "--preset", "shadow", "--size", "960x540", "--seed", "21")


def measure(*words: str) -> dict[str, Any]:
    """The JSON document of a `digits` command."""
    command = [sys.executable, "-m", "runtime", *words]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout))


def table(header: str, rows: list[str]) -> str:
    """A Markdown table."""
    columns = header.count("|") - 1
    return "\n".join([header, "|" + "---|" * columns, *rows])


def parity_table(document: dict[str, Any]) -> str:
    """One row a file, engine and data set."""
    rows = [
        f"| {check['file']} | {check['backend']} | {check['data']} | {check['samples']} | {check['accuracy']:.4f} | "
        f"{check['reference_accuracy']:.4f} | {check['flips']} | {check['max_abs_difference']:.1e} |"
        for check in document["checks"]
        if check["status"] != "unsupported"
    ]
    return table("| file | engine | digits | samples | right | Keras | flips | largest difference |", rows)


def bench_table(document: dict[str, Any]) -> str:
    """One row a measurement."""
    rows = [
        f"| {row['what']} | {row['file'] or ''} | {row['backend'] or ''} | {row['batch'] or ''} | "
        f"{row['microseconds']['p50']:,.0f} | {row['microseconds']['p95']:,.0f} | {ratio(row)} |"
        for row in document["rows"]
    ]
    return table("| what | file | engine | batch | p50 µs | p95 µs | ratio |", rows)


def ratio(row: dict[str, Any]) -> str:
    """The row's ratio, or nothing where it has none."""
    return f"{row['ratio_to_engine']:.2f}" if row["ratio_to_engine"] else ""


def size_table(manifest: dict[str, Any]) -> str:
    """One row a converted file."""
    rows = [f"| {f['path']} | {f['size']:,} |" for f in manifest["files"] if f["format"] in ("tflite", "onnx")]
    return table("| file | bytes |", rows)


def figures(manifest: dict[str, Any], parity: dict[str, Any]) -> str:
    """The README's short table."""
    training = manifest["training"]
    int8 = next((c for c in parity["checks"] if (c["file"], c["data"]) == ("int8.tflite", "holdout")), None)
    if int8 is None:
        raise SystemExit("the figures need MNIST's test set; name its folder with DIGITS_DATA")
    size = next(f["size"] for f in manifest["files"] if f["path"] == "int8.tflite")
    rows = [
        f"| parameters | {manifest['parameters']:,} |",
        f"| int8 `.tflite` | {size:,} bytes |",
        f"| wrong of MNIST's {training['test_samples']:,} test digits: Keras | {training['test_errors']} |",
        f"| wrong of the same: int8 `.tflite` | {round((1 - int8['accuracy']) * int8['samples'])} |",
        f"| answers that int8 changed, “not a digit” among them | {int8['flips']} |",
    ]
    return table("| the shipped model | |", rows)


def replace_block(text: str, name: str, block: str) -> str:
    """`text` with what stands between the markers `name` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md: no markers for {name}")
    return pattern.sub(lambda found: found[1] + block + "\n" + found[2], text)


def tree(*, modules: bool) -> str:
    """The four rooms, one line a folder and, where `modules` are asked for, a file: the first line of its docstring."""
    lines: list[str] = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py"), key=lambda p: (p.parent, p.name)):
            if path.name == "__init__.py":
                lines.append(entry(path.parent, f"{path.parent.name}/", path))
            elif modules and path.name != "__main__.py":
                lines.append(entry(path, path.name, path))
    return "\n".join(["```text", *lines, "```"])


def entry(place: Path, name: str, module: Path) -> str:
    """One indented line of the tree."""
    depth = len(place.relative_to(ROOT).parts) - 1
    summary = (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").split("\n")[0]
    return f"{'  ' * depth + name:<28} {summary}".rstrip()


def draw_picture() -> None:
    """The README's picture: a drawn page as the shipped model reads it."""
    page = "runs/docs/page.png"
    PICTURE.unlink(missing_ok=True)
    for words in ([*PAGE, page], ["read", "--annotate", str(PICTURE), page]):
        subprocess.run([sys.executable, "-m", "runtime", *words], check=True, cwd=ROOT)


def build() -> None:
    """Measure everything and write the pages."""
    manifest = json.loads((ROOT / BUNDLE / "manifest.json").read_bytes())
    parity, bench = measure("verify", "--json", str(BUNDLE)), measure("bench", "--json")
    machine = ", ".join(f"{key} {bench['machine'][key]}" for key in MACHINE)
    parts = [
        "# Measured figures",
        "Written by `make docs`. Compare ratios, not microseconds: they belong to one machine.",
        f"## Sizes\n\nOf the shipped bundle, `{BUNDLE}`.\n\n{size_table(manifest)}",
        f"## Parity\n\n`digits verify {BUNDLE}`\n\n{parity_table(parity)}",
        f"## Speed\n\n`digits bench` on: {machine}.\n\n{bench_table(bench)}",
    ]
    write_text(ROOT / "docs/measured.md", "\n\n".join(parts) + "\n")
    readme = ROOT / "README.md"
    text = replace_block(readme.read_text(encoding="utf-8"), "figures", figures(manifest, parity))
    text = replace_block(text, "folders", tree(modules=False))
    write_text(readme, replace_block(text, "tree", tree(modules=True)))
    draw_picture()


if __name__ == "__main__":
    build()
