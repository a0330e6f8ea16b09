"""The search for the smallest or the fastest file that changes few enough of Keras' answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert.candidate import Asked, Candidate, find_candidate
from convert.keras_model import answer
from convert.pipeline import convert_run
from convert.provenance import hash_model
from convert.quiet import quiet
from convert.recipe import Recipe
from convert.search_report import REPORT, SCHEMA, search_folder
from convert.source import Source, open_source
from runtime.atomic import write_json
from runtime.errors import ParityError

Announce = Callable[[str, float], None]
"""Called with what is being done now and how many of `count_steps` steps are done."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is searched for."""

    flips: int  # answers to the hold-out that may differ from Keras', on every engine that runs the file
    prefer: str  # "size" or "latency"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search has found."""

    run: Path
    keras: str  # the model's hash, `convert.provenance.hash_model`
    samples: int  # of the hold-out
    wish: Wish
    candidates: tuple[Candidate, ...]  # best first; those that do not fit the wish last
    chosen: str | None  # the file that the run was given; None where none fits

    def to_document(self) -> dict[str, Any]:
        """The outcome as JSON, schema digits.search/1."""
        return {
            "schema": SCHEMA,
            "run": self.run.name,
            "keras": self.keras,
            "samples": self.samples,
            "budget": {"flips": self.wish.flips},
            "prefer": self.wish.prefer,
            "chosen": self.chosen,
            "candidates": [candidate.to_document() for candidate in self.candidates],
        }


def count_steps(recipes: Sequence[Recipe]) -> int:
    """How many steps `search_run` takes: one to begin, one for each recipe, and one for the file that is chosen."""
    return 2 + len(recipes)


def search_run(run: Path, recipes: Sequence[Recipe], wish: Wish, announce: Announce) -> Outcome:
    """Make a file by each of `recipes`, measure it, and give the run the best one that `verify` passes.

    What was measured before with the same model, recipe, images and versions is not measured again. Raises ModelError
    where the run is damaged, and ParityError where no file fits the wish; the report stands beside the run either way.
    """
    announce("opening the run", 0)
    run = run.resolve()
    with quiet():
        source = open_source(run)
        images = source.holdout["images"]
        answers, known = answer(source.model, images), source.described.known
        asked = Asked(images, source.holdout["labels"], answers, known, search_folder(run))
        keras = hash_model(source.model)
    candidates = rank(list(_measure_all(source, recipes, asked, announce)), wish)
    chosen = _choose(run, candidates, recipes, wish, lambda what: announce(what, 1 + len(recipes)))
    outcome = Outcome(run, keras, len(images), wish, tuple(candidates), chosen)
    write_json(asked.folder / REPORT, outcome.to_document())
    if chosen is None:
        raise ParityError(f"{run}: {_reason(candidates, wish)}; the table is {asked.folder / REPORT}")
    return outcome


def rank(candidates: Sequence[Candidate], wish: Wish) -> list[Candidate]:
    """The candidates, best first: those within the budget by what is preferred, then the others by their flips."""

    def order(candidate: Candidate) -> tuple[float, ...]:
        small, fast = candidate.size, candidate.microseconds
        preferred = (small, fast) if wish.prefer == "size" else (fast, small)
        return (0, *preferred) if fits(candidate, wish) else (1, candidate.flips, *preferred)

    return sorted(candidates, key=order)


def fits(candidate: Candidate, wish: Wish) -> bool:
    """Whether a candidate keeps within the budget."""
    return candidate.flips <= wish.flips


def _measure_all(source: Source, recipes: Sequence[Recipe], asked: Asked, announce: Announce) -> Iterator[Candidate]:
    for done, recipe in enumerate(recipes, 1):
        announce(f"measuring {recipe.path}", done)
        yield find_candidate(source, recipe, asked)


def _choose(
    run: Path, candidates: Sequence[Candidate], recipes: Sequence[Recipe], wish: Wish, announce: Callable[[str], None]
) -> str | None:
    """Convert the run by the best candidate that passes its gate, and give the file's path."""
    by_path = {recipe.path: recipe for recipe in recipes}
    for candidate in (candidate for candidate in candidates if fits(candidate, wish)):
        announce(f"converting to {candidate.path}")
        try:
            convert_run(run, (by_path[candidate.path],), static_batch=False, announce=lambda what, _: announce(what))
        except ParityError:
            continue  # the gate asks more samples and looks closer
        return candidate.path
    return None


def _reason(candidates: Sequence[Candidate], wish: Wish) -> str:
    """Why nothing was chosen."""
    fitting = [candidate.path for candidate in candidates if fits(candidate, wish)]
    if fitting:
        return f"{', '.join(fitting)} within {wish.flips} flips, but digits verify passes none of them"
    ran = [candidate for candidate in candidates if np.isfinite(candidate.flips)]
    least = min(ran, key=lambda candidate: candidate.flips, default=None)
    nearest = f"the nearest is {least.path} with {int(least.flips)}" if least else "no file could be made and run"
    return f"no recipe keeps within {wish.flips} flips; {nearest}"
