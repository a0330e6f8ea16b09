"""A run is converted, verified and only then changed."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from convert.recipe import Recipe
from convert.variants import choose_variants, standard_recipes
from runtime import backends, manifest
from runtime.backends import open_backend
from runtime.bundle import open_bundle, open_model
from runtime.errors import InputError, ModelError, ParityError
from runtime.npz import write_npz
from runtime.preprocess import to_input
from runtime.verify import verify_folder


@pytest.fixture
def pipeline(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - Keras must be loaded first
    from convert import pipeline

    return pipeline


def contents(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, and a proof that nothing stands half-written beside it."""
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def convert(pipeline: ModuleType, run: Path, variants: str, static_batch: bool = False) -> list[Any]:
    converted: list[Any] = pipeline.convert_run(run, choose_variants(variants), static_batch, lambda *_: None)
    return converted


def read_structure(run: Path, recipe: Recipe) -> Any:  # noqa: ANN401
    from convert.onnx_structure import read_onnx
    from convert.tflite_structure import read_tflite

    data = (run / recipe.path).read_bytes()
    return (read_tflite if recipe.format == "tflite" else read_onnx)(data, recipe.path)


def test_a_converted_run_holds_every_file(converted_run: Path, tiny_run: Path) -> None:
    described = manifest.load(converted_run)
    new = {recipe.path for recipe in standard_recipes()} | {"golden.npz", "reference.npz", "frame.npz"}

    assert {file.path for file in described.files} == {file.path for file in manifest.load(tiny_run).files} | new
    assert set(contents(converted_run)) - set(contents(tiny_run)) == new | {"parity.json", "report.html"}
    assert described.parameters == 6846
    for file in described.files:
        manifest.read_file(converted_run, file)


def test_the_training_summary_stays(converted_run: Path, tiny_run: Path) -> None:
    before, after = manifest.load(tiny_run), manifest.load(converted_run)

    assert replace(after, files=(), parameters=0, thresholds={}) == replace(before, files=())


def test_the_thresholds_of_the_network_are_in_the_manifest(converted_run: Path) -> None:
    thresholds = manifest.load(converted_run).thresholds

    assert 0.5 <= thresholds["confidence"] <= thresholds["sure"] <= 0.95


def test_the_report_passes_and_is_repeatable(converted_run: Path) -> None:
    document = json.loads((converted_run / "parity.json").read_text())
    again = verify_folder(converted_run)

    assert document["passed"] is True
    assert again.passed
    assert document["bundle"]["sha256"] == again.sha256 == manifest.fingerprint(converted_run)
    assert {check["file"] for check in document["checks"]} == {recipe.path for recipe in standard_recipes()}
    assert "<html" in (converted_run / "report.html").read_text()


def test_golden_samples_carry_keras_answers(converted_run: Path, tiny_model: Any) -> None:  # noqa: ANN401
    with np.load(converted_run / "golden.npz") as golden:
        expected = tiny_model(to_input(golden["images"]), training=False).numpy()
        assert np.abs(golden["probabilities"] - expected).max() < 1e-5
        assert golden["glyphs"].shape == (3, 28, 28)


@pytest.mark.parametrize("variant", standard_recipes(), ids=lambda recipe: recipe.path)
def test_batches_of_any_size_get_the_same_answers(converted_run: Path, variant: Recipe) -> None:
    file = manifest.load(converted_run).find(variant.format, variant.variant)
    assert file is not None
    images = to_input(np.load(converted_run / "holdout.npz")["images"][:9])
    # Engines scale the activations of a whole batch by its largest one where weights alone are quantised.
    most = 0.02 if variant.variant == "dynamic" else 1e-5

    for engine in (name for name in backends.installed() if not backends.unsupported(name, file)):
        backend = open_backend(manifest.read_file(converted_run, file), file, engine)
        alone = np.concatenate([backend.predict(image[None]) for image in images])
        assert np.abs(backend.predict(images) - alone).max() <= most, engine


def test_each_step_is_announced_in_order(pipeline: ModuleType, run: Path) -> None:
    steps: list[tuple[str, float]] = []
    variants = choose_variants("float32.tflite,float32.onnx")
    pipeline.convert_run(run, variants, False, lambda *step: steps.append(step))
    texts, done = zip(*steps, strict=True)

    assert texts[:2] == ("opening the run", "asking Keras")
    assert texts[2:4] == ("converting to float32.tflite", "converting to float32.onnx")
    assert set(texts[4:]) >= {"verifying float32.tflite on litert", "verifying float32.onnx on onnxruntime"}
    assert list(done) == sorted(done)
    assert done[0] == 0
    assert 4 < done[-1] <= pipeline.count_steps(variants)


def test_a_later_conversion_adds_to_the_earlier_one(pipeline: ModuleType, run: Path) -> None:
    convert(pipeline, run, "float32.tflite")
    entry = convert(pipeline, run, "float32.onnx")[0]
    report = json.loads((run / "parity.json").read_text())

    assert [file.path for file in manifest.load(run).converted()] == ["float32.tflite", "float32.onnx"]
    assert {check["file"] for check in report["checks"]} == {"float32.tflite", "float32.onnx"}
    assert entry.file.path == "float32.onnx"
    assert entry.flips == {"onnxruntime": 0, "opencv": 0}
    assert entry.operators["Conv"] == 2
    assert 1 < entry.size_ratio < 1.5


