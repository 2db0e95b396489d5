"""Many pictures as numbers: photo, movement, cover, webcam; what our chain sees of it, and what the teacher says.

photo ─▶ movement ─▶ teacher's label (clean) ─▶ cover ─▶ webcam ─▶ 468 points, irises, light, jitter
"""

import multiprocessing as mp
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from agent.perception.consistency import averaged, steadiness
from agent.perception.crops import Square, around, cut_bytes
from agent.perception.detect import Detector
from agent.perception.iris import Irises
from agent.perception.landmarks import SIZE_PX, Landmarker
from models.expression.cover import COLOURS, hand, masked
from models.expression.degrade import Seen, clean, degraded
from models.expression.people import Person, people
from models.expression.teacher import SUBSET, Teacher
from models.expression.warps import Movement, Warper, working

KINDS = ("neutral", "smiling")
UNCOVERED, HAND = -1, 100


@dataclass(frozen=True, slots=True)
class Lens:
    """Every model that looks at a picture; one a process."""

    detector: Detector
    landmarker: Landmarker
    irises: Irises
    teacher: Teacher

    @classmethod
    def make(cls) -> "Lens":
        """Load them all."""
        return cls(Detector(), Landmarker(), Irises(), Teacher())


def movement(random: np.random.Generator) -> Movement:
    """A draw: nothing, or one to four groups of movements, and often a turned head."""
    drawn: dict[str, float] = {}

    def up(top: float = 1.0) -> float:
        return float(random.uniform(0.0, top))

    groups = {
        "smile": lambda: _sides("smile", up(1.1), random),
        "jaw": lambda: {"jaw_open": float(random.beta(1.0, 1.6)), "teeth_01": up() * (random.random() < 0.5)},
        "brow_down": lambda: {"brow_down": up(1.3)},
        "brow_inner": lambda: {"brow_inner_up": up(1.5)},
        "brow_outer": lambda: {"brow_outer_up": up(1.5)},
        "brows": lambda: dict.fromkeys(("brow_inner_up", "brow_outer_up"), up(1.5)),
        "upper_lip": lambda: {"upper_lip_up": up(1.6), "teeth_01": up() * (random.random() < 0.6)},
        "lower_lip": lambda: {"lower_lip_down": up()},
        "press": lambda: {"lip_press": up(1.3)},
        "pucker": lambda: {"pucker": up()},
        "funnel": lambda: {"funnel": up()},
        "stretch": lambda: _sides("stretch", up(), random),
        "dimple": lambda: {"dimple": up()},
        "frown": lambda: {"frown": up()},
        "shift": lambda: {"mouth_shift": float(random.normal(0, 0.4))},
        "squint": lambda: _sides("squint", up(1.2), random),
    }
    if random.random() > 0.15:
        # brows twice as often: they come in three ways, and the teacher answers them faintly on many faces
        often = np.array([2.0 if name.startswith("brow") else 1.5 if name == "jaw" else 1.0 for name in groups])
        for name in random.choice(list(groups), size=random.integers(1, 4), replace=False, p=often / often.sum()):
            drawn |= groups[str(name)]()
    if random.random() < 0.5:
        # half of them near the ends: shut, and wide open
        shut = random.uniform(-0.35, 1.0) if random.random() < 0.5 else random.choice([random.uniform(0.75, 1.0), 0.0])
        drawn |= _sides("close", float(shut), random)
    if random.random() < 0.4:
        drawn |= {"gaze_x": float(random.uniform(-1, 1)), "gaze_y": float(random.uniform(-1, 1))}
    if random.random() < 0.55:
        drawn |= {
            "yaw_rad": float(np.clip(random.normal(0, 0.2), -0.5, 0.5)),
            "pitch_rad": float(np.clip(random.normal(0, 0.15), -0.35, 0.35)),
        }
    return Movement(**drawn)


