"""Every engine gives Keras' answers, however the images are batched, and refuses what is damaged."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime import backends, manifest
from runtime.backends import ENGINES, Backend, open_backend
from runtime.bundle import open_bundle, open_file
from runtime.errors import MissingEngine, ModelError, UsageError
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.records import Images

MODELS = Path(__file__).parents[1] / "models"
FILES = manifest.load(MODELS).converted()
STATIC_FILES = manifest.load(MODELS / "static").converted()


def on_engines(files: tuple[ModelFile, ...]) -> list[object]:
    """Every file with every engine that runs it, skipped where the engine is not installed."""
    return [
        pytest.param(
            file,
            engine,
            id=f"{file.path}-{engine}",
            marks=pytest.mark.skipif(engine not in backends.installed(), reason=f"{engine} is not installed"),
        )
        for file in files
        for engine in ENGINES
        if not backends.unsupported(engine, file)
    ]


def open_in(folder: Path, file: ModelFile, engine: str, threads: int = 1) -> Backend:
    return open_backend((folder / file.path).read_bytes(), file, engine, threads)


def listed(data: bytes, path: str) -> ModelFile:
    """A manifest's entry that fits `data`."""
    return ModelFile(path.rpartition(".")[2], "float32", path, hashlib.sha256(data).hexdigest(), len(data))


@pytest.fixture(scope="module")
def images() -> Images:
    with np.load(MODELS / "golden.npz") as golden:
        return to_input(golden["images"])


@pytest.fixture(scope="module")
def answers() -> NDArray[np.float32]:
    with np.load(MODELS / "golden.npz") as golden:
        return np.asarray(golden["probabilities"])


@pytest.mark.parametrize(("file", "engine"), on_engines(FILES))
def test_answers_are_those_of_keras(file: ModelFile, engine: str, images: Images, answers: NDArray[np.float32]) -> None:
    backend = open_in(MODELS, file, engine)
    given = backend.predict(images)

    assert backend.engine == engine
    assert given.dtype == np.float32
    assert given.shape == answers.shape
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-6)
    difference = np.abs(given - answers)
    if file.variant == "float32":
        assert difference.max() < 1e-5
    else:
        assert difference.mean() < 0.005
        assert (given.argmax(axis=1) != answers.argmax(axis=1)).mean() <= 0.03


@pytest.mark.parametrize(("file", "engine"), on_engines(FILES))
@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 65, 130])
def test_any_number_of_images_is_answered_as_one_by_one(
    file: ModelFile, engine: str, count: int, images: Images
) -> None:
    backend = open_in(MODELS, file, engine)
    many = np.concatenate([images, images])[:count]
    together = backend.predict(many)
    apart = [backend.predict(many[index : index + 1]) for index in range(count)]

    assert together.shape == (count, 10)
    np.testing.assert_allclose(together, np.concatenate([together[:0], *apart]), atol=1e-5)


@pytest.mark.parametrize(("file", "engine"), on_engines(STATIC_FILES))
@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 9])
def test_fixed_batches_are_looped_and_filled_up(
    file: ModelFile, engine: str, count: int, images: Images, answers: NDArray[np.float32]
) -> None:
    given = open_in(MODELS / "static", file, engine).predict(images[:count])

    assert given.shape == (count, 10)
    np.testing.assert_allclose(given, answers[:count], atol=1e-5)


@pytest.mark.parametrize(("file", "engine"), on_engines(FILES))
def test_answers_last_while_others_are_given(file: ModelFile, engine: str, images: Images) -> None:
    backend, other = open_in(MODELS, file, engine), open_in(MODELS, file, engine)
    first = backend.predict(images[:3])
    kept = first.copy()
    other.predict(images[10:20])
    backend.predict(images[3:6])

    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(backend.predict(images[:3]), kept)


@pytest.mark.parametrize(("file", "engine"), on_engines(FILES))
def test_more_threads_change_nothing(file: ModelFile, engine: str, images: Images) -> None:
    one, two = (open_in(MODELS, file, engine, threads).predict(images) for threads in (1, 2))

    np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("engine", backends.installed())
@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1, 28, 28, 1), np.float64),
        np.zeros((1, 28, 28, 1), np.uint8),
        np.zeros((28, 28, 1), np.float32),
        np.zeros((1, 28, 28), np.float32),
        np.zeros((1, 20, 28, 1), np.float32),
    ],
    ids=["float64", "uint8", "one image", "no channel", "height"],
)
def test_images_of_another_kind_are_refused(engine: str, wrong: NDArray[np.float32]) -> None:
    file = next(file for file in FILES if not backends.unsupported(engine, file))

    with pytest.raises(ValueError, match=r"expected float32 \(N, 28, 28, 1\), got"):
        open_in(MODELS, file, engine).predict(wrong)


