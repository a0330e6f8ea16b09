"""Teachers: finished runs whose answers a network learns beside the labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.cli import main
from runtime.errors import ModelError
from runtime.preprocess import to_input
from train.framework import load_framework
from train.handwriting.dataset import draw_digits

# numpy 2.4 objects to how Keras 3 hands out its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

QUICK = ["--model", "dense-512", "--epochs", "2"]


@pytest.fixture(scope="module")
def teacher(idx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run to learn from."""
    run = tmp_path_factory.mktemp("teacher") / "run"
    assert main(["train", *QUICK, "--data", str(idx_folder), "--out", str(run)]) == 0
    return run


def train(*words: object) -> int:
    return main(["train", *map(str, words)])


def load(runs: list[Path], classes: int = 10) -> Any:  # noqa: ANN401 - Keras must not be loaded here
    load_framework()
    from train.teacher import load_teacher

    return load_teacher(runs, classes)


def test_several_teachers_are_asked_together(teacher: Path) -> None:
    images = to_input(draw_digits(20, 1)[0])

    one, two = load([teacher]), load([teacher, teacher])

    assert one.answer(images).shape == (20, 10)
    np.testing.assert_allclose(one.answer(images), two.answer(images), atol=1e-6)
    assert two.fingerprints == one.fingerprints * 2


def test_a_student_of_nothing_but_its_teacher_agrees_with_it(teacher: Path, idx_folder: Path, tmp_path: Path) -> None:
    words = [*QUICK, "--model", "dense-1024", "--epochs", "4", "--data", idx_folder, "--out", tmp_path / "run"]

    assert train(*words, "--teacher", teacher, "--distillation", "1") == 0

    images = to_input(draw_digits(200, 3)[0])
    answers = [load([run]).answer(images).argmax(axis=1) for run in (teacher, tmp_path / "run")]
    assert (answers[0] == answers[1]).mean() > 0.8
    command = json.loads((tmp_path / "run" / "manifest.json").read_text())["training"]["command"]
    assert f"--distillation 1.0 --data {idx_folder}" in command
    assert command.endswith(f"--teacher {teacher}")


@pytest.mark.parametrize("words", [["--distillation", "0.5"], ["--teacher", "TEACHER"]], ids=["no teacher", "no share"])
def test_a_teacher_and_its_share_go_together(
    words: list[str], teacher: Path, idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(teacher) if word == "TEACHER" else word for word in words]

    assert train(*QUICK, "--data", idx_folder, "--out", tmp_path / "run", *words) == 2

    assert "distillation needs a teacher" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_teacher_with_other_answers_is_refused(teacher: Path) -> None:
    with pytest.raises(ModelError, match="gives 10 answers, and this network learns 11"):
        load([teacher], classes=11)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json"):
        load([tmp_path])


def test_a_damaged_model_is_refused(teacher: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "manifest.json").write_bytes((teacher / "manifest.json").read_bytes())
    (run / "model.keras").write_bytes(b"PK" + (teacher / "model.keras").read_bytes()[2:-1])

    with pytest.raises(ModelError, match=r"model\.keras"):
        load([run])
