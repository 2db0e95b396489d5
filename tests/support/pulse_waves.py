"""Pulse waves whose beats are known."""

import itertools

import numpy as np

from firmware_sim.physiology import SCRIPTS, Physiology

FS_HZ = 250.0


def truth_s(seconds=120, seed=1, script="rest"):
    beats = Physiology([SCRIPTS[script]], seed).beats()
    return np.array([one.end_s for one in itertools.takewhile(lambda one: one.end_s < seconds - 1, beats)])


def waves(beats_s, seconds=120, fs_hz=FS_HZ, noise=0.0, seed=1):
    """(electrocardiogram, pulse wave): sums of bells at known times, wandering, with noise."""
    t_s = np.arange(int(seconds * fs_hz)) / fs_hz

    def bells(shift_s, width_s, height):
        return sum(height * np.exp(-0.5 * ((t_s - at - shift_s) / width_s) ** 2) for at in beats_s)

    ecg = (
        bells(0, 0.010, 1.0)
        + bells(-0.03, 0.012, -0.15)
        + bells(0.03, 0.012, -0.2)
        + bells(0.25, 0.05, 0.3)
        + bells(-0.16, 0.025, 0.12)
    )
    pulse = bells(0.0, 0.09, 1.0) + bells(0.28, 0.12, 0.35)
    wander = 0.4 * np.sin(2 * np.pi * 0.2 * t_s) + 0.2 * np.sin(2 * np.pi * 0.05 * t_s)
    chance = np.random.default_rng(seed)
    return ecg + wander + chance.normal(0, noise, t_s.size), pulse + wander + chance.normal(0, noise, t_s.size)
