"""The windows of one person and day as bytes: beginnings, lengths, coverage and codes of what the channels need.

Values stay in the codes of the wire, so that a score depends on nothing but what arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.channels import CHANNELS, reading
from agent.scoring.day_windows import DayWindows
from agent.wire import codec, schema
from agent.wire.codec import Fields
from agent.wire.message import SummaryMessage

_RATE: Final = "hr_mean_bpm"
_VERSION: Final = 1
Codes = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Window:
    """One summary, as far as it is scored.

    Attributes:
        start_utc_s, length_s: Its bounds.
        coverage: Of the heart rate, in thousandths.
        codes: ``v`` by feature id; withheld ones are absent.
    """

    start_utc_s: int
    length_s: int
    coverage: int
    codes: tuple[tuple[int, int], ...]


@cache
def feature_ids() -> tuple[int, ...]:
    """Ids of the features that the channels are made of, ascending."""
    names = {name for row in CHANNELS.values() for name in row.features} | {_RATE}
    return tuple(sorted(one.feature_id for one in schema.features().values() if one.name in names))


def window_of(message: SummaryMessage) -> Window:
    """What of a summary is scored."""
    wanted = feature_ids()
    rate = next((coded for coded in message.values if coded.feature_id == _rate_id()), None)
    coded = tuple((one.feature_id, one.v) for one in message.values if one.v and one.feature_id in wanted)
    length_s = message.end_utc_s - message.start_utc_s
    return Window(message.start_utc_s, length_s, 0 if rate is None else rate.coverage, coded)


@cache
def _rate_id() -> int:
    return next(one.feature_id for one in schema.features().values() if one.name == _RATE)


@dataclass(frozen=True, slots=True)
class DayRow:
    """The windows of one day, oldest first, at most one for each beginning.

    Attributes:
        start_utc_s: Shape ``(n,)``.
        length_s: Shape ``(n,)``.
        coverage: In thousandths, shape ``(n,)``.
        codes: By feature id, shape ``(n,)`` each; 0 where the feature was withheld.
    """

    start_utc_s: NDArray[np.int64]
    length_s: NDArray[np.int64]
    coverage: Codes
    codes: Mapping[int, Codes]

    @property
    def n(self) -> int:
        return int(self.start_utc_s.size)

    def windows(self) -> list[Window]:
        """The same, one by one."""
        ids = sorted(self.codes)
        return [
            Window(
                int(self.start_utc_s[n]),
                int(self.length_s[n]),
                int(self.coverage[n]),
                tuple((one, int(self.codes[one][n])) for one in ids if self.codes[one][n]),
            )
            for n in range(self.n)
        ]

    def without(self, left_out: Iterable[tuple[int, int]]) -> "DayRow":
        """The windows that begin in none of these stretches."""
        keep = np.ones(self.n, dtype=bool)
        for begin, end in left_out:
            keep &= ~((self.start_utc_s >= begin) & (self.start_utc_s < end))
        return self if keep.all() else self._of(keep)

    def _of(self, keep: NDArray[np.bool_]) -> "DayRow":
        codes = {one: column[keep] for one, column in self.codes.items()}
        return DayRow(self.start_utc_s[keep], self.length_s[keep], self.coverage[keep], codes)

    def rates_bpm(self) -> NDArray[np.float64]:
        """The heart rates that there are, in beats per minute."""
        column = self.codes.get(_rate_id())
        return np.empty(0) if column is None else _values(_rate_id())[column[column > 0]]

    def day_windows(self, at_s: NDArray[np.int64]) -> DayWindows:
        """What readings are made of.

        Args:
            at_s: The beginnings on the person's clock, shape ``(n,)``.
        """
        rate = self.codes.get(_rate_id())
        hr_bpm = np.full(self.n, np.inf) if rate is None else np.where(rate > 0, _values(_rate_id())[rate], np.inf)
        by_name = {schema.features()[one].name: one for one in self.codes}
        values = {}
        for name, row in CHANNELS.items():
            if row.features and all(feature in by_name for feature in row.features):
                parts = [self._column(by_name[feature]) for feature in row.features]
                mean = sum(parts[1:], parts[0]) / len(parts)
                values[name] = np.array([reading(row, value) for value in mean.tolist()])
        hours = self.length_s / 3600.0
        return DayWindows(at_s, hours, hr_bpm, self.coverage / schema.SHARE_STEPS, values)

    def _column(self, feature_id: int) -> NDArray[np.float64]:
        column = self.codes[feature_id]
        return np.where(column > 0, _values(feature_id)[column], np.nan)

    def encode(self) -> bytes:
        """As it is kept."""
        begins = int(self.start_utc_s[0]) if self.n else 0
        ids = sorted(self.codes)
        return codec.encode(
            [
                _VERSION,
                begins,
                (self.start_utc_s - begins).astype("<u4").tobytes(),
                self.length_s.astype("<u4").tobytes(),
                self.coverage.astype("<u2").tobytes(),
                [[one, self.codes[one].astype("<u2").tobytes()] for one in ids],
            ]
        )


@cache
def _values(feature_id: int) -> NDArray[np.float64]:
    """Value of each code; NaN for 0."""
    feature = schema.features()[feature_id]
    return np.array([np.nan, *(feature.value(v) for v in range(1, feature.v_max + 1))], dtype=float)


def decode_day(data: bytes) -> DayRow:
    """Inverse of `DayRow.encode`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(codec.decode(data), 6)
    row.uint()
    begins, starts, lengths, coverage, columns = row.uint(), row.raw(), row.raw(), row.raw(), row.array()
    codes = {}
    for item in columns:
        column = Fields(item, 2)
        feature_id = column.uint()
        codes[feature_id] = np.frombuffer(column.raw(), "<u2").astype(np.uint16)
    return DayRow(
        np.frombuffer(starts, "<u4").astype(np.int64) + begins,
        np.frombuffer(lengths, "<u4").astype(np.int64),
        np.frombuffer(coverage, "<u2").astype(np.uint16),
        codes,
    )


