"""From ink to the network's input: the one implementation that training, conversion and the camera share."""

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.records import GLYPH_SIDE, Images
from runtime.resize import enlarge, shrink

VERSION = 1
"""Written into every manifest; raise it whenever `normalise` or `to_input` changes an answer."""

BODY_SIDE = 20  # pixels; MNIST's digits were fitted into 20×20 before centring
INK_FLOOR = 16  # grey levels; fainter pixels do not count as ink when the box is measured


def normalise(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the canonical glyph of one digit's ink.

    `ink` is uint8 (H, W) of any size, ink 255 on 0. The ink's bounding box is fitted into 20×20 with its aspect ratio
    kept, its darkest pixel raised to 255, and its centre of mass placed in the middle of the 28×28 field, as MNIST was
    made (LeCun, Cortes, Burges, "The MNIST database of handwritten digits"). Ink that is empty gives an empty glyph.

    Only operations that are bit-identical on every CPU and OpenCV version are used (`runtime.resize`, which is ours
    because `cv2.resize` is not, and whole-pixel shifts). Raises ValueError for another shape or dtype.
    """
    if ink.ndim != 2 or ink.dtype != np.uint8:
        raise ValueError(f"ink: expected uint8 (H, W), got {ink.dtype} {ink.shape}")
    body = _crop_to_ink(ink)
    if body is None:
        return np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    return _centre(_stretch(_fit(body)))


def to_input(images: NDArray[np.uint8]) -> Images:
    """Give the network's batch, float32 (N, 28, 28, 1) in [0, 1], for uint8 glyphs (N, 28, 28) or one (28, 28).

    Pictures of other sizes, (N, H, W), and of several channels, (N, H, W, C), become (N, H, W, C) in the same way;
    engines refuse what their file does not take. Raises ValueError for another dtype or number of axes.
    """
    if images.dtype != np.uint8 or images.ndim not in (2, 3, 4):
        raise ValueError(f"images: expected uint8 (N, H, W) or (N, H, W, C), got {images.dtype} {images.shape}")
    stack = images[np.newaxis] if images.ndim == 2 else images
    batch = stack if stack.ndim == 4 else stack[..., np.newaxis]
    return np.asarray(batch, np.float32) / np.float32(255)


def _crop_to_ink(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The part of `ink` inside the bounding box of what is dark enough; None where nothing is."""
    left, top, width, height = cv2.boundingRect((ink >= INK_FLOOR).astype(np.uint8))
    return ink[top : top + height, left : left + width] if width and height else None


def _fit(body: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize so that the longer side is 20 pixels and the aspect ratio is kept."""
    height, width = body.shape
    scale = BODY_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return shrink(body, *size) if scale < 1 else enlarge(body, *size)


def _stretch(body: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Raise the darkest ink to 255: shrinking a thin pen must not make it faint."""
    peak = int(body.max())
    return ((body.astype(np.uint32) * 255 + peak // 2) // peak).astype(np.uint8) if peak else body


def _centre(body: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place `body` with its centre of mass in the middle of the field, moved back where it would leave the field."""
    height, width = body.shape
    weights = body.astype(np.int64)
    total = int(weights.sum())
    # Whole numbers only, so that no CPU rounds differently: twice the centre of mass, counted in half pixels.
    column = (2 * int((weights.sum(axis=0) * np.arange(width)).sum()) + total) // total
    row = (2 * int((weights.sum(axis=1) * np.arange(height)).sum()) + total) // total
    left = min(max((GLYPH_SIDE - column) // 2, 0), GLYPH_SIDE - width)
    top = min(max((GLYPH_SIDE - row) // 2, 0), GLYPH_SIDE - height)
    glyph = np.zeros((GLYPH_SIDE, GLYPH_SIDE), np.uint8)
    glyph[top : top + height, left : left + width] = body
    return glyph
