"""The systems that stand in for small computers, and what is installed in each."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
DEBIAN = ("python3-numpy", "python3-opencv", "python3-rich", "python3-jinja2", "python3-platformdirs")
"""What `digits` needs, as Debian packs it: PyPI has no such wheels for 32-bit ARM."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of processor as Debian, QEMU and Python name it."""

    debian: str
    emulator: str  # QEMU's program
    libraries: str  # Debian's folder of libraries
    cpuinfo: str  # the line of /proc/cpuinfo that says what the processor can do


@dataclass(frozen=True, slots=True)
class Release:
    """A release of Debian, on which the releases of Raspberry Pi OS are built."""

    name: str
    python: str
    wheels: str  # the newest wheels that its C library takes, as uv names them
    screen: tuple[str, ...]  # what OpenCV's wheel for ARM wants to find, even where no window is opened


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor as QEMU and the kernel name it, and a board that has it."""

    emulated: str
    part: str  # of /proc/cpuinfo
    board: str


@dataclass(frozen=True, slots=True)
class Engines:
    """Which engines are asked for what; everything that is installed answers about single images."""

    verified: tuple[str, ...]  # by `digits verify`
    readers: tuple[str, ...]  # of pages
    excused: tuple[str, ...] = ()  # may refuse a file, being older than what this project asks for


@dataclass(frozen=True, slots=True)
class StandIn:
    """One emulated system with one set of packages."""

    name: str
    release: Release
    architecture: Architecture
    processor: Processor
    engines: Engines
    extras: tuple[str, ...] = ()  # of this project, with the versions of uv.lock
    debian: tuple[str, ...] = ()  # Debian's packages beside Python
    wheels: tuple[str, ...] = ()  # of uv.lock, each by itself
    twin: str = ".venv"  # the environment here that answers for comparison

    @property
    def system(self) -> str:
        """The root folder that it lives in, which others may share."""
        return f"{self.release.name}-{self.architecture.debian}"


ARM64 = Architecture("arm64", "qemu-aarch64-static", "aarch64-linux-gnu", "fp asimd evtstrm aes pmull sha1 sha2 crc32")
ARMHF = Architecture("armhf", "qemu-arm-static", "arm-linux-gnueabihf", "half thumb fastmult vfp edsp neon vfpv3 vfpv4")
BOOKWORM = Release("bookworm", "3.11", "aarch64-manylinux_2_36", ("libgl1", "libglib2.0-0", "libsm6"))
TRIXIE = Release("trixie", "3.13", "aarch64-manylinux_2_40", ("libgl1", "libglib2.0-0t64", "libsm6"))
CORTEX_A7 = Processor("cortex-a7", "0xc07", "Raspberry Pi 2")
CORTEX_A72 = Processor("cortex-a72", "0xd08", "Raspberry Pi 4")
CORTEX_A76 = Processor("cortex-a76", "0xd0b", "Raspberry Pi 5")
CURRENT = Engines(("litert", "onnxruntime", "opencv"), ("litert", "onnxruntime"))
LOCKED = ("litert", "onnx")

STAND_INS = (
    StandIn("bookworm 64 bit", BOOKWORM, ARM64, CORTEX_A72, CURRENT, extras=LOCKED),
    StandIn(
        "bookworm 64 bit, tflite-runtime",
        BOOKWORM,
        ARM64,
        CORTEX_A72,
        Engines(("tflite-runtime", "opencv"), ("tflite-runtime",)),
        extras=("tflite",),
        twin=".venv-tflite",
    ),
    StandIn("trixie 64 bit", TRIXIE, ARM64, CORTEX_A76, CURRENT, extras=LOCKED),
    StandIn(
        "bookworm 32 bit",
        BOOKWORM,
        ARMHF,
        CORTEX_A7,
        Engines(("tflite-runtime",), ("tflite-runtime",), excused=("opencv",)),
        debian=DEBIAN,
        wheels=("tflite-runtime",),
        twin=".venv-tflite",
    ),
    StandIn(
        "trixie 32 bit",
        TRIXIE,
        ARMHF,
        CORTEX_A7,
        Engines(("reference",), ("reference",), excused=("opencv",)),
        debian=DEBIAN,
    ),
)
