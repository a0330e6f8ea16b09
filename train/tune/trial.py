"""One trial: a candidate is trained and judged; what was interrupted goes on after its last finished epoch."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from runtime.atomic import write_json
from train.checkpoint import fits
from train.fit import Diverged, fit, predict
from train.framework import arithmetic
from train.tune.candidate import Candidate
from train.tune.ground import Ground
from train.tune.judge import Figures, judge, know_nothing
from train.zoo.edge import edge_model

CHECKPOINT, FIGURES = "checkpoint.npz", "figures.json"


def run_trial(candidate: Candidate, ground: Ground, folder: Path, data: str) -> Figures:
    """Train and judge `candidate`, whose state is kept in `folder`; a finished trial is only read.

    `data` is the data set's fingerprint. What another candidate, other images or another Keras left there is replaced.
    """
    settings = _settings(candidate, data)
    finished, checkpoint = folder / FIGURES, folder / CHECKPOINT
    if finished.exists():
        document = json.loads(finished.read_text("utf-8"))
        if document["settings"] == settings:
            return Figures(**document["figures"])
    if checkpoint.exists() and not fits(checkpoint, settings):
        checkpoint.unlink()
    figures = _train(candidate, ground, checkpoint, settings)
    write_json(finished, {"settings": settings, "figures": asdict(figures)})
    checkpoint.unlink(missing_ok=True)
    return figures


def _train(candidate: Candidate, ground: Ground, checkpoint: Path, settings: dict[str, Any]) -> Figures:
    recipe = candidate.recipe
    architecture = edge_model("candidate", candidate.widths, {})
    try:
        fitted = fit(architecture, recipe, ground.material_for(recipe), checkpoint, settings)
    except Diverged:
        return know_nothing(recipe.classes)
    images, labels = ground.digits
    plain, varied, none = (predict(fitted.model, asked) for asked in (images, ground.varied, ground.background))
    seconds = sum(epoch["seconds"] for epoch in fitted.history)
    return replace(judge(plain, varied, none, labels), seconds=round(seconds, 1))


def _settings(candidate: Candidate, data: str) -> dict[str, Any]:
    """What must be the same for an unfinished trial to go on."""
    return {"widths": str(candidate.widths), **asdict(candidate.recipe), "data": data, "keras": arithmetic()}
