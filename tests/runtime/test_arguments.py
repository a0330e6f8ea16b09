"""Command lines: what a flag takes, and the one line that says what it does not."""

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from runtime.arguments import MOST_THREADS, Parser, frame_size, positive, seed_number, thread_count, up_to
from runtime.errors import UsageError


@pytest.fixture
def parser() -> Parser:
    parser = Parser("read", "Read.")
    parser.add_model_options()
    parser.add_argument("--count", type=positive)
    parser.add_argument("--size", type=frame_size)
    parser.add_argument("--seed", type=seed_number)
    return parser


def test_model_options_are_those_of_the_shipped_bundle_unless_given(parser: Parser) -> None:
    plain = parser.parse_args([])
    assert (plain.bundle, plain.backend, plain.file, plain.threads) == (None, None, None, 1)

    words = ["--bundle", "b", "--backend", "opencv", "--file", "int8.onnx", "--threads", "4"]
    given = parser.parse_args(words)
    assert (given.bundle, given.backend, given.file, given.threads) == (Path("b"), "opencv", "int8.onnx", 4)


@pytest.mark.parametrize(("text", "size"), [("1280x720", (1280, 720)), ("16x20000", (16, 20000))])
def test_sizes(text: str, size: tuple[int, int]) -> None:
    assert frame_size(text) == size


@pytest.mark.parametrize(
    "words",
    [
        *(["--count", text] for text in ("0", "-1", "1.5", "", "x", "²", "１", "9" * 5000)),
        *(["--threads", text] for text in ("0", str(MOST_THREADS + 1), "9" * 30)),
        *(
            ["--size", text]
            for text in ("640", "640x", "x480", "15x480", "640x20001", "640X480", "²0x480", "9" * 5000 + "x9")
        ),
        *(["--seed", text] for text in ("-1", "1.5", "", "²", str(2**32), "9" * 5000)),
        ["--cou", "3"],
        ["--absent"],
        ["word"],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_mistakes_are_one_line_that_names_the_help(parser: Parser, words: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        parser.parse_args(words)

    message = str(refused.value)
    assert message.endswith("(see digits read --help)")
    assert words[-1][:100] in message
    assert len(message) < 400
    assert "\n" not in message


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--backend", ""], "--backend"),
        (["--file", ""], "--file"),
        (["--file="], "--file"),
        (["--bundle", ""], "--bundle"),
        (["--count", "3", ""], "argument"),
        ([""], "argument"),
    ],
    ids=" ".join,
)
def test_nothing_may_be_empty(parser: Parser, words: list[str], named: str) -> None:
    with pytest.raises(UsageError, match=f"^{named}: expected something, got ''"):
        parser.parse_args(words)


def test_numbers_have_an_end() -> None:
    assert up_to(20)("20") == positive("20") == 20
    for text in ("0", "21", "9" * 5000):
        with pytest.raises(ArgumentTypeError, match="from 1 to 20, got"):
            up_to(20)(text)


@pytest.mark.parametrize("text", ["0", "7", str(2**32 - 1)])
def test_seeds(text: str) -> None:
    assert seed_number(text) == int(text)


def test_the_most_threads_are_allowed() -> None:
    assert thread_count(str(MOST_THREADS)) == MOST_THREADS
