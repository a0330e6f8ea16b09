"""Scenes without any digit: grounds, things in front of them, printed and written pages, seen by a camera."""

from functools import cache

import cv2
import numpy as np

from train.background.cutting import Picture
from train.background.grounds import GROUNDS, Field, smooth
from train.background.printed import FONTS, typeset
from train.background.scribbles import draw_scribble
from train.background.written import Ink, draw_joined, draw_letter

SHAPES = ((240, 320), (270, 360), (300, 400))
"""Heights and widths of scenes, pixels: small ones are drawn faster, and candidates are shrunk anyway."""

PAGE = (160, 240)  # height and width of a printed page: a few lines have candidates enough
VOWELS, CONSONANTS = "aeeu", "cdfhkmnprtvwx"


def draw_scene(rng: np.random.Generator) -> Picture:
    """Something like a photograph: a ground with things before it."""
    shape = SHAPES[rng.integers(len(SHAPES))]
    field = GROUNDS[rng.integers(len(GROUNDS))](shape, rng)
    for _ in range(int(rng.integers(2, 14))):
        (_put_polygon, _put_ellipse, _put_bars, _put_wheel, _put_textured)[rng.integers(5)](field, rng)
    return _photograph(field, rng)


def draw_texture(rng: np.random.Generator) -> Picture:
    """A ground alone."""
    shape = SHAPES[rng.integers(len(SHAPES))]
    return _photograph(GROUNDS[rng.integers(1, len(GROUNDS))](shape, rng), rng)


def draw_page(rng: np.random.Generator) -> Picture:
    """A printed page: words in lines."""
    shape = PAGE
    size, font = rng.uniform(14, 40), str(rng.choice(FONTS))
    ink = np.zeros(shape, np.uint8)
    for top in np.arange(rng.uniform(0, size), shape[0] - size, size * rng.uniform(1.1, 1.6)):
        left = rng.uniform(0, size)
        while left < shape[1]:
            word = typeset(_word(rng), font, size)
            _stamp(ink, word, int(left), int(top + size) - word.shape[0])
            left += word.shape[1] + size * rng.uniform(0.3, 0.5)
    return _photograph(_inked(ink, rng), rng)


def draw_notes(rng: np.random.Generator) -> Picture:
    """A written page: letters, joined letters and scribbles in lines or anywhere."""
    shape = SHAPES[rng.integers(len(SHAPES))]
    ink = np.zeros(shape, np.uint8)
    for _ in range(int(rng.integers(6, 14))):
        piece = (draw_joined, draw_joined, draw_letter, draw_scribble)[rng.integers(4)](rng)
        _stamp(ink, piece, int(rng.integers(-10, shape[1] - 20)), int(rng.integers(-10, shape[0] - 20)))
    return _photograph(_inked(ink, rng), rng)


def _word(rng: np.random.Generator) -> str:
    """A word that could be, of letters none of which is like a digit."""
    syllables = [CONSONANTS[rng.integers(len(CONSONANTS))] + VOWELS[rng.integers(len(VOWELS))] for _ in range(4)]
    word = "".join(syllables)[: int(rng.integers(2, 9))]
    return word.upper() if rng.random() < 0.15 else word.capitalize() if rng.random() < 0.15 else word


def _stamp(canvas: Ink, piece: Ink, left: int, top: int) -> None:
    """Add a piece of ink to the canvas; what lies outside is lost."""
    height, width = canvas.shape
    right, bottom = min(left + piece.shape[1], width), min(top + piece.shape[0], height)
    first, above = max(left, 0), max(top, 0)
    if first < right and above < bottom:
        region = canvas[above:bottom, first:right]
        np.maximum(region, piece[above - top : bottom - top, first - left : right - left], out=region)


def _inked(ink: Ink, rng: np.random.Generator) -> Field:
    """Paper, or a board, with the ink on it."""
    paper = smooth((ink.shape[0], ink.shape[1]), rng)
    change = rng.uniform(60, 200) * (-1 if paper.mean() > 100 else 1)
    return np.asarray(paper + ink * np.float32(change / 255), np.float32)


