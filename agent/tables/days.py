"""DAYS: what is known of a day, from the roster, an import or the journal; one row each.

A value of a day is never spread over windows.

Evidence: Öster et al. 2024 (90 nurses, each compared with herself: 1.0 h less sleep before a shift that follows within
11 h, .81 to 1.23); Nielsen et al. 2019 (69,200 employees: injury rate ratio 1.39, 1.23 to 1.58, after such a rest);
Vedaa et al. 2016 (sick leave 1.066 times for each of them in a month); Eldevik et al. 2013 (insomnia, sleepiness and
fatigue). Against it: Härmä et al. 2020 (18,700 injured employees, no more injuries). Sources: docs/days.md.
"""

from typing import Final

from agent.tables.day_spec import DaySpec

_REST: Final = "1 h less sleep (Öster 2024); injuries 1.39 times (Nielsen 2019), and no more elsewhere (Härmä 2020)."
_NIGHT: Final = "Nights shorten sleep; that a week of them shows strain is not shown apart from the short rests."
_HOURS: Final = "Long hours go with errors between people; within a person it is not shown."
_MEETINGS: Final = "Only vendors' pages; no study of hospital staff."
_SLEEP: Final = "Watches find sleep with a sensitivity above .95; nurses overrate their sleep by an hour."
_STEPS: Final = "Counts are valid; what they say of strain is not shown."
_PULSE: Final = "A watch's own estimate; its method is the maker's."
_SAID: Final = "Chosen by the person; no study of such a tag and burnout."

_ROWS: Final = (
    DaySpec(
        "shift_hours_h", 301, "schedule", "schedule", 0.0, 48.0, 0.25, "whole", "hours of shifts",
        "How many hours your shifts that began on a day lasted.", "C", _HOURS,
    ),
    DaySpec(
        "short_rests_n", 302, "schedule", "schedule", 0.0, 4.0, 1.0, "whole", "short rests",
        "How often less than 11 hours lay between two shifts.", "A", _REST,
    ),
    DaySpec(
        "shortest_rest_h", 303, "schedule", "schedule", 0.0, 168.0, 0.25, "whole", "shortest rest",
        "The hours between a shift and the one before it.", "A", _REST,
    ),
    DaySpec(
        "night_shifts_n", 304, "schedule", "schedule", 0.0, 4.0, 1.0, "whole", "night shifts",
        "How many shifts touched the hours from midnight to six.", "C", _NIGHT,
    ),
    DaySpec(
        "longest_shift_h", 305, "schedule", "schedule", 0.0, 48.0, 0.25, "whole", "longest shift",
        "The hours of the longest shift that began on a day.", "C", _HOURS,
    ),
    DaySpec(
        "days_off_n", 306, "schedule", "schedule", 0.0, 1.0, 1.0, "whole", "days off",
        "Whether no shift touched a day.", "C", _HOURS,
    ),
    DaySpec(
        "consecutive_days_n", 307, "schedule", "schedule", 0.0, 60.0, 1.0, "whole", "days in a row",
        "How many days with a shift came one after the other.", "C", _HOURS,
    ),
    DaySpec(
        "busy_h", 308, "schedule", "schedule", 0.0, 24.0, 0.25, "live_only", "hours of meetings",
        "How many hours meetings filled.", "-", _MEETINGS,
    ),
    DaySpec(
        "outside_hours_h", 309, "schedule", "schedule", 0.0, 24.0, 0.25, "live_only", "meetings outside your hours",
        "How many hours of meetings lay outside your usual hours.", "-", _MEETINGS,
    ),
    DaySpec(
        "back_to_back_n", 310, "schedule", "schedule", 0.0, 100.0, 1.0, "live_only", "meetings without a break",
        "How often less than ten minutes lay between two meetings.", "-", _MEETINGS,
    ),
    DaySpec(
        "longest_free_h", 311, "schedule", "schedule", 0.0, 24.0, 0.25, "live_only", "longest free time",
        "The longest time without a meeting, within your usual hours.", "-", _MEETINGS,
    ),
    DaySpec(
        "sleep_h", 321, "sleep", "sleep", 0.0, 24.0, 0.1, "whole", "sleep",
        "How many hours you slept, by the device that you imported from.", "A", _SLEEP,
    ),
    DaySpec(
        "sleep_midpoint_h", 322, "sleep", "sleep", -12.0, 36.0, 0.1, "whole", "middle of your sleep",
        "When the middle of your longest sleep was, in hours after midnight.", "C", _SLEEP,
    ),
    DaySpec(
        "sleep_midpoint_sd_h", 323, "sleep", "sleep", 0.0, 12.0, 0.1, "whole", "how the middle of your sleep moves",
        "How much the middle of your sleep moved over two weeks.", "C", _SLEEP,
    ),
    DaySpec(
        "sleep_efficiency_01", 324, "sleep", "sleep", 0.0, 1.0, 0.01, "whole", "share of your time in bed asleep",
        "Which share of your time in bed you slept.", "C", _SLEEP,
    ),
    DaySpec(
        "steps_n", 331, "activity", "activity", 0.0, 200_000.0, 100.0, "whole", "steps",
        "How many steps you took.", "C", _STEPS,
    ),
    DaySpec(
        "active_min", 332, "activity", "activity", 0.0, 1440.0, 5.0, "whole", "active minutes",
        "How many minutes you moved more than a stroll.", "C", _STEPS,
    ),
    DaySpec(
        "resting_hr_bpm", 333, "activity", "recovery", 25.0, 150.0, 1.0, "whole", "resting heart rate of a watch",
        "Your resting heart rate as your watch reports it.", "C", _PULSE,
    ),
    DaySpec(
        "night_hr_min_bpm", 334, "activity", "recovery", 25.0, 150.0, 1.0, "whole", "lowest heart rate at night",
        "The lowest heart rate while you slept, by your watch.", "C", _PULSE,
    ),
    *(
        DaySpec(
            f"journal_{mood}_n", number, "journal", "text", 0.0, 50.0, 1.0, "whole", f"{mood} entries",
            f"How many entries of your journal you called {mood}. Never their words.", "-", _SAID,
        )
        for number, mood in enumerate(("positive", "neutral", "negative", "distressed"), 341)
    ),
)  # fmt: skip
DAYS: Final[dict[str, DaySpec]] = {row.name: row for row in _ROWS}
MOODS: Final = tuple(name.removeprefix("journal_").removesuffix("_n") for name in DAYS if name.startswith("journal_"))


def docs_table() -> str:
    """The table that docs/days.md ends with."""
    lines = ["| number | what it is | kind | may leave | grade | evidence |", "|---|---|---|---|---|---|"]
    lines += [
        f"| `{row.name}` | {row.title} | {row.kind} | {'yes' if row.release == 'whole' else 'never'} "
        f"| {row.evidence} | {row.because} |"
        for row in DAYS.values()
    ]
    return "\n".join(lines) + "\n"
