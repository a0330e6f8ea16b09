"""Verification passes what is right, catches each kind of broken file, and keeps going after a failure."""

import hashlib
import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime import backends, manifest
from runtime.errors import InputError, MissingEngine, ModelError, UsageError
from runtime.npz import write_npz
from runtime.parity import ParityCheck
from runtime.verify import verify_folder, write_report
from runtime.verifying.report import ParityReport

INSTALLED = backends.usual()
TFLITE_ENGINE = next((name for name in ("litert", "tflite-runtime") if name in INSTALLED), None)
DENSE_WEIGHTS = 192 * 10  # the tiny model's last layer
Replace = Callable[[Path, str, bytes], None]
needs_tflite = pytest.mark.skipif(TFLITE_ENGINE is None, reason="no engine for .tflite files is installed")


@pytest.fixture(autouse=True)
def no_mnist_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what a test itself offers is found."""
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def rotate(data: bytes, start: int, size: int, step: int) -> bytes:
    return data[:start] + data[start + step : start + size] + data[start : start + step] + data[start + size :]


def swap_tflite_weights(data: bytes, itemsize: int) -> bytes:
    """Give each digit the last layer's weights of the next: (10, 192) row by row."""
    size = DENSE_WEIGHTS * itemsize
    start = data.index(struct.pack("<I", size)) + 4
    return rotate(data, start, size, size // 10)


def swap_onnx_weights(data: bytes) -> bytes:
    """The same in an .onnx file: (192, 10) as raw_data, field 9 of TensorProto, after its length as a varint."""
    size = DENSE_WEIGHTS * 4
    prefix = bytes([0x4A, size & 0x7F | 0x80, size >> 7])
    return rotate(data, data.index(prefix) + len(prefix), size, 4)


def find(report: ParityReport, path: str, data: str | None = None) -> list[ParityCheck]:
    return [check for check in report.checks if check.file == path and data in (None, check.data)]


def rewrite(folder: Path, path: str, replace_file: Replace, **changes: Any) -> None:  # noqa: ANN401
    """Change arrays of a listed .npz file; None drops one."""
    with np.load(folder / path) as archive:
        arrays = {name: archive[name] for name in archive.files} | changes
    write_npz(folder / path, {name: np.asarray(array) for name, array in arrays.items() if array is not None})
    replace_file(folder, path, (folder / path).read_bytes())


def test_every_file_passes_on_every_engine_and_both_data_sets(run_folder: Path) -> None:
    report = verify_folder(run_folder)
    files = manifest.load(run_folder).converted()
    able = [(f.path, e) for f in files for e in INSTALLED if backends.unsupported(e, f) is None]

    assert report.passed
    assert report.samples == 300
    assert report.notes == ()
    compared = [(c.file, c.backend, c.data) for c in report.checks if c.comparison]
    assert compared == [(path, engine, data) for path, engine in able for data in ("golden", "holdout")]
    assert {c.comparison.samples for c in report.checks if c.comparison} == {100, 300}


@pytest.mark.skipif("tflite-runtime" not in INSTALLED, reason="tflite-runtime is not installed")
def test_dynamic_range_files_are_unsupported_by_tflite_runtime(run_folder: Path) -> None:
    checks = find(verify_folder(run_folder, ["tflite-runtime"]), "dynamic.tflite")

    assert [check.status for check in checks] == ["unsupported"]
    assert "FULLY_CONNECTED" in str(checks[0].reason)


def test_preprocessing_and_versions_are_part_of_the_report(run_folder: Path) -> None:
    report = verify_folder(run_folder)

    assert (report.preprocessing.crops, report.preprocessing.differing) == (6, 0)
    assert {*INSTALLED, "digits", "python", "numpy", "machine", "system"} == set(report.versions)
    assert report.sha256 == manifest.fingerprint(run_folder)


def test_pictures_of_flips_are_kept(run_folder: Path, models: Path, replace_file: Replace) -> None:
    replace_file(run_folder, "float32.onnx", swap_onnx_weights((models / "float32.onnx").read_bytes()))
    report = verify_folder(run_folder, ["opencv"])
    with np.load(models / "holdout.npz") as holdout:
        images = holdout["images"]

    holdout_pictures = {index: picture for (data, index), picture in report.pictures.items() if data == "holdout"}
    assert holdout_pictures
    assert all(np.array_equal(images[index], picture) for index, picture in holdout_pictures.items())


class TestPicturesOfTheHoldOut:
    """A bundle carries Keras' answers to the hold-out; its pictures are looked for, and their absence is said."""

    def test_without_them_only_the_golden_samples_are_compared_and_that_is_said(self, bundle_folder: Path) -> None:
        report = verify_folder(bundle_folder)

        assert report.passed
        assert {check.data for check in report.checks if check.comparison} == {"golden"}
        assert report.samples == 100
        assert report.notes[0].startswith("golden samples only: the pictures of the hold-out are not at hand")

    def test_they_come_from_the_path_asked_for(self, bundle_folder: Path, models: Path) -> None:
        assert verify_folder(bundle_folder, data=models / "holdout.npz").samples == 300

    def test_they_come_from_where_the_environment_says(
        self, bundle_folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DIGITS_DATA", str(models / "holdout.npz"))

        assert verify_folder(bundle_folder).samples == 300

    def test_they_come_from_the_cache(
        self, bundle_folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DIGITS_DATA", "")
        cache = tmp_path / "cache" / "digits" / "mnist"
        cache.mkdir(parents=True)
        with np.load(models / "holdout.npz") as holdout:
            for array, name in ((holdout["images"], "images-idx3-ubyte"), (holdout["labels"], "labels-idx1-ubyte")):
                header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
                (cache / f"t10k-{name}").write_bytes(header + array.tobytes())

        assert verify_folder(bundle_folder).samples == 300

    def test_others_asked_for_are_an_error_with_both_hashes(self, bundle_folder: Path, tmp_path: Path) -> None:
        other = np.zeros((3, 28, 28), np.uint8)
        np.savez(tmp_path / "other.npz", images=other, labels=np.zeros(3, np.uint8))
        came = hashlib.sha256(other.tobytes()).hexdigest()

        with pytest.raises(InputError, match=rf"not the hold-out: expected images of sha256 \w{{64}}, got {came}"):
            verify_folder(bundle_folder, data=tmp_path / "other.npz")

    def test_others_found_by_chance_are_only_noted(
        self, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        np.savez(tmp_path / "other.npz", images=np.zeros((3, 28, 28), np.uint8), labels=np.zeros(3, np.uint8))
        monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "other.npz"))
        report = verify_folder(bundle_folder)

        assert report.passed
        assert "holds other pictures than the hold-out" in report.notes[0]

    def test_damaged_ones_found_by_chance_are_only_noted(
        self, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DIGITS_DATA", str(tmp_path))

        assert "expected t10k-images-idx3-ubyte" in verify_folder(bundle_folder).notes[0]

    def test_a_bundle_without_answers_to_them_is_compared_on_the_golden_samples(self, bundle_folder: Path) -> None:
        document = json.loads((bundle_folder / "manifest.json").read_text())
        document["files"] = [entry for entry in document["files"] if entry["variant"] != "reference"]
        (bundle_folder / "manifest.json").write_text(json.dumps(document))

        assert "lists no reference.npz" in verify_folder(bundle_folder).notes[0]
        with pytest.raises(ModelError, match=r"lists no reference\.npz"):
            verify_folder(bundle_folder, data=bundle_folder)


class TestSamples:
    """A part of the hold-out is spread over all of it, and its samples keep their numbers."""

    @pytest.mark.parametrize(("samples", "compared"), [(1, 1), (7, 7), (300, 300), (10_000, 300), (None, 300)])
    def test_number_of_samples(self, run_folder: Path, samples: int | None, compared: int) -> None:
        report = verify_folder(run_folder, ["opencv"], samples)

        assert report.samples == compared
        assert {c.comparison.samples for c in find(report, "float32.onnx", "golden") if c.comparison} == {100}

    def test_numbers_are_those_of_the_whole(self, run_folder: Path) -> None:
        check = find(verify_folder(run_folder, ["opencv"], 4), "float32.onnx", "holdout")[0]

        assert check.comparison is not None
        assert sorted(check.comparison.worst) == [0, 100, 199, 299]


class TestBrokenFiles:
    """Each is caught, with its reason, and the others are still compared."""

    @needs_tflite
    @pytest.mark.parametrize(("path", "itemsize"), [("float32.tflite", 4), ("int8.tflite", 1), ("uint8.tflite", 1)])
    def test_swapped_weights(
        self, run_folder: Path, models: Path, replace_file: Replace, path: str, itemsize: int
    ) -> None:
        replace_file(run_folder, path, swap_tflite_weights((models / path).read_bytes(), itemsize))
        report = verify_folder(run_folder)

        assert not report.passed
        assert {check.file for check in report.checks if not check.passed} == {path}
        assert {check.status for check in find(report, path)} == {"failed"}
        assert all("flips" in " ".join(check.broken) for check in find(report, path))

    def test_swapped_weights_of_an_onnx_file(self, run_folder: Path, models: Path, replace_file: Replace) -> None:
        replace_file(run_folder, "float32.onnx", swap_onnx_weights((models / "float32.onnx").read_bytes()))
        report = verify_folder(run_folder)

        assert {check.file for check in report.checks if not check.passed} == {"float32.onnx"}

    @needs_tflite
    def test_wrong_scale(self, run_folder: Path, models: Path, replace_file: Replace) -> None:
        data = (models / "uint8.tflite").read_bytes()
        right, wrong = (np.float32(scale).tobytes() for scale in (1 / 256, 1 / 128))
        replace_file(run_folder, "uint8.tflite", data.replace(right, wrong))
        report = verify_folder(run_folder)

        assert {check.file for check in report.checks if not check.passed} == {"uint8.tflite"}
        assert "SOFTMAX" in str(find(report, "uint8.tflite")[0].reason)

    @needs_tflite
    def test_wrong_scale_that_the_engine_accepts(self, run_folder: Path, models: Path, replace_file: Replace) -> None:
        """The input's scale times ten: each pixel is taken for one of 26 levels, nearly all of them ink."""
        data = (models / "uint8.tflite").read_bytes()
        right, wrong = (np.float32(scale).tobytes() for scale in (1 / 255, 10))
        replace_file(run_folder, "uint8.tflite", data.replace(right, wrong))
        report = verify_folder(run_folder)

        assert {check.file for check in report.checks if not check.passed} == {"uint8.tflite"}

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda data: data[: len(data) // 2], r"the manifest says \d+ bytes, the file has \d+"),
            (lambda data: data[:-1] + bytes([data[-1] ^ 1]), r"the manifest says sha256 \w+, the file has \w+"),
        ],
        ids=["truncated", "wrong hash"],
    )
    def test_file_that_is_not_the_listed_one(
        self, run_folder: Path, spoil: Callable[[bytes], bytes], message: str
    ) -> None:
        path = run_folder / "float32.onnx"
        path.write_bytes(spoil(path.read_bytes()))
        report = verify_folder(run_folder, ["opencv"])

        assert not report.passed
        with pytest.raises(ModelError, match=message):
            raise ModelError(str(find(report, "float32.onnx")[0].reason))

    def test_file_without_softmax(self, run_folder: Path, models: Path, replace_file: Replace) -> None:
        replace_file(run_folder, "float32.onnx", (models / "strangers" / "logits.onnx").read_bytes())
        checks = find(verify_folder(run_folder, ["opencv"]), "float32.onnx")

        assert ["are no probabilities" in str(check.reason) for check in checks] == [True]

    def test_other_preprocessing_version(self, run_folder: Path) -> None:
        path = run_folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"preprocess_version": 99}))

        with pytest.raises(ModelError, match="made for 99"):
            verify_folder(run_folder)

    def test_glyphs_that_this_program_does_not_make(self, run_folder: Path, replace_file: Replace) -> None:
        with np.load(run_folder / "golden.npz") as golden:
            glyphs = golden["glyphs"]
        glyphs[2, 14, 14] ^= 1
        rewrite(run_folder, "golden.npz", replace_file, glyphs=glyphs)
        report = verify_folder(run_folder, ["opencv"])

        assert not report.passed
        assert (report.preprocessing.crops, report.preprocessing.differing) == (6, 1)
        assert all(check.passed for check in report.checks)


