"""A recording of beat intervals, played as if a strap were worn now.

The first interval begins at the session's start; where a CSV's times leave a hole, the replay leaves the same hole.
What a file may hold: `agent.recording.files`.
"""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import RecordingUnreadable
from agent.model import NS_PER_S, Sample
from agent.recording.files import beats
from agent.sources.context import Surroundings
from agent.sources.spec import SensorCheck


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source."""

    file: Path


async def samples(settings: Settings, around: Surroundings) -> AsyncGenerator[Sample, None]:
    """Beats at their own pace, from the session's start on.

    Raises:
        RecordingUnreadable: Naming the line and the reason, before the first beat.
    """
    start_ns = around.clock.start_ns()
    for beat in beats(settings.file):
        t_ns = start_ns + round(beat.end_s * NS_PER_S)
        await around.clock.sleep_until(t_ns)
        yield Sample(t_ns, "rr_ms", beat.rr_ms)


def check(settings: Settings, _: Surroundings) -> Iterator[SensorCheck]:
    """What doctor says: whether the recording can be read."""
    try:
        count = len(beats(settings.file))
    except RecordingUnreadable as error:
        yield SensorCheck("recording", ok=False, words=str(error), remedy=error.remedy)
    else:
        yield SensorCheck("recording", ok=True, words=f"{count} intervals can be read")
