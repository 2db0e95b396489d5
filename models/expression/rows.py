"""Samples as what the nets see and what they shall say."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from agent.signal.face.shape import EYE as EYE_POINTS
from agent.signal.face.shape import RIGID, UPPER, USED, Canon, aligned, eye_rows, face_row, mirrored
from models.expression.teacher import NAMES
from models.expression.warps import MOVEMENTS

LOWER: Final = (
    "smile_left", "smile_right", "jaw_open", "upper_lip_up", "lip_press", "pucker", "funnel", "stretch", "dimple",
)  # fmt: skip
BROWS: Final = ("brow_down", "brow_inner_up", "brow_outer_up")
EYE: Final = ("eye_closure", "squint", "look_in", "look_out", "look_up", "look_down", "lid")
# the upper face's columns in a face row: its points, and the direction of view
UPPER_COLUMNS: Final = tuple(
    column
    for point in UPPER
    for column in (3 * USED.index(point), 3 * USED.index(point) + 1, 3 * USED.index(point) + 2)
) + tuple(range(3 * len(USED), 3 * len(USED) + 3))
OPEN: Final = -0.35  # how far the lids were opened beyond the photo, at most
_FLIP: Final = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Rows:
    """All samples.

    Attributes:
        person, kind, cover, spoilt: As `samples` wrote them, shape (n,).
        movement: Known amplitudes, shape (n, 25).
        shape, turn: In the canonical frame, shapes (n, 468, 3) and (n, 3, 3).
        taught: The teacher's 146 points in the canonical frame, shape (n, 146, 3).
        face: Shape (n, 411); ``face_mirrored`` the same in a mirror.
        lower, brows: Targets, shapes (n, 9) and (n, 3).
        eyes: Right and left as the right one, shape (n, 2, 233).
        eye: Targets, shape (n, 2, 7).
        eye_px: Outer-eye distance.
    """

    person: np.ndarray
    kind: np.ndarray
    cover: np.ndarray
    spoilt: np.ndarray
    movement: np.ndarray
    shape: np.ndarray
    turn: np.ndarray
    taught: np.ndarray
    face: np.ndarray
    face_mirrored: np.ndarray
    lower: np.ndarray
    brows: np.ndarray
    eyes: np.ndarray
    eye: np.ndarray
    eye_px: np.ndarray

    def where(self, chosen: np.ndarray) -> "Rows":
        """Some of them."""
        return Rows(*(getattr(self, one.name)[chosen] for one in fields(self)))

    def brow_inputs(self) -> tuple[np.ndarray, np.ndarray]:
        """Upper face with both eyes, straight and in a mirror, shapes (n, 210 + 466)."""
        columns, count = list(UPPER_COLUMNS), len(self.eyes)
        straight = np.concatenate([self.face[:, columns], self.eyes.reshape(count, -1)], axis=1)
        other = np.concatenate([self.face_mirrored[:, columns], self.eyes[:, ::-1].reshape(count, -1)], axis=1)
        return straight, other


def mean_face(points: np.ndarray) -> Canon:
    """The mean of faces, by Procrustes, in outer-eye distances.

    Args:
        points: Shape (n, 468, 3).
    """
    first = points[0]
    canon = (first - first.mean(axis=0)) / np.linalg.norm(first[33] - first[263])
    for _ in range(4):
        laid = [_laid(one, canon) for one in points]
        canon = np.mean(laid, axis=0)
        canon /= np.linalg.norm(canon[33] - canon[263])
    return Canon.of(_upright(canon))


def _laid(points: np.ndarray, canon: np.ndarray) -> np.ndarray:
    return aligned(points.astype(np.float64), Canon(canon, np.arange(468)))[0]


def _upright(face: np.ndarray) -> np.ndarray:
    """The eyes level, the middle line straight down."""
    across = face[263] - face[33]
    x = across / np.linalg.norm(across)
    down = face[152] - face[10]
    y = down - (down @ x) * x
    y /= np.linalg.norm(y)
    return (face - face[list(RIGID)].mean(axis=0)) @ np.stack([x, y, np.cross(x, y)]).T


def read(file: Path, train_people: set[int]) -> tuple[Rows, Canon]:
    """Samples of a file; the mean face is that of those who may be learnt from."""
    kept = np.load(file)
    data = {name: kept[name] for name in kept.files}
    calm = (~data["spoilt"]) & (data["cover"] < 0) & (data["kind"] == 0) & np.isin(data["person"], list(train_people))
    canon = mean_face(data["points"][np.flatnonzero(calm)[:400]])
    made: dict[str, list[np.ndarray]] = {name: [] for name in ("shape", "turn", "taught", "face", "other", "eyes")}
    for number in range(data["person"].size):
        points = data["points"][number].astype(np.float64)
        shape, turn = aligned(points, canon)
        seen = data["eyes"][number].astype(np.float64)
        made["shape"].append(shape.astype(np.float32))
        made["turn"].append(turn)
        made["taught"].append(_taught(data["teacher"][number].astype(np.float64), canon))
        made["face"].append(face_row(shape, turn))
        made["other"].append(face_row(mirrored(shape, canon), turn * np.outer(_FLIP, _FLIP)))
        halves = (seen[0, :71], seen[0, 71:]), (seen[1, :71], seen[1, 71:])
        made["eyes"].append(eye_rows(shape, turn, canon, points, *halves))
    arrays = {name: np.array(rows) for name, rows in made.items()}
    targets = labels(data["shapes"])
    rows = Rows(
        data["person"], data["kind"], data["cover"], data["spoilt"], data["movement"], arrays["shape"],
        arrays["turn"], arrays["taught"], arrays["face"], arrays["other"], targets[0], targets[1], arrays["eyes"],
        with_lids(targets[2], data["movement"]), data["eye_px"],
    )  # fmt: skip
    return rows, canon


def _taught(points: np.ndarray, canon: Canon) -> np.ndarray:
    """The teacher's points laid upon the same mean face, by the same rigid points."""
    full = np.zeros((468, 3))
    full[list(USED)] = points[: len(USED)]
    here = full[list(RIGID)]
    scale_and_turn = aligned(full, canon)
    there = scale_and_turn[0][list(RIGID)]
    middle, scale = (
        here.mean(axis=0),
        np.linalg.norm(there - there.mean(axis=0)) / np.linalg.norm(here - here.mean(axis=0)),
    )
    return (scale * (points - middle) @ scale_and_turn[1] + there.mean(axis=0)).astype(np.float32)


