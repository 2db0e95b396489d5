"""From the person's history to the weekly log, and to the words that the terminal and the page show."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.config import Settings
from agent.errors import PolicyDenied
from agent.history import History, Told
from agent.model import Summary
from agent.privacy.policy import Profile
from agent.privacy.vault import existing_vault
from agent.scoring import instruments
from agent.scoring.baseline import RESETS
from agent.scoring.index import NAME
from agent.scoring.record import Said, Shift, record
from agent.scoring.weeks import REASONS, Log, Week, weekly_log

_DAY_S: Final = 86_400
CHANGES: Final = RESETS
SHIFTS: Final = ("day", "night")


def allowed_instruments(profile: Profile) -> dict[str, instruments.Instrument]:
    """Instruments that the place allows."""
    return {
        short: one
        for short, one in instruments.instruments().items()
        if not profile.purposes or one.kind in profile.kinds
    }


def log(settings: Settings, profile: Profile, weeks: int) -> "Scores":
    """The weekly log of the person of this machine.

    Raises:
        KeysMissing: Nothing was ever kept here.
    """
    history = History(settings.state_dir / "history.db", existing_vault(settings.state_dir, settings.key_store))
    summaries, told = list(history.summaries()), list(history.told())
    history.close()
    return of(summaries, told, profile, weeks, now_utc_s=int(time.time()))


def of(summaries: Iterable[Summary], told: list[Told], profile: Profile, weeks: int, now_utc_s: int) -> "Scores":
    """The same, from what the history holds."""
    offset_s = int((datetime.fromtimestamp(now_utc_s).astimezone().utcoffset() or timedelta()).total_seconds())
    shifts = [
        Shift(one.at_utc_s, one.numbers["until_utc_s"], "night" if one.name == "night" else "day")
        for one in told
        if one.what == "shift"
    ]
    changes = [one.at_utc_s for one in told if one.what == "change"]
    answered = [one for one in told if one.what == "check-in"]
    kept = record(
        summaries,
        utc_offset_s=offset_s,
        until_utc_s=now_utc_s,
        shifts=shifts,
        resets_utc_s=changes,
        said=_lines(answered),
    )
    # where nothing may leave, nothing need be hidden from the person either
    kinds = profile.kinds if profile.purposes else None
    reports = _reports(answered, profile, offset_s)
    return Scores(weekly_log(kept, weeks=weeks, kinds=kinds), reports, kinds is None or "strain" in kinds)


@dataclass(frozen=True, slots=True)
class Scores:
    """A log with what was said beside it.

    Attributes:
        log: Of `agent.scoring.weeks`.
        reports: Scores of check-ins, oldest first.
        with_index: Whether the place allows the index.
    """

    log: Log
    reports: tuple[dict[str, Any], ...]
    with_index: bool

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {
            "name": NAME,
            "weeks": [_week(week) for week in self.log.weeks],
            "baseline": None if self.log.baseline is None else asdict(self.log.baseline),
            "drift": None if self.log.drift is None else asdict(self.log.drift) | {"clear": self.log.drift.clear},
            "check_ins": list(self.reports),
        }


def require(profile: Profile, short: str) -> instruments.Instrument:
    """An instrument by its short name.

    Raises:
        PolicyDenied: The place does not allow it, or there is none of that name.
    """
    known = allowed_instruments(profile)
    if short not in known:
        raise PolicyDenied(
            f"no check-in {short!r} under the profile {profile.name}",
            remedy=f"There are: {', '.join(known) or 'none'}.",
        )
    return known[short]


def _lines(answered: Iterable[Told]) -> list[Said]:
    """Answers of the one-line instruments, as readings of their channels."""
    known = instruments.instruments()
    said = []
    for one in answered:
        instrument = known.get(one.name)
        if instrument is None or len(instrument.items) != 1 or instrument.limits:
            continue
        for score in instruments.scores(instrument, one.numbers):
            if score.value is not None:
                said.append(Said(one.at_utc_s, score.scale, score.value))
    return said


def _reports(answered: Iterable[Told], profile: Profile, offset_s: int) -> tuple[dict[str, Any], ...]:
    known = allowed_instruments(profile)
    return tuple(
        {
            "day": _day((one.at_utc_s + offset_s) // _DAY_S),
            "instrument": known[one.name].name,
            "scores": [asdict(score) for score in instruments.scores(known[one.name], one.numbers)],
        }
        for one in answered
        if one.name in known
    )


def _week(week: Week) -> dict[str, Any]:
    strained = week.strain
    return {
        "first_day": _day(week.first_day),
        "index": None if strained is None else round(strained.index, 1),
        "low": None if strained is None else round(strained.low, 1),
        "high": None if strained is None else round(strained.high, 1),
        "points": {} if strained is None else dict(strained.points),
        "missing": [] if strained is None else list(strained.missing),
        "reason": REASONS.get(week.reason, ""),
        "channels": {name: asdict(one) for name, one in week.channels.items()},
        "means": dict(week.means),
        "worn_h": round(week.worn_h, 1),
        "coverage_01": week.coverage_01,
        "notable": week.notable,
    }


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * _DAY_S, tz=UTC).date().isoformat()
