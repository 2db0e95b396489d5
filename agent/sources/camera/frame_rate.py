"""How often a frame is looked at: idle, tracking, a burst for the eyes, or spared. Pure; time is given.

             one face                  30 s later, then every 10 min
IDLE 1 Hz ────────────▶ TRACK 5 Hz ─────────────────▶ EYES, as fast as the camera, 60 s
   ▲  5 s without a face    │ ▲                              │
   └────────────────────────┘ └──────────────────────────────┘
spared (battery low, hot, busy): TRACK at 2 Hz, no bursts
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Mode(Enum):
    """What is looked for."""

    IDLE = "idle"
    TRACK = "track"
    EYES = "eyes"


IDLE_HZ: Final = 1.0
TRACK_HZ: Final = 5.0
SPARED_HZ: Final = 2.0
EYES_HZ: Final = 30.0
_GONE_S: Final = 5.0
_FIRST_BURST_S: Final = 30.0
_BURST_S: Final = 60.0
_EVERY_S: Final = 600.0
_SEARCH_S: Final = 0.95  # the whole frame is searched for a second face so often, whatever is tracked


@dataclass(frozen=True, slots=True)
class Strain:
    """What this machine can spare.

    Attributes:
        on_battery_below_01: Charge while running on battery, 0 to 1; None: on mains, or no battery.
        hot: A processor near its limit.
        busy_01: Share of its time that the chain needed of late for the frames it was given.
    """

    on_battery_below_01: float | None = None
    hot: bool = False
    busy_01: float = 0.0

    @property
    def spare(self) -> bool:
        """Whether to look less often. The limits are ours: half of the time, a third of a battery."""
        low = self.on_battery_below_01 is not None and self.on_battery_below_01 < 0.3
        return low or self.hot or self.busy_01 > 0.5


class FrameRate:
    """The mode, from what was seen.

    Args:
        bursts: Whether eyes may be read in bursts.
    """

    def __init__(self, *, bursts: bool = True) -> None:
        self.mode = Mode.IDLE
        self.spared = False
        self._bursts = bursts
        self._face_s = float("-inf")
        self._next_burst_s = float("inf")
        self._burst_ends_s = 0.0
        self._searched_s = float("-inf")

    def saw(self, now_s: float, faces: int, strain: Strain) -> Mode:
        """Take one look's outcome over; the mode for the next one.

        Args:
            now_s: Session time in s.
            faces: How many were in view.
            strain: Of the machine.
        """
        self.spared = strain.spare
        if faces:
            self._face_s = now_s
            if self.mode is Mode.IDLE:
                self.mode, self._next_burst_s = Mode.TRACK, now_s + _FIRST_BURST_S
        elif now_s - self._face_s > _GONE_S:
            self.mode = Mode.IDLE
        if self.mode is Mode.EYES and (now_s >= self._burst_ends_s or self.spared):
            self.mode, self._next_burst_s = Mode.TRACK, now_s + _EVERY_S - _BURST_S
        if self.mode is Mode.TRACK and self._bursts and not self.spared and now_s >= self._next_burst_s:
            self.mode, self._burst_ends_s = Mode.EYES, now_s + _BURST_S
        return self.mode

    @property
    def rate_hz(self) -> float:
        """Looks a second."""
        if self.mode is Mode.IDLE:
            return IDLE_HZ
        if self.mode is Mode.EYES:
            return EYES_HZ
        return SPARED_HZ if self.spared else TRACK_HZ

    def search_is_due(self, now_s: float) -> bool:
        """Whether this look searches the whole frame: by time, for a camera in the dark is slow."""
        if now_s - self._searched_s < _SEARCH_S:
            return False
        self._searched_s = now_s
        return True
