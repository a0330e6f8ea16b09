"""`digits convert MODEL.keras --data`: classifiers of other kinds become runs whose files answer as the models do."""

# ruff: noqa: ANN401 - Keras has no types

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from runtime import manifest
from runtime.bundle import open_bundle, open_file
from runtime.cli import main
from runtime.errors import UsageError
from runtime.localise import localise_file
from runtime.preprocess import to_input
from train.zoo import find

Adopted = Callable[[str], Path]
KINDS = {
    "separable": ("probabilities", "0..255", (28, 28, 1), 10),
    "residual": ("logits", "0..1", (20, 20, 1), 10),
    "excited": ("probabilities", "-1..1", (28, 28, 1), 10),
    "nested": ("logits", "0..255", (32, 32, 3), 10),
    "sigmoids": ("sigmoids", "0..1", (28, 28, 1), 10),
    "binary": ("one sigmoid", "0..255", (28, 28, 1), 2),
}


@pytest.fixture(autouse=True)
def no_mnist_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def own_answers(model: Any, images: np.ndarray[Any, Any], taken: str) -> Any:
    """What the model says of pictures without anything of ours around it."""
    low, high = map(float, taken.split(".."))
    scaled = images / 255 * (high - low) + low
    return np.asarray(model(scaled.astype(np.float32).reshape(len(images), *model.input_shape[1:]), training=False))


@pytest.mark.parametrize("name", KINDS)
def test_models_of_other_kinds_are_converted(
    adopted: Adopted, strangers: Path, framework: ModuleType, name: str
) -> None:
    """Every file says of the hold-out what the model itself says, with nothing of ours around it."""
    ending, taken, shape, classes = KINDS[name]
    run = adopted(name)
    described = manifest.load(run)
    holdout = np.load(run / "holdout.npz")
    model = framework.saving.load_model(strangers / f"{name}.keras")
    own = own_answers(model, holdout["images"], taken)
    said = own.argmax(axis=1) if own.shape[1] > 1 else (own[:, 0] > 0.5).astype(int)
    bundle = open_bundle(run)

    assert (described.training["ending"], described.training["input_range"]) == (ending, taken)
    assert (described.input_shape, len(described.classes)) == (shape, classes)
    assert json.loads((run / "parity.json").read_text())["passed"]
    for file in described.converted():
        backend = open_file(bundle, file, "litert" if file.format == "tflite" else "onnxruntime")
        answers = backend.predict(to_input(holdout["images"]))
        agreement = (answers.argmax(axis=1) == said).mean()
        assert agreement == 1 if file.variant == "float32" else agreement > 0.95
        assert file.calibration is not None


@pytest.mark.parametrize(
    ("name", "path"),
    [
        *(("excited", path) for path in ("float32.tflite", "int8.tflite", "float32.onnx")),
        *(("nested", path) for path in ("float32.tflite", "int8.tflite")),
        ("residual", "float32.onnx"),
    ],
)
def test_their_files_are_followed_layer_by_layer(adopted: Adopted, name: str, path: str) -> None:
    found = localise_file(adopted(name), path, ["reference"])
    nearest = {str(check.counterpart) for check in found.tensors if check.within}

    assert found.passed, found.verdict
    assert found.witness == "keras"
    expected = {"excited": "excited/multiply", "nested": "nested/body/re_lu", "residual": "residual/add"}[name]
    assert any(layer.startswith(expected) for layer in nearest), nearest


def test_a_broken_layer_of_an_inner_model_is_named(adopted: Adopted, tmp_path: Path) -> None:
    from runtime.formats.tflite_file import read_tflite

    run = Path(shutil.copytree(adopted("nested"), tmp_path / "nested"))
    data = (run / "float32.tflite").read_bytes()
    weights = next(t.data for t in read_tflite(data).tensors if t.shape == (16, 3, 3, 8) and t.data is not None)
    turned = np.ascontiguousarray(weights.swapaxes(1, 2))
    (run / "float32.tflite").write_bytes(data.replace(weights.tobytes(), turned.tobytes()))
    listed = manifest.describe(run, "float32.tflite", "tflite", "float32")
    manifest.save(manifest.load(run).with_files([listed]), run)
    found = localise_file(run, "float32.tflite", ["reference"])

    assert found.first is not None
    assert [check for check in found.tensors if check.operator == "CONV_2D"].index(found.first) == 1
    assert str(found.first.counterpart).startswith("nested/body/")


def test_other_commands_take_their_runs(adopted: Adopted, capsys: pytest.CaptureFixture[str]) -> None:
    run = adopted("nested")
    evaluated = main(["evaluate", "--bundle", str(run), "--file", "float32.tflite", "--json", str(run / "holdout.npz")])
    found = json.loads(capsys.readouterr().out)
    measured = main(["bench", "--quick", "--bundle", str(run), "--file", "float32.tflite", "--json"])
    rows = json.loads(capsys.readouterr().out)["rows"]

    assert (evaluated, measured) == (0, 0)
    assert found["accuracy"] > 0.6
    assert list(found["per_class"]) == [str(digit) for digit in range(10)]
    assert {row["what"] for row in rows} == {"classify"}


