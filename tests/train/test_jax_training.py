"""Training with Keras on JAX: the same run folder, repeatable and resumable, without TensorFlow; then conversion."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from runtime.cli import main
from train.framework import load_framework

WITHOUT_TENSORFLOW = """
import sys
if __name__ == "__main__":
    sys.modules["tensorflow"] = None
    from runtime.cli import main
    sys.exit(main(sys.argv[1:]))
"""
TINY = ["--model", "edge-nano", "--preset", "quick", "--batch-size", "64", "--background", "0", "--european", "0"]

# numpy 2.4 objects to how Keras 3 hands out its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed (pip install '.[train,jax]')"
)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `digits` in a process that has no TensorFlow."""
    path = tmp_path_factory.mktemp("script") / "digits.py"
    path.write_text(WITHOUT_TENSORFLOW)
    return path


def command(script: Path, run: Path, data: Path, *more: str) -> list[str]:
    return [sys.executable, str(script), "train", *TINY, "--data", str(data), "--out", str(run), "--epochs", "3", *more]


def environment(backend: str = "jax") -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": root}


@pytest.fixture(scope="module")
def trained(script: Path, idx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run that was trained without TensorFlow, and what its training said."""
    run = tmp_path_factory.mktemp("runs") / "jax"
    words = command(script, run, idx_folder)
    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False, timeout=900)
    assert result.returncode == 0, result.stderr
    return run, result.stderr


def read_weights(run: Path) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(run / "model.keras", compile=False).get_weights()


@pytest.mark.slow
@needs_jax
def test_a_run_without_tensorflow_is_a_run_like_any_other(trained: tuple[Path, str]) -> None:
    from runtime import manifest

    run, said = trained
    described = manifest.load(run)
    for file in described.files:
        manifest.read_file(run, file)

    assert {"keras", "jax", "numpy", "python"} == described.training["versions"].keys()
    assert described.parameters == 9_822
    assert said.splitlines()[0].startswith("training edge-nano (quick) on ")
    assert [line[:9] for line in said.splitlines()[1:4]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    history = json.loads((run / "history.json").read_text())["epochs"]
    assert history[-1]["loss"] < history[0]["loss"]


@pytest.mark.slow
@needs_jax
@pytest.mark.usefixtures("framework")
def test_it_converts_under_tensorflow_whatever_the_environment_says(trained: tuple[Path, str], tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained[0], tmp_path / "jax"))
    words = [sys.executable, "-m", "runtime", "convert", str(run), "--variants", "int8.tflite,float32.tflite", "--json"]

    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False, timeout=900)

    assert result.returncode == 0, result.stderr
    assert {"int8.tflite", "float32.tflite"} <= {path.name for path in run.iterdir()}
    assert main(["verify", str(run), "--samples", "200"]) == 0


@pytest.mark.slow
@needs_jax
@pytest.mark.usefixtures("framework")
def test_killed_and_resumed_gives_the_very_same_weights(
    trained: tuple[Path, str], script: Path, idx_folder: Path, tmp_path: Path
) -> None:
    """The fixture's run is the uninterrupted one: the same seed gives the same weights in another process, too."""
    run = tmp_path / "jax"
    kill_after_an_epoch(command(script, run, idx_folder), tmp_path / "jax.checkpoint.npz")

    words = command(script, run, idx_folder, "--resume")
    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False, timeout=900)

    assert result.returncode == 0, result.stderr
    assert "going on after epoch" in result.stderr
    for one, other in zip(read_weights(run), read_weights(trained[0]), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@needs_jax
def test_an_unfinished_training_is_not_gone_on_with_by_other_arithmetic(
    script: Path, idx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    kill_after_an_epoch(command(script, run, idx_folder), tmp_path / "run.checkpoint.npz")

    assert main(command(script, run, idx_folder, "--resume")[2:]) == 2

    assert "on jax, and this command says" in capsys.readouterr().err


@pytest.mark.slow
@needs_jax
def test_tensorflows_own_format_needs_tensorflow(script: Path, idx_folder: Path, tmp_path: Path) -> None:
    words = command(script, tmp_path / "run", idx_folder, "--export", "saved_model")

    result = subprocess.run(words, capture_output=True, text=True, env=environment(), check=False, timeout=900)

    assert result.returncode == 2
    assert "--export saved_model is TensorFlow's own format; train without KERAS_BACKEND=jax" in result.stderr


def test_another_backend_is_refused_and_not_replaced(script: Path, idx_folder: Path, tmp_path: Path) -> None:
    words = command(script, tmp_path / "run", idx_folder)

    result = subprocess.run(words, capture_output=True, text=True, env=environment("torch"), check=False)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "digits: KERAS_BACKEND: expected tensorflow or jax, got 'torch'\n"


def test_missing_jax_names_what_installs_it() -> None:
    code = "import sys; sys.modules['jax'] = None\nfrom runtime.cli import main; sys.exit(main(['train', '--list']))"

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False
    )

    assert result.returncode == 3
    assert result.stderr == "digits: KERAS_BACKEND=jax needs the package 'jax'; install it with: pip install '.[jax]'\n"


@pytest.mark.usefixtures("framework")
def test_an_empty_choice_is_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setenv("KERAS_BACKEND", "")
    load_framework()

    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    assert keras.backend.backend() == "tensorflow"


def kill_after_an_epoch(words: list[str], checkpoint: Path) -> None:
    """Start a training and kill it, as hard as can be, when its first epoch is written."""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), start_new_session=True
    ) as process:
        while process.poll() is None and not checkpoint.exists():
            time.sleep(0.002)
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
