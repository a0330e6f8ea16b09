"""A measurement is known again by the data and the run that it was made on."""

import json
from pathlib import Path

import pytest

from convert.measure.record import FILE_NAME, SCHEMA, fingerprint, is_measured, read_record
from runtime import manifest
from runtime.errors import InputError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a set and a picture."""
    folder = tmp_path / "data"
    (folder / "files").mkdir(parents=True)
    (folder / "set.npz").write_bytes(b"digits")
    (folder / "files" / "page.png").write_bytes(b"page")
    return folder


@pytest.mark.parametrize("path", ["set.npz", "files/page.png"])
def test_other_data_have_another_fingerprint(data: Path, path: str) -> None:
    before = fingerprint(data, data)
    (data / path).write_bytes(b"something else")

    assert fingerprint(data, data) != before


def test_the_folders_place_does_not_matter(data: Path, tmp_path: Path) -> None:
    before = fingerprint(data, data)
    moved = data.rename(tmp_path / "moved")

    assert fingerprint(moved, moved) == before
    assert fingerprint(None, None) != before


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
        pytest.param("{", "not a readable measurement", id="no JSON"),
        pytest.param("[]", "expected a measurement of schema", id="no object"),
        pytest.param('{"schema": "digits.measurement/0"}', "digits.measurement/1", id="another schema"),
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
