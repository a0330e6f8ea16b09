"""Files made by other than the standard recipes: verified on every engine as all are, and recorded in the manifest."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from convert.variants import choose_recipes
from runtime import manifest
from runtime.errors import ModelError
from runtime.localise.session import localise_file

FURTHER = ["int16.tflite", "int8-tensor.tflite", "weights8.onnx", "int8.onnx", "int8.ort"]
if importlib.util.find_spec("ai_edge_quantizer"):
    FURTHER.append("weights8.tflite")


@pytest.fixture(scope="module")
def converted(framework: ModuleType, tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """The tiny run with a file by each of FURTHER and by a recipe of its own."""
    from convert.pipeline import convert_run

    folder = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("recipes") / "tiny"))
    own = {**choose_recipes(["int8.onnx"])[0].to_document(), "variant": "int8-few"}
    own["calibration"] = {"method": "percentile", "images": 20, "percentile": 99.99}
    path = folder.parent / "own.json"
    path.write_text(json.dumps(own))
    convert_run(folder, choose_recipes([*FURTHER, str(path)]), static_batch=False, announce=lambda *_: None)
    return folder


@pytest.mark.slow
def test_every_file_passes_the_same_gate(converted: Path) -> None:
    document = json.loads((converted / "parity.json").read_text())
    files = {file.path for file in manifest.load(converted).converted()}

    assert document["passed"] is True
    assert files == {*FURTHER, "int8-few.onnx"} == {row["file"] for row in document["table"] if row["status"] == "ok"}
    assert all(row["unexplained_flips"] in (0, None) for row in document["table"])
    assert not [note for note in document["notes"] if "no rounding excuses" in note]


@pytest.mark.slow
def test_each_is_made_as_its_recipe_says(converted: Path) -> None:
    from convert.onnx_structure import read_onnx
    from convert.tflite_structure import read_tflite

    constants = {}
    for name in FURTHER:
        data, kind = (converted / name).read_bytes(), name.partition(".")[2]
        if kind != "ort":
            constants[name] = (read_tflite if kind == "tflite" else read_onnx)(data, name).constants
    assert constants["int16.tflite"]["int64"] > 0  # biases beside activations in 16 bits
    assert constants["int8-tensor.tflite"]["int8"] > 0.9 * 6846
    assert constants["weights8.onnx"]["int8"] > 0.9 * 6846
    assert len((converted / "weights8.onnx").read_bytes()) < len((converted / "int8.onnx").read_bytes())


@pytest.mark.slow
def test_images_are_chosen_where_the_recipe_asks_for_fewer(converted: Path) -> None:
    records = {file.path: file.conversion or {} for file in manifest.load(converted).converted()}

    assert records["int8-few.onnx"]["calibration"]["images"] == 20
    assert records["int8.onnx"]["calibration"]["images"] == 100
    assert records["int8-few.onnx"]["calibration"]["sha256"] != records["int8.onnx"]["calibration"]["sha256"]
    assert "calibration" not in records["weights8.onnx"]
    assert len(records["int8.ort"]["graph_sha256"]) == 64


@pytest.mark.slow
def test_what_the_reference_engine_does_not_compute_cannot_be_localised(converted: Path) -> None:
    with pytest.raises(ModelError, match=r"int16\.tflite: the reference engine refuses it"):
        localise_file(converted, "int16.tflite")
