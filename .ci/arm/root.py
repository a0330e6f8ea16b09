"""Roots: Debian for another processor, unpacked into a folder, with our packages in it. What is there is kept."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from arm.stand_ins import PROJECT, Processor, StandIn
from runtime.errors import DigitsError, MissingDependency
from runtime.terminal import talk

MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
NEEDED = ("base-files", "python3", "libstdc++6", "libgomp1")
CORES = 4
ORDER = "order.sha256"  # says what a folder was made of
TOOLS = {"mmdebstrap": "mmdebstrap", "qemu-aarch64-static": "qemu-user-static", "qemu-arm-static": "qemu-user-static"}


def check_host() -> None:
    """MissingDependency where something is not here that making and entering roots needs."""
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if not Path(KEYRING).is_file():
        missing.append("debian-archive-keyring")
    if missing:
        raise MissingDependency(
            f"verify-arm needs Debian's {' and '.join(missing)}; apt-get install {' '.join(missing)}"
        )
    if os.geteuid() != 0:
        raise MissingDependency("verify-arm enters other systems with chroot, which only root may; run it with sudo")


def make_root(stand_in: StandIn, folder: Path) -> Path:
    """The root of a stand-in below `folder`, made if it is not there; DigitsError where that fails."""
    root = folder / stand_in.system
    packages = (*NEEDED, *(stand_in.debian or stand_in.release.screen))
    order = (MIRROR, stand_in.release.name, stand_in.architecture.debian, *packages)
    make_once(root, order, lambda place: _unpack(place, stand_in, packages))
    return root


def add_packages(stand_in: StandIn, root: Path) -> Path:
    """The folder below `root` that holds the stand-in's Python packages, made if it is not there."""
    target = root / "opt" / "-".join(stand_in.extras or stand_in.wheels or ("none",))
    locked = [_locked(stand_in.extras)] if stand_in.extras else []
    single = [only(name, _locked(("tflite",))) for name in stand_in.wheels]

    def install(place: Path) -> None:
        place.mkdir()
        for text in locked:
            _install(place, text, stand_in.release.wheels, stand_in.release.python)
        for text in single:
            _install_single(place, text, stand_in.release.python)

    make_once(target, (stand_in.release.wheels, *locked, *single), install)
    return target


def add_digits(root: Path, folder: Path) -> Path:
    """Build this project's wheel and unpack it below `root`, always anew."""
    target, wheels = root / "opt" / "digits", folder / "wheel"
    for stale in (target, wheels):
        shutil.rmtree(stale, ignore_errors=True)
    _uv("build", "--quiet", "--wheel", "--out-dir", wheels, PROJECT)
    _uv("pip", "install", "--quiet", "--no-deps", "--target", target, *wheels.glob("*.whl"))
    return target


def show_processor(root: Path, processor: Processor, features: str) -> None:
    """Tell programs inside what processor they run on.

    QEMU passes /proc and /sys on from the host, whose processor is another one; LiteRT crashes on what it finds there.
    So neither is in a root, but for these three files.
    """
    cores = root / "sys/devices/system/cpu"
    for path in (cores, root / "proc"):
        path.mkdir(parents=True, exist_ok=True)
    for name in ("possible", "present"):
        (cores / name).write_text(f"0-{CORES - 1}\n", encoding="ascii")
    lines = (
        f"processor\t: {core}\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
        f"CPU variant\t: 0x0\nCPU part\t: {processor.part}\nCPU revision\t: 3\n\n"
        for core in range(CORES)
    )
    (root / "proc/cpuinfo").write_text("".join(lines), encoding="ascii")


def _unpack(place: Path, stand_in: StandIn, packages: Sequence[str]) -> None:
    """Unpack Debian into `place`, and put the emulator and a folder to work in beside it.

    Only the release itself, without what was mended since: what is verified should not change from day to day.
    """
    release, architecture = stand_in.release.name, stand_in.architecture
    source = f"deb [signed-by={KEYRING}] {MIRROR} {release} main"
    kind = ("--mode=root", "--variant=extract", f"--architectures={architecture.debian}")
    lean = "--aptopt=APT::Install-Recommends false"
    _run("mmdebstrap", "--quiet", *kind, lean, f"--include={','.join(packages)}", release, place, source)
    shutil.copy(str(shutil.which(architecture.emulator)), place / "usr/bin" / architecture.emulator)
    (place / "work").mkdir()


def make_once(target: Path, order: Sequence[str], make: Callable[[Path], None]) -> None:
    """Make `target` through a folder beside it, unless it was made of the same order before."""
    digest = hashlib.sha256(json.dumps(order).encode()).hexdigest()
    record = target / ORDER
    if record.is_file() and record.read_text(encoding="ascii") == digest:
        return
    talk().print(f"making {target}")
    partial = target.with_name(f"{target.name}.partial")
    for stale in (partial, target):
        shutil.rmtree(stale, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    make(partial)
    (partial / ORDER).write_text(digest, encoding="ascii")
    partial.rename(target)


def _locked(extras: Sequence[str]) -> str:
    """What uv.lock says of the packages that `extras` need, with their hashes."""
    flags = [word for extra in extras for word in ("--extra", extra)]
    return _uv(
        "export",
        "--quiet",
        "--locked",
        "--no-header",
        "--no-annotate",
        "--no-emit-project",
        "--no-default-groups",
        *flags,
    )


def only(name: str, requirements: str) -> str:
    """The one requirement of this name, without the marker: it is read by a Python that it is not meant for."""
    found = next(part for part in requirements.replace("\\\n", " ").splitlines() if part.startswith(f"{name}=="))
    version, _, rest = found.partition(";")
    return version + rest[rest.index("--hash") :] if rest else version


def _install(place: Path, requirements: str, wheels: str, python: str) -> None:
    """Install wheels for another platform, each of the hash that is locked."""
    listed = place / "requirements.txt"
    listed.write_text(requirements, encoding="utf-8")
    kind = ("--python-platform", wheels, "--python-version", python, "--only-binary", ":all:", "--require-hashes")
    _uv("pip", "install", "--quiet", "--no-deps", *kind, "--target", place, "--requirement", listed)


def _install_single(place: Path, requirement: str, python: str) -> None:
    """Install one wheel for 32-bit ARM, which uv does not know and pip does."""
    listed = place / "requirements.txt"
    listed.write_text(requirement + "\n", encoding="utf-8")
    kind = ("--platform", "manylinux_2_34_armv7l", "--python-version", python, "--only-binary", ":all:")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--disable-pip-version-check",
        "--require-hashes",
    )
    _run(*pip, *kind, "--target", place, "--requirement", listed)


def _uv(*words: str | Path) -> str:
    return _run(Path(sys.executable).with_name("uv"), *words, UV_PYTHON=sys.executable)


def _run(*words: str | Path, **settings: str) -> str:
    """Run a program; gives what it prints, DigitsError with its last words where it fails."""
    command = [str(word) for word in words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT, env=os.environ | settings)
    if done.returncode:
        last = " ".join(done.stderr.strip().splitlines()[-3:])
        raise DigitsError(f"{Path(command[0]).name} {command[1]} failed with code {done.returncode}: {last}")
    return done.stdout
