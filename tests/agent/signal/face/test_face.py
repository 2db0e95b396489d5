"""The face's numbers: own neutral, gates, shapes, features; by hand, by property, and against known movements."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.features import FEATURES, compute_all, face, wire_schema
from agent.features.evaluation import evaluate
from agent.model import NS_PER_S, Series, Window
from agent.signal.face import baseline, quality
from agent.signal.face import shape as face_shape
from agent.signal.face.actions import ACTIONS
from agent.signal.face.baseline import FaceBaseline, action_baseline
from agent.signal.face.quality import FrameQuality, closed_gate
from agent.signal.face.relative import RelativeFace
from agent.signal.face.shape import Canon, Pose
from agent.sources import SOURCES

# names of feelings, in any form
FEELINGS = re.compile(
    r"happ|\bsad|anger|angry|fear|disgust|surpris|joy|emotion|mood|feel|contempt|anxi|stress|calm|bored|valence|arousal|"
    r"unhapp|excite|depress|content\b",
    re.IGNORECASE,
)


def feelings_in(text):
    return FEELINGS.findall(text)


def test_no_word_of_a_feeling_stands_in_any_payload_or_label():
    """The schema is every name that a hub ever reads; a planted word is found."""
    default = [spec for spec in FEATURES.values() if spec.kind != "affect"]
    said = " ".join([wire_schema(), *(f"{spec.name} {spec.words}" for spec in default)])
    said += " ".join(f"{action.name} {action.words}" for action in ACTIONS.values()) + SOURCES["webcam"].words
    assert feelings_in(said) == []
    assert feelings_in(said + " a happy_share_01") == ["happ"]


def test_experimental_actions_and_sides_of_gaze_never_leave():
    for spec in face.ROWS:
        base = spec.name.rsplit("_", 2)[0]
        if base in ACTIONS and ACTIONS[base].is_experimental:
            assert spec.release == "live_only", spec.name
    assert {name for name, action in ACTIONS.items() if action.is_experimental} == {
        "lip_press", "pucker", "funnel", "stretch", "dimple",
    }  # fmt: skip
    assert not any(spec.name.startswith(("gaze_x", "gaze_y")) for spec in face.ROWS)


# ---- own neutral


def test_nothing_is_told_while_the_neutral_is_learnt():
    own_face = RelativeFace(learn_s=30.0)
    actions = dict.fromkeys(ACTIONS, 0.2)
    channels = set()
    for step in range(140):  # 28 s at 5 a second
        channels |= {name for name, _ in own_face.channels(step * 0.2, actions, (0.1, 0.1), Pose(0, 0, 0))}
    assert own_face.is_learning
    assert channels == {"jaw_open_01", "head_deg_per_s"}
    for step in range(140, 170):
        told = dict(own_face.channels(step * 0.2, actions, (0.1, 0.1), Pose(0, 0, 0)))
    assert not own_face.is_learning
    assert told["smile_left_x"] == pytest.approx(0.0, abs=1e-9)
    assert told["lid_shut_01"] == pytest.approx(0.0, abs=1e-9)
    assert told["gaze_away_01"] == 0.0
    told = dict(own_face.channels(34.2, actions | {"smile_left": 0.6}, (1.0, 1.0), Pose(math.radians(30), 0, 0)))
    assert told["smile_left_x"] == pytest.approx(4.0, abs=0.01)  # (0.6 - 0.2) over the smallest threshold
    assert told["lid_shut_01"] == 1.0
    assert told["gaze_away_01"] == 1.0


def test_a_covered_mouth_learns_later_than_the_brows():
    own_face = RelativeFace(learn_s=30.0)
    hidden = {name: None if action.part == "lower" else 0.2 for name, action in ACTIONS.items()}
    for step in range(200):
        told = dict(own_face.channels(step * 0.2, hidden, (0.1, 0.1), Pose(0, 0, 0)))
    assert "brow_down_x" in told
    assert "smile_left_x" not in told
    assert "jaw_open_01" not in told


@given(st.floats(0, 0.6), st.floats(0, 0.3), st.integers(0, 40))
def test_the_neutral_is_not_moved_by_what_is_seldom(base, spread, smiles):
    """Forty smiles in two hundred frames leave it where it was (median and MAD: half may be off)."""
    rng = np.random.default_rng(1)
    calm = base + spread * rng.uniform(-0.1, 0.1, 200)
    clean, mixed = action_baseline(calm.tolist()), action_baseline([*calm[smiles:].tolist(), *[1.0] * smiles])
    assert mixed.median == pytest.approx(clean.median, abs=0.1 * spread + 1e-9)
    assert mixed.threshold <= clean.threshold * 2


def test_shift_and_scale_of_the_raw_value_do_not_reach_the_person():
    """Someone whose resting face reads 0.3 and someone whose reads 0.0 get the same number for the same movement."""
    for base in (0.0, 0.3):
        calm = [base + 0.001 * (step % 3) for step in range(300)]
        assert action_baseline(calm).beyond(base + 0.5) == pytest.approx(4.99, abs=0.02)


def test_the_neutral_drifts_by_one_spread_in_half_an_hour_at_most():
    learnt = FaceBaseline(learn_s=20.0)
    for _ in range(120):
        learnt.learn({"smile_left": 0.1}, 0.2)
    before = learnt.of("smile_left")
    for _ in range(5 * 600):  # ten minutes of a smile
        learnt.learn({"smile_left": 0.9}, 0.2)
    after = learnt.of("smile_left")
    assert 0.0 < after.median - before.median <= before.threshold / 3 / 3 + 1e-9
    assert after.beyond(0.9) > 5.0
    assert baseline.LEARN_S >= 60.0


# ---- gates

GOOD = FrameQuality(60.0, Pose(0, 0, 0), 120.0, 0.0, 0.5, 0.01)


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({}, None),
        ({"eye_distance_px": 17.0}, "too_small"),
        ({"pose": Pose(math.radians(35), 0, 0)}, "turned_away"),
        ({"pose": Pose(0, math.radians(-30), 0)}, "turned_away"),
        ({"pose": Pose(0, 0, math.radians(50))}, "turned_away"),
        ({"brightness": 12.0}, "too_dark"),
        ({"clipped_01": 0.4}, "burnt_out"),
        ({"sharpness": 0.01}, "blurred"),
        ({"unsteady_01": 0.2}, "unsteady"),
    ],
)
def test_each_gate_shuts_alone(change, gate):
    seen = FrameQuality(**{name: change.get(name, getattr(GOOD, name)) for name in GOOD.__slots__})
    assert closed_gate(seen) == gate
    assert gate is None or quality.REASONS[gate]


# ---- shapes


def cloud(seed):
    """A face-like cloud, the same left and right."""
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 1, (468, 3))
    points[33], points[263] = (-0.5, 0.0, 0.1), (0.5, 0.0, 0.1)
    return points


@given(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8), st.floats(-3, 3), st.floats(5, 200), st.floats(-500, 500))
def test_alignment_takes_place_size_and_pose_away(yaw, pitch, roll, size, place):
    points = cloud(3)
    canon = Canon(points, np.arange(468))
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    turn = about_z @ about_x @ about_y
    shape, rotation = face_shape.aligned(size * points @ turn.T + place, canon)
    assert np.allclose(shape, points, atol=1e-6)
    assert np.allclose(rotation, turn, atol=1e-6)


def test_angles_have_the_signs_that_their_words_say():
    for pose, wanted in (((0.3, 0, 0), "yaw_rad"), ((0, 0.3, 0), "pitch_rad"), ((0, 0, 0.3), "roll_rad")):
        yaw, pitch, roll = pose
        cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
        # a nose that points to the camera (-z) goes right (+x) with yaw, down (+y) with pitch
        about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
        about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        turn = about_z @ about_x @ about_y
        found = face_shape.pose(turn)
        nose = turn @ np.array([0.0, 0.0, -1.0])
        assert abs(getattr(found, wanted)) == pytest.approx(0.3, abs=1e-6)
        if wanted == "yaw_rad":
            assert (nose[0] > 0) == (found.yaw_rad > 0)
        if wanted == "pitch_rad":
            assert (nose[1] > 0) == (found.pitch_rad > 0)


# ---- features


def window(span_s=300.0, **channels):
    series = {}
    for name, (t_s, value) in channels.items():
        series[name] = Series(
            np.array([round(t * NS_PER_S) for t in t_s], dtype=np.int64), np.asarray(value, dtype=np.float64),
            np.ones(len(value), dtype=bool),
        )  # fmt: skip
    return Window(0, round(span_s * NS_PER_S), series)


def test_shares_and_strengths_by_hand():
    t_s = np.arange(0.0, 300.0, 0.2)
    smile = np.where((t_s >= 100) & (t_s < 130), 3.0, 0.1)
    told = {one.name: one.value for one in compute_all(window(smile_left_x=(t_s, smile)))}
    assert told["smile_left_share_01"] == pytest.approx(0.1, abs=0.002)
    assert told["smile_left_mean_x"] == pytest.approx(3.0)
    assert told["smile_left_spread_x"] == pytest.approx(math.sqrt(0.09) * 2.9, abs=0.01)
    assert told["jaw_open_share_01"] is None


def test_a_mouth_that_is_mostly_covered_gives_no_share_and_says_why():
    t_s = np.arange(0.0, 40.0, 0.2)
    one = evaluate(FEATURES["jaw_open_share_01"], window(jaw_open_x=(t_s, np.zeros(t_s.size))))
    assert one.value is None
    assert one.reason == "coverage_low"


def test_blinks_are_withheld_from_a_slow_camera_with_the_reason():
    t_s = np.arange(0.0, 300.0, 0.2)
    slow = window(lid_shut_01=(t_s, np.zeros(t_s.size)), face_present_01=(t_s, np.ones(t_s.size)))
    for name in ("blink_rate_per_min", "blink_duration_ms"):
        one = evaluate(FEATURES[name], slow)
        assert (one.value, one.reason) == (None, "too_slow")
    assert evaluate(FEATURES["perclos_01"], slow).value == 0.0


def test_perclos_needs_three_minutes():
    t_s = np.arange(0.0, 170.0, 0.2)
    one = evaluate(
        FEATURES["perclos_01"], window(lid_shut_01=(t_s, np.zeros(t_s.size)), face_present_01=(t_s, np.ones(t_s.size)))
    )
    assert one.value is None


def test_lids_that_are_hidden_half_of_the_time_give_no_perclos():
    """A head that sinks takes its shut eyes out of sight: what is left looks wide awake."""
    t_s = np.arange(0.0, 300.0, 0.2)
    there = (t_s, np.ones(t_s.size))
    for seen, value in ((t_s < 190, None), (t_s < 240, 0.0)):
        one = evaluate(
            FEATURES["perclos_01"], window(lid_shut_01=(t_s[seen], np.zeros(seen.sum())), face_present_01=there)
        )
        assert (one.value, one.reason) == (value, "" if value == 0.0 else "coverage_low")
    # who was away is not hidden
    away = (t_s, (t_s < 190).astype(float))
    early = t_s[t_s < 190]
    one = evaluate(FEATURES["perclos_01"], window(lid_shut_01=(early, np.zeros(early.size)), face_present_01=away))
    assert one.value == 0.0


def test_presence_counts_time_not_looks():
    """Five looks a second at a face, one at an empty room."""
    there, away = np.arange(0.0, 100.0, 0.2), np.arange(100.0, 300.0, 1.0)
    value = np.concatenate([np.ones(there.size), np.zeros(away.size)])
    one = evaluate(FEATURES["face_present_share_01"], window(face_present_01=(np.concatenate([there, away]), value)))
    assert one.value == pytest.approx(1 / 3, abs=0.01)
    assert FEATURES["face_present_share_01"].release == "live_only", "a timesheet"


@pytest.mark.slow
@given(st.integers(1, 2**32), st.sampled_from([0.0, 1.0]))
def test_a_share_of_all_or_nothing_is_never_out_of_range(seed, value):
    t_s = np.sort(np.random.default_rng(seed).uniform(0, 300, 900))
    for channel, name in (("lower_face_valid_01", "lower_face_valid_share_01"), ("gaze_away_01", "gaze_away_share_01")):
        one = evaluate(FEATURES[name], window(**{channel: (t_s, np.full(t_s.size, value))}))
        assert (one.value, one.reason) == (value, "")


def test_a_turned_head_looks_away():
    own, still = RelativeFace(1.0), Pose(0.0, 0.0, 0.0)
    assert list(own.turned_away()) == []  # from what, is not known yet
    for n in range(150):
        list(own.channels(n / 5, {}, None, still))
    assert list(own.turned_away()) == [("gaze_away_01", 1.0)]


def test_a_smile_through_the_first_minutes_is_not_learnt_as_neutral():
    own = RelativeFace(20.0)
    told = {
        n: dict(own.channels(n / 5, {"smile_left": 0.9 if n < 150 else 0.1, "brow_down": 0.6}, None, Pose(0, 0, 0)))
        for n in range(700)
    }
    assert "brow_down_x" in told[149]  # brows may rest there
    assert all("smile_left_x" not in told[n] for n in range(160))
    assert own.is_learning is False
    (smile,) = [
        value for name, value in own.channels(141.0, {"smile_left": 0.9}, None, Pose(0, 0, 0)) if name == "smile_left_x"
    ]
    assert smile > 3.0


def test_why_a_number_of_a_face_that_was_read_is_missing():
    t_s = np.arange(0.0, 300.0, 0.2)
    ones, zeros = (t_s, np.ones(t_s.size)), (t_s, np.zeros(t_s.size))

    def reason(name, **channels):
        return evaluate(FEATURES[name], window(**channels)).reason

    assert reason("smile_left_share_01", face_present_01=ones) == "no_signal"
    assert reason("smile_left_share_01", lower_face_valid_01=ones) == "learning"
    assert reason("smile_left_share_01", lower_face_valid_01=zeros) == "covered"
    assert reason("blink_rate_per_min", lower_face_valid_01=ones) == "learning"
    assert reason("blink_rate_per_min", lower_face_valid_01=ones, brow_down_x=zeros) == "eyes_hidden"


def test_a_yawn_is_long_and_talking_is_not():
    t_s = np.arange(0.0, 120.0, 0.2)
    talking = 0.3 + 0.4 * (np.sin(2 * np.pi * 2.0 * t_s) > 0)
    jaw = np.where((t_s > 30) & (t_s < 36), 0.8, np.where((t_s > 60) & (t_s < 64), 0.9, talking))
    assert face.yawns(t_s, jaw) == 2
    assert face.yawns(t_s, talking) == 0
    hole = (t_s < 31) | (t_s > 35)  # its two ends were seen, and nothing between
    assert face.yawns(t_s[hole], jaw[hole]) == 1
    seen = np.arange(0.0, 61.0, 0.2)
    one = evaluate(FEATURES["yawns_per_min"], window(jaw_open_01=(seen, np.where(seen % 20 < 4, 0.8, 0.0))))
    assert one.value == pytest.approx(3 * 60 / 61, abs=0.05), "a rate of the time that was seen"


@pytest.mark.slow
@given(st.lists(st.floats(-5, 20), min_size=2, max_size=300), st.floats(0.03, 2.0))
def test_any_course_gives_values_in_range_or_a_reason(values, apart_s):
    t_s = [step * apart_s for step in range(len(values))]
    shares = np.clip(values, 0, 1)
    channels = {need: (t_s, values if need.endswith("_x") else shares) for spec in face.ROWS for need in spec.needs}
    for one in compute_all(window(**channels)):
        spec = FEATURES[one.name]
        assert (one.value is None) == bool(one.reason)
        assert one.value is None or spec.low <= one.value <= spec.high


# ---- narrow eyes


def lids_of(open_01, *, blinks=True, seed=1, noise=0.03):
    """Three minutes at 5 looks a second: open with blinks of a look, then shut for ten seconds; (t_s, lid, is shut)."""
    random = np.random.default_rng(seed)
    for look in range(900):
        t_s = look / 5
        shut = 170.0 <= t_s < 180.0
        blinks_now = blinks and look % 20 == 7
        lid = 1.0 if shut else 0.97 if blinks_now else open_01
        yield t_s, float(np.clip(lid + random.normal(0, noise), 0, 1)), shut or blinks_now


def shut_shares(open_01, **kinds):
    """Share of open and of shut looks, after the first two minutes, that are told as at least 80 % shut."""
    own, told = RelativeFace(), {True: [], False: []}
    for t_s, lid, shut in lids_of(open_01, **kinds):
        channels = dict(own.channels(t_s, {}, (lid, lid), Pose(0.0, 0.0, 0.0)))
        if t_s > 125.0:
            told[shut].append(channels["lid_shut_01"] >= 0.8)
    return float(np.mean(told[False])), float(np.mean(told[True]))


@pytest.mark.parametrize("open_01", [0.0, 0.2, 0.45, 0.6, 0.7, 0.8])
def test_a_narrow_eye_is_not_read_as_shut(open_01):
    """Heavy lids of older faces: an open eye that reads as four fifths shut is open, and shut when it shuts."""
    opened, shut = shut_shares(open_01)
    assert opened == 0.0
    assert shut > 0.9


def test_who_sleeps_through_the_first_minutes_is_not_taken_for_narrow_eyed():
    """Nothing blinks: lids that read .95 all the time stay shut lids."""
    opened, shut = shut_shares(0.95, blinks=False, noise=0.02)
    assert opened > 0.9
    assert shut > 0.9
