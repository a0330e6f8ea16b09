"""What ink is written on and how a camera sees it: paper, ruling, light, lens and sensor."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.handwriting.grain import grain

Colour = tuple[int, int, int]
"""Blue, green, red, each 0–255."""

Light = NDArray[np.float32]
"""A picture in the making: float32 (H, W, 3) BGR, 0–255."""

RULINGS = ("none", "ruled", "squared")
COARSE = 16  # light varies slowly: it is computed once per so many pixels


@dataclass(frozen=True, slots=True)
class Paper:
    """The ground that is written on."""

    colour: Colour = (232, 238, 240)
    texture: float = 0.015  # unevenness as a share of the brightness
    ruling: str = "none"  # one of RULINGS
    ruling_colour: Colour = (205, 185, 165)


@dataclass(frozen=True, slots=True)
class Camera:
    """How the page is lit and photographed."""

    gradient: float = 0.12  # share of the light lost from the brightest side to the darkest
    shadow: float = 0.0  # share of the light that a soft-edged shadow takes away
    blur: float = 0.6  # standard deviation of the lens's blur, pixels
    noise: float = 2.0  # standard deviation of the sensor's noise, grey levels
    jpeg: int = 92  # quality 1–100


def lay_paper(size: tuple[int, int], paper: Paper, rng: np.random.Generator) -> Light:
    """Give a bare sheet of `size` (width, height) pixels."""
    shape = size[::-1]
    scale = max(size) / 1280
    fibre = 0.5 * grain(shape, max(1.0, 1.3 * scale), rng) + grain(shape, 6 * scale + 1, rng)
    cloud = 1.6 * grain(shape, 70 * scale + 2, rng)
    brightness = 1 + np.float32(paper.texture) * (fibre + cloud)
    return np.asarray(brightness[..., None] * np.array(paper.colour, np.float32), np.float32)


def rule(
    picture: Light, paper: Paper, homography: NDArray[np.float64], pitch: float, origin: tuple[float, float]
) -> None:
    """Print the ruling of `paper` into `picture`, seen through `homography` (3, 3).

    Its lines are `pitch` pixels of the sheet apart, squares half as much; one line goes through `origin`.
    """
    if paper.ruling == "none":
        return
    height, width = picture.shape[:2]
    reach = 2 * max(width, height)
    cover = np.zeros((height, width), np.uint8)
    pitch = pitch / 2 if paper.ruling == "squared" else pitch
    count = int(np.ceil(reach / pitch))
    for number in range(-count, count + 1):
        across = origin[1] + number * pitch
        _stripe(cover, homography, (-reach, across), (reach, across))
        if paper.ruling == "squared":
            along = origin[0] + number * pitch
            _stripe(cover, homography, (along, -reach), (along, reach))
    soft = cv2.GaussianBlur(cover, (0, 0), max(0.6, min(width, height) / 1200))
    lay_ink(picture, np.asarray(soft, np.uint8), paper.ruling_colour, 0.8)


def _stripe(
    cover: NDArray[np.uint8], homography: NDArray[np.float64], start: tuple[float, float], end: tuple[float, float]
) -> None:
    """Draw one line of the ruling into `cover`."""
    ends = cv2.perspectiveTransform(np.array([[start, end]], np.float64), homography)[0]
    if np.abs(ends).max() < 1 << 20:
        thickness = max(1, round(min(cover.shape) / 600))
        first, last = np.rint(ends * 8).astype(int).tolist()
        cv2.line(cover, first, last, 255, thickness, cv2.LINE_AA, 3)


def lay_ink(picture: Light, mask: NDArray[np.uint8], colour: Colour, opacity: float) -> None:
    """Cover `picture` with ink of `colour` where `mask` (H, W) says so, 255 being `opacity`."""
    cover = (mask.astype(np.float32) * np.float32(opacity / 255))[..., None]
    picture += cover * (np.array(colour, np.float32) - picture)


def photograph(picture: Light, camera: Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Light `picture`, blur it, add the sensor's noise and pass it through JPEG; gives uint8 (H, W, 3) BGR."""
    height, width = picture.shape[:2]
    seen = picture * lighting((width, height), camera, rng)[..., None]
    if camera.blur > 0:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), camera.blur), np.float32)
    if camera.noise > 0:
        grey = rng.standard_normal((height, width, 1), np.float32)
        seen = seen + np.float32(camera.noise) * (0.8 * grey + 0.4 * rng.standard_normal(seen.shape, np.float32))
    exposed = np.clip(np.rint(seen), 0, 255).astype(np.uint8)
    _, code = cv2.imencode(".jpg", exposed, [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def lighting(size: tuple[int, int], camera: Camera, rng: np.random.Generator) -> NDArray[np.float32]:
    """The light that falls on every pixel, float32 (H, W), at most 1: a gradient, and a shadow with a soft edge."""
    width, height = size
    y, x = np.mgrid[0 : height // COARSE + 2, 0 : width // COARSE + 2] * (COARSE / max(size))
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x - 0.5) * np.cos(angle) + (y - 0.3) * np.sin(angle)
    light = 1 - camera.gradient * (0.5 + np.clip(slope, -0.5, 0.5))
    if camera.shadow > 0:
        turn = angle + rng.normal(0, 0.6)
        across = (x - 0.5) * np.cos(turn) + (y - 0.3) * np.sin(turn)
        wavy = across + 0.05 * np.sin(rng.uniform(3, 8) * (y * np.cos(turn) - x * np.sin(turn)) + rng.uniform(0, 6))
        edge = (wavy - rng.uniform(-0.15, 0.15)) / rng.uniform(0.01, 0.05)
        light *= 1 - camera.shadow / (1 + np.exp(-np.clip(edge, -50, 50)))
    grown = cv2.resize(light.astype(np.float32), None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown[:height, :width], np.float32)
