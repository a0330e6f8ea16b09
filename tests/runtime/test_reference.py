"""The reference engine through the door of all engines: bit for bit LiteRT's reference kernels, and never a crash."""

import hashlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from runtime import backends, manifest
from runtime.backends import open_backend
from runtime.backends.quantisation import Quantisation
from runtime.bundle import BUNDLES, choose, open_bundle, open_file, shipped_bundles
from runtime.errors import ModelError
from runtime.formats import limits
from runtime.manifest import ModelFile
from runtime.preprocess import to_input
from runtime.records import Images

TESTS = Path(__file__).parents[1]
FOLDERS = [TESTS / "models", TESTS / "models_eleven", TESTS / "models" / "static"]
FOLDERS += [BUNDLES / name for name in shipped_bundles()]
FILES = [(folder, file) for folder in FOLDERS for file in manifest.load(folder).converted()]
WHOLE = [pair for pair in FILES if pair[1].path in ("int8.tflite", "uint8.tflite")]
TINY = {path: (TESTS / "models" / path).read_bytes() for path in ("int8.tflite", "dynamic.tflite", "int8.onnx")}
TINY |= {"float16.tflite": (TESTS / "models" / "float16.tflite").read_bytes()}
MEMORY = 200 * 2**20  # bytes; a batch of the largest shipped network needs some 30 MB


def names(pairs: list[tuple[Path, ModelFile]]) -> list[str]:
    return [f"{folder.name}-{file.path}" for folder, file in pairs]


def predict(data: bytes, path: str, images: Images) -> NDArray[np.float32]:
    """The engine's answers to a file that no manifest has vouched for."""
    form = path.rpartition(".")[2]
    file = ModelFile(form, path.partition(".")[0], path, hashlib.sha256(data).hexdigest(), len(data))
    return open_backend(data, file, "reference").predict(images)


def inputs(count: int) -> Images:
    """Drawn digits, noise, pictures of two levels, empty and full ones: as many of each of the first three."""
    rng = np.random.default_rng(count)
    with np.load(TESTS / "models" / "holdout.npz") as holdout:
        drawn = to_input(np.resize(holdout["images"], (count, 28, 28)))
    noise = rng.random((count, 28, 28, 1), np.float32)
    levels = (rng.random((count, 28, 28, 1)) < rng.random((count, 1, 1, 1))).astype(np.float32)
    ends = np.stack([np.full((28, 28, 1), level, np.float32) for level in (0, 1)])
    return np.concatenate([drawn, noise, levels, ends])


def reference_kernels(data: bytes, images: Images) -> NDArray[np.float32]:
    """What LiteRT's reference kernels answer, in real numbers."""
    package = pytest.importorskip("ai_edge_litert.interpreter")
    opened = package.Interpreter(model_content=data, experimental_op_resolver_type=package.OpResolverType.BUILTIN_REF)
    taken = opened.get_input_details()[0]["index"]
    opened.resize_tensor_input(taken, images.shape)
    opened.allocate_tensors()
    ends = [scaled(details) for details in (opened.get_input_details()[0], opened.get_output_details()[0])]
    opened.set_tensor(taken, ends[0].quantise(images) if ends[0] else images)
    opened.invoke()
    answers = opened.get_tensor(opened.get_output_details()[0]["index"])
    return np.asarray(ends[1].dequantise(answers) if ends[1] else answers)


def scaled(details: dict[str, Any]) -> Quantisation | None:
    scale, zero_point = details["quantization"]
    return Quantisation(np.dtype(details["dtype"]), scale, zero_point) if scale else None


def check_bits(folder: Path, file: ModelFile, images: Images) -> None:
    theirs = reference_kernels((folder / file.path).read_bytes(), images)
    given_answers = open_backend((folder / file.path).read_bytes(), file, "reference").predict(images)

    np.testing.assert_array_equal(given_answers, theirs / theirs.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("folder", "file"), WHOLE, ids=names(WHOLE))
def test_whole_numbers_are_those_of_the_reference_kernels(folder: Path, file: ModelFile) -> None:
    check_bits(folder, file, inputs(60))


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "file"), WHOLE, ids=names(WHOLE))
def test_thousands_of_answers_are_those_of_the_reference_kernels(folder: Path, file: ModelFile) -> None:
    check_bits(folder, file, inputs(700))


@pytest.mark.parametrize(("folder", "file"), FILES, ids=names(FILES))
def test_every_file_of_ours_is_run(folder: Path, file: ModelFile) -> None:
    """And gives to real ones what another engine gives to them."""
    images = inputs(6)
    if file.variant == "float32":
        others = [name for name in backends.installed() if name != "reference"]
        other = next(name for name in others if not backends.unsupported(name, file))
        data = (folder / file.path).read_bytes()
        mine, theirs = (open_backend(data, file, engine).predict(images) for engine in ("reference", other))

        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    else:
        answers = open_backend((folder / file.path).read_bytes(), file, "reference").predict(images)

        assert np.isfinite(answers).all()


def test_answers_do_not_depend_on_what_is_asked_beside_them() -> None:
    images, file = inputs(30), manifest.load(TESTS / "models").converted()
    for listed in file:
        backend = open_backend((TESTS / "models" / listed.path).read_bytes(), listed, "reference")
        together = backend.predict(images)
        apart = np.concatenate([backend.predict(images[index : index + 1]) for index in range(len(images))])
        bound = 0 if listed.variant in ("int8", "uint8") else 1e-6

        np.testing.assert_allclose(together, apart, atol=bound, err_msg=listed.path)


