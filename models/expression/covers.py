"""Covered and bare lower faces as rows of the judge: made apart from the movements, because the judge sees other things."""

import multiprocessing as mp
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from agent.perception import exposure, image_files
from agent.perception.consistency import steadiness
from agent.perception.crops import Square, cut_bytes
from agent.perception.landmarks import SIZE_PX
from agent.perception.occlusion import cover_row
from firmware_sim.face import Portrait, shown
from models.expression.cover import COLOURS, hand, masked
from models.expression.degrade import clean, degraded
from models.expression.nets import Net, fit
from models.expression.people import FACES, people
from models.expression.samples import Lens, Photo, movement, photos, tracked

ANYBODY = -1


@dataclass(frozen=True, slots=True)
class Covers:
    """Rows.

    Attributes:
        person: Whose face, shape (n,).
        covered: Whether something lies over mouth and chin, shape (n,).
        rows: `cover_row` of each of two looks beside, shape (n, 2, 10).
    """

    person: np.ndarray
    covered: np.ndarray
    rows: np.ndarray

    def where(self, chosen: np.ndarray) -> "Covers":
        """Some of them."""
        return Covers(self.person[chosen], self.covered[chosen], self.rows[chosen])


def read(file: Path) -> Covers:
    """What `make` wrote."""
    kept = np.load(file)
    return Covers(kept["person"], kept["covered"], kept["rows"])


def _row(lens: Lens, photo: Photo, random: np.random.Generator) -> tuple[bool, list[np.ndarray]]:
    """Half of them bare, whatever the face does; a third masks, the rest hands."""
    draw = random.random()
    moved = movement(random)
    if draw > 0.5:
        # a cover is drawn where the photo's face lies: the head stays nearly straight under it
        moved = replace(
            moved, jaw_open=0.4 * moved.jaw_open, yaw_rad=0.3 * moved.yaw_rad, pitch_rad=0.3 * moved.pitch_rad
        )
    picture, points = photo.warper.moved(moved, random), photo.warper.points
    if draw > 0.85:
        picture = hand(picture, points, random)
    elif draw > 0.5:
        picture = masked(picture, points, int(random.integers(len(COLOURS))), random)
    seen = degraded(picture, random) if random.random() < 0.8 else clean(picture)
    square = tracked(lens, seen, points, random)
    crop = cut_bytes(seen.picture, square, SIZE_PX)
    found = lens.landmarker.of(crop, square)
    lit = exposure.of(crop, exposure.in_crop(found.points, square))
    steady = steadiness(lens.landmarker, seen.picture, found, random.choice(4, 2, replace=False))
    told = (found.presence_logit, found.eye_distance_px)
    return draw > 0.5, [cover_row(told[0], one.mouth_01, one.eyes_01, told[1], lit) for one in steady]


