"""Right files are found right tensor by tensor; broken ones are not explained, and the broken tensor is named."""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from runtime import manifest
from runtime.bundle import BUNDLES, open_bundle
from runtime.cli import main
from runtime.errors import ModelError, UsageError
from runtime.formats.onnx_file import read_onnx
from runtime.formats.tflite_file import read_tflite
from runtime.localise import Localisation, localise_file
from runtime.localise.report import shorten
from runtime.localise.table import tell_localisation
from runtime.terminal import Talk
from runtime.verify import verify_folder

Replace = Callable[[Path, str, bytes], None]
Break = Callable[[bytes], bytes]
Spoil = Callable[[str, Break], Path]
FILES = (
    "float32.tflite",
    "float16.tflite",
    "dynamic.tflite",
    "int8.tflite",
    "uint8.tflite",
    "float32.onnx",
    "int8.onnx",
)
SECOND = (10, 3, 3, 6)  # filters, height, width and channels of the second convolution's weights


@pytest.fixture(autouse=True)
def no_mnist_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def swap(data: bytes, right: NDArray[np.generic], wrong: NDArray[np.generic]) -> bytes:
    """Put other numbers in the place of some that occur once in a file."""
    assert data.count(right.tobytes()) == 1
    return data.replace(right.tobytes(), wrong.tobytes())


def second_weights(data: bytes) -> tuple[NDArray[np.generic], NDArray[np.float32]]:
    """The second convolution's weights as a file stores them, and their scales if it has any."""
    if data[4:8] == b"TFL3":
        tensor = next(
            tensor for tensor in read_tflite(data).tensors if tensor.shape == SECOND and tensor.data is not None
        )
        assert tensor.data is not None
        scales = tensor.scaling.scales if tensor.scaling else np.zeros(0)
        return tensor.data, scales.astype(np.float32)
    file = read_onnx(data)
    name, weights = next((n, a) for n, a in file.constants.items() if a.shape == (10, 6, 3, 3))
    users = (node for node in file.nodes if node.inputs[0] == name and node.operator == "DequantizeLinear")
    scales = next((file.constants[node.inputs[1]] for node in users), np.zeros(0))
    return weights, scales.astype(np.float32)


def transpose_weights(data: bytes) -> bytes:
    """Height and width of the second convolution exchanged, as a converter does that mixes up layouts."""
    weights, _ = second_weights(data)
    places = (1, 2) if weights.shape == SECOND else (2, 3)
    return swap(data, weights, np.ascontiguousarray(weights.swapaxes(*places)))


def scale_weights(data: bytes) -> bytes:
    """The second convolution's weights taken for twice as large as they are."""
    _, scales = second_weights(data)
    return swap(data, scales, scales * np.float32(2))


def rescale_pictures(data: bytes) -> bytes:
    """Pixels taken from −1 to 1, as other networks want them: another preprocessing than that of the training."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load_model_from_string(data)
    for node in model.graph.node:
        node.input[:] = ["centred" if name == "image" else name for name in node.input]
    numbers = {"two": np.float32(2), "one": np.float32(1)}
    model.graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in numbers.items())
    model.graph.node.insert(0, onnx.helper.make_node("Sub", ["twice", "one"], ["centred"]))
    model.graph.node.insert(0, onnx.helper.make_node("Mul", ["image", "two"], ["twice"]))
    return bytes(model.SerializeToString())


BROKEN = [
    pytest.param(path, change, operator, id=f"{change.__name__}-{path}")
    for path, change, operator in (
        ("float32.tflite", transpose_weights, "CONV_2D"),
        ("int8.tflite", transpose_weights, "CONV_2D"),
        ("dynamic.tflite", transpose_weights, "CONV_2D"),
        ("float32.onnx", transpose_weights, "Conv"),
        ("int8.onnx", transpose_weights, "Conv"),
        ("int8.tflite", scale_weights, "CONV_2D"),
        ("uint8.tflite", scale_weights, "CONV_2D"),
        ("int8.onnx", scale_weights, "Conv"),
        ("float32.onnx", rescale_pictures, "Mul"),
        ("int8.onnx", rescale_pictures, "Mul"),
    )
]


@pytest.fixture
def spoil(run_folder: Path, models: Path, replace_file: Replace) -> Spoil:
    """Breaks one file of the run, and gives the run's folder."""

    def change_file(path: str, change: Break) -> Path:
        replace_file(run_folder, path, change((models / path).read_bytes()))
        return run_folder

    return change_file


