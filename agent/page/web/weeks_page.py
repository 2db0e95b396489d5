"""What 'Weeks' shows: a week to choose with what moved it, the days below each other, hours, movements of the face."""

from datetime import datetime
from typing import Final

from agent.page.web.page_request import Answer, PageRequest, looked_back

_NOTES_SHOWN: Final = 3


async def variables(request: PageRequest) -> Answer:
    """The template's variables."""
    from agent.page.web import charts, day_lanes, shown_days, week_charts, week_words  # with the first weeks alone

    local, with_index = request.local, request.with_index
    made, place = await looked_back(request), await request.ask("place")
    notes = sorted((await request.ask("notes"))["notes"], key=lambda one: -int(one["at_utc_s"]))
    weeks = week_words.shown_weeks(made, local, with_index=with_index)
    known = shown_days.of(made)
    choose = week_charts.choose(weeks, local, with_index=with_index) if any(one.parts for one in weeks) else None
    chosen_from = weeks[-1].first_day if choose else ""
    has_hours = any(one is not None for row in made["hours"]["rows"] for one in row["percent"])
    return {
        "weeks": weeks,
        "with_index": with_index,
        "is_empty": not weeks and not known.read,
        "first_days": week_words.first_days(made),
        "has_strap": bool(place["strap"] or place["has_source"]),
        "choose": choose,
        "lanes": day_lanes.charts(known, local, chosen_from) if known.read or known.slept_h else None,
        "days": known,
        "hours": charts.hours(made["hours"], local) if has_hours else None,
        "by_shift": made["hours"]["by_shift"],
        "faces": [charts.face(name, rows, local) for name, rows in made["ribbons"].items()],
        "made_utc_s": int(datetime.fromisoformat(made["made_utc"]).timestamp()),
        "notes": notes[:_NOTES_SHOWN],
        "notes_before": notes[_NOTES_SHOWN:],
    }
