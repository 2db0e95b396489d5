"""What a webcam does to a picture: light, colour, blur, noise, compression, distance, a tilted head."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.expression.warps import EYE_PX, SIZE_PX


@dataclass(frozen=True, slots=True)
class Seen:
    """A degraded picture and how points came into it.

    Attributes:
        picture: uint8, shape (side, side, 3).
        to_seen: Affine map from the working frame, shape (2, 3).
        eye_px: Outer-eye distance in the picture.
    """

    picture: np.ndarray
    to_seen: np.ndarray
    eye_px: float

    def points(self, working: np.ndarray) -> np.ndarray:
        """Points of the working frame, in the picture; depth scaled alike."""
        flat = working[:, :2] @ self.to_seen[:, :2].T + self.to_seen[:, 2]
        return np.column_stack([flat, working[:, 2] * (self.eye_px / EYE_PX)])


def clean(picture: np.ndarray) -> Seen:
    """As it is."""
    return Seen(picture, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), EYE_PX)


def degraded(picture: np.ndarray, random: np.random.Generator, eye_px: tuple[float, float] = (28.0, 105.0)) -> Seen:
    """One draw of everything; within what the gate lets through."""
    eye = float(np.exp(random.uniform(*np.log(eye_px))))
    scale = eye / EYE_PX
    roll = float(np.clip(random.normal(0, np.deg2rad(9.0)), -np.deg2rad(25), np.deg2rad(25)))
    side = max(48, round(SIZE_PX * scale))
    cos, sin = np.cos(roll) * scale, np.sin(roll) * scale
    turn = np.array([[cos, -sin], [sin, cos]])
    shift = np.array([side / 2, side / 2]) - turn @ np.array([SIZE_PX / 2, SIZE_PX / 2])
    to_seen = np.column_stack([turn, shift])
    source = cv2.GaussianBlur(picture, (0, 0), 0.45 / scale) if scale < 0.8 else picture
    seen = cv2.warpAffine(source, to_seen, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = _lit(seen.astype(np.float32), random)
    if random.random() < 0.5:
        seen = cv2.GaussianBlur(seen, (0, 0), max(0.2, random.uniform(0.0, 0.025) * eye))
    if random.random() < 0.15:
        seen = _smeared(seen, max(2, round(random.uniform(0.02, 0.08) * eye)), random)
    seen += random.normal(0, random.uniform(0.0, 7.0), seen.shape) * random.choice([0.3, 1.0])
    shown = np.clip(seen, 0, 255).astype(np.uint8)
    if random.random() < 0.2:
        shown = _through_a_small_one(shown, eye, random)
    if random.random() < 0.1:
        shown = cv2.cvtColor(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if random.random() < 0.7:
        quality = int(random.uniform(35, 95))
        shown = cv2.imdecode(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return Seen(shown, to_seen, eye)


def _through_a_small_one(shown: np.ndarray, eye: float, random: np.random.Generator) -> np.ndarray:
    """A clip that was smaller once, and had fewer colours: what old recordings and video calls look like."""
    small = random.uniform(max(0.45, min(1.0, 22.0 / eye)), 1.0)
    size = (max(16, round(shown.shape[1] * small)), max(16, round(shown.shape[0] * small)))
    less = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    if random.random() < 0.5:
        step = int(random.integers(6, 20))
        less = (less // step * step + step // 2).astype(np.uint8)
    return cv2.resize(less, (shown.shape[1], shown.shape[0]), interpolation=cv2.INTER_LINEAR)


def _lit(seen: np.ndarray, random: np.random.Generator) -> np.ndarray:
    gain = float(np.exp(random.uniform(np.log(0.35), np.log(1.2))))
    gamma = float(np.exp(random.normal(0, 0.2)))
    tint = np.exp(random.normal(0, 0.06, 3)).astype(np.float32)
    out = 255.0 * (seen / 255.0) ** gamma * gain * tint
    if random.random() < 0.4:  # light from one side
        side = seen.shape[0]
        slope = np.linspace(-1, 1, side, dtype=np.float32)
        ramp = slope if random.random() < 0.7 else slope[:, np.newaxis]
        out *= 1 + random.uniform(-0.5, 0.5) * ramp[..., np.newaxis]
    return out


def _smeared(seen: np.ndarray, length: int, random: np.random.Generator) -> np.ndarray:
    angle = random.uniform(0, np.pi)
    kernel = np.zeros((2 * length + 1, 2 * length + 1), dtype=np.float32)
    by = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [tuple(int(v) for v in np.round(length + sign * by)) for sign in (-1, 1)]
    cv2.line(kernel, *ends, 1.0, 1)
    return cv2.filter2D(seen, -1, kernel / max(kernel.sum(), 1.0))
