"""The calendar importer: whether rosters are exact, what large, costly and damaged files cost, and each file of a folder.

make bench-calendar [PART=rosters|large|costly|damaged|folder] [N=10000] [SEEDS=5]
"""

import asyncio
import os
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from agent.days.calendar.importer import answers, imported
from agent.days.calendar.protocol import Question
from agent.days.calendar.reasons import LIMITS, Reason
from agent.days.calendar.results import DayRange, Wanted
from agent.days.calendar.titles import digest
from agent.days.calendar.wall import ZoneChange, offset_along
from parts import check, run
from tests.support.calendar_bombs import BOMBS, around
from tests.support.calendar_faults import damaged
from tests.support.rosters import TITLES, calendar, event, rosters

KEY = bytes(range(32))
MARKS = {digest(KEY, "title", title): "shift" for title in TITLES}
YEAR = DayRange(20_454, 20_818)
QUESTION = Question(1_740_000_000, 1_830_000_000, KEY, MARKS)


def read(files, question=QUESTION):
    """Answers, CPU seconds of the processes, seconds on the wall."""
    before, began = os.times(), time.monotonic()
    found = asyncio.run(answers(files, question))
    after = os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return found, cpu_s, time.monotonic() - began


def in_batches(files):
    """Answers of any number of files, in batches that one import reads."""
    found, cpu_s = [], 0.0
    for first in range(0, len(files), LIMITS.files):
        some, more_s, _ = read(files[first : first + LIMITS.files])
        found += some
        cpu_s += more_s
    return found, cpu_s


def exact():
    seeds = int(os.environ.get("SEEDS", "5"))
    days = shifts = 0
    for seed in range(seeds):
        made = rosters(seed)
        wrong = 0
        for roster, answer in zip(made, read([roster.ics for roster in made])[0], strict=True):
            clock = offset_along([ZoneChange(at_s, zone) for at_s, zone in roster.changes])
            found = imported([answer], Wanted(YEAR, clock))
            spans = [(shift.start_utc_s, shift.end_utc_s) for shift in found.shifts]
            truth = {(day, name): value for day, row in roster.truth.items() for name, value in row.items()}
            values = {(value.day, value.name): value.value for value in found.values}
            same = spans == [(shift.start_utc.timestamp(), shift.end_utc.timestamp()) for shift in roster.shifts]
            near = set(values) == set(truth) and all(abs(values[key] - truth[key]) < 1e-9 for key in truth)
            wrong += not (same and near)
            days += len(roster.truth)
            shifts += len(roster.shifts)
        print(f"seed {seed}: {len(made)} rosters, {len(made) - wrong} exact in every shift and every value of a day")
        check(f"rosters of seed {seed}", holds=not wrong)
    print(f"{shifts} shifts, {days} days")


def large():
    events = [
        event(n, f"Title {n % 40}", f"DTSTART;TZID=Europe/Berlin:{day}T{6 + n % 12:02}0000", f"DTEND;TZID=Europe/Berlin:{day}T{7 + n % 12:02}0000",
              "DESCRIPTION:" + "x" * 107, "LOCATION:Ward 3", "STATUS:CONFIRMED", "TRANSP:OPAQUE")
        for n in range(4778) for day in [f"{date.fromordinal(739_600 + n % 400):%Y%m%d}"]
    ]  # fmt: skip
    ics = calendar(*events)
    found, cpu_s, wall_s = read([ics])
    print(
        f"{found[0].report.events_n} events, {len(ics) / 1e6:.2f} MB: {cpu_s:.2f} CPU s, {wall_s:.2f} s, {len(found[0].times)} times"
    )
    check("4,778 events are read", holds=found[0].report.events_n == 4778)
    check("within 8 CPU s", holds=cpu_s <= 8)


def costly():
    empty_s = min(read([around()])[1] for _ in range(3))
    print(f"a process with one entry: {empty_s:.2f} CPU s, which are taken off below\n")
    print(f"{'file':<40} {'MB':>6} {'CPU s':>7} {'wall s':>7}  read beside it  reason")
    for name, (made, reason, is_read) in BOMBS.items():
        data = made()
        found, cpu_s, wall_s = read([data])
        answer = found[0]
        words = ", ".join(f"{row.reason} {row.count}" for row in answer.report.unread) or "-"
        print(
            f"{name:<40} {len(data) / 1e6:6.1f} {cpu_s - empty_s:7.2f} {wall_s:7.2f}  {'yes' if answer.times else 'no':<14}  {words}"
        )
        check(
            f"{name}: its reason",
            holds={row.reason.value for row in answer.report.unread} == ({reason} if reason else set()),
        )
        check(f"{name}: the entry beside it", holds=bool(answer.times) >= is_read)
        check(f"{name}: within the limit", holds=cpu_s <= LIMITS.file_cpu_s)
        if name == "a second since 1970":
            check("refused in less than 1 CPU s", holds=cpu_s - empty_s < 1)


def spoilt():
    n = int(os.environ.get("N", "10000"))
    found, cpu_s = in_batches(damaged(n, seed=20261129))
    reasons = Counter()
    for answer in found:
        reasons.update({row.reason.value: row.count for row in answer.report.unread})
    whole = sum(not answer.report.unread for answer in found)
    print(f"{n} damaged calendars, {cpu_s:.0f} CPU s: {reasons[Reason.FILE_STOPPED.value]} crashes, {whole} read whole")
    print("  ".join(f"{reason} {count}" for reason, count in reasons.most_common()))
    check("no crash", holds=not reasons[Reason.FILE_STOPPED.value])


def folder():
    place = Path(os.environ.get("WARDBEAT_SHARED", "/nowhere")) / "data/signals/ics"
    files = sorted(place.glob("*.ics"))
    low, high = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1990, 2030))
    found, cpu_s, _ = read([file.read_bytes() for file in files], Question(low, high, KEY, {}))
    print(f"{'file':<62} events  all day  others  not read")
    for file, answer in zip(files, found, strict=True):
        report = answer.report
        words = ", ".join(f"{row.reason} {row.count}" for row in report.unread)
        print(f"{file.name:<62} {report.events_n:6} {report.all_day_n:8} {report.other_n:7}  {words}")
        check(f"{file.name} is read or refused by name", holds=bool(report.events_n or report.other_n or report.unread))
    print(f"{len(files)} files, {cpu_s:.2f} CPU s")


PARTS = {"rosters": exact, "large": large, "costly": costly, "damaged": spoilt, "folder": folder}

if __name__ == "__main__":
    sys.exit(run(PARTS))
