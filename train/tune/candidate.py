"""One point of the search: a network of the edge family and the recipe by which it is trained."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from runtime.errors import UsageError
from train.tune.size import STEP, count_multiply_adds, count_parameters, narrowest, shrink
from train.zoo.edge import Widths
from train.zoo.recipe import Recipe

Value = int | float
RECIPE = ("learning_rate", "weight_decay", "label_smoothing", "augmentation", "background")
"""The values of a recipe that a search may change."""
WIDTHS = ("stem", "large", "middle", "last")
"""The numbers of filters that a search may change."""
FEWEST_WARM_UPS = 16  # epochs for each of warm-up, where a training is shorter than its preset
FEWEST_GENTLE = 10  # epochs for each with weaker variation


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one trial trains."""

    widths: Widths
    recipe: Recipe

    @property
    def parameters(self) -> int:
        """The weights as shipped, batch normalisation folded."""
        return count_parameters(self.widths, self.recipe.classes)

    @property
    def multiply_adds(self) -> int:
        """What one image costs."""
        return count_multiply_adds(self.widths, self.recipe.classes)


def shorten(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe for a training of `epochs`, with a warm-up and an end that fit into it; labels alone teach."""
    return replace(
        recipe,
        epochs=epochs,
        warm_up_epochs=min(recipe.warm_up_epochs, epochs / FEWEST_WARM_UPS),
        gentle_epochs=min(recipe.gentle_epochs, -(-epochs // FEWEST_GENTLE)),
        distillation=0.0,
    )


def describe(candidate: Candidate) -> dict[str, Value]:
    """The candidate as the values of the search's knobs; layers of one size that differ are taken at their mean."""
    stem, *large = candidate.widths.large
    *_, last = candidate.widths.small
    architecture = {
        "stem_side": candidate.widths.side,
        "stem_stride": candidate.widths.stride,
        "stem": stem,
        "large": _mean(large or [stem]),
        "large_layers": len(large),
        "middle": _mean(candidate.widths.middle),
        "middle_layers": len(candidate.widths.middle),
        "small_layers": len(candidate.widths.small),
        "last": last,
    }
    return architecture | {name: getattr(candidate.recipe, name) for name in RECIPE}


def compose(values: Mapping[str, Any], start: Candidate) -> Candidate:
    """The candidate with these values, and those of `start` for the others.

    Without any value of the architecture, the widths are those of `start` to the filter.
    """
    changes: dict[str, Any] = {name: tidy(values[name]) for name in RECIPE if name in values}
    recipe = replace(start.recipe, **changes)
    if "stem" not in values:
        return Candidate(start.widths, recipe)
    large = (values["stem"], *[values["large"]] * values["large_layers"])
    middle = (values["middle"],) * values["middle_layers"]
    small = (*[values["middle"]] * (values["small_layers"] - 1), values["last"])
    return Candidate(Widths(large, middle, small, values["stem_side"], values["stem_stride"]), recipe)


def narrow(values: Mapping[str, Any], start: Candidate, budget: int) -> dict[str, Any]:
    """The values with widths that keep within `budget` parameters; all others stay."""
    if "stem" not in values:
        return dict(values)
    proposed = compose(values, start)
    fitting = replace(proposed, widths=shrink(proposed.widths, proposed.recipe.classes, budget))
    return {**values, **{name: value for name, value in describe(fitting).items() if name in WIDTHS}}


def check_budget(deepest: Widths, classes: int, budget: int) -> None:
    """UsageError where not even the narrowest of the deepest networks keeps within `budget` parameters."""
    least = count_parameters(narrowest(deepest), classes)
    if budget < least:
        raise UsageError(f"{budget:,} parameters are too few to search in; give --parameters {least} or more")


def tidy(value: float) -> float:
    """A value in two digits, so that a command with it trains exactly what was tried."""
    return float(f"{value:.2g}")


def _mean(filters: tuple[int, ...] | list[int]) -> int:
    return STEP * round(sum(filters) / len(filters) / STEP)
