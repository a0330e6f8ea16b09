"""The arrows between the rooms run only towards `runtime`, and the light rooms load without the heavy packages."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("train", "convert", "runtime", "camera_demo")
MAY_IMPORT = {"train": {"runtime"}, "convert": {"runtime"}, "camera_demo": {"runtime"}, "runtime": set()}
HEAVY = ("tensorflow", "keras", "tf2onnx", "onnx", "matplotlib", "pooch")
SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def imported_modules(path: Path) -> set[str]:
    """Every module named by an import statement anywhere in the file, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    others = {name.partition(".")[0] for name in imported_modules(path)} & set(ROOMS) - {room}

    assert others <= MAY_IMPORT[room]


def test_runtime_asks_for_other_rooms_by_name_in_two_places_alone() -> None:
    named = re.compile(r'"(train|convert|camera_demo)\.\w[\w.]*"')
    found = [
        path for path in SOURCES if path.is_relative_to(ROOT / "runtime") and named.search(path.read_text("utf-8"))
    ]

    assert [str(path.relative_to(ROOT)) for path in found] == ["runtime/cli.py", "runtime/localise/witness.py"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_names_hide_no_other_module(path: Path) -> None:
    taken = set(sys.stdlib_module_names) | {*HEAVY, "numpy", "cv2", "onnxruntime", "tflite_runtime", "ai_edge_litert"}

    # A package's own marker files carry names that Python prescribes.
    assert path.stem in ("__init__", "__main__") or path.stem not in taken


def test_help_loads_no_heavy_package() -> None:
    code = "import sys; from runtime.cli import main; main(['--help']); print(sorted(sys.modules))"
    names = run_python(code).stdout.splitlines()[-1]

    for package in ("numpy", "cv2", "rich", "jinja2", *HEAVY):
        assert f"'{package}'" not in names


@pytest.mark.parametrize("room", ["runtime", "camera_demo"])
def test_light_rooms_import_without_the_heavy_packages(room: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.is_relative_to(ROOT / room) and path.stem != "__main__"
    ]
    code = (
        "import sys, importlib\n"
        f"for name in {HEAVY!r}: sys.modules[name] = None\n"  # importing a module that is None raises ImportError
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )

    result = run_python(code)

    assert result.returncode == 0, result.stderr


def test_no_module_opens_files_threads_or_environment_at_import() -> None:
    """Importing a light module changes no environment variable and starts no thread."""
    code = (
        "import cv2, numpy, os, threading; before = dict(os.environ), threading.active_count()\n"
        "import runtime.cli, runtime.manifest, runtime.preprocess, runtime.records, runtime.atomic\n"
        "assert before == (dict(os.environ), threading.active_count())"
    )

    assert run_python(code).returncode == 0
