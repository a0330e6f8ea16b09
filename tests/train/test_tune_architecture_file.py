"""Files that describe a network of the edge family."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from runtime.cli import main
from runtime.errors import InputError

GOOD: dict[str, Any] = {
    "schema": "digits.architecture/1",
    "base": "edge-small",
    "stem": {"side": 3, "stride": 1},
    "large": [8, 12],
    "middle": [16],
    "small": [16, 8],
    "recipe": {"learning_rate": 0.1, "augmentation": 0.5},
}


@pytest.fixture
def described(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - the module imports Keras
    from train.zoo import described

    return described


def write(path: Path, **changes: Any) -> Path:  # noqa: ANN401
    path.write_text(json.dumps({name: value for name, value in (GOOD | changes).items() if value != "drop"}))
    return path


@pytest.mark.usefixtures("described")
def test_it_is_built_and_trained_as_described(tmp_path: Path) -> None:
    from train.zoo import choose_recipe, find

    architecture = find(str(write(tmp_path / "slim.json")))

    assert (architecture.name, architecture.layers) == (
        "slim",
        "3×3 Conv8, pool, Conv12, pool, Conv16, pool, Conv16, Conv8 (each batch-normalised), softmax",
    )
    network = architecture.build(11)
    kernels = [tuple(layer.kernel.shape) for layer in network.layers if hasattr(layer, "kernel")]
    assert kernels == [(3, 3, 1, 8), (3, 3, 8, 12), (3, 3, 12, 16), (3, 3, 16, 16), (3, 3, 16, 8), (72, 11)]
    base = find("edge-small")
    assert architecture.recipes.keys() == base.recipes.keys()
    for preset in base.recipes:
        _, recipe = choose_recipe(architecture, preset)
        assert (recipe.learning_rate, recipe.augmentation) == (0.1, 0.5)
        assert (recipe.epochs, recipe.weight_decay) == (base.recipes[preset].epochs, base.recipes[preset].weight_decay)


@pytest.mark.parametrize("name", ["edge-nano", "edge-small", "edge-base"])
def test_what_is_written_is_read_again(described: ModuleType, tmp_path: Path, name: str) -> None:
    from train.zoo import find
    from train.zoo.edge import FAMILY

    described.write_architecture(tmp_path / "x.json", name, FAMILY[name], {})
    again = described.read_architecture(tmp_path / "x.json")

    assert again.layers == find(name).layers
    assert again.recipes == find(name).recipes
    shapes = [tuple(v.shape) for v in find(name).build(11).variables]
    assert [tuple(v.shape) for v in again.build(11).variables] == shapes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": "digits.manifest/1"}, "expected schema 'digits.architecture/1', got 'digits.manifest/1'"),
        ({"base": "dense-512"}, "expected a base of edge-nano, edge-small, edge-base, got 'dense-512'"),
        ({"base": "drop"}, "expected 'base' as str, got None"),
        ({"stem": {"side": 4, "stride": 2}}, "the stem's 'side' to be one of"),
        ({"stem": {"side": 5, "stride": True}}, "the stem's 'stride' to be one of"),
        ({"stem": 5}, "expected 'stem' as dict, got 5"),
        ({"large": []}, "expected 'large' as 1 to 16 numbers of filters from 1 to 1024, got []"),
        ({"middle": [16] * 17}, "expected 'middle' as 1 to 16 numbers"),
        ({"small": [0]}, "expected 'small' as"),
        ({"small": [8.5]}, "expected 'small' as"),
        ({"small": [4096]}, "expected 'small' as"),
        ({"small": [True]}, "expected 'small' as"),
        ({"recipe": {"epochs": 900}}, "expected 'recipe' with values of learning_rate"),
        ({"recipe": [1]}, "expected 'recipe' with values of learning_rate"),
        ({"recipe": {"learning_rate": -1}}, "expected 'learning_rate' from 1e-06 to 10, got -1"),
        ({"recipe": {"augmentation": "much"}}, "expected 'augmentation' from 0 to 1, got 'much'"),
        ({"recipe": {"label_smoothing": float("nan")}}, "expected 'label_smoothing' from 0 to 0.99, got nan"),
    ],
    ids=str,
)
def test_what_cannot_be_built_is_one_line(
    described: ModuleType, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = write(tmp_path / "bad.json", **changes)

    with pytest.raises(InputError) as refused:
        described.read_architecture(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert words in str(refused.value)


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize("contents", [None, b"", b"\xff\xfe", b"[" * 5000, b"[]"], ids=str)
def test_files_that_are_no_description(tmp_path: Path, contents: bytes | None) -> None:
    path = tmp_path / "x.json"
    if contents is not None:
        path.write_bytes(contents)

    assert main(["train", "--model", str(path), "--out", str(tmp_path / "run")]) == 1
    assert [file.name for file in tmp_path.iterdir()] == (["x.json"] if contents is not None else [])
