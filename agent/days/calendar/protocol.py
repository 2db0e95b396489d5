r"""Between the agent and the reading process: one line asks, one line and a file's bytes go in, one line comes out.

    agent ──▶ {"low", "high", "key", "marks", "titles", limits}\\n  then for each file  {"size"}\\n and its bytes
    agent ◀── {"events", "all_day", "others", "unread", "reach", "kinds", "found" or "titles"}\\n

What comes back is foreign: whatever is not exactly this shape is refused, and no text but a title is let through.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from agent.days.calendar.reasons import MARKS, FileReport, Limits, Mark, Reason, Title, Unread

TITLE_MOST: Final = 200
_COUNT_MOST: Final = 10**9
_TIME_MOST_S: Final = 10**11


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of all files.

    Attributes:
        low_utc_s, high_utc_s: The window, [low, high).
        key: Of the digests of titles.
        marks: By digest.
        wants_titles: Titles are asked for, and no times.
    """

    low_utc_s: int
    high_utc_s: int
    key: bytes
    marks: Mapping[str, Mark]
    wants_titles: bool = False


@dataclass(frozen=True, slots=True)
class Time:
    """One occurrence.

    Attributes:
        start_s, end_s: In s of UTC; of a floating one, on the person's clock.
        is_shift: Else a meeting.
        is_floating: Without a zone.
        is_endless: Of a series without an end.
        rest_s: The last part of a floating one that is real time; the rest follows the person's clock.
    """

    start_s: int
    end_s: int
    is_shift: bool
    is_floating: bool
    is_endless: bool
    rest_s: int = 0


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What the process says of one file.

    Attributes:
        report: What became of its entries.
        times: Occurrences within the window.
        titles: Where they are asked for.
        reach: The first and the last start that the file writes, whatever the window: s, and whether it is floating.
        has_shifts, has_meetings: Whether it writes any, whatever the window.
    """

    report: FileReport
    times: tuple[Time, ...] = ()
    titles: tuple[Title, ...] = ()
    reach: tuple[tuple[int, bool], ...] = ()
    has_shifts: bool = False
    has_meetings: bool = False


def asked(question: Question, limits: Limits) -> bytes:
    """The line that begins a process's work."""
    return _line(
        {
            "low": question.low_utc_s,
            "high": question.high_utc_s,
            "key": question.key.hex(),
            "marks": dict(question.marks),
            "titles": question.wants_titles,
            "entries_cpu_s": limits.entries_cpu_s,
            "file_cpu_s": limits.file_cpu_s,
            "memory_bytes": limits.memory_bytes,
        }
    )


def sized(data: bytes) -> bytes:
    """The line before a file's bytes."""
    return _line({"size": len(data)})


def _line(words: Mapping[str, Any]) -> bytes:
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"


def answered(line: bytes) -> FileAnswer:
    """One answer.

    Raises:
        ValueError: It is none.
    """
    try:
        words = json.loads(line)
        unread = tuple(sorted(Unread(Reason(name), _count(n)) for name, n in words["unread"].items()))
        report = FileReport(_count(words["events"]), _count(words["all_day"]), _count(words["others"]), unread)
        times = tuple(_time(row) for row in words.get("found", []))
        titles = tuple(_title(row) for row in words.get("titles", []))
        has_shifts, has_meetings = (_flag(flag) for flag in words["kinds"])
        reach = tuple((_second(at_s), _flag(is_floating)) for at_s, is_floating in words["reach"])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no answer of the reading process") from error
    return FileAnswer(report, times, titles, reach, has_shifts, has_meetings)


def stopped(reason: Reason) -> FileAnswer:
    """The answer for a file that was not read."""
    return FileAnswer(FileReport(0, 0, 0, (Unread(reason, 1),)))


def summed(reports: tuple[FileReport, ...]) -> tuple[Unread, ...]:
    """What was not read, over all files."""
    total: Counter[Reason] = Counter()
    for report in reports:
        for row in report.unread:
            total[row.reason] += row.count
    return tuple(sorted(Unread(reason, n) for reason, n in total.items()))


def _count(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= _COUNT_MOST:
        raise ValueError("no count")
    return number


def _time(row: Any) -> Time:
    start_s, end_s, *flags, rest_s = row
    if _second(start_s) >= _second(end_s):
        raise ValueError("no time")
    is_shift, is_floating, is_endless = (_flag(flag) for flag in flags)
    if not 0 <= _second(rest_s) <= end_s - start_s:
        raise ValueError("no time")
    return Time(start_s, end_s, is_shift, is_floating, is_endless, rest_s)


def _second(number: Any) -> int:
    if type(number) is not int or abs(number) >= _TIME_MOST_S:
        raise ValueError("no time")
    return number


def _flag(number: Any) -> bool:
    if type(number) is not int or number not in (0, 1):
        raise ValueError("no flag")
    return bool(number)


def _title(row: Any) -> Title:
    name, where, text, n = row
    is_hex = isinstance(name, str) and len(name) == 64 and set(name) <= set("0123456789abcdef")
    is_text = isinstance(text, str) and 0 < len(text) <= TITLE_MOST and text.isprintable()
    if not (is_hex and where in ("title", "category") and is_text):
        raise ValueError("no title")
    return Title(name, where, text, _count(n))


def marks_of(words: Any) -> dict[str, Mark]:
    """Marks, inside the reading process.

    Raises:
        ValueError: One is of no kind.
    """
    if any(kind not in MARKS for kind in words.values()):
        raise ValueError("no mark")
    return {str(name): cast("Mark", kind) for name, kind in words.items()}
