"""Why something was not read, what a person may say of a title, and what an import may cost.

The reading process loads this module and nothing of the agent that is larger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

Mark = Literal["shift", "ignored"]
"""What the person said of a title: it is a shift, or neither a shift nor a meeting."""

MARKS: Final = ("shift", "ignored")


class Reason(StrEnum):
    """Why something was not read; the value is the counter's name."""

    FILE_UNREADABLE = "file_unreadable"
    FILE_NOT_REGULAR = "file_not_regular"
    FILE_TOO_LARGE = "file_too_large"
    TOO_MANY_FILES = "too_many_files"
    FILE_STOPPED = "file_stopped"
    NO_CALENDAR = "no_calendar"
    NO_START = "no_start"
    BAD_VALUE = "bad_value"
    ZONE_UNKNOWN = "zone_unknown"
    RULE_TOO_OFTEN = "rule_too_often"
    RULE_TOO_LONG = "rule_too_long"
    RULE_UNREADABLE = "rule_unreadable"
    TOO_MANY_DATES = "too_many_dates"
    LINE_TOO_LONG = "line_too_long"
    NO_END_LINE = "no_end_line"
    TOO_DEEP = "too_deep"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    END_BEFORE_START = "end_before_start"
    MIXED_TIMES = "mixed_times"
    TOO_LONG = "too_long"
    OUT_OF_TIME = "out_of_time"
    OLDER_VERSION = "older_version"
    MARKED_WITHOUT_HOURS = "marked_without_hours"


WORDS: Final[Mapping[Reason, str]] = {
    Reason.FILE_UNREADABLE: "the file cannot be opened",
    Reason.FILE_NOT_REGULAR: "a link, a pipe or a folder is not read",
    Reason.FILE_TOO_LARGE: "the file is larger than 16 MiB",
    Reason.TOO_MANY_FILES: "more files, or more megabytes, than one import reads",
    Reason.FILE_STOPPED: "reading the file took too much time or memory and was stopped",
    Reason.NO_CALENDAR: "the file holds no calendar entry",
    Reason.NO_START: "the entry has no start",
    Reason.BAD_VALUE: "a date, a duration or a number in it is not one",
    Reason.ZONE_UNKNOWN: "it names a time zone that neither this machine nor the file knows",
    Reason.RULE_TOO_OFTEN: "it repeats more often than daily",
    Reason.RULE_TOO_LONG: "it repeats more often, or over a longer time, than a calendar of a person does",
    Reason.RULE_UNREADABLE: "its recurrence rule cannot be read",
    Reason.TOO_MANY_DATES: "it lists more than 10,000 dates",
    Reason.LINE_TOO_LONG: "one of its lines is longer than 64 kB",
    Reason.NO_END_LINE: "the entry has no end line",
    Reason.TOO_DEEP: "parts inside parts, more than 32 deep",
    Reason.DATE_OUT_OF_RANGE: "a year outside 1900 to 2200",
    Reason.END_BEFORE_START: "it ends before it starts",
    Reason.MIXED_TIMES: "its start is a date and its end a time, or only one of them has a time zone",
    Reason.TOO_LONG: "it lasts longer than 31 days",
    Reason.OUT_OF_TIME: "the time for this file was used up before this entry",
    Reason.OLDER_VERSION: "the file holds a newer version of the entry",
    Reason.MARKED_WITHOUT_HOURS: "it is marked as a shift and has no hours: all day, or of no length",
}
"""What a person reads of each reason."""


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """Entries, or whole files, that could not be read.

    Attributes:
        reason: Why; `WORDS` holds the sentence.
        count: How many.
    """

    reason: Reason
    count: int


@dataclass(frozen=True, slots=True)
class Title:
    """A title or category as the person must see it once, to mark it. For their screen alone: never stored or logged.

    Attributes:
        digest: What a mark is kept under.
        where: What the text is.
        text: At most 200 characters; not part of the object's printed form.
        count: Occurrences within the window.
    """

    digest: str
    where: Literal["title", "category"]
    text: str = field(repr=False)
    count: int = 0


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, in the order in which files were given.

    Attributes:
        events_n: Events read, within the window or not.
        all_day_n: Those of them that are dates without hours: they are neither shifts nor meetings.
        other_n: Entries that are no events (tasks, journals, free/busy), left alone.
        unread: Why others were not read.
    """

    events_n: int
    all_day_n: int
    other_n: int
    unread: tuple[Unread, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one import may cost. Windows enforces the time on the wall alone; macOS does not enforce the memory.

    Attributes:
        file_bytes, total_bytes, files: Of what is read.
        entries_cpu_s: CPU seconds of one file, after which its remaining entries are left unread.
        file_cpu_s: CPU seconds of one file, after which the operating system ends the process.
        memory_bytes: Address space of the process.
        wall_s: Seconds on the wall for one file.
        answer_bytes: Of one file.
        deaths: Processes that may end early, before the remaining files are refused.
    """

    file_bytes: int = 16 * 2**20
    total_bytes: int = 64 * 2**20
    files: int = 200
    entries_cpu_s: float = 20.0
    file_cpu_s: int = 30
    memory_bytes: int = 768 * 2**20
    wall_s: float = 120.0
    answer_bytes: int = 16 * 2**20
    deaths: int = 8


LIMITS: Final = Limits()
