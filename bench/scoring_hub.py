"""The hub's index beside the agent's, of drawn people: with what they noted, and without; through the codes of the wire."""

import os
import time

import numpy as np

from agent.model import CodedValue, FeatureValue, Summary
from agent.scoring.columns import columns_of
from agent.scoring.observations import Shift, record_of_columns
from agent.scoring.population import WATERMARK, population
from agent.scoring.week_rows import is_week_end, weeks_side_by_side
from agent.weeks.as_sent import as_sent
from agent.wire import codes, schema
from agent.wire.context import DAY_S, OFFSET_ZERO
from agent.wire.score import WHOLE_WEEK
from agent.wire.message import ClockOffset, ContextMessage, NotedShift, Plaintext, SummaryMessage
from hub.scoring.digest import Digest
from hub.scoring.fold import NewRow, fold
from hub.scoring.weeks import Person, scores
from parts import check

PEOPLE = int(os.environ.get("PEOPLE", "1000"))
FIRST = 20_700
OFFSET_S = 2 * 3600
HOURS = {0: (0, 3), 1: (6, 9), 2: (12, 15), 3: (18, 21)}  # blocks of three hours in each time of day
_HASH = bytes(32)


def windows(people, person, dice):
    """(start UTC, heart rate, RMSSD) of one person's readings: a window each, in a block of its time of day."""
    found = []
    for day, reading in np.argwhere(people.ln_rmssd.is_present[person]):
        context = people.ln_rmssd.context[person, day, reading]
        of_day = 0 if context[0] else 1 if context[1] else 3 if context[2] else 2
        hour = HOURS[of_day][dice.integers(0, 2)]
        start = (FIRST + int(day)) * DAY_S + hour * 3600 + 300 * int(dice.integers(0, 36)) - OFFSET_S
        rate = float(people.hr_bpm.value[person, day, reading])
        found.append((start, min(max(rate, 30.0), 200.0), float(np.exp(people.ln_rmssd.value[person, day, reading]))))
    return sorted({start: (start, rate, rmssd) for start, rate, rmssd in found}.values())


def shifts(people, person):
    """Whole days at work, as drawn."""
    found = []
    for day in range(people.level.shape[1]):
        flags = people.ln_rmssd.context[person, day].max(axis=0)
        start = (FIRST + day) * DAY_S - OFFSET_S
        if flags[4]:
            found.append(Shift(start, start + DAY_S, "night"))
        elif flags[3]:
            found.append(Shift(start, start + DAY_S, "day"))
    return found


def own_index(seen, noted):
    """{last day: index} of the person's own log."""
    summaries = [
        Summary(
            start,
            start + 300,
            (FeatureValue("hr_mean_bpm", rate, 300, 0.99, 0.0), FeatureValue("rmssd_ms", rmssd, 299, 0.99, 0.0)),
        )
        for start, rate, rmssd in seen
    ]
    mine = record_of_columns(as_sent(columns_of(summaries)), utc_offset_s=lambda _: OFFSET_S, shifts=noted)
    last_days = tuple(day for day in range(6, mine.days) if is_week_end(mine.first_day + day))[-5:]
    (weeks,) = weeks_side_by_side([(mine, last_days)])
    return {
        mine.first_day + last: week.strain.index for last, week in zip(last_days, weeks, strict=True) if week.strain
    }


def hub_index(seen, noted):
    """The same from what the wire carries."""
    known, kinds = schema.features(), codes.codes("shifts")
    rows = []
    for number, (start, *values) in enumerate(seen, start=1):
        rate, rmssd = (min(max(value, known[n].low), known[n].high) for n, value in enumerate(values, start=1))
        coded = (
            CodedValue(1, known[1].code(rate), 300, 990, 0, 0, 0),
            CodedValue(2, known[2].code(rmssd), 299, 990, 0, 0, 0),
        )
        said = SummaryMessage("score", _HASH, start, start + 300, coded)
        rows.append(NewRow(number, 1, Plaintext(bytes(16), 0, number, _HASH, (said,))))
    for day in range(seen[0][0] // DAY_S - 1, seen[-1][0] // DAY_S + 1) if noted is not None else ():
        of_day = tuple(
            NotedShift(one.start_utc_s, one.end_utc_s, kinds[one.kind])
            for one in noted
            if one.start_utc_s // DAY_S == day
        )
        said = ContextMessage("score", _HASH, day, of_day, (), (ClockOffset(day * DAY_S, OFFSET_ZERO + 120),), ())
        rows.append(NewRow(len(rows) + 1, 1, Plaintext(bytes(16), 0, len(rows) + 1, _HASH, (said,))))
    folded = fold(Digest(), rows, lambda _first, _last: {}, int(time.time()) + 10**9)
    (made,) = scores([Person("d", folded)], 1)
    return {one.day: one.index for one in made if one.index is not None and one.known & WHOLE_WEEK}


def the_hub() -> None:
    """With context 99 % of weeks within .1 point; without it the distance, by who works nights."""
    print(WATERMARK)
    dice = np.random.default_rng(11)
    with_context, without, missing = [], {}, 0
    for part in range(-(-PEOPLE // 100)):
        people = population(min(100, PEOPLE - 100 * part), 7000 + part)
        for person in range(people.level.shape[0]):
            seen, noted = windows(people, person, dice), shifts(people, person)
            if not seen:
                continue
            own, hub, blind = own_index(seen, noted), hub_index(seen, noted), hub_index(seen, None)
            missing += len(set(own) ^ set(hub))
            with_context += [abs(own[day] - hub[day]) for day in own.keys() & hub.keys()]
            group = without.setdefault(str(people.groups["nights"][person]), [])
            group += [abs(own[day] - blind[day]) for day in own.keys() & blind.keys()]
    apart = np.array(with_context)
    share = float(np.mean(apart <= 0.1))
    print(
        f"with context: {apart.size} weeks of {PEOPLE} people; within .1 point {100 * share:.2f} %, "
        f"99 % within {np.percentile(apart, 99):.3f}, all within {apart.max():.2f}; weeks that only one of them has: {missing}"
    )
    for group, apart_blind in sorted(without.items()):
        rows = np.array(apart_blind)
        print(
            f"without context, nights {group:<9} {rows.size:6d} weeks: median {np.median(rows):.2f}, nine in ten within "
            f"{np.percentile(rows, 90):.1f}, more than one point apart {100 * np.mean(rows > 1.0):.0f} %"
        )
    check(f"with context {100 * share:.2f} % of weeks are within .1 point", holds=share >= 0.99)
    check(f"{missing} weeks have a number at one of the two alone", holds=missing <= 0.01 * apart.size)
    planted = np.concatenate([np.array(rows) for rows in without.values()])
    check("the same comparison finds what is missing without context", holds=float(np.mean(planted <= 0.1)) < 0.9)
