"""The GitHub Action does what its documentation says: its own commands are run in a repository that is not ours."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from runtime.cli import main

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = [step for step in ACTION["runs"]["steps"] if "run" in step]
EXPRESSION = re.compile(r"\$\{\{ ([^}]+) \}\}")
INSTALLED = "litert,onnx"


@dataclass
class Job:
    """A job of somebody else's workflow: its working folder, its runner's temporary one, and what steps gave so far."""

    repository: Path
    temporary: Path
    outputs: dict[str, str]

    def run(self, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run the action's own commands, step by step, as a runner would; gives the last one's result."""
        given = {name: value.get("default", "") for name, value in ACTION["inputs"].items()} | inputs
        for step in STEPS:
            result = self._step(step, {f"inputs.{name}": value for name, value in given.items()})
            if result.returncode:
                break
        return result

    def _step(self, step: Mapping[str, Any], inputs: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """One step in the shell that GitHub takes for `shell: bash`."""
        known = {**inputs, **self.outputs, "github.action_path": str(ROOT), "runner.temp": str(self.temporary)}
        variables = {name: EXPRESSION.sub(lambda found: known[found[1]], text) for name, text in step["env"].items()}
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_OUTPUT"].write_text("")
        environment = {**os.environ, **variables, **{name: str(path) for name, path in files.items()}}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        result = subprocess.run(
            shell, capture_output=True, text=True, cwd=self.repository, env=environment, check=False
        )
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"steps.{step['id']}.outputs.{name}"] = value
        return result

    @property
    def report(self) -> Path:
        return Path(self.outputs["steps.verify.outputs.report"])


def install(temporary: Path, script: str, extras: str) -> None:
    """What the first step would leave behind, so that it installs nothing."""
    command = temporary / "digits" / "bin" / "digits"
    command.parent.mkdir(parents=True)
    command.write_text(script)
    command.chmod(0o755)
    (temporary / "digits" / "extras").write_text(f"{extras}\n")


