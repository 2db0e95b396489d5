"""FIT monitoring files, of Garmin and others: steps, heart rates and active time of a day. Read by fitdecode.

Steps are counted up per activity from the file's beginning; what is new since the last message belongs to the time in
between. Times of 16 bits continue the last whole one. A damaged file is refused: of 60 damaged ones, 19 were read
otherwise without the check of sums.

Source: Garmin, FIT SDK, profile messages ``monitoring_info`` (103), ``monitoring`` (55), ``monitoring_hr_data`` (211).
"""

import io
import struct
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from agent.days.health.clock import DAY_S, Stretch
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.found import WATCH
from agent.days.health.refusals import refused

_MARK: Final = b".FIT"
_FIT_EPOCH_S: Final = 631_065_600  # 1989-12-31T00:00:00Z
_FILES: Final = ("monitoring_a", "monitoring_b", "monitoring_daily")
_ON_FOOT: Final = ("walking", "running")
_HALF: Final = 2
_WRAP: Final = 1 << 16
_GAP_MOST_S: Final = 6 * 3600
# what the decoder lets through on bytes that are no FIT
_DAMAGE: Final = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, EOFError, AssertionError,
    ZeroDivisionError, NotImplementedError, OSError, struct.error,
)  # fmt: skip


def knows(_: File, head: bytes) -> bool:
    """By the mark in its header."""
    return len(head) >= 12 and head[8:12] == _MARK and head[0] in (12, 14)


def wants(file: File) -> bool:
    """By its name."""
    return file.base.lower().endswith(".fit")


def read(reading: Reading) -> None:
    """Every monitoring file. Others of an archive are left out; one that stands alone is refused.

    Raises:
        ImportRefused: Damaged, no monitoring file, or of several people.
    """
    is_any = False
    for file in reading.files:
        is_any |= _Monitoring(reading).run(file)
    if not is_any:
        raise refused("nothing_of_use", "FIT")


class _Monitoring:
    """One file."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._facts = reading, reading.facts
        self._now_s: int | None = None  # of the last message
        self._east_s: int | None = None
        self._counts: dict[str, float] = {}  # activity -> steps so far
        self._counted_s: int | None = None  # up to which moment they are counted
        self._is_monitoring = False

    def run(self, file: File) -> bool:
        """Whether it was a monitoring file."""
        for frame in _messages(file):
            if frame.name == "file_id":
                self._is_monitoring = str(_value(frame, "type")) in _FILES
            elif frame.name == "user_profile":
                self._profile(frame)
            elif frame.name == "monitoring_info":
                self._info(frame)
            elif frame.name == "monitoring" and self._is_monitoring:
                self._message(frame)
            elif frame.name == "monitoring_hr_data" and self._is_monitoring:
                self._resting(frame)
        return self._is_monitoring

    def _profile(self, frame: Any) -> None:
        named = _value(frame, "friendly_name") or _value(frame, "global_id")
        if named:
            self._facts.person(str(named))

    def _info(self, frame: Any) -> None:
        """The offset is the local time less UTC."""
        utc_s, local_s = _moment_s(frame, "timestamp"), _moment_s(frame, "local_timestamp")
        if utc_s is None:
            return
        self._now_s = self._counted_s = utc_s
        if local_s is not None and -12 * 3600 <= local_s - utc_s <= 14 * 3600:
            self._east_s = local_s - utc_s
        self._counts.clear()

    def _message(self, frame: Any) -> None:
        now_s = self._moment(frame)
        if now_s is None:
            self._facts.unread["bad_date"] += 1
            return
        self._now_s = now_s
        east_s = self._reading.offsets.east_at(now_s) if self._east_s is None else self._east_s
        source = self._facts.source(WATCH)
        rate_bpm = _value(frame, "heart_rate")
        if isinstance(rate_bpm, int | float) and rate_bpm:
            self._facts.add_rate(now_s, float(rate_bpm), source, east_s)
        activity = str(_value(frame, "activity_type"))
        steps = _steps(frame, activity)
        if steps is not None:
            self._add(activity, now_s, steps, source, east_s)

    def _resting(self, frame: Any) -> None:
        """Message 211: the day's resting rate, or its mean of a week where the day has none: that is not the day's."""
        at_s, rate_bpm = _moment_s(frame, "timestamp"), _value(frame, "current_day_resting_heart_rate")
        if at_s is not None and isinstance(rate_bpm, int | float) and rate_bpm:
            east_s = self._reading.offsets.east_at(at_s) if self._east_s is None else self._east_s
            day = (at_s + east_s) // DAY_S
            self._facts.add_total(day, "resting_hr_bpm", float(rate_bpm), self._facts.source(WATCH))

    def _add(self, activity: str, now_s: int, steps: float, source: int, east_s: int) -> None:
        """What is new belongs to the time since the last count of any activity: they follow one another."""
        before = self._counts.get(activity, 0.0)
        self._counts[activity] = steps
        is_anew = steps < before  # counted from 0 again after midnight
        start_s = min(now_s if self._counted_s is None else self._counted_s, now_s)
        if is_anew:
            start_s = max(start_s, now_s - (now_s + east_s) % DAY_S)
        new = steps if is_anew else steps - before
        stretch = Stretch(max(start_s, now_s - _GAP_MOST_S), now_s, east_s, east_s)
        self._facts.add_amount(self._facts.steps, stretch, new, source)
        if new:
            self._counted_s = now_s

    def _moment(self, frame: Any) -> int | None:
        whole_s = _moment_s(frame, "timestamp")
        if whole_s is not None:
            return whole_s
        low = _value(frame, "timestamp_16")
        if not isinstance(low, int) or self._now_s is None:
            return None
        last = self._now_s - _FIT_EPOCH_S
        return self._now_s + (low - last) % _WRAP


def _messages(file: File) -> Iterator[Any]:
    import fitdecode

    try:
        reader = fitdecode.FitReader(
            io.BytesIO(file.whole()), check_crc=fitdecode.CrcCheck.RAISE, error_handling=fitdecode.ErrorHandling.RAISE
        )
        with reader:
            yield from (frame for frame in reader if isinstance(frame, fitdecode.FitDataMessage))
    except (fitdecode.FitError, *_DAMAGE) as error:
        raise refused("damaged", "FIT") from error


def _steps(frame: Any, activity: str) -> float | None:
    """On foot, a cycle is two steps."""
    named = _value(frame, "steps")
    if isinstance(named, int | float):
        return float(named)
    cycles = _value(frame, "cycles")
    if activity in _ON_FOOT and isinstance(cycles, int | float):
        return float(cycles) * _HALF
    return None


def _value(frame: Any, name: str) -> Any:
    return frame.get_value(name, fallback=None) if frame.has_field(name) else None


def _moment_s(frame: Any, name: str) -> int | None:
    value = _value(frame, name)
    return int(value.timestamp()) if isinstance(value, datetime) else None
