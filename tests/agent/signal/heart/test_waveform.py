"""Waves whose beats are known, as the field spoils them: turned, noisy, clipped, at the rails, in blocks."""

import gzip
import itertools

import numpy as np
import pytest

from agent.signal.heart import polarity, pulses, waveform, waves
from agent.signal.heart.artifacts import Label
from agent.signal.heart.labelling import labelled
from tests.support import made_waves
from tests.support.processes import shared_file


def told(made, detector):
    """(begin, end) in s of each interval that is given: good, and normal."""
    found = waveform.intervals(made.wave, made.fs_hz, detector)
    normal = labelled(found.t_s, found.rr_ms, found.good) == Label.NORMAL
    return found.t_s[normal] - found.rr_ms[normal] / 1000, found.t_s[normal]


def agreement(made, begins_s, ends_s):
    """(share of known beats found where told, share of told beats that are known, told rate over the true one)."""
    beats_s = np.unique(np.round(np.concatenate([begins_s, ends_s]), 6))
    within_s = min(0.1, 0.2 * 60 / made.hr_bpm)
    nearest = made.beats_s[np.abs(beats_s[:, None] - made.beats_s[None, :]).argmin(axis=1)]
    known_s = made.beats_s + np.median(beats_s - nearest)  # a pulse comes a little after its beat
    inside = [((begins_s <= at + 0.02) & (ends_s >= at - 0.02)).any() for at in known_s]
    apart_s = np.abs(known_s[:, None] - beats_s[None, :])
    found_01 = np.mean(apart_s.min(axis=1)[inside] < within_s)
    right_01 = np.mean(apart_s.min(axis=0) < within_s)
    return float(found_01), float(right_01), float(60 / np.mean(ends_s - begins_s) / made.hr_bpm)


def pulse_waves(seeds):
    """(shares told, found, right) over all, and the doubled or halved rates."""
    shares, scores, doubled = [], [], []
    for seed in seeds:
        made = made_waves.pulse(seed)
        begins_s, ends_s = told(made, pulses.PPG)
        shares.append(float(np.sum(ends_s - begins_s)) / (made.wave.size / made.fs_hz))
        if ends_s.size < 5:
            continue
        *score, rate = agreement(made, begins_s, ends_s)
        scores.append(score)
        if not 0.75 < rate < 1.33:
            doubled.append((seed, rate))
    return np.mean(shares), np.mean(scores, axis=0), np.min(scores, axis=0), doubled


def test_pulse_waves_either_way_up_are_read_and_no_rate_is_doubled():
    share, mean, worst, doubled = pulse_waves(range(40))
    assert not doubled
    assert (mean >= 0.98).all()
    assert (worst >= 0.95).all()
    assert share > 0.8


@pytest.mark.long
def test_five_hundred_pulse_waves_are_read_and_no_rate_is_doubled():
    share, mean, worst, doubled = pulse_waves(range(1000, 1500))
    print(f"told {share:.3f}, found and right {mean}, worst {worst}, doubled {doubled}")
    assert not doubled
    assert (mean >= 0.98).all()


def test_a_wave_that_rings_is_not_turned_by_a_coin():
    """Its slope hardly leans: 24 beats and their 24 echoes were taken for 49."""
    wave = np.loadtxt(shared_file("data/hrv/heartpy/data.csv"))
    for one in (wave, -wave):
        found = waveform.intervals(one, 100.0, pulses.PPG)
        assert abs(found.t_s.size + 1 - 24) <= 1
        assert found.good.mean() > 0.9


def test_a_clear_wave_is_not_looked_at_twice():
    t_s = np.arange(3000) / 100.0
    shape = waves.band_pass(np.exp(-4 * (t_s % 0.85)), 100.0, pulses.PPG.shape_hz)  # up at once, down slowly
    assert not polarity.is_turned(shape, 100.0, lambda _: pytest.fail("no need"))
    assert polarity.is_turned(-shape, 100.0, lambda _: pytest.fail("no need"))


@pytest.mark.parametrize("hr_bpm", [45, 70, 150])
def test_a_disturbance_of_an_electrocardiogram_costs_its_own_seconds(hr_bpm):
    def lost_s(**spoilt):
        made = made_waves.ecg(3, hr_bpm=hr_bpm, **spoilt)
        found = waveform.intervals(made.wave, made.fs_hz, pulses.ECG)
        return found.t_s[-1] - found.t_s[0] + found.rr_ms[0] / 1000 - found.rr_ms[found.good].sum() / 1000

    assert lost_s(seconds=60) < 0.1
    assert lost_s(seconds=60, rails=((30, 35),)) <= 7
    assert lost_s(seconds=400, spoilt=((200, 259),)) <= 65


@pytest.mark.parametrize(("detector", "fs_hz"), [(pulses.ECG, 250.0), (pulses.ECG, 130.0), (pulses.PPG, 100.0)])
@pytest.mark.parametrize("colour", [0, 1, 2])
def test_noise_alone_has_no_good_beats(detector, fs_hz, colour):
    """White, pink and brown noise have maxima as often as a heart, but no two of one shape."""
    power = np.fft.rfft(np.random.default_rng(colour).normal(0, 1, int(120 * fs_hz)))
    power[1:] /= np.arange(1, power.size) ** (colour / 2)
    found = waveform.intervals(np.fft.irfft(power), fs_hz, detector)
    assert found.t_s.size > 100
    assert found.good.mean() < 0.15