def mixed_rows(shape: np.ndarray, turn: np.ndarray, irises: np.ndarray, canon: Canon) -> tuple[np.ndarray, ...]:
    """Rows of faces that were put together in the canonical frame.

    Args:
        shape, turn: As in `Rows`.
        irises: The columns of the iris model in each eye's own frame, shape (n, 2, 152).

    Returns:
        face, face_mirrored and eyes, as in `Rows`.
    """
    face, other, eyes = [], [], []
    for one, round_, seen in zip(shape.astype(np.float64), turn, irises, strict=True):
        flipped, turned = mirrored(one, canon), round_ * np.outer(_FLIP, _FLIP)
        face.append(face_row(one, round_))
        other.append(face_row(flipped, turned))
        pairs = ((one, round_, seen[0]), (flipped, turned, seen[1]))
        eyes.append([np.concatenate([s[list(EYE_POINTS)].ravel(), i, t[2]]) for s, t, i in pairs])
    return np.array(face), np.array(other), np.array(eyes, dtype=np.float32)


def labels(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets of 52 blendshapes: lower (n, 9), brows (n, 3), eyes right and left (n, 2, 6)."""

    def of(*names: str) -> np.ndarray:
        return np.mean([shapes[:, NAMES.index(name)] for name in names], axis=0)

    def both(name: str) -> np.ndarray:
        return of(f"{name}Left", f"{name}Right")

    lower = [of("mouthSmileLeft"), of("mouthSmileRight"), of("jawOpen"), both("mouthUpperUp"), both("mouthPress"),
             of("mouthPucker"), of("mouthFunnel"), both("mouthStretch"), both("mouthDimple")]  # fmt: skip
    brows = [both("browDown"), of("browInnerUp"), both("browOuterUp")]
    names = ("eyeBlink", "eyeSquint", "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeLookDown")
    eyes = [np.stack([of(f"{name}{side}") for name in names], axis=1) for side in ("Right", "Left")]
    return np.stack(lower, axis=1), np.stack(brows, axis=1), np.stack(eyes, axis=1)


def with_lids(eyes: np.ndarray, movement: np.ndarray) -> np.ndarray:
    """The eyes' targets with the lids' known truth beside them: 0 as in the photo, 1 shut; shape (n, 2, 7)."""
    sides = []
    for side in ("right", "left"):
        close = movement[:, MOVEMENTS.index(f"close_{side}")]
        squint = movement[:, MOVEMENTS.index(f"squint_{side}")]
        sides.append((np.clip(close + 0.16 * squint, OPEN, 1.0) - OPEN) / (1 - OPEN))
    return np.concatenate([eyes, np.stack(sides, axis=1)[..., np.newaxis]], axis=2)
