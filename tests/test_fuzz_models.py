"""Mutants of the tiny models are refused in one line or answer: a few here, ten thousand with `make fuzz`."""

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from runtime.inspection import inspect_bytes

SEED, COUNT = 20, 60


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    """The script, which is no module of a package."""
    path = Path(__file__).parent / "fuzz_models.py"
    described = importlib.util.spec_from_file_location("fuzz_models", path)
    assert described
    assert described.loader
    module = importlib.util.module_from_spec(described)
    sys.modules["fuzz_models"] = module
    described.loader.exec_module(module)
    return module


def test_mutants_are_the_same_every_time_and_differ_from_their_model(fuzz: ModuleType) -> None:
    lot = fuzz.samples()
    made = [fuzz.make_mutant(number, SEED, lot)[1] for number in range(COUNT)]

    assert made == [fuzz.make_mutant(number, SEED, lot)[1] for number in range(COUNT)]
    assert made != [fuzz.make_mutant(number, SEED + 1, lot)[1] for number in range(COUNT)]
    assert sum(data != lot[number % len(lot)].data for number, data in enumerate(made)) > COUNT * 0.9


def test_sound_models_are_handed_to_the_engines(fuzz: ModuleType) -> None:
    assert all(not inspect_bytes(s.data, s.file.format, s.file.path).errors for s in fuzz.samples())


def test_damage_goes_where_files_describe_themselves(fuzz: ModuleType) -> None:
    for sample in fuzz.samples():
        assert 0 < len(sample.structure) < len(sample.data)
        assert np.all(np.diff(sample.structure) > 0)


def test_a_few_hundred_mutants_break_a_rule_or_none(fuzz: ModuleType) -> None:
    """Without engines, which takes a moment: the rules alone."""
    lot, rules = fuzz.samples(), Counter[str]()
    for number in range(400):
        sample, data = fuzz.make_mutant(number, SEED, lot)
        errors = inspect_bytes(data, sample.file.format, sample.file.path).errors
        rules[errors[0].rule if errors else "none"] += 1

    assert rules["none"] > 20
    assert len(rules) > 6


def test_no_mutant_takes_an_engine_down(fuzz: ModuleType) -> None:
    tally = fuzz.run(COUNT, SEED)

    assert tally.bad == []
    assert tally.mutants == COUNT
    assert sum(sum(outcomes.values()) for outcomes in tally.outcomes.values()) > 0
    assert f"{COUNT} mutants" in fuzz.report(tally, SEED)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("import os; os.abort()", "died: Aborted"),
        ("import time; time.sleep(9)", "hung"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_child_that_dies_or_is_silent_is_told_by_its_mutant(
    fuzz: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, outcome: str
) -> None:
    script = tmp_path / "child.py"
    script.write_text(f"print('7 opencv ', flush=True)\n{code}\n")
    monkeypatch.setattr(fuzz, "__file__", str(script))
    monkeypatch.setattr(fuzz, "PATIENCE", 2)
    tally = fuzz.Tally()

    assert fuzz.watch(5, 20, [], tally) == 8
    assert len(tally.bad) == 1
    assert "mutant 7 on opencv: " in tally.bad[0]
    assert outcome in tally.bad[0]


def test_the_counts_go_into_a_page(fuzz: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- fuzz -->\nold\n<!-- /fuzz -->\nafter\n")
    fuzz.write_page(page, "new")

    assert page.read_text() == "before\n<!-- fuzz -->\nnew\n<!-- /fuzz -->\nafter\n"
