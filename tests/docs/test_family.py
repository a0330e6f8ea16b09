"""The family is made part by part, and nothing is made twice."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from runtime import manifest
from runtime.manifest import ModelFile


@pytest.fixture
def workshop(measurements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scripts at work in a scratch folder, with the records there."""
    import family

    (tmp_path / "docs" / "figures").mkdir(parents=True)
    monkeypatch.setattr(family, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(family, "BUNDLES", tmp_path / "bundles")
    monkeypatch.setattr(family, "DEFAULT", "edge-small")
    monkeypatch.setattr(family, "FOLDER", measurements)
    return tmp_path


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run, instead of running them."""
    import family

    words: list[list[str]] = []
    monkeypatch.setattr(family, "digits", lambda *command: words.append(list(command)))
    return words


def write_run(folder: Path, *files: ModelFile) -> None:
    """A run of which nothing but the manifest is there."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest.save(manifest.Manifest(folder.name, "2026-01-01T00:00:00Z", 1, files=files), folder)


def test_what_is_trained_and_converted_is_measured_only(workshop: Path, said: list[list[str]]) -> None:
    import family

    done, half = workshop / "zoo" / "edge-nano-1", workshop / "zoo" / "edge-small-1"
    write_run(done, ModelFile("tflite", "int8", "int8.tflite", "0", 1))
    write_run(half)

    family.train(workshop / "zoo", ("edge-nano", "edge-small"), (1,), ["--sets", "digits"])

    assert said == [
        ["measure", str(done), "--sets", "digits"],
        ["convert", str(half)],
        ["measure", str(half), "--sets", "digits"],
    ]


def test_a_missing_run_is_trained_with_its_seed_and_goes_on_where_it_stopped(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import family

    said: list[tuple[str, ...]] = []

    def obey(*words: str) -> None:
        said.append(words)
        if words[0] == "train":
            write_run(Path(words[words.index("--out") + 1]))

    monkeypatch.setattr(family, "digits", obey)
    family.train(workshop / "zoo", ("edge-base",), (2, 4), [])

    first = said[0]
    assert first[:7] == ("train", "--model", "edge-base", "--preset", "standard", "--seed", "2")
    assert first[-1] == "--resume"
    assert [words[0] for words in said] == ["train", "convert", "measure"] * 2
    assert (workshop / "zoo" / "edge-base-4").is_dir()


def test_the_chosen_seed_is_packed_once(workshop: Path, said: list[list[str]]) -> None:
    import family

    shipped = workshop / "bundles" / "edge-small"
    write_run(shipped)
    document: dict[str, Any] = json.loads((shipped / manifest.FILE_NAME).read_text())
    document["training"] = {"measured": {"manifest_sha256": "edge-small3"}}
    (shipped / manifest.FILE_NAME).write_text(json.dumps(document))

    family.ship(workshop / "zoo", ("edge-nano", "edge-small"))

    assert [words[:5] for words in said] == [
        [
            "bundle",
            str(workshop / "zoo" / "edge-nano-3"),
            str(workshop / "bundles" / "edge-nano"),
            "--name",
            "edge-nano",
        ]
    ]


def test_measured_runs_are_published_and_pages_written(workshop: Path, measurements: Path, models: Path) -> None:
    import family

    aside = shutil.ignore_patterns("holdout.npz", "ort", "static", "strangers")
    shutil.copytree(models, workshop / "bundles" / "edge-nano", ignore=aside)
    shutil.rmtree(measurements)

    assert family.main(["publish", "--runs", str(workshop / "runs")]) == 0
    assert family.main(["pages"]) == 0

    assert len(list(measurements.glob("*.json"))) == 10
    assert "`edge-base`" in (workshop / "docs" / "models.md").read_text("utf-8")
    assert (workshop / "docs" / "models" / "edge-nano.md").is_file()
    assert not (workshop / "docs" / "models" / "edge-base.md").exists()
    assert (workshop / "docs" / "figures" / "models-pareto.png").is_file()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        pytest.param(["publish", "--runs", "{empty}"], 1, "expected measured runs", id="nothing measured"),
        pytest.param(["ship", "--models", "edge-huge"], 1, "no record of edge-huge", id="no record"),
    ],
)
def test_what_is_missing_is_named(
    workshop: Path, words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import family

    (workshop / "empty").mkdir()

    assert family.main([word.format(empty=workshop / "empty") for word in words]) == code
    assert message in capsys.readouterr().err


def test_a_command_that_fails_ends_it_with_its_code(workshop: Path) -> None:
    import family

    write_run(workshop / "zoo" / "edge-nano-1")

    words = ["train", "--runs", str(workshop / "zoo"), "--models", "edge-nano", "--seeds", "1"]
    assert family.main(words) == 1  # there is no Keras model to convert


def test_flags_of_measure_are_passed_on() -> None:
    import family

    assert family.measure_words(None, None) == []
    assert family.measure_words(Path("a"), Path("b")) == ["--sets", "a", "--photos", "b"]
