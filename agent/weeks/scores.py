"""From the person's history to the weekly log, and to the words that the terminal and the page show."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from agent.errors import NotScored, PolicyDenied, WrongUse
from agent.privacy.vault import existing_vault
from agent.scoring import instruments
from agent.scoring.baseline import DAYS_TO_SPEAK, READINGS, RESETS
from agent.scoring.columns import Columns
from agent.scoring.index import NAME
from agent.scoring.messages import shown_at, suggestions
from agent.scoring.observations import Record, SelfReport, record_of_columns
from agent.scoring.week_rows import REASONS, Week
from agent.scoring.weeks import Log, weekly_log
from agent.system import host
from agent.tables.profiles import Profile
from agent.weeks import days
from agent.weeks.as_sent import as_sent
from agent.weeks.days import KnownDays
from agent.weeks.days_as_sent import days_as_sent
from agent.weeks.folder import Folder
from agent.weeks.shifts import shifts_of
from agent.windows.history import History, Told

_DAY_S: Final = 86_400
_NOTHING: Final = KnownDays()


@dataclass(frozen=True, slots=True)
class Scores:
    """A log with what was said beside it.

    Attributes:
        log: Of `agent.scoring.weeks`.
        reports: Scores of check-ins, oldest first.
        with_index: Whether the place allows the index.
        profile: The place's name.
        now_utc_s: When it was made.
        quiet_until_utc_s: End of the shift that runs: no message before; 0 outside of shifts.
        changes: Days of changes that the person noted.
        instruments: Short names of the check-ins that the place allows.
        record: What the log was made from.
        days: Values of the last 60 days, see `agent.weeks.days.KnownDays.as_json`.
    """

    log: Log
    reports: tuple[dict[str, Any], ...]
    with_index: bool
    profile: str
    now_utc_s: int
    quiet_until_utc_s: int
    changes: tuple[str, ...]
    instruments: tuple[str, ...]
    record: Record
    days: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """One object; units stand in names, `ln_` is a natural logarithm."""
        return {
            "name": NAME if self.with_index else "your weeks",
            "made_utc": datetime.fromtimestamp(self.now_utc_s, tz=UTC).isoformat(),
            "profile": self.profile,
            "quiet_until_utc_s": self.quiet_until_utc_s,
            "weeks": [self._week(week) for week in self.log.weeks],
            "baseline_ln_rmssd": None if self.log.baseline is None else asdict(self.log.baseline),
            "drift_ln_rmssd": None
            if self.log.drift is None
            else asdict(self.log.drift) | {"clear": self.log.drift.clear},
            "changes": list(self.changes),
            "check_ins": list(self.reports),
            "values_of_days": self.days,
        }

    def notable(self, week: Week) -> str:
        """What is worth a word; nothing new during a shift."""
        newest = week.first_day * _DAY_S + 14 * _DAY_S > self.now_utc_s
        return "" if newest and self.quiet_until_utc_s else week.notable

    def reason(self, week: Week) -> str:
        """Why a week is a gap, in words with their counts."""
        if week.reason != "learning":
            return REASONS.get(week.reason, "")
        day = _day(week.first_day + 6)
        since = [one for one in self.changes if _day(week.first_day - 70) <= one <= day]
        after = f" since the change you noted on {since[-1]}" if since else ""
        return (
            f"learning your normal{after}: {week.readings_before} of {READINGS} readings, "
            f"{week.days_before} of {DAYS_TO_SPEAK} days"
        )

    def learning(self, week: Week) -> dict[str, Any] | None:
        """How far the person's normal is known; None where that is not what is missing."""
        if week.reason != "learning":
            return None
        return {
            "readings": week.readings_before,
            "of_readings": READINGS,
            "days": week.days_before,
            "of_days": DAYS_TO_SPEAK,
        }

    def _week(self, week: Week) -> dict[str, Any]:
        strained = week.strain
        named = {} if strained is None else {"toward_strain_01": round(strained.toward_strain_01, 3)}
        return named | {
            "first_day": _day(week.first_day),
            "last_seven_days": week.rolling,
            "index": None if strained is None else round(strained.index, 1),
            "low": None if strained is None else round(strained.low, 1),
            "high": None if strained is None else round(strained.high, 1),
            "points": {} if strained is None else {name: round(one, 9) for name, one in strained.points.items()},
            "missing": [] if strained is None else list(strained.missing),
            "reason": self.reason(week) or ("" if self.with_index else "this profile allows no index"),
            "learning": self.learning(week),
            "channels": {name: asdict(one) for name, one in week.channels.items()},
            "means": dict(week.means),
            "measured_h": round(week.worn_h, 1),
            "coverage_01": week.coverage_01,
            "notable": self.notable(week),
        }


def log(folder: Folder, profile: Profile, weeks: int) -> Scores:
    """The weekly log of the person of this machine.

    Raises:
        KeysMissing: Nothing was ever kept here, or its key is gone.
    """
    vault = existing_vault(folder.state_dir, folder.key_store)
    known = days.known_to(folder, vault)
    history = History(folder.state_dir / "history.db", vault)
    with closing(history):
        return of(history.columns(), history.told(), profile, weeks, int(time.time()), known)


