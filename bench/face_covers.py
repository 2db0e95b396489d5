"""What lies over a face, and who else is in view: masks, hidden eyes, second faces. A part of `make bench-face`."""

import os
from collections.abc import Callable, Iterator

import cv2
import numpy as np

import face_people as unseen
from agent.model import NS_PER_S
from agent.perception import image_files
from agent.perception.detect import Detector
from agent.perception.face import Watcher
from agent.signal.face.actions import ACTIONS
from models.expression import cover as covers
from models.expression import eye_cover
from models.expression.cover import COLOURS, masked
from models.expression.degrade import degraded
from models.expression.people import FACES
from models.expression.samples import Lens
from models.expression.warps import Movement

SEED = int(os.environ.get("SEED", "7"))
CLIPS = ("head-pose-face-detection-female.mp4", "face-demographics-walking-and-pause.mp4")


def main(check: Callable[..., None]) -> None:
    """Must show 3: painted masks of ten colours, and no alarm without one."""
    print(f"\n{'mask':<22}{'covered':>9}{'upper r':>9}")
    bare = list(unseen.shots(4, SEED + 5, spoilt=False))
    for colour in range(len(COLOURS)):
        shots = [s for s in unseen.shots(4, SEED + 5, spoilt=False, colour=colour) if s.look.gate is None]
        covered = float(np.mean([s.look.is_covered for s in shots]))
        check(f"mask {colour}: {covered:.3f}", holds=covered >= 0.95)
        print(f"{COLOURS[colour]!s:<22}{covered:>9.3f}")
    upper = upper_under_a_mask()
    for name, r in upper.items():
        check(f"upper face under a mask, {name}: {r:.2f}", holds=r >= 0.9)
    print("upper face, masked against unmasked, r: " + ", ".join(f"{name} {r:.2f}" for name, r in upper.items()))
    alarms = float(np.mean([s.look.is_covered for s in bare if s.look.gate is None]))
    spoilt = [s for s in unseen.shots(10, SEED + 6, spoilt=True) if s.look.gate is None]
    spoilt_01 = float(np.mean([s.look.is_covered for s in spoilt]))
    check(f"false alarms on photos: {alarms:.3f}, degraded {spoilt_01:.3f}", holds=max(alarms, spoilt_01) <= 0.04)
    print(f"false alarms: photos {alarms:.3f}, degraded {spoilt_01:.3f}")
    for clip in CLIPS:
        covered, read, several, told = on_a_clip(clip)
        check(f"{clip}: {covered} of {read} called covered", holds=read == 0 or covered <= 0.05 * read)
        check(f"{clip}: a number in a frame of several faces", holds=told == 0)
        print(
            f"{clip}: {covered} of {read} read frames called covered; {several} frames of several faces, {told} told a number"
        )
    one = sum(cropped_clip_alarms(place)[0] for place in range(3))
    of = sum(cropped_clip_alarms(place)[1] for place in range(3))
    check(f"one face at a time of the walking clip: {one} of {of}", holds=one <= 0.05 * of)
    print(f"the walking clip, one face at a time: {one} of {of} called covered")
    for words, covered, read in masked_clips():
        check(f"{words}, painted masks: {covered} of {read}", holds=covered >= 0.95 * read)
        print(f"{words}, painted masks of ten colours: {covered} of {read} called covered")
    two_faces(check)
    second_faces(check)
    hidden_eyes(check)


def masked_clips() -> list[tuple[str, int, int]]:
    """Each clip with one face in view, a mask painted on it from the third frame on; counted from the eighth."""
    from agent.perception.landmarks import Landmarker

    detector, landmarker = Detector(), Landmarker()
    told = []
    clips = {CLIPS[0]: [shot.frame for shot in image_files.clip(FACES / CLIPS[0])]}
    clips |= {f"walking clip, face {place}": list(faces_alone(place)) for place in range(3)}
    for words, frames in clips.items():
        covered = read = 0
        for colour in range(len(COLOURS)):
            watcher, random = Watcher(), np.random.default_rng(colour)
            for number, frame in enumerate(frames):
                found = detector(frame)
                if len(found) != 1:
                    continue
                points = landmarker(frame, landmarker(frame, found[0].square).next_square).points
                look = watcher.look(masked(frame, points, colour, random) if number > 2 else frame)
                if number >= 8 and look.gate is None:
                    covered, read = covered + look.is_covered, read + 1
        told.append((words, covered, read))
    return told


