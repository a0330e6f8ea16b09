"""The journal keeps the last readings that settled, each once and with its picture."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from camera_demo.loop import Moment
from camera_demo.reasons import Reason
from camera_demo.serve.documents import journal_document
from camera_demo.serve.journal import LENGTH, Journal
from camera_demo.serve.painting import SMALL, small_picture


@pytest.fixture
def journal() -> Journal:
    return Journal(small_picture)


def test_what_settles_is_noted_once(journal: Journal, moment_of: Callable[..., Moment]) -> None:
    for text, reason, stable in (
        ("12", None, False),
        ("12", None, True),
        ("12", None, True),
        ("", Reason.BLACK, False),
        ("12", None, True),
        ("34", None, True),
        ("", Reason.NO_DIGITS, False),
    ):
        journal.hear(moment_of(text, reason, stable=stable))

    assert [(entry.number, entry.text) for entry in journal.entries] == [(1, "12"), (2, "12"), (3, "34")]
    assert journal.newest == 3


def test_a_picture_is_small_and_shows_the_frame(journal: Journal, moment_of: Callable[..., Moment]) -> None:
    journal.hear(moment_of("12"))

    picture = cv2.imdecode(np.frombuffer(journal.entries[0].picture, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (240, SMALL, 3)


def test_it_does_not_grow(moment_of: Callable[..., Moment]) -> None:
    journal = Journal(lambda _moment: b"picture")
    for number in range(3 * LENGTH):
        journal.hear(moment_of(str(number)))

    document = journal_document(journal.entries)
    numbers = [entry["number"] for entry in document["entries"]]
    assert numbers == list(range(3 * LENGTH, 2 * LENGTH, -1))
    assert document["entries"][0]["text"] == str(3 * LENGTH - 1)
    assert document["entries"][0]["picture"] == f"/api/journal/{3 * LENGTH}.jpg"
    assert document["entries"][0]["time"].endswith("Z")