EMPTY: Final = DayRow(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16), {})


def merged(row: DayRow, more: Iterable[Window]) -> DayRow:
    """A day with more windows. Of two with one beginning the greater stays, in whatever order they arrived."""
    new = sorted(more, key=lambda window: (window.start_utc_s, _rank(window)))
    in_order = row.n == 0 or (bool(new) and new[0].start_utc_s > int(row.start_utc_s[-1]))
    by_start = {one.start_utc_s: one for one in ([] if in_order else row.windows())}
    for window in new:
        known = by_start.get(window.start_utc_s)
        if known is None or _rank(window) > _rank(known):
            by_start[window.start_utc_s] = window
    made = _row([by_start[start] for start in sorted(by_start)])
    return _joined(row, made) if in_order and row.n else made


def _joined(first: DayRow, then: DayRow) -> DayRow:
    ids = sorted({*first.codes, *then.codes})

    def column(of: DayRow, one: int) -> Codes:
        return of.codes.get(one, np.zeros(of.n, np.uint16))

    return DayRow(
        np.concatenate((first.start_utc_s, then.start_utc_s)),
        np.concatenate((first.length_s, then.length_s)),
        np.concatenate((first.coverage, then.coverage)),
        {one: np.concatenate((column(first, one), column(then, one))) for one in ids},
    )


def _row(every: Sequence[Window]) -> DayRow:
    ids = sorted({one for window in every for one, _ in window.codes})
    by_id = [dict(window.codes) for window in every]
    return DayRow(
        np.array([window.start_utc_s for window in every], dtype=np.int64),
        np.array([window.length_s for window in every], dtype=np.int64),
        np.array([window.coverage for window in every], dtype=np.uint16),
        {one: np.array([codes.get(one, 0) for codes in by_id], dtype=np.uint16) for one in ids},
    )


def _rank(window: Window) -> tuple[int, int, tuple[tuple[int, int], ...], int]:
    return len(window.codes), window.length_s, window.codes, window.coverage
