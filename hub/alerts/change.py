"""Days of change alarms from digests, of many people side by side, at the stated budget of false ones.

Days that are over alone: a day that fills up would raise and take back. The answer is kept while nothing that it rests
on changed, so that a person's days are watched once a day and not with each window.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from agent.scoring.change_detector import BUDGETS, watch
from agent.scoring.channel_results import ChannelDays, channel_results
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, Days, by_day, in_usual_context
from agent.scoring.observations import Record
from agent.scoring.week_rows import is_week_end
from hub.scoring.digest import Digest
from hub.scoring.fold import day_of
from hub.scoring.noted import Noted
from hub.scoring.weeks import record_of

WATCHED: Final = "ln_rmssd"
FALSE_ALARMS: Final = 0.25  # for 91 worn days
_WEEKS: Final = 4  # whose effects of context are learnt; an alarm counts for as many
_KEPT_MOST: Final = 20_000


class ChangeAlarms:
    """Alarms of people, kept while the days that they rest on stay as they are."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[int, ...]] = OrderedDict()

    def of(self, digests: Sequence[Digest], now_utc_s: int) -> list[tuple[int, ...]]:
        """Days of alarms since 1970 on each person's clock, ascending.

        Args:
            digests: Of each person.
            now_utc_s: The clock: today's readings do not count.
        """
        over = [_over(digest, now_utc_s) for digest in digests]
        names = [_name(digest) for digest in over]
        new = {name: digest for name, digest in zip(names, over, strict=True) if name not in self._known}
        self._known.update(zip(new, alarm_days(list(new.values())), strict=True))
        found = [self._known[name] for name in names]
        for name in names:
            self._known.move_to_end(name)
        while len(self._known) > max(_KEPT_MOST, len(names)):
            self._known.popitem(last=False)
        return found


def alarm_days(digests: Sequence[Digest]) -> list[tuple[int, ...]]:
    """Days of alarms since 1970, as the person's own weekly log has them (`agent.scoring.weeks`); the effects of
    shifts and hours are those learnt in the last four weeks.

    Args:
        digests: Of each person; all their days count.
    """
    records = [record_of(digest) for digest in digests]
    asked = {n: record for n, record in enumerate(records) if record.days >= WEEK_DAYS and WATCHED in record.channels}
    days = {n: by_day(record.channels[WATCHED]) for n, record in asked.items()}
    parts = [ChannelDays(record, WATCHED, days[n], _last_days(record)) for n, record in asked.items()]
    pieces: list[tuple[int, int, Days]] = []
    for (n, record), part, made in zip(asked.items(), parts, channel_results(parts) if parts else [], strict=True):
        effect = made.deviation.effect[:, None]
        # days before the first of these weeks are compared as in it
        usual = in_usual_context(days[n], [-1, *part.last_days], np.concatenate((effect[:1], effect)))
        edges = [0, *sorted({day for day in record.resets if 0 < day < record.days}), record.days]
        pieces += [(n, begins, _piece(usual, begins, ends)) for begins, ends in pairwise(edges)]
    found: Mapping[int, list[int]] = {n: [] for n in range(len(digests))}
    if pieces:
        raised = watch(_stacked([piece for _, _, piece in pieces]), CHANNELS[WATCHED].prior, BUDGETS[FALSE_ALARMS])
        for (n, begins, _), row in zip(pieces, raised.alarms, strict=True):
            found[n].extend((records[n].first_day + begins + np.flatnonzero(row)).tolist())
    return [tuple(found[n]) for n in range(len(digests))]


def _last_days(record: Record) -> tuple[int, ...]:
    whole = [day for day in range(WEEK_DAYS - 1, record.days) if is_week_end(record.first_day + day)]
    today = record.days - 1
    return tuple((whole if today in whole else [*whole, today])[-_WEEKS:])


def _piece(days: Days, begins: int, ends: int) -> Days:
    part = slice(begins, ends)
    return Days(days.mean[:, part], days.n[:, part], days.within[:, part], days.context[:, part])


def _stacked(pieces: Sequence[Days]) -> Days:
    """Pieces side by side; after its end a piece has days without a reading, which raise nothing."""
    most = max(piece.n.shape[1] for piece in pieces)
    ends = [most - piece.n.shape[1] for piece in pieces]

    def column(of: str) -> np.ndarray:
        flat = [np.pad(getattr(piece, of), ((0, 0), (0, end))) for piece, end in zip(pieces, ends, strict=True)]
        return np.concatenate(flat)

    context = np.concatenate(
        [np.pad(piece.context, ((0, 0), (0, end), (0, 0))) for piece, end in zip(pieces, ends, strict=True)]
    )
    return Days(column("mean"), column("n"), column("within"), context)


def _over(digest: Digest, now_utc_s: int) -> Digest:
    today = day_of(Noted(digest.statements), now_utc_s)
    days = {day: of_day for day, of_day in digest.days.items() if day < today}
    return replace(digest, days=days, last_utc_s=min(digest.last_utc_s, now_utc_s), said_days={})


def _name(digest: Digest) -> bytes:
    """What the alarms rest on."""
    rows = [
        (place, value) for of_day in digest.days.values() for place, value in of_day.blocks.get(WATCHED, {}).items()
    ]
    hashed = hashlib.sha256(np.array(sorted(rows), dtype="<f8").tobytes())
    hashed.update(np.array(sorted(digest.days), dtype="<i8").tobytes())
    for day, (index, words) in sorted(digest.statements.items()):
        hashed.update(b"%d %d " % (day, index) + words)
    return hashed.digest()
