"""How the person stands: one sentence, the last seven days against their usual range, and what lies around it.

Made from the reader's answer about the weeks (`agent.weeks.report`); each state of it is a row of the catalogue.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.drawing import Chart
from agent.page.web.local import Local

Answer = dict[str, Any]

_DAYS: Final = 7
_HIGH: Final = 200
_NORMAL: Final = 50.0
_HOUR_S: Final = 3600
_SHIFT_H: Final = 24 * 7
"""How far ahead a next shift is named, in hours: a week."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the first screen says.

    Attributes:
        state: ``first``, ``nothing``, ``learning``, ``thin``, ``within``, ``above`` or ``below``.
        week: The row of the last seven days; None where there is none.
    """

    state: str
    week: Answer | None


def standing(weeks: list[Answer], *, has_source: bool, with_index: bool) -> Standing:
    """The state of the last seven days.

    Args:
        weeks: Of the reader, oldest first.
        has_source: Whether a strap or another source of a heart is set up.
        with_index: Whether the profile has the index; else the change of variability decides.
    """
    week = weeks[-1] if weeks else None
    if week is None:
        return Standing("nothing" if has_source else "first", None)
    if week["learning"] is not None:
        return Standing("learning", week)
    low, high, normal = interval(week, with_index=with_index)
    if low is None or high is None:
        return Standing("thin", week)
    if low > normal:
        return Standing("above", week)
    return Standing("below" if high < normal else "within", week)


def interval(week: Answer, *, with_index: bool) -> tuple[float | None, float | None, float]:
    """The ends of a week's interval and what is normal: of the index, or of the variability's change."""
    if with_index:
        return week["low"], week["high"], _NORMAL
    moved = week["channels"].get("ln_rmssd")
    return (None, None, 0.0) if moved is None else (moved["low"], moved["high"], 0.0)


def variables(made: Answer, place: Answer, sent: Answer, local: Local, now_utc_s: int, *, with_index: bool) -> Answer:
    """What the template shows.

    Args:
        made: The reader's answer about the weeks.
        place: How far the first steps are.
        sent: The newest rows of what left, and to whom.
        local: The person's language and region.
        now_utc_s: Now, in s of UTC.
        with_index: Whether the profile has the index.
    """
    found = standing(made["weeks"], has_source=bool(place["strap"] or place["has_source"]), with_index=with_index)
    kind = found.state if with_index or found.state not in ("above", "below") else f"{found.state}_variability"
    week = found.week
    fields: Answer = {"reason": local.sentence(week["reason"]) if week else ""}
    if week and week["index"] is not None:
        fields |= {name: local.forms.number(week[name]) for name in ("index", "low", "high")}
    days = made["days"][-_DAYS:]
    readings = sum(one["readings"] for one in days)
    outside = sum(_is_outside(one, made["band"]) for one in days)
    more = ""
    if found.state in ("within", "above", "below") and readings and made["band"] is None:
        more = local.t("around.no_range")
    elif found.state == "within" and outside:
        more = local.t("around.outside", n=outside, of=sum(one["rmssd_ms"] is not None for one in days))
    rests = local.t("around.rests", n=readings, days=sum(one["readings"] > 0 for one in days)) if readings else ""
    return {
        "state": found.state,
        "sentence": local.word("standing", kind),
        "words": " ".join(filter(None, (local.word("standing_words", kind, **fields), rests, more))),
        "learning": week["learning"] if week and found.state == "learning" else None,
        "chart": seven_days(days, made["band"], local) if readings else None,
        "action": {"href": "first", "words": local.t("around.first_action")} if found.state == "first" else None,
        "facts": facts(made, sent, local, now_utc_s),
        "shared": _shared(sent, local),
        "ranges": {"rmssd": made["band"], "rate": made["rate_band"]},
    }


def facts(made: Answer, sent: Answer, local: Local, now_utc_s: int) -> list[tuple[str, str]]:
    """What lies around the day: sleep, the next shift and the rest before it, the strap, what was sent."""
    rows = []
    slept = made["values_of_days"].get("sleep_h", [])
    if slept:
        rows.append(
            (local.t("around.sleep", day=local.forms.weekday(slept[-1]["day"])), _hours(slept[-1]["value"], local))
        )
    ahead = [one for one in made["shifts"] if now_utc_s < one["start_utc_s"] < now_utc_s + _SHIFT_H * _HOUR_S]
    if ahead:
        following = min(ahead, key=lambda one: int(one["start_utc_s"]))
        rows.append((local.word("next_shift", following["kind"]), local.forms.moment(following["start_utc_s"])))
        before = [one["end_utc_s"] for one in made["shifts"] if one["end_utc_s"] <= following["start_utc_s"]]
        if before:
            rest_h = (following["start_utc_s"] - max(before)) / _HOUR_S
            rows.append((local.t("around.rest"), _hours(rest_h, local)))
    rows.append((local.t("around.worn"), _hours(made["worn_today_h"], local)))
    if sent["rows"]:
        rows.append((local.t("around.sent"), local.forms.moment(sent["rows"][0]["made_utc_s"])))
    return rows


def _shared(sent: Answer, local: Local) -> str:
    """To whom anything goes, in one sentence."""
    return local.t("around.shared", operator=sent["operator"]) if sent["operator"] else local.t("around.stays")


def _hours(hours: float, local: Local) -> str:
    """A time as hours and minutes; days where it is long."""
    minutes = round(hours * 60)
    if minutes >= 48 * 60:
        return local.t("around.in_days", n=round(minutes / 1440))
    if minutes < 60:
        return local.t("around.minutes", min=minutes)
    if minutes % 60 == 0:
        return local.t("around.whole_hours", h=minutes // 60)
    return local.t("around.hours", h=minutes // 60, min=minutes % 60)


def _is_outside(day: Answer, band: list[float] | None) -> bool:
    """Whether a day's variability lies outside the usual range."""
    value = day["rmssd_ms"]
    return band is not None and value is not None and not band[0] <= value <= band[1]


