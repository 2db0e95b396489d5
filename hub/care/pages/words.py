"""What the pages say: days, states, rules of alerts, signals, roles."""

import datetime as dt
from typing import Final

from agent.scoring.baseline import DAYS_TO_SPEAK, READINGS
from agent.wire import codec
from hub.care.picture import Picture, WeekShown
from hub.care.rows import TeamRole

DAY_S: Final = 86_400
SOON_DAYS: Final = 14

ROLES: Final = {TeamRole.LEAD: "care lead", TeamRole.MEMBER: "care member", TeamRole.READER: "read-only"}
GAP_REASONS: Final = {
    "silent": "the device was not heard",
    "not_worn": "not worn, or the device was off",
    "no_consent": "no consent for these days",
}
REASONS: Final = {
    "nothing": "nothing was measured",
    "thin": "too little was measured",
    "learning": "their normal is still being learned",
    "stale": "nothing was measured in the two weeks before",
    "still": "it never varied before, so there is nothing to compare it with",
}
GRANTS: Final = {
    "heart": "heart: hours worn and gaps",
    "face": "facial actions: summaries",
    "index": "the index of their weeks, with its parts and the daily readings",
    "context": "check-ins and what they noted of their days",
}
RULES: Final = {
    "asked_for_help": "Asks to be seen",
    "index_low_above_50_weeks": "Weeks with clearly more strain than their normal",
    "check_in_burnout": "A check-in reached the burnout category",
    "silent_days": "No data for several days",
}
CHANNELS: Final = {
    "ln_rmssd": "Heart rate variability at rest",
    "hr_bpm": "Heart rate at rest",
    "perclos_01": "Time with eyes nearly shut",
    "yawns_per_min": "Yawns",
    "brow_down_share_01": "Time with the brow drawn down",
    "smile_share_01": "Time with a smile",
    "tired_0_10": "Tiredness they noted",
    "mood_0_10": "Mood they noted",
    "sleep_h": "Sleep",
    "short_rests_per_week": "Rests of less than 11 h between shifts",
    "night_shifts_per_week": "Night shifts",
    "calendar_hours": "Hours of meetings",
    "typing_pause_s": "Pauses at the keyboard",
    "voice_pause_s": "Pauses in speech",
    "text_negative_share_01": "Journal entries they called negative",
}


def day_text(day: int) -> str:
    """A day (since 1970) in words.

    >>> day_text(20_786)
    '29 Nov 2026'
    """
    moment = _moment(day * DAY_S)
    return f"{moment.day} {moment:%b %Y}"


def short_day(day: int) -> str:
    """The same without the year, for an axis."""
    moment = _moment(day * DAY_S)
    return f"{moment.day} {moment:%b}"


def moment_text(utc_s: int) -> str:
    """A moment in words.

    >>> moment_text(1_795_910_400)
    '29 Nov 2026, 00:00 UTC'
    """
    return f"{day_text(utc_s // DAY_S)}, {_moment(utc_s):%H:%M} UTC"


def _moment(utc_s: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(min(utc_s, codec.UTC_S_MOST), dt.UTC)


def ago(day: int, today: int) -> str:
    """How long ago a day was.

    >>> ago(10, 10), ago(9, 10), ago(3, 10)
    ('today', 'yesterday', '7 days ago')
    """
    if day < 0:
        return "never"
    return {0: "today", 1: "yesterday"}.get(max(today - day, 0), f"{today - day} days ago")


def consent_end(until_utc_s: int, now_utc_s: int) -> str:
    """When a consent ends.

    >>> consent_end(10 * DAY_S, 8 * DAY_S)
    'ends in 2 days'
    """
    days = (until_utc_s - now_utc_s) // DAY_S
    if days >= SOON_DAYS:
        return f"until {day_text(until_utc_s // DAY_S)}"
    return "ends today" if days < 1 else f"ends in {days} day{'s' if days > 1 else ''}"


def direction(week: WeekShown) -> str:
    """Where a week lies against the person's normal: ``above``, ``below``, ``usual``; empty without an index."""
    if week.low is None or week.high is None:
        return ""
    return "above" if week.low > 50.0 else "below" if week.high < 50.0 else "usual"


def state_kind(picture: Picture) -> str:
    """The state for the style sheet: that of the picture, with its direction."""
    if picture.state == "apart" and picture.weeks:
        return direction(picture.weeks[-1])
    return picture.state


STATES: Final = {
    "usual": "Not clearly different from their normal",
    "above": "Clearly more strain than their normal",
    "below": "Clearly less strain than their normal",
    "learning": "Still learning their normal",
    "thin": "Too little measured lately",
    "no_index": "No index shared",
}


def state_text(picture: Picture) -> str:
    """The state in words."""
    return STATES[state_kind(picture)]


def state_sentence(picture: Picture) -> str:
    """What the page of a person says first."""
    kind = state_kind(picture)
    if kind in ("usual", "above", "below"):
        week = picture.weeks[-1]
        said = {
            "usual": "are not clearly different from their normal",
            "above": "show clearly more strain than their normal",
            "below": "show clearly less strain than their normal",
        }[kind]
        return (
            f"The seven days to {day_text(week.last_day)} {said}. Their index is {week.index:.0f} of 100; 50 is their "
            f"normal, and more is more strain. The true value lies between {week.low:.0f} and {week.high:.0f} nine "
            "times in ten."
        )
    if kind == "no_index":
        return "They do not share the index of their weeks with this team."
    first = "Too little was measured lately for an index."
    if kind == "learning":
        first = f"There is no index yet: their normal is learned from {READINGS} readings on {DAYS_TO_SPEAK} days."
    return f"{first}{_gap_now(picture)}"


def _gap_now(picture: Picture) -> str:
    """Why nothing was measured until now, where that is so."""
    first, last, reason = picture.gaps[-1] if picture.gaps else (0, 0, "")
    if last < picture.last_day - 1 or reason not in GAP_REASONS:
        return ""
    return f" Since {day_text(first)}: {GAP_REASONS[reason]}."


def signed(value: float) -> str:
    """Points with their sign.

    >>> signed(-3.25), signed(0.0)
    ('−3.2', '0.0')
    """
    return f"{value:+.1f}".replace("-", "−").replace("+0.0", "0.0").replace("−0.0", "0.0")
