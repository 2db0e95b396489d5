"""From pixels to actions on a public-domain portrait with known movements; on real faces where they are here."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest

from agent import cli
from agent.errors import ModelMissing, RecordingUnreadable
from agent.perception import image_files, store
from agent.perception.affect import Affect
from agent.perception.crops import Square, back, cut
from agent.perception.detect import Detector
from agent.perception.face import Watcher
from agent.perception.frame_result import AffectFile
from agent.perception.iris import Irises
from agent.perception.landmarks import Landmarker
from agent.perception.store import digest
from agent.signal.face.actions import ACTIONS
from firmware_sim.face import Portrait, Shown, shown
from tests.support.processes import shared_file, system_tool

GOLDEN = str(pathlib.Path(__file__).parents[2] / "golden")
MASK = [234, 227, 118, 50, 196, 197, 419, 280, 347, 447, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132]
STILL = Shown(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def portrait():
    return Portrait()


@pytest.fixture(scope="module")
def watcher():
    return Watcher()


def moved(**amplitudes):
    return Shown(**{name: amplitudes.get(name, 0.0) for name in STILL.__slots__})


def course(watcher, portrait, name, action):
    """r between a known movement and what is read of it."""
    sizes = np.linspace(0, 1, 9).tolist()
    told = [watcher.look_once(portrait.frame(moved(**{name: size}))).actions[action] for size in sizes]
    return float(np.corrcoef(sizes, told)[0, 1]), told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("smile_01", "smile_left"),
        ("smile_01", "smile_right"),
        ("jaw_01", "jaw_open"),
        ("brows_01", "brow_inner_up"),
        ("brows_01", "brow_outer_up"),
        ("shut_01", "eye_closure_left"),
        ("shut_01", "eye_closure_right"),
    ],
)
def test_an_action_follows_its_known_movement(watcher, portrait, name, action):
    r, told = course(watcher, portrait, name, action)
    assert r > 0.85
    assert max(told) - min(told) > 0.15


def test_lids_follow_a_known_closure(watcher, portrait):
    lids = [watcher.look_once(portrait.frame(moved(shut_01=size))).lids_01 for size in (0.0, 0.5, 1.0)]
    assert max(lids[0]) < 0.3
    assert min(lids[2]) > 0.6
    assert sum(lids[0]) < sum(lids[1]) < sum(lids[2])


def test_a_mirror_swaps_the_sides_and_nothing_else(watcher, portrait):
    """The one test that sees which eye is shown mirrored to the iris model: the wrong way looks plausible, too."""
    frame = portrait.frame(moved(smile_01=0.5))
    straight = watcher.look_once(frame)
    other = watcher.look_once(np.ascontiguousarray(frame[:, ::-1]))
    assert straight.actions["smile_left"] == pytest.approx(other.actions["smile_right"], abs=0.12)
    for name in ("jaw_open", "brow_inner_up", "squint", "gaze_y"):
        assert straight.actions[name] == pytest.approx(other.actions[name], abs=0.12), name
    assert straight.actions["gaze_x"] == pytest.approx(1.0 - other.actions["gaze_x"], abs=0.12)
    points = Landmarker()(frame, Detector()(frame)[0].square).points
    right, left = Irises()(frame, points)
    for eye, corners in ((right, (33, 133)), (left, (263, 362))):
        mid = points[list(corners), :2].mean(axis=0)
        wide = np.linalg.norm(points[corners[0], :2] - points[corners[1], :2])
        assert np.linalg.norm(eye.ring[0] - mid) < 0.3 * wide
        # the ring is centre, right, top, left, bottom in the picture, for both eyes
        assert eye.ring[1, 0] > eye.ring[0, 0] > eye.ring[3, 0]
        assert eye.ring[2, 1] < eye.ring[0, 1] < eye.ring[4, 1]


def test_points_come_back_from_a_turned_crop():
    square = Square(100.0, 80.0, 60.0, 0.4)
    points = np.array([[0.0, 0.0], [192.0, 0.0], [96.0, 96.0]])
    placed = back(points, square, 192)
    assert np.allclose(placed[2], [100.0, 80.0])
    assert np.linalg.norm(placed[1] - placed[0]) == pytest.approx(60.0)
    frame = np.zeros((200, 200, 3), dtype=np.uint8)
    cv2.circle(frame, (100, 80), 3, (255, 255, 255), -1)
    crop = cut(frame, square, 192)
    assert np.unravel_index(crop[:, :, 0].argmax(), (192, 192)) == pytest.approx((96, 96), abs=10)


def test_more_than_one_face_is_nobody(watcher, portrait):
    frame = portrait.frame(STILL)
    both = np.concatenate([frame[:, 160:480], frame[:, 160:480]], axis=1)
    look = watcher.look_once(both)
    assert (look.faces, look.gate) == (2, "several_faces")
    assert set(look.actions.values()) == {None}
    assert watcher.look_once(np.full((360, 640, 3), 90, dtype=np.uint8)).gate == "no_face"


def test_a_painted_mask_hides_the_mouth_and_leaves_the_brows(watcher, portrait):
    frame = portrait.frame(STILL)
    points = Landmarker()(frame, Detector()(frame)[0].square).points
    for colour in ((200, 180, 140), (240, 240, 240), (30, 30, 30), (120, 150, 190)):
        masked = frame.copy()
        outline = points[MASK, :2]
        cv2.fillPoly(masked, [np.round(outline).astype(np.int32)], colour)
        look = watcher.look_once(masked)
        assert look.gate is None
        assert look.is_covered
        for name, action in ACTIONS.items():
            assert (look.actions[name] is None) == (action.part == "lower"), name
    assert not watcher.look_once(frame).is_covered


@pytest.mark.slow
def test_sunglasses_hide_the_eyes_and_clear_ones_do_not(watcher, portrait):
    """Behind a lens the models draw an open eye: PERCLOS would be 0 for eyes that nobody saw."""
    for shut in (0.0, 1.0):
        frame = portrait.frame(Shown(0.0, 0.0, 0.0, shut, 0.0, 0.0))
        assert watcher.look_once(frame).lids_01 is not None
        points = Landmarker()(frame, Detector()(frame)[0].square).points
        size = float(np.hypot(*(points[263, :2] - points[33, :2])))
        for thick, tone in ((-1, (20, 20, 20)), (-1, (190, 160, 140)), (2, (20, 20, 20))):
            worn = frame.copy()
            for ring in ((33, 133, 159, 145), (263, 362, 386, 374)):
                x, y = points[list(ring), :2].mean(axis=0)
                cv2.ellipse(worn, (round(x), round(y)), (round(0.25 * size), round(0.2 * size)), 0, 0, 360, tone, thick)
            look = watcher.look_once(worn)
            assert look.gate is None
            assert (look.lids_01 is None) == (thick < 0)
            assert (look.actions["gaze_x"] is None) == (thick < 0)
            assert look.actions["jaw_open"] is not None


def test_a_small_second_face_is_seen_at_the_first_search(watcher, portrait):
    frame = portrait.frame(STILL)
    x0, y0, x1, y1 = (int(edge) for edge in Detector()(frame)[0].box)
    face = frame[max(0, y0 - 40) : y1 + 10, x0 - 10 : x1 + 10]
    for wide in (36, 45):
        small = cv2.resize(face, (wide, round(wide * face.shape[0] / face.shape[1])), interpolation=cv2.INTER_AREA)
        both = frame.copy()
        both[20 : 20 + small.shape[0], 500 - wide : 500] = small
        assert len(Detector()(both)) == 1  # the whole frame alone misses it
        assert watcher.look_once(both).gate == "several_faces"


@pytest.mark.slow
def test_a_cover_comes_and_goes_with_some_patience(portrait):
    """One odd frame does not switch; a few do, both ways."""
    watcher = Watcher()
    frame = portrait.frame(STILL)
    points = Landmarker()(frame, Detector()(frame)[0].square).points
    masked = frame.copy()
    cv2.fillPoly(masked, [np.round(points[MASK, :2]).astype(np.int32)], (200, 180, 140))
    seen = [watcher.look(masked if 10 <= step < 30 else frame).is_covered for step in range(50)]
    assert not any(seen[:10])
    assert all(seen[20:30])
    assert not any(seen[42:])


@pytest.mark.parametrize(
    ("spoil", "gate"),
    [
        (lambda frame: (frame * 0.05).astype(np.uint8), {"too_dark", "no_face"}),
        (lambda frame: np.clip(frame.astype(int) * 4, 0, 255).astype(np.uint8), {"burnt_out", "no_face", "turned_away"}),
        (lambda frame: cv2.GaussianBlur(frame, (0, 0), 5), {"blurred", "no_face"}),
        (lambda frame: cv2.copyMakeBorder(cv2.resize(frame, (160, 90)), 135, 135, 240, 240, cv2.BORDER_REPLICATE), {"too_small", "no_face"}),
    ],
)  # fmt: skip
def test_a_poor_picture_is_told_and_not_read(watcher, portrait, spoil, gate):
    look = watcher.look_once(spoil(portrait.frame(STILL)))
    assert look.gate in gate
    assert set(look.actions.values()) == {None}


@pytest.mark.long
def test_analyze_reads_a_clip_and_photos(tmp_path, capsys):
    from firmware_sim.face import write_clip

    clip = tmp_path / "clip.avi"
    write_clip(clip, seconds=20.0, fps_hz=5.0)
    assert cli.main(["analyze", "--video", str(clip), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [round(frame["t_s"], 1) for frame in told["frames"][:3]] == [0.0, 0.2, 0.4]
    assert all(
        set(frame) == {"t_s", "faces", "gate", "actions", "lower_face_covered", "lids_shut", "pose_rad"}
        for frame in told["frames"]
    )
    assert all(set(frame["actions"]) == set(ACTIONS) for frame in told["frames"])
    smile = {round(frame["t_s"]): frame["actions"]["smile_left"] for frame in told["frames"]}
    assert smile[12] > smile[2] + 0.1
    (window,) = told["windows"]
    assert window["features"]["face_present_share_01"]["value"] == 1.0
    photo = tmp_path / "still.png"
    cv2.imwrite(str(photo), Portrait().frame(shown(12.0)))
    assert cli.main(["analyze", "--images", str(photo), str(photo), "--json"]) == 0
    one, other = json.loads(capsys.readouterr().out)["images"]
    assert one["file"] == str(photo)
    assert one["actions"] == other["actions"]
    assert cli.main(["analyze", "--images", str(photo)]) == 0
    assert "smile_left" in capsys.readouterr().out
    assert cli.main(["analyze", "--video", str(clip)]) == 0
    assert "100 frames over 19.8 s" in capsys.readouterr().out


def test_files_that_are_none_are_refused_with_a_word(tmp_path, capsys):
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(os.urandom(5000))
    for words in (
        ["--video", str(garbage)],
        ["--images", str(garbage)],
        ["--video", str(tmp_path / "none")],
        ["--images", str(tmp_path)],
        [],
    ):
        assert cli.main(["analyze", *words]) == 2
        assert capsys.readouterr().err
    (tmp_path / "empty").touch()
    with pytest.raises(RecordingUnreadable):
        image_files.picture(tmp_path / "empty")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="names and pipes of POSIX")
def test_traps_that_look_like_files(tmp_path, capsys):
    """Playlists name other files, pipes never end, some names crash the library, small pictures can ask for gigabytes."""
    from firmware_sim.face import write_clip

    write_clip(tmp_path / "clip.avi", seconds=1.0, fps_hz=5.0)
    list_of_clips = tmp_path / "list.mp4"
    list_of_clips.write_text("ffconcat version 1.0\nfile clip.avi\n")
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nclip.avi\n#EXT-X-ENDLIST\n")
    os.mkfifo(tmp_path / "pipe.mp4")
    os.mkfifo(tmp_path / "pipe.png")
    no_text = os.fsencode(tmp_path) + b"/\xff.avi"
    shutil.copy(tmp_path / "clip.avi", no_text)
    header = struct.pack(">IIBBBBB", 32_000, 32_000, 1, 0, 0, 0, 0)
    bomb = tmp_path / "bomb.png"
    rows = zlib.compress(bytes(32_000 * 4_001), 9)
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b""))
    for words in (
        ["--video", str(list_of_clips)],
        ["--video", str(playlist)],
        ["--video", str(tmp_path / "pipe.mp4")],
        ["--images", str(tmp_path / "pipe.png")],
        ["--images", "/dev/zero"],
        ["--images", str(bomb)],
    ):
        assert cli.main(["analyze", *words]) == 2, words
        assert "→" in capsys.readouterr().err
    for clip in (str(tmp_path / "clip.avi"), os.fsdecode(no_text)):
        assert cli.main(["analyze", "--video", clip]) == 0


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_clip_is_read_in_its_own_time(tmp_path):
    frame = Portrait().frame(STILL)
    for fps_hz in (0.5, 12.0, 300.0):
        path = tmp_path / f"{fps_hz}.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps_hz, (640, 360))
        for _ in range(6):
            writer.write(frame)
        writer.release()
        assert [shot.t_s for shot in image_files.clip(path)] == pytest.approx(np.arange(6) / fps_hz, abs=1e-3)


def test_one_photo_that_is_none_does_not_take_the_others_away(tmp_path, capsys):
    good, bad = tmp_path / "good.png", tmp_path / "bad\x1b]0;x.png"
    cv2.imwrite(str(good), Portrait().frame(STILL))
    bad.write_text("no picture")
    assert cli.main(["analyze", "--images", str(bad), str(good), "--json"]) == 2
    told = capsys.readouterr()
    assert [row["gate"] for row in json.loads(told.out)["images"]] == ["unreadable", None]
    assert cli.main(["analyze", "--images", str(bad), str(good)]) == 2
    assert "\x1b" not in capsys.readouterr().out


def test_what_says_nothing_about_a_face_is_refused(capsys):
    for words in (["--images", "a.png", "--plot", "x.png"], ["--video", "a.mp4", "--fs", "250"], ["--images", "a.png", "--window", "5"]):  # fmt: skip
        assert cli.main(["analyze", *words]) == 2
        assert "Leave it out" in capsys.readouterr().err


def test_the_first_look_at_a_face_is_as_good_as_the_next_ones(watcher, portrait):
    frame = portrait.frame(STILL)
    watcher.forget()
    first, *_, last = (watcher.look(frame).actions for _ in range(6))
    for name in ("jaw_open", "smile_left", "smile_right", "upper_lip_up"):
        assert first[name] == pytest.approx(last[name], abs=0.1)


# ---- a model that somebody brings


def test_an_external_model_is_checked_and_its_strongest_class_told(portrait, tmp_path):
    path = os.path.join(GOLDEN, "colour.onnx")
    with open(path, "rb") as file:
        sha256 = digest(file.read())
    model = Affect(AffectFile(path, sha256, ("red", "green", "blue")))
    frame = np.zeros((360, 640, 3), dtype=np.uint8)
    for channel, place in ((2, 0), (1, 1), (0, 2)):  # a frame is blue first, a model sees red first
        frame[:] = 0
        frame[:, :, channel] = 200
        assert model.strongest(frame, Square(320.0, 180.0, 100.0)) == place
    with pytest.raises(ModelMissing, match="3 classes, but 2 labels"):
        Affect(AffectFile(path, sha256, ("a", "b")))
    watcher = Watcher(affect=model)
    assert watcher.look_once(portrait.frame(STILL)).affect_class == 0
    with pytest.raises(ModelMissing, match="does not match"):
        Affect(AffectFile(path, "0" * 64, ("a", "b", "c")))
    ours = tmp_path / "ours.onnx"
    ours.write_bytes(store.ours())
    with pytest.raises(ModelMissing, match="more than one picture"):
        Affect(AffectFile(str(ours), digest(store.ours()), ("a", "b", "c")))
    ours.write_bytes(b"nothing")
    with pytest.raises(ModelMissing, match="not an ONNX"):
        Affect(AffectFile(str(ours), digest(b"nothing"), ("a", "b", "c")))


@pytest.mark.process
def test_our_model_runs_silent(tmp_path):
    """CI unset: no connection, and no folder of the runtime's vendor."""
    strace = system_tool("strace")
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    environment |= {"HOME": str(tmp_path), "WARDBEAT_MODELS": str(store.places()[0])}
    program = "from agent.perception.face import Watcher; import numpy; Watcher().look_once(numpy.zeros((90, 90, 3), numpy.uint8))"
    plant = program + "; import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    seen = []
    for number, words in enumerate((program, plant)):
        trace = tmp_path / f"trace-{number}"
        command = [strace, "-f", "-e", "trace=connect", "-o", trace, sys.executable, "-c", words]
        assert subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0
        seen.append(sum("AF_INET" in line for line in trace.read_text().splitlines()))
    assert seen == [0, 1]  # the planted one is found
    assert not list(tmp_path.rglob("*icrosoft*"))