def seven_days(shown: list[Answer], band: list[float] | None, local: Local) -> Chart:
    """The variability of the last seven days against the person's usual range."""
    by_day = {one["day"]: one for one in shown}
    last = date.fromisoformat(shown[-1]["day"])
    days = [(last - timedelta(back)).isoformat() for back in range(_DAYS - 1, -1, -1)]
    values = [one["rmssd_ms"] for one in shown if one["rmssd_ms"] is not None] + list(band or ())
    low, high = min(values) * 0.85, max(values) * 1.1
    bottom = _HIGH - draw.LABEL_HIGH

    def at(value: float) -> float:
        return float(8 + (1.0 - (value - low) / max(high - low, 1e-9)) * (bottom - 8))

    inside: list[Markup] = [draw.hatch("seven")]
    scale = [(at(one), local.forms.number(one)) for one in (band or (min(values), max(values)))]
    if band is not None:
        inside.append(draw.box(0, at(band[1]), 1, at(band[0]) - at(band[1]), "band", 8))
    says = []
    for place, day in enumerate(days):
        value = by_day.get(day, {}).get("rmssd_ms")
        x_01 = (place + 0.5) / _DAYS
        if value is None:
            inside.append(draw.gap("seven", x_01 - 0.4 / _DAYS, 8, 0.8 / _DAYS, bottom - 8))
            says.append(local.t("around.no_data", day=local.forms.full_day(day)))
        else:
            one = by_day[day]
            if one["low_ms"] is not None:
                low_y, high_y = at(min(one["high_ms"], high)), at(max(one["low_ms"], low))
                inside.append(draw.bar(x_01, low_y, 6, high_y - low_y, "interval"))
            inside.append(draw.dot(x_01, at(value), 8 if place == _DAYS - 1 else 6))
            fields = {
                "day": local.forms.full_day(day),
                "value": local.forms.number(value),
                "n": by_day[day]["readings"],
            }
            says.append(local.t("around.day_says", **fields))
    names = [local.forms.weekday(day) for day in days]
    inside += draw.labels(names, _HIGH - 6, [""] * (_DAYS - 1) + ["strong"])
    fields = {} if band is None else {"low": local.forms.number(band[0]), "high": local.forms.number(band[1])}
    key: tuple[tuple[str, str], ...] = (("dot", local.t("around.key_day")), ("hatch", local.t("app.no_data")))
    if band is not None:
        key = (("band", local.t("around.key_band", **fields)), *key)
    title = local.t("around.chart")
    return Chart(
        "seven", title, local.t("around.chart_words"), draw.picture("seven", title, _HIGH, inside, scale, says), (),
        key=key,
    )  # fmt: skip
