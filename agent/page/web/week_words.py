"""One week in words: its headline, its read-out, the parts that moved it, and what each of them rests on.

Made from the reader's answer about the weeks (`agent.weeks.report`). A week is above or below where its whole interval
is; where the interval holds the person's normal, it is not clearly different.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from agent.page.web.local import Local
from agent.page.web.standing import interval

Answer = dict[str, Any]

STATES: Final = ("above", "within", "below", "learning", "gap")
WORTH_A_CHECK_IN: Final = "worth a check-in"
"""What `agent.scoring.instruments.CHECK_IN` says; that module is not loaded with a page."""

READINGS, DAYS_TO_SPEAK = 42, 14
"""Those of `agent.scoring.baseline`: readings and days after which the first result is given."""

_NORMAL: Final = 50
_REACH_LEAST: Final = 10.0  # points that the longest bar stands for, at least
_REACH_PERCENT: Final = 50.0  # where a profile has no index: what is beyond is drawn at the end
_NO_INDEX: Final = "this profile allows no index"


@dataclass(frozen=True, slots=True)
class Part:
    """What one channel did in a week.

    Attributes:
        name: A row of `agent.scoring.channels.CHANNELS`.
        value: Points of the index, or the change in per cent where the profile has no index; as it is written.
        bar: Its bar: a share of half the width, with its sign.
        tone: Class of the bar.
        readings: Count in the week.
        numbers: Numbers of the page that it is made of.
    """

    name: str
    value: str
    bar: float
    tone: str
    readings: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownWeek:
    """One week as the page shows it.

    Attributes:
        first_day: Such as 2026-11-24.
        is_last: Whether it is the last seven days.
        state: One of STATES.
        tone: Class of its marks: ``warm``, ``cool``, ``usual`` or ``none``.
        value, low, high: Of the index, or of the change in per cent; None in a gap.
        name: What the week is called.
        head, words, says: Headline, the sentence below it, and the read-out of the picture.
        verdict: What the table says: where it stands, or why it has no result.
        is_worth_a_check_in: Whether variability fell for some days in it.
        learning: How far the person's normal is known, where that is what is missing in the last seven days.
        title: Of its parts.
        parts: The largest first.
        total: Sum of the points, as it is written; empty where there is no index.
        missing: Names of channels that were known and have nothing in this week.
        rests: What was measured, in one sentence.
        hub: Where the hub's number differs: that, and why; else empty.
    """

    first_day: str
    is_last: bool
    state: str
    tone: str
    value: float | None
    low: float | None
    high: float | None
    name: str
    head: str
    words: str
    says: str
    verdict: str
    is_worth_a_check_in: bool
    learning: Answer | None
    title: str
    parts: tuple[Part, ...]
    total: str
    missing: str
    rests: str
    hub: str


def shown_weeks(made: Answer, local: Local, *, with_index: bool) -> list[ShownWeek]:
    """All weeks of the reader's answer, oldest first.

    Args:
        made: The answer.
        local: The person's language and region.
        with_index: Whether the profile has the index.
    """
    points = [abs(one) for week in made["weeks"] for one in week["points"].values()]
    reach = max([*points, _REACH_LEAST])
    rows = zip(made["weeks"], made["beats"], strict=True)
    return [
        _shown(week, beats, made["features"], local, reach, is_last=place == len(made["weeks"]), with_index=with_index)
        for place, (week, beats) in enumerate(rows, start=1)
    ]


def _shown(
    week: Answer, beats: int, features: Mapping[str, list[str]], local: Local, reach: float, *, is_last: bool,
    with_index: bool,
) -> ShownWeek:  # fmt: skip
    state, value, low, high = _stands(week, with_index=with_index)
    kind = state if with_index or state in ("learning", "gap") else f"{state}_variability"
    days = {"first": local.forms.day(week["first_day"]), "last": local.forms.day(_last_day(week))}
    name = local.t("weeks.last_days") if is_last else local.t("weeks.from_to", **days)
    reason = _reason(week, local, with_index=with_index)
    fields = {"week": name, "reason": reason} | {
        key: _written(one, local, with_index=with_index)
        for key, one in (("amount", value), ("low", low), ("high", high))
    }
    which = "last" if is_last else "past"
    parts, total = _parts(week, features, local, reach, with_index=with_index)
    hub, hours = week.get("hub"), local.forms.number(week["measured_h"], 1)
    return ShownWeek(
        first_day=week["first_day"],
        is_last=is_last,
        state=state,
        tone=tone(state, with_index=with_index),
        value=value,
        low=low,
        high=high,
        name=name,
        head=local.word("week_head", f"{which}_{kind}", **days),
        words=local.word("week_words", kind, **fields),
        says=local.word("week_says", kind, **fields),
        verdict=reason if state in ("learning", "gap") else local.word("verdict", kind),
        is_worth_a_check_in=week["notable"] == WORTH_A_CHECK_IN,
        learning=week["learning"] if state == "learning" and is_last else None,
        title=local.word("week_parts", which if with_index else f"{which}_variability", **days),
        parts=parts,
        total=total,
        missing=", ".join(local.word("channel", name) for name in week["missing"]),
        rests=local.t("weeks.rests", n=beats, beats=local.forms.number(beats), hours=hours),
        hub=_hub(hub, local) if hub and hub["differs"] else "",
    )  # fmt: skip


def _stands(week: Answer, *, with_index: bool) -> tuple[str, float | None, float | None, float | None]:
    """The week's state, value and interval."""
    if with_index:
        value, (low, high, normal) = week["index"], interval(week, with_index=True)
    else:
        moved = week["channels"].get("ln_rmssd")
        ends = (None, None, None) if moved is None else (moved["deviation"], moved["low"], moved["high"])
        value, low, high = (None if one is None else 100.0 * math.expm1(one) for one in ends)
        normal = 0.0
    if value is None or low is None or high is None:
        known = week["learning"]
        is_learning = known is not None and (
            known["readings"] < known["of_readings"] or known["days"] < known["of_days"]
        )
        return ("learning" if is_learning else "gap"), None, None, None
    return ("above" if low > normal else "below" if high < normal else "within"), value, low, high


