"""What runs on small computers asks of OpenCV only what Debian's packages of it have too."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("room", ["runtime", "camera_demo"])
def test_opencv_s_types_are_only_named_in_quotes(room: str) -> None:
    """Debian has no `cv2.typing`, so that a module that evaluates it cannot even be imported there."""
    named = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "cv2.typing"
    ]

    assert not named
