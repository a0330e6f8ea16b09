"""Readers with a stage less: every variant is another reader, and its stage is really gone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.reading.ablation import VARIANTS, Variant, compare
from convert.reading.score import Score
from convert.reading.trial import Read, Trial
from convert.reading.truth import Truth
from runtime.explain import Explanation, explain
from runtime.reader import Reader, open_reader
from runtime.records import Frame, Reading
from train.handwriting.page import PageSettings, draw_page
from train.handwriting.presets import PRESETS

AS_IT_IS, *OTHERS = VARIANTS


@cache
def reader() -> Reader:
    """The shipped bundle's reader."""
    return open_reader()


@cache
def page(preset: str) -> Frame:
    return draw_page(replace(PRESETS[preset], size=(560, 260), text=("35072", "4816"), height=60), 4).picture


def explained(name: str, frame: Frame) -> Explanation:
    (variant,) = [variant for variant in VARIANTS if variant.name.startswith(name)]
    return explain(variant.of(reader()), frame)


def test_the_first_is_the_reader_as_it_is() -> None:
    same = AS_IT_IS.of(reader())

    assert (same.settings, same.string_settings) == (reader().settings, reader().string_settings)


@pytest.mark.parametrize("variant", OTHERS, ids=lambda variant: variant.name)
def test_every_variant_is_another_reader_of_the_same_model(variant: Variant) -> None:
    other = variant.of(reader())

    assert other.backend is reader().backend
    assert other.bundle is reader().bundle
    assert (other.settings, other.string_settings) != (reader().settings, reader().string_settings)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_reads(variant: Variant) -> None:
    reading = variant.of(reader()).read(page("ruled"))

    assert sum(character.isdigit() for character in reading.text) >= 5


def test_settings_that_do_not_exist_are_an_error() -> None:
    with pytest.raises(TypeError):
        Variant("none", {"loudness": 1.0}).of(reader())


def test_ruled_lines_stay_in_the_ink() -> None:
    frame = draw_page(replace(PRESETS["squared"], size=(640, 400), lines=2), 3).picture
    usual, left = (explained(name, frame).sides[0] for name in ("as it is", "ruled lines"))

    assert np.count_nonzero(usual.plain) < np.count_nonzero(usual.ink)
    assert np.array_equal(left.plain, left.ink)


def test_nothing_is_dropped_for_what_is_not_looked_at() -> None:
    frame = draw_page(
        PageSettings((480, 320), text=("3527", "604"), height=55, turn=0, perspective=0), 1
    ).picture.copy()
    for left in range(200, 440, 60):  # far smaller than the writing
        cv2.ellipse(frame, (left, 300), (4, 6), 0, 0, 360, (50, 50, 50), 2)
    usual, alone = (
        {piece.stage for piece in explained(name, frame).pieces} for name in ("as it is", "no look at the company")
    )

    assert "company" in usual
    assert "company" not in alone


def test_touching_digits_are_left_together() -> None:
    usual, together = (explained(name, page("touching")) for name in ("as it is", "touching"))

    assert any(cutting.stands for cutting in usual.cuttings)
    assert not together.cuttings
    assert len(list(together.reading.digits)) < len(list(usual.reading.digits))


def test_no_frame_is_one_line() -> None:
    frame = draw_page(PageSettings((240, 80), text=("604",), height=38, turn=0, perspective=0), 4).picture
    usual, page_only = (explained(name, frame).cuttings for name in ("as it is", "no frame"))

    assert any(cutting.box is None for cutting in usual)
    assert all(cutting.box for cutting in page_only)


def test_there_is_a_row_for_each_variant() -> None:
    seen: list[str] = []
    truth = Truth(Path("a.png"), "photo", ((1,),), None)

    def read_all(_: Read, name: str) -> Sequence[Trial]:
        seen.append(name)
        return [Trial("clean", truth, Reading(()), Score(right=len(seen), missed=1, lines=1, pictures=1))]

    rows = compare(reader(), read_all)

    assert [row["name"] for row in rows] == seen == [variant.name for variant in VARIANTS]
    assert [row["f1"] for row in rows] == sorted(row["f1"] for row in rows)
    assert {row["strings_exact"] for row in rows} == {None}