@pytest.mark.parametrize("engine", backends.installed())
def test_input_stays_as_it_was(engine: str, images: Images) -> None:
    file = next(file for file in FILES if not backends.unsupported(engine, file))
    given = images[:5].copy()
    open_in(MODELS, file, engine).predict(given)

    np.testing.assert_array_equal(given, images[:5])


@pytest.mark.parametrize("engine", backends.installed())
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[: len(data) // 2], "the manifest says .* bytes, got"),
        (lambda data: data[:0], "the manifest says .* bytes, got 0"),
        (lambda data: bytes(len(data)), "the manifest says sha256 .*, got"),
        (lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:], "the manifest says sha256 .*, got"),
    ],
    ids=["truncated", "empty", "zeros", "one bit"],
)
def test_damaged_files_reach_no_engine(engine: str, change: object, message: str) -> None:
    file = next(file for file in FILES if not backends.unsupported(engine, file))
    data = change((MODELS / file.path).read_bytes())  # type: ignore[operator]

    with pytest.raises(ModelError, match=message):
        open_backend(data, file, engine)


@pytest.mark.parametrize("engine", backends.installed())
@pytest.mark.parametrize(
    "data", [b"", b"no model", bytes(5000), b"\xff" * 5000], ids=["empty", "text", "zeros", "ones"]
)
def test_files_that_are_no_models_are_one_clear_error(engine: str, data: bytes) -> None:
    form = next(file.format for file in FILES if not backends.unsupported(engine, file))

    with pytest.raises(ModelError, match=f"^model.{form}: ") as caught:
        open_backend(data, listed(data, f"model.{form}"), engine)

    assert "\n" not in str(caught.value)


@pytest.mark.skipif("onnxruntime" not in backends.installed(), reason="onnxruntime is not installed")
def test_a_refused_file_writes_nothing_between_the_data_on_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    """ONNX Runtime may announce there that it tries its providers again; here it does not know the file's version."""
    data = b"\x08\x63" + (MODELS / "float32.onnx").read_bytes()[2:]

    with pytest.raises(ModelError, match=r"^float32.onnx: onnxruntime refuses it"):
        open_backend(data, listed(data, "float32.onnx"), "onnxruntime")

    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("engine", backends.installed())
def test_files_that_are_no_classifiers_of_digits_are_refused(engine: str) -> None:
    form = next(file.format for file in FILES if not backends.unsupported(engine, file))
    path = MODELS / "strangers" / f"numbers.{form}"

    with pytest.raises(ModelError, match=r"expected input \(N, height, width, channels\)"):
        open_backend(path.read_bytes(), listed(path.read_bytes(), path.name), engine)


@pytest.mark.parametrize("engine", backends.installed())
def test_files_that_break_a_rule_reach_no_engine(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their size and hash are right, as of a file that somebody made to harm."""
    file = next(file for file in FILES if not backends.unsupported(engine, file))
    data = (MODELS / file.path).read_bytes() + b"PK\x03\x04 and more"
    monkeypatch.setattr(backends, "_load", lambda name: pytest.fail(f"{name} was loaded"))

    with pytest.raises(ModelError, match=rf"^{file.path}: .*; expected .* \[(archive|unknown-field)\]$"):
        open_backend(data, listed(data, file.path), engine)


@pytest.mark.parametrize("engine", backends.installed())
def test_answers_that_are_no_probabilities_are_refused(engine: str, images: Images) -> None:
    form = next(file.format for file in FILES if not backends.unsupported(engine, file))
    path = MODELS / "strangers" / f"logits.{form}"
    backend = open_backend(path.read_bytes(), listed(path.read_bytes(), path.name), engine)

    with pytest.raises(ModelError, match=rf"^logits.{form}: its answers are no probabilities \(sums"):
        backend.predict(images)


@pytest.mark.parametrize("engine", [name for name in ("litert", "tflite-runtime") if name in backends.installed()])
def test_file_that_fails_while_it_runs_is_one_clear_error(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteRT prepares its operators at the first answer: it opens a file with a wrong scale and refuses to run it.

    Such a scale breaks a rule; here the file goes by, as one would whose fault no rule knows.
    """
    monkeypatch.setattr(backends, "check_bytes", lambda *_: None)
    data = (MODELS / "uint8.tflite").read_bytes()
    right, wrong = (np.float32(scale).tobytes() for scale in (1 / 256, 1 / 128))
    changed = data.replace(right, wrong)

    with pytest.raises(ModelError, match=rf"^uint8.tflite: {engine} refuses it \(.*scale not near") as caught:
        open_backend(changed, listed(changed, "uint8.tflite"), engine).predict(np.zeros((2, 28, 28, 1), np.float32))

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "path", "reason"),
    [
        ("litert", "int8.tflite", None),
        ("litert", "float32.onnx", "litert runs .tflite files only"),
        ("tflite-runtime", "int8.tflite", None),
        ("tflite-runtime", "dynamic.tflite", "lacks FULLY_CONNECTED version 12"),
        ("onnxruntime", "int8.onnx", None),
        ("onnxruntime", "int8.tflite", "onnxruntime runs .onnx and .ort files only"),
        ("opencv", "float32.onnx", None),
        ("opencv", "int8.onnx", None),
    ],
)
def test_reasons_for_what_an_engine_does_not_run(engine: str, path: str, reason: str | None) -> None:
    file = next(file for file in FILES if file.path == path)
    given = backends.unsupported(engine, file)

    assert (given is None) if reason is None else (given is not None and reason in given)