def _some(job: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    number, count, seed = job
    cv2.setNumThreads(1)
    lens = Lens.make()
    shots = photos(lens, people())
    random = np.random.default_rng([seed, number, 1])
    chosen = [shots[(place + number * 37) % len(shots)] for place in range(count)]
    made = [_row(lens, shot, random) for shot in chosen]
    return (
        np.array([shot.person for shot in chosen]),
        np.array([one for one, _ in made]),
        np.array([rows for _, rows in made]),
    )


def _clips(seed: int, each: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """The faces of both clips and of the demo's portrait, bare and masked, in other light and size: what photos do not teach.

    Nobody of them is in the London set. So these clips are no test of the judge, and the card says so.
    """
    lens, random = Lens.make(), np.random.default_rng([seed, 2])
    covered, rows = [], []
    for number, seen, square in in_other_lights(lens, random, each):
        if number % 2:
            seen = masked(seen, lens.landmarker(seen, square).points, int(random.integers(len(COLOURS))), random)
            square = lens.landmarker(seen, square).next_square
        crop = cut_bytes(seen, square, SIZE_PX)
        face = lens.landmarker.of(crop, square)
        lit = exposure.of(crop, exposure.in_crop(face.points, square))
        steady = steadiness(lens.landmarker, seen, face, random.choice(4, 2, replace=False))
        told = (face.presence_logit, face.eye_distance_px)
        rows.append([cover_row(told[0], one.mouth_01, one.eyes_01, told[1], lit) for one in steady])
        covered.append(bool(number % 2))
    return np.array(covered), np.array(rows)


def in_other_lights(lens: Lens, random: np.random.Generator, each: int) -> Iterator[tuple[int, np.ndarray, Square]]:
    """Faces of both clips and of the portrait, 2 x ``each`` times in other light: its number, picture and settled square."""
    for frame in (*_alone(lens), *(Portrait().frame(shown(second)) for second in np.arange(0.0, 60.0, 1.5))):
        for number in range(2 * each):
            seen = _in_another_light(frame, random)
            found = lens.detector(seen)
            if len(found) != 1:
                continue
            square = found[0].square
            for _ in range(2):
                square = lens.landmarker(seen, square).next_square
            yield number, seen, square


def _alone(lens: Lens) -> Iterator[np.ndarray]:
    """Frames of both clips with one face each: the second clip's three people are shown one at a time."""
    for clip in ("head-pose-face-detection-female.mp4", "face-demographics-walking-and-pause.mp4"):
        for shot in image_files.clip(FACES / clip):
            found = lens.detector(shot.frame)
            for one in found:
                frame = shot.frame.copy()
                for other in found:
                    if other is not one:
                        x0, y0, x1, y1 = (int(max(0, edge)) for edge in other.box)
                        frame[max(0, y0 - 20) : y1 + 20, max(0, x0 - 10) : x1 + 10] = 110
                yield frame


def _in_another_light(frame: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Another size, brightness, tint, noise and compression."""
    scale = random.uniform(0.7, 1.4)
    seen = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    seen *= np.exp(random.uniform(-0.7, 0.2)) * np.exp(random.normal(0, 0.05, 3))
    seen += random.normal(0, random.uniform(0, 5), seen.shape)
    if random.random() < 0.3:
        seen = cv2.GaussianBlur(seen, (0, 0), random.uniform(0.3, 1.0))
    shown_ = np.clip(seen, 0, 255).astype(np.uint8)
    quality = int(random.uniform(50, 95))
    return np.asarray(
        cv2.imdecode(cv2.imencode(".jpg", shown_, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    )


def make(file: Path, count: int, seed: int, workers: int) -> None:
    """Write ``count`` rows of all people to an .npz."""
    shares = 4 * workers
    with mp.get_context("spawn").Pool(workers) as pool:
        parts = pool.map(_some, [(number, count // shares, seed) for number in range(shares)], chunksize=1)
    covered, rows = _clips(seed)
    # people of clips have no number: they are learnt from in every fold
    parts.append((np.full(covered.size, ANYBODY), covered, rows))
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        file,
        **{
            name: np.concatenate(part)
            for name, part in zip(("person", "covered", "rows"), zip(*parts, strict=True), strict=True)
        },
    )


def judge(covers: Covers, learn_from: np.ndarray, seed: int) -> Net:
    """The judge, from the people named; each row twice: as it is, and with a logit as poor clips give it.

    In one of our two clips faces without any cover had logits of 12 to 17, where photos have 22 to 36 and masks up to 18;
    so the logit alone must not decide, and steadiness, texture and colour have to be heard.
    """
    from_clips = np.repeat(np.flatnonzero(covers.person == ANYBODY), 2)  # they are few
    use = covers.where(np.concatenate([np.flatnonzero(np.isin(covers.person, learn_from)), from_clips]))
    rows = use.rows.reshape(-1, use.rows.shape[2])
    covered = np.repeat(use.covered, 2)
    random = np.random.default_rng(seed)
    poor = rows.copy()
    poor[:, 0] += np.where(covered, random.uniform(-0.3, 0.5, len(rows)), -random.uniform(0.0, 1.5, len(rows)))
    seen = np.concatenate([rows, poor])
    wanted = np.concatenate([covered, covered]).astype(np.float32)[:, np.newaxis]
    return fit(seen, wanted, components=10, hidden=(24, 12), seed=seed, epochs=60, noise=0.08)