# ---- real faces


@pytest.mark.slow
def test_a_smile_against_the_own_neutral_has_the_right_sign(watcher):
    """People who were never learnt from (fold 0), clean photos."""
    folder = shared_file("data/faces/london")
    from models.expression.people import TEST_FOLD, fold_of

    pairs = 0
    for neutral in sorted(folder.glob("*_neutral.jpg")):
        person = neutral.name[:3]
        if fold_of(person) != TEST_FOLD:
            continue
        both = [
            watcher.look_once(image_files.picture(folder / f"{person}_{kind}.jpg")) for kind in ("smiling", "neutral")
        ]
        smiling, calm = (look.actions["smile_left"] + look.actions["smile_right"] for look in both)
        assert smiling > calm, person
        pairs += 1
    assert pairs >= 10


@pytest.mark.slow
def test_the_clip_of_three_people_gives_no_number(watcher):
    clip = shared_file("data/faces/face-demographics-walking-and-pause.mp4")
    watcher.forget()
    for shot in image_files.clip(clip):
        look = watcher.look(shot.frame)
        assert look.faces == 3
        assert set(look.actions.values()) == {None}


def test_an_open_mouth_stays_inside_the_square_of_its_face():
    """MediaPipe's own factor, 1.5, leaves the chin of an open mouth outside: the model then draws a shut one."""
    from agent.perception.detect import Found

    eyes_and_more = np.array([[40.0, 40.0], [60.0, 40.0], [50.0, 55.0], [50.0, 65.0], [30.0, 45.0], [70.0, 45.0]])
    face = Found(0.9, (30.0, 25.0, 70.0, 65.0), eyes_and_more)  # 40 px wide, as the detector draws it
    chin_y = 25.0 + 40.0 * 1.4  # a jaw that is open by half a face below the box
    square = face.square
    assert square.y_px + square.side_px / 2 > chin_y
    assert square.y_px + square.side_px / 2 * 1.5 / 1.95 < chin_y, "with 1.5 it would be cut off"
