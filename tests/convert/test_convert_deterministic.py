"""The same run gives the same files, byte for byte, in every process."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import manifest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from convert.quiet import prepare_environment, quiet
prepare_environment()
with quiet():
    from convert.pipeline import build_from
    from convert.source import open_source
    from convert.variants import choose_variants
    source = open_source(Path(sys.argv[1]))
    for recipe in choose_variants(sys.argv[2]):
        (Path(sys.argv[3]) / recipe.path).write_bytes(build_from(source, recipe).data)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "variants"),
    [("0", "float32.onnx,int8.onnx,float32.tflite"), ("4711", "int8.onnx,float32.onnx,int8.tflite,uint8.tflite")],
    ids=["in another process", "in a third, in other company"],
)
def test_files_are_the_same_in_every_process(converted_run: Path, tmp_path: Path, seed: str, variants: str) -> None:
    command = [sys.executable, "-c", SCRIPT, str(converted_run), variants, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)

    written = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    listed = {file.path: file.sha256 for file in manifest.load(converted_run).files}
    assert sorted(written) == sorted(variants.split(","))
    assert written == {name: listed[name] for name in written}


def test_a_second_conversion_changes_nothing(converted_run: Path, run: Path) -> None:
    from convert.pipeline import convert_run
    from convert.variants import choose_variants

    convert_run(run, choose_variants("float32.onnx,int8.tflite"), static_batch=False, announce=lambda *_: None)

    before = {file.path: file for file in manifest.load(converted_run).files}
    after = {file.path: file for file in manifest.load(run).files}
    assert set(after) < set(before)
    assert after == {name: before[name] for name in after}
    assert json.loads((run / "parity.json").read_text())["passed"] is True
