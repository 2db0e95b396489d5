"""One look for measurement and gates: the same verdicts, frame by frame, as two looks at every frame."""

from unittest.mock import patch

import cv2
import numpy as np
import pytest

from agent.perception import face
from agent.perception.consistency import Steadiness
from agent.perception.detect import Detector
from agent.perception.landmarks import Landmarker
from agent.perception.second_look import Moved, Verdict, is_due, is_still
from firmware_sim.face import Portrait, shown

MASK = [234, 227, 118, 50, 196, 197, 419, 280, 347, 447, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132]
RINGS = ((33, 133, 159, 145), (263, 362, 386, 374))
FRAMES, ON = 40, range(14, 28)


@pytest.fixture(scope="module")
def clip():
    """Frames with a camera's noise, and the face's points in each."""
    portrait, random = Portrait(), np.random.default_rng(0)
    landmarker, detector = Landmarker(), Detector()
    frames = [portrait.frame(shown(6.0 + step / 5)) for step in range(FRAMES)]
    points = [landmarker(frame, landmarker(frame, detector(frame)[0].square).next_square).points for frame in frames]
    noisy = [np.clip(f.astype(int) + random.integers(-4, 5, f.shape), 0, 255).astype(np.uint8) for f in frames]
    return noisy, points


def masked(frame, points, colour):
    worn = frame.copy()
    cv2.fillPoly(worn, [np.round(points[MASK, :2]).astype(np.int32)], colour)
    return worn


def behind_lenses(frame, points, colour):
    worn = frame.copy()
    size = float(np.hypot(*(points[263, :2] - points[33, :2])))
    for ring in RINGS:
        x, y = points[list(ring), :2].mean(axis=0)
        cv2.ellipse(worn, (round(x), round(y)), (round(0.25 * size), round(0.2 * size)), 0, 0, 360, colour, -1)
    return worn


def looks(frames, *, twice):
    watcher, second = face.Watcher(), []
    beside = watcher._looked_beside
    with (
        patch.object(watcher, "_looked_beside", lambda *a, **k: second.append(1) or beside(*a, **k)),
        patch.object(face, "is_due", (lambda *_: True) if twice else is_due),
    ):
        return [watcher.look(frame, search=step % 5 == 0) for step, frame in enumerate(frames)], len(second)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("put_on", "colour"),
    [(None, None), (masked, (200, 180, 140)), (masked, (30, 30, 30)), (masked, (120, 150, 190)), (behind_lenses, (20, 20, 20))],
)  # fmt: skip
def test_a_cover_is_told_at_the_same_frame_with_a_quarter_of_the_second_looks(clip, put_on, colour):
    frames = [
        put_on(frame, points, colour) if put_on is not None and step in ON else frame
        for step, (frame, points) in enumerate(zip(*clip, strict=True))
    ]

    once, some = looks(frames, twice=False)
    twice, every = looks(frames, twice=True)

    assert [look.is_covered for look in once] == [look.is_covered for look in twice]
    assert [look.lids_01 is None for look in once] == [look.lids_01 is None for look in twice]
    assert [look.gate for look in once] == [look.gate for look in twice]
    assert every == FRAMES
    assert some <= 0.45 * FRAMES
    if put_on is masked:
        assert any(look.is_covered for look in once)


def moved(**changed):
    steady = Steadiness(0.01, changed.pop("eyes_moved_01", 0.01), np.zeros((468, 3)))
    return Moved(steady, (0.01, 0.01), Verdict(0.02, 0.02), **changed)


def test_a_second_look_is_due_where_the_first_leaves_a_doubt():
    same = Verdict(0.02, 0.02)
    assert not is_due(moved(), same)
    assert is_due(moved(age=4), same)
    assert is_due(moved(eyes_moved_01=0.05), same)
    assert is_due(moved(), Verdict(0.14, 0.02))
    assert is_due(moved(), Verdict(0.02, 0.14))
    assert is_due(Moved(moved().steady, (0.0, 0.0), Verdict(0.5, 0.0)), Verdict(0.5, 0.0))


def test_a_face_that_moves_is_not_averaged_with_the_look_before():
    still = np.random.default_rng(1).normal(size=(468, 3))
    assert is_still(still, still + 0.002)
    for places, by in (([61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 40, 270], 0.06), ([159, 386, 145, 374], 0.03)):
        changed = still.copy()
        changed[places, 1] += by
        assert not is_still(still, changed)
