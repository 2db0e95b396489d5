"""CHANNELS: what a strain index may be made of; one row a channel, and an open place for those to come.

A channel is one number a reading. What it was in the person's own past is its yardstick, so a row holds no normal
value: only its unit, which direction is strain, and what is known of its spread before the first reading.

Weights are equal and published (1 each). Nothing better is known: fused scores were not better than single channels
where both were tried (StressID: .64 against .75, on other tasks), and weights fitted to one group of people are
the usual source of bias. Correlations restandardise the mean, so that the index neither shrinks towards 50 as
channels are added nor jumps when one is missing.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent.scoring.level import Prior

Group = Literal["heart", "face", "self_report", "other"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One row.

    Attributes:
        name: With its unit; `ln_` stands for the natural logarithm.
        features: Rows of `agent.features.FEATURES` whose mean it is; none: given by whoever has it.
        group: Channels of one group hang together.
        toward_strain: 1 where more is strain, -1 where less is.
        weight: In the mean.
        prior: Spread of a reading within a person; see `Prior`.
        kind: What policy allows or denies, as in FEATURES.
        words: For the person.
    """

    name: str
    features: tuple[str, ...]
    group: Group
    toward_strain: int
    prior: Prior
    kind: str
    words: str
    weight: float = 1.0


# .298: lnRMSSD of 71 people with 2,719 short readings (Welltory, CC0); 7 bpm: heart rate of the same. Personal scales
# differ by a fifth, which is what a prior worth 12 readings says (1 / sqrt(2 * 12))
_LN_RMSSD: Final = Prior(0.298, 12.0)
_HR: Final = Prior(7.0, 12.0)
# faces and self-reports have no common scale: an expressive face, a slow camera, one who never ticks the ends
_OWN: Final = Prior(1.0, 0.0)

_ROWS: Final = (
    Channel("ln_rmssd", ("rmssd_ms",), "heart", -1, _LN_RMSSD, "recovery", "variability between heart beats, at rest"),
    Channel("hr_bpm", ("hr_mean_bpm",), "heart", 1, _HR, "recovery", "heart rate, at rest"),
    Channel("perclos_01", ("perclos_01",), "face", 1, _OWN, "fatigue", "time with your eyes nearly shut"),
    Channel("yawns_per_min", ("yawns_per_min",), "face", 1, _OWN, "fatigue", "yawns"),
    Channel(
        "brow_down_share_01", ("brow_down_share_01",), "face", 1, _OWN, "expression", "time with your brow drawn down"
    ),
    Channel(
        "smile_share_01",
        ("smile_left_share_01", "smile_right_share_01"),
        "face",
        -1,
        _OWN,
        "expression",
        "time with a smile",
    ),
    Channel("tired_0_10", (), "self_report", 1, _OWN, "fatigue", "how tired you said you were"),
    Channel("mood_0_10", (), "self_report", -1, _OWN, "self_report", "the mood you noted"),
    Channel("calendar_hours", (), "other", 1, _OWN, "strain", "hours of meetings"),
    Channel("typing_pause_s", (), "other", 1, _OWN, "strain", "pauses at the keyboard"),
    Channel("voice_pause_s", (), "other", 1, _OWN, "strain", "pauses in speech"),
    Channel("text_negative_share_01", (), "other", 1, _OWN, "strain", "share of notes that you called bad"),
)
CHANNELS: Final = {row.name: row for row in _ROWS}

_WITHIN_GROUP: Final = {"heart": 0.6, "face": 0.2, "self_report": 0.5, "other": 0.2}
_BETWEEN: Final = 0.1


def correlation(names: tuple[str, ...]) -> NDArray[np.float64]:
    """Correlation of deviations towards strain, shape ``(n, n)``: one number for channels of a group, one between.

    Heart: -lnRMSSD with heart rate within a person, .60 (Welltory, 30 people with ten readings and more); the other
    numbers are chosen by us.
    """
    groups = [CHANNELS[name].group for name in names]
    rows = [[_WITHIN_GROUP[a] if a == b else _BETWEEN for b in groups] for a in groups]
    together = np.array(rows, dtype=float).reshape(len(names), len(names))
    np.fill_diagonal(together, 1.0)
    return together


def reading(channel: Channel, value: float) -> float:
    """A feature's value as the channel counts it; NaN where it has none (a logarithm of nothing)."""
    if not channel.name.startswith("ln_"):
        return value
    return math.log(value) if value > 0.0 else math.nan
