"""What is asked for on the command line with a model from elsewhere."""

from pathlib import Path

import pytest

from convert.adopt.order import Order, Range, add_options, read_order
from runtime.arguments import Parser
from runtime.errors import UsageError


def order(*words: str) -> Order | None:
    parser = Parser("convert", "A description.")
    parser.add_argument("run", type=Path)
    add_options(parser)
    return read_order(parser.parse_args(words))


def test_a_run_is_no_order() -> None:
    assert order("runs/edge") is None


def test_a_folder_is_a_run_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "odd.keras").mkdir()

    assert order(str(tmp_path / "odd.keras")) is None


def test_the_least_that_is_needed() -> None:
    found = order("models/mine.keras", "--data", "pictures")

    assert found == Order(Path("models/mine.keras"), Path("pictures"))
    assert found.run == Path("runs/mine")


def test_everything_that_can_be_said() -> None:
    found = order(
        *(
            "mine.keras",
            "--data",
            "a.npz",
            "--out",
            "there",
            "--input-range=-1..1",
            "--classes",
            "zero, one,not a digit",
        )
    )

    assert found == Order(
        Path("mine.keras"), Path("a.npz"), Path("there"), Range(-1, 1), ("zero", "one", "not a digit")
    )
    assert found.run == Path("there")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0..1", Range(0, 1)), ("0..255", Range(0, 255)), ("-0.5..0.5", Range(-0.5, 0.5)), ("1..0", Range(1, 0))],
    ids=str,
)
def test_ranges_are_written_as_they_are_read(text: str, expected: Range) -> None:
    found = order("mine.keras", "--data", "a", f"--input-range={text}")

    assert found
    assert (found.taken, str(expected)) == (expected, text)


@pytest.mark.parametrize("text", ["", "255", "0..", "0..1..2", "a..b", "3..3", "0..nan", "inf..0"])
def test_what_is_no_range_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected LOW\.\.HIGH such as 0\.\.255, got|expected something, got ''"):
        order("mine.keras", "--data", "a", f"--input-range={text}")


@pytest.mark.parametrize(
    "words",
    [("--data", "a"), ("--out", "b"), ("--classes", "a,b"), ("--input-range", "0..1")],
    ids=lambda words: words[0],
)
def test_flags_of_a_model_need_one(words: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=f"^{words[0]}: belongs to a .keras file; runs/edge is taken for a run folder"):
        order("runs/edge", *words)
