"""People of the test fold, moved, covered and degraded, as the shipped chain reads them: for bench_face and the card.

No test person enters training, augmentation or thresholds (models/expression/people.py says who they are).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from agent.perception.face import Watcher
from agent.perception.frame_result import Look
from agent.signal.face.actions import ACTIONS
from models.expression.cover import masked
from models.expression.degrade import clean, degraded
from models.expression.people import TEST_FOLD, Person, people
from models.expression.rows import labels
from models.expression.samples import Lens, Photo, movement, photos
from models.expression.warps import EYE_PX, Movement

LOWER = ("smile_left", "smile_right", "jaw_open", "upper_lip_up", "lip_press", "pucker", "funnel", "stretch", "dimple")
BROWS = ("brow_down", "brow_inner_up", "brow_outer_up")
CANVAS = (640, 640)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, what the teacher says of it, what was put into it, and what the chain read."""

    person: Person
    movement: Movement
    taught: dict[str, float]
    look: Look


def truth(shapes: np.ndarray) -> dict[str, float]:
    """The teacher's blendshapes under our names."""
    lower, brows, eyes = (rows[0] for rows in labels(shapes[np.newaxis]))
    right, left = eyes  # closure, squint, in, out, up, down
    told = dict(zip(LOWER, lower.tolist(), strict=True)) | dict(zip(BROWS, brows.tolist(), strict=True))
    return told | {
        "squint": float(left[1] + right[1]) / 2,
        "eye_closure_left": float(left[0]),
        "eye_closure_right": float(right[0]),
        "gaze_x": 0.5 + float(left[3] - left[2] + right[2] - right[3]) / 4,
        "gaze_y": 0.5 + float(left[4] - left[5] + right[4] - right[5]) / 4,
    }


def test_photos(lens: Lens) -> tuple[list[Person], list[Photo]]:
    """Both photos of everyone in the test fold."""
    unseen = [person for person in people() if person.fold == TEST_FOLD]
    return unseen, photos(lens, unseen)


def shots(
    each: int, seed: int, *, spoilt: bool, moved: bool = True, colour: int | None = None, watcher: Watcher | None = None
) -> Iterator[Shot]:
    """Pictures of every test photo, read alone.

    Args:
        each: Pictures a photo.
        seed: Of the draws.
        spoilt: Degraded, or as they are.
        moved: With known movements, or as they are.
        colour: A mask of `cover.COLOURS`, or None.
        watcher: What reads them; None: the engine that ships.
    """
    lens, watcher = Lens.make(), watcher or Watcher()
    unseen, both = test_photos(lens)
    random = np.random.default_rng(seed)
    for photo in both:
        for _ in range(each):
            drawn = movement(random) if moved else Movement()
            if colour is not None:
                drawn = replace(drawn, jaw_open=0.4 * drawn.jaw_open)
            picture = photo.warper.moved(drawn, random)
            points = lens.teacher.settled(picture, square_of(photo), 2)
            taught = truth(lens.teacher.shapes(points))
            if colour is not None:
                picture = masked(picture, points, colour, random)
            seen = degraded(picture, random) if spoilt else clean(picture)
            yield Shot(unseen[photo.person], drawn, taught, watcher.look_once(placed(seen.picture)))


def square_of(photo: Photo):
    """Where the teacher looks first."""
    from agent.perception.crops import around

    return around(photo.warper.points, 33, 263, 1.5)


def placed(picture: np.ndarray, canvas: tuple[int, int] = CANVAS) -> np.ndarray:
    """A picture in the middle of a larger one of its own edge's colour, as a face stands in a room."""
    height, width = picture.shape[:2]
    top, left = max(0, (canvas[1] - height) // 2), max(0, (canvas[0] - width) // 2)
    bottom, right = max(0, canvas[1] - height - top), max(0, canvas[0] - width - left)
    return cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)


def far_away(photo: Photo, eye_px: float) -> np.ndarray:
    """A photo at a distance: 640 x 360, so many px between the outer corners of the eyes."""
    scale = eye_px / EYE_PX
    size = max(8, round(photo.warper.picture.shape[0] * scale))
    small = cv2.resize(photo.warper.picture, (size, size), interpolation=cv2.INTER_AREA)
    return placed(small[:360], (640, 360))


def correlation(told: list[float], taught: list[float]) -> float:
    """Pearson's r; NaN where there is too little."""
    if len(told) < 10:
        return float("nan")
    return float(np.corrcoef(told, taught)[0, 1])


def r_of(seen: list[Shot], name: str) -> tuple[float, int]:
    """r with the teacher over the pictures in which the chain told the action, and how many those are."""
    told = [(shot.look.actions[name], shot.taught[name]) for shot in seen if shot.look.actions[name] is not None]
    return correlation([a for a, _ in told], [b for _, b in told]), len(told)


def by_person(seen: list[Shot], name: str, random: np.random.Generator, rounds: int = 400) -> tuple[float, float]:
    """95 % interval of r, by drawing people, not pictures."""
    ids = sorted({shot.person.person_id for shot in seen})
    of = {one: [s for s in seen if s.person.person_id == one and s.look.actions[name] is not None] for one in ids}
    drawn = []
    for _ in range(rounds):
        some = [shot for one in random.choice(ids, len(ids)) for shot in of[one]]
        drawn.append(correlation([s.look.actions[name] for s in some], [s.taught[name] for s in some]))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def groups(seen: list[Shot]) -> dict[str, list[Shot]]:
    """By what people said of themselves."""
    made: dict[str, list[Shot]] = {}
    for shot in seen:
        for group in (shot.person.gender, shot.person.ethnicity):
            made.setdefault(group or "not told", []).append(shot)
    return made


NAMES = tuple(ACTIONS)