@pytest.fixture
def job(bundle_folder: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A repository with a bundle whose name has a blank, its hold-out, and a package `runtime` of their own."""
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    repository, temporary = tmp_path / "theirs", tmp_path / "temporary"
    (repository / "runtime").mkdir(parents=True)
    (repository / "runtime" / "__init__.py").write_text("raise SystemExit('not ours')")
    shutil.copytree(bundle_folder, repository / "our model")
    shutil.copy(models / "holdout.npz", repository)
    install(temporary, f'#!/bin/sh\nexec "{sys.executable}" -P -m runtime "$@"\n', INSTALLED)
    return Job(repository, temporary, {})


def test_a_bundle_is_verified_in_somebody_elses_repository(job: Job) -> None:
    before = sorted(path.name for path in job.repository.rglob("*"))
    result = job.run(**{
        "model": "our model",
        "data": "holdout.npz",
        "backends": "opencv",
        "floor": "accuracy=.97 samples=300",
        "max-flips": "2",
        "max-size": "int8.onnx=8363",
    })  # fmt: skip
    document = json.loads((job.report / "parity.json").read_text("utf-8"))
    suite = ElementTree.parse(job.report / "junit.xml").getroot()[0]  # noqa: S314 - our own

    assert result.returncode == 0, result.stderr
    assert job.outputs["steps.verify.outputs.passed"] == "true"
    assert job.outputs["steps.convert.outputs.folder"] == "our model"
    assert document["samples"] == 300
    assert document["gates"] == {
        "floors": {"accuracy": 0.97, "samples": 300},
        "max_flips": 2,
        "max_size": {"int8.onnx": 8363},
    }
    assert suite.get("failures") == suite.get("errors") == "0"
    assert (job.temporary / "GITHUB_STEP_SUMMARY").read_text("utf-8").startswith("## ✓ parity: tiny")
    assert (job.report / "report.html").exists()
    assert sorted(path.name for path in job.repository.rglob("*")) == before


def test_a_budget_that_is_broken_fails_the_job_and_leaves_the_reports(job: Job) -> None:
    (job.temporary / "GITHUB_STEP_SUMMARY").write_text("what came before\n")
    result = job.run(model="our model", backends="opencv", **{"max-size": "9000", "artifact": ""})

    assert result.returncode == 1
    assert job.outputs["steps.verify.outputs.passed"] == "false"
    written = {"parity.json", "report.html", "junit.xml", "summary.md", "inspect.txt", "inspect.sarif"}
    assert {path.name for path in job.report.iterdir()} == written
    summary = (job.temporary / "GITHUB_STEP_SUMMARY").read_text("utf-8")
    assert summary.startswith("what came before\n## ✗ parity, but gates not passed: tiny")


def test_a_file_that_breaks_a_rule_fails_the_job_and_is_verified_all_the_same(job: Job) -> None:
    path = job.repository / "our model" / "int8.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    result = job.run(model="our model", backends="opencv")
    findings = json.loads((job.report / "inspect.sarif").read_text("utf-8"))["runs"][0]["results"]

    assert result.returncode == 1
    assert findings
    assert "int8.onnx" in json.dumps(findings)
    assert "int8.onnx on opencv" in (job.report / "summary.md").read_text("utf-8")


def test_a_model_that_is_not_there_fails_the_job(job: Job) -> None:
    result = job.run(model="no such model")

    assert result.returncode == 1
    assert "no such model: no manifest.json here" in result.stderr
    assert job.outputs["steps.verify.outputs.passed"] == "false"


def test_nothing_in_an_input_is_run(job: Job) -> None:
    evil = '$(touch pwned) `touch pwned` "; touch pwned; "'
    job.run(model=evil, data=evil, floor=evil, **{"verify-arguments": evil, "max-flips": evil})

    assert not (job.repository / "pwned").exists()


@pytest.fixture
def told(job: Job) -> Callable[..., list[list[str]]]:
    """Gives the command lines that the action would give to `digits`, which is replaced by one that only notes them."""

    def give(extras: str, **inputs: str) -> list[list[str]]:
        shutil.rmtree(job.temporary / "digits")
        notes = job.temporary / "notes"
        install(job.temporary, f'#!/bin/sh\nprintf "%s\\0" "$@" >> "{notes}"; printf "\\n" >> "{notes}"\n', extras)
        result = job.run(**inputs)
        assert result.returncode == 0, result.stderr
        return [line.rstrip("\0").split("\0") for line in notes.read_text().splitlines()]

    return give


def test_a_keras_file_is_converted_first(job: Job, told: Callable[..., list[list[str]]]) -> None:
    lines = told(
        "litert,onnx,convert",
        **{"model": "nets/my net.keras", "data": "our data", "convert-arguments": "--variants int8.tflite"},
    )
    run = str(job.temporary / "digits-runs" / "my net")

    assert lines[0] == [
        *("convert", "nets/my net.keras", "--data", "our data", "--out", run, "--variants", "int8.tflite")
    ]
    assert [(line[0], line[-1]) for line in lines[1:]] == [("inspect", run), ("verify", run)]
    assert "--data" not in lines[2]


def test_a_run_is_converted_where_it_stands(job: Job, told: Callable[..., list[list[str]]]) -> None:
    (job.repository / "our model" / "model.keras").touch()
    converted = told("litert,onnx,convert", model="our model")
    (job.temporary / "notes").unlink()

    assert converted[0] == ["convert", "our model"]
    assert [line[0] for line in converted] == ["convert", "inspect", "verify"]
    assert [line[0] for line in told(INSTALLED, model="our model", convert="false")] == ["inspect", "verify"]


def test_flags_that_the_action_gives_exist(capsys: pytest.CaptureFixture[str]) -> None:
    convert, (inspect, verify) = STEPS[1]["run"], STEPS[2]["run"].split('"$DIGITS" verify')
    for command, part in (
        ("convert", convert),
        ("inspect", inspect.partition('"$DIGITS" inspect')[2]),
        ("verify", verify),
    ):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        shown = capsys.readouterr().out
        given = set(re.findall(r" (--[a-z][a-z-]+)", part))

        assert given
        assert {flag for flag in given if flag not in shown} == set()


def test_extras_that_the_action_installs_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = {*ACTION["inputs"]["extras"]["default"].split(","), "convert"}

    assert named <= set(project["project"]["optional-dependencies"])


def test_inputs_are_given_as_variables_alone() -> None:
    """An expression inside a command would run whatever a workflow passes on, such as the title of a pull request."""
    used = set()
    for step in STEPS:
        assert not EXPRESSION.search(step["run"])
        assert step["shell"] == "bash"
        used |= {name for text in step["env"].values() for name in EXPRESSION.findall(text)}
    elsewhere = {"inputs.python-version", "inputs.artifact"}

    assert {name for name in used if name.startswith("inputs.")} | elsewhere == {
        f"inputs.{name}" for name in ACTION["inputs"]
    }
    assert all(value["description"] for value in (ACTION["inputs"] | ACTION["outputs"]).values())