def of(
    windows: Columns,
    told: Sequence[Told],
    profile: Profile,
    weeks: int,
    now_utc_s: int,
    known: KnownDays = _NOTHING,
    of_hours: Callable[[int], int] | None = None,
) -> Scores:
    """The same, from what the history holds, and what is known of days; `of_hours` as `offsets_by_hour` gives it."""
    shifts = shifts_of(told, known.shifts)
    changes = [one for one in told if one.what == "change" and one.name in RESETS]
    ended = [one for one in changes if "until_utc_s" in one.numbers]
    answered = [one for one in told if one.what == "check-in"]
    kept = record_of_columns(
        as_sent(windows),
        utc_offset_s=of_hours or offsets_by_hour(),
        until_utc_s=now_utc_s,
        shifts=shifts,
        resets_utc_s=[one.at_utc_s for one in changes if one not in ended],
        left_out=[(one.at_utc_s, one.numbers["until_utc_s"]) for one in ended],
        self_reports=_lines(answered),
        day_values=days_as_sent(known.allowed(profile)),
    )
    kinds = profile.shown_kinds
    quiet_s = shown_at(now_utc_s, shifts)
    return Scores(
        weekly_log(kept, weeks=weeks, kinds=kinds),
        _reports(answered, profile),
        kinds is None or "strain" in kinds,
        profile.name,
        now_utc_s,
        quiet_s if quiet_s > now_utc_s else 0,
        tuple(sorted(day_of(one.at_utc_s) for one in changes if one not in ended)),
        tuple(allowed_instruments(profile)),
        kept,
        known.as_json(profile, (now_utc_s + offset_s(now_utc_s)) // _DAY_S),
    )


def allowed_instruments(profile: Profile) -> dict[str, instruments.Instrument]:
    """Check-ins that the place allows, the first of them the usual one."""
    known = instruments.instruments()
    order = ("single", "tired", "cbi", "mood")
    return {short: known[short] for short in order if profile.shows(known[short].kind)}


def require(profile: Profile, short: str | None) -> instruments.Instrument:
    """An instrument by its short name; the usual one for None.

    Raises:
        PolicyDenied: The place does not allow it, or there is none of that name.
    """
    known = allowed_instruments(profile)
    if short is None:
        return next(iter(known.values()))
    if short not in known:
        raise PolicyDenied(
            f"there is no such check-in under the profile {profile.name}",
            remedy=f"There are: {', '.join(known) or 'none'}.",
        )
    return known[short]


def result(asked: instruments.Instrument, made: Iterable[instruments.Score]) -> list[str]:
    """What was said, in lines: what it means first, what may help, and last how good the question is."""
    made = tuple(made)
    lines = _score_lines(asked, made)
    burnout = any(one.burnout for one in made)
    if burnout:
        lines.append(
            "Consider talking about this with someone you trust: a colleague, your doctor, occupational health."
        )
        lines.append("This sums up your answers; it is not a diagnosis. What may help:")
        lines += [f"  * {one.text}" for one in suggestions(["burnout"])]
    return [*lines, asked.note]


def past_lines(asked: instruments.Instrument, told: Told) -> list[str]:
    """What a check-in of the past resulted in, a line a number; none where its questions were another version's."""
    return _score_lines(asked, [one for one in _scored(asked, told) if one.value is not None])


def _score_lines(asked: instruments.Instrument, made: Iterable[instruments.Score]) -> list[str]:
    scales, lines = {scale.name: scale.words for scale in asked.scales}, []
    for one in made:
        if one.value is None:
            lines.append(f"{scales[one.scale]}: no result, because {one.reason}.")
            continue
        meaning = ""
        if one.burnout is not None:
            meaning = f" ({one.band}, which {'is' if one.burnout else 'is not'} counted as burnout here)"
        lines.append(f"{scales[one.scale]}: {one.value:.0f}{meaning}")
    return lines


def offset_s(utc_s: int) -> int:
    """Of this machine's zone at any moment, its summer time included, against UTC."""
    try:
        return int((host.local_time(utc_s).utcoffset() or timedelta()).total_seconds())
    except (OverflowError, OSError, ValueError):  # a year that no calendar has
        return 0


def offsets_by_hour() -> Callable[[int], int]:
    """`offset_s` of the beginning of each hour, asked for once: a year of windows asks for thousands of them.

    The machine's zone is read at the first, and holds for this look.
    """
    host.local_time(0.0)
    by_hour = cache(lambda hour: host.offset_as_read_s(hour * 3600))
    return lambda utc_s: by_hour(utc_s // 3600)


def day_of(utc_s: int) -> str:
    """The day of a moment on the person's clock."""
    return _day((utc_s + offset_s(utc_s)) // _DAY_S)


def _lines(answered: Iterable[Told]) -> list[SelfReport]:
    """Answers of the one-line instruments, as readings of their channels."""
    known = instruments.instruments()
    said = []
    for one in answered:
        instrument = known.get(one.name)
        if instrument is None or len(instrument.items) != 1 or instrument.limits:
            continue
        said += [SelfReport(one.at_utc_s, score.scale, score.value) for score in _scored(instrument, one)
                 if score.value is not None]  # fmt: skip
    return said


def _reports(answered: Iterable[Told], profile: Profile) -> tuple[dict[str, Any], ...]:
    known = allowed_instruments(profile)
    return tuple(
        {
            "day": day_of(one.at_utc_s),
            "instrument": known[one.name].name,
            "short": one.name,
            "scores": [asdict(score) for score in _scored(known[one.name], one)],
        }
        for one in answered
        if one.name in known
    )


def _scored(instrument: instruments.Instrument, told: Told) -> tuple[instruments.Score, ...]:
    """None where another version's answers are not this one's."""
    try:
        return instruments.scores(instrument, told.numbers)
    except (WrongUse, NotScored):
        return ()


def _day(number: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date().isoformat()
