"""Clips: colours by their own tags, turned as they say, AV1 too; what cannot be read is refused with its reason."""

import json
import struct
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from agent import cli
from agent.errors import RecordingUnreadable
from agent.perception import image_files
from agent.perception.clips import Clip
from agent.sources.camera.capture import CameraFault, open_capture
from agent.sources.camera.protocol import Wanted
from agent.sources.camera.states import CameraState
from firmware_sim.face import Portrait, Shown
from tests.support.processes import shared_file

STILL = Shown(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "smpte240m": (0.212, 0.087)}  # of red and blue
MATRIX = {"bt709": 1, "bt601": 6, "smpte240m": 7, "ycgco": 8, "bt2020": 9}
SKIN, GRASS, SKY = (224, 172, 138), (60, 140, 50), (90, 120, 230)


def coded(rgb, matrix, *, full):
    """Y', Cb, Cr of a colour by the formula of BT.601 and BT.709: what the reader must undo."""
    red_weight, blue_weight = WEIGHTS[matrix]
    red, green, blue = (part / 255 for part in rgb)
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    cb, cr = (blue - luma) / (2 * (1 - blue_weight)), (red - luma) / (2 * (1 - red_weight))
    scale, offset, chroma = (255, 0, 255) if full else (219, 16, 224)
    return [round(offset + scale * luma), round(128 + chroma * cb), round(128 + chroma * cr)]


def stripes(matrix, *, full, size=(320, 192)):
    """Three broad stripes as planes of yuv420p."""
    wide, high = size
    planes = []
    for plane, (columns, rows) in enumerate(((wide, high), (wide // 2, high // 2), (wide // 2, high // 2))):
        values = [coded(rgb, matrix, full=full)[plane] for rgb in (SKIN, GRASS, SKY)]
        planes.append(np.repeat(values, -(-columns // 3))[:columns] * np.ones((rows, 1), dtype=int))
    return [plane.astype(np.uint8) for plane in planes]


def write(path, planes, *, codec="libx264", pix_fmt="yuv420p", frames=5, options=None, **tags):
    """A clip of one picture, repeated, under the given tags."""
    container = av.open(str(path), "w")
    stream = container.add_stream(codec, rate=10)
    stream.height, stream.width = planes[0].shape
    stream.pix_fmt = pix_fmt
    if options is not None:
        stream.options = options
    for name, value in tags.items():
        setattr(stream.codec_context, name, value)
    for number in range(frames):
        frame = av.VideoFrame(planes[0].shape[1], planes[0].shape[0], pix_fmt)
        for plane, values in zip(frame.planes, planes, strict=True):
            rows = np.zeros((plane.height, plane.line_size), dtype=np.uint8)
            rows[:, : values.shape[1]] = values
            plane.update(rows.tobytes())
        frame.pts, frame.time_base = number, Fraction(1, 10)
        for name in tags.keys() - {"sample_aspect_ratio"}:
            setattr(frame, name, tags[name])
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    container.close()


def seen(path):
    """Colours of the stripes' middles, red first."""
    shot = next(image_files.clip(path))
    wide = shot.frame.shape[1]
    return [tuple(shot.frame[90, round((2 * n + 1) * wide / 6), ::-1].tolist()) for n in range(3)]


def is_near(told, wanted, most=5):
    return all(
        abs(a - b) <= most for one, other in zip(told, wanted, strict=True) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("matrix", ["bt601", "bt709", "smpte240m"])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_colours_are_those_of_the_clips_own_tags(tmp_path, matrix, full, name):
    path = tmp_path / name
    write(
        path, stripes(matrix, full=full), options={"crf": "4"}, colorspace=MATRIX[matrix], color_range=2 if full else 1
    )

    assert is_near(seen(path), (SKIN, GRASS, SKY))


def test_the_wrong_tag_would_be_seen(tmp_path):
    """The test above fails for a reader that ignores tags: matrix and range both move skin by more than it allows."""
    planes = stripes("bt709", full=False)
    write(tmp_path / "matrix.mp4", planes, options={"crf": "4"}, colorspace=MATRIX["bt601"], color_range=1)
    write(tmp_path / "range.mp4", planes, options={"crf": "4"}, colorspace=MATRIX["bt709"], color_range=2)
    assert not is_near(seen(tmp_path / "matrix.mp4"), (SKIN, GRASS, SKY))
    assert not is_near(seen(tmp_path / "range.mp4"), (SKIN, GRASS, SKY))


@pytest.mark.parametrize(("size", "matrix"), [((320, 192), "bt601"), ((1280, 720), "bt709")])
def test_a_clip_without_tags_is_taken_as_players_take_it(tmp_path, size, matrix):
    path = tmp_path / "clip.mkv"
    write(path, stripes(matrix, full=False, size=size), options={"crf": "4"})
    assert is_near(seen(path), (SKIN, GRASS, SKY))


def test_motion_jpeg_is_of_full_range(tmp_path):
    path = tmp_path / "clip.avi"
    write(path, stripes("bt601", full=True), codec="mjpeg", pix_fmt="yuvj420p", options={"qmin": "1", "qmax": "1"})
    assert is_near(seen(path), (SKIN, GRASS, SKY), most=8)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 1}, "PQ"),
        ({"colorspace": 9, "color_primaries": 9, "color_trc": 18, "color_range": 1}, "HLG"),
        ({"colorspace": 9, "color_primaries": 9, "color_trc": 14, "color_range": 1}, "BT.2020"),
        ({"colorspace": 8, "color_primaries": 1, "color_trc": 1, "color_range": 2}, "YCgCo"),
    ],
)
def test_colours_that_are_not_read_are_refused_with_that_reason(tmp_path, capsys, tags, reason):
    path = tmp_path / "clip.mkv"
    write(path, stripes("bt709", full=False), codec="ffv1", **tags)
    with pytest.raises(RecordingUnreadable, match=reason) as refused:
        next(image_files.clip(path))
    assert "SDR" in refused.value.remedy
    assert cli.main(["analyze", "--video", str(path)]) == 2
    assert reason in capsys.readouterr().err
    capture = open_capture(Wanted(str(path)))
    capture.grab()
    with pytest.raises(CameraFault) as fault:
        capture.retrieve()
    capture.close()
    assert fault.value.state is CameraState.COLOURS


@pytest.mark.parametrize(("codec", "name"), [("libsvtav1", "clip.mp4"), ("libsvtav1", "clip.mkv"), ("libvpx-vp9", "clip.webm"), ("libx265", "clip.mp4"), ("mpeg4", "clip.avi")])  # fmt: skip
def test_clips_of_every_usual_codec_are_read(tmp_path, codec, name):
    path = tmp_path / name
    write(path, stripes("bt601", full=False), codec=codec, colorspace=MATRIX["bt601"], color_range=1)
    shots = list(image_files.clip(path))
    assert [shot.t_s for shot in shots] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4], abs=0.002)
    assert is_near(seen(path), (SKIN, GRASS, SKY), most=14)


# ---- turned clips


QUARTERS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0), "mirrored": (-1, 0, 0, 1)}


