"""A site whose metrics somebody scrapes each 15 s: days of people who wear straps, and in one of them something happens.

What a reading holds is drawn; what becomes of it is the program's: `METRICS` and `DaySums`. In the strict form everything
else is the same in each run, and known: only what happens, to whom and when is drawn, and what the program draws itself.
"""

import random
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from hub.metrics.day_sums import DAY_S, ENVELOPES_A_DAY, DaySums
from hub.metrics.reading import Database, Process, Reading
from hub.metrics.rows import METRICS

EVENTS = ("withdrawal", "pause", "erasure")
SCRAPE_S, SLOT_S = 15, 300
_SEEN_BYTES, _ROW_BYTES = 207, 700  # of an envelope that is settled, and of a window that is stored
_DISK_BYTES = 8 * 10**9
_HISTORY_BYTES = 20 * 10**6  # what an erasure frees inside the file
_FIRST_DAY = 20_000


@dataclass(frozen=True)
class Site:
    """What was so without the event: when each person wears a strap, when envelopes come, what fails meanwhile.

    Attributes:
        worn: (people, slots) of bool.
        phase_s: (people,): when in a slot each device sends.
        down_s: From when to when no scorer runs.
        free_share: Of the disk, at first.
    """

    worn: np.ndarray
    phase_s: np.ndarray
    down_s: tuple[int, int]
    free_share: float

    @classmethod
    def drawn(cls, seed: int, people: int, days: int) -> "Site":
        dice = np.random.default_rng(seed)
        slots = np.arange(days * ENVELOPES_A_DAY) % ENVELOPES_A_DAY
        begins = dice.integers(60, 130, (people, days)).repeat(ENVELOPES_A_DAY, axis=1)
        worn = (
            (slots >= begins)
            & (slots < begins + dice.integers(70, 120, (people, 1)))
            & (dice.random(begins.shape) < 0.9)
        )
        down = int(dice.integers(0, days * DAY_S - 7200))
        return cls(
            worn,
            dice.uniform(0, SLOT_S, people),
            (down, down + int(dice.integers(0, 7200))),
            float(dice.uniform(0.04, 0.6)),
        )

    @property
    def days(self) -> int:
        return self.worn.shape[1] // ENVELOPES_A_DAY

    @cached_property
    def when_s(self) -> np.ndarray:
        """The scrapes."""
        return np.arange(0, self.days * DAY_S, SCRAPE_S)

    @cached_property
    def ages_s(self) -> np.ndarray:
        """How long before each scrape anything came last: the devices' envelopes, worn or not, and the hub's own probe."""
        sent = (self.phase_s[:, None] + np.arange(0, self.days * DAY_S, SLOT_S)).ravel()
        came = np.sort(np.concatenate([sent, np.arange(0, self.days * DAY_S, 60)]))
        return (self.when_s - came[np.searchsorted(came, self.when_s, "right") - 1]).astype(int)


def scraped(site: Site, event: str, folder: Path, seed: int, *, planted: bool = False) -> np.ndarray:
    """What an attacker learns of all scrapes: for each series its means by day, its spread, and how often it changes.

    Args:
        site: The same for both kinds, in the strict form.
        event: Of EVENTS, or empty; it happens to one person in the second half.
        folder: For the file of the sums.
        seed: Of the event.
        planted: Add the rows of each day, as they are counted.
    """
    dice = random.Random(seed)
    person = dice.randrange(len(site.worn))
    at = dice.randrange(site.worn.shape[1] // 2, site.worn.shape[1] - ENVELOPES_A_DAY // 2)
    worn = site.worn.copy()
    if event:
        until = at + dice.randrange(4, 60) if event == "pause" else worn.shape[1]
        worn[person, at:until] = False
    grown = np.cumsum(_SEEN_BYTES * len(worn) + _ROW_BYTES * worn.sum(axis=0))
    if event == "erasure":  # the file does not shrink; what is freed is used first
        grown[at:] = np.maximum(grown[at:] - _HISTORY_BYTES, grown[at])
    series = [*_live(site, worn, grown, site.when_s), *_of_days(site, worn, grown, folder)]
    if planted:
        rows = worn.sum(axis=0).reshape(site.days, -1).sum(axis=1)
        series.append(rows.repeat(DAY_S // SCRAPE_S).astype(float))
    return np.concatenate([_learnt(one, site.days) for one in series])


def _live(site: Site, worn: np.ndarray, grown: np.ndarray, when: np.ndarray) -> list[np.ndarray]:
    """The series that are read again at each scrape; readings that are equal are published once."""
    begun, ended = site.down_s
    backlog_s = 0.002 * worn[:, begun // SLOT_S : ended // SLOT_S + 1].sum()  # how long the scorer then needs
    behind_s = np.where((when >= begun) & (when < ended + backlog_s), when - begun, 0).astype(int)
    free = (1e5 * (site.free_share - grown[when // SLOT_S] / _DISK_BYTES)).round().astype(int)
    raw, place = np.unique((site.ages_s * 10**6 + behind_s) * 10**6 + free, return_inverse=True)
    found = np.array([_values((one // 10**12, one // 10**6 % 10**6, one % 10**6 / 1e5)) for one in raw.tolist()])
    return list(found.T[:, place])


def _values(raw: tuple[int, int, float]) -> tuple[float, ...]:
    """One reading as it is published: every metric that has a value."""
    age_s, behind_s, free = raw
    reading = Reading(
        received_s=age_s,
        processes=(Process("score", is_up=True, behind_s=behind_s),),
        disk_free_share=free,
        database=Database(None, {}, None),
    )
    return tuple(value for row in METRICS for _, value in row.values(reading))


def _of_days(site: Site, worn: np.ndarray, grown: np.ndarray, folder: Path) -> list[np.ndarray]:
    """The series that change once a day, by the program's own sums."""
    (folder / "metrics.json").unlink(missing_ok=True)
    sums = DaySums(folder)
    of_day = []
    for day in range(site.days + 1):
        upto = day * ENVELOPES_A_DAY
        counters = {
            "stored": upto * len(worn),
            "malformed": 3 * day,
            "scored": int(worn[:, :upto].sum()),
            "consent_withdrawn": int(site.worn[:, :upto].sum() - worn[:, :upto].sum() > 0),
        }
        sums.note((_FIRST_DAY + day) * DAY_S + 5, counters, int(grown[min(upto, len(grown) - 1)]) + 2 * 10**8)
        reading = Reading(
            database=Database(None, counters, None), last_day=sums.last, database_bytes=sums.database_bytes
        )
        of_day.append([value for row in METRICS for _, value in row.values(reading)] if sums.last else None)
    rows = np.array([row for row in of_day if row is not None])
    return [rows[:, n].repeat(DAY_S // SCRAPE_S) for n in range(rows.shape[1])]


def _learnt(series: np.ndarray, days: int) -> np.ndarray:
    by_day = series.reshape(days, -1)
    return np.concatenate(
        [
            by_day.mean(axis=1),
            by_day.max(axis=1),
            [series.std(), np.count_nonzero(np.diff(series)), series[-1] - series[0]],
        ]
    )
