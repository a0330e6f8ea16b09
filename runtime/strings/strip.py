"""A frame that one line of writing fills, such as the amount field of a cheque: its ink without the printed ground."""

from typing import NamedTuple

import cv2
import numpy as np

from runtime.records import Frame
from runtime.segment.light import wide_median
from runtime.segment.scale import grey_frame, halved
from runtime.strings.settings import StringSettings
from runtime.strings.writing import LEAST_HEIGHT, Ink, digit_height

DARKEST_PAPER = 40  # grey levels; below it a ratio to the paper would blow up the noise


class Strip(NamedTuple):
    """The ink of a frame's only line."""

    ink: Ink  # at the strip's height or less
    factor: float  # from its pixels to the frame's


def find_strip(frame: Frame, settings: StringSettings) -> Strip | None:
    """The only line in `frame`; None where it is not filled by one.

    A close view knows its threshold better than a page does: all that there is, is paper, its pattern and ink, and
    Otsu's threshold ("A threshold selection method from grey-level histograms", 1979) sets the ink apart.
    """
    height, width = frame.shape[:2]
    if width < settings.strip_aspect * height or height < LEAST_HEIGHT:
        return None
    grey, factor = _shrink(frame, settings)
    contrast = _contrast(grey, settings)
    _, above = cv2.threshold(contrast, 0, 255, cv2.THRESH_OTSU)
    mask = np.asarray(above, np.uint8)
    if _has_cells(mask, settings):  # the page's way of reading them is the better one
        return None
    mask = _without_specks(_without_rules(mask, settings), settings)
    if digit_height(mask // 255, settings) < settings.strip_digit * grey.shape[0]:
        return None
    level = max(1.0, float(np.median(contrast[mask > 0])))
    near = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    return Strip(np.asarray(np.minimum((contrast & near) * (255.0 / level), 255), np.uint8), factor)


def _shrink(frame: Frame, settings: StringSettings) -> tuple[Ink, float]:
    """The grey frame at the strip's height or less, and the factor from its pixels to the frame's."""
    factor = max(1.0, frame.shape[0] / settings.strip_height)
    if factor > 1:
        height, width = settings.strip_height, max(1, round(frame.shape[1] / factor))
        half = halved(frame, (height, width))
        frame = np.asarray(cv2.resize(half, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return grey_frame(frame), factor


def _contrast(grey: Ink, settings: StringSettings) -> Ink:
    """How far each pixel stands out from the paper, to the side on which more does."""
    window = min(255, int(grey.shape[0] * settings.strip_ground) | 1)
    paper = wide_median(grey, window)
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)
    dark = cv2.divide(cv2.subtract(paper, smooth), np.maximum(paper, np.uint8(DARKEST_PAPER)), scale=255)
    light = cv2.subtract(smooth, paper)
    darker = cv2.norm(dark) >= cv2.norm(light)
    return np.asarray(dark if darker else light, np.uint8)


def _has_cells(mask: Ink, settings: StringSettings) -> bool:
    """Whether there is a row of printed cells: lines above and below, and several that stand from one to the other."""
    height, width = mask.shape
    lying = _lying(mask, settings)
    count, _, lines, middles = cv2.connectedComponentsWithStats(cv2.dilate(lying, np.ones((3, 5), np.uint8)))
    long = [float(middles[i][1]) for i in range(1, count) if lines[i, cv2.CC_STAT_WIDTH] >= settings.cell_row * width]
    gaps = np.diff(sorted(long))
    gaps = gaps[gaps >= settings.cell_height * height]
    if not gaps.size:
        return False
    thick = max(5, int(height * settings.rule_width))
    standing = _rule(mask & ~lying, (int(0.7 * gaps.min()), 1), (1, thick))
    pieces = cv2.connectedComponentsWithStats(cv2.dilate(standing, np.ones((3, 3), np.uint8)))[0] - 1
    return pieces >= settings.cell_walls


def _without_rules(mask: Ink, settings: StringSettings) -> Ink:
    """The mask without long thin lines that lie or stand straight; strokes across them stay."""
    height = mask.shape[0]
    thick = max(5, int(height * settings.rule_width))
    lying = _lying(mask, settings)
    standing = _rule(mask, (int(0.85 * settings.rule_length * height), 1), (1, thick))
    return np.asarray(mask & ~(lying | standing), np.uint8)


def _lying(mask: Ink, settings: StringSettings) -> Ink:
    """The long thin lines that lie."""
    height, width = mask.shape
    thick = max(5, int(height * settings.rule_width))
    return _rule(mask, (1, int(min(0.7 * width, settings.rule_length * height))), (thick, 1))


def _rule(mask: Ink, length: tuple[int, int], thickness: tuple[int, int]) -> Ink:
    """What is as long one way as the ones of `length` and nowhere as thick the other way as those of `thickness`."""
    joined = cv2.dilate(mask, np.ones((3, 1) if length[0] == 1 else (1, 3), np.uint8))
    runs = np.asarray(cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones(length, np.uint8)), np.uint8)
    thick = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(thickness, np.uint8)), np.uint8)
    return mask & runs & ~thick


def _without_specks(mask: Ink, settings: StringSettings) -> Ink:
    """The mask without dots and pattern, the neighbouring lines' ink above and below, and what stands at the sides."""
    height, width = mask.shape
    _, labels, pieces, _ = cv2.connectedComponentsWithStats(mask)
    left, top, wide, tall, area = pieces.T
    large = (np.maximum(wide, tall) >= settings.strip_speck * height) & (area >= settings.strip_blot * height**2)
    line = ((top == 0) | (top + tall == height)) & (tall < settings.strip_edge * height)
    frame = ((left == 0) | (left + wide == width)) & (wide < settings.strip_frame * height)
    keep = large & ~line & ~frame
    keep[0] = False
    return np.where(keep[labels], 255, 0).astype(np.uint8)
