"""CHANNELS: what a strain index may be made of; one row a channel, and an open place for those to come.

A channel is one number a reading. What it was in the person's own past is its yardstick, so a row holds no normal
value: only its unit, which direction is strain, and what is known of its spread before the first reading.

Weights are published: 1, or 0 where nothing shows that a channel says something of strain. Nothing better is known:
fused scores were not better than single channels where both were tried (StressID: .64 against .75, on other tasks), and
weights fitted to one group of people are the usual source of bias. Correlations restandardise the mean, so that the
index neither shrinks towards 50 as channels are added nor jumps when one is missing.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent.scoring.level import Prior

Group = Literal["heart", "face", "self_report", "sleep", "schedule", "other"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One row.

    Attributes:
        name: With its unit; `ln_` stands for the natural logarithm.
        features: Rows of `agent.features.FEATURES` whose mean it is; empty where its values come from elsewhere.
        group: Channels of one group are correlated more than others.
        toward_strain: 1 where more is strain, -1 where less is.
        prior: Spread of a reading within a person; see `Prior`.
        kind: What policy allows or denies, as in FEATURES.
        words: For the person.
        weight: In the mean; 0 where nothing shows that it belongs there: it is shown, and counts for nothing.
        day: Rows of `agent.tables.days.DAYS` whose sum it is; empty where its values do not come from days.
        of: Further rows: the channel is then the share of `day` among all of them.
        per_week: It is counted and not measured (`agent.scoring.counted`), seven times the day's number.
    """

    name: str
    features: tuple[str, ...]
    group: Group
    toward_strain: int
    prior: Prior
    kind: str
    words: str
    weight: float = 1.0
    day: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    per_week: bool = False


# .298: lnRMSSD of 71 people with 2,719 short readings (Welltory, CC0); 7 bpm: heart rate of the same. Personal scales
# differ by a fifth, which is what a prior worth 12 readings says (1 / sqrt(2 * 12))
_LN_RMSSD: Final = Prior(0.298, 12.0)
_HR: Final = Prior(7.0, 12.0)
# faces and self-reports have no common scale: an expressive face, a slow camera, one who never ticks the ends
_UNKNOWN: Final = Prior(1.0, 0.0)
# a week's count; see `agent.scoring.counted`
_COUNT: Final = Prior(1.0, 0.0)

_ROWS: Final = (
    Channel("ln_rmssd", ("rmssd_ms",), "heart", -1, _LN_RMSSD, "recovery", "variability between heart beats, at rest"),
    Channel("hr_bpm", ("hr_mean_bpm",), "heart", 1, _HR, "recovery", "heart rate, at rest"),
    Channel("perclos_01", ("perclos_01",), "face", 1, _UNKNOWN, "fatigue", "time with your eyes nearly shut"),
    Channel("yawns_per_min", ("yawns_per_min",), "face", 1, _UNKNOWN, "fatigue", "yawns"),
    Channel(
        "brow_down_share_01",
        ("brow_down_share_01",),
        "face",
        1,
        _UNKNOWN,
        "expression",
        "time with your brow drawn down",
    ),
    Channel(
        "smile_share_01",
        ("smile_left_share_01", "smile_right_share_01"),
        "face",
        -1,
        _UNKNOWN,
        "expression",
        "time with a smile",
    ),
    Channel("tired_0_10", (), "self_report", 1, _UNKNOWN, "fatigue", "how tired you said you were"),
    Channel("mood_0_10", (), "self_report", -1, _UNKNOWN, "self_report", "the mood you noted"),
    Channel("sleep_h", (), "sleep", -1, _UNKNOWN, "sleep", "how long you slept", day=("sleep_h",)),
    Channel(
        "short_rests_per_week",
        (),
        "schedule",
        1,
        _COUNT,
        "schedule",
        "rests of less than 11 h between shifts",
        day=("short_rests_n",),
        per_week=True,
    ),
    Channel(
        "night_shifts_per_week",
        (),
        "schedule",
        1,
        _COUNT,
        "schedule",
        "night shifts",
        0.0,
        day=("night_shifts_n",),
        per_week=True,
    ),
    Channel("calendar_hours", (), "other", 1, _UNKNOWN, "schedule", "hours of meetings", 0.0, day=("busy_h",)),
    Channel("typing_pause_s", (), "other", 1, _UNKNOWN, "typing", "pauses at the keyboard", 0.0),
    Channel("voice_pause_s", (), "other", 1, _UNKNOWN, "voice", "pauses in speech", 0.0),
    Channel(
        "text_negative_share_01",
        (),
        "other",
        1,
        _UNKNOWN,
        "text",
        "share of entries that you called negative",
        0.0,
        day=("journal_negative_n", "journal_distressed_n"),
        of=("journal_positive_n", "journal_neutral_n"),
    ),
)
CHANNELS: Final = {row.name: row for row in _ROWS}

_WITHIN_GROUP: Final = {"heart": 0.6, "face": 0.2, "self_report": 0.5, "sleep": 0.2, "schedule": 0.3, "other": 0.2}
_BETWEEN: Final = 0.1


def correlation(names: tuple[str, ...]) -> NDArray[np.float64]:
    """Correlation of deviations towards strain: 1 on the diagonal, one number within each group, 0.1 between groups.

    Args:
        names: Rows of CHANNELS.

    Returns:
        No unit, shape ``(n, n)``.

    Derived: heart .60, -lnRMSSD with heart rate within a person (Welltory, 30 people with ten readings and more); the
        other numbers are chosen by us.
    """
    groups = [CHANNELS[name].group for name in names]
    rows = [[_WITHIN_GROUP[a] if a == b else _BETWEEN for b in groups] for a in groups]
    matrix = np.array(rows, dtype=float).reshape(len(names), len(names))
    np.fill_diagonal(matrix, 1.0)
    return matrix


def reading(channel: Channel, value: float) -> float:
    """A feature's value as the channel counts it: ``ln(value)`` for names that begin with ``ln_``, else `value`.

    Args:
        channel: A row of CHANNELS.
        value: In the feature's unit.

    Returns:
        In the channel's unit; NaN for a logarithm of 0 or less.

    Source: definition.
    """
    if not channel.name.startswith("ln_"):
        return value
    return math.log(value) if value > 0.0 else math.nan