class TestAnswersThatDoNotFit:
    """Without Keras' own answers there is nothing to compare with: one clear error."""

    def test_stale_answers_are_refused_with_both_hashes(self, run_folder: Path, replace_file: Replace) -> None:
        rewrite(run_folder, "reference.npz", replace_file, keras_sha256=np.array("f" * 64))

        with pytest.raises(
            ModelError, match=r"stale: .*Keras model f{64}, the manifest lists \w{64}; run digits convert"
        ):
            verify_folder(run_folder)

    def test_answers_to_other_pictures_than_the_runs_are_refused(self, run_folder: Path, replace_file: Replace) -> None:
        rewrite(run_folder, "reference.npz", replace_file, images_sha256=np.array("e" * 64))

        with pytest.raises(ModelError, match=r"holdout\.npz: Keras' answers belong to other pictures \(e{64}\)"):
            verify_folder(run_folder)

    @pytest.mark.parametrize(
        ("path", "changes", "message"),
        [
            ("golden.npz", {"probabilities": None}, "expected the arrays probabilities"),
            ("golden.npz", {"labels": np.zeros(5, np.uint8)}, r"expected labels \(100,\) and answers \(100, 10\)"),
            ("golden.npz", {"probabilities": np.zeros((100, 11), np.float32)}, r"got labels .* answers \(100, 11\)"),
            ("golden.npz", {"images": np.zeros((100, 14, 14), np.uint8)}, r"expected images uint8 \(N, 28, 28\)"),
            ("golden.npz", {"ink": np.zeros(3, np.uint8)}, "shapes of the raw ink do not fit its 3 bytes"),
            ("golden.npz", {"labels": np.zeros(100, np.float32)}, "expected labels uint8 from 0 to 9, got float32"),
            ("golden.npz", {"labels": np.full(100, 10, np.uint8)}, "expected labels uint8 from 0 to 9"),
            ("golden.npz", {"labels": np.full(100, "1")}, "expected labels uint8 from 0 to 9, got <U1"),
            (
                "golden.npz",
                {
                    "ink": np.zeros((1, 9), np.uint8),
                    "ink_shapes": np.array([[1, 9]]),
                    "glyphs": np.zeros((1, 28, 28), np.uint8),
                },
                "shapes of the raw ink do not fit its 9 bytes",
            ),
            ("golden.npz", {"ink_shapes": np.zeros((6, 3), np.int32)}, "shapes of the raw ink do not fit"),
            ("golden.npz", {"ink_shapes": np.zeros((6, 2))}, "shapes of the raw ink do not fit"),
            (
                "golden.npz",
                {"probabilities": np.full((100, 10), np.nan, np.float32)},
                "expected finite float32 answers",
            ),
            ("golden.npz", {"probabilities": np.zeros((100, 10))}, "expected finite float32 answers, got float64"),
            ("golden.npz", {"glyphs": np.zeros((2, 28, 28), np.uint8)}, "expected 6 glyphs .*, got 2"),
            ("reference.npz", {"labels": np.zeros(5, np.uint8)}, r"expected labels \(300,\)"),
            ("reference.npz", {"keras_sha256": None}, "expected the arrays keras_sha256"),
        ],
    )
    def test_arrays_that_do_not_fit_are_refused(
        self, run_folder: Path, replace_file: Replace, path: str, changes: dict[str, Any], message: str
    ) -> None:
        rewrite(run_folder, path, replace_file, **changes)

        with pytest.raises(ModelError, match=message):
            verify_folder(run_folder)

    @pytest.mark.parametrize("path", ["golden.npz", "reference.npz", "holdout.npz"])
    def test_changed_answers_are_refused(self, run_folder: Path, path: str) -> None:
        (run_folder / path).write_bytes((run_folder / path).read_bytes()[:-1])

        with pytest.raises(ModelError, match=rf"{path}: the manifest says \d+ bytes"):
            verify_folder(run_folder)

    @pytest.mark.parametrize(
        ("kept", "message"),
        [(("npz",), "lists no converted file"), (("onnx", "tflite"), r"lists no golden\.npz; run digits convert")],
    )
    def test_run_that_was_not_converted_says_what_to_do(
        self, run_folder: Path, kept: tuple[str, ...], message: str
    ) -> None:
        document = json.loads((run_folder / "manifest.json").read_text())
        document["files"] = [entry for entry in document["files"] if entry["format"] in kept]
        (run_folder / "manifest.json").write_text(json.dumps(document))

        with pytest.raises(ModelError, match=message):
            verify_folder(run_folder)


