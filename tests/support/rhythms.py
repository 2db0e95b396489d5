"""Hearts whose every beat is known: a sinus rhythm with what ventricles, pauses, pacemakers and electrodes do to it."""

from dataclasses import dataclass

import numpy as np

VENTRICULAR = ("lone", "bigeminy", "trigeminy", "couplets", "runs", "interpolated", "mixed")


@dataclass(frozen=True)
class Heart:
    """Beat times in s, and whether each came from the sinus node."""

    t_s: np.ndarray
    sinus: np.ndarray

    @property
    def rr_ms(self):
        return np.diff(self.t_s) * 1000

    @property
    def hr_bpm(self):
        return 60_000 / self.rr_ms.mean()

    @property
    def ectopic_01(self):
        return 1 - self.sinus.mean()


def sinus(chance, *, hr_bpm, rmssd_ms, seconds=300.0, drift_ms=25.0):
    """Beat times of a rhythm with breathing, a slow wave and some noise."""
    mean_ms = 60_000 / hr_bpm
    breath_hz, slow_hz = chance.uniform(0.18, 0.32), chance.uniform(0.02, 0.11)
    deep_ms = rmssd_ms / (2 * np.sin(np.pi * breath_hz * mean_ms / 1000)) * 1.2
    phase, t_s = chance.uniform(0, 2 * np.pi, 2), [0.0]
    while t_s[-1] < seconds:
        now = t_s[-1]
        rr_ms = mean_ms + deep_ms * np.sin(2 * np.pi * breath_hz * now + phase[0])
        rr_ms += drift_ms * np.sin(2 * np.pi * slow_hz * now + phase[1]) + chance.normal(0, rmssd_ms / 4)
        t_s.append(now + max(rr_ms, 235.0) / 1000)
    return Heart(np.array(t_s), np.ones(len(t_s), dtype=bool))


def ventricular(kind, chance, *, share_01, seconds=300.0):
    """A sinus rhythm in which ventricular beats come too soon: about that share of all beats."""
    hr_bpm = chance.uniform(52, 105)
    base = sinus(chance, hr_bpm=hr_bpm, rmssd_ms=chance.uniform(8, 70) * min(1.0, 70 / hr_bpm), seconds=seconds)
    t_s, is_sinus, at = [], [], 0
    beats, coupling = base.t_s, chance.uniform(0.5, 0.78)
    reset = chance.random() < 0.2  # the node is reset: no full pause
    block = {"bigeminy": (2, 14), "trigeminy": (3, 12), "runs": (3, 12)}
    shift = 0.0
    while at < beats.size - 1:
        t_s.append(beats[at] + shift)
        is_sinus.append(True)
        this = kind if kind != "mixed" else str(chance.choice(VENTRICULAR[:-1]))
        each = {"lone": 1, "interpolated": 1, "couplets": 2, "runs": 5, "bigeminy": 7, "trigeminy": 6}[this]
        if chance.random() > share_01 / each:
            at += 1
            continue
        rr_s = beats[at + 1] - beats[at]
        if this == "interpolated":
            t_s.append(t_s[-1] + rr_s * chance.uniform(0.42, 0.58))
            is_sinus.append(False)
            at += 1
        elif this in ("couplets", "runs"):
            count = 2 if this == "couplets" else int(chance.integers(*block["runs"]))
            fast_s = chance.uniform(0.33, 0.62) if this == "runs" else rr_s * chance.uniform(0.5, 0.75)
            for _ in range(count):
                t_s.append(t_s[-1] + fast_s * chance.uniform(0.92, 1.08))
                is_sinus.append(False)
            pause_s = rr_s * chance.uniform(1.1, 1.5)
            at += 1
            shift = t_s[-1] + pause_s - beats[at]
        else:
            period, longest = block.get(this, (1, 1))
            for _ in range(1 if this == "lone" else int(chance.integers(3, longest))):
                if at + 2 >= beats.size:
                    break
                rr_s = beats[at + 1] - beats[at]
                t_s.append(t_s[-1] + rr_s * coupling * chance.uniform(0.95, 1.05))
                is_sinus.append(False)
                if reset:
                    shift += t_s[-1] - (beats[at + 1] + shift)
                    at += 1
                else:
                    at += 2
                for _ in range(max(period - 1, 0) if this != "lone" else 0):
                    if at >= beats.size - 1:
                        break
                    t_s.append(beats[at] + shift)
                    is_sinus.append(True)
                    at += 1
                at -= 1 if this != "lone" else 0
            at += 1 if this != "lone" else 0
    order = np.argsort(t_s)
    t_s, is_sinus = np.array(t_s)[order], np.array(is_sinus)[order]
    apart = np.concatenate([[True], np.diff(t_s) > 0.2])
    return Heart(t_s[apart], is_sinus[apart])


def with_pauses(chance, *, every, seconds=300.0):
    """A sinus rhythm that stops for 2.1 to 6 s once in so many beats."""
    heart = sinus(chance, hr_bpm=chance.uniform(45, 95), rmssd_ms=chance.uniform(10, 60), seconds=seconds)
    rr_s = np.diff(heart.t_s)
    at = np.arange(int(chance.integers(2, every)), rr_s.size, every)
    rr_s[at] = chance.uniform(2.1, 6.0, at.size)
    t_s = np.concatenate([[0.0], np.cumsum(rr_s)])
    t_s = t_s[t_s < seconds]
    return Heart(t_s, np.ones(t_s.size, dtype=bool))


def fibrillation(chance, *, hr_bpm, spread_01, seconds=300.0):
    """Intervals without order; a small spread looks almost like breathing."""
    rr_s = 60 / hr_bpm * np.exp(chance.normal(0, spread_01, int(seconds * hr_bpm / 60 * 1.3)))
    t_s = np.concatenate([[0.0], np.cumsum(np.clip(rr_s, 0.3, 2.5))])
    t_s = t_s[t_s < seconds]
    return Heart(t_s, np.zeros(t_s.size, dtype=bool))


def paced(chance, *, hr_bpm, seconds=300.0, own_01=0.0):
    """A pacemaker's clock, and a share of beats of the heart's own that reset it."""
    rr_s = np.full(int(seconds * hr_bpm / 60 * 1.5), 60 / hr_bpm) + chance.normal(
        0, 0.0005, int(seconds * hr_bpm / 60 * 1.5)
    )
    own = chance.random(rr_s.size) < own_01
    rr_s[own] *= chance.uniform(0.6, 0.98, own.sum())
    t_s = np.concatenate([[0.0], np.cumsum(rr_s)])
    keep = t_s < seconds
    return Heart(t_s[keep], np.zeros(int(keep.sum()), dtype=bool))


def with_noise_bursts(heart, chance, *, count=3, longest_s=8.0):
    """Beat times as a detector finds them through bursts of noise: some missed, some made up, some moved."""
    t_s = heart.t_s.copy()
    for begin_s in chance.uniform(5, heart.t_s[-1] - 15, count):
        end_s = begin_s + chance.uniform(2, longest_s)
        inside = (t_s >= begin_s) & (t_s < end_s)
        kept = t_s[inside & (chance.random(t_s.size) > 0.3)]
        kept = kept + chance.normal(0, 0.06, kept.size)
        made = chance.uniform(begin_s, end_s, chance.poisson(1.0 * (end_s - begin_s)))
        t_s = np.sort(np.concatenate([t_s[~inside], kept, made]))
        t_s = t_s[np.concatenate([[True], np.diff(t_s) > 0.24])]
    return t_s
