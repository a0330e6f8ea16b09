"""Stand-ins are described consistently, and what is missing on the host is one line with the remedy."""

import hashlib
from pathlib import Path

import pytest
from arm import __main__ as command
from arm import root
from arm.place import here
from arm.stand_ins import ARM64, CORTEX_A72, PROJECT, STAND_INS

from runtime.backends import ENGINES
from runtime.errors import DigitsError, MissingDependency


def test_stand_ins_have_names_of_their_own_and_known_engines() -> None:
    assert len({stand_in.name for stand_in in STAND_INS}) == len(STAND_INS)
    assert {engine for stand_in in STAND_INS for engine in stand_in.engines.verified} <= set(ENGINES)
    assert {engine for stand_in in STAND_INS for engine in stand_in.engines.readers} <= set(ENGINES)


@pytest.mark.parametrize("stand_in", STAND_INS, ids=lambda stand_in: stand_in.name)
def test_a_stand_in_has_packages_from_somewhere_and_its_processor(stand_in: command.StandIn) -> None:
    assert stand_in.extras or stand_in.debian
    assert stand_in.twin in (".venv", ".venv-tflite")
    assert (stand_in.architecture == ARM64) == (stand_in.processor.emulated in ("cortex-a72", "cortex-a76"))


def test_missing_tools_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(MissingDependency, match="apt-get install mmdebstrap qemu-user-static"):
        root.check_host()


def test_the_command_refuses_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")

    assert command.main([]) == 3
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_unknown_stand_in_is_a_matter_of_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "check_host", lambda: None)

    assert command.main(["--only", "windows"]) == 2
    assert "trixie 64 bit" in capsys.readouterr().err


def test_a_root_shows_its_own_processor_and_nothing_else(tmp_path: Path) -> None:
    root.show_processor(tmp_path, CORTEX_A72, ARM64.cpuinfo)
    shown = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    cpus = "sys/devices/system/cpu"

    assert shown == {"proc/cpuinfo", f"{cpus}/possible", f"{cpus}/present"}
    assert "CPU part\t: 0xd08" in (tmp_path / "proc/cpuinfo").read_text(encoding="ascii")


def test_what_was_made_of_the_same_order_is_kept(tmp_path: Path) -> None:
    made: list[str] = []

    def make(place: Path) -> None:
        place.mkdir()
        made.append(place.name)

    target = tmp_path / "root"
    for order in (["a"], ["a"], ["b"]):
        root.make_once(target, order, make)

    assert made == ["root.partial", "root.partial"]
    assert [path.name for path in tmp_path.iterdir()] == ["root"]
    assert (target / root.ORDER).read_text(encoding="ascii") == hashlib.sha256(b'["b"]').hexdigest()


def test_what_failed_half_way_is_made_anew(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        place.mkdir()
        raise DigitsError("the mirror is away")

    with pytest.raises(DigitsError, match="mirror"):
        root.make_once(tmp_path / "root", ["a"], fail)
    root.make_once(tmp_path / "root", ["a"], lambda place: place.mkdir())

    assert [path.name for path in tmp_path.iterdir()] == ["root"]


def test_a_locked_wheel_is_named_with_its_hashes_alone() -> None:
    numpy = "numpy==1.26.4 \\\n    --hash=sha256:aa\n"
    some = "some==2.0 ; python_full_version < '3.12' \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    text = numpy + some

    assert root.only("some", text).split() == ["some==2.0", "--hash=sha256:bb", "--hash=sha256:cc"]
    assert root.only("numpy", text).split() == ["numpy==1.26.4", "--hash=sha256:aa"]


def test_a_place_tells_what_python_says_or_why_it_does_not(tmp_path: Path) -> None:
    place = here(PROJECT / ".venv", tmp_path)
    if not Path(place.python[0]).exists():
        pytest.skip("the project's own environment is not here")

    assert place.ask_json("-c", "print('{\"a\": 1}')") == {"a": 1}
    assert place.path("x.png") == f"{tmp_path}/x.png"
    with pytest.raises(DigitsError, match="ended with code 3: gone"):
        place.ask("-c", "import sys; print('gone', file=sys.stderr); sys.exit(3)")
    with pytest.raises(DigitsError, match="printed no JSON: 'one"):
        place.ask_json("-c", "print('one')")
