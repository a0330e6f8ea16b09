"""A folder is replaced only where nobody loses anything by it."""

import json
import os
from pathlib import Path

import pytest

from runtime import manifest
from runtime.errors import UsageError
from runtime.manifest import Manifest
from runtime.replaceable import OfKind, bundle_files, check_replaceable, run_files


def nothing_known(_: Path) -> tuple[str, ...]:
    return ()


def lists(*patterns: str) -> OfKind:
    return lambda _: patterns


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of one file, whose name is a pattern too."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "int[8].tflite").write_bytes(b"contents")
    listed = manifest.describe(folder, "int[8].tflite", "tflite", "int8")
    manifest.save(Manifest("small", manifest.now(), 1, files=(listed,)), folder)
    return folder


def test_what_is_not_there_and_what_is_empty_may_be_replaced(tmp_path: Path) -> None:
    check_replaceable(tmp_path / "new", nothing_known, "bundle")
    check_replaceable(tmp_path, nothing_known, "bundle")


def test_a_bundle_and_a_run_with_their_own_files_may_be_replaced(bundle: Path) -> None:
    check_replaceable(bundle, bundle_files, "bundle")

    (bundle / "saved_model" / "variables").mkdir(parents=True)
    (bundle / "saved_model" / "variables" / "variables.index").touch()
    (bundle / "parity.json").touch()
    check_replaceable(bundle, run_files, "run")


@pytest.mark.parametrize(
    "path", ["index.html", "photos/me.jpg", ".env", "int8.tflite", "photos"], ids=lambda path: path.replace("/", " in ")
)
@pytest.mark.parametrize("of_kind", [bundle_files, run_files])
def test_what_a_manifest_does_not_list_would_be_lost(bundle: Path, of_kind: OfKind, path: str) -> None:
    (bundle / path).parent.mkdir(exist_ok=True)
    (bundle / path).write_text("mine")

    with pytest.raises(UsageError, match=f"holds {path}, which is no part of a thing and would be lost"):
        check_replaceable(bundle, of_kind, "thing")


@pytest.mark.parametrize("text", ['{"name": "app"}', "{", "[]"], ids=["a web application's", "damaged", "a list"])
def test_a_folder_with_somebody_elses_manifest_is_no_bundle_and_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / manifest.FILE_NAME).write_text(text)

    for of_kind in (bundle_files, run_files):
        with pytest.raises(UsageError, match="exists and is no thing; name another folder"):
            check_replaceable(tmp_path, of_kind, "thing")


def test_a_run_with_its_keras_model_is_no_bundle(bundle: Path) -> None:
    (bundle / "model.keras").touch()

    with pytest.raises(UsageError, match="is no bundle"):
        check_replaceable(bundle, bundle_files, "bundle")


def test_a_file_is_no_folder(bundle: Path) -> None:
    with pytest.raises(UsageError, match="exists and is no bundle"):
        check_replaceable(bundle / manifest.FILE_NAME, lists("*"), "bundle")


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path)

    with pytest.raises(UsageError, match="holds link"):
        check_replaceable(tmp_path / "folder", lists("*.jpg"), "report")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is shut to root")
def test_a_folder_that_cannot_be_looked_into_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)

    with pytest.raises(PermissionError):
        check_replaceable(tmp_path, lists("*"), "report")


def test_a_manifest_cannot_claim_everything(bundle: Path) -> None:
    path = bundle / manifest.FILE_NAME
    document = json.loads(path.read_text())
    document["files"][0]["path"] = "*"
    path.write_text(json.dumps(document))

    with pytest.raises(UsageError, match="would be lost"):
        check_replaceable(bundle, bundle_files, "bundle")