def _sides(name: str, size: float, random: np.random.Generator) -> dict[str, float]:
    """Mostly both sides nearly alike, sometimes one alone."""
    draw = random.random()
    left, right = (size, size) if draw < 0.75 else (size, 0.0) if draw < 0.875 else (0.0, size)
    return {f"{name}_left": left * random.uniform(0.9, 1.0), f"{name}_right": right * random.uniform(0.9, 1.0)}


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo, ready to be moved."""

    person: int
    kind: int
    warper: Warper


def photos(lens: Lens, everyone: list[Person]) -> list[Photo]:
    """Both photos of everyone."""
    made = []
    for number, person in enumerate(everyone):
        for kind, name in enumerate(KINDS):
            photo = person.photo(name)
            points = lens.teacher.settled(photo, lens.detector(photo)[0].square, 3)
            picture, placed = working(photo, points)
            made.append(Photo(number, kind, Warper(picture, placed)))
    return made


def row(lens: Lens, photo: Photo, moved: Movement, cover: int, random: np.random.Generator, *, spoilt: bool) -> dict:
    """One sample as arrays by name; see `COLUMNS` of the file that `make` writes."""
    picture = photo.warper.moved(moved, random)
    where = around(photo.warper.points, 33, 263, 1.5)
    teacher_points = lens.teacher.settled(picture, where, 2)
    shapes = lens.teacher.shapes(teacher_points)
    if cover == HAND:
        picture = hand(picture, teacher_points, random)
    elif cover != UNCOVERED:
        picture = masked(picture, teacher_points, cover, random)
    seen = degraded(picture, random) if spoilt else clean(picture)
    return look(lens, seen, teacher_points, random) | {
        "person": photo.person,
        "kind": photo.kind,
        "cover": cover,
        "spoilt": spoilt,
        "movement": moved.as_row(),
        "shapes": shapes,
        "teacher": teacher_points[list(SUBSET)].astype(np.float32),
    }


def look(lens: Lens, seen: Seen, true_points: np.ndarray, random: np.random.Generator) -> dict:
    """What our own chain sees of a picture, its square a little off as a tracker's is."""
    square = tracked(lens, seen, true_points, random)
    crop = cut_bytes(seen.picture, square, SIZE_PX)
    found = lens.landmarker.of(crop, square)
    steady = steadiness(lens.landmarker, seen.picture, found, random.choice(4, 2, replace=False))
    points = averaged(found, steady[: int(random.integers(1, 3))])
    right, left = lens.irises(seen.picture, points)
    return {
        "points": points.astype(np.float32),
        "eye_px": found.eye_distance_px,
        "eyes": np.stack([np.vstack([one.contour, one.ring]) for one in (right, left)]).astype(np.float32),
    }


def tracked(lens: Lens, seen: Seen, true_points: np.ndarray, random: np.random.Generator) -> Square:
    """The square that our own tracker comes to: a detector's is rough, two runs of the model settle it."""
    exact = around(seen.points(true_points)[:468], 33, 263, 1.5)
    square = _beside(exact, random, 0.04, 0.12, 4.0)
    for _ in range(2):
        square = _beside(lens.landmarker(seen.picture, square).next_square, random, 0.01, 0.01, 1.0)
    return square


def _beside(square: Square, random: np.random.Generator, shift: float, scale: float, roll_deg: float) -> Square:
    return Square(
        square.x_px + random.normal(0, shift) * square.side_px,
        square.y_px + random.normal(0, shift) * square.side_px,
        square.side_px * float(np.exp(random.normal(0, scale))),
        square.roll_rad + random.normal(0, np.deg2rad(roll_deg)),
    )


def _some(job: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """A worker's share: its own lens, its own seed, every person in turn."""
    number, count, seed = job
    cv2.setNumThreads(1)
    lens = Lens.make()
    shots = photos(lens, people())
    random = np.random.default_rng([seed, number])
    rows = []
    for place in range(count):
        draw = random.random()
        cover = int(random.integers(len(COLOURS))) if draw < 0.2 else HAND if draw < 0.27 else UNCOVERED
        moved = movement(random)
        if cover != UNCOVERED:
            moved = replace(moved, jaw_open=moved.jaw_open * 0.4)
        shot = shots[(place + number * 37) % len(shots)]
        rows.append(row(lens, shot, moved, cover, random, spoilt=bool(random.random() < 0.85)))
    return {name: np.array([one[name] for one in rows]) for name in rows[0]}


def make(file: Path, count: int, seed: int, workers: int) -> None:
    """Write ``count`` samples of all people to an .npz."""
    shares = 4 * workers
    jobs = [(number, count // shares, seed) for number in range(shares)]
    with mp.get_context("spawn").Pool(workers) as pool:
        parts = pool.map(_some, jobs, chunksize=1)
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