def at(found: Localisation) -> int:
    """The place of the first broken tensor among those of its operator."""
    assert found.first is not None
    return [check for check in found.tensors if check.operator == found.first.operator].index(found.first)


@pytest.mark.parametrize("path", FILES)
def test_right_files_stay_within_their_bounds(run_folder: Path, path: str) -> None:
    found = localise_file(run_folder, path)

    assert found.passed, found.verdict
    assert found.first is None
    assert found.witness.startswith("float32")
    assert found.witness != path
    assert found.verdict == (f"every tensor of {path} is Keras', but for rounding",)


@pytest.mark.parametrize("path", ["int8.tflite", "int8.onnx"])
def test_rounding_accounts_for_what_is_measured(run_folder: Path, path: str) -> None:
    """Tensor by tensor the file is off by about as much as is allowed, not by a small part of it."""
    rounded = [check for check in localise_file(run_folder, path).tensors if check.operator in ("CONV_2D", "Conv")]

    assert len(rounded) == 3
    assert all(0.4 < check.ratio < 2 for check in rounded)


@pytest.mark.parametrize(("path", "change", "operator"), BROKEN)
def test_broken_files_are_localised(spoil: Spoil, path: str, change: Break, operator: str) -> None:
    found = localise_file(spoil(path, change), path)

    assert not found.passed
    assert found.first is not None
    assert (found.first.operator, at(found)) == (operator, 0 if operator == "Mul" else 1)
    assert found.first.difference > found.first.bound > found.first.allowed
    assert found.first.largest >= found.first.difference
    assert found.first.name in found.verdict[0] or shorten(found.first.name) in found.verdict[0]
    assert not found.another_network
    assert found.compared is not None
    assert found.compared.own
    assert f"off by {found.compared.difference:.3g}, " in found.verdict[0]


def test_sums_that_keras_does_not_show_are_judged_by_what_follows(spoil: Spoil) -> None:
    """Beside rectified numbers sums are far off in a right file too; their figures would be those of no fault."""
    found = localise_file(spoil("float32.onnx", transpose_weights), "float32.onnx", ["reference"])

    assert found.witness == "float32.tflite"
    assert found.first is not None
    assert found.compared is not None
    assert (found.first.operator, found.first.own) == ("Conv", False)
    assert (found.compared.operator, found.compared.own, found.compared.within) == ("Relu", True, False)
    assert found.compared.difference < found.first.difference
    assert f"(Conv), seen in what follows from it, {shorten(found.compared.name)} (Relu): off by" in found.verdict[0]
    assert found.to_document()["first_compared"] == found.compared.name


def test_another_network_is_called_one(tmp_path: Path, eleven: Path, replace_file: Replace) -> None:
    shutil.copytree(BUNDLES / "edge-nano", tmp_path / "edge-nano")
    replace_file(tmp_path / "edge-nano", "int8.tflite", (eleven / "int8.tflite").read_bytes())
    found = localise_file(tmp_path / "edge-nano", "int8.tflite", ["reference"])

    assert found.another_network
    assert not found.passed
    assert found.verdict[0].startswith(
        "int8.tflite holds another network than Keras': nothing in Keras has the size of"
    )
    assert found.to_document()["another_network"]


@pytest.mark.parametrize(("path", "change", "_"), BROKEN)
def test_their_flips_are_not_explained(spoil: Spoil, path: str, change: Break, _: str) -> None:
    report = verify_folder(spoil(path, change), ["reference"])
    broken = [check for check in report.checks if not check.passed]

    assert {check.file for check in broken} == {path}
    assert any(check.comparison and check.comparison.unexplained_flips for check in broken)
    assert any("unexplained flips" in " ".join(check.broken) for check in broken)


@pytest.mark.parametrize("path", ["int8.tflite", "int8.onnx"])
def test_a_small_fault_that_changes_no_answer_is_found_in_the_tensors(spoil: Spoil, path: str) -> None:
    """A tenth too large a scale: the answers are right all the same."""

    def scale_slightly(data: bytes) -> bytes:
        _, scales = second_weights(data)
        return swap(data, scales, scales * np.float32(1.1))

    found = localise_file(spoil(path, scale_slightly), path, ["reference"])

    assert found.first is not None
    assert (found.first.operator in ("CONV_2D", "Conv"), at(found)) == (True, 1)


def test_a_run_without_another_file_that_agrees_has_nothing_to_compare_with(spoil: Spoil) -> None:
    for path in ("float32.tflite", "float32.onnx"):
        folder = spoil(path, transpose_weights)

    with pytest.raises(ModelError, match=r"nothing stands for Keras: .* beside int8\.tflite no float32 file"):
        localise_file(folder, "int8.tflite")


