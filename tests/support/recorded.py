"""Recordings that people have labelled, as arrays."""

import numpy as np


def annotated(file):
    """(symbols, beat times in s) of a CSV t_s,symbol,rr_ms."""
    rows = [line.split(",") for line in file.read_text().splitlines()[1:]]
    return np.array([row[1] for row in rows]), np.array([float(row[0]) for row in rows])


def hand_annotated_rr_ms(file):
    """Intervals in ms of R peaks that were marked by hand, in samples of 250 Hz (GUDB)."""
    return np.diff(np.loadtxt(file)) * 4.0


def five_minutes(t_s):
    """The first five minutes of beat times, from 0."""
    return t_s[t_s < t_s[0] + 300] - t_s[0]


def made_up(phase, seed=3):
    """Five minutes of beat times of a made-up heart, from 0."""
    from firmware_sim.physiology import Physiology

    ends = [0.0]
    for beat in Physiology([phase], seed).beats():
        if beat.end_s >= 300:
            return np.array(ends)
        ends.append(beat.end_s)
    raise AssertionError


def recorded_minutes():
    """Intervals in ms of recordings of volunteers, one to five minutes each."""
    from tests.support.processes import shared_file

    folder = shared_file("data/hrv")
    yield from (hand_annotated_rr_ms(file) for file in sorted((folder / "gudb").glob("*.tsv")))
    yield from (np.loadtxt(file) for file in sorted((folder / "welltory_ppg").glob("*/RR.txt")))
    for name in ("pyhrv_nni_5min.txt", "bartels_rest_rri.txt"):
        rr_ms = np.loadtxt(folder / name)
        yield rr_ms[np.cumsum(rr_ms) < 300_000]
