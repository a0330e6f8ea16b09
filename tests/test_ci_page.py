"""What docs/ci.md says about workflows, hooks and pipelines can be copied and works."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.cli import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def find_steps(example: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Every step of an example that is a workflow or a part of one."""
    if isinstance(example, dict) and "jobs" in example:
        return [step for job in example["jobs"].values() for step in job["steps"]]
    return example if isinstance(example, list) else []


STEPS = [step for example in EXAMPLES for step in find_steps(example)]


def test_the_action_is_used_as_it_wants_to_be() -> None:
    uses = [step for step in STEPS if step.get("uses", "").startswith("OWNER/digits@")]
    required = {name for name, value in ACTION["inputs"].items() if value.get("required")}

    assert len(uses) == 2
    for step in uses:
        assert required <= set(step["with"]) <= set(ACTION["inputs"])
    asked = re.findall(r"steps\.digits\.outputs\.([a-z]+)", PAGE)
    assert asked
    assert set(asked) <= set(ACTION["outputs"])


def test_every_input_and_output_is_explained() -> None:
    assert all(f"`{name}`" in PAGE for name in (*ACTION["inputs"], *ACTION["outputs"]))


def test_hooks_of_the_example_exist() -> None:
    [example] = [found for found in EXAMPLES if isinstance(found, dict) and "repos" in found]
    used = [hook["id"] for repo in example["repos"] for hook in repo["hooks"]]

    assert set(used) <= {hook["id"] for hook in HOOKS}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_on_a_bundle(hook: dict[str, Any], models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    program, command = hook["entry"].split()

    assert program == "digits"
    given = ["--backends", "opencv", str(models)] if command == "verify" else sorted(map(str, models.glob("*.onnx")))
    assert main([command, *given]) == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_is_described_as_pre_commit_wants_it(hook: dict[str, Any]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    asked = [extra for entry in hook.get("additional_dependencies", ()) for extra in entry.strip(".[]").split(",")]
    files = re.compile(hook["files"])

    assert {"id", "name", "entry", "language", "files"} <= set(hook)
    assert set(asked) <= set(extras)
    assert all(files.search(name) for name in ("models/a/int8.tflite", "b.onnx", "c.ort"))
    assert not any(files.search(name) for name in ("README.md", "my-manifest.json", "a.tflite.md"))


def test_the_pipeline_runs_commands_that_exist() -> None:
    [pipeline] = [found["digits"] for found in EXAMPLES if isinstance(found, dict) and "digits" in found]
    [verify] = [line for line in pipeline["script"] if "digits verify" in line]

    assert "--junit verify.xml" in verify
    assert pipeline["artifacts"]["reports"]["junit"] == "verify.xml"
    assert pipeline["artifacts"]["paths"] == ["report"]