def upper_under_a_mask() -> dict[str, float]:
    """r of the upper face, masked against the same picture unmasked."""
    lens, watcher = Lens.make(), Watcher()
    random = np.random.default_rng(SEED + 8)
    told: dict[str, list[tuple[float, float]]] = {}
    from models.expression.samples import movement

    for number, photo in enumerate(unseen.test_photos(lens)[1] * 12):
        picture = photo.warper.moved(movement(random), random)
        points = lens.teacher.settled(picture, unseen.square_of(photo), 2)
        one = watcher.look_once(unseen.placed(picture))
        other = watcher.look_once(unseen.placed(masked(picture, points, number % len(COLOURS), random)))
        for name, action in ACTIONS.items():
            if action.part != "lower" and one.actions[name] is not None and other.actions[name] is not None:
                told.setdefault(name, []).append((one.actions[name], other.actions[name]))
    return {name: unseen.correlation([a for a, _ in rows], [b for _, b in rows]) for name, rows in told.items()}


def on_a_clip(name: str) -> tuple[int, int, int, int]:
    watcher = Watcher()
    looks = [watcher.look(shot.frame) for shot in image_files.clip(FACES / name)]
    read = [look for look in looks if look.gate is None]
    several = [look for look in looks if look.faces > 1]
    told = sum(any(value is not None for value in look.actions.values()) for look in several)
    return sum(look.is_covered for look in read), len(read), len(several), told


def cropped_clip_alarms(place: int) -> tuple[int, int]:
    """Each face of the walking clip alone, cut out of its frames."""
    watcher = Watcher()
    covered = read = 0
    for frame in faces_alone(place):
        look = watcher.look(frame)
        if look.gate is None:
            covered, read = covered + look.is_covered, read + 1
    return covered, read


def faces_alone(place: int) -> Iterator[np.ndarray]:
    """One of the three faces of the walking clip, cut out of each frame; its neighbours are painted out."""
    detector = Detector()
    for shot in image_files.clip(FACES / CLIPS[1]):
        frame = shot.frame
        found = sorted(detector(frame), key=lambda one: one.box[0])
        if len(found) != 3:
            continue
        x0, _, x1, _ = found[place].box
        wide = 0.9 * (x1 - x0)
        left, right = int(max(0, x0 - wide)), int(min(frame.shape[1], x1 + wide))
        others = [one for one in found if one is not found[place]]
        cut = frame.copy()
        for other in others:  # the neighbours are painted out
            a, b, c, d = (int(max(0, edge)) for edge in other.box)
            cut[b - 20 if b > 20 else 0 : d + 20, a - 10 if a > 10 else 0 : c + 10] = 110
        yield np.ascontiguousarray(cut[:, left:right])


def two_faces(check: Callable[..., None]) -> None:
    """Two people side by side for some frames: the live way, where the whole frame is searched every third time."""
    from agent.sources.camera.process import Process
    from agent.sources.camera.protocol import Wanted, read
    from firmware_sim.face import Portrait, shown

    portrait, told = Portrait(), []

    class Out:
        def write(self, line: bytes) -> None:
            told.append(read(line))

        def flush(self) -> None:
            pass

    process = Process(Wanted("none"), Out())
    watcher = Watcher()
    both = set(range(40, 80))
    for step in range(120):
        frame = portrait.frame(shown(step / 5))
        if step in both:
            frame = np.concatenate([frame[:, 160:480], frame[:, 160:480]], axis=1)
        process._look(watcher, np.ascontiguousarray(frame), round(step * NS_PER_S / 5))
    looks = {round(word.at_ns * 5 / NS_PER_S): word.look for word in told if hasattr(word, "look")}
    wrong = [at for at in both if at in looks and any(v is not None for v in looks[at].actions.values())]
    right = [at for at in set(looks) - both if any(v is not None for v in looks[at].actions.values())]
    check(f"two faces: numbers in {len(wrong)} frames", holds=not wrong and len(right) > 40)
    print(f"two faces at once for 40 looks, searched once a second: {len(wrong)} of them told a number; "
          f"{len(right)} of the other {len(set(looks) - both)} did")  # fmt: skip


