"""`digits train`: the run folder it writes, what it refuses, and the flags of the recipe."""

# ruff: noqa: ANN401 - JSON and Keras have no types

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from runtime import manifest
from runtime.cli import main
from runtime.idx import read_test_set
from runtime.npz import read_npz
from runtime.preprocess import normalise, to_input
from train.options import KNOBS
from train.zoo import find
from train.zoo.recipe import Recipe

# numpy 2.4 objects to how Keras 3 hands out its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FILES = {
    *(
        "manifest.json",
        "model.keras",
        "calibration.npz",
        "validation.npz",
        "background.npz",
        "holdout.npz",
        "drawn.npz",
    ),
    *("history.json", "history.png", "confusion.json", "confusion.png", "wrong.png", "samples.png"),
}


@pytest.fixture(scope="module")
def trained(idx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run folder and the JSON that its training printed."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    words = ["--model", "cnn-32-64", "--epochs", "2", "--seed", "7", "--export", "saved_model,h5", "--out", str(folder)]
    result = subprocess.run(
        [sys.executable, "-m", "train", *words, "--data", str(idx_folder), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    return folder, {**json.loads(result.stdout), "talk": result.stderr}


def load_arrays(folder: Path, variant: str, *names: str) -> dict[str, np.ndarray]:
    file = manifest.load(folder).find("npz", variant)
    assert file is not None
    return read_npz(manifest.read_file(folder, file), names, file.path)


def test_everything_is_in_the_folder_and_nothing_else_beside_it(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained

    assert {path.name for path in folder.iterdir()} == FILES | {"saved_model", "model.h5"}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_is_chosen_by_and_what_is_only_reported_on_stand_apart(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    with np.load(folder / "validation.npz") as file:
        chosen_by = {name: file[name] for name in file.files}
    with np.load(folder / "background.npz") as file:
        reported_on = {name: file[name] for name in file.files}

    assert chosen_by["images"].shape == (160, 28, 28)
    assert np.bincount(chosen_by["labels"])[:10].sum() == 120  # a tenth of the digits to learn from
    assert np.sum(chosen_by["labels"] == 10) == 40
    assert reported_on["images"].shape == (40, 28, 28)
    assert reported_on["kinds"].max() < len(reported_on["names"])
    both = {image.tobytes() for image in chosen_by["images"]} & {image.tobytes() for image in reported_on["images"]}
    assert not both


def test_manifest_tells_how_it_was_trained(trained: tuple[Path, dict[str, Any]], idx_folder: Path) -> None:
    folder, printed = trained
    described = manifest.load(folder)
    training = described.training

    assert (described.name, described.parameters, described.classes) == ("small", 34_826, manifest.DIGIT_CLASSES)
    expected = {"model": "cnn-32-64", "preset": "published", "epochs": 2, "seed": 7, "batch_size": 32}
    assert expected.items() <= training.items()
    assert Recipe(**training["recipe"]) == replace(find("cnn-32-64").recipes["published"], epochs=2, seed=7)
    assert (training["training_samples"], training["test_samples"]) == (1200, 200)
    assert training["test_accuracy"] == pytest.approx(1 - training["test_errors"] / 200)
    assert 0.5 < training["validation_accuracy"] <= 1
    assert training["data"] == idx_folder.name
    assert training["command"].startswith(
        "digits train --model cnn-32-64 --preset published --epochs 2 --seed 7 --data "
    )
    assert {"keras", "tensorflow", "numpy", "python"} <= training["versions"].keys()
    assert {key: printed[key] for key in training} == training
    for file in described.files:
        manifest.read_file(folder, file)


@pytest.mark.parametrize(
    ("asked", "name", "words"),
    [
        (None, "mnist", ""),
        ("auto", "mnist", ""),
        ("auto", "synthetic", " --data synthetic"),
        ("my digits", "my digits", " --data 'my digits'"),
        (None, "theirs", " --data some/where"),
        ("auto", "theirs", " --data some/where"),
    ],
    ids=["MNIST", "auto MNIST", "auto drawn", "a folder", "the variable's", "auto the variable's"],
)
def test_command_trains_on_the_same_digits_again(
    asked: str | None, name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.session import Order

    monkeypatch.setenv("DIGITS_DATA", "some/where")

    trained = "digits train --model edge-nano --preset quick"
    assert Order("edge-nano", data=asked).command("quick", name) == trained + words


def test_terminal_shows_our_words_alone(trained: tuple[Path, dict[str, Any]]) -> None:
    lines = trained[1]["talk"].splitlines()

    assert lines[0].startswith("training cnn-32-64 (published) on ")
    assert [line[:9] for line in lines[1:3]] == ["epoch 1/2", "epoch 2/2"]
    assert len(lines) == 4
    assert "errors on 200 test images" in lines[3]


def test_hold_out_is_the_test_part_and_calibration_a_balanced_piece_of_the_rest(
    trained: tuple[Path, dict[str, Any]], idx_folder: Path
) -> None:
    folder, _ = trained
    images, labels = read_test_set(idx_folder)
    holdout = load_arrays(folder, "holdout", "images", "labels")
    calibration = load_arrays(folder, "calibration", "images", "labels")

    np.testing.assert_array_equal(holdout["images"], images)
    np.testing.assert_array_equal(holdout["labels"], labels)
    assert calibration["images"].shape == (500, 28, 28)
    assert np.bincount(calibration["labels"]).tolist() == [50] * 10


def test_drawn_crops_normalise_to_their_glyphs(trained: tuple[Path, dict[str, Any]]) -> None:
    drawn = load_arrays(trained[0], "drawn", "images", "labels", "ink", "ink_shapes", "glyphs")
    start = 0
    for shape, glyph in zip(drawn["ink_shapes"], drawn["glyphs"], strict=True):
        size = int(shape[0]) * int(shape[1])
        np.testing.assert_array_equal(normalise(drawn["ink"][start : start + size].reshape(shape)), glyph)
        start += size

    assert start == len(drawn["ink"])
    assert len({tuple(shape) for shape in drawn["ink_shapes"].tolist()}) > 20
    assert sorted(set(drawn["labels"].tolist())) == list(range(10))


def test_figures_agree_with_the_model(trained: tuple[Path, dict[str, Any]], idx_folder: Path) -> None:
    import keras

    folder, printed = trained
    images, labels = read_test_set(idx_folder)
    counts = np.array(json.loads((folder / "confusion.json").read_text())["counts"])
    history = json.loads((folder / "history.json").read_text())
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    answers = np.asarray(model.predict_on_batch(to_input(images)))

    assert (answers.argmax(axis=1) != labels).sum() == printed["test_errors"]
    assert counts.sum() - np.trace(counts) == printed["test_errors"]
    assert counts.sum(axis=1).tolist() == np.bincount(labels).tolist()
    assert [figures["epoch"] for figures in history["epochs"]] == [1, 2]
    assert history["chosen_epoch"] in (1, 2)


@pytest.mark.parametrize("name", ["history", "confusion", "wrong", "samples"])
def test_pictures_are_pictures(trained: tuple[Path, dict[str, Any]], name: str) -> None:
    picture = cv2.imread(str(trained[0] / f"{name}.png"))

    assert min(picture.shape[:2]) > 50
    assert picture.std() > 5


def test_exports_answer_as_the_model_does(trained: tuple[Path, dict[str, Any]], idx_folder: Path) -> None:
    import keras
    import tensorflow as tf

    folder, printed = trained
    images = to_input(read_test_set(idx_folder)[0])
    expected = np.asarray(keras.saving.load_model(folder / "model.keras", compile=False).predict_on_batch(images))
    h5 = keras.saving.load_model(folder / "model.h5", compile=False)

    assert printed["exports"] == ["saved_model", "h5"]
    np.testing.assert_allclose(np.asarray(h5.predict_on_batch(images)), expected, atol=1e-6)
    saved_model = tf.saved_model.load(str(folder / "saved_model"))
    np.testing.assert_allclose(saved_model.serve(tf.constant(images)).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--model", "edgy"], 2, "there is no model 'edgy'; one of dense-512"),
        ([], 2, "--model is missing; one of dense-512"),
        (["--model", "edge-nano", "--preset", "fast"], 2, "no preset 'fast'; one of standard, quick, best"),
        (["--model", "edge-nano", "--epochs", "0"], 2, "expected a whole number from 1 to 100,000, got '0'"),
        (["--model", "edge-nano", "--augmentation", "1.5"], 2, "expected a number of 0 to 1, got '1.5'"),
        (["--model", "edge-nano", "--validation-share", "1"], 2, "and without, 1, got '1'"),
        (["--model", "edge-nano", "--learning-rate", "nan"], 2, "at least 0, got 'nan'"),
        (["--model", "edge-nano", "--optimiser", "lion"], 2, "invalid choice"),
        (["--model", "edge-nano", "--seed", "4294967296"], 2, "expected a whole number from 0 to 4294967295"),
        (["--model", "dense-128", "--label-smoothing", "0.1"], 2, "knows no label smoothing"),
        (["--model", "dense-128", "--warm-up-epochs", "1"], 2, "add --schedule cosine"),
        (["--model", "edge-nano", "--epochs", "2", "--warm-up-epochs", "3"], 2, "longer than the 2 epochs"),
        (["--model", "edge-nano", "--epochs", "100001"], 2, "expected a whole number from 1 to 100,000, got '100001'"),
        (["--model", "edge-nano", "--export", "onnx"], 2, "expected some of saved_model,h5, got 'onnx'"),
        (["--model", "edge-nano", "--data", "no/such/folder"], 1, "no/such/folder: expected train-images"),
    ],
    ids=[
        *("model", "nothing", "preset", "epochs", "strength", "share", "not a number", "optimiser", "seed"),
        *("smoothing of a sparse loss", "warm-up without schedule", "long warm-up", "many epochs", "export", "data"),
    ],
)
def test_misuse_is_one_line(
    words: list[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words, "--out", str(tmp_path / "run")]) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "edge-nano", "--preset", "nope"], "has no preset 'nope'; one of standard, quick, best"),
        (["--model", "nope"], "there is no model 'nope'"),
        (["--model", "edge-nano", "--epochs", "9" * 5000], "from 1 to 100,000"),
        (["--model", "edge-nano", "--out", "there"], "there: exists and is not a run folder"),
        (["--model", "edge-nano", "--out", "there/run"], "there/run.checkpoint.npz: an unfinished training"),
        (["--model", "edge-nano", "--out", ""], "--out: expected something"),
    ],
    ids=["preset", "model", "epochs", "taken", "unfinished", "empty"],
)
def test_trivial_mistakes_are_said_before_tensorflow_loads(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "run.checkpoint.npz").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("train.command.load_framework", lambda: 1 / 0)

    assert main(["train", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error) < 500 + len(str(tmp_path))


def test_too_few_images_are_refused(idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "dense-128", "--data", str(idx_folder), "--limit", "4", "--out", str(tmp_path / "run")]

    assert main(["train", *words]) == 1
    error = capsys.readouterr().err
    assert "expected images of all ten digits" in error
    assert "take more of them" in error


def test_a_training_that_diverges_says_so(idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--optimiser", "sgd", "--learning-rate", "1e30", "--epochs", "2"]

    assert train_small(idx_folder, tmp_path / "run", *words) == 1
    assert "the training diverged in epoch" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def train_small(idx_folder: Path, run: Path, *more: str) -> int:
    return main(["train", "--model", "dense-128", "--data", str(idx_folder), "--out", str(run), *more])


def test_what_exists_is_replaced_only_when_asked(
    idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert train_small(idx_folder, run) == 0
    created = (run / "manifest.json").read_bytes()

    for more in ([], ["--resume"]):
        assert train_small(idx_folder, run, *more) == 2
        assert "a finished run; train it anew with --overwrite" in capsys.readouterr().err
        assert (run / "manifest.json").read_bytes() == created
    assert train_small(idx_folder, run, "--overwrite", "--seed", "2") == 0
    assert json.loads((run / "manifest.json").read_text())["training"]["seed"] == 2


def test_a_folder_that_is_no_run_is_never_replaced(
    idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_bytes(b"x")

    assert train_small(idx_folder, tmp_path / "photos", "--overwrite") == 2
    assert "is not a run folder" in capsys.readouterr().err
    assert (tmp_path / "photos" / "me.jpg").exists()


def test_a_folder_with_another_programs_manifest_is_never_replaced(
    bundle_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    web = bundle_folder.parent / "web"
    web.mkdir()
    (web / "manifest.json").write_text('{"name": "app"}')
    (bundle_folder / "index.html").write_text("years of work")

    for folder, said in ((web, "is not a run folder"), (bundle_folder, "holds index.html, which is no part of a run")):
        for more in ([], ["--overwrite"]):
            assert main(["train", "--model", "dense-128", "--out", str(folder), *more]) == 2
            assert said in capsys.readouterr().err
    assert (bundle_folder / "index.html").exists()


@pytest.mark.parametrize("name", [".", "/"])
def test_the_folder_one_stands_in_is_never_replaced(
    name: str, idx_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert train_small(idx_folder, Path(name), "--overwrite") == 2
    assert "is not a run folder" in capsys.readouterr().err


def test_unfinished_training_waits_for_a_word(
    idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import fit

    run, checkpoint = tmp_path / "run", tmp_path / "run.checkpoint.npz"
    report = fit._report

    def interrupt(figures: Any, epochs: int) -> None:
        report(figures, epochs)
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "_report", interrupt)
    assert train_small(idx_folder, run, "--epochs", "3") == 130
    assert "with --resume goes on" in capsys.readouterr().err
    monkeypatch.undo()

    assert train_small(idx_folder, run, "--epochs", "3") == 2
    assert "an unfinished training; go on with --resume" in capsys.readouterr().err
    assert train_small(idx_folder, run, "--epochs", "3", "--seed", "9", "--resume") == 2
    assert "begun with seed 1, and this command says 9" in capsys.readouterr().err
    assert checkpoint.exists()
    assert train_small(idx_folder, run, "--epochs", "3", "--resume") == 0
    assert "going on after epoch 1 of 3" in capsys.readouterr().err
    assert not checkpoint.exists()


def test_resume_with_overwrite_begins_anew_where_the_checkpoint_does_not_fit(
    idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.checkpoint.npz").write_bytes(b"damaged")

    assert train_small(idx_folder, tmp_path / "run", "--resume") == 1
    assert "not a readable checkpoint" in capsys.readouterr().err
    assert train_small(idx_folder, tmp_path / "run", "--resume", "--overwrite") == 0
    assert "going on" not in capsys.readouterr().err


def test_a_checkpoint_of_another_version_is_not_gone_on_with(
    idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from train import session

    run = tmp_path / "run"
    monkeypatch.setattr(session, "write_run", lambda *_: 1 / 0)  # the checkpoint stays
    with pytest.raises(ZeroDivisionError):
        train_small(idx_folder, run)
    monkeypatch.undo()
    monkeypatch.setattr("train.zoo.dense.MODELS", [replace(find("dense-128"), build=find("dense-1024").build)])

    assert train_small(idx_folder, run, "--resume") == 2
    assert "it was begun with network" in capsys.readouterr().err
    assert train_small(idx_folder, run, "--resume", "--overwrite") == 0


def test_resume_of_nothing_begins(idx_folder: Path, tmp_path: Path) -> None:
    assert train_small(idx_folder, tmp_path / "run", "--resume") == 0


@pytest.mark.slow
def test_control_c_says_how_to_go_on(idx_folder: Path, tmp_path: Path) -> None:
    words = ["--model", "edge-nano", "--preset", "quick", "--data", str(idx_folder), "--epochs", "500"]
    command = [sys.executable, "-m", "train", *words, "--out", str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (tmp_path / "run.checkpoint.npz").exists():
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        out, error = process.communicate(timeout=60)

    assert process.returncode == 130
    assert out == ""
    assert error.splitlines()[-2:] == [
        "the finished epochs are kept: the same command with --resume goes on after them",
        "digits: interrupted",
    ]


def test_every_value_of_a_recipe_has_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    names = {field.name for field in fields(Recipe)} - {"loss"}  # the loss belongs to the model's last layer
    assert set(KNOBS) == names

    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for name in names:
        assert f"--{name.replace('_', '-')} " in text


def test_help_needs_no_tensorflow() -> None:
    code = (
        "import sys; sys.modules.update({name: None for name in ('keras', 'tensorflow', 'matplotlib')})\n"
        "from runtime.cli import main; main(['train', '--help'])"
    )
    assert "--resume" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_missing_tensorflow_names_its_remedy() -> None:
    code = (
        "import sys; sys.modules.update({'tensorflow': None})\n"
        "from runtime.cli import main; sys.exit(main(['train', '--list']))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.returncode == 3
    assert "pip install '.[train]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_list_has_every_model_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[-1].split()[:2] == ["edge-base", "94,747"]
    assert any("283 errors of 10,000" in line for line in lines)
