"""Every quirk that is recognised: one row, and one module that judges it.

Where two rows show, the earlier one holds: what explains more stands first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.sources.strap.quirks import derived, fill, missing, repeats, undoing, units
from agent.sources.strap.quirks.history import History
from agent.sources.strap.quirks.undoing import Undoing
from agent.sources.strap.states import StrapState


@dataclass(frozen=True, slots=True)
class Quirk:
    """One row.

    Attributes:
        state: What the person reads.
        shows: Whether the packets that came lately have it.
        undoing: What is done about it.
        reported: Where it was reported: project and title.
    """

    state: StrapState
    shows: Callable[[History], bool]
    undoing: Callable[[History], Undoing]
    reported: str

    @property
    def is_doubtful(self) -> bool:
        """Its intervals are not the heart's, and nothing brings those back."""
        return self.undoing is undoing.Doubted


QUIRKS: Final = (
    Quirk(
        StrapState.FILLED,
        fill.shows,
        undoing.Doubted,
        "ryanbr/noop #2371: A 500 ms R-R fill value is banked as a real interval",
    ),
    Quirk(
        StrapState.FROM_RATE,
        derived.shows_from_rate,
        undoing.Doubted,
        "bandapps/bandapps.github.io #41: RR Intervals (made from 1/BPM)",
    ),
    Quirk(
        StrapState.COARSE,
        derived.shows_coarse,
        undoing.Doubted,
        "no report found: lengths in hundredths of a second",
    ),
    Quirk(
        StrapState.AVERAGED,
        derived.shows_averaged,
        undoing.Doubted,
        "JanCBrammer/OpenHRV #3: OH1 support (its intervals are heavily smoothed)",
    ),
    Quirk(
        StrapState.REPEATED,
        repeats.shows,
        undoing.WithoutRepeats,
        "PGomes92/pyhrv #14: Getting true RR interval sequence from smartwatch data",
    ),
    Quirk(
        StrapState.NEWEST_ONLY,
        missing.shows_newest_only,
        undoing.Doubted,
        "TrackMyIndoorWorkout #372: Heart rate updates too infrequently; codeinversion/sensors-swift #6: RR Intervals "
        "should be supported by zero-to-many values",
    ),
    Quirk(
        StrapState.SPARSE,
        missing.shows_sparse,
        undoing.Doubted,
        "OpenStrap/edge #286: Gen5 live R-R calculation discards packet boundaries and timestamps",
    ),
    Quirk(
        StrapState.MILLISECONDS,
        units.shows,
        undoing.InTicks,
        "ryanbr/noop #2195: WHOOP 5 R-R words are milliseconds, not 1/1024-second ticks",
    ),
)
