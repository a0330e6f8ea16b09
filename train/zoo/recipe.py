"""What a model of the zoo is: how it is built, how it is trained, and what its source published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runtime.errors import UsageError
from runtime.records import DIGITS

Loss = Literal["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]

SETTLED = 0.2  # part of what is mixed in that the settling epochs take


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained. The defaults are those of the published recipes: plain Adam, nothing held back."""

    loss: Loss
    epochs: int  # passes over the training images
    batch_size: int  # images per step; small batches find flatter minima, large ones use the processor better
    optimiser: Literal["adam", "sgd"] = "adam"  # sgd (Nesterov momentum .9) generalises better where time is given
    learning_rate: float = 0.001  # the highest one; .001 is Adam's own default
    schedule: Literal["constant", "cosine"] = "constant"  # cosine ends at 0, so the last epochs average out the noise
    warm_up_epochs: float = 0.0  # a rise from 0: a high rate at once would break the fresh batch normalisation
    weight_decay: float = 0.0  # per step and unit of rate, on kernels alone: keeps them small beside the noise
    label_smoothing: float = 0.0  # probability spread over the wrong digits: the network stays less sure of itself
    validation_share: float = 0.0  # the last part of the training images, held back to select the epoch that ships
    augmentation: float = 0.0  # how strongly the images are varied, anew in each epoch: 0 (not at all) to 1
    gentle_epochs: int = 0  # last epochs with a third of that, to end on images as they are met
    background: float = 0.0  # images of what is no digit, for each of a digit; with any, "not a digit" is an answer
    european: float = 0.0  # drawn digits in European styles, which MNIST lacks, for each digit of the data set
    settling: float = 0.0  # share of the epochs, the last ones, with a fifth of both: the data set has the last word
    distillation: float = 0.0  # how much of what is learnt are a teacher's answers, 0 to 1; the rest are the labels
    seed: int = 1  # of the first weights, the order, the dropout and the augmentation

    @property
    def classes(self) -> int:
        """How many answers the network has: ten digits, and "not a digit" where it learns what that is."""
        return DIGITS + (self.background > 0)

    def mixed_in(self, epoch: int) -> float:
        """Which part of `background` and `european` the epoch of this number, from 0, takes: 0 to 1."""
        return SETTLED if epoch >= self.epochs - round(self.settling * self.epochs) else 1.0

    def __post_init__(self) -> None:
        soft = {"label smoothing": self.label_smoothing, "distillation": self.distillation}
        for name, amount in soft.items():
            if amount and self.loss == "sparse_categorical_crossentropy":
                raise UsageError(f"this model's loss, sparse_categorical_crossentropy, knows no {name}")
        if self.warm_up_epochs and self.schedule == "constant":
            raise UsageError("a warm-up belongs to the cosine schedule; add --schedule cosine")
        if self.warm_up_epochs > self.epochs:
            problem = (
                f"a warm-up of {self.warm_up_epochs:g} epochs is longer than the {self.epochs} epochs of the training"
            )
            raise UsageError(f"{problem}; give a lower --warm-up-epochs")


@dataclass(frozen=True, slots=True, eq=False)
class Architecture:
    """One model of the zoo."""

    name: str
    layers: str  # in words, for the table of the zoo
    build: Callable[[int], Any]  # gives a fresh keras.Sequential from (28, 28, 1) in [0, 1] to so many answers
    recipes: Mapping[str, Recipe]  # by preset; the first is the default
    published: str  # the source's own words about its result
    published_accuracy: float | None = None  # on MNIST's test set, 0–1; None where the source gives no figure

    @property
    def default_preset(self) -> str:
        """The preset that is used where none is asked for."""
        return next(iter(self.recipes))
