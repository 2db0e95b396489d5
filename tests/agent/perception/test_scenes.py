"""Scenes without a face: textures, walls, hands, animals, things. No face is told, and no number ever."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from agent.perception import image_files
from agent.perception.crops import Square
from agent.perception.detect import Detector, Found
from agent.perception.face import Watcher, is_one_face
from agent.perception.landmarks import Landmarker
from firmware_sim.face import Portrait, Shown
from tests.support.processes import shared_file

SKINS = ((138, 172, 224), (100, 130, 190), (70, 95, 150), (40, 60, 100))
# photos of scikit-image's wheel without a face in them
PHOTOS = ("brick.png", "chelsea.png", "chessboard_GRAY.png", "clock_motion.png", "coffee.png", "coins.png", "grass.png",
          "gravel.png", "horse.png", "ihc.png", "moon.png", "motorcycle_left.png", "phantom.png", "text.png")  # fmt: skip
STILL = Shown(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def watcher():
    return Watcher()


def texture(random):
    """Noise whose detail falls with its fineness, as of stone, cloth or skin, in one colour."""
    rows, columns = np.fft.fftfreq(360)[:, np.newaxis], np.fft.rfftfreq(640)[np.newaxis]
    power = (rows**2 + columns**2) ** (random.uniform(0.5, 2.5) / 2)
    power[0, 0] = 1.0
    grey = np.fft.irfft2(np.fft.rfft2(random.normal(size=(360, 640))) / power)
    grey = (grey - grey.min()) / np.ptp(grey)
    colour = SKINS[random.integers(4)] if random.random() < 0.5 else random.integers(60, 255, 3)
    return np.clip(grey[..., np.newaxis] * 1.3 * np.array(colour), 0, 255).astype(np.uint8)


def wall(random):
    """A wall in slanting light, with frames and boxes."""
    light = np.linspace(random.uniform(0.5, 1.0), random.uniform(0.5, 1.1), 640)[np.newaxis, :, np.newaxis]
    frame = np.full((360, 640, 3), random.integers(90, 240, 3)) * light
    frame = np.clip(frame + random.normal(0, 4, frame.shape), 0, 255).astype(np.uint8)
    for _ in range(int(random.integers(0, 5))):
        x, y, wide, high = (int(random.integers(*ends)) for ends in ((0, 500), (0, 300), (20, 200), (20, 150)))
        colour, thick = random.integers(0, 255, 3).tolist(), int(random.choice([-1, 3, 8]))
        cv2.rectangle(frame, (x, y), (x + wide, y + high), colour, thick)
    return frame


def hand(random):
    """A palm with five fingers, knuckles and nails, in front of a wall."""
    frame, skin = wall(random), SKINS[random.integers(4)]
    size, x, y = random.uniform(0.6, 1.4), int(random.integers(200, 440)), int(random.integers(160, 260))
    cv2.ellipse(frame, (x, y), (int(60 * size), int(70 * size)), 0, 0, 360, skin, -1)
    for finger in range(5):
        turn = np.deg2rad(-150 + 30 * finger + random.normal(0, 5))
        far = 50 * size + size * random.uniform(70, 130)
        along = np.array([np.cos(turn), np.sin(turn)])
        root, tip = (tuple((np.array([x, y]) + reach * along).astype(int).tolist()) for reach in (50 * size, far))
        cv2.line(frame, root, tip, skin, int(24 * size))
        cv2.circle(frame, tip, int(11 * size), tuple(min(255, part + 25) for part in skin), -1)
    return cv2.GaussianBlur(frame, (0, 0), 1.2)


def socket(random):
    """Two holes above a slot on a white plate: what a detector takes for a face first."""
    frame, size = wall(random), random.uniform(0.5, 1.5)
    x, y = int(random.integers(200, 400)), int(random.integers(120, 240))

    def at(dx, dy):
        return int(x + dx * size), int(y + dy * size)

    cv2.rectangle(frame, at(-50, -60), at(50, 60), (230, 230, 230), -1)
    for dx in (-20, 20):
        cv2.circle(frame, at(dx, -15), int(8 * size), (40, 40, 40), -1)
    cv2.rectangle(frame, at(-18, 22), at(18, 30), (40, 40, 40), -1)
    return frame


def told(looks):
    return [look.gate for look in looks if look.faces or look.gate != "no_face"]


@pytest.mark.slow
@pytest.mark.parametrize("make", [texture, wall, hand, socket])
def test_no_face_is_found_in_a_made_scene(watcher, make):
    random = np.random.default_rng(17)
    frames = [make(random) for _ in range(16)]
    assert told(watcher.look_once(frame) for frame in frames) == []
    watcher.forget()
    assert sum(watcher.search(frame) for frame in frames) == 0


@pytest.mark.slow
def test_no_face_is_found_in_photos_of_things_and_animals(watcher):
    from skimage import data

    folder, random = Path(data.__file__).parent, np.random.default_rng(5)
    for name in PHOTOS:
        photo = cv2.imread(str(folder / name))
        high, wide = photo.shape[:2]
        for number in range(5):  # all of it, then parts of it, some of them upside down
            share = random.uniform(0.3, 0.9) if number else 1.0
            top, left = (int(random.integers(0, side - int(side * share) + 1)) for side in (high, wide))
            part = cv2.resize(photo[top : top + int(high * share), left : left + int(wide * share)], (640, 480))
            look = watcher.look_once(np.ascontiguousarray(part[::-1]) if number % 2 else part)
            assert (look.faces, look.gate) == (0, "no_face"), (name, number)


@pytest.mark.slow
def test_no_face_is_found_where_the_faces_of_a_clip_are_painted_over(watcher):
    """A real office, real bodies and hair."""
    detector = Detector()
    for number, shot in enumerate(image_files.clip(shared_file("data/faces/face-demographics-walking-and-pause.mp4"))):
        if number % 8:
            continue
        frame = shot.frame.copy()
        for face in detector.everywhere(shot.frame):
            x0, y0, x1, y1 = (int(edge) for edge in face.box)
            frame[max(0, y0 - 15) : y1 + 15, max(0, x0 - 8) : x1 + 8] = 120
        assert watcher.look_once(frame).faces == 0


def test_two_models_that_see_different_faces_see_none():
    portrait = Portrait().frame(STILL)
    face = Detector()(portrait)[0]
    landmarker = Landmarker()
    seen = landmarker(portrait, face.square)
    assert is_one_face(face, seen)
    unsure = type(seen)(seen.points, 1.0)
    assert is_one_face(face, unsure)  # a mask lowers the confidence, not where eyes and nose lie
    beside = Found(face.score_01, face.box, face.points + np.array([60.0, 0.0]))
    assert not is_one_face(beside, unsure)
    assert is_one_face(beside, seen)
    wall_ = np.full((360, 640, 3), 140, dtype=np.uint8)
    assert landmarker(wall_, Square(300.0, 150.0, 120.0)).presence_logit < 8.0