def test_it_is_there_always_last_and_of_the_program_itself() -> None:
    assert backends.installed()[-1] == "reference"
    assert backends.ENGINES[-1] == "reference"
    assert backends.version("reference") == backends.importlib.metadata.version("digits")
    assert all(backends.unsupported("reference", file) is None for _, file in FILES)


def test_it_is_chosen_where_no_other_engine_is_there(bundle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only there: any other engine that runs one of the files goes before it."""
    bundle, found = open_bundle(bundle_folder), backends.importlib.util.find_spec
    engine = choose(bundle)[1]
    own = {"runtime"}
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: found(name) if name in own else None)

    assert engine != "reference"
    assert (choose(bundle)[0].path, choose(bundle)[1]) == ("int8.tflite", "reference")
    own.add("cv2")
    assert (choose(bundle)[0].path, choose(bundle)[1]) == ("float32.onnx", "opencv")
    assert choose(bundle, file="int8.tflite")[1] == "reference"


def test_a_file_of_the_other_format_behind_a_name_is_one_clear_error() -> None:
    with pytest.raises(ModelError, match=r"not a \.tflite file"):
        predict(TINY["int8.onnx"], "int8.tflite", inputs(1))


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 1000)

    with pytest.raises(ModelError, match=r"^int8.tflite: \d+ bytes; at most 1000 are allowed"):
        predict(TINY["int8.tflite"], "int8.tflite", inputs(1))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ELEMENTS", 500, "at most 500 numbers"),
        ("HELD_BYTES", 9000, "more than 9000 bytes at once"),
        ("PRODUCTS", 20000, "at most 20000 are allowed"),
        ("TAPS", 4, "at most 4 places"),
    ],
)
@pytest.mark.parametrize("path", TINY)
def test_what_is_too_much_is_refused(
    path: str, name: str, value: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, name, value)

    with pytest.raises(ModelError, match=message) as caught:
        predict(TINY[path], path, inputs(2))

    assert "\n" not in str(caught.value)


def survives(data: bytes, path: str) -> None:
    """Answers or one line about the file, in bounded memory."""
    said = f"{path}: "
    tracemalloc.start()
    try:
        predict(data, path, inputs(1))
    except ModelError as error:
        said = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    assert peak < MEMORY


Change = Callable[[bytes, list[int]], bytes]


def flip(data: bytes, places: list[int]) -> bytes:
    """Some bits turned over."""
    changed = bytearray(data)
    for place in places:
        changed[place // 8 % len(data)] ^= 1 << place % 8
    return bytes(changed)


def splice(data: bytes, places: list[int]) -> bytes:
    """Some four bytes copied to where others stood, as wrong offsets and lengths are made of right ones."""
    changed = bytearray(data)
    for source, target in zip(places[::2], places[1::2], strict=False):
        start, end = source % (len(data) - 4), target % (len(data) - 4)
        changed[end : end + 4] = data[start : start + 4]
    return bytes(changed)


def extremes(data: bytes, places: list[int]) -> bytes:
    """Some four bytes made as large as they can be, or negative."""
    changed = bytearray(data)
    for place in places:
        start = place % (len(data) - 4) // 4 * 4
        changed[start : start + 4] = b"\xff\xff\xff\x7f" if place % 2 else b"\xff\xff\xff\xff"
    return bytes(changed)


def head(places: list[int]) -> list[int]:
    """The same places, most of them where a file describes itself rather than among its weights."""
    return [place if index % 3 else place % 8000 for index, place in enumerate(places)]


@pytest.mark.parametrize("path", TINY)
@pytest.mark.parametrize("change", [flip, splice, extremes])
@given(places=st.lists(st.integers(0, 2**17), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_damaged_files_give_answers_or_one_clear_line(path: str, change: Change, places: list[int]) -> None:
    data = TINY[path]
    changed = change(data, head(places))
    survives(data[:4] + b"TFL3" + changed[8:] if path.endswith("tflite") else changed, path)


@pytest.mark.parametrize("path", TINY)
@given(size=st.integers(8, 20_000), tail=st.binary(max_size=20))
@settings(max_examples=30, deadline=None)
def test_truncated_files_give_answers_or_one_clear_line(path: str, size: int, tail: bytes) -> None:
    survives(TINY[path][:size] + tail, path)


@pytest.mark.parametrize("path", TINY)
@given(data=st.binary(max_size=300))
@settings(max_examples=30, deadline=None)
def test_any_bytes_give_one_clear_line(path: str, data: bytes) -> None:
    survives(data[:4] + b"TFL3" + data[4:] if path.endswith("tflite") else data, path)


def test_opened_files_keep_their_answers(bundle_folder: Path) -> None:
    """Weights are looked at in place, so nothing may write to them."""
    bundle = open_bundle(bundle_folder)
    images = inputs(3)
    for file in bundle.manifest.converted():
        backend = open_file(bundle, file, "reference")
        first = backend.predict(images)
        backend.predict(inputs(5))

        np.testing.assert_array_equal(backend.predict(images), first)
