"""Apple Health's ``export.xml``: beats as whole heart rates, with a clock.

Between two beats lie 10 ms of the clock; the rates beside them are rounded to whole numbers. Both are too coarse for
intervals, so the file is refused with the way to a better one.
"""

from typing import Final

from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source

_WHY: Final = (
    "an Apple Health export; its beats have whole heart rates and a clock of 10 ms, too coarse for variability"
)
_INSTEAD: Final = "Export the heartbeat series (beat-to-beat) as JSON with an app that reads HealthKit."


def knows(source: Source) -> bool:
    """By its names."""
    return b"<HealthData" in source.head or b"HKQuantityTypeIdentifier" in source.head[:8192]


def rows(source: Source, _: Options) -> Rows:
    """Refused.

    Raises:
        RecordingUnreadable: Always.
    """
    raise source.bad(1, _WHY, _INSTEAD)