def test_engine_asked_for_is_used_alone(run_folder: Path) -> None:
    assert {check.backend for check in verify_folder(run_folder, ["opencv", "opencv"]).checks} == {"opencv"}


def test_unknown_engine_is_a_usage_error(run_folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no engine 'torch'"):
        verify_folder(run_folder, ["opencv", "torch"])


@pytest.mark.parametrize("engine", sorted(set(backends.ENGINES) - set(backends.installed())))
def test_missing_engine_asked_for_is_an_error(run_folder: Path, engine: str) -> None:
    with pytest.raises(MissingEngine, match=f"the engine {engine} is not installed"):
        verify_folder(run_folder, [engine])


def test_engine_that_runs_no_file_proves_nothing(bundle_folder: Path) -> None:
    document = json.loads((bundle_folder / "manifest.json").read_text())
    document["files"] = [entry for entry in document["files"] if entry["format"] != "onnx"]
    (bundle_folder / "manifest.json").write_text(json.dumps(document))
    report = verify_folder(bundle_folder, ["opencv"])

    assert report.checks == ()
    assert not report.passed
    assert report.notes[-1].startswith(
        "nothing was compared: no engine that was used runs float32.tflite, float16.tflite"
    )


def test_files_that_engines_refuse_are_not_called_unknown_to_them(bundle_folder: Path) -> None:
    for name in ("float32.onnx", "int8.onnx"):
        (bundle_folder / name).write_bytes(b"damaged")
    report = verify_folder(bundle_folder, ["opencv"])

    assert not report.passed
    assert report.notes[-1] == "nothing was compared: no answer came from float32.onnx, int8.onnx"


def test_progress_names_each_file_and_engine_in_turn(run_folder: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    verify_folder(run_folder, ["opencv"], progress=lambda what, done, total: seen.append((what, done, total)))

    assert seen == [("float32.onnx on opencv", 0, 2), ("int8.onnx on opencv", 1, 2)]


def test_report_is_written_whole(run_folder: Path, tmp_path: Path) -> None:
    report = verify_folder(run_folder)
    write_report(report, tmp_path / "new" / "place")

    assert json.loads((tmp_path / "new" / "place" / "parity.json").read_text()) == json.loads(
        json.dumps(report.to_document())
    )
    assert (tmp_path / "new" / "place" / "report.html").read_text().rstrip().endswith("</html>")
    assert {path.name for path in (tmp_path / "new" / "place").iterdir()} == {"parity.json", "report.html"}


def test_verification_changes_nothing_in_the_folder(run_folder: Path, tmp_path: Path) -> None:
    before = Path(shutil.copytree(run_folder, tmp_path / "before"))
    verify_folder(run_folder)

    assert {p.name: p.read_bytes() for p in run_folder.iterdir()} == {p.name: p.read_bytes() for p in before.iterdir()}


def test_no_tensorflow_is_needed(run_folder: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'tf2onnx', 'onnx', 'pooch'): sys.modules[name] = None\n"
        f"from runtime.cli import main\nsys.exit(main(['verify', '--json', {str(run_folder)!r}]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["passed"]


def test_engine_that_cannot_be_loaded_is_a_failed_check(run_folder: Path, tmp_path: Path) -> None:
    """As tflite-runtime beside NumPy 2: pip has installed it, and importing it fails."""
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").write_text("raise ImportError('built for another NumPy')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from runtime.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "verify", "--no-probe", "--json", "--samples", "20", str(run_folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    checks = json.loads(result.stdout)["checks"]
    failed = [check for check in checks if not check["passed"]]
    assert {check["backend"] for check in failed} == {"onnxruntime"}
    assert "the engine onnxruntime cannot be loaded (built for another NumPy)" in failed[0]["reason"]
    assert any(check["accuracy"] for check in checks)


def test_a_place_that_the_system_refuses_to_look_at_costs_only_the_holdout(
    bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another user's cache; the name is too long instead, because root may look everywhere."""
    monkeypatch.setenv("DIGITS_DATA", "x" * 5000)
    report = verify_folder(bundle_folder, ["opencv"])

    assert report.passed
    assert "File name too long" in report.notes[0]
