"""Painted masks and hands over the lower face: what a gate must notice. Painted only; no real mask was ever seen."""

from typing import Final

import cv2
import numpy as np

# blue, green, red: surgical blue and green, white, black, pink, grey, beige, brown, navy, a bright one
COLOURS: Final = (
    (214, 190, 150), (170, 195, 150), (238, 238, 238), (28, 28, 30), (190, 170, 235), (128, 128, 128),
    (160, 190, 215), (60, 85, 120), (90, 50, 35), (40, 60, 210),
)  # fmt: skip
# from ear to ear over the bridge of the nose, and around the chin
_OUTLINE: Final = (234, 227, 118, 50, 196, 197, 419, 280, 347, 447, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132)
# the same below the nose, as many wear it
_LOW_OUTLINE: Final = (234, 227, 118, 50, 98, 2, 327, 280, 347, 447, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132)


def masked(picture: np.ndarray, points: np.ndarray, colour: int, random: np.random.Generator) -> np.ndarray:
    """A face mask in one of `COLOURS`, with folds, shade and sometimes a pattern."""
    size = float(np.hypot(*(points[263, :2] - points[33, :2])))
    stencil = np.zeros(picture.shape[:2], dtype=np.uint8)
    outline = points[list(_OUTLINE if random.random() < 0.7 else _LOW_OUTLINE), :2]
    middle = outline.mean(axis=0)
    outline = middle + (outline - middle) * random.uniform(0.92, 1.12) + random.normal(0, 0.012 * size, outline.shape)
    outline += random.normal(0, 0.02 * size, 2)
    cv2.fillPoly(stencil, [np.round(outline).astype(np.int32)], 255)
    shade = np.ones(stencil.shape, dtype=np.float32)
    if random.random() < 0.6:  # else flat paint
        shade = _shaded(shade, points, outline, size, random)
    cloth = np.array(COLOURS[colour], dtype=np.float32) * random.uniform(0.75, 1.1)
    if random.random() < 0.2:
        period = random.uniform(0.06, 0.2) * size
        row, column = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
        wave = np.sin(2 * np.pi * (row * random.normal() + column * random.normal()) / period)
        shade += random.uniform(0.05, 0.25) * np.sign(wave)
    return laid(picture, stencil, np.clip(shade[..., np.newaxis] * cloth, 0, 255), size)


def _shaded(
    shade: np.ndarray, points: np.ndarray, outline: np.ndarray, size: float, random: np.random.Generator
) -> np.ndarray:
    """Round, with folds, with the grain of cloth."""
    row, column = np.mgrid[: shade.shape[0], : shade.shape[1]].astype(np.float32)
    shade = 1.0 - 0.22 * ((column - points[1, 0]) / size) ** 2 + 0.05 * (points[1, 1] - row) / size
    for _ in range(random.integers(0, 4)):
        y = random.uniform(outline[:, 1].min(), outline[:, 1].max())
        shade -= random.uniform(0.05, 0.2) * np.exp(-((row - y) ** 2) / (2 * (0.02 * size) ** 2))
    return shade + random.normal(0, 0.015, shade.shape)


def hand(
    picture: np.ndarray, points: np.ndarray, random: np.random.Generator, over: tuple[int, ...] = (13, 14)
) -> np.ndarray:
    """A skin-coloured hand before mouth and chin, or elsewhere, in the tone of the person's own cheek."""
    size = float(np.hypot(*(points[263, :2] - points[33, :2])))
    x, y = points[random.choice([50, 280]), :2]
    patch = picture[max(0, int(y) - 4) : int(y) + 5, max(0, int(x) - 4) : int(x) + 5].reshape(-1, 3)
    tone = patch.mean(axis=0) * random.uniform(0.75, 1.05) if patch.size else np.array([120.0, 150.0, 190.0])
    stencil = np.zeros(picture.shape[:2], dtype=np.uint8)
    lines = np.zeros(picture.shape[:2], dtype=np.float32)
    place = points[list(over), :2].mean(axis=0) + random.normal(0, 0.08 * size, 2)
    angle = random.uniform(-0.9, 0.9)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    wide = 0.21 * size
    for finger in range(4):
        start = place + across * (finger - 1.3) * wide * 0.95 - along * random.uniform(0.55, 0.8) * size
        end = place + across * (finger - 1.3) * wide * 0.95 + along * 1.2 * size
        ends = [tuple(int(v) for v in np.round(one)) for one in (start, end)]
        cv2.line(stencil, *ends, 255, int(wide * 1.05))
        edge = across * wide * 0.5
        cv2.line(lines, *[tuple(int(v) for v in np.round(one + edge)) for one in (start, end)], 1.0, 2)
    shade = 1.0 - 0.35 * cv2.GaussianBlur(lines, (0, 0), 0.02 * size + 0.3) + random.normal(0, 0.012, lines.shape)
    return laid(picture, stencil, np.clip(shade[..., np.newaxis] * tone, 0, 255), size)


def laid(picture: np.ndarray, stencil: np.ndarray, over: np.ndarray, size: float) -> np.ndarray:
    soft = cv2.GaussianBlur(stencil, (0, 0), max(0.3, 0.008 * size))[..., np.newaxis].astype(np.float32) / 255
    return (over * soft + picture * (1 - soft)).astype(np.uint8)