def test_static_batches_are_of_one_image(pipeline: ModuleType, run: Path) -> None:
    convert(pipeline, run, "float32.tflite,int8.tflite,float32.onnx", static_batch=True)
    images = np.load(run / "holdout.npz")["images"][:5]

    for variant in choose_variants("float32.tflite,int8.tflite,float32.onnx"):
        structure = read_structure(run, variant)
        assert structure.inputs[0].shape == (1, 28, 28, 1)
        assert structure.outputs[0].shape == (1, 10)
        assert not {"SHAPE", "PACK", "STRIDED_SLICE"} & {operator.name for operator in structure.operators}
        _, backend = open_model(open_bundle(run), file=variant.path)
        assert backend.predict(to_input(images)).shape == (5, 10)


def spoil_calibration(run: Path) -> None:
    """Calibrate for pictures without ink, so that whole numbers have no room for ink."""
    write_npz(run / "calibration.npz", {"images": np.zeros((4, 28, 28), np.uint8), "labels": np.zeros(4, np.uint8)})
    entry = manifest.describe(run, "calibration.npz", "npz", "calibration")
    manifest.save(manifest.load(run).with_files([entry]), run)


def test_a_file_that_answers_wrongly_leaves_the_run_as_it_was(pipeline: ModuleType, run: Path) -> None:
    convert(pipeline, run, "float32.tflite")
    spoil_calibration(run)
    before = contents(run)

    with pytest.raises(ParityError) as caught:
        convert(pipeline, run, "int8.tflite,float32.onnx")

    message = str(caught.value)
    assert "int8.tflite on litert" in message
    assert message.endswith(f"the run is as it was, the report is {run}.failed/report.html")
    assert "\n" not in message
    assert contents(run) == before
    assert set(contents(run.with_name("tiny.failed"))) == {"parity.json", "report.html"}
    assert json.loads((run.with_name("tiny.failed") / "parity.json").read_text())["passed"] is False


def test_a_report_of_failure_goes_when_the_run_passes(pipeline: ModuleType, run: Path) -> None:
    failed = run.with_name("tiny.failed")
    failed.mkdir()
    (failed / "report.html").write_text("old")

    convert(pipeline, run, "float32.tflite")

    assert not failed.exists()


@pytest.mark.parametrize("step", ["converting to float32.onnx", "verifying float32.tflite on litert"])
def test_an_interrupted_conversion_leaves_nothing(pipeline: ModuleType, run: Path, step: str) -> None:
    before = contents(run)

    def interrupt(text: str, done: float) -> None:  # noqa: ARG001
        if text == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.convert_run(run, choose_variants("float32.tflite,float32.onnx"), False, interrupt)

    assert contents(run) == before
    assert [path.name for path in run.parent.iterdir()] == ["tiny"]


def test_the_runs_other_files_stay(pipeline: ModuleType, run: Path) -> None:
    (run / "history.json").write_text("{}")
    before = contents(run)
    convert(pipeline, run, "float32.tflite")
    after = contents(run)

    del before["manifest.json"]
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("name", ["calibration.npz", "drawn.npz", "holdout.npz", "model.keras"])
def test_a_missing_file_is_named(pipeline: ModuleType, run: Path, name: str) -> None:
    (run / name).unlink()

    with pytest.raises(ModelError, match=rf"{name}: listed in the manifest but not readable"):
        convert(pipeline, run, "float32.tflite")


def test_what_is_no_run_is_named(pipeline: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no manifest\.json here; expected a run folder or a bundle"):
        convert(pipeline, tmp_path, "float32.tflite")


def test_a_bundle_is_no_run(pipeline: ModuleType, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(Path(__file__).parents[1] / "models", tmp_path / "bundle"))

    with pytest.raises(ModelError, match="lists no Keras model; name a run folder that digits train has written"):
        convert(pipeline, bundle, "float32.tflite")


def test_an_unwritable_place_is_named(pipeline: ModuleType, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)  # the tests may run as root, who may write anywhere

    with pytest.raises(InputError, match=r"cannot be written \(Permission denied\); work on a copy of the run"):
        convert(pipeline, run, "float32.tflite")


def test_a_run_that_may_not_be_written_is_named(
    pipeline: ModuleType, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(target).parent == run:
            raise PermissionError(13, "Permission denied")
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    before = contents(run)

    with pytest.raises(InputError, match=r"tiny: cannot be written \(Permission denied\); work on a copy of the run"):
        convert(pipeline, run, "float32.tflite")
    assert contents(run) == before


def test_the_present_folder_is_converted(pipeline: ModuleType, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run)
    convert(pipeline, Path(), "float32.tflite")

    assert (run / "float32.tflite").exists()
    assert list(run.parent.iterdir()) == [run]
