"""Pulse waves and electrocardiograms whose beats are known, as field recordings spoil them."""

from dataclasses import dataclass

import numpy as np

from tests.support import rhythms


@dataclass(frozen=True)
class Made:
    """A wave, its sampling rate, when its beats are, and which seconds are spoilt."""

    wave: np.ndarray
    fs_hz: float
    beats_s: np.ndarray
    spoilt: tuple
    hr_bpm: float


def _bells(t_s, beats_s, shift_s, width_s, height):
    """A bell for each beat; shift and width may differ by beat."""
    out = np.zeros(t_s.size)
    fs_hz = 1 / (t_s[1] - t_s[0])
    shift_s, width_s, height = (np.broadcast_to(one, beats_s.shape) for one in (shift_s, width_s, height))
    for at, shift, width, tall in zip(beats_s, shift_s, width_s, height, strict=True):
        low = max(int((at + shift - 5 * width) * fs_hz), 0)
        high = min(int((at + shift + 5 * width) * fs_hz) + 1, t_s.size)
        if low < high:
            out[low:high] += tall * np.exp(-0.5 * ((t_s[low:high] - at - shift) / width) ** 2)
    return out


def heart(chance, hr_bpm, seconds):
    calm = min(1.0, 60 / hr_bpm)
    made = rhythms.sinus(chance, hr_bpm=hr_bpm, rmssd_ms=30 * calm, drift_ms=30 * calm, seconds=seconds + 5)
    return made.t_s[(made.t_s > 0.4) & (made.t_s < seconds - 0.4)]


def pulse(seed, *, seconds=90.0, hr_bpm=None, fs_hz=None, noise=None, turned=None, bursts=None, clipped=None):
    """A finger's or wrist's pulse wave: a rise, a fall and a second hill, each as wide as the heart is slow."""
    chance = np.random.default_rng(seed)
    hr_bpm = chance.uniform(30, 200) if hr_bpm is None else hr_bpm
    fs_hz = float(chance.choice([50, 64, 100, 125, 200, 250])) if fs_hz is None else fs_hz
    noise = chance.choice([0.0, 0.02, 0.05, 0.1]) if noise is None else noise
    turned = bool(chance.integers(2)) if turned is None else turned
    bursts = int(chance.integers(0, 3)) if bursts is None else bursts
    clipped = chance.random() < 0.2 if clipped is None else clipped
    beats_s, t_s = heart(chance, hr_bpm, seconds), np.arange(int(seconds * fs_hz)) / fs_hz
    rr_s = np.concatenate([np.diff(beats_s), [60 / hr_bpm]])
    wide_s = np.clip(0.11 * np.sqrt(rr_s), 0.03, 0.16)
    height = 1 + 0.15 * np.sin(2 * np.pi * 0.22 * beats_s) + chance.normal(0, 0.04, beats_s.size)
    second = chance.uniform(0.1, 0.5)
    wave = _bells(t_s, beats_s, 0.0, wide_s, height)
    wave += _bells(t_s, beats_s, np.minimum(0.33 * np.sqrt(rr_s), 0.45 * rr_s), 1.3 * wide_s, second * height)
    wave += 0.5 * np.sin(2 * np.pi * 0.23 * t_s) + 0.3 * np.sin(2 * np.pi * 0.04 * t_s)
    wave += chance.normal(0, noise, t_s.size)
    spoilt = []
    for begin_s in np.sort(chance.uniform(5, seconds - 15, bursts)):
        end_s = begin_s + chance.uniform(2, 8)
        inside = (t_s >= begin_s) & (t_s < end_s)
        walk = np.cumsum(chance.normal(0, 1, int(inside.sum())))
        wave[inside] += 3 * (walk - walk.mean()) / max(walk.std(), 1e-9) + chance.normal(0, 1, int(inside.sum()))
        spoilt.append((begin_s, end_s))
    if clipped:
        wave = np.minimum(wave, np.quantile(wave, 0.97))
    wave = 500 + 100 * (-wave if turned else wave)
    return Made(wave, fs_hz, beats_s, tuple(spoilt), 60 / float(np.mean(np.diff(beats_s))))


def ecg(seed, *, seconds=120.0, hr_bpm=None, fs_hz=250.0, noise=0.02, spoilt=(), rails=()):
    """A chest lead: P, Q, R, S and T, wandering, with white noise; strong noise or a rail in the named seconds."""
    chance = np.random.default_rng(seed)
    hr_bpm = chance.uniform(40, 170) if hr_bpm is None else hr_bpm
    beats_s, t_s = heart(chance, hr_bpm, seconds), np.arange(int(seconds * fs_hz)) / fs_hz
    rr_s = np.concatenate([np.diff(beats_s), [60 / hr_bpm]])
    wave = _bells(t_s, beats_s, 0.0, 0.010, 1.0) + _bells(t_s, beats_s, -0.03, 0.012, -0.15)
    wave += _bells(t_s, beats_s, 0.03, 0.012, -0.2) + _bells(t_s, beats_s, 0.26 * np.sqrt(rr_s), 0.05, 0.3)
    wave += _bells(t_s, beats_s, -0.15 * np.sqrt(rr_s), 0.025, 0.12)
    wave += 0.4 * np.sin(2 * np.pi * 0.2 * t_s) + 0.2 * np.sin(2 * np.pi * 0.05 * t_s)
    wave += chance.normal(0, noise, t_s.size)
    for begin_s, end_s in spoilt:
        inside = (t_s >= begin_s) & (t_s < end_s)
        wave[inside] += chance.normal(0, 4.0, int(inside.sum()))
    for begin_s, end_s in rails:
        wave[(t_s >= begin_s) & (t_s < end_s)] = 5.0
    return Made(wave, fs_hz, beats_s, (*spoilt, *rails), 60 / float(np.mean(np.diff(beats_s))))
