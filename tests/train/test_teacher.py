"""Teachers: converted networks whose answers another network learns beside the labels."""

import json
from pathlib import Path

import numpy as np
import pytest

from runtime.cli import main
from runtime.errors import ModelError
from runtime.preprocess import to_input
from train.handwriting.dataset import draw_digits
from train.teacher import load_teacher

# numpy 2.4 objects to how Keras 3 hands out its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

QUICK = ["--model", "dense-512", "--epochs", "2"]
TEACHER = Path(__file__).parents[1] / "models"


def train(*words: object) -> int:
    return main(["train", *map(str, words)])


def test_several_teachers_are_asked_together() -> None:
    images = to_input(draw_digits(20, 1)[0])

    one, two = load_teacher([TEACHER], 10), load_teacher([TEACHER, TEACHER], 10)

    assert one.answer(images).shape == (20, 10)
    np.testing.assert_allclose(one.answer(images), two.answer(images), atol=1e-6)
    assert two.fingerprints == one.fingerprints * 2


def test_a_student_of_nothing_but_its_teacher_agrees_with_it(idx_folder: Path, tmp_path: Path) -> None:
    words = [*QUICK, "--epochs", "12", "--data", idx_folder, "--out", tmp_path / "run"]

    assert train(*words, "--teacher", TEACHER, "--distillation", "1") == 0

    command = json.loads((tmp_path / "run" / "manifest.json").read_text())["training"]["command"]
    assert "--distillation 1.0" in command
    assert command.endswith(f"--teacher {TEACHER}")
    with np.load(tmp_path / "run" / "calibration.npz") as file:
        images = to_input(file["images"])
    import keras

    student = keras.saving.load_model(tmp_path / "run" / "model.keras", compile=False).predict_on_batch(images)
    taught = load_teacher([TEACHER], 10).answer(images)
    assert (student.argmax(axis=1) == taught.argmax(axis=1)).mean() > 0.8


@pytest.mark.parametrize(
    "words", [["--distillation", "0.5"], ["--teacher", str(TEACHER)]], ids=["no teacher", "no share"]
)
def test_a_teacher_and_its_share_go_together(
    words: list[str], idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(*QUICK, "--data", idx_folder, "--out", tmp_path / "run", *words) == 2

    assert "distillation needs a teacher" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_loss_that_knows_whole_labels_alone_has_no_teacher(
    idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "dense-128", "--data", idx_folder, "--out", tmp_path / "run"]

    assert train(*words, "--teacher", TEACHER, "--distillation", "0.5") == 2

    assert "sparse_categorical_crossentropy, knows no distillation" in capsys.readouterr().err


def test_a_teacher_with_other_answers_is_refused() -> None:
    with pytest.raises(ModelError, match="gives 10 answers, and this network learns 11"):
        load_teacher([TEACHER], classes=11)


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json"):
        load_teacher([tmp_path], 10)
