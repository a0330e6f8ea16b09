"""Whether a component's outline really is an edge: ink has lighter ground on all sides, a shadow's rim on one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.segment.components import Component
from runtime.segment.scale import Grey
from runtime.segment.settings import Settings

SAMPLES = 48  # points of an outline that are looked at: enough for a share to a few hundredths
SPAN = 2  # points of the chain to either side from which its direction is taken
OUTSIDE = 2.5  # pixels from the outline to the ground beside it: past the stroke's soft edge

Points = NDArray[np.float64]
"""x and y in pixels, float64 (N, SAMPLES, 2)."""


def edge_share(components: Sequence[Component], paper: Grey, settings: Settings) -> NDArray[np.float64]:
    """The share, 0–1, of each component's outline where the ground beside it is lighter than the ink, float64 (N,).

    `paper` is the frame itself for dark ink and its negative for light ink, uint8 (H, W).
    """
    if not components:
        return np.zeros(0)
    points, normals = _sample(components)
    inside = np.array([min(OUTSIDE, c.stroke / 2) for c in components])[:, None, None]
    outer, inner = _look(paper, points + OUTSIDE * normals), _look(paper, points - inside * normals)
    rise = outer - inner
    usual = np.sort(rise, axis=1)[:, [int(settings.edge_usual * SAMPLES)]]
    return np.asarray((rise > settings.edge_rise * np.maximum(usual, 1)).mean(axis=1))


def _sample(components: Sequence[Component]) -> tuple[Points, Points]:
    """Points on each component's outlines and the directions (unit vectors) that lead away from its ink."""
    chains = [np.concatenate(c.outlines)[:, 0] for c in components]
    counts = np.array([len(chain) for chain in chains])
    starts = np.cumsum(counts) - counts
    chain = np.concatenate(chains).astype(np.float64)
    places = np.arange(SAMPLES) * counts[:, None] // SAMPLES
    ahead, behind = ((places + step) % counts[:, None] + starts[:, None] for step in (SPAN, -SPAN))
    along = chain[ahead] - chain[behind]
    normals = np.stack([-along[..., 1], along[..., 0]], axis=2)  # outlines run counter-clockwise seen on the page
    length = np.maximum(np.hypot(normals[..., :1], normals[..., 1:]), 1e-9)
    return chain[places + starts[:, None]], normals / length


def _look(paper: Grey, points: Points) -> NDArray[np.float64]:
    """The grey level at each point, or at the border's nearest."""
    height, width = paper.shape
    places = np.minimum(np.maximum(np.rint(points), 0), (width - 1, height - 1)).astype(np.intp)
    return np.asarray(paper[places[..., 1], places[..., 0]], np.float64)