def second_faces(check: Callable[..., None]) -> None:
    """A second face, smaller and smaller, or cut by the picture's edge: how often numbers are told beside it."""
    watcher, whole = Watcher(), Detector()
    random = np.random.default_rng(SEED + 9)
    photos = unseen.test_photos(Lens.make())[1]

    def told(width_px: int, shown_01: float, *, by_parts: bool) -> float:
        wrong = 0
        for photo, other in zip(photos, [*photos[1:], photos[0]], strict=True):
            frame = np.full((360, 640, 3), 170, dtype=np.uint8)
            near, far = close(photo, 150), close(other, width_px)
            frame[60 : 60 + near.shape[0], 120:270] = near[:300]
            left = 640 - round(width_px * shown_01) if shown_01 < 1 else int(random.integers(400, 560))
            part = far[:300, : 640 - left]
            frame[100 : 100 + part.shape[0], left : left + part.shape[1]] = part[: 360 - 100]
            faces = len(watcher._faces(frame)) if by_parts else len(whole(frame))
            wrong += faces < 2
        return wrong / len(photos)

    print(f"\n{'second face':<28}{'not seen':>10}{'whole frame alone':>20}")
    for width_px in (60, 45, 38, 32, 24, 20, 16):
        parts, alone = told(width_px, 1.0, by_parts=True), told(width_px, 1.0, by_parts=False)
        check(f"a second face of {width_px} px: {parts:.3f} not seen", holds=width_px < 24 or parts == 0)
        print(f"{width_px:>4} px wide of 640{parts:>19.3f}{alone:>20.3f}")
    for shown_01 in (0.8, 0.7, 0.6, 0.5):
        parts, alone = told(150, shown_01, by_parts=True), told(150, shown_01, by_parts=False)
        print(f"{shown_01:>5.0%} of it in the picture{parts:>16.3f}{alone:>20.3f}")


def close(photo, width_px: int) -> np.ndarray:
    """A face cut close out of its photo, at a width."""
    points = photo.warper.points[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    x0, y0 = (int(max(0, edge)) for edge in low - np.array([10, 60]))
    face = photo.warper.picture[y0 : int(high[1]) + 40, x0 : int(high[0]) + 10]
    return cv2.resize(face, (width_px, round(face.shape[0] * width_px / face.shape[1])), interpolation=cv2.INTER_AREA)


def hidden_eyes(check: Callable[..., None]) -> None:
    """Lids and gaze behind sunglasses, bars, hands and edges: nothing; bare, shut, or behind clear glasses: told."""
    watcher, photos = Watcher(), unseen.test_photos(Lens.make())[1]
    kinds = {
        "sunglasses": (lambda *worn: eye_cover.sunglasses(*worn)[0], 0.0, True),
        "bar, or half of the face": (lambda *worn: eye_cover.bar(*worn)[0], 0.0, True),
        "a hand": (lambda *worn: covers.hand(*worn, over=(159, 386)), 0.0, True),
        "bare": (None, 0.0, False), "clear glasses": (eye_cover.clear_glasses, 0.0, False),
        "bare, half shut": (None, 0.5, False), "bare, shut": (None, 1.0, False),
    }  # fmt: skip
    print(f"\n{'over the eyes':<28}{'lids told':>10}")
    for words, (put_on, shut, is_hidden) in kinds.items():
        random = np.random.default_rng(SEED + 10)
        told = read = 0
        for photo in photos * 8:
            picture = photo.warper.moved(Movement(close_left=shut, close_right=shut), random)
            picture = picture if put_on is None else put_on(picture, photo.warper.points, random)
            look = watcher.look_once(unseen.placed(degraded(picture, random).picture))
            read += look.gate is None
            told += look.lids_01 is not None and look.gate is None
        share = told / max(read, 1)
        check(f"{words}: lids told in {share:.3f} of {read}", holds=share <= 0.05 if is_hidden else share >= 0.85)
        print(f"{words:<28}{share:>10.3f}  of {read}")
