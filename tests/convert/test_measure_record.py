"""A measurement is known again by the data and the run that it was made on."""

import json
from pathlib import Path

import pytest

from convert.measure.record import FILE_NAME, SCHEMA, fingerprint, is_measured, read_record
from convert.measure.summary import read_summary
from runtime import manifest
from runtime.cli import main
from runtime.errors import InputError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a set and a picture."""
    folder = tmp_path / "data"
    (folder / "files").mkdir(parents=True)
    (folder / "set.npz").write_bytes(b"digits")
    (folder / "files" / "page.png").write_bytes(b"page")
    (folder / "manifest.json").write_text("[]")
    return folder


@pytest.mark.parametrize("path", ["set.npz", "files/page.png"])
def test_other_data_have_another_fingerprint(data: Path, path: str) -> None:
    before = fingerprint(data, data)
    (data / path).write_bytes((data / path).read_bytes().swapcase())  # of the same name and size

    assert fingerprint(data, data) != before


def test_the_folders_place_does_not_matter(data: Path, tmp_path: Path) -> None:
    before = fingerprint(data, data)
    moved = data.rename(tmp_path / "moved")

    assert fingerprint(moved, moved) == before
    assert fingerprint(None, None) != before


@pytest.mark.parametrize(("sets", "photos"), [(True, False), (False, True)], ids=["sets", "photographs"])
def test_folders_that_hold_no_data_are_named(tmp_path: Path, *, sets: bool, photos: bool) -> None:
    for folder in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError, match=r"expected .*, found none"):
            fingerprint(folder if sets else None, folder if photos else None)


def test_a_run_is_measured_until_it_or_the_data_change(bundle_folder: Path) -> None:
    document = {"schema": SCHEMA, "data_sha256": "a", "manifest_sha256": manifest.fingerprint(bundle_folder)}

    assert not is_measured(bundle_folder, "a")
    (bundle_folder / FILE_NAME).write_text(json.dumps(document))
    assert is_measured(bundle_folder, "a")
    assert not is_measured(bundle_folder, "b")
    described = manifest.load(bundle_folder)
    manifest.save(described.with_files(described.files[:1]), bundle_folder)
    manifest.save(manifest.Manifest("other", "2026-01-01T00:00:00Z", 1), bundle_folder)
    assert not is_measured(bundle_folder, "a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "no readable measurement: it is no JSON", id="no JSON"),
        pytest.param("[]", "expected a measurement of schema", id="no object"),
        pytest.param('{"schema": "digits.measurement/0"}', "digits.measurement/1", id="another schema"),
        pytest.param("[" * 100_000, "nested too deeply; run digits measure", id="nested"),
    ],
)
def test_what_is_no_measurement_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(text)

    with pytest.raises(InputError, match=message):
        read_record(path)


def test_a_missing_measurement_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run digits measure"):
        read_record(tmp_path / FILE_NAME)


def test_an_old_measurement_is_not_shown_for_data_that_are_not_there(
    bundle_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(bundle_folder)

    assert main(["measure", str(bundle_folder), "--sets", "/does/not/exist"]) == 1
    out, error = capsys.readouterr()
    assert out == ""
    assert "/does/not/exist: expected .npz files" in error


def test_a_measurement_without_its_figures_is_one_line(bundle_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(bundle_folder)

    assert main(["measure", str(bundle_folder)]) == 1
    assert "a figure is missing or wrong; run digits measure --again" in capsys.readouterr().err
    with pytest.raises(InputError, match="a figure is missing"):
        read_summary(bundle_folder)


@pytest.mark.parametrize("name", ["missing", "bare"])
def test_what_is_no_converted_run_is_said_before_tensorflow_loads(
    bundle_folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bundle_folder.parent / "bare").mkdir()
    manifest.save(manifest.Manifest("bare", manifest.now(), 1), bundle_folder.parent / "bare")
    monkeypatch.setattr("convert.measure_command._load", lambda: 1 / 0)

    assert main(["measure", str(bundle_folder), str(bundle_folder.parent / name)]) == 1
    assert f"{name}: " in capsys.readouterr().err


def record(run: Path) -> None:
    """Leave a measurement on no further data in the run, without any figures."""
    document = {
        "schema": SCHEMA,
        "data_sha256": fingerprint(None, None),
        "manifest_sha256": manifest.fingerprint(run),
    }
    (run / FILE_NAME).write_text(json.dumps(document))
