"""Records hold figures alone, are small, and choose by the validation digits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import InputError

MakeDocument = Callable[[str, int, int, int], dict[str, Any]]


def save(run: Path, document: dict[str, Any]) -> Path:
    run.mkdir()
    (run / "measurement.json").write_text(json.dumps(document))
    return run


def test_a_record_is_named_by_model_and_seed_and_keeps_the_figures(tmp_path: Path, documents: MakeDocument) -> None:
    from model_records import Record, publish

    document = documents("edge-nano", 3, 41, 7)
    path = publish(save(tmp_path / "run", document), tmp_path / "out")
    record = Record(json.loads(path.read_text()))

    assert path.name == "edge-nano-seed3.json"
    assert (record.model, record.seed, record.preset) == ("edge-nano", 3, "best")
    assert record.errors() == record.errors("keras") == 41
    assert record.errors("int4.tflite") is None
    assert (~record.right()).sum() == 41
    assert record.validation == (7, 0.04)
    assert record.set("photographs") == document["sets"][1]
    assert record.set("nothing") is None
    assert record.method("energy") == document["rejection"]["int8.tflite"][2]


def test_a_record_tells_nothing_of_the_machine(tmp_path: Path, documents: MakeDocument) -> None:
    from model_records import publish

    text = publish(save(tmp_path / "run", documents("edge-nano", 1, 41, 7)), tmp_path / "out").read_text()

    assert "/home" not in text
    assert "data_sha256" not in text
    assert [("right" in file) for file in json.loads(text)["files"]] == [True, True, True, True, False]


def test_a_record_that_is_too_large_is_refused(tmp_path: Path, documents: MakeDocument) -> None:
    from model_records import SIZE_LIMIT, publish

    document = {**documents("edge-nano", 1, 41, 7), "extra": "x" * SIZE_LIMIT}

    with pytest.raises(InputError, match="at most 30000 are published"):
        publish(save(tmp_path / "run", document), tmp_path / "out")


def test_a_run_that_was_not_measured_is_refused(tmp_path: Path) -> None:
    from model_records import publish

    with pytest.raises(InputError, match="run digits measure"):
        publish(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("validation", "loss", "expected"),
    [
        pytest.param((9, 7, 8), (0.1, 0.1, 0.1), 2, id="fewest errors"),
        pytest.param((7, 7, 8), (0.2, 0.1, 0.0), 2, id="then the lowest loss"),
        pytest.param((7, 7, 7), (0.1, 0.1, 0.1), 1, id="then the first"),
    ],
)
def test_the_validation_digits_choose_and_never_the_test_images(
    validation: tuple[int, ...], loss: tuple[float, ...], expected: int, documents: MakeDocument
) -> None:
    from model_records import Record, choose

    records = []
    for seed, (errors, amount) in enumerate(zip(validation, loss, strict=True), 1):
        document = documents("edge-nano", seed, 50 - seed, errors)  # the last seed is the best on the test images
        document["validation"]["int8.tflite"] = {**document["validation"]["int8.tflite"], "loss": amount}
        records.append(Record(document))

    assert choose(records).seed == expected


def test_records_are_loaded_in_order(measurements: Path) -> None:
    from model_records import by_model, load_records

    models = by_model(load_records(measurements))

    assert list(models) == ["dense-512", "edge-base", "edge-nano", "edge-small"]
    assert [record.seed for record in models["edge-nano"]] == [1, 2, 3]


def test_a_single_value_has_no_spread() -> None:
    from model_records import spread

    assert spread([4.0]) == (4.0, None)
    assert spread([1.0, 2.0, 3.0]) == (2.0, 1.0)