@pytest.mark.skipif("tflite-runtime" not in backends.installed(), reason="tflite-runtime is not installed")
def test_reason_against_dynamic_files_still_holds() -> None:
    from tflite_runtime.interpreter import Interpreter

    with pytest.raises(ValueError, match="FULLY_CONNECTED' version '12'"):
        Interpreter(model_path=str(MODELS / "dynamic.tflite")).allocate_tensors()


def test_file_that_an_engine_cannot_run_is_a_usage_error() -> None:
    file = next(file for file in FILES if file.path == "int8.tflite")

    with pytest.raises(UsageError, match=r"int8\.tflite: opencv cannot run it: opencv runs \.onnx files only"):
        open_in(MODELS, file, "opencv")


def test_engine_that_does_not_exist_is_a_usage_error_with_those_that_do() -> None:
    with pytest.raises(
        UsageError, match="there is no engine 'torch'; one of litert, tflite-runtime, onnxruntime, opencv"
    ):
        open_in(MODELS, FILES[0], "torch")


def test_our_own_engine_is_asked_by_name_where_there_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backends.usual() == tuple(name for name in backends.installed() if name != "reference")

    monkeypatch.setattr(backends, "installed", lambda: ("reference",))
    assert backends.usual() == ("reference",)


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - set(backends.installed())))
def test_missing_engine_names_the_command_that_installs_it(engine: str) -> None:
    file = next(file for file in FILES if not backends.unsupported(engine, file))

    with pytest.raises(
        MissingEngine, match=rf"the engine {engine} is not installed; install it with: pip install"
    ) as caught:
        open_in(MODELS, file, engine)

    assert caught.value.exit_code == 3


def test_installed_engines_are_found_without_importing_them() -> None:
    code = (
        "import sys\nfrom runtime import backends\nprint(*backends.installed())\n"
        "print([n for n in ('ai_edge_litert', 'tflite_runtime', 'onnxruntime') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.split("\n")[:2] == [" ".join(backends.installed()), "[]"]


@pytest.mark.parametrize("engine", backends.installed())
def test_versions_are_known(engine: str) -> None:
    assert backends.version(engine)[0].isdigit()


@pytest.mark.parametrize("engine", backends.installed())
def test_a_program_that_opens_a_model_prints_nothing(engine: str) -> None:
    """Engines announce themselves on the process's standard error; a person at the terminal sees nothing of it."""
    file = next(file for file in FILES if not backends.unsupported(engine, file))
    code = (
        "import numpy as np\nfrom pathlib import Path\nfrom runtime.bundle import open_bundle, open_model\n"
        f"_, backend = open_model(open_bundle(Path({str(MODELS)!r})), {engine!r}, {file.path!r})\n"
        "backend.predict(np.zeros((3, 28, 28, 1), np.float32))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout + result.stderr == ""


def test_standard_error_speaks_again_after_opening(capfd: pytest.CaptureFixture[str]) -> None:
    open_file(open_bundle(MODELS), next(file for file in FILES if file.path == "float32.onnx"), "opencv")
    os.write(2, b"heard")

    assert capfd.readouterr().err == "heard"