def turned(path, matrix):
    """Write a turn into the track header of an MP4: a, b, c, d in 16.16."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (round(65536 * one) for one in matrix)
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)


@pytest.mark.parametrize("turn", list(QUARTERS))
def test_a_turned_clip_stands_upright(tmp_path, turn):
    """A face lying on its side is found by no detector; a mirrored one would swap left and right."""
    upright = np.full((192, 320, 3), 200, dtype=np.uint8)
    upright[:60, :100] = (30, 30, 220)  # a red corner, top left
    stored = {0: upright, 90: np.rot90(upright), 180: np.rot90(upright, 2), 270: np.rot90(upright, -1),
              "mirrored": upright[:, ::-1]}[turn]  # fmt: skip
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), format="bgr24").reformat(format="yuv420p")
    planes = [
        np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes
    ]
    path = tmp_path / "clip.mp4"
    write(path, planes)
    turned(path, QUARTERS[turn])

    shown = next(image_files.clip(path)).frame

    assert shown.shape == (192, 320, 3)
    assert shown[20, 40, 2] > 180 > 100 > shown[20, 40, 1]
    for row, column in ((20, 280), (170, 40), (170, 280)):
        assert min(shown[row, column]) > 150


def test_a_turn_of_no_quarter_is_refused(tmp_path):
    path = tmp_path / "clip.mp4"
    write(path, stripes("bt601", full=False))
    turned(path, (0.866, 0.5, -0.5, 0.866))
    with pytest.raises(RecordingUnreadable, match="quarter turn"):
        next(image_files.clip(path))


@pytest.mark.slow
def test_a_face_in_a_turned_av1_clip_is_read(tmp_path, capsys):
    face = np.rot90(Portrait().frame(STILL))
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(face), format="bgr24").reformat(format="yuv420p")
    planes = [
        np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes
    ]
    path = tmp_path / "clip.mp4"
    write(path, planes, codec="libsvtav1", frames=4)
    turned(path, QUARTERS[90])
    assert cli.main(["analyze", "--video", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [frame["gate"] for frame in told["frames"]] == [None] * 4


@pytest.mark.parametrize(("aspect", "wide"), [(Fraction(4, 3), 427), (Fraction(1, 1), 320), (Fraction(8, 9), 284)])
def test_pixels_that_are_not_square_are_made_square(tmp_path, aspect, wide):
    """Else every face is too broad, and what is read of it with it."""
    path = tmp_path / "clip.mp4"
    write(path, stripes("bt601", full=False), sample_aspect_ratio=aspect)
    assert next(image_files.clip(path)).frame.shape == (192, wide, 3)


# ---- what is no clip, or a broken one


def test_a_broken_frame_is_left_out_and_the_rest_is_read(tmp_path):
    path = tmp_path / "clip.avi"
    write(path, stripes("bt601", full=True), codec="mjpeg", pix_fmt="yuvj420p", frames=12)
    content = bytearray(path.read_bytes())
    starts = [at for at in range(len(content) - 1) if content[at : at + 3] == b"\xff\xd8\xff"]
    content[starts[4] : starts[4] + 400] = bytes(400)
    path.write_bytes(content)
    assert 8 <= len(list(image_files.clip(path))) <= 12


def test_a_frame_that_nobody_asks_for_is_not_decoded(tmp_path):
    path = tmp_path / "clip.avi"
    write(path, stripes("bt601", full=True), codec="mjpeg", pix_fmt="yuvj420p", frames=6)
    clip = Clip(path)
    for _ in range(3):
        assert clip.grab()
        assert isinstance(clip._newest, av.Packet)
    assert clip.t_s == pytest.approx(0.2)
    assert clip.retrieve().shape == (192, 320, 3)
    clip.close()


def test_the_shared_clips_read_as_before(tmp_path):
    """Untagged MPEG-4 of standard size: pixel for pixel what OpenCV gives, which knows no other colours."""
    path = shared_file("data/faces/head-pose-face-detection-female.mp4")
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    for shot in image_files.clip(path):
        _, frame = video.read()
        assert np.abs(shot.frame.astype(int) - frame).max() <= 1
    video.release()
