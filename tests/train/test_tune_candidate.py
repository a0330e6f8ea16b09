"""Candidates of a search: values become networks and recipes, and every one keeps within the budget."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import UsageError

VALUES = st.fixed_dictionaries(
    {
        "stem_side": st.sampled_from((3, 5, 7)),
        "stem_stride": st.sampled_from((1, 2)),
        **{name: st.integers(1, 24).map(lambda number: 4 * number) for name in ("stem", "large", "middle", "last")},
        "large_layers": st.integers(1, 3),
        "middle_layers": st.integers(1, 3),
        "small_layers": st.integers(1, 2),
        "learning_rate": st.floats(0.02, 0.5),
        "background": st.floats(0.05, 0.4),
    }
)


@pytest.fixture(scope="module")
def candidates(framework: ModuleType) -> ModuleType:  # noqa: ARG001 - the module imports Keras
    from train.tune import candidate

    return candidate


def make_start(candidates: ModuleType, name: str = "edge-small", epochs: int = 6) -> Any:  # noqa: ANN401
    from train.zoo import find
    from train.zoo.edge import FAMILY

    return candidates.Candidate(FAMILY[name], candidates.shorten(find(name).recipes["standard"], epochs))


@pytest.mark.parametrize("name", ["edge-nano", "edge-small", "edge-base"])
def test_models_of_the_zoo_are_points_of_the_search(candidates: ModuleType, name: str) -> None:
    start = make_start(candidates, name)

    values = candidates.describe(start)

    assert candidates.compose(values, start) == start
    assert candidates.compose({}, start) == start
    assert candidates.narrow(values, start, start.parameters) == values


def test_values_become_layers_and_a_recipe(candidates: ModuleType) -> None:
    start = make_start(candidates)
    values = {"stem_side": 3, "stem_stride": 1, "stem": 8, "large": 12, "large_layers": 3, "middle": 16}
    values |= {"middle_layers": 1, "small_layers": 2, "last": 24, "learning_rate": 0.123456}

    composed = candidates.compose(values, start)

    assert composed.widths == ((8, 12, 12, 12), (16,), (16, 24), 3, 1)
    assert composed.recipe == replace(start.recipe, learning_rate=0.12)


@settings(max_examples=60, deadline=None)
@given(values=VALUES, budget=st.integers(12_000, 120_000))
def test_narrowed_values_keep_the_budget_and_everything_but_widths(
    candidates: ModuleType, values: dict[str, Any], budget: int
) -> None:
    start = make_start(candidates)

    narrowed = candidates.narrow(values, start, budget)

    assert candidates.compose(narrowed, start).parameters <= budget
    assert candidates.narrow(narrowed, start, budget) == narrowed
    changed = {name for name in values if narrowed[name] != values[name]}
    assert changed <= {"stem", "large", "middle", "last"}
    assert narrowed.keys() == values.keys()


def test_a_search_over_the_recipe_leaves_the_network_alone(candidates: ModuleType) -> None:
    start = make_start(candidates, "edge-base")

    assert candidates.narrow({"learning_rate": 0.1}, start, 5_000) == {"learning_rate": 0.1}
    assert candidates.compose({"learning_rate": 0.1}, start).widths == start.widths


@pytest.mark.parametrize("epochs", [1, 4, 6, 30, 200])
def test_short_trainings_have_a_warm_up_and_an_end_that_fit(candidates: ModuleType, epochs: int) -> None:
    full = replace(make_start(candidates, epochs=200).recipe, distillation=0.5, warm_up_epochs=1.0, gentle_epochs=3)

    short = candidates.shorten(full, epochs)

    assert short.epochs == epochs
    assert 0 < short.warm_up_epochs <= min(1, epochs / 16)
    assert 1 <= short.gentle_epochs <= min(3, epochs)
    assert short.distillation == 0
    unchanged = ("learning_rate", "weight_decay", "augmentation", "background", "seed", "batch_size")
    assert all(getattr(short, name) == getattr(full, name) for name in unchanged)


def test_a_budget_below_every_network_is_refused(candidates: ModuleType) -> None:
    from train.tune.order import ARCHITECTURE, RECIPE
    from train.tune.space import Space

    with pytest.raises(
        UsageError, match=r"1,000 parameters are too few to search in; give --parameters 1\d{3} or more"
    ):
        Space(make_start(candidates), 1_000, ARCHITECTURE)
    assert Space(make_start(candidates), 1_000, RECIPE).budget == 1_000