def _photograph(field: Field, rng: np.random.Generator) -> Picture:
    """What a camera makes of a scene: blur, noise, and now and then JPEG."""
    seen = cv2.GaussianBlur(field, (0, 0), rng.uniform(0.3, 1.6))
    top, left = rng.integers(0, np.array(_noise().shape) - seen.shape).tolist()
    noise = _noise()[top : top + seen.shape[0], left : left + seen.shape[1]]
    noisy = seen + np.float32(rng.uniform(0, 6)) * noise
    picture = np.clip(noisy, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        picture = np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.uint8)
    return np.asarray(picture, np.uint8)


@cache
def _noise() -> Field:
    """A tile of noise larger than any scene, standard deviation 1: fresh noise would take longer than the scene."""
    return np.random.default_rng(0).standard_normal((512, 768), np.float32)


def _place(field: Field, rng: np.random.Generator) -> tuple[list[int], float, float]:
    """Where a thing stands (x, y), how large it is in pixels, and how bright."""
    height, width = field.shape
    return rng.integers(0, (width, height)).tolist(), min(height, width) * rng.uniform(0.03, 0.4), rng.uniform(0, 255)


def _put_polygon(field: Field, rng: np.random.Generator) -> None:
    """A thing with corners, whole or in outline."""
    middle, size, shade = _place(field, rng)
    angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
    radii = size * rng.uniform(0.4, 1, len(angles))
    points = np.rint(np.stack([np.cos(angles) * radii, np.sin(angles) * radii], axis=1) + middle).astype(np.int32)
    if rng.random() < 0.6:
        cv2.fillPoly(field, [points], shade)
    else:
        cv2.polylines(field, [points], True, shade, int(rng.integers(1, 7)))


def _put_ellipse(field: Field, rng: np.random.Generator) -> None:
    """A round thing with a shadow at its side or a highlight in it, or an arc."""
    middle, size, shade = _place(field, rng)
    axes = (int(size) + 1, int(size * rng.uniform(0.3, 1)) + 1)
    angle, begin = rng.uniform(0, 180), rng.uniform(0, 360)
    if rng.random() < 0.5:
        cv2.ellipse(field, middle, axes, angle, 0, 360, shade, cv2.FILLED)
        shade += rng.choice([-1, 1]) * rng.uniform(30, 90)
    thick = max(1, int(size * rng.uniform(0.05, 0.3)))
    cv2.ellipse(field, middle, axes, angle, begin, begin + rng.uniform(40, 200), shade, thick)


def _put_bars(field: Field, rng: np.random.Generator) -> None:
    """Railings, keys, windows, books: bars or boxes in rows."""
    (x, y), size, shade = _place(field, rng)
    pitch, count = max(4, int(size * rng.uniform(0.1, 0.4))), int(rng.integers(3, 10))
    wide, tall = max(1, int(pitch * rng.uniform(0.3, 0.9))), int(size * rng.uniform(0.2, 1.4)) + 2
    for number in range(count):
        left = x + number * pitch
        for row in range(int(rng.integers(1, 3))):
            top = y + row * (tall + pitch)
            cv2.rectangle(field, (left, top), (left + wide, top + tall), shade + rng.normal(0, 20), cv2.FILLED)
            if rng.random() < 0.3:
                cv2.line(field, (left - pitch, top), (left + wide, top), shade, int(rng.integers(1, 4)))


def _put_wheel(field: Field, rng: np.random.Generator) -> None:
    """Spokes and rims: machines, clocks, flowers."""
    middle, size, shade = _place(field, rng)
    thick = int(rng.integers(1, 6))
    for angle in rng.uniform(0, 2 * np.pi) + np.arange(int(rng.integers(3, 12))) * rng.uniform(0.3, 1.2):
        end = np.rint(middle + size * rng.uniform(0.5, 1) * np.array([np.cos(angle), np.sin(angle)])).astype(int)
        cv2.line(field, middle, end.tolist(), shade, thick)
    for share in rng.uniform(0.2, 1, 2):
        begin = rng.uniform(0, 360)
        cv2.ellipse(field, middle, (int(size * share), int(size * share)), 0, begin, begin + 200, shade, thick)


def _put_textured(field: Field, rng: np.random.Generator) -> None:
    """A rectangle with another ground on it: cloth, a poster, a wall behind a window."""
    height, width = field.shape
    tall, wide = int(height * rng.uniform(0.2, 0.7)), int(width * rng.uniform(0.2, 0.7))
    top, left = int(rng.integers(0, height - tall)), int(rng.integers(0, width - wide))
    field[top : top + tall, left : left + wide] = GROUNDS[rng.integers(len(GROUNDS))]((tall, wide), rng)
