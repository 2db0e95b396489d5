"""Painted sunglasses, clear glasses, bars, hands and edges over eyes. Painted only; none was real."""

import cv2
import numpy as np

from models.expression.cover import COLOURS, hand, laid

RINGS = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
_HIDDEN_01, _SEEN_01 = 0.7, 0.1  # of the eye; what lies between is not learnt from


def sunglasses(picture: np.ndarray, points: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Lenses of any tone that hide what is behind, often with a gradient and a glare; the picture and their stencil."""
    lens, size = _lenses(picture, points, random)
    row = np.mgrid[: picture.shape[0], : picture.shape[1]][0].astype(np.float32)
    tone = np.array(random.choice(COLOURS), dtype=np.float32) if random.random() < 0.4 else np.full(3, 25.0)
    tone = np.clip(tone * random.uniform(0.4, 1.2) + random.normal(0, 8, 3), 3, 250)
    shade = 1.0 + random.uniform(-0.6, 0.8) * (row - points[168, 1]) / size * (random.random() < 0.5)
    over = np.clip(shade[..., np.newaxis] * tone + random.normal(0, random.uniform(0, 6), picture.shape), 0, 255)
    seen_through = random.uniform(0.0, 0.2)
    over = (1 - seen_through) * over + seen_through * picture
    if random.random() < 0.4:
        over = _glare(over, points, size, random)
    return laid(_frame(picture, points, lens, size, random), lens, over, size), lens


def clear_glasses(picture: np.ndarray, points: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A frame, and lenses that eyes are seen through."""
    lens, size = _lenses(picture, points, random)
    tint = np.full(picture.shape, random.uniform(20, 240), dtype=np.float32)
    through = random.uniform(0.0, 0.25)
    over = (1 - through) * picture + through * tint
    if random.random() < 0.2:
        over = 0.8 * over + 0.2 * _glare(over, points, size, random)
    return _frame(laid(picture, lens, over, size), points, lens, size, random)


def bar(picture: np.ndarray, points: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Something broad over both eyes, or over one half of the face: a sleep mask, hair, a door."""
    size = _size(points)
    stencil = np.zeros(picture.shape[:2], dtype=np.uint8)
    centre, along = points[168, :2], (points[263, :2] - points[33, :2]) / size
    down = np.array([-along[1], along[0]])
    if random.random() < 0.55:
        top, bottom, out = random.uniform(0.15, 0.35), random.uniform(0.2, 0.45), random.uniform(0.55, 1.2)
        corners = [(-out, -top), (out, -top), (out, bottom), (-out, bottom)]
    else:
        side, from_x = random.choice([-1, 1]), random.uniform(-0.1, 0.12)
        corners = [(side * from_x, -1.2), (side * 1.6, -1.2), (side * 1.6, 2.0), (side * from_x, 2.0)]
    corners = [centre + size * (x * along + y * down) + random.normal(0, 0.03 * size, 2) for x, y in corners]
    cv2.fillPoly(stencil, [np.round(corners).astype(np.int32)], 255)
    tone = np.array(random.choice(COLOURS), dtype=np.float32) * random.uniform(0.3, 1.1)
    grain = random.normal(0, random.uniform(0, 10), picture.shape)
    return laid(picture, stencil, np.clip(tone + grain, 0, 255), size), stencil


def _lenses(picture: np.ndarray, points: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, float]:
    size = _size(points)
    stencil = np.zeros(picture.shape[:2], dtype=np.uint8)
    wide, high = random.uniform(0.2, 0.3), random.uniform(0.14, 0.26)
    low, roll = random.uniform(-0.02, 0.08), float(np.degrees(np.arctan2(*(points[263, :2] - points[33, :2])[::-1])))
    is_round = random.random() < 0.6
    for ring in RINGS:
        x, y = points[list(ring), :2].mean(axis=0) + np.array([0.0, low * size])
        if is_round:
            cv2.ellipse(stencil, (round(x), round(y)), (round(wide * size), round(high * size)), roll, 0, 360, 255, -1)
        else:
            box = cv2.boxPoints(((float(x), float(y)), (2 * wide * size, 2 * high * size), roll))
            cv2.fillPoly(stencil, [np.round(box).astype(np.int32)], 255)
    return stencil, size


def _frame(
    picture: np.ndarray, points: np.ndarray, lens: np.ndarray, size: float, random: np.random.Generator
) -> np.ndarray:
    thick = max(1, round(random.uniform(0.01, 0.05) * size))
    tone = tuple(float(one) for one in np.array(random.choice(COLOURS)) * random.uniform(0.2, 1.0))
    drawn = picture.copy()
    edges, _ = cv2.findContours(lens, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, edges, -1, tone, thick)
    for one, other in ((133, 362), (33, 234), (263, 454)):
        ends = [tuple(int(v) for v in np.round(points[at, :2])) for at in (one, other)]
        cv2.line(drawn, *ends, tone, thick)
    return drawn


def _glare(over: np.ndarray, points: np.ndarray, size: float, random: np.random.Generator) -> np.ndarray:
    drawn = np.ascontiguousarray(over, dtype=np.float32)
    for ring in RINGS:
        x, y = points[list(ring), :2].mean(axis=0) + random.normal(0, 0.06 * size, 2)
        axes = (round(random.uniform(0.04, 0.14) * size), round(random.uniform(0.02, 0.07) * size))
        cv2.ellipse(drawn, (round(x), round(y)), axes, random.uniform(0, 90), 0, 360, (245, 245, 245), -1)
    return drawn


def _size(points: np.ndarray) -> float:
    return float(np.hypot(*(points[263, :2] - points[33, :2])))


def spoilt(
    picture: np.ndarray, points: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, tuple[bool | None, bool | None]]:
    """A picture with something over its eyes, or nothing; which eyes are hidden (right, left), None where half is."""
    draw = random.random()
    if draw < 0.5:
        if random.random() < 0.3:
            picture = clear_glasses(picture, points, random)
        return picture, (False, False)
    if draw < 0.75:
        picture, stencil = sunglasses(picture, points, random)
    elif draw < 0.9:
        picture, stencil = bar(picture, points, random)
    else:
        before = picture
        over = ((159, 145), (386, 374), (168,))[random.integers(3)]
        picture = hand(picture, points, random, over)
        stencil = (np.abs(picture.astype(np.int16) - before).max(axis=2) > 6).astype(np.uint8) * 255
    return picture, (_hidden(stencil, points, RINGS[0]), _hidden(stencil, points, RINGS[1]))


def _hidden(stencil: np.ndarray, points: np.ndarray, ring: tuple[int, ...]) -> bool | None:
    eye = np.zeros(stencil.shape, dtype=np.uint8)
    cv2.fillPoly(eye, [np.round(points[list(ring), :2]).astype(np.int32)], 1)
    share = float(np.mean(stencil[eye > 0] > 127)) if eye.any() else 0.0
    return True if share >= _HIDDEN_01 else False if share <= _SEEN_01 else None