def test_a_broken_file_does_not_bear_witness(spoil: Spoil) -> None:
    found = localise_file(spoil("float32.tflite", transpose_weights), "int8.tflite")

    assert (found.witness, found.passed) == ("float32.onnx", True)


def test_a_file_that_is_not_listed_is_a_usage_error(bundle_folder: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no converted file 'int4\.tflite'"):
        localise_file(bundle_folder, "int4.tflite")


def test_an_engine_that_does_not_run_the_file_is_refused(
    bundle_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["verify", "--localise", "int8.tflite", "--backends", "opencv", str(bundle_folder)])

    assert code == 2
    assert "int8.tflite: opencv cannot run it: opencv runs .onnx files only" in " ".join(
        capsys.readouterr().err.split()
    )


def test_an_engine_that_computes_something_else_is_named(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.backends.opencv_net import OpencvNet

    right = OpencvNet.predict
    monkeypatch.setattr(OpencvNet, "predict", lambda self, images: np.roll(right(self, images), 1, axis=1))
    found = localise_file(run_folder, "float32.onnx", ["opencv"])

    assert found.first is None
    assert [(check.engine, check.passed) for check in found.engines] == [("opencv", False)]
    assert found.engines[0].difference is not None
    assert not found.passed
    assert found.verdict[1].startswith("opencv does not compute what the file says: answers off by")


def test_roundings_that_cannot_be_followed_are_one_line(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("Conv: operands do not fit")

    monkeypatch.setattr("runtime.localise.session.disturb", refuse)
    with pytest.raises(ModelError, match=r"int8\.onnx: its roundings cannot be followed \(Conv: operands do not fit\)"):
        localise_file(models, "int8.onnx", ["reference"])


def test_an_engine_that_does_not_answer_has_no_difference(bundle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.backends.opencv_net import OpencvNet

    def refuse(*_: object) -> None:
        raise ModelError("no answer today")

    monkeypatch.setattr(OpencvNet, "predict", refuse)
    found = localise_file(bundle_folder, "float32.onnx", ["opencv"])

    assert [(check.difference, check.passed) for check in found.engines] == [(None, False)]
    assert found.verdict[1] == "opencv does not compute what the file says: no answer today"


def test_the_table_cuts_no_figure_on_a_narrow_screen(models: Path) -> None:
    found = localise_file(models, "int8.onnx", ["reference"])
    long = tuple(replace(check, name="sequential_1/" * 9, counterpart="conv2d/" * 9) for check in found.tensors)
    console = Talk(file=io.StringIO(), width=80, no_color=True)
    tell_localisation(replace(found, tensors=long), console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert max(len(line) for line in shown.splitlines()[1:-2]) == 80
    for check in found.tensors:
        figures = (f"{check.difference:.2g}", f"{check.allowed:.2g}", f"{check.ratio:.2g}")
        assert any(line.split()[-3:] == list(figures) for line in shown.splitlines()), figures


def test_the_worst_samples_are_followed(run_folder: Path) -> None:
    found = localise_file(run_folder, "int8.tflite", ["reference"])
    report = verify_folder(run_folder, ["reference"])
    worst = max(
        (check.comparison.max_abs_difference, check.data, check.comparison.worst)
        for check in report.checks
        if check.file == "int8.tflite" and check.comparison
    )

    assert (found.data, found.samples) == (worst[1], worst[2][: len(found.samples)])


class TestCommand:
    """`digits verify --localise FILE`."""

    def test_json_is_one_document(self, run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code = main(["verify", "--localise", "int8.tflite", "--json", str(run_folder)])
        shown = capsys.readouterr()
        document = json.loads(shown.out)

        assert code == 0
        assert (document["schema"], document["file"], document["passed"]) == (
            "digits.localisation/1",
            "int8.tflite",
            True,
        )
        assert document["first_tensor"] is None
        assert document["notes"] == ["no golden frame here: readings were not compared"]
        assert document["notes"][0] in shown.err
        assert all(check["within"] for check in document["tensors"])
        assert "every tensor of int8.tflite is Keras', but for rounding" in " ".join(shown.err.split())

    def test_a_broken_file_fails_and_is_written_down(
        self, spoil: Spoil, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_folder = spoil("int8.onnx", transpose_weights)
        code = main(["verify", "--localise", "int8.onnx", "--out", str(tmp_path / "found"), str(run_folder)])
        shown = capsys.readouterr()
        document = json.loads((tmp_path / "found" / "localisation.json").read_text())

        assert code == 1
        assert shown.out == ""
        assert "int8.onnx leaves Keras at the tensor" in shown.err
        assert document["first_tensor"] in shown.err

    def test_reports_of_the_run_stay(self, run_folder: Path) -> None:
        before = sorted(run_folder.iterdir())
        main(["verify", "--localise", "int8.tflite", str(run_folder)])

        assert sorted(run_folder.iterdir()) == before


class TestReading:
    """The first stage of a reading that differs from the golden frame is named."""

    @pytest.fixture
    def framed(self, bundle_folder: Path) -> Path:
        """A bundle with a golden frame, as conversion writes it."""
        from convert.golden import make_frame
        from runtime.answer_sheet import open_golden
        from runtime.bundle import open_file
        from runtime.npz import write_npz
        from runtime.preprocess import to_input

        bundle = open_bundle(bundle_folder)
        file = next(file for file in bundle.manifest.converted() if file.path == "float32.tflite")
        backend = open_file(bundle, file, "reference")
        images = open_golden(bundle)[0].images
        frame = make_frame({"images": images}, lambda g: backend.predict(to_input(g)), bundle.manifest)
        write_npz(bundle_folder / "frame.npz", frame)
        listed = manifest.describe(bundle_folder, "frame.npz", "npz", "frame")
        manifest.save(bundle.manifest.with_files([listed]), bundle_folder)
        return bundle_folder

    def stage(self, folder: Path, path: str = "int8.tflite") -> str | None:
        found = localise_file(folder, path, ["reference"])
        assert found.same_reader
        assert found.passed == (found.first_stage is None and found.first is None)
        return found.first_stage.stage if found.first_stage else None

    def test_nothing_differs_where_nothing_was_changed(self, framed: Path) -> None:
        found = localise_file(framed, "int8.tflite", ["reference"])

        assert found.notes == ()
        assert [stage.stage for stage in found.stages] == ["ink", "boxes", "glyphs", "probabilities", "text"]
        assert self.stage(framed) is None
        with np.load(framed / "frame.npz") as frame:
            assert len(frame["glyphs"]) == 24
            assert len(str(frame["text"]).splitlines()) == 3

    def test_without_a_golden_frame_no_stage_is_looked_at(self, bundle_folder: Path) -> None:
        assert localise_file(bundle_folder, "int8.tflite", ["reference"]).stages == ()

    def test_changed_ink(self, framed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from runtime.localise import stages

        right = stages.find
        monkeypatch.setattr(stages, "find", lambda frame: right(255 - frame // 2))

        assert self.stage(framed) == "ink"

    def test_changed_boxes(self, framed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from runtime.localise import stages

        right = stages.find_glyphs
        monkeypatch.setattr(stages, "find_glyphs", lambda frame: right(frame)[1:])

        assert self.stage(framed) == "boxes"

    def test_changed_preprocessing(self, framed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Glyphs that sit a pixel lower than those of the training."""
        from runtime.segment import cut

        right = cut.normalise
        monkeypatch.setattr(cut, "normalise", lambda ink: np.roll(right(ink), 1, axis=0))

        assert self.stage(framed) == "glyphs"

    def test_broken_file(self, framed: Path, models: Path, replace_file: Replace) -> None:
        replace_file(framed, "int8.tflite", transpose_weights((models / "int8.tflite").read_bytes()))

        assert self.stage(framed) == "probabilities"

    def test_changed_order(self, framed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from runtime import reader

        right = reader.group_lines
        monkeypatch.setattr(reader, "group_lines", lambda *glyphs: [line[::-1] for line in right(*glyphs)])

        assert self.stage(framed) == "text"

    def test_another_reader_may_see_other_things(self, framed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from runtime.localise import session, stages

        right = stages.find_glyphs
        monkeypatch.setattr(stages, "find_glyphs", lambda frame: right(frame)[1:])
        monkeypatch.setattr(session, "reader_version", lambda: "newer")
        found = localise_file(framed, "int8.tflite", ["reference"])

        assert found.passed
        assert not found.same_reader
        assert "another version of digits made the golden frame" in found.verdict[-1]

    def test_a_packed_bundle_keeps_the_frame(self, framed: Path, tmp_path: Path) -> None:
        from convert.pack import pack_bundle

        shutil.copy(framed / "manifest.json", tmp_path)
        pack_bundle(framed, tmp_path / "packed", ["int8.tflite"])

        assert manifest.load(tmp_path / "packed").find("npz", "frame") is not None
