"""What is printed and is no digit: letters and words in the fonts that come with matplotlib and OpenCV."""

import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from train.background.written import Ink, draw_height

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
    "cmb10",
)
PLOTTED = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
LETTERS = "AEFHKLMNPRTUVWXYCaacdeehiijkmnprtuvwxf"  # those that look like no digit in any of the fonts
SIGNS = "+#%&@?!=~<*+-"
FOREIGN = "ÄÅÇÈÊËÑÜàâåäèéêëñùûüæœ€¥©®ΓΔΛΞΠΣΨΩαεηκλμπψωЖДЦШЩЮЯЫЁИЙЛждмшщюяйлцт"
TOKENS = "✓✗★☆☎☺♠♣♥♦♪→←↓↔⇒∀∇∈∑√∩∪≈≠≤⊂⊕⊗■▲▼◆☑☒☀☁☂✈✉✎❄❤"  # DejaVu Sans alone has all of them
WORDS = "abcdefghijklmnopqrstuvwxyz"  # in a word, glued to others, every letter is part of something that is no digit


def draw_print(rng: np.random.Generator) -> Ink:
    """One printed letter or sign."""
    if rng.random() < 0.25:
        return _plot(_pick(LETTERS + SIGNS, rng), rng)
    if rng.random() < 0.12:
        return typeset(_pick(TOKENS, rng), "DejaVuSans", draw_height(rng))
    if rng.random() < 0.2:
        return typeset(_pick(FOREIGN, rng), str(rng.choice(FONTS[:8])), draw_height(rng))
    return typeset(_pick(LETTERS * 2 + SIGNS, rng), str(rng.choice(FONTS)), draw_height(rng))


def draw_word(rng: np.random.Generator) -> Ink:
    """Two to four printed letters that have grown together, as in small or blurred print."""
    height = draw_height(rng)
    font = str(rng.choice(FONTS))
    letters = [typeset(_pick(WORDS, rng), font, height) for _ in range(int(rng.integers(2, 5)))]
    width = sum(letter.shape[1] for letter in letters)
    canvas = np.zeros((max(letter.shape[0] for letter in letters), width), np.uint8)
    left = 0
    for letter in letters:
        tall, wide = letter.shape
        region = canvas[-tall:, left : left + wide]
        np.maximum(region, letter, out=region)
        left += max(1, wide - 1 - int(rng.uniform(0, 0.08) * height))
    return canvas


def typeset(text: str, font: str, size: float) -> Ink:
    """`text` in one of the fonts that matplotlib ships, `size` pixels high, cut to its ink as far as one side goes."""
    face = _load(font)
    face.set_size(size, 72)
    face.set_text(text)
    face.draw_glyphs_to_bitmap(antialiased=True)
    return np.array(face.get_image(), np.uint8)


@cache
def _load(font: str) -> "FT2Font":
    """The font of that name, read once; matplotlib is imported only here, for it takes its time."""
    matplotlib = importlib.import_module("matplotlib")
    faces = importlib.import_module("matplotlib.ft2font")
    return cast("FT2Font", faces.FT2Font(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"))


def _plot(text: str, rng: np.random.Generator) -> Ink:
    """`text` in one of OpenCV's fonts, which are made of strokes of one width (A. V. Hershey, 1967)."""
    height = draw_height(rng)
    font = PLOTTED[rng.integers(len(PLOTTED))]
    scale, thickness = height / 22, max(1, round(height * rng.uniform(0.04, 0.18)))
    (width, tall), below = cv2.getTextSize(text, font, scale, thickness)
    margin = thickness + 2
    canvas = np.zeros((tall + below + 2 * margin, width + 2 * margin), np.uint8)
    cv2.putText(canvas, text, (margin, tall + margin), font, scale, 255, thickness, cv2.LINE_AA)
    return canvas


def _pick(characters: str, rng: np.random.Generator) -> str:
    """One of the characters."""
    return characters[int(rng.integers(len(characters)))]
