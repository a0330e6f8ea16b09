"""The four rooms are one installed application: one folder, one owner, and all the runtime needs inside the wheel."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("train", "convert", "runtime", "camera_demo")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    uv = Path(sys.executable).parent / "uv"
    if not uv.exists() and shutil.which("uv") is None:
        pytest.skip("uv is not installed in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    command = [str(uv if uv.exists() else "uv"), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_rooms_resolve_into_one_folder() -> None:
    folders = {Path(importlib.util.find_spec(room).origin).parents[1] for room in ROOMS}  # type: ignore[union-attr,arg-type]

    assert len(folders) == 1


def test_no_other_distribution_owns_a_room() -> None:
    owners = importlib.metadata.packages_distributions()

    for room in ROOMS:
        assert set(owners.get(room, ["digits"])) == {"digits"}


def test_only_one_opencv_wheel_is_installed() -> None:
    installed = {d.name.lower() for d in importlib.metadata.distributions() if d.name.lower().startswith("opencv")}

    assert installed == {"opencv-python"}


def test_distribution_refuses_upload() -> None:
    assert "Private :: Do Not Upload" in importlib.metadata.metadata("digits").get_all("Classifier", [])


@pytest.mark.slow
def test_wheel_holds_the_rooms_and_the_shipped_bundles(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == set(ROOMS)
    for model in ("edge-nano", "edge-small", "edge-base"):
        bundle = {Path(name).name for name in names if name.startswith(f"runtime/bundles/{model}/")}
        assert {"manifest.json", "golden.npz", "int8.tflite", "float32.tflite", "float32.onnx"} <= bundle
    assert not any(name.endswith((".keras", ".h5")) for name in names)
    page = {Path(name).name for name in names if name.startswith("camera_demo/serve/page/")}
    assert page == {"index.html", "view.js", "style.css", "icon.svg"}


def test_repository_holds_no_copy_of_mnist() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False).stdout.split(
        "\n"
    )

    assert not [name for name in listed if "ubyte" in name or name.startswith("runs/")]
