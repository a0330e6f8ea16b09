"""The page about a verification: figures, limits, and a picture of every answer that changed."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

import cv2
import numpy as np

from runtime import page
from runtime.ledger import Flip
from runtime.manifest import DIGIT_CLASSES, NOT_A_DIGIT
from runtime.parity import FLIPS_LISTED, Comparison, Limits, ParityCheck
from runtime.records import Frame
from runtime.verifying.figures import spell
from runtime.verifying.gates import describe_gates
from runtime.verifying.report import ParityReport

ENLARGED = 4  # each of the glyph's 28×28 pixels becomes so many, so that no browser blurs it
MIDDLE = 128  # a picture that is mostly darker shows light ink
DATA_NAMES = {
    "golden": "golden",
    "holdout": "hold-out",
    "validation": "validation",
    "background": "no digits",
}


def render_page(report: ParityReport) -> str:
    """The self-contained HTML page of a report."""
    return page.render(
        "parity.html",
        title=f"{report.name}: parity",
        report=report,
        asked=describe_gates(report.gates),
        by_file=[list(rows) for _, rows in groupby(report.rows, key=lambda row: row.file)],
        spell=spell,
        compared=[check for check in report.checks if check.comparison],
        whole=any(check.data == "holdout" for check in report.checks if check.comparison),
        reference=_reference(report),
        groups=[(check, _pictures(report, check)) for check in report.checks if check.comparison],
        shown=FLIPS_LISTED,
        names=DATA_NAMES,
        demands=_demands(report),
        describe_class=partial(describe_class, classes=report.classes),
        points=points,
    )


def describe_limits(limits: Limits) -> str:
    """What a file is held to, in a few words."""
    demands = (
        (limits.flips, "flips ≤ {}"),
        (limits.unexplained_flips, "unexplained flips ≤ {}"),
        (limits.noise_ratio, "noise ≤ {:g} times the format's"),
        (limits.max_abs_difference, "largest difference ≤ {:g}"),
        (limits.mean_abs_difference, "mean difference ≤ {:g}"),
        (None if limits.accuracy_loss is None else 100 * limits.accuracy_loss, "loss ≤ {:.2g} points"),
    )
    return ", ".join(text.format(value) for value, text in demands if value is not None)


def describe_class(index: int, classes: Sequence[str] = DIGIT_CLASSES) -> str:
    """The name of a class: a digit, or the eleventh, which samples may have that the network has no answer for."""
    return classes[index] if index < len(classes) else NOT_A_DIGIT


def points(share: float) -> str:
    """A difference of accuracies, in points: -0.0003 as "−0.03", and 0.0 as "0"."""
    return f"{100 * share:.2f}".replace("-", "−") if round(share, 4) else "0"


def _demands(report: ParityReport) -> dict[tuple[str, str], list[str]]:
    """The files that are held to the same limits on the same digits."""
    demands: dict[tuple[str, str], list[str]] = {}
    for check in report.checks:
        files = demands.setdefault((check.data, describe_limits(check.limits)), [])
        if check.file not in files:
            files.append(check.file)
    return demands


def _pictures(report: ParityReport, check: ParityCheck) -> list[tuple[Flip, str]]:
    """The flips that a check describes, each with its glyph as a data URI."""
    flips = check.comparison.flipped if check.comparison else ()
    return [(flip, enlarge(report.pictures[check.data, flip.index])) for flip in flips]


def _reference(report: ParityReport) -> Comparison | None:
    """A comparison that tells how good Keras is: on the hold-out, where that was compared."""
    found = [check.comparison for check in report.checks if check.comparison and check.data == "holdout"]
    rest = [check.comparison for check in report.checks if check.comparison]
    return next(iter([*found, *rest]), None)


def enlarge(glyph: Frame) -> str:
    """A glyph as a large picture, ink dark on white as on paper; what has colours, red first, keeps them."""
    size = (ENLARGED * glyph.shape[1], ENLARGED * glyph.shape[0])
    shown = glyph[:, :, ::-1] if glyph.ndim > 2 else 255 - glyph if np.median(glyph) < MIDDLE else glyph
    large = cv2.resize(np.ascontiguousarray(shown), size, interpolation=cv2.INTER_NEAREST)
    return page.embed_picture(np.asarray(large, np.uint8))