def first_days(made: Answer) -> Answer:
    """How far the person's normal is known before the first week is over."""
    return {
        "readings": sum(one["readings"] for one in made["days"]),
        "of_readings": READINGS,
        "days": sum(one["readings"] > 0 for one in made["days"]),
        "of_days": DAYS_TO_SPEAK,
    }


def tone(state: str, *, with_index: bool) -> str:
    """The class of a week's marks: the same colour for the same meaning, whether it lies above or below.

    >>> tone("above", with_index=True), tone("above", with_index=False), tone("gap", with_index=True)
    ('warm', 'cool', 'none')
    """
    warm, cool = ("above", "below") if with_index else ("below", "above")
    return {warm: "warm", cool: "cool", "within": "usual"}.get(state, "none")


def _last_day(week: Answer) -> str:
    return (date.fromisoformat(week["first_day"]) + timedelta(6)).isoformat()


def _reason(week: Answer, local: Local, *, with_index: bool) -> str:
    """Why there is no result, as a clause."""
    known = week["learning"]
    is_known = known is not None and known["readings"] >= known["of_readings"] and known["days"] >= known["of_days"]
    if is_known:  # the counts are the heart's, and full: it is another channel that is being learnt
        return local.t("weeks.nothing_worn")
    if week["reason"] in ("", _NO_INDEX):
        return local.t("weeks.no_index") if with_index else local.t("weeks.no_heart")
    return local.said(week["reason"])


def _written(value: float | None, local: Local, *, with_index: bool) -> str:
    if with_index or value is None:
        return local.forms.number(value)
    return f"{local.forms.number(value, sign=True)}\u202f%"


def _parts(
    week: Answer, features: Mapping[str, list[str]], local: Local, reach: float, *, with_index: bool
) -> tuple[tuple[Part, ...], str]:
    """The parts and their sum."""
    rows = [(name, one["readings"], tuple(features.get(name, ()))) for name, one in week["channels"].items()]
    if not with_index:
        changes = {name: percent(name, one) for name, one in week["channels"].items()}
        made = [
            Part(
                name, _written(changes[name], local, with_index=False),
                min(max((changes[name] or 0.0) / _REACH_PERCENT, -1.0), 1.0), "plain", n, numbers,
            )
            for name, n, numbers in rows
        ]  # fmt: skip
        return tuple(made), ""
    whole = whole_points(week["points"], week["index"])
    made = [
        Part(
            name, local.forms.number(whole[name], sign=True), week["points"][name] / reach,
            "warm" if week["points"][name] > 0 else "cool", n, numbers,
        )
        for name, n, numbers in sorted(rows, key=lambda row: -abs(week["points"].get(row[0], 0.0)))
        if name in whole
    ]  # fmt: skip
    return tuple(made), local.forms.number(sum(whole.values()), sign=True) if made else ""


def whole_points(points: Mapping[str, float], index: float | None) -> dict[str, int]:
    """Whole points that add up to the whole index minus 50, by the largest remainders.

    >>> whole_points({"a": 10.4, "b": 10.4, "c": -0.3}, 70.5)
    {'a': 10, 'b': 10, 'c': 0}
    >>> sum(whole_points({"a": 10.4, "b": 10.4, "c": 0.4}, 71.2).values())
    21
    """
    if index is None:
        return {}
    made = {name: math.floor(value) for name, value in points.items()}
    left = round(index) - _NORMAL - sum(made.values())
    by_rest = sorted(points, key=lambda name: made[name] - points[name])
    for name in by_rest[: max(left, 0)]:
        made[name] += 1
    return made


def percent(name: str, moved: Mapping[str, Any]) -> float | None:
    """A channel's change against the person's usual level, in per cent; None where that level is 0.

    >>> percent("hr_bpm", {"deviation": 3.0, "usual": 60.0})
    5.0
    """
    if name.startswith("ln_"):
        return 100.0 * math.expm1(moved["deviation"])
    return 100.0 * float(moved["deviation"]) / float(moved["usual"]) if moved["usual"] > 0 else None


def _hub(hub: Answer, local: Local) -> str:
    return local.t(
        "weeks.hub",
        number=local.forms.number(hub["index"]),
        reason=local.said(hub["why"]),
        model=hub["model"],
        row=local.forms.number(hub["arrivals"]),
        made=local.forms.day(hub["made_utc"][:10]),
    )
