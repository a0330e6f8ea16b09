"""What the records promise to the stages that read them."""

import numpy as np
import pytest

from runtime.records import Box, Glyph, Line, Prediction, ReadDigit, Reading


def prediction(best: int, confidence: float, *, threshold: float = 0.5, classes: int = 10) -> Prediction:
    """A prediction of `best`; the rest of the probability is spread evenly over the other classes."""
    probabilities = np.full(classes, (1 - confidence) / (classes - 1), np.float32)
    probabilities[best] = confidence
    return Prediction(probabilities, threshold)


def line(*predictions: Prediction) -> Line:
    glyph = Glyph(Box(0, 0, 1, 1), np.zeros((28, 28), np.uint8))
    return Line(tuple(ReadDigit(glyph, p) for p in predictions))


def test_box_edges_and_centre() -> None:
    box = Box(left=2, top=3, width=4, height=6)

    assert (box.right, box.bottom, box.centre, box.area) == (6, 9, (4.0, 6.0), 24)


@pytest.mark.parametrize(
    ("answer", "digit"),
    [
        (prediction(7, 0.9), 7),
        (prediction(7, 0.4), None),
        (prediction(7, 0.5), 7),
        (prediction(7, 1.0, threshold=1.0), None),
        (prediction(10, 0.9, classes=11), None),
        (prediction(3, 0.9, classes=11), 3),
    ],
    ids=["sure", "below the threshold", "at the threshold", "none is enough", "not a digit", "eleven classes"],
)
def test_prediction_publishes_only_what_it_stands_by(answer: Prediction, digit: int | None) -> None:
    assert answer.digit == digit


def test_not_a_digit_still_has_a_best_digit() -> None:
    answer = prediction(10, 0.9, classes=11)

    assert answer.best in range(10)
    assert answer.confidence == pytest.approx(0.01)


def test_line_text_leaves_out_uncertain_digits() -> None:
    read = line(prediction(1, 0.9), prediction(2, 0.2), prediction(3, 0.8))

    assert read.text == "13"
    assert read.confidence == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("digits", "lefts", "text"),
    [
        ("1234", (0, 30, 120, 150), "12 34"),
        ("1234", (0, 30, 60, 90), "1234"),
        ("1234", (0, 80, 160, 240), "1234"),
        ("12", (0, 200), "12"),
        ("123456", (0, 30, 120, 150, 240, 270), "12 34 56"),
        ("1?34", (0, 30, 60, 90), "134"),
        ("12?34", (0, 30, 120, 210, 240), "12 34"),
        ("?1234?", (0, 200, 230, 260, 290, 500), "1234"),
        ("1234", (0, 25, 50, 90), "1234"),
    ],
    ids=[
        "two words",
        "one word",
        "evenly far apart",
        "one gap",
        "three",
        "unsure within",
        "unsure between",
        "ends",
        "less than a height",
    ],
)
def test_line_text_keeps_a_blank_between_words(digits: str, lefts: tuple[int, ...], text: str) -> None:
    predictions = [prediction(0, 0.2) if d == "?" else prediction(int(d), 0.9) for d in digits]
    glyphs = [Glyph(Box(left, 5, 20, 40), np.zeros((28, 28), np.uint8)) for left in lefts]
    pairs = zip(glyphs, predictions, strict=True)
    assert Line(tuple(ReadDigit(glyph, p) for glyph, p in pairs)).text == text


def test_reading_joins_lines_that_say_something() -> None:
    reading = Reading((line(prediction(1, 0.9)), line(prediction(2, 0.2)), line(prediction(3, 0.7))))

    assert reading.text == "1\n3"
    assert reading.confidence == pytest.approx(0.7)
    assert [digit.prediction.best for digit in reading.digits] == [1, 2, 3]


def test_empty_reading_says_nothing() -> None:
    assert (Reading(()).text, Reading(()).confidence) == ("", 0.0)


@pytest.mark.parametrize(
    "image", [np.zeros((28, 27), np.uint8), np.zeros((28, 28), np.float32)], ids=["narrow", "float"]
)
def test_glyph_refuses_another_image(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected uint8 \(28, 28\)"):
        Glyph(Box(0, 0, 1, 1), image)
