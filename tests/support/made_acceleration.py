"""Made-up acceleration whose ENMO, MAD and stillness are known."""

import numpy as np


def still(length_s, fs_hz, direction=(0.0, 0.0, 1.0), noise_g=0.002, seed=0):
    """A sensor at rest: gravity in one direction, and noise."""
    rng = np.random.default_rng(seed)
    up = np.array(direction) / np.linalg.norm(direction)
    return up + rng.normal(0, noise_g, (round(length_s * fs_hz), 3))


def walking(length_s, fs_hz, swing_g=0.3, pace_hz=2.0, direction=(0.0, 0.6, 0.8), noise_g=0.002, seed=0):
    """Gravity, and a sine along it: ENMO is 1000 swing / pi mg, MAD 2000 swing / pi mg."""
    t_s = np.arange(round(length_s * fs_hz)) / fs_hz
    up = np.array(direction) / np.linalg.norm(direction)
    return still(length_s, fs_hz, direction, noise_g, seed) + swing_g * np.sin(2 * np.pi * pace_hz * t_s)[:, None] * up


def rotated(fs_hz, each_s=30.0, noise_g=0.002, seed=0):
    """The sensor at rest in 24 positions, one after the other, some seconds of turning between them."""
    rng = np.random.default_rng(seed)
    corners = [np.eye(3)[k] * sign for k in range(3) for sign in (1, -1)]
    corners += list(rng.normal(size=(18, 3)))
    parts = [still(each_s, fs_hz, tuple(one), noise_g, seed + k) for k, one in enumerate(corners)]
    return np.concatenate(parts)


def quantised(axes_g, step_g=1 / 64):
    """As a converter with such steps writes it."""
    return np.round(axes_g / step_g) * step_g
