"""`digits models` tells what comes with the program, and every command takes those names."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime import bundle, manifest, models_command
from runtime.bundle import BUNDLES, DEFAULT, SHIPPED, open_bundle, shipped_bundles
from runtime.cli import main
from runtime.errors import ModelError
from runtime.npz import write_npz


@pytest.fixture
def shelf(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shipped bundles of our own: two copies of the tiny one, "large" being the default."""
    aside = shutil.ignore_patterns("holdout.npz", "ort", "static", "strangers")
    for name in ("large", "small"):
        shutil.copytree(models, tmp_path / "shelf" / name, ignore=aside)
    monkeypatch.setattr(bundle, "BUNDLES", tmp_path / "shelf")
    monkeypatch.setattr(bundle, "SHIPPED", tmp_path / "shelf" / "large")
    monkeypatch.setattr(models_command, "BUNDLES", tmp_path / "shelf")
    monkeypatch.setattr(models_command, "DEFAULT", "large")
    return tmp_path / "shelf"


def tell(folder: Path, **figures: object) -> None:
    """Write training figures into a bundle's manifest."""
    document: dict[str, Any] = json.loads((folder / manifest.FILE_NAME).read_text())
    document["training"] = figures
    (folder / manifest.FILE_NAME).write_text(json.dumps(document))


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `digits models --json` prints, by name."""
    assert main(["models", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "digits.models/1"
    return {model["name"]: model for model in document["models"]}


def test_the_default_ships_and_every_shipped_bundle_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys)

    assert tuple(found) == shipped_bundles()
    assert [name for name, model in found.items() if model["default"]] == [DEFAULT]
    assert SHIPPED == BUNDLES / DEFAULT
    for name, model in found.items():
        opened = open_bundle(Path(name))
        assert model["sha256"] == opened.sha256
        assert model["parameters"] == opened.manifest.parameters
        assert [file["path"] for file in model["files"]] == [file.path for file in opened.manifest.converted()]


def test_measured_figures_go_before_those_of_the_training(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test, photographs = {"samples": 10_000, "errors": 35}, {"samples": 400, "errors": 5}
    tell(shelf / "small", test_samples=10_000, test_errors=33, measured={"test": test, "photographs": photographs})
    tell(shelf / "large", test_samples=10_000, test_errors=21)

    found = listed(capsys)

    assert (found["small"]["test"], found["small"]["photographs"]) == (test, photographs)
    assert found["large"]["test"] == {"samples": 10_000, "errors": 21}
    assert found["large"]["photographs"] is None


def test_the_table_is_data(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured = {"test": {"samples": 10_000, "errors": 35}, "photographs": {"samples": 400, "errors": 5}}
    tell(shelf / "small", measured=measured)

    assert main(["models"]) == 0

    title, large, small = capsys.readouterr().out.splitlines()
    assert title.split()[:2] == ["model", "parameters"]
    assert large.split()[:2] == ["large", "default"]
    assert "35 of 10,000  " in small
    assert "98.8 % of 400" in small
    assert "int8.tflite" in small


@pytest.mark.parametrize(
    "counted",
    [
        {"samples": 3, "errors": 4},
        {"samples": 0, "errors": 0},
        {"samples": "3", "errors": 1},
        {"samples": 3, "errors": -1},
    ],
)
def test_figures_that_cannot_be_are_refused(
    shelf: Path, counted: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    tell(shelf / "small", measured={"test": counted})

    assert main(["models"]) == 1
    assert "expected 0 ≤ errors ≤ samples" in capsys.readouterr().err


def test_a_name_opens_its_bundle_and_nothing_the_default(shelf: Path) -> None:
    assert open_bundle(Path("small")).folder == shelf / "small"
    assert open_bundle().folder == shelf / "large"


def test_a_folder_goes_before_a_shipped_bundle_of_its_name(
    shelf: Path, bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bundle_folder.parent)
    bundle_folder.rename("small")

    assert open_bundle(Path("small")).folder == Path("small")
    assert (shelf / "small").exists()


@pytest.mark.parametrize("name", ["medium", "small/int8.tflite", "./nowhere", "/nowhere"])
def test_a_name_of_nothing_is_refused_with_those_that_there_are(shelf: Path, name: str) -> None:
    assert shelf.exists()

    with pytest.raises(ModelError, match=r"expected a run folder or a bundle, or one of large, small"):
        open_bundle(Path(name))


def test_commands_take_the_names(shelf: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with np.load(models / "holdout.npz") as holdout:
        write_npz(tmp_path / "set.npz", {"images": holdout["images"][:20], "labels": holdout["labels"][:20]})

    assert shelf.exists()
    assert main(["evaluate", "--bundle", "small", "--backend", "opencv", "--json", str(tmp_path / "set.npz")]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 20
    assert main(["verify", "small", "--backends", "opencv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"]
