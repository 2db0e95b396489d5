"""The few types that packages pass to each other; all frozen, all with their units."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000

T = TypeVar("T")


class Quality(IntEnum):
    """How far a number can be trusted; doubtful samples stay in place, marked."""

    GOOD = 0
    SUSPECT = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured number, as a source saw it.

    Attributes:
        t_ns: Session time at which the measured thing ended (a beat interval: its second beat).
        channel: Name with unit, such as ``rr_ms``.
        value: In the channel's unit.
        quality: The source's own doubt.
    """

    t_ns: int
    channel: str
    value: float
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Series:
    """One channel inside a window, oldest first.

    Attributes:
        t_ns: Session time of each sample, int64, shape ``(n,)``.
        value: In the channel's unit, float64, shape ``(n,)``.
        good: False where the sample is doubtful, bool, shape ``(n,)``.
        lead: Samples at the front that lie before the window: context for labels and
            differences, never counted themselves.
        trail: Samples at the end that lie after it: a label looks two beats ahead.
        label: What each sample is, int8, where whoever made the series knows it already; None: not yet.
    """

    t_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    good: NDArray[np.bool_]
    lead: int = 0
    trail: int = 0
    label: NDArray[np.int8] | None = None

    @property
    def inside(self) -> slice:
        """The samples of the window itself."""
        return slice(self.lead, self.t_ns.size - self.trail)


@dataclass(frozen=True, slots=True)
class Window:
    """All channels over [start_ns, end_ns) of session time."""

    start_ns: int
    end_ns: int
    series: dict[str, Series]
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def span_s(self) -> float:
        return (self.end_ns - self.start_ns) / NS_PER_S

    def once(self, make: "Callable[[Window], T]") -> T:
        """What several features need of this window, made on first use."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])


@dataclass(frozen=True, slots=True)
class FeatureValue:
    """One number for people, or the reason why there is none.

    Attributes:
        name: Row of `agent.features.FEATURES`; holds the unit.
        value: None when withheld.
        n: Count the value rests on (beats or pairs).
        coverage_01: Share of the window that good samples cover.
        edited_01: Share of samples that were marked doubtful.
        ci_low, ci_high: Confidence interval (95 %) in the value's unit, or None.
        reason: Why it is withheld; stays on the device.
        longest_gap_s: The longest stretch of the window without a good sample.
    """

    name: str
    value: float | None
    n: int
    coverage_01: float
    edited_01: float
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str = ""
    longest_gap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What one window said, in UTC; kept in `history`, never sent as it is."""

    start_utc_s: int
    end_utc_s: int
    values: tuple[FeatureValue, ...]


@dataclass(frozen=True, slots=True)
class CodedValue:
    """One feature as the wire format counts it (agent/wire/FORMAT.md section 4): all whole numbers.

    ``v`` 0 means withheld; then every other field but ``feature_id`` is 0.
    """

    feature_id: int
    v: int
    n: int = 0
    coverage: int = 0
    edited: int = 0
    ci_low: int = 0
    ci_high: int = 0


@dataclass(frozen=True, slots=True)
class Released:
    """A summary that policy and consent let go. Made by `agent.privacy.gate` alone."""

    purpose: str
    consent_hash: bytes
    start_utc_s: int
    end_utc_s: int
    values: tuple[CodedValue, ...]


@dataclass(frozen=True, slots=True)
class CodedDay:
    """One value of a day as the wire format counts it (agent/wire/FORMAT.md section 4): all whole numbers.

    Attributes:
        feature_id: Of a row of `agent.tables.days.DAYS`.
        v: From 1.
        coverage: In thousandths.
    """

    feature_id: int
    v: int
    coverage: int


@dataclass(frozen=True, slots=True)
class ReleasedDay:
    """All values of one day that policy and consent let go; none takes an earlier statement back.

    Made by `agent.privacy.gate` alone.
    """

    purpose: str
    consent_hash: bytes
    day: int
    values: tuple[CodedDay, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of UTC seconds [start, end); ``end_utc_s`` None is still open."""

    start_utc_s: int
    end_utc_s: int | None = None

    def overlaps(self, start_utc_s: int, end_utc_s: int) -> bool:
        """Whether any moment of [start, end) lies inside."""
        return self.start_utc_s < end_utc_s and (self.end_utc_s is None or start_utc_s < self.end_utc_s)


@dataclass(frozen=True, slots=True)
class DayValue:
    """One number of one day. A day without a value has no row: "not imported" is not 0.

    Attributes:
        day: Days since 1970 on the person's calendar, in the zone where they lived it.
        name: Row of `agent.tables.days.DAYS`; holds the unit.
        value: In that unit.
        coverage_01: Share of the day (or night) that the source knew.
    """

    day: int
    name: str
    value: float
    coverage_01: float
