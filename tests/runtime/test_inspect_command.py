"""`digits inspect` tells what is in files and bundles, and what is wrong with them, as text, JSON and SARIF."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import backends, cli
from runtime.inspection import rules
from runtime.inspection.rules import RULES

ROOT = Path(__file__).parents[2]
SARIF_KEYS = {"$schema", "version", "runs"}


@pytest.fixture
def broken(models: Path, tmp_path: Path) -> Path:
    """A file whose bytes end too early."""
    path = tmp_path / "br öken.tflite"
    path.write_bytes((models / "int8.tflite").read_bytes()[:5000])
    return path


def test_a_bundle_is_told_file_by_file(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(models)]) == 0
    said = capsys.readouterr().out

    for path in ("int8.tflite", "float32.onnx", "golden.npz"):
        assert f"{path}: " in said
    assert re.search(r"input +serving_default_image:0, uint8 \(any, 28, 28, 1\), 0\.00392157 × \(whole − 0\)", said)
    assert re.search(r"operators +Reshape 2, QuantizeLinear \d+", said)
    assert "56,244 multiplications for one image" in said
    assert "✗" not in said


def test_no_engine_is_loaded(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_load", lambda name: pytest.fail(f"{name} was loaded"))

    assert cli.main(["inspect", str(models / "int8.tflite"), str(models / "ort" / "int8.ort"), "edge-nano"]) == 0


def test_findings_name_rule_expectation_and_remedy(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(broken)]) == 1
    said = capsys.readouterr().out

    assert re.search(r"✗ error (form|limits): .+; expected .+; (copy|convert|use) ", said)
    assert "keeps every rule" not in said


def test_json_is_one_document(models: Path, broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", "--json", str(models / "uint8.tflite"), str(broken)]) == 1
    document = json.loads(capsys.readouterr().out)
    sound, damaged = document["files"]

    assert (document["schema"], document["passed"]) == ("digits.inspection/1", False)
    assert (sound["passed"], damaged["passed"]) == (True, False)
    assert sound["findings"] == []
    assert sound["operators"]["CONV_2D"] == 3
    taken = {"name": "serving_default_image:0", "dtype": "uint8", "shape": [None, 28, 28, 1], "zero_point": 0}
    assert sound["inputs"][0].items() >= taken.items()
    assert set(damaged["findings"][0]) == {"rule", "level", "found", "expected", "remedy"}


def test_sarif_holds_rules_files_and_results(
    models: Path, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "out" / "inspect.sarif"
    assert cli.main(["inspect", "--sarif", str(log), str(models / "int8.tflite"), str(broken)]) == 1
    document = json.loads(log.read_text(encoding="utf-8"))
    (run,) = document["runs"]
    driver, (result,) = run["tool"]["driver"], run["results"]

    assert set(document) == SARIF_KEYS
    assert document["version"] == "2.1.0"
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    assert all(rule["defaultConfiguration"]["level"] in ("error", "warning", "note") for rule in driver["rules"])
    assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert run["artifacts"][place["index"]]["location"]["uri"] == place["uri"] == broken.as_uri()
    assert all(re.fullmatch("[0-9a-f]{64}", artifact["hashes"]["sha-256"]) for artifact in run["artifacts"])
    assert "inspect.sarif" not in capsys.readouterr().out


def test_paths_in_sarif_are_relative_where_they_were_given_so(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(models / "int8.tflite", tmp_path / "a b.tflite")
    monkeypatch.chdir(tmp_path)
    cli.main(["inspect", "a b.tflite", "--sarif", "x.sarif"])
    (run,) = json.loads(Path("x.sarif").read_text(encoding="utf-8"))["runs"]

    assert run["artifacts"][0]["location"]["uri"] == "a%20b.tflite"
    assert run["results"] == []


def test_hashes_come_first(
    bundle_folder: Path, replace_file: Callable[[Path, str, bytes], None], capsys: pytest.CaptureFixture[str]
) -> None:
    data = (bundle_folder / "int8.tflite").read_bytes()
    replace_file(bundle_folder, "uint8.tflite", data[:3000])  # listed as it is, and damaged
    (bundle_folder / "int8.tflite").write_bytes(data + b"PK\x03\x04")
    (bundle_folder / "float32.onnx").unlink()
    (bundle_folder / "golden.npz").write_bytes(b"other")
    assert cli.main(["inspect", "--json", str(bundle_folder)]) == 1
    files = {Path(file["path"]).name: file["findings"] for file in json.loads(capsys.readouterr().out)["files"]}
    broken = {name: [finding["rule"] for finding in findings] for name, findings in files.items() if findings}

    assert broken.pop("uint8.tflite")[0] in ("form", "limits")
    assert broken == {"int8.tflite": ["hash", "archive"], "float32.onnx": ["hash"], "golden.npz": ["hash"]}


def test_what_a_file_is_is_told_by_its_first_bytes_too(models: Path, tmp_path: Path) -> None:
    for source in ("int8.tflite", "ort/int8.ort"):
        shutil.copy(models / source, tmp_path / "model.bin")

        assert cli.main(["inspect", str(tmp_path / "model.bin")]) == 0


@pytest.mark.parametrize("name", ["nothing.tflite", "README.md", "-"])
def test_what_is_no_model_is_a_question_of_usage(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(ROOT / name)]) == 2
    assert re.search(r"no such file, run folder or bundle|expected a \.tflite", capsys.readouterr().err)


def test_a_folder_without_a_manifest_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(tmp_path)]) == 1
    assert "no manifest.json here" in capsys.readouterr().err


def test_every_rule_says_what_is_expected_and_what_to_do() -> None:
    assert all(rule.level in (rules.ERROR, rules.WARNING, rules.NOTE) for rule in RULES.values())
    assert all(rule.expected and rule.remedy for rule in RULES.values())


def test_every_rule_that_is_broken_anywhere_is_listed() -> None:
    """Sources name rules by text: each is in the list, and each of the list is named somewhere."""
    folders = [ROOT / "runtime" / name for name in ("inspection", "formats")]
    text = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))
    named = set(re.findall(r'(?:Refused|Finding|Never|_never)\(\s*"([a-z-]+)"', text))

    assert named <= set(RULES)
    assert {rule for rule in RULES if f'"{rule}"' not in text.replace(f'    "{rule}": Rule', "")} == set()


def test_the_page_lists_every_rule_and_operator() -> None:
    from runtime.inspection import onnx_operators, ort_operators, tflite_operators
    from runtime.inspection.keras_check import LAYERS

    page = (ROOT / "docs" / "inspect.md").read_text(encoding="utf-8")
    rows = [f"| `{name}` | {rule.level} | {rule.expected} | {rule.remedy} |" for name, rule in RULES.items()]
    operators = {*tflite_operators.OPERATORS, *onnx_operators.OPERATORS, *ort_operators.OPERATORS}

    assert [row for row in rows if row not in page] == []
    assert {name for name in operators | LAYERS if f"`{name.removeprefix('com.microsoft.')}`" not in page} == set()