def test_a_bundle_of_theirs_is_verified_without_keras(
    adopted: Adopted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, bundle = adopted("residual"), tmp_path / "bundle"
    packed = main(["bundle", str(run), str(bundle), "--files", "int8.tflite,float32.onnx"])
    holdout = ["--data", str(run / "holdout.npz")]
    verified = main(["verify", "--json", *holdout, str(bundle)])
    report = json.loads(capsys.readouterr().out)

    assert (packed, verified) == (0, 0)
    assert report["samples"] == len(np.load(run / "holdout.npz")["labels"])
    assert not (bundle / "holdout.npz").exists()


@pytest.mark.parametrize("command", ["read", "camera"])
@pytest.mark.parametrize("name", ["residual", "binary"])
def test_pages_are_not_read_with_models_of_another_kind(
    adopted: Adopted, capsys: pytest.CaptureFixture[str], command: str, name: str
) -> None:
    words = {"read": ["page.png"], "camera": ["--source", "page.png", "--headless"]}[command]
    code = main([command, "--bundle", str(adopted(name)), *words])

    assert code == 1
    assert (
        "pages are read by models for the digits 0 to 9, 28×28×1, light ink on dark ground" in capsys.readouterr().err
    )


def test_a_digit_model_of_theirs_reads_pages(adopted: Adopted) -> None:
    """Its golden frame is there, and its golden pictures pin the normalising."""
    from runtime.reader import open_reader

    run = adopted("excited")
    reading = open_reader(run).read(np.full((200, 300), 255, np.uint8))
    golden = np.load(run / "golden.npz")

    assert reading.text == ""
    assert (run / "frame.npz").exists()
    assert len(golden["glyphs"]) == 8
    assert not (adopted("nested") / "frame.npz").exists()


def test_the_same_model_and_pictures_may_be_converted_again(adopted: Adopted) -> None:
    from convert.adopt.run_folder import check_free

    run = adopted("binary")
    origin = {key: manifest.load(run).training[key] for key in ("source", "source_sha256", "data", "data_sha256")}
    check_free(run, origin)

    for key in origin:
        with pytest.raises(UsageError, match="exists and is not a run of this model and these pictures"):
            check_free(run, origin | {key: "other"})


REFUSED = {
    "no data": ([], "needs labelled pictures; name a folder of IDX files or an .npz with --data", 2),
    "other pictures": (["--data", "{residual.npz}"], r"takes \(28, 28, 1\), but the pictures are \(20, 20, 1\)", 1),
    "missing data": (["--data", "nowhere.npz"], r"nowhere\.npz: cannot be read", 1),
    "names": (["--data", "{excited.npz}", "--classes", "a,b"], "expected 10 different names", 2),
    "range": (["--data", "{excited.npz}", "--input-range", "255"], "expected LOW..HIGH such as 0..255, got '255'", 2),
    "check": (["--data", "{excited.npz}", "--check"], "name the run that was made of the .keras file", 2),
    "taken": (["--data", "{excited.npz}", "--out", "{taken}"], "exists and is not a run of this model and these", 2),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_one_line(
    strangers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    words, message, code = REFUSED[case]
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("precious")
    places = {f"{{{path.name}}}": str(path) for path in strangers.iterdir()} | {"{taken}": str(tmp_path / "taken")}
    given = [places.get(word, word) for word in words]
    out = ["--out", str(tmp_path / "run")] if given and "--out" not in given else []
    found = main(["convert", str(strangers / "excited.keras"), *given, *out])

    assert found == code
    assert re.search(message, capsys.readouterr().err)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "cache") == ["taken"]


def test_flags_of_a_model_are_refused_with_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["convert", str(tmp_path), "--input-range", "0..255", "--classes", "digits"])

    assert code == 2
    assert "--input-range, --classes: belongs to a .keras file" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "dense-512",
        "dense-128",
        "dense-1024",
        "cnn-32-64",
        "cnn-wide",
        "cnn-32-64-64",
        "edge-nano",
        "edge-small",
        "edge-base",
    ],
)
def test_models_of_the_zoo_are_taken_like_any_other(
    framework: ModuleType, fit_head: Callable[..., None], tmp_path: Path, name: str
) -> None:
    """Hardly trained, they are too unsure for the limits of whole numbers, which trained ones keep."""
    from convert.quiet import quiet
    from train.handwriting.dataset import draw_digits

    images, labels = draw_digits(1800, seed=5)
    framework.utils.set_random_seed(3)
    classes = 11 if name.startswith("edge") else 10
    with quiet():
        model = find(name).build(classes)
        fit_head(model, to_input(images[:1500]).reshape(1500, *model.input_shape[1:]), labels[:1500], classes)
        model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", images=images[1500:], labels=labels[1500:])
    data = ["--data", str(tmp_path / "data.npz"), "--input-range", "0..1", "--classes", "digits"]
    variants = ["--variants", "float32.tflite,float16.tflite,float32.onnx"]
    code = main(["convert", str(tmp_path / "model.keras"), *data, "--out", str(tmp_path / "run"), *variants])

    assert code == 0
    assert manifest.load(tmp_path / "run").reads_digits