def test_noise_takes_no_part_and_an_odd_beat_does():
    """Only noise says nothing of the heart: an interval beside a beat of another shape was measured all the same."""
    made = made_waves.ecg(5, seconds=120, hr_bpm=70, spoilt=((60, 70),))
    odd_s = made.beats_s[40]
    t_s = np.arange(made.wave.size) / made.fs_hz
    wave = made.wave - 2.2 * np.exp(-0.5 * ((t_s - odd_s) / 0.035) ** 2)
    found = waveform.intervals(wave, made.fs_hz, pulses.ECG)
    beside = np.abs(found.t_s - odd_s) < 0.1
    assert not found.good[beside].any()
    assert not found.noisy[beside].any()
    within = (found.t_s > 61) & (found.t_s < 69)
    assert found.noisy[within].all()


@pytest.mark.parametrize(
    ("noise", "found_least", "right_least"), [(0.1, 0.999, 0.999), (0.2, 0.999, 0.97), (0.3, 0.998, 0.9)]
)
def test_noise_over_the_whole_recording_finds_as_many_beats_as_before(noise, found_least, right_least):
    scores = []
    for seed in range(8):
        made = made_waves.ecg(seed, noise=noise)
        apart_s = np.abs(made.beats_s[:, None] - pulses.beats_s(made.wave, made.fs_hz, pulses.ECG)[None, :])
        scores.append([(apart_s.min(axis=1) < 0.05).mean(), (apart_s.min(axis=0) < 0.05).mean()])
    found_01, right_01 = np.mean(scores, axis=0)
    assert found_01 >= found_least
    assert right_01 >= right_least


@pytest.mark.parametrize("fs_hz", [60.0, 130.0, 500.0, 1000.0])
def test_any_rate_from_60_to_1000_samples_a_second_is_read(fs_hz):
    made = made_waves.ecg(2, seconds=60, hr_bpm=80, fs_hz=fs_hz)
    begins_s, ends_s = told(made, pulses.ECG)
    found_01, right_01, rate = agreement(made, begins_s, ends_s)
    assert min(found_01, right_01) > 0.97
    assert rate == pytest.approx(1, abs=0.01)


def test_blocks_of_any_size_give_what_the_whole_wave_gives():
    made = made_waves.ecg(4, seconds=420, hr_bpm=75)
    whole = waveform.intervals(made.wave, made.fs_hz, pulses.ECG)
    chance, at, blocks = np.random.default_rng(1), 0, []
    while at < made.wave.size:
        size = int(chance.integers(10, 15_000))
        blocks.append(waveform.Block(at / made.fs_hz, made.wave[at : at + size]))
        at += size
    parts = waveform.of_blocks(blocks, made.fs_hz, pulses.ECG)
    assert parts.t_s == pytest.approx(whole.t_s, abs=1e-9)
    assert (parts.good == whole.good).all()
    assert np.diff(whole.t_s) * 1000 == pytest.approx(whole.rr_ms[1:], abs=1e-6), "none is lost where stretches meet"


def test_no_interval_lies_across_a_gap_between_blocks():
    made = made_waves.ecg(4, seconds=120, hr_bpm=75)
    half = made.wave.size // 2
    blocks = [waveform.Block(0.0, made.wave[:half]), waveform.Block(60 + half / made.fs_hz, made.wave[half:])]
    found = waveform.of_blocks(blocks, made.fs_hz, pulses.ECG)
    assert found.rr_ms.max() < 2000
    assert found.t_s[-1] > 175
    gaps = np.flatnonzero(np.abs(np.diff(found.t_s) * 1000 - found.rr_ms[1:]) > 1)
    assert gaps.size == 1
    assert np.diff(found.t_s)[gaps[0]] > 59


def test_a_strap_s_electrocardiogram_agrees_with_its_own_intervals():
    """R and S are alike in size, and every third beat has another shape: each is timed at the same deflection."""
    with gzip.open(shared_file("data/signals/h10_ecg_rr.csv.gz"), "rt") as file:
        rows = [line.rstrip("\n").split(",") for line in itertools.islice(file, 1, None)]
    at_s = np.array([float(row[0]) for row in rows if row[1]])
    ecg_mv = np.array([float(row[1]) for row in rows if row[1]])
    strap_ms = np.array([float(row[3]) for row in rows if row[3]])
    found = waveform.intervals(ecg_mv, 1 / float(np.median(np.diff(at_s))), pulses.ECG)
    strap_s = np.cumsum(strap_ms) / 1000
    starts = np.arange(-4, 8, 0.01)
    near = [np.sum(np.abs((strap_s[10:70] + one)[:, None] - found.t_s[None, :]).min(axis=1) < 0.03) for one in starts]
    off_s, same = float(starts[int(np.argmax(near))]), []
    for end_s, rr_ms in zip(strap_s, strap_ms, strict=True):
        at = int(np.abs(found.t_s - end_s - off_s).argmin())
        apart_s = float(found.t_s[at] - end_s - off_s)
        off_s += 0.3 * apart_s if abs(apart_s) < 0.12 else 0.0  # two clocks
        same.append(abs(apart_s) < 0.12 and abs(found.rr_ms[at] - rr_ms) <= 30)
    assert np.mean(same[5:]) >= 0.995
