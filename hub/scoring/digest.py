"""What scoring keeps of a person between two summaries: readings of each day, hours worn, and what was noted.

It is made from stored rows, and made again from them whenever it is missing or does not decrypt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agent.errors import WireRefused
from agent.scoring.day_windows import BLOCKS, Blocks
from agent.wire import codec, codes
from agent.wire.codec import Decoded, Fields, Item
from hub.scoring.noted import Statements
from hub.scoring.said_days import SaidDays

_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class DayReadings:
    """One day on the person's clock.

    Attributes:
        blocks: Readings; see `agent.scoring.day_windows`.
        worn_h, covered_h: Hours worn, and the same weighted by coverage.
    """

    blocks: Blocks
    worn_h: float
    covered_h: float


@dataclass(frozen=True, slots=True)
class Digest:
    """One person.

    Attributes:
        days: Readings by day since 1970, on the person's clock.
        statements: What was noted.
        arrivals: The highest arrival number that it was made from.
        serial: Of the consent of the newest row.
        last_utc_s: Beginning of the newest window; -1 before the first.
        limit_day, limit_bpm: Limit of rest of the newest day, where the days before it alone decide it; -1: they do
            not, or it is not known.
        said_days: Statements of values of days.
    """

    days: Mapping[int, DayReadings] = field(default_factory=dict)
    statements: Statements = field(default_factory=dict)
    arrivals: int = 0
    serial: int = 0
    last_utc_s: int = -1
    limit_day: int = -1
    limit_bpm: float = 0.0
    said_days: SaidDays = field(default_factory=dict)

    def encode(self) -> bytes:
        """As it is kept: floating-point numbers in eight bytes each, so that nothing is lost."""
        days = sorted(self.days)
        worn = np.array([(self.days[day].worn_h, self.days[day].covered_h) for day in days], dtype="<f8")
        names = sorted({name for of_day in self.days.values() for name in of_day.blocks})
        channels: list[Item] = []
        for name in names:
            blocks = {block: value for day in days for block, value in self.days[day].blocks.get(name, {}).items()}
            places, values = np.array(list(blocks), dtype="<u4"), np.array(list(blocks.values()), dtype="<f8")
            channels.append([codes.codes("channels")[name], places.tobytes(), values.tobytes()])
        return codec.encode(
            [
                _VERSION,
                self.arrivals,
                self.serial,
                self.last_utc_s + 1,
                self.limit_day + 1,
                np.float64(self.limit_bpm).astype("<f8").tobytes(),
                np.array(days, dtype="<u4").tobytes(),
                worn.tobytes(),
                channels,
                _items(self.statements),
                _items(self.said_days),
            ]
        )


def _items(statements: Statements) -> list[Item]:
    return [[day, index, words] for day, (index, words) in sorted(statements.items())]


def decode_digest(data: bytes) -> Digest | None:
    """Inverse of `Digest.encode`; None for what another version wrote: it is made again.

    Raises:
        WireRefused: ``malformed``.
    """
    item = codec.decode(data)
    if not isinstance(item, list) or not item or item[0] != _VERSION:
        return None
    try:
        return _digest(item)
    except (ValueError, KeyError) as error:  # of arrays whose lengths do not fit, or of an unknown channel
        raise WireRefused("malformed", "a digest is not valid") from error


def _digest(item: list[Decoded]) -> Digest:
    row = Fields(item[1:], 10)
    arrivals, serial, last, limit_day = (row.uint() for _ in range(4))
    limit_bpm = float(np.frombuffer(row.raw(8), "<f8")[0])
    days = np.frombuffer(row.raw(), "<u4").tolist()
    worn = np.frombuffer(row.raw(), "<f8").reshape(-1, 2).tolist()
    if len(days) != len(worn):
        raise WireRefused("malformed", "a digest is not valid")
    blocks: dict[int, Blocks] = {day: {} for day in days}
    for listed in row.array():
        channel = Fields(listed, 3)
        name = codes.names("channels")[channel.uint()]
        places, values = np.frombuffer(channel.raw(), "<u4").tolist(), np.frombuffer(channel.raw(), "<f8").tolist()
        for place, value in zip(places, values, strict=True):
            blocks[place // BLOCKS].setdefault(name, {})[place] = value
    statements, said_days = _statements(row.array()), _statements(row.array())
    readings = {day: DayReadings(blocks[day], *hours) for day, hours in zip(days, worn, strict=True)}
    return Digest(readings, statements, arrivals, serial, last - 1, limit_day - 1, limit_bpm, said_days)


def _statements(listed: Sequence[Decoded]) -> dict[int, tuple[int, bytes]]:
    found = {}
    for item in listed:
        said = Fields(item, 3)
        day, index = said.uint(), said.uint()
        found[day] = (index, said.raw())
    return found
