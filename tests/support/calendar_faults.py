"""Damaged calendars: the forms of many programs with bytes, lines and values changed at random."""

import random

from tests.support.calendar_exports import EXPORTS
from tests.support.rosters import rosters

WORDS = (
    b"BEGIN:VEVENT", b"END:VEVENT", b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"BEGIN:VTIMEZONE", b"END:VTIMEZONE", b"BEGIN:STANDARD",
    b"RRULE:FREQ=DAILY;COUNT=-1", b"RRULE:FREQ=YEARLY;BYWEEKNO=-53;BYSETPOS=366", b"RRULE:", b"RRULE:FREQ=WEEKLY;UNTIL=00000000",
    b"RDATE;VALUE=PERIOD:20260301T000000Z/-P1D", b"EXDATE:20260230", b"DURATION:P99999999999W", b"DURATION:PT", b"DTSTART:;", b"DTEND",
    b'DTSTART;TZID="::20260301T000000', b"RECURRENCE-ID;RANGE=THISANDFUTURE:20260301", b"TZOFFSETTO:+2400", b"X", b"\x00", b":", b";",
    b" folded", b"SEQUENCE:99999999999999999999", b"STATUS:CANCELLED", b"TRANSP:", b"DTSTART;VALUE=PERIOD:20260301T000000Z/PT1H",
    b"DTSTART;VALUE=DATE:20260301", b"TZID:", b"DTEND;TZID=Europe/Berlin:20261025T023000", b"RRULE:FREQ=MONTHLY;BYDAY=99XX",
)  # fmt: skip


def damaged(n, seed=1):
    """n calendars, each with one to eight faults."""
    rng = random.Random(seed)
    whole = [export.ics for export in EXPORTS] + [roster.ics for roster in rosters(seed)[:10]]
    return [_damaged(bytearray(rng.choice(whole)), rng) for _ in range(n)]


def _damaged(data, rng):
    for _ in range(rng.randint(1, 8)):
        fault = rng.randrange(7)
        place = rng.randrange(len(data) + 1)
        if fault == 0 and place < len(data):
            data[place] = rng.randrange(256)
        elif fault == 1:
            del data[place : place + rng.choice((1, 2, 30, 400))]
        elif fault == 2:
            data[place:place] = rng.choice((b"\r\n", b"\n ", b"\xff", b"9" * 50, b"\xef\xbb\xbf", b"\\", b'"', b"\r"))
        elif fault == 6:
            data[place:place] = data[place : place + rng.randrange(600)]
        else:
            lines = bytes(data).split(b"\n")
            at = rng.randrange(len(lines))
            if fault == 3:
                lines[at] = rng.choice(WORDS)
            elif fault == 4:
                lines.insert(at, rng.choice(WORDS))
            else:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            data[:] = b"\n".join(lines)
    return bytes(data)
