"""What the trials of a search share, and what is said where that is too little."""

from dataclasses import replace

import numpy as np
import pytest

from runtime.errors import InputError
from train.data_set import DataSet
from train.tune.ground import FEWEST, prepare
from train.zoo.recipe import Recipe

RECIPE = Recipe("categorical_crossentropy", epochs=1, batch_size=10, validation_share=0.5)


def data_of(count: int) -> DataSet:
    images, labels = np.zeros((count, 28, 28), np.uint8), np.arange(count, dtype=np.uint16) % 10
    return DataSet("small", images, labels.astype(np.uint8), images[:10], labels[:10].astype(np.uint8))


@pytest.mark.parametrize(("count", "warned"), [(60, True), (2 * FEWEST, False)], ids=["few", "enough"])
def test_too_few_digits_to_judge_by_are_told(count: int, warned: bool, capsys: pytest.CaptureFixture[str]) -> None:
    ground = prepare(data_of(count), RECIPE, 0.0)

    assert len(ground.digits[1]) == len(ground.varied) == count // 2
    assert ("judged by 30 digits alone" in capsys.readouterr().err) == warned


def test_without_digits_to_judge_by_there_is_no_search() -> None:
    with pytest.raises(InputError, match="needs digits to judge by"):
        prepare(data_of(60), replace(RECIPE, validation_share=0.0), 0.0)
