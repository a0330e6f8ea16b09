"""What a search may vary, as KerasTuner's hyperparameters: the network's layers and widths, the recipe, or both."""

from dataclasses import dataclass

from keras_tuner import HyperParameters

from train.tune.candidate import Candidate, check_budget, describe
from train.tune.order import ALL, ARCHITECTURE, RECIPE
from train.tune.size import STEP
from train.zoo.edge import Widths

SIDES, STRIDES = (3, 5, 7), (1, 2)
LARGE_LAYERS, MIDDLE_LAYERS, SMALL_LAYERS = (1, 3), (1, 3), (1, 2)
BACKGROUND = (0.05, 0.4)  # images for each digit: none would leave nothing to judge junk by
WEIGHTS_PER_SQUARE = 45  # parameters of a usual network, by the square of its mean width: five 3×3 convolutions


@dataclass(frozen=True, slots=True)
class Space:
    """Where to search, and where to begin."""

    start: Candidate
    budget: int  # parameters at most
    over: str = ALL  # of OVER

    def __post_init__(self) -> None:
        if self.over != RECIPE:
            check_budget(_deepest(), self.start.recipe.classes, self.budget)


def declare(space: Space) -> HyperParameters:
    """The knobs with their ranges; their defaults describe the start."""
    knobs, start = HyperParameters(), describe(space.start)
    if space.over != RECIPE:
        _declare_architecture(knobs, start, space.budget)
    if space.over != ARCHITECTURE:
        _declare_recipe(knobs, start)
    return knobs


def most_background(space: Space) -> float:
    """The most images of what is no digit that a trial takes, for each digit."""
    own = space.start.recipe.background
    return own if space.over == ARCHITECTURE else max(own, BACKGROUND[1])


def _declare_architecture(knobs: HyperParameters, start: dict[str, int | float], budget: int) -> None:
    knobs.Choice("stem_side", list(SIDES), default=start["stem_side"])
    knobs.Choice("stem_stride", list(STRIDES), default=start["stem_stride"])
    usual = (budget / WEIGHTS_PER_SQUARE) ** 0.5
    for name in ("stem", "large", "middle", "last"):
        low, high = STEP * max(1, round(usual / 2 / STEP)), STEP * max(2, round(usual * 2 / STEP))
        low, high = min(low, int(start[name])), max(high, int(start[name]))
        knobs.Int(name, low, high, step=STEP, default=start[name])
    depths = {"large_layers": LARGE_LAYERS, "middle_layers": MIDDLE_LAYERS, "small_layers": SMALL_LAYERS}
    for name, (low, high) in depths.items():
        knobs.Int(name, min(low, int(start[name])), max(high, int(start[name])), default=start[name])


def _declare_recipe(knobs: HyperParameters, start: dict[str, int | float]) -> None:
    for name, low, high in (("learning_rate", 0.02, 0.5), ("weight_decay", 1e-4, 2e-3)):
        value = float(start[name])
        knobs.Float(name, min(low, value), max(high, value), sampling="log", default=value)
    for name, low, high, step in (
        ("label_smoothing", 0.0, 0.1, 0.01),
        ("augmentation", 0.4, 1.0, 0.1),
        ("background", *BACKGROUND, 0.05),
    ):
        knobs.Float(name, low, high, step=step, default=min(max(float(start[name]), low), high))


def _deepest() -> Widths:
    """A network with as many layers as the space has."""
    width = STEP
    large, middle, small = (width,) * (1 + LARGE_LAYERS[1]), (width,) * MIDDLE_LAYERS[1], (width,) * SMALL_LAYERS[1]
    return Widths(large, middle, small, SIDES[-1], STRIDES[0])
