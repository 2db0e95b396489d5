"""Calendars that cost too much, or should: each beside an entry that must still be read where the file as a whole is.

The last of each row: whether the good entry is read.
"""

from collections.abc import Callable

GOOD = "BEGIN:VEVENT\nUID:good\nDTSTART:20260302T080000Z\nDTEND:20260302T090000Z\nEND:VEVENT\n"
MB = 2**20


def around(*parts):
    return "".join(["BEGIN:VCALENDAR\nVERSION:2.0\n", *parts, GOOD, "END:VCALENDAR\n"]).encode()


def bad(*lines, start="DTSTART:20260301T080000Z"):
    return "\n".join(
        ["BEGIN:VEVENT", "UID:bad", *([start] if start else []), "DURATION:PT1H", *lines, "END:VEVENT", ""]
    )


def rule(text, start="DTSTART:19700101T000000Z"):
    return around(bad(f"RRULE:{text}", start=start))


def zone(rules, n=1):
    part = f"BEGIN:STANDARD\nDTSTART:19010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n{rules}END:STANDARD\n"
    event = bad(start="DTSTART;TZID=Own:20260301T080000")
    return around("BEGIN:VTIMEZONE\nTZID:Own\n", part * n, "END:VTIMEZONE\n", event)


def spread(count):
    """Rules that each cost something, and all of them too much."""
    one = "BEGIN:VEVENT\nUID:{}\nDTSTART:19000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=49999;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n"
    return ("BEGIN:VCALENDAR\n" + GOOD + "".join(one.format(n) for n in range(count)) + "END:VCALENDAR\n").encode()


DATES = "RDATE;VALUE=DATE:" + ",".join(["20260301"] * 1000)

CHANGE = (
    "BEGIN:VEVENT\nUID:bad\nRECURRENCE-ID;RANGE=THISANDFUTURE:{0}{1:02}{2:02}T080000Z\nDTSTART:{0}{1:02}{2:02}T090000Z\n"
    "DURATION:PT1H\nEND:VEVENT\n"
)
BOMBS: dict[str, tuple[Callable[[], bytes], str, bool]] = {
    "a second since 1970": (lambda: rule("FREQ=SECONDLY"), "rule_too_often", True),
    "a minute": (lambda: rule("FREQ=MINUTELY;INTERVAL=7"), "rule_too_often", True),
    "an hour": (lambda: rule("FREQ=HOURLY;COUNT=5"), "rule_too_often", True),
    "every second of a day": (
        lambda: rule("FREQ=DAILY;BYHOUR={};BYMINUTE={};BYSECOND={}".format(
            ",".join(map(str, range(24))), ",".join(map(str, range(60))), ",".join(map(str, range(60))))), "rule_too_often", True),
    "a count of a thousand million": (lambda: rule("FREQ=DAILY;COUNT=1000000000"), "rule_too_long", True),
    "an interval of nothing": (lambda: rule("FREQ=DAILY;INTERVAL=0"), "rule_unreadable", True),
    "a day that never comes": (lambda: rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "", True),
    "a day that never comes, counted": (lambda: rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9", "DTSTART:19000101T000000Z"), "", True),
    "a number without end": (lambda: rule("FREQ=DAILY;COUNT=" + "9" * 60_000), "rule_unreadable", True),
    "a million dates": (lambda: around(bad(*[DATES] * 1000)), "too_many_dates", True),
    "a million dates in one line": (lambda: around(bad("RDATE:" + ",".join(["20260301T080000Z"] * 900_000))), "line_too_long", True),
    "parts inside parts": (
        lambda: around("BEGIN:VEVENT\nUID:bad\n", "BEGIN:X-A\n" * 100_000, "END:X-A\n" * 100_000, "END:VEVENT\n"), "too_deep", True),
    "events inside events": (lambda: around("BEGIN:VEVENT\n" * 100_000), "no_end_line", True),
    "calendars inside calendars": (lambda: around("BEGIN:VCALENDAR\n" * 100_000), "", True),
    "ends without a begin": (lambda: around("END:VEVENT\nEND:X\n" * 200_000), "", True),
    "a line of fifteen megabytes": (lambda: around(bad("SUMMARY:" + "a" * (15 * MB))), "", True),
    "a folded line of ten megabytes": (lambda: around(bad("DTEND:" + "\n 1" * (3 * MB))), "line_too_long", True),
    "an attachment of fifteen megabytes": (
        lambda: around(bad("ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "\n ".join(["QUJD" * 18] * 200_000))), "", True),
    "a line of a hundred megabytes": (lambda: b"BEGIN:VCALENDAR\nX:" + b"a" * (100 * MB), "file_too_large", False),
    "a million lines of nothing": (lambda: around(bad("\n".join(["UID:"] * 2_000_000))), "too_many_dates", True),
    "a zone that changes each second": (lambda: zone("RRULE:FREQ=SECONDLY\n"), "zone_unknown", True),
    "a zone that changes daily since 1901": (lambda: zone("RRULE:FREQ=DAILY;COUNT=49999\n"), "zone_unknown", True),
    "a zone of ten thousand parts": (lambda: zone("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n", 10_000), "zone_unknown", True),
    "a zone of rules that search": (lambda: zone("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=49999\n", 64), "zone_unknown", True),
    "a series with ten thousand changes": (
        lambda: around(bad("RRULE:FREQ=DAILY"), *(CHANGE.format(2000 + n // 336, 1 + n // 28 % 12, 1 + n % 28) for n in range(10_000))),
        "too_many_dates", True),
    "a series of series": (
        lambda: around(*(CHANGE.replace("DURATION", "RRULE:FREQ=DAILY\nDURATION").format(2026, 1 + n // 28, 1 + n % 28) for n in range(300))),
        "rule_too_long", True),
    "the year 1": (lambda: around(bad("RRULE:FREQ=DAILY", start="DTSTART;TZID=America/New_York:00010101T000000")), "date_out_of_range", True),
    "the year 9999": (lambda: around(bad("RRULE:FREQ=DAILY", start="DTSTART;TZID=Asia/Kathmandu:99991231T235959")), "date_out_of_range", True),
    "an end in the year 9999": (
        lambda: around("BEGIN:VEVENT\nUID:bad\nDTSTART:20260301T080000Z\nDTEND:99991231T235959Z\nEND:VEVENT\n"), "too_long", True),
    "a negative duration": (lambda: around("BEGIN:VEVENT\nDTSTART:20260301T080000Z\nDURATION:-PT1H\nEND:VEVENT\n"), "end_before_start", True),
    "a duration without end": (lambda: around(f"BEGIN:VEVENT\nDTSTART:20260301T080000Z\nDURATION:P{'9' * 30}D\nEND:VEVENT\n"), "bad_value", True),
    "no start": (lambda: around(bad(start="")), "no_start", True),
    "a rule in a list of rules": (lambda: rule("FREQ=YEARLY;BYDAY=" + ",".join(["-53SU"] * 5000)), "", True),
    "nothing but zeros": (lambda: bytes(8 * MB), "no_calendar", False),
    "a thousand rules that search": (lambda: spread(1000), "out_of_time", True),
}  # fmt: skip
