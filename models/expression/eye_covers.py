"""Eyes that are seen, and eyes behind lenses, bars, hands and edges, as rows of their judge. Painted; none was real."""

import multiprocessing as mp
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from agent.perception.consistency import averaged, steadiness
from agent.perception.crops import cut_bytes
from agent.perception.exposure import in_crop
from agent.perception.eye_occlusion import EYE_COVER_NAMES, eye_cover_rows, rings_moved_01
from agent.perception.landmarks import SIZE_PX
from models.expression.cover import COLOURS, masked
from models.expression.covers import ANYBODY, in_other_lights
from models.expression.degrade import clean, degraded
from models.expression.eye_cover import spoilt
from models.expression.nets import Net, fit
from models.expression.people import people
from models.expression.samples import Lens, Photo, movement, photos, tracked

_OPENNESS, _LOGIT = EYE_COVER_NAMES.index("openness"), EYE_COVER_NAMES.index("logit")
_SHUT = 0.22  # of the eye's width, between the lids' points


@dataclass(frozen=True, slots=True)
class EyeCovers:
    """Rows.

    Attributes:
        person: Whose face, shape (n,).
        covered: Whether something lies over the right and the left eye, shape (n, 2).
        rows: `eye_cover_rows`, shape (n, 2, 16).
    """

    person: np.ndarray
    covered: np.ndarray
    rows: np.ndarray


def read(file: Path) -> EyeCovers:
    """What `make` wrote."""
    kept = np.load(file)
    return EyeCovers(kept["person"], kept["covered"], kept["rows"])


def _seen(lens: Lens, picture: np.ndarray, square, random: np.random.Generator) -> np.ndarray:
    crop = cut_bytes(picture, square, SIZE_PX)
    found = lens.landmarker.of(crop, square)
    (one,) = steadiness(lens.landmarker, picture, found, (int(random.integers(4)),))
    points = averaged(found, (one,))
    moved_01 = rings_moved_01(points, one.points, found.eye_distance_px)
    return eye_cover_rows(crop, in_crop(points, square), moved_01, found.presence_logit, found.eye_distance_px)


def _row(lens: Lens, photo: Photo, random: np.random.Generator) -> tuple[tuple[bool | None, ...], np.ndarray]:
    picture, points = photo.warper.moved(movement(random), random), photo.warper.points
    if random.random() < 0.25:
        picture = masked(picture, points, int(random.integers(len(COLOURS))), random)
    picture, hidden = spoilt(picture, points, random)
    seen = degraded(picture, random) if random.random() < 0.8 else clean(picture)
    return hidden, _seen(lens, seen.picture, tracked(lens, seen, points, random), random)


def _some(job: tuple[int, int, int]) -> list[tuple[int, tuple[bool | None, ...], np.ndarray]]:
    number, count, seed = job
    cv2.setNumThreads(1)
    lens = Lens.make()
    shots = photos(lens, people())
    random = np.random.default_rng([seed, number, 3])
    chosen = [shots[(place + number * 37) % len(shots)] for place in range(count)]
    return [(shot.person, *_row(lens, shot, random)) for shot in chosen]


def _clips(seed: int, each: int = 8) -> list[tuple[int, tuple[bool | None, ...], np.ndarray]]:
    """As `covers`: faces of both clips and of the portrait, in other light and size."""
    lens, random, made = Lens.make(), np.random.default_rng([seed, 4]), []
    for _, bare, square in in_other_lights(lens, random, each):
        picture, hidden = spoilt(bare, lens.landmarker(bare, square).points, random)
        made.append((ANYBODY, hidden, _seen(lens, picture, lens.landmarker(picture, square).next_square, random)))
    return made


def make(file: Path, count: int, seed: int, workers: int) -> None:
    """Write ``count`` rows of all people to an .npz; pictures with a half-hidden eye are left out."""
    shares = 4 * workers
    with mp.get_context("spawn").Pool(workers) as pool:
        parts = pool.map(_some, [(number, count // shares, seed) for number in range(shares)], chunksize=1)
    made = [one for part in parts for one in part] + _clips(seed)
    made = [one for one in made if None not in one[1]]
    file.parent.mkdir(parents=True, exist_ok=True)
    person, covered, rows = (np.array(column) for column in zip(*made, strict=True))
    np.savez(file, person=person, covered=covered.astype(bool), rows=rows)


def judge(covers: EyeCovers, learn_from: np.ndarray, seed: int) -> Net:
    """The judge of one eye, from the people named; each row twice, as in `covers.judge`: the logit must not decide."""
    from_clips = np.repeat(np.flatnonzero(covers.person == ANYBODY), 2)
    use = np.concatenate([np.flatnonzero(np.isin(covers.person, learn_from)), from_clips])
    rows = covers.rows[use].reshape(-1, covers.rows.shape[2])
    covered = covers.covered[use].reshape(-1)
    # bare eyes that are shut are rare here, and what PERCLOS lives on: they count five times
    shut = np.repeat(np.flatnonzero(~covered & (rows[:, _OPENNESS] < _SHUT)), 4)
    rows, covered = np.concatenate([rows, rows[shut]]), np.concatenate([covered, covered[shut]])
    poor = rows.copy()
    poor[:, _LOGIT] -= np.random.default_rng(seed).uniform(-0.3, 1.2, len(rows))
    wanted = np.concatenate([covered, covered]).astype(np.float32)[:, np.newaxis]
    return fit(np.concatenate([rows, poor]), wanted, components=16, hidden=(32, 16), seed=seed, epochs=60, noise=0.08)
