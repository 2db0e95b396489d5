"""The simulated heart does what its script says, checked with SciPy's spectra."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from firmware_sim.physiology import SCRIPTS, Physiology, phases

MINUTES = 30
CASES = [(name, seed) for name in SCRIPTS for seed in (1, 2)]


def heart(phase, seed=1, seconds=60 * MINUTES, **more):
    return list(itertools.takewhile(lambda beat: beat.end_s < seconds, Physiology([phase], seed, **more).beats()))


def spectrum(beats):
    """Lomb's periodogram of the intervals at their middles: no interpolation that would damp it."""
    rr_ms = np.array([beat.rr_ms for beat in beats])
    middle_s = np.array([beat.end_s for beat in beats]) - rr_ms / 2000
    f_hz = np.arange(0.04, 0.45, 1 / 3600)
    return f_hz, signal.lombscargle(middle_s, rr_ms - rr_ms.mean(), 2 * np.pi * f_hz)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), CASES)
def test_the_truth_is_within_5_percent_of_the_script(name, seed):
    phase = replace(SCRIPTS[name], for_s=3600)
    beats = heart(phase, seed)
    rr_ms = np.array([beat.rr_ms for beat in beats])
    f_hz, power = spectrum(beats)
    slow = f_hz < 0.15

    assert 60_000 / rr_ms.mean() == pytest.approx(phase.hr_bpm, rel=0.01)
    assert np.sqrt(np.mean(np.diff(rr_ms) ** 2)) == pytest.approx(phase.rmssd_ms, rel=0.05)
    assert power[slow].sum() / power[~slow].sum() == pytest.approx(phase.lf_hf, rel=0.05)
    assert f_hz[slow][power[slow].argmax()] == pytest.approx(phase.lf_hz, abs=0.01)
    assert f_hz[~slow][power[~slow].argmax()] == pytest.approx(phase.resp_hz, abs=0.01)


@pytest.mark.slow
def test_another_body_does_not_pass_for_this_script():
    """The detectors above find a wrong heart: mental load held against the script of sleep."""
    beats, script = heart(replace(SCRIPTS["mental_load"], for_s=3600)), SCRIPTS["sleep"]
    rr_ms = np.array([beat.rr_ms for beat in beats])
    f_hz, power = spectrum(beats)
    slow = f_hz < 0.15
    assert abs(np.sqrt(np.mean(np.diff(rr_ms) ** 2)) / script.rmssd_ms - 1) > 0.05
    assert abs(power[slow].sum() / power[~slow].sum() / script.lf_hf - 1) > 0.05
    assert abs(f_hz[~slow][power[~slow].argmax()] - script.resp_hz) > 0.01


def test_a_seed_gives_the_same_heart_and_another_seed_another():
    one, same, other = (heart(SCRIPTS["rest"], seed, 60) for seed in (1, 1, 2))
    assert one == same != other


def test_an_ectopic_beat_comes_too_soon_and_is_followed_by_a_pause():
    beats = heart(replace(SCRIPTS["rest"], ectopics_per_h=60.0, for_s=3600))
    early = [n for n, beat in enumerate(beats) if beat.kind == "ectopic"]
    assert 15 <= len(early) <= 50  # 30 wanted in half an hour
    for n in early:
        around_ms = beats[n - 1].rr_ms
        assert beats[n].rr_ms < 0.8 * around_ms
        assert beats[n + 1].kind == "pause"
        assert beats[n + 1].rr_ms > 1.1 * around_ms
    ends = [beat.end_s for beat in beats]
    assert ends == sorted(ends)
    assert sum(beat.rr_ms for beat in beats) / 1000 == pytest.approx(ends[-1])


def test_the_truth_is_known_at_every_moment():
    body = Physiology(phases("rest:120,exercise:120"), 1)
    assert body.moment(60).hr_bpm == pytest.approx(64)
    assert body.moment(112.5).hr_bpm == pytest.approx((64 + 132) / 2)  # half way up the ramp
    assert body.moment(150).rmssd_ms == pytest.approx(6)
    assert body.moment(9999).resp_hz == pytest.approx(0.38)  # the last phase goes on


def test_the_day_swings_the_heart_rate_between_night_and_afternoon():
    phase = replace(SCRIPTS["rest"], circadian_01=0.1, for_s=86_400)
    night, afternoon = (Physiology([phase], 1, start_h=h).moment(0).hr_bpm for h in (4.0, 16.0))
    assert (night, afternoon) == (pytest.approx(0.9 * 64), pytest.approx(1.1 * 64))


def test_a_script_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no script 'panic'"):
        phases("rest:60,panic:10")
    with pytest.raises(ValueError, match="number of seconds"):
        phases("rest:soon")
