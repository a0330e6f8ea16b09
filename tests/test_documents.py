"""What the documents say about commands and files is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.cli import COMMANDS

ROOT = Path(__file__).parents[1]
ROOMS = ("train", "convert", "runtime", "camera_demo")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = re.compile(r"^\s*(?:\$ )?(?:\.venv/bin/)?digits ([a-z]+)(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)\)")


def examples() -> list[tuple[str, str]]:
    """Every `digits COMMAND …` that stands on a line of its own in a code block."""
    blocks = [block for path in PAGES for block in re.findall(r"```\w*\n(.*?)```", path.read_text("utf-8"), re.DOTALL)]
    return [(name, rest) for block in blocks for name, rest in EXAMPLE.findall(block)]


@pytest.mark.parametrize("name", COMMANDS)
def test_readme_names_every_command(name: str) -> None:
    assert f"digits {name}" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_every_example_uses_flags_that_exist() -> None:
    found = examples()
    helps = {
        name: subprocess.run(
            [sys.executable, "-m", "runtime", name, "--help"], capture_output=True, text=True, cwd=ROOT, check=False
        ).stdout
        for name in {name for name, _ in found}
    }

    assert found
    for name, rest in found:
        assert name in COMMANDS
        for flag in re.findall(r"--[a-z][a-z-]*", rest.partition("#")[0]):
            assert flag in helps[name], f"digits {name} has no {flag}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    missing = [link for link in LINK.findall(path.read_text("utf-8")) if not (path.parent / link).exists()]

    assert not missing


def test_tree_in_the_readme_names_every_module() -> None:
    """`make docs` writes it anew."""
    tree = re.search(r"<!-- tree -->\n```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert tree
    named = [line.split()[0] for line in tree[1].splitlines() if not line.split()[0].endswith("/")]
    modules = [p.name for room in ROOMS for p in (ROOT / room).rglob("*.py") if not p.name.startswith("__")]

    assert sorted(named) == sorted(modules)
