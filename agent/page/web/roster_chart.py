"""The roster as a strip: a column for each day around today, midnight above, the hours of a shift filled."""

from typing import Any, Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.drawing import Chart
from agent.page.web.local import Local

_HIGH: Final = 220
_TOP: Final = 28
_HOURS: Final = (0, 6, 12, 18, 24)
_SCALE_PX: Final = 76  # for times with "am" or "pm"
_NIGHT: Final = "night"


def strip(roster: dict[str, Any], local: Local) -> Chart:
    """Shifts of the days around today.

    Args:
        roster: ``days``, ``pieces`` and ``shifts`` of `agent.weeks.day_report`.
        local: The person's language and region.
    """
    days = roster["days"]
    wide = 1.0 / max(len(days), 1)
    place_of = {one["day"]: place for place, one in enumerate(days)}
    inside = _columns(days, wide, local)
    for piece in roster["pieces"]:
        from_y, until_y = _hour_y(piece["from_h"]), _hour_y(piece["until_h"])
        kind = "night" if piece["kind"] == _NIGHT else "interval"
        inside.append(draw.box((place_of[piece["day"]] + 0.1) * wide, from_y, 0.8 * wide, until_y - from_y, kind, 2))
    title = local.t("days.roster_title")
    missing = sum(not one["is_known"] for one in days)
    nights = sum(one["kind"] == _NIGHT for one in roster["shifts"])
    shifts = [
        (
            local.forms.moment(one["start_utc_s"]),
            local.forms.moment(one["end_utc_s"]),
            local.word("note_shift", one["kind"]),
        )
        for one in roster["shifts"]
    ]
    key: tuple[tuple[str, str], ...] = (("interval", local.t("days.key_shift")), ("night", local.t("days.key_night")))
    if missing:
        key += (("hatch", local.t("days.key_gap")),)
    scale = [(_hour_y(hour), local.forms.minutes(60 * hour)) for hour in _HOURS]
    return Chart(
        "roster",
        title,
        local.t("days.roster_said", n=len(roster["shifts"]), nights=nights, missing=missing),
        draw.picture("roster", title, _HIGH, inside, scale, _says(roster, local), _SCALE_PX),
        (local.t("days.from"), local.t("days.until"), local.t("days.kind")),
        tuple(shifts),
        "shift_hours_h",
        key,
    )


def _says(roster: dict[str, Any], local: Local) -> list[str]:
    """What is read out of each day."""
    says = []
    for one in roster["days"]:
        pieces = [
            local.t(
                "days.piece",
                kind=local.word("note_shift", piece["kind"]),
                start=local.forms.minutes(round(60 * piece["from_h"])),
                end=local.forms.minutes(round(60 * piece["until_h"])),
            )
            for piece in roster["pieces"]
            if piece["day"] == one["day"]
        ]
        free = local.t("days.no_shift") if one["is_known"] else local.t("days.not_imported")
        says.append(f"{local.forms.full_day(one['day'])}: {', '.join(pieces) or free}")
    return says


def _columns(days: list[dict[str, Any]], wide: float, local: Local) -> list[Markup]:
    """The hours, the days that were not imported, and today."""
    inside: list[Markup] = [draw.hatch("roster")]
    today = next((place for place, one in enumerate(days) if one["is_today"]), 0)
    inside.append(draw.box(today * wide, _hour_y(0), wide, _hour_y(24) - _hour_y(0), "chosen"))
    inside.append(draw.text((today + 0.5) * wide, 18, local.t("days.today"), "strong"))
    for hour in _HOURS:
        inside.append(draw.line(0, _hour_y(hour), 1, _hour_y(hour), "grid"))
    for place, one in enumerate(days):
        if not one["is_known"]:
            inside.append(draw.gap("roster", place * wide, _hour_y(0), wide, _hour_y(24) - _hour_y(0)))
    labels = [local.forms.day(one["day"]) if place % 2 == 0 else "" for place, one in enumerate(days)]
    return inside + draw.labels(labels, _HIGH - 6)


def _hour_y(hour: float) -> float:
    """Where an hour of the day lies in the strip, in px."""
    return _TOP + hour / 24.0 * (_HIGH - _TOP - draw.LABEL_HIGH)
