"""The page about a verification stands alone and shows what changed."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from runtime.bench import Percentiles
from runtime.parity import FLIPS_LISTED, Limits, ParityCheck, PreprocessingCheck, compare
from runtime.parity_page import describe_class, describe_limits, enlarge, points, render_page
from runtime.records import Frame, Probabilities
from runtime.verifying.gates import Gates, judge
from runtime.verifying.report import ParityReport
from runtime.verifying.row import Row

LIMITS = Limits(flips=3, accuracy_loss=0.001)


def confident(digits: list[int]) -> Probabilities:
    rows = np.full((len(digits), 11), 0.009, np.float32)
    rows[np.arange(len(digits)), digits] = 0.91
    return rows


def decode(uri: str) -> Frame:
    """The picture that a page shows."""
    data = np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)


def glyph(seed: int) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (28, 28), dtype=np.uint8)


def report(flips: int, notes: tuple[str, ...] = (), name: str = "tiny") -> ParityReport:
    """Forty samples or more, the first `flips` of which the int8 file calls an eight."""
    keras = [7] * max(40, flips)
    found = compare(confident(keras), confident([8] * flips + keras[flips:]), np.array(keras, np.uint8))
    same = compare(confident(keras), confident(keras), np.array(keras, np.uint8))
    checks = (
        ParityCheck("float32.tflite", "litert", "holdout", LIMITS, same),
        ParityCheck("int8.tflite", "litert", "holdout", LIMITS, found),
        ParityCheck("int8.onnx", "opencv", "holdout", LIMITS, reason="OpenCV misreads it", supported=False),
    )
    times = Percentiles(25.1, 127.3, 200.0)
    rows = [Row(check.file, check.backend, 110_584, (check,), times) for check in checks]
    absent = Row("int8.tflite", "tflite-runtime", 110_584, refusal="install it with: pip install x", missing=True)
    pictures = {("holdout", index): glyph(index) for index in range(flips)}
    return ParityReport(
        name,
        "a" * 64,
        "2026-01-01T00:00:00Z",
        40,
        PreprocessingCheck(1, 6, 0),
        (*rows[:2], absent, *rows[2:]),
        {"litert": "2.3.0"},
        notes,
        pictures,
    )


class Balance(HTMLParser):
    """Checks that every element that is opened is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag not in ("meta", "img", "br", "link"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.mark.parametrize("flips", [0, 2, 40])
def test_page_is_sound_html(flips: int) -> None:
    balance = Balance()
    balance.feed(render_page(report(flips)))

    assert balance.stack == []


def test_page_needs_nothing_from_elsewhere() -> None:
    html = render_page(report(2))

    assert not re.search(r"<script|<link|https?://|src=\"(?!data:image/png;base64,)", html)


def test_verdict_and_figures_are_on_the_page() -> None:
    good, bad = render_page(report(0)), render_page(report(5))

    assert "✓ parity" in good
    assert "every compared file gives the class that Keras gives" in good
    assert "✗ no parity" in bad
    assert "flips 5, at most 3 allowed" in bad
    assert "87.50 %" in bad
    assert "12.50" in bad
    assert "not supported: OpenCV misreads it" in bad
    assert "2.3.0" in bad
    assert "a" * 64 in bad


def cells(html: str) -> list[list[str]]:
    """The text of the first table, row by row."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html.partition("<table")[2].partition("</table>")[0], re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[dh].*?</t[dh]>", row)] for row in rows]


def test_one_table_has_every_file_on_every_engine() -> None:
    header, right, flipped, absent, unsupported = cells(render_page(report(1)))

    assert header[:4] == ["file", "engine", "status", "bytes"]
    assert right == [
        "float32.tflite",
        "litert",
        "✓ ok",
        "110,584",
        "100.00 91.24–100.00",
        "100.00",
        "0",
        "0",
        "25.1 / 127",
    ]
    assert flipped[2:] == ["✗ failed", "110,584", "97.50 87.12–99.56", "97.50", "0", "1", "25.1 / 127"]
    assert absent == ["int8.tflite", "tflite-runtime", "not installed", "110,584", "install it with: pip install x"]
    assert unsupported[1:] == ["opencv", "unsupported", "110,584", "OpenCV misreads it"]


def test_what_was_asked_is_on_the_page() -> None:
    html = render_page(judge(report(1), Gates(floors=(("accuracy", 0.99),), sizes=(("int8.tflite", 1000),))))

    assert "Asked: accuracy ≥ 0.99, int8.tflite ≤ 1,000 bytes." in html
    assert "110584 bytes, at most 1000 asked; holdout: accuracy 0.975, at least 0.99 asked" in html


def test_every_flip_is_shown_enlarged_with_both_answers() -> None:
    html = render_page(report(2))
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="sample (\d+), a 7">', html)

    assert [int(index) for _, index in found] == [0, 1]
    for data, index in found:
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(picture, np.kron(255 - glyph(int(index)), np.ones((4, 4), np.uint8)))
    assert html.count("91.0 %") == 4


def test_every_flip_that_is_listed_is_shown() -> None:
    assert render_page(report(40)).count("<img") == 40


def test_only_the_first_of_very_many_flips_are_shown() -> None:
    html = render_page(report(150))

    assert html.count("<img") == FLIPS_LISTED
    assert f"150 of 150, 150 unexplained, the first {FLIPS_LISTED}" in html


def test_a_flip_tells_its_margins_and_what_would_excuse_it() -> None:
    html = render_page(report(1))

    assert "margins 0.901, 0.901" in html
    assert "unexplained: 4.62 &gt; 0" in html or "unexplained: 4.62 > 0" in html


def test_what_was_not_checked_is_said() -> None:
    html = render_page(report(0, ("golden samples only: no pictures",)))

    assert "golden samples only: no pictures" in html


def test_samples_are_called_what_they_are() -> None:
    whole = report(0)
    rows = [replace(row, checks=tuple(replace(check, data="golden") for check in row.checks)) for row in whole.rows]
    golden = replace(whole, rows=tuple(rows))

    assert "40</b> samples of the hold-out" in render_page(whole)
    assert "40</b> golden samples" in render_page(golden)


@pytest.mark.parametrize(
    ("shape", "middle"),
    [((28, 28), 255 - 40), ((20, 30), 255 - 40), ((32, 32, 3), 40)],
    ids=["a glyph", "no square", "coloured"],
)
def test_pictures_of_any_model_are_enlarged(shape: tuple[int, ...], middle: int) -> None:
    """Light ink is shown dark; colours stay, red first in the array and red on the page."""
    picture = np.full(shape, 40, np.uint8)
    picture[0, 0] = 0 if len(shape) == 2 else (200, 0, 0)
    shown = decode(enlarge(picture))

    assert shown.shape == (4 * shape[0], 4 * shape[1], *shape[2:])
    assert (shown[40, 40] == middle).all()
    assert shown[0, 0].tolist() == ([0, 0, 200] if len(shape) > 2 else 255)


def test_dark_ink_is_shown_as_it_is() -> None:
    picture = np.full((20, 20), 240, np.uint8)

    assert decode(enlarge(picture))[9, 9] == 240


def test_classes_of_another_model_have_their_names() -> None:
    html = render_page(replace(report(1), classes=tuple(f"letter {letter}" for letter in "abcdefghij")))

    assert "letter i" in html
    assert describe_class(2, ("a", "b", "c")) == "c"


def test_preprocessing_that_fails_alone_is_named() -> None:
    html = render_page(replace(report(0), preprocessing=PreprocessingCheck(1, 6, 2)))

    assert "✗ no parity" in html
    assert "2 glyphs differ from those of the training" in html


def test_names_are_escaped() -> None:
    html = render_page(report(0, name="<script>alert(1)</script>"))

    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(max_abs_difference=1e-4, flips=0), "flips ≤ 0, largest difference ≤ 0.0001"),
        (Limits(mean_abs_difference=0.01, accuracy_loss=0.001), "mean difference ≤ 0.01, loss ≤ 0.1 points"),
        (Limits(noise_ratio=3), "noise ≤ 3 times the format's"),
        (Limits(unexplained_flips=0, accuracy_loss=1 / 300), "unexplained flips ≤ 0, loss ≤ 0.33 points"),
        (Limits(), ""),
    ],
)
def test_limits_in_words(limits: Limits, words: str) -> None:
    assert describe_limits(limits) == words


@pytest.mark.parametrize(("share", "text"), [(0.0, "0"), (1e-9, "0"), (0.0012, "0.12"), (-0.0003, "−0.03")])
def test_points(share: float, text: str) -> None:
    assert points(share) == text


def test_eleventh_class_has_a_name() -> None:
    assert (describe_class(9), describe_class(10)) == ("9", "not a digit")
