"""What a person can say about a recording that its file does not: `--column`, `--unit` and their like."""

import math
import re
from dataclasses import dataclass
from typing import Final

from agent.errors import WrongUse

_MS: Final = {
    "ms": 1.0, "msec": 1.0, "milliseconds": 1.0, "millisecond": 1.0,
    "s": 1000.0, "sec": 1000.0, "secs": 1000.0, "seconds": 1000.0, "second": 1000.0,
    "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "usec": 1e-3, "microseconds": 1e-3,
    "ns": 1e-6, "nsec": 1e-6, "nanoseconds": 1e-6,
    "min": 60_000.0, "minutes": 60_000.0,
}  # fmt: skip
_FRACTION: Final = re.compile(r"1/(\d{1,7})\s*(s|sec|seconds)?")
_SAMPLES: Final = ("samples", "sample", "counts")


@dataclass(frozen=True, slots=True)
class Options:
    """What the person says of the file; None where the file is to say it.

    Attributes:
        column: The column of intervals or samples: its name, or its number from 1.
        time_column: The column of times: its name, its number from 1, or ``none``.
        unit: The unit of intervals: ms, s, us, ns, 1/1024s or samples; or of conductance or acceleration.
        fs_hz: Samples per second, of a wave, or of intervals that are counted in samples.
        lead: Which signal of a file with several: its name, or its number from 1.
    """

    column: str | None = None
    time_column: str | None = None
    unit: str | None = None
    fs_hz: float | None = None
    lead: str | None = None

    def unit_ms(self) -> float | None:
        """How many ms the unit lasts; None where none is given.

        Raises:
            WrongUse: No such unit, or samples without a rate.
        """
        if self.unit is None:
            return None
        if self.unit.strip().lower() in _SAMPLES:
            if self.fs_hz is None:
                raise WrongUse("--unit samples needs the sampling rate", remedy="Add it, for example --fs 250.")
            return 1000.0 / self.fs_hz
        length_ms = unit_in_ms(self.unit)
        if length_ms is None:
            raise WrongUse(f"--unit {self.unit} is not known", remedy="Choose ms, s, us, ns, 1/1024s or samples.")
        return length_ms

    def check(self, *, is_of_time: bool = True) -> None:
        """Whether the words can be.

        Args:
            is_of_time: Whether the unit is one of time.

        Raises:
            WrongUse: A rate or a unit that cannot be.
        """
        if self.fs_hz is not None and not (math.isfinite(self.fs_hz) and self.fs_hz > 0):
            raise WrongUse(
                f"--fs {self.fs_hz:g} is not a valid sampling rate",
                remedy="Give samples per second, for example --fs 250.",
            )
        if is_of_time:
            self.unit_ms()


def unit_in_ms(text: str) -> float | None:
    """The length of a unit of time in ms; None where the word is none.

    >>> unit_in_ms("1/1000 s")
    1.0
    """
    word = text.strip().lower()
    if fraction := _FRACTION.fullmatch(word):
        return 1000.0 / int(fraction[1]) if int(fraction[1]) else None
    return _MS.get(word)
